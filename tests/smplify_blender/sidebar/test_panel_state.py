"""The texts of the sidebar in every state, from values alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from smplify_blender.fit_process.messages import Done, Failed, FoundPerson, FoundTrack, Inspected
from smplify_blender.result.read_report import FitReport, FocalEstimate, LimbQuality
from smplify_blender.session.fit_request import EVERYBODY, MAIN_PERSON, CameraChoice, EngineChoice, FitChoices
from smplify_blender.session.fit_run import FitRun, FitRuns
from smplify_blender.session.fit_session import Job
from smplify_blender.session.photo_inspection import Inspection
from smplify_blender.sidebar.camera_state import camera_lines, floor_lines, placed_lines
from smplify_blender.sidebar.panel_state import (
    EDITING_KEYPOINTS,
    GREEN,
    GREY,
    YELLOW,
    FigureFacts,
    Line,
    fit_state,
    in_words_of_the_panel,
    limb_rows,
    photo_state,
    reading_options,
    result_state,
    wrapped,
)
from smplify_blender.sidebar.people_state import people_choices, track_choices

PHOTO, KEYPOINTS = Path("/shots/a.jpg"), Path("/shots/a_keypoints.json")
READY = FitChoices(photo=PHOTO, keypoints=KEYPOINTS)
ENGINE = EngineChoice()
FACTS = Inspected((900, 1200), 1, 1666.7, "EXIF", False, "OpenPose BODY_25", "1 person · body", 1)


def person(number: int, usable: bool = True, is_main: bool = False) -> FoundPerson:
    box = (0.0, 0.0, 1.0, 1.0)
    return FoundPerson(number, is_main, usable, box, "body", 0.9, ("body",), ((1.0, 2.0, 0.9),) * 137)


def looked(*people: FoundPerson, warnings: tuple[str, ...] = ()) -> tuple[Job, Inspection]:
    facts = replace(FACTS, people=len(people))
    return Job("1", "inspect", done=facts), Inspection(facts, people, warnings)


ONE = looked(person(0, is_main=True))
TWO = looked(person(0), person(1, is_main=True), person(2, usable=False))


REASONS = {
    "ready": (READY, ENGINE, ONE, "OBJECT", ""),
    "nobody has looked yet": (READY, ENGINE, (None, None), "OBJECT", ""),
    "no photo": (FitChoices(), ENGINE, (None, None), "OBJECT", "Choose a photo first"),
    "image not on disk": (FitChoices(photo_problem="save it"), ENGINE, (None, None), "OBJECT", "save it"),
    "found in the photo": (replace(READY, keypoints=None), ENGINE, ONE, "OBJECT", ""),
    "nobody in the photo": (
        replace(READY, keypoints=None),
        ENGINE,
        looked(),
        "OBJECT",
        "set points by hand: Keypoints, below",
    ),
    "too little in the photo": (
        replace(READY, keypoints=None),
        ENGINE,
        looked(person(0, False)),
        "OBJECT",
        "in the photo",
    ),
    "pose mode": (READY, ENGINE, ONE, "POSE", ""),
    "sculpt mode": (READY, ENGINE, ONE, "SCULPT", "Object or Pose Mode"),
    "points edited": (READY, ENGINE, ONE, EDITING_KEYPOINTS, "press Done"),
    "unreadable": (
        READY,
        ENGINE,
        (Job("1", "inspect", failed=Failed("bad-photo", "x")), None),
        "OBJECT",
        "cannot be read",
    ),
    "nobody in it": (READY, ENGINE, looked(), "OBJECT", "no people"),
    "nobody usable": (READY, ENGINE, looked(person(0, False)), "OBJECT", "Nobody"),
    "person that is not there": (replace(READY, person=5), ENGINE, TWO, "OBJECT", "no person 6"),
    "person of too little": (replace(READY, person=2), ENGINE, TWO, "OBJECT", "Person 3 shows too little"),
    "no model": (replace(READY, own_body=True), ENGINE, ONE, "OBJECT", "SMPL-X file in the preferences"),
    "no python": (READY, EngineChoice(problem="Choose the Python"), ONE, "OBJECT", "Choose the Python"),
    "no scene camera": (
        replace(READY, camera=CameraChoice("SCENE_CAMERA", problem="no active camera")),
        ENGINE,
        ONE,
        "OBJECT",
        "no active camera",
    ),
}


@pytest.mark.parametrize(("choices", "engine", "photo", "mode", "reason"), REASONS.values(), ids=REASONS)
def test_why_fit_is_grey(
    choices: FitChoices,
    engine: EngineChoice,
    photo: tuple[Job | None, Inspection | None],
    mode: str,
    reason: str,
) -> None:
    state = fit_state(choices, engine, photo, None, "", mode)
    assert not state.running and bool(state.reason) == bool(reason) and reason in state.reason


def run_of(job: Job, waits_for: str = "") -> FitRun:
    return FitRun(job, "token", Path("/t"), "Scene", waits_for=waits_for)


RUNNING = {
    "asked": (run_of(Job("1", "fit", status="Starting the core")), "Starting …", "Starting the core"),
    "at work": (
        run_of(Job("1", "fit", fraction=0.654, stage="whole", loss=93.4)),
        "65 %",
        "Body, hands and face · loss 93",
    ),
    "unknown stage": (run_of(Job("1", "fit", fraction=0.1, stage="new thing")), "10 %", "New thing"),
    "cancelling": (run_of(Job("1", "fit", stage="body", cancel_asked=True)), "Cancelling …", ""),
    "waiting": (
        run_of(Job("1", "fit", done=Done("a", (), 1)), "Leave the mode"),
        "Finished",
        "Leave the mode",
    ),
}


@pytest.mark.parametrize(("run", "bar", "status"), RUNNING.values(), ids=RUNNING)
def test_progress(run: FitRun, bar: str, status: str) -> None:
    state = fit_state(READY, ENGINE, ONE, run, "", "OBJECT")
    assert state.running and (state.progress_text, state.status) == (bar, status)


def test_error_and_number_of_people_on_the_button() -> None:
    assert fit_state(READY, ENGINE, ONE, None, "It broke", "OBJECT").error == "It broke"
    everybody = replace(READY, person=EVERYBODY)
    assert fit_state(everybody, ENGINE, TWO, None, "", "OBJECT").button == "Fit 2 People"
    assert fit_state(everybody, ENGINE, ONE, None, "", "OBJECT").button == "Fit"


PHOTOS = {
    "none": (FitChoices(), (None, None), ["Choose a photo of a person: JPEG or PNG"], False),
    "not looked at": (READY, (None, None), [], True),
    "without keypoints": (
        replace(READY, keypoints=None),
        (None, None),
        ["No keypoint file: people are looked for in the photo"],
        True,
    ),
    "seen in the photo": (
        replace(READY, keypoints=None),
        looked(person(0)),
        ["900 × 1200 px", "1 person · found in the photo", "Body"],
        True,
    ),
    "nobody seen": (replace(READY, keypoints=None), looked(), ["900 × 1200 px", "Nobody was found in the photo"], True),
    "being looked at": (READY, (Job("1", "inspect"), None), ["Looking at the photo …"], False),
    "unreadable": (
        READY,
        (Job("1", "inspect", failed=Failed("bad-photo", "a.jpg is torn")), None),
        ["a.jpg is torn"],
        True,
    ),
    "found": (
        READY,
        looked(person(0), warnings=("Odd version", "b", "c", "d")),
        ["900 × 1200 px", "1 person · body", "Odd version", "b", "c"],
        False,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("choices", "photo", "texts", "can_look"), PHOTOS.values(), ids=PHOTOS)
def test_photo(
    choices: FitChoices, photo: tuple[Job | None, Inspection | None], texts: list[str], can_look: bool
) -> None:
    state = photo_state(choices, *photo)
    assert [line.text for line in state.lines] == texts and state.can_look == can_look


@pytest.mark.parametrize(("chosen", "depressed"), [(MAIN_PERSON, [2]), (EVERYBODY, [0]), (0, [1]), (2, [])])
def test_person_picker(chosen: int, depressed: list[int]) -> None:
    found = people_choices(TWO[1].people, chosen)
    assert [choice.person for choice in found] == [EVERYBODY, 0, 1, 2]
    assert [number for number, choice in enumerate(found) if choice.chosen] == depressed
    assert [choice.usable for choice in found] == [True, True, True, False]
    assert people_choices(ONE[1].people, chosen) == ()


def test_everybody_of_a_crowd_can_be_chosen() -> None:
    crowd = looked(*(person(number) for number in range(12)))[1]
    assert crowd is not None
    found = people_choices(crowd.people, 11)
    assert [choice.person for choice in found] == [EVERYBODY, *range(12)] and found[-1].chosen
    assert [choice.text for choice in found[1:]] == [str(number) for number in range(1, 13)]


@pytest.mark.parametrize(("chosen", "depressed"), [(MAIN_PERSON, [1]), (EVERYBODY, [0]), (0, [1]), (1, [2])])
def test_track_picker(chosen: int, depressed: list[int]) -> None:
    tracks = [FoundTrack(number, number, 59, 50, 20, (1, 2, 3, 4)) for number in range(2)]
    found = track_choices(tracks, chosen)
    assert [choice.person for choice in found] == [EVERYBODY, 0, 1]
    assert [choice.text for choice in found] == ["Everybody (2)", "1: frames 1 to 60", "2: frames 2 to 60"]
    assert [number for number, choice in enumerate(found) if choice.chosen] == depressed
    assert [choice.person for choice in track_choices(tracks[:1], chosen)] == [0]
    assert track_choices((), chosen) == ()


CAMERAS = {
    "exif": (CameraChoice(), FACTS, ["50 mm (35-mm equivalent), 1667 px, from the photo's EXIF"]),
    "assumed": (
        CameraChoice(),
        replace(FACTS, focal_is_assumed=True),
        ["50 mm (35-mm equivalent), 1667 px", "Assumed: the photo does not name its lens"],
    ),
    "to be estimated": (
        CameraChoice("ESTIMATE"),
        replace(FACTS, focal_is_assumed=True),
        ["The fit starts from 50 mm (35-mm equivalent), 1667 px, assumed, as the photo names no lens"],
    ),
    "to be estimated from EXIF": (
        CameraChoice("ESTIMATE"),
        FACTS,
        ["The fit starts from 50 mm (35-mm equivalent), 1667 px, from the photo's EXIF"],
    ),
    "typed": (CameraChoice("MM35", 50.0), FACTS, ["50 mm (35-mm equivalent), 1667 px"]),
    "scene's": (
        CameraChoice("SCENE_CAMERA", px=812.4, principal_point=(1, 2)),
        FACTS,
        ["“Shot”: 24 mm (35-mm equivalent), 812 px"],
    ),
    "scene's, unfit": (CameraChoice("SCENE_CAMERA", problem="no camera"), FACTS, ["no camera"]),
}


@pytest.mark.parametrize(("camera", "facts", "texts"), CAMERAS.values(), ids=CAMERAS)
def test_camera(camera: CameraChoice, facts: Inspected, texts: list[str]) -> None:
    lines = camera_lines(replace(READY, camera=camera), Inspection(facts, (), ()), "Shot")
    assert [line.text for line in lines] == texts


LIMBS = (
    LimbQuality("Head", "good", 1.0),
    LimbQuality("Left arm", "check", 20.0),
    LimbQuality("Right arm", "guessed", None),
)
REPORT = FitReport("check", ("another pose",), ("person_00.npz", "person_00_take_1.npz"), 0, LIMBS)
FIGURE = FigureFacts("person_00", REPORT, "person_00_take_1.npz", READY, True)


def test_limbs_share_rows() -> None:
    rows = [(row.name, [(cell.text, cell.icon) for cell in row.cells]) for row in limb_rows(LIMBS)]
    assert rows == [("Head", [("fits", GREEN)]), ("Arm", [("roughly", YELLOW), ("not seen", GREY)])]


def test_result() -> None:
    state = result_state(FIGURE, READY, ENGINE, "OBJECT")
    assert state.quality == Line("Take 2, not the best one", GREY) and not state.reasons
    best = result_state(replace(FIGURE, file_name="person_00.npz"), READY, ENGINE, "OBJECT")
    assert best.quality == Line("Worth a look", YELLOW) and best.reasons[0].text == "Another pose"
    assert [(take.text, take.chosen) for take in state.takes] == [("1", False), ("2", True)]
    assert not state.takes_reason and not state.refit_reason and not state.camera_reason


UNABLE = {
    "another session's": (replace(FIGURE, made=None), "OBJECT", "takes_reason", "keeps no takes"),
    "sculpt mode": (FIGURE, "SCULPT", "refit_reason", "Object or Pose Mode"),
    "pose mode": (FIGURE, "POSE", "refit_reason", ""),
    "points edited": (FIGURE, EDITING_KEYPOINTS, "refit_reason", "press Done"),
    "camera gone": (replace(FIGURE, has_camera=False), "OBJECT", "camera_reason", "not in the file"),
    "imported": (replace(FIGURE, report=None), "OBJECT", "refit_reason", "Not fitted to a photo"),
}


@pytest.mark.parametrize(("figure", "mode", "field", "words"), UNABLE.values(), ids=UNABLE)
def test_why_a_result_cannot_be_changed(figure: FigureFacts, mode: str, field: str, words: str) -> None:
    reason = getattr(result_state(figure, READY, ENGINE, mode), field)
    assert words in reason and bool(words) == bool(reason)


PLACED = {
    "nobody": (None, []),
    "before the photo's camera": (FIGURE, []),
    "on a floor": (
        replace(FIGURE, standing="Stands on “Deck”, 1.70 m tall."),
        [Line("Stands on “Deck”, 1.70 m tall.", "CON_FLOOR")],
    ),
    "floor that did not do": (
        replace(FIGURE, standing="“Deck” is not under the feet", doubtful=True),
        [Line("“Deck” is not under the feet", "ERROR", True)],
    ),
    "lens estimated": (
        replace(FIGURE, report=replace(REPORT, focal=FocalEstimate(True, 50.2, 42.0, 60.4, 35.0))),
        [Line("Estimated lens: 50 mm (35-mm equivalent), likely 42 to 60 mm", "CAMERA_DATA")],
    ),
    "lens kept": (
        replace(FIGURE, report=replace(REPORT, focal=FocalEstimate(False, 50.2, 42.0, 60.4, 35.0))),
        [Line("The perspective tells too little of the lens: 35 mm was kept", "CAMERA_DATA")],
    ),
}


@pytest.mark.parametrize(("figure", "lines"), PLACED.values(), ids=PLACED)
def test_what_floor_and_lens_came_to(figure: FigureFacts | None, lines: list[Line]) -> None:
    assert list(placed_lines(figure)) == lines


def test_a_floor_that_will_not_do_is_said_before_the_fit() -> None:
    assert floor_lines("") == ()
    first, second = floor_lines("“Lamp” is not a mesh")
    assert first == Line("“Lamp” is not a mesh", "ERROR", True) and "where the photo says" in second.text


@pytest.mark.parametrize(
    "shown", [FitChoices(), replace(READY, keypoints=None)], ids=["no photo", "no keypoint file"]
)
def test_a_figure_can_be_fitted_again_without_the_sidebars_files(shown: FitChoices) -> None:
    assert not result_state(FIGURE, shown, ENGINE, "OBJECT").refit_reason


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("person 0: too few confident body points to fit", "Person 1: too few confident body points to fit"),
        ("person 12: each hand lay at the other wrist", "Person 13: each hand lay at the other wrist"),
        ("the photo is dark", "the photo is dark"),
    ],
)
def test_warnings_count_people_as_the_picker_does(said: str, shown: str) -> None:
    lines = photo_state(READY, *looked(person(0, is_main=True), warnings=(said,))).lines
    assert shown in [line.text for line in lines]


@pytest.mark.parametrize("width", [160, 250, 400, 900])
def test_texts_are_wrapped_and_nothing_is_lost(width: int) -> None:
    text = "The photo or its keypoints cannot be read, see above; ünïcode too"
    rows = wrapped(text, width, 1.0)
    assert " ".join(rows) == text and max(map(len, rows)) <= max(16, width / 6.6)


def test_runs() -> None:
    runs = FitRuns()
    runs.begin(run_of(Job("1", "fit")))
    runs.end("broken")
    assert (runs.current, runs.error, runs.last_figure) == (None, "broken", "")
    runs.begin(run_of(Job("2", "fit")))
    assert not runs.error
    runs.end(figure="person_00")
    assert runs.last_figure == "person_00"
    runs.end()  # cancelled: the last figure is still the last
    assert runs.last_figure == "person_00"


_WITH_FILE = FitChoices(photo=Path("/a.jpg"), keypoints=Path("/a.json"))


@pytest.mark.parametrize(
    ("choices", "facts", "problem", "drawn"),
    [
        (_WITH_FILE, {}, "", ()),
        (_WITH_FILE, {"frames": 3}, "", ("keypoint_frame",)),
        (_WITH_FILE, {"points_size_is_doubtful": True}, "", ("points_size",)),
        (replace(_WITH_FILE, points_size=(400, 500), frame=2), {}, "", ("keypoint_frame", "points_size")),
        (_WITH_FILE, None, "a.json: say the size: --points-size WxH.", ("points_size",)),
        (replace(_WITH_FILE, keypoints=None), {"frames": 3}, "", ()),
    ],
    ids=["plain", "frames", "another size", "chosen before", "refused", "no file"],
)
def test_options_of_a_keypoint_file_are_drawn_where_it_needs_them(
    choices: FitChoices, facts: dict[str, Any] | None, problem: str, drawn: tuple[str, ...]
) -> None:
    job = Job("1", "inspect")
    if problem:
        job.failed = Failed("bad-keypoints", problem)
    found = (
        None
        if facts is None
        else Inspection(Inspected((800, 1000), 1, 900.0, "", False, "OpenPose", "", 1, **facts), (), ())
    )
    assert reading_options(choices, job, found) == drawn


def test_messages_name_the_panel_s_options() -> None:
    assert in_words_of_the_panel("another: --frame N") == "another: “Frame” N"
