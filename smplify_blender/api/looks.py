# pyright: basic
"""For scripts: clothes for figures, and brows, lashes and teeth."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager

import bpy

from ..result.errors import ResultError
from ..scene.looks import clothes, face_parts
from ..scene.looks.clothes import reason_against_clothes
from ..scene.looks.face_parts import reason_against_face_parts
from .steps import SmplifyError, Target, place_of

Figures = bpy.types.Object | Sequence[bpy.types.Object]


def add_clothes(armatures: Figures, target: Target | None = None) -> tuple[bpy.types.Object, ...]:
    """Give figures a shirt and shorts that follow them; return the new objects. Raises SmplifyError."""
    with _checked(armatures, reason_against_clothes) as chosen:
        _, view_layer = place_of(Target() if target is None else target)
        return tuple(garment for armature in chosen for garment in clothes.add_clothes(armature, view_layer))


def add_face_parts(armatures: Figures, target: Target | None = None) -> tuple[bpy.types.Object, ...]:
    """Give figures of the open body brows, lashes and teeth that follow them; return the new objects. Raises SmplifyError."""
    with _checked(armatures, reason_against_face_parts) as chosen:
        _, view_layer = place_of(Target() if target is None else target)
        return tuple(face_parts.add_face_parts(armature, view_layer) for armature in chosen)


@contextmanager
def _checked(
    armatures: Figures, reason_against: Callable[[bpy.types.Object], str]
) -> Generator[list[bpy.types.Object]]:
    """Hand out the figures if nothing speaks against any of them. Raises SmplifyError, also for what goes wrong then."""
    chosen = [armatures] if isinstance(armatures, bpy.types.Object) else list(armatures)
    for armature in chosen:
        reason = reason_against(armature)
        if reason:
            raise SmplifyError(f"“{armature.name}”: {reason}.", "bad-request")
    try:
        yield chosen
    except ResultError as error:
        raise SmplifyError(str(error), "cannot-build") from error
