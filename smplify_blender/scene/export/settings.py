# pyright: basic
"""The form in which figures are exported, what was written, and the error of an export that cannot be."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ...result.bone_names import Naming
from ...result.errors import ResultError, shown
from ...result.export_targets import EXPORT_TARGETS, SkeletonForm

ENGINE_INFLUENCES = 4  # what one JOINTS_0/WEIGHTS_0 set of glTF holds, and what most engines read by default
TOLD_DEVIATION_MM = 0.05  # less than this nobody sees


class ExportError(ResultError):
    """Figures cannot be exported; the text says what and why."""


@dataclass(frozen=True)
class ExportSettings:
    """The form in which figures are written.

    `shape_keys` off bakes the shape: the mesh alone, no shape keys. `pose_as_rest` makes the pose that is shown the rest
    pose. `max_influences` bones a vertex (0: as many as there are; None: 4 in glTF, all elsewhere). `naming` says whose names the
    bones bear in the file: SMPL-X's joints unless told otherwise. `form` is the skeleton's. `is_at_rest` leaves out the pose.
    `suffix` is the one kind of file for which these settings are made; empty: any.
    """

    shape_keys: bool = True
    pose_as_rest: bool = False
    max_influences: int | None = None
    naming: Naming = "smplx"
    form: SkeletonForm = field(default_factory=SkeletonForm)
    is_at_rest: bool = False
    suffix: str = ""


@dataclass(frozen=True)
class ExportReport:
    """The files that were written, and how far vertices moved (mm) because influences were left out: the farthest and the mean.

    `most_influences` is what the farthest-reaching vertex had before; `warnings` are for the user.
    """

    path: Path
    figures: int
    shape_keys: int
    most_influences: int
    deviation_mm: float
    mean_deviation_mm: float
    warnings: tuple[str, ...]

    @property
    def in_words(self) -> str:
        """One sentence on what was written."""
        figures = "1 figure" if self.figures == 1 else f"{self.figures} figures"
        text = f"{self.path.name}: {figures}, {self.shape_keys} shape keys"
        if self.deviation_mm < TOLD_DEVIATION_MM:
            return text
        return (
            f"{text}; fewer bones a vertex (there were up to {self.most_influences}) move the surface by up to "
            f"{self.deviation_mm:.1f} mm, {self.mean_deviation_mm:.2f} mm on average"
        )


def settings_for(target: str) -> ExportSettings:
    """Return the settings with which figures are exported for one of EXPORT_TARGETS. Raises ExportError."""
    wanted = EXPORT_TARGETS.get(target)
    if wanted is None:
        raise ExportError(
            f"“{shown(target)}”: figures are exported for {', '.join(EXPORT_TARGETS)}. Choose one."
        )
    return ExportSettings(
        wanted.has_shape_keys,
        max_influences=wanted.influences,
        naming=wanted.naming,
        form=wanted.form,
        is_at_rest=wanted.is_at_rest,
        suffix=wanted.suffix,
    )
