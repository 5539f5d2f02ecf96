"""The findings of looks at the sidebar's photos, kept for this session."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..fit_process.messages import FoundPerson, Inspected
from ..fit_process.request_fields import Fields, with_field
from .fit_request import EngineChoice, FitChoices
from .fit_session import FitSession, Job

KEPT = 8  # inspections; a user goes back and forth between a few photos


@dataclass(frozen=True)
class InspectionKey:
    """The files and the lens that an inspection depends on; `focal` is one field of the core's `FocalRequest` at most.

    The files' dates are left out: drawing a panel must not ask a disk.
    """

    photo: Path
    keypoints: Path | None
    focal: tuple[tuple[str, float], ...]
    frame: int | None = None
    points_size: tuple[int, int] | None = None


@dataclass(frozen=True)
class Inspection:
    """A finished look at a photo."""

    facts: Inspected
    people: tuple[FoundPerson, ...]
    warnings: tuple[str, ...]


def key_of(choices: FitChoices) -> InspectionKey | None:
    """Return the key of the look that these choices need; None without a photo."""
    if choices.photo is None or choices.camera.problem:
        return None
    focal = tuple(choices.camera.focal().items())
    if choices.keypoints is None:
        return InspectionKey(choices.photo, None, focal)
    return InspectionKey(choices.photo, choices.keypoints, focal, choices.frame, choices.points_size)


class Inspections:
    """Jobs of the fit session by what they look at."""

    def __init__(self) -> None:
        self._jobs: dict[InspectionKey, Job] = {}

    def start(
        self, key: InspectionKey, session: FitSession, engine: EngineChoice, pixels: Path | None = None
    ) -> Job:
        """Ask for a look, also where there was one before: the files may have changed.

        Without a keypoint file people are looked for in the photo itself, in its `pixels` if they are given.
        """
        fields: Fields = {"focal": dict(key.focal), "detect": key.keypoints is None}
        for name, value in (
            ("photo", key.photo),
            ("keypoints", key.keypoints),
            ("reading.frame", key.frame),
            ("reading.points_size", key.points_size),
        ):
            fields = with_field(fields, name, value)
        if pixels is not None:
            fields["pixels"] = str(pixels)
        if engine.detector is not None and key.keypoints is None:
            fields["detector"] = str(engine.detector)
        job = session.request("inspect", fields, engine.python)
        self._jobs.pop(key, None)
        self._jobs[key] = job
        while len(self._jobs) > KEPT:
            del self._jobs[next(iter(self._jobs))]
        return job

    def job(self, key: InspectionKey | None) -> Job | None:
        """Return the last look at this; None where there was none."""
        return self._jobs.get(key) if key is not None else None

    def finished(self, key: InspectionKey | None) -> Inspection | None:
        """Return the findings of the last look; None while it runs, and where it failed."""
        job = self.job(key)
        if job is None or not isinstance(job.done, Inspected):
            return None
        return Inspection(job.done, tuple(job.people), tuple(job.warnings))

    def clear(self) -> None:
        """Forget everything: when the add-on is disabled."""
        self._jobs.clear()


_inspections = Inspections()


def inspections() -> Inspections:
    """Return this session's inspections."""
    return _inspections
