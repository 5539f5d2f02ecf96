"""The sidebar's choices as the fields of a request; keypoints beside photos; folders by token; texts for bug reports."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from smplify_blender.fit_process.request_fields import Fields
from smplify_blender.result.read_result import names_a_person
from smplify_blender.session.diagnostics import diagnostics, without_paths
from smplify_blender.session.fit_request import (
    EVERYBODY,
    MAIN_PERSON,
    CameraChoice,
    EngineChoice,
    FitChoices,
    FitOption,
    fit_fields,
)
from smplify_blender.session.fit_session import FitSession, Job
from smplify_blender.session.keypoint_search import find_keypoints, find_photo
from smplify_blender.session.photo_inspection import KEPT, InspectionKey, Inspections, key_of
from smplify_blender.session.result_store import new_result, record_of
from smplify_blender.sidebar.stick_figure import LEFT_HAND, sticks_of_keypoints, sticks_of_points

READY = FitChoices(photo=Path("/p.jpg"), keypoints=Path("/k.json"))


def made(**changes: object) -> FitChoices:
    return FitChoices(**{"photo": READY.photo, "keypoints": READY.keypoints, **changes})  # type: ignore[arg-type]


ALWAYS: Fields = {
    "photo": "/p.jpg",
    "keypoints": "/k.json",
    "folder": "/out",
    "gender": "automatic",
    "preview": True,
    "write_overlay": False,
}
OWN = EngineChoice(
    python=Path("/venv/python"), device="cuda", own_model=Path("/m"), prior=Path("/gmm.pkl"), gender="male"
)
SEES = EngineChoice(detector=Path("/net.onnx"))
HEIGHT = FitOption("shape.height_cm", unset=0.0, of_one_person=True)
TAKES = FitOption("takes", of_a_search=True)
LIMBS = FitOption("interpenetration")
FIELDS: dict[str, tuple[FitChoices, EngineChoice | None, Path | None, Fields]] = {
    "plain": (READY, None, None, {}),
    "one person": (made(person=2), None, None, {"person": 2}),
    "everybody": (made(person=EVERYBODY), None, None, {"person": "all"}),
    "main person": (made(person=MAIN_PERSON), None, None, {}),
    "35 mm": (made(camera=CameraChoice("MM35", 50.0)), None, None, {"focal": {"mm35": 50.0}}),
    "angle": (
        made(camera=CameraChoice("FOV", fov_radians=math.radians(60))),
        None,
        None,
        {"focal": {"fov_deg": math.degrees(math.radians(60))}},
    ),
    "pixels": (made(camera=CameraChoice("PX", px=900.0)), None, None, {"focal": {"px": 900.0}}),
    "scene camera": (
        made(camera=CameraChoice("SCENE_CAMERA", px=900.0, principal_point=(-3.0, 4.5))),
        None,
        None,
        {"focal": {"px": 900.0}, "camera": {"principal_point": [-3.0, 4.5]}},
    ),
    "lens estimated": (
        made(camera=CameraChoice("ESTIMATE")),
        None,
        None,
        {"camera": {"estimate_focal": True}},
    ),
    "a refit estimates, too": (
        made(camera=CameraChoice("ESTIMATE")),
        None,
        Path("/s.npz"),
        {"start": "/s.npz", "camera": {"estimate_focal": True}},
    ),
    "height": (made(options=((HEIGHT, 178.30000305),)), None, None, {"shape": {"height_cm": 178.3}}),
    "no height": (made(options=((HEIGHT, 0.0),)), None, None, {}),
    "everybody's height is nobody's": (
        made(options=((HEIGHT, 178.0),), person=EVERYBODY),
        None,
        None,
        {"person": "all"},
    ),
    "takes": (made(options=((TAKES, 3),)), None, None, {"takes": 3}),
    "a refit keeps no takes": (
        made(options=((TAKES, 3), (LIMBS, True))),
        None,
        Path("/s.npz"),
        {"start": "/s.npz", "interpenetration": True},
    ),
    "own engine": (READY, OWN, None, {"device": "cuda", "objective": {"pose_prior": "/gmm.pkl"}}),
    "a detector has nothing to do where there is a file": (READY, SEES, None, {}),
    "a detector without a file": (
        made(keypoints=None),
        SEES,
        None,
        {"keypoints": None, "detector": "/net.onnx"},
    ),
    "own body": (made(own_body=True), EngineChoice(own_model=Path("/m")), None, {"model": "/m"}),
    "limbs may meet": (made(options=((LIMBS, False),)), None, None, {"interpenetration": False}),
    "an option within others": (
        made(options=((FitOption("a.b.c"), 1), (FitOption("a.b.d"), "x"))),
        None,
        None,
        {"a": {"b": {"c": 1, "d": "x"}}},
    ),
}


@pytest.mark.parametrize(("choices", "engine", "start", "expected"), FIELDS.values(), ids=FIELDS)
def test_fields(
    choices: FitChoices, engine: EngineChoice | None, start: Path | None, expected: Fields
) -> None:
    assert fit_fields(choices, engine or EngineChoice(), Path("/out"), start) == {
        name: value for name, value in {**ALWAYS, **expected}.items() if value is not None
    }


@pytest.mark.parametrize(
    "name", ["a_keypoints.json", "keypoints/a_keypoints.json", "keypoints/a.json", "a.json"]
)
def test_keypoints_are_found_by_name_and_the_photo_back(tmp_path: Path, name: str) -> None:
    photo, keypoints = tmp_path / "a.JPG", tmp_path / name
    photo.touch()
    assert find_keypoints(photo) is None
    keypoints.parent.mkdir(exist_ok=True)
    keypoints.touch()
    assert find_keypoints(photo) == keypoints
    assert find_photo(keypoints) == photo
    photo.unlink()
    assert find_photo(keypoints) is None


def test_results_are_named_by_tokens_only(tmp_path: Path) -> None:
    token, folder = new_result(tmp_path, "../../Ünï/ code: ", READY)
    assert tmp_path in folder.parents and ".." not in folder.relative_to(tmp_path).parts
    assert record_of(token) is None  # nothing is there yet
    folder.mkdir(parents=True)
    record = record_of(token)
    assert record is not None and record.folder == folder and record.choices == READY
    for stranger in ("", "..", str(tmp_path), token.upper() + "x"):
        assert record_of(stranger) is None


@pytest.mark.parametrize(
    ("name", "is_one"),
    [("person_00.npz", True), ("person_12_take_3.npz", True), ("../person_00.npz", False),
     ("/etc/person_00.npz", False), ("person_00.npz/..", False), ("person_00.pkl", False), ("", False)],
)  # fmt: skip
def test_only_plain_names_of_people(name: str, is_one: bool) -> None:
    assert names_a_person(name) == is_one


class Asked(FitSession):
    """A session that starts nothing."""

    def request(self, command: str, content: object, python: Path | None = None) -> Job:
        return Job("1", command)


def test_inspections_are_kept_by_what_they_look_at() -> None:
    kept = Inspections()
    keys = [InspectionKey(Path(f"/{number}.jpg"), None, ()) for number in range(KEPT + 1)]
    for key in keys:
        kept.start(key, Asked(), EngineChoice())
    assert kept.job(keys[0]) is None and kept.job(keys[-1]) is not None
    assert kept.finished(keys[-1]) is None
    assert key_of(FitChoices()) is None
    assert key_of(READY) != key_of(made(camera=CameraChoice("MM35", 50.0)))
    assert key_of(READY) == key_of(made(camera=CameraChoice("ESTIMATE")))  # a look estimates nothing


PATHS = {
    "unix": ("/home/Jane Doe/shots/a.jpg is torn", "Jane"),
    "windows": (r"C:\Users\Jane\a.json: bad", "Jane"),
    "share": (r"\\server\Jane\a.npz is missing", "Jane"),
    "home": ("~/Jane/x.pkl", "Jane"),
}


@pytest.mark.parametrize(("text", "private"), PATHS.values(), ids=PATHS)
def test_diagnostics_name_nobody(text: str, private: str, tmp_path: Path) -> None:
    assert private not in without_paths(text)
    session = FitSession()
    session.log = [text]
    model = tmp_path / "Jane.npz"
    model.write_bytes(b"x")
    told = diagnostics(["Blender: 5.2"], EngineChoice(own_model=model), session, None)
    assert private not in told and "sha256 2d711642" in told and "Blender: 5.2" in told


def test_sticks() -> None:
    assert len(sticks_of_points([(float(row), 0.0) for row in range(25)])) == 24
    seen = [(1.0, 1.0, 0.0)] * 137
    assert sticks_of_keypoints(seen) == []
    seen[LEFT_HAND] = seen[LEFT_HAND + 1] = (5.0, 6.0, 0.9)
    (stick,) = sticks_of_keypoints(seen, 0.3)
    assert stick.start == (5.0, 6.0) and stick.colour[3] == 0.3
