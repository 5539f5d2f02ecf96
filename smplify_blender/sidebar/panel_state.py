"""Every text, icon and reason of the sidebar, from choices and facts; the panels only draw them."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from ..keypoints.facts import EDITING_KEYPOINTS
from ..result.motion_verdict import MotionVerdict
from ..result.read_report import FitReport, LimbQuality
from ..session.clip_request import ClipChoices, missing_clip_choice
from ..session.fit_request import (
    EVERYBODY,
    NOBODY_FOUND,
    EngineChoice,
    FitChoices,
    missing_choice,
    refit_choices,
    unusable_person,
)
from ..session.fit_run import FitRun
from ..session.fit_session import Job
from ..session.photo_inspection import Inspection
from ..settings.figure_facts import FigureFacts
from .people_state import PersonChoice, people_choices

# Blender's own coloured squares: the only colours that a label can show.
GREEN, YELLOW, RED, GREY = (
    "COLLECTION_COLOR_04",
    "COLLECTION_COLOR_03",
    "COLLECTION_COLOR_01",
    "COLLECTION_COLOR_08",
)
WORD_ICONS = {"good": GREEN, "check": YELLOW, "poor": RED, "guessed": GREY}
QUALITY_TEXTS = {"good": "Good fit", "check": "Worth a look", "poor": "Poor fit"}
USABLE_MODES = ("OBJECT", "POSE")  # of Blender's, from which a figure can be fitted and changed
NOT_FITTED_HERE = "Not fitted to a photo: there is nothing to fit again"
LIMB_TEXTS = {"good": "fits", "check": "roughly", "poor": "off", "guessed": "not seen"}

# The core's names of its stages, for people.
STAGES = {
    "place": "Placing the body",
    "rough body": "Finding the pose",
    "body": "Fitting the body",
    "mirrored limbs": "Trying other poses",
    "whole": "Body, hands and face",
    "follow": "Following the points",
    "refit": "Body, hands and face",
    "reading frames": "Reading the video's frames",
}
# Width of a character of Blender's font in pixels at a UI scale of 1, on the wide side, and what a row needs besides.
CHARACTER_PX = 6.6
MARGIN_PX = 62
FEWEST_CHARACTERS = 16
SHOWN_WARNINGS = 3
NUMBERED_PERSON = re.compile(r"^person (\d+):")  # how the core's warnings begin that are about one person


@dataclass(frozen=True)
class Line:
    """One row of text; `alert` draws it in red."""

    text: str
    icon: str = "NONE"
    alert: bool = False


@dataclass(frozen=True)
class PhotoState:
    """The Photo panel below its two file fields."""

    lines: tuple[Line, ...] = ()
    people: tuple[PersonChoice, ...] = ()
    can_look: bool = False  # nobody has looked yet: a button for it
    look_text: str = "Look at Photo"
    busy: bool = False
    set_up_reason: str = ""  # why “Set Up Camera” is grey


@dataclass(frozen=True)
class FitState:
    """The Fit panel."""

    running: bool = False
    fraction: float = 0.0
    progress_text: str = ""
    status: str = ""
    reason: str = ""  # why the button is grey
    error: str = ""
    button: str = "Fit"


@dataclass(frozen=True)
class TakeChoice:
    """One take to click."""

    index: int
    text: str
    chosen: bool


@dataclass(frozen=True)
class LimbRow:
    """One row of the table of limbs: its name, and one cell, or the left one and the right one."""

    name: str
    cells: tuple[Line, ...]


@dataclass(frozen=True)
class ResultState:
    """The Result panel; without `figure` only `hint` is shown."""

    figure: str = ""
    hint: str = ""
    quality: Line | None = None
    reasons: tuple[Line, ...] = ()
    limbs: tuple[LimbRow, ...] = ()
    takes: tuple[TakeChoice, ...] = ()
    takes_reason: str = ""
    takes_coming: str = ""  # of those that are still looked for
    refit_reason: str = ""
    camera_reason: str = ""
    worst: tuple[int, ...] = ()  # frames of a motion to jump to
    can_refit: bool = True


def photo_state(choices: FitChoices, job: Job | None, inspection: Inspection | None) -> PhotoState:
    """Choose the texts on the chosen photo."""
    if choices.photo is None:
        text = choices.photo_problem or "Choose a photo of a person: JPEG or PNG"
        return PhotoState(
            (Line(text, "INFO", bool(choices.photo_problem)),), set_up_reason="Choose a photo first"
        )
    if job is None:
        return PhotoState(_keypoint_hint(choices), can_look=True, set_up_reason="Look at the photo first")
    if job.running:
        return PhotoState((Line("Looking at the photo …", "TIME"),), busy=True, set_up_reason="One moment")
    if inspection is None:
        text = job.failed.text if job.failed is not None else "The photo could not be read"
        return PhotoState(
            (Line(in_words_of_the_panel(text), "ERROR", True),),
            can_look=True,
            look_text="Look Again",
            set_up_reason="The photo cannot be used",
        )
    width, height = inspection.facts.image_size
    size = f"{width} × {height} px"
    warnings = tuple(
        Line(in_words_of_the_panel(counted_from_one(text)), "ERROR")
        for text in inspection.warnings[:SHOWN_WARNINGS]
    )
    return PhotoState(
        (Line(size, "IMAGE_DATA"), *_found_lines(choices, inspection), *warnings),
        people_choices(inspection.people, choices.person),
        can_look=choices.keypoints is None,
        look_text="Detect Again",
    )


# Options of the core's messages by their names in this panel.
OPTION_NAMES = {"--points-size": "Size of Their Picture", "--frame": "Frame"}


def in_words_of_the_panel(text: str) -> str:
    """Return a message of the core's with the names that its options have here."""
    for option, name in OPTION_NAMES.items():
        text = text.replace(option, f"“{name}”")
    return text


