# pyright: basic
"""The figures that a script gets: of one photo, of a motion, of a clip's people."""

from __future__ import annotations

from dataclasses import dataclass

import bpy

from ..result.read_report import FocalEstimate
from ..scene.figure.build import BuiltResult
from ..scene.motion.build import BuiltMotion


@dataclass(frozen=True)
class BuiltFigures:
    """Figures in the scene."""

    built: BuiltResult | BuiltMotion

    @property
    def armatures(self) -> tuple[bpy.types.Object, ...]:
        """One armature object a person; its mesh is its child."""
        return tuple(figure.armature for figure in self.built.figures)

    @property
    def meshes(self) -> tuple[bpy.types.Object, ...]:
        """One mesh object a person."""
        return tuple(figure.mesh for figure in self.built.figures)


@dataclass(frozen=True)
class FittedPhoto(BuiltFigures):
    """The figures of one photo in the scene. `quality` has a word a person where the result folder says it.

    `focal_estimate` is the lens that the perspective suggests, where --estimate-focal asked for it.
    """

    built: BuiltResult
    quality: tuple[str, ...]
    warnings: tuple[str, ...]
    focal_estimate: FocalEstimate | None = None

    @property
    def camera(self) -> bpy.types.Object:
        """The camera that sees the figures as the photo's camera saw the people."""
        return self.built.camera


@dataclass(frozen=True)
class ImportedMotion(BuiltFigures):
    """Figures that move: the one of a motion, or the people of a clip. `quality` has a word a person where a folder says it."""

    built: BuiltMotion
    warnings: tuple[str, ...]
    quality: tuple[str, ...] = ()

    @property
    def frames(self) -> tuple[float, float]:
        """The scene's frames of the first and the last key."""
        return self.built.frames

    @property
    def camera(self) -> bpy.types.Object | None:
        """The camera that sees the people of a clip as the clip's camera did; None for a motion."""
        return self.built.camera
