"""What a fit of one photo came to, before it is written. Free of bpy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fitting_core.body_model.body_model import BodyModel
from fitting_core.body_model.penetration import Penetration
from fitting_core.fitting.subject import Subject, stature
from fitting_core.photo.focal import FocalLength
from fitting_core.photo.header import PhotoHeader
from fitting_core.quality import Quality
from fitting_core.request import DEFAULT_OBJECTIVE, ObjectiveRequest
from fitting_core.result import FittedPerson


@dataclass(frozen=True, eq=False)
class PersonTakes:
    """One person's solutions, the best first. `number` counts the people of the keypoint file."""

    number: int
    subject: Subject
    takes: tuple[FittedPerson, ...]
    quality: Quality
    penetration: Penetration  # of the best solution


@dataclass(frozen=True, eq=False)
class FitOutcome:
    """Everything that the result folder is made from."""

    model: BodyModel
    header: PhotoHeader
    focal: FocalLength
    people: tuple[PersonTakes, ...]
    engine: str
    device: str
    seconds: dict[str, float]
    objective: ObjectiveRequest = DEFAULT_OBJECTIVE


def summary(outcome: FitOutcome, seconds: dict[str, float], warnings: list[str]) -> dict[str, object]:
    """The content of summary.json."""
    return {
        "status": "done",
        "engine": outcome.engine,
        "device": outcome.device,
        "model": outcome.model.name,
        "gender": outcome.model.gender,
        "preset": outcome.objective.preset,
        "pose_prior": Path(outcome.objective.pose_prior).name,
        "image_size": list(outcome.header.size),
        "focal_px": round(outcome.focal.px, 3),
        "focal_source": outcome.focal.source,
        "seconds": {stage: round(value, 4) for stage, value in (outcome.seconds | seconds).items()},
        "people": [
            _person_summary(outcome.model, index, person) for index, person in enumerate(outcome.people)
        ],
        "warnings": warnings,
    }


def _person_summary(model: BodyModel, index: int, person: PersonTakes) -> dict[str, object]:
    quality = person.quality
    return {
        "file": person_name(index),
        "number_in_keypoint_file": person.number,
        "quality": quality.word,
        "reasons": list(quality.reasons),
        "takes": [person_name(index, take) for take in range(len(person.takes))],
        "losses": [round(take.loss, 4) for take in person.takes],
        "loss_terms": [
            {name: round(cost, 4) for name, cost in take.loss_terms.items()} for take in person.takes
        ],
        "size_px": round(1000 * person.subject.unit_px(stature(model)), 1),
        "mean_residual_permille_of_size": quality.residuals,
        "disagreeing_keypoints": list(quality.disagreeing),
        "guessed": list(quality.guessed),
        "penetration": {
            "share": round(person.penetration.share, 5),
            "depth_mm": round(1000 * person.penetration.depth_m, 1),
        },
    }


def person_name(index: int, take: int = 0) -> str:
    """person_00.npz, and person_00_take_1.npz for the second-best solution."""
    return f"person_{index:02d}.npz" if take == 0 else f"person_{index:02d}_take_{take}.npz"