def reading_options(choices: FitChoices, job: Job | None, inspection: Inspection | None) -> tuple[str, ...]:
    """Return the settings of a keypoint file that are to be drawn: those that the file needs, and those that are not at rest."""
    problem = job.failed.text if job is not None and job.failed is not None else ""
    if choices.photo is None or choices.keypoints is None:
        return ()
    facts = None if inspection is None else inspection.facts
    has_frames = choices.frame is not None or "--frame" in problem or (facts is not None and facts.frames > 1)
    is_doubtful = choices.points_size is not None or "--points-size" in problem
    is_doubtful = is_doubtful or (facts is not None and facts.points_size_is_doubtful)
    return ("keypoint_frame",) * has_frames + ("points_size",) * is_doubtful


def _found_lines(choices: FitChoices, inspection: Inspection) -> tuple[Line, ...]:
    """Say who is in the keypoint file, or in the photo itself."""
    count, _, parts = inspection.facts.description.partition(" · ")
    if choices.keypoints is not None:
        return (Line(inspection.facts.description, "ARMATURE_DATA"),)
    if not inspection.people:
        return (Line("Nobody was found in the photo", "ERROR"),)
    return (Line(f"{count} · found in the photo", "ARMATURE_DATA"), Line(parts.capitalize(), "BLANK1"))


def counted_from_one(text: str) -> str:
    """Renumber the people in a text of the core: its “person 0” is person 1 in the picker and over the photo."""
    return NUMBERED_PERSON.sub(lambda found: f"Person {int(found[1]) + 1}:", text)


def _keypoint_hint(choices: FitChoices) -> tuple[Line, ...]:
    if choices.keypoints is not None or choices.photo is None:
        return ()
    return (Line("No keypoint file: people are looked for in the photo", "INFO"),)


def fit_state(
    choices: FitChoices,
    engine: EngineChoice,
    photo: tuple[Job | None, Inspection | None],
    run: FitRun | None,
    error: str,
    mode: str,
) -> FitState:
    """Choose the texts of the Fit panel; `mode` is Blender's (OBJECT, POSE, EDIT_MESH …) or `EDITING_KEYPOINTS`."""
    if run is not None:
        return _running_state(run)
    return FitState(
        reason=fit_reason(choices, engine, photo, mode), error=error, button=_button(choices, photo[1])
    )


def clip_fit_state(
    choices: ClipChoices, engine: EngineChoice, run: FitRun | None, error: str, mode: str
) -> FitState:
    """Choose the texts of the Fit panel where a video is chosen; see `fit_state`."""
    if run is not None:
        return _running_state(run)
    reason = missing_clip_choice(choices, engine) or wrong_mode(mode)
    button = "Fit Everybody" if choices.person == EVERYBODY else "Fit Video"
    return FitState(reason=reason, error=error, button=button)


def fit_reason(
    choices: FitChoices, engine: EngineChoice, photo: tuple[Job | None, Inspection | None], mode: str
) -> str:
    """Explain why Fit is grey; empty if it can be pressed. What nobody has looked at yet may be tried."""
    missing = missing_choice(choices, engine)
    if missing:
        return missing
    if mode not in USABLE_MODES:
        return wrong_mode(mode)
    job, inspection = photo
    if job is not None and job.failed is not None:
        return "The photo or its keypoints cannot be read, see above"
    unusable = unusable_person(choices, inspection.people) if inspection is not None else ""
    return f"{unusable}: Keypoints, below" if unusable == NOBODY_FOUND else unusable


def wrong_mode(mode: str) -> str:
    """Explain why a button is grey outside Object and Pose Mode; empty in those. `mode` is Blender's, or `EDITING_KEYPOINTS`."""
    if mode in USABLE_MODES:
        return ""
    if mode == EDITING_KEYPOINTS:
        return "Keypoints are being edited: fit them, or press Done, in Keypoints, below"
    return "Leave the current mode for Object or Pose Mode first"


def _button(choices: FitChoices, inspection: Inspection | None) -> str:
    if choices.person != EVERYBODY or inspection is None:
        return "Fit"
    usable = sum(person.is_usable for person in inspection.people)
    return f"Fit {usable} People" if usable > 1 else "Fit"


