"""What was found in the photo that the sidebar shows, kept for this session. Free of bpy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..fit_process.command import inspect_request_arguments
from ..fit_process.messages import FoundPerson, Inspected
from .fit_request import EngineChoice, FitChoices
from .fit_session import FitSession, Job

KEPT = 8  # inspections; a user goes back and forth between a few photos


@dataclass(frozen=True)
class InspectionKey:
    """What an inspection depends on. Kept apart from the files' dates: drawing a panel must not ask a disk."""

    photo: Path
    keypoints: Path | None
    camera: tuple[str, ...]


@dataclass(frozen=True)
class Inspection:
    """A finished look at a photo."""

    facts: Inspected
    people: tuple[FoundPerson, ...]
    warnings: tuple[str, ...]


def key_of(choices: FitChoices) -> InspectionKey | None:
    """What is to be looked at for these choices; None without a photo."""
    if choices.photo is None or choices.camera.problem:
        return None
    return InspectionKey(choices.photo, choices.keypoints, tuple(choices.camera.arguments()))


class Inspections:
    """Jobs of the fit session by what they look at."""

    def __init__(self) -> None:
        self._jobs: dict[InspectionKey, Job] = {}

    def start(self, key: InspectionKey, session: FitSession, engine: EngineChoice) -> Job:
        """Ask for a look, also where there was one before: the files may have changed."""
        arguments = inspect_request_arguments(key.photo, key.keypoints, key.camera)
        job = session.request("inspect", arguments, engine.python)
        self._jobs.pop(key, None)
        self._jobs[key] = job
        while len(self._jobs) > KEPT:
            del self._jobs[next(iter(self._jobs))]
        return job

    def job(self, key: InspectionKey | None) -> Job | None:
        """The last look at this; None where there was none."""
        return self._jobs.get(key) if key is not None else None

    def finished(self, key: InspectionKey | None) -> Inspection | None:
        """What the last look has found; None while it runs, and where it failed."""
        job = self.job(key)
        if job is None or not isinstance(job.done, Inspected):
            return None
        return Inspection(job.done, tuple(job.people), tuple(job.warnings))

    def clear(self) -> None:
        """Forget everything: when the add-on is disabled."""
        self._jobs.clear()


_inspections = Inspections()


def inspections() -> Inspections:
    """Those of this Blender."""
    return _inspections
