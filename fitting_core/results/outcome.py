"""The outcome of fitting one photo, before it is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp
from pathlib import Path

from fitting_core.arguments.request import DEFAULT_OBJECTIVE, ObjectiveRequest
from fitting_core.body_model.body_model import BodyModel
from fitting_core.body_model.capsules.penetration import Penetration
from fitting_core.body_model.measurements import measured
from fitting_core.fitting.focal_estimate import FocalEstimate
from fitting_core.fitting.subject import Subject, stature
from fitting_core.photo.camera import PhotoCamera
from fitting_core.photo.header import PhotoHeader
from fitting_core.results.body_file import body_name
from fitting_core.results.gender_evidence import GenderChoice, GenderLosses, choice_summary, gender_summary
from fitting_core.results.person import FittedPerson
from fitting_core.results.quality import Quality
from fitting_core.results.scene_report import SceneReport, scene_summary


@dataclass(frozen=True, eq=False)
class PersonTakes:
    """One person's solutions, the best first. `number` counts the people of the keypoint file."""

    number: int
    subject: Subject
    takes: tuple[FittedPerson, ...]
    quality: Quality
    penetration: Penetration  # of the best solution
    scene: SceneReport | None = None  # of the best solution, where there is a scene

    @property
    def model(self) -> BodyModel:
        """This person's body."""
        return self.takes[0].model


@dataclass(frozen=True, eq=False)
class FitOutcome:
    """The fitted people of one photo, each with their own body, and all that the result folder says of them."""

    header: PhotoHeader
    camera: PhotoCamera
    people: tuple[PersonTakes, ...]
    engine: str
    device: str
    seconds: dict[str, float]
    objective: ObjectiveRequest = DEFAULT_OBJECTIVE
    focal_estimate: FocalEstimate | None = None
    warnings: tuple[str, ...] = ()
    genders: GenderLosses = field(default_factory=GenderLosses)
    choices: tuple[GenderChoice, ...] = ()  # one a person where the gender was automatic

    @property
    def models(self) -> tuple[BodyModel, ...]:
        """The bodies of these people, each once, the first person's first."""
        return tuple(dict.fromkeys(person.model for person in self.people))

    @property
    def model(self) -> BodyModel:
        """The first person's body: that of body.npz."""
        return self.models[0]


def summary(outcome: FitOutcome, seconds: dict[str, float], warnings: list[str]) -> dict[str, object]:
    """Return the content of summary.json."""
    return {
        "status": "done",
        "engine": outcome.engine,
        "device": outcome.device,
        "model": outcome.model.name,
        "gender": outcome.model.gender,
        "preset": outcome.objective.preset,
        "pose_prior": Path(outcome.objective.pose_prior).name,
        "image_size": list(outcome.header.size),
        "focal_px": round(outcome.camera.focal.px, 3),
        "focal_source": outcome.camera.focal.source,
        **_estimate_summary(outcome.focal_estimate),
        "seconds": {stage: round(value, 4) for stage, value in (outcome.seconds | seconds).items()},
        "people": [
            _person_summary(index, person) | _gender_entries(outcome, index)
            for index, person in enumerate(outcome.people)
        ],
        "warnings": warnings,
    }


def _gender_entries(outcome: FitOutcome, index: int) -> dict[str, object]:
    """Return a person's body, and what was asked for of the gender: the automatic choice, the comparison of all."""
    model = outcome.people[index].model
    entries: dict[str, object] = {"gender": model.gender, "body": body_name(model, outcome.model)}
    if outcome.choices:
        entries["automatic_gender"] = choice_summary(outcome.choices[index])
    if outcome.genders:
        entries["genders"] = gender_summary(outcome.genders, index)
    return entries


def _estimate_summary(estimate: FocalEstimate | None) -> dict[str, object]:
    """Return the result of --estimate-focal for the summary, also where it was too weak to be taken."""
    if estimate is None:
        return {}
    factor = exp(estimate.deviation)
    return {
        "focal_estimate": {
            "taken": estimate.tells,
            "px": round(estimate.px, 1),
            "likely_px": [round(estimate.px / factor, 1), round(estimate.px * factor, 1)],
            "guess_px": round(estimate.guess_px, 1),
            "deviation": round(estimate.deviation, 4),
            "deviation_of_guess": estimate.prior_deviation,
        }
    }


def _measured_summary(model: BodyModel, person: FittedPerson) -> dict[str, object]:
    """Height and weight of the fitted body at rest; the weight is null for a body file with holes in its mesh."""
    sizes = measured(model, person.pose.shape[: model.beta_count])
    weight = None if sizes.weight_kg is None else round(sizes.weight_kg, 2)
    return {"height_cm": round(100 * sizes.height_m, 2), "weight_kg": weight}


def _person_summary(index: int, person: PersonTakes) -> dict[str, object]:
    model, quality = person.model, person.quality
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
        "size_px": round(1000 * person.subject.permille_px(stature(model)), 1),
        "mean_residual_permille_of_size": quality.residuals,
        "disagreeing_keypoints": list(quality.disagreeing),
        "guessed": list(quality.guessed),
        **_measured_summary(model, person.takes[0]),
        "penetration": {
            "share": round(person.penetration.share, 5),
            "depth_mm": round(1000 * person.penetration.depth_m, 1),
        },
        **({} if person.scene is None else {"scene": scene_summary(person.scene)}),
    }


def person_name(index: int, take: int = 0) -> str:
    """Return the file name of a person's solution: person_00.npz, and person_00_take_1.npz for the second-best one."""
    return f"person_{index:02d}.npz" if take == 0 else f"person_{index:02d}_take_{take}.npz"