def _running_state(run: FitRun) -> FitState:
    job = run.job
    if run.waits_for:
        return FitState(True, 1.0, "Finished", run.waits_for)
    if job.cancel_asked:
        return FitState(True, job.fraction, "Cancelling …", "")
    if not job.stage:
        return FitState(True, job.fraction, "Starting …", job.status)
    loss = "" if job.loss is None else f" · loss {job.loss:.0f}"
    return FitState(True, job.fraction, f"{round(100 * job.fraction)} %", f"{stage_text(job.stage)}{loss}")


def stage_text(stage: str) -> str:
    """A stage of the core in words for people."""
    return STAGES.get(stage, stage.capitalize())


def result_state(
    figure: FigureFacts | None, choices: FitChoices, engine: EngineChoice, mode: str
) -> ResultState:
    """Choose the texts of the Result panel on the chosen figure."""
    if figure is None:
        return ResultState(hint="The fitted figure is judged here")
    not_object = wrong_mode(mode)
    camera_reason = "" if figure.has_camera else "The figure's camera is not in the file any more"
    report = figure.report
    if figure.motion is not None:
        return _motion_state(figure.name, figure.motion, camera_reason)
    if report is None:
        return ResultState(
            figure.name,
            "",
            camera_reason=camera_reason,
            refit_reason=NOT_FITTED_HERE,
        )
    gone = "" if figure.made is not None else "This figure keeps no takes: fit its photo again"
    again = refit_choices(choices, figure.made, report.number) if figure.made is not None else choices
    return ResultState(
        figure=figure.name,
        quality=_quality(report, figure.file_name),
        reasons=(*_reasons(report, figure.file_name), *_gender_lines(report)),
        limbs=limb_rows(report.limbs),
        takes=_takes(report, figure.file_name),
        takes_reason=gone or not_object,
        takes_coming=_coming(figure.takes_coming),
        refit_reason=gone or missing_choice(again, engine) or not_object,
        camera_reason=camera_reason,
    )


def _motion_state(name: str, motion: MotionVerdict, camera_reason: str) -> ResultState:
    """Say how the frames of a figure that moves fit, and which are worth a look."""
    return ResultState(
        figure=name,
        quality=Line(QUALITY_TEXTS[motion.word], WORD_ICONS[motion.word], motion.word == "poor"),
        reasons=(*_sentences(motion.reasons), Line(frames_text(motion.counts), "BLANK1")),
        camera_reason=camera_reason,
        worst=motion.worst,
        can_refit=False,
    )


def frames_text(counts: tuple[int, int, int, int]) -> str:
    """Say how many frames are good, to check, poor and unseen; of the latter three those that there are."""
    parts = zip(counts[1:], ("roughly", "off", "not seen"), strict=True)
    others = "".join(f", {count} {words}" for count, words in parts if count)
    return f"{counts[0]} of {sum(counts)} frames fit{others}"


def _sentences(texts: Sequence[str]) -> tuple[Line, ...]:
    return tuple(Line(f"{text[:1].upper()}{text[1:]}", "BLANK1") for text in texts)


def _quality(report: FitReport, file_name: str) -> Line:
    """The core judges the best take; of another one only its number and its limbs are said."""
    if file_name in report.takes[1:]:
        return Line(f"Take {report.takes.index(file_name) + 1}, not the best one", GREY)
    return Line(QUALITY_TEXTS[report.quality], WORD_ICONS[report.quality], report.quality == "poor")


def _reasons(report: FitReport, file_name: str) -> tuple[Line, ...]:
    if file_name in report.takes[1:]:
        return ()
    return _sentences(report.reasons)


def _gender_lines(report: FitReport) -> tuple[Line, ...]:
    """Say which body the fit has chosen, if that was left to it."""
    return (Line(f"{report.gender[:1].upper()}{report.gender[1:]}", "USER"),) if report.gender else ()


def limb_rows(limbs: Sequence[LimbQuality]) -> tuple[LimbRow, ...]:
    """A table that is never cut in a narrow sidebar: left and right of one limb share a row."""
    cells: dict[str, tuple[Line, ...]] = {}
    for limb in limbs:
        name = limb.name.removeprefix("Left ").removeprefix("Right ").capitalize()
        cells[name] = (*cells.get(name, ()), Line(LIMB_TEXTS[limb.word], WORD_ICONS[limb.word]))
    return tuple(LimbRow(name, lines) for name, lines in cells.items())


def _takes(report: FitReport, file_name: str) -> tuple[TakeChoice, ...]:
    if len(report.takes) < 2:
        return ()
    return tuple(
        TakeChoice(index, str(index + 1), name == file_name) for index, name in enumerate(report.takes)
    )


def _coming(most: int) -> str:
    if not most:
        return ""
    return "Looking for another take …" if most == 1 else f"Looking for up to {most} more takes …"


def wrapped(text: str, width_px: float, ui_scale: float) -> list[str]:
    """`text` in rows that fit into a region `width_px` wide, so that nothing is cut."""
    characters = int((width_px / max(ui_scale, 0.1) - MARGIN_PX) / CHARACTER_PX)
    return textwrap.wrap(text, max(FEWEST_CHARACTERS, characters)) or [""]
