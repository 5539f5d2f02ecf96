# pyright: basic
"""For scripts: clothes for figures, brows, lashes and teeth, expressions by face actions, and photos as textures."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager

import bpy

from ..result.errors import ResultError
from ..scene.face import face_actions
from ..scene.face.face_actions import FaceOutcome, has_face_actions, reason_against_face_actions
from ..scene.figure.lookup import body_of
from ..scene.looks import clothes, face_parts
from ..scene.looks.clothes import reason_against_clothes
from ..scene.looks.face_parts import reason_against_face_parts
from ..scene.texture import photo_texture
from ..scene.texture.photo_texture import reason_against_texture
from ..scene.texture.values import TextureChoices as TextureChoices
from ..scene.texture.worn_texture import take_off_texture
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


def use_face_actions(armatures: Figures) -> tuple[FaceOutcome, ...]:
    """Let face actions carry the expressions of figures of the open body; return how well they do. Raises SmplifyError."""
    with _checked(armatures, reason_against_face_actions) as chosen:
        return tuple(face_actions.use_face_actions(armature) for armature in chosen)


def use_expression(armatures: Figures) -> None:
    """Let the components of figures' expressions show them again, where face actions do. Raises SmplifyError."""
    with _checked(armatures, _reason_against_components) as chosen:
        for armature in chosen:
            face_actions.use_components(armature)


def _reason_against_components(armature: bpy.types.Object) -> str:
    return "" if has_face_actions(armature) else "no face actions carry its expression"


def add_photo_texture(
    armatures: Figures,
    others: Sequence[bpy.types.Object] = (),
    choices: TextureChoices | None = None,
    target: Target | None = None,
) -> tuple[str, ...]:
    """Give figures their photos as textures, and return sentences on what the photos show. Raises SmplifyError.

    The bodies are taken as they stand now. `others` are figures of the same person before other photos, which add what they show.
    """
    with _checked(armatures, reason_against_texture) as chosen:
        scene, view_layer = place_of(Target() if target is None else target)
        wanted = TextureChoices() if choices is None else choices
        return tuple(
            f"{armature.name}: {note}"
            for armature in chosen
            for note in photo_texture.add_photo_texture(armature, others, scene, view_layer, wanted)
        )


def remove_photo_texture(armatures: Figures) -> None:
    """Remove the photo textures of figures, and their images; figures without one stay as they are."""
    for armature in [armatures] if isinstance(armatures, bpy.types.Object) else armatures:
        body = body_of(armature)
        if body is not None:
            take_off_texture(body)


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
