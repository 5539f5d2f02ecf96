# pyright: basic
"""Another solution given to a figure that is there: pose, shape and rest bones change in place, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, cast

import bpy
import numpy as np

from ...result.figure_pose import FigurePlacement, figure_pose, place_figure
from ...result.rest_bones import rest_bones
from ...result.result_folder import Array, Body, Person
from ...result.shaped_body import body_of_shape, shaped_body
from ...result.standing import Standing
from ..face.face_actions import has_face_actions, renew_face_actions
from ..looks.clothes import remake_clothes
from ..looks.face_parts import remake_face_parts
from ..placing.figures_place import FiguresPlace
from ..rigify.reshape import follow_shape
from ..texture.worn_texture import take_off_texture
from ..twist.twist_rig import refresh_twist_bones
from .figure_body import FigureAsMade, figure_body, stored_joint_names
from .fitted_action import fitted_frame, key_controls, key_pose_again
from .pose import set_pose
from .rest_change import RestPlace, change_rest
from .stored_source import BONE_BETAS, BONE_EXPRESSION, PROPERTY, store_source
from .update_mesh import has_same_surface, replace_surface, reshape, rewrite


@dataclass(frozen=True)
class NewSolution:
    """The body, the person and the place that a figure is to have, and the frame of its key where it has none.

    `moves`: the figure goes before another camera, so that its place in the scene is a new one as a whole.
    """

    body: Body
    person: Person
    place: FiguresPlace
    frame: int = 1
    moves: bool = False


def can_take(made: FigureAsMade, body: Body) -> bool:
    """Return True if the figure has a bone for each joint of a body, and no others of its own."""
    return set(stored_joint_names(made.source)) == set(body.joint_names)


def update_figure(
    made: FigureAsMade, new: NewSolution, view_layer: bpy.types.ViewLayer
) -> tuple[Standing, tuple[str, ...]]:
    """Give a figure another solution; return how it stands, and in sentences what its user should know.

    `made` is the figure as it is now, and can take the body. `view_layer` has to be the context's, in object mode.
    """
    body, person = new.body, new.person
    scene = cast("bpy.types.Scene", view_layer.id_data)
    shaped = shaped_body(body, person)
    standing = new.place.standing(person, shaped, scene)
    fresh = place_figure(person, shaped, new.place.world_from_camera, standing.scale, new.place.ground)
    placement = replace(
        fresh,
        location=fresh.location if new.moves else made.placement.location,
        applied=made.placement.applied,
    )
    old = _rest_now(made, body)
    before = made.armature.matrix_world.copy()
    by_actions = has_face_actions(made.armature)
    notes = [_change_mesh(made, body, person, placement)]
    if by_actions:
        renew_face_actions(made.armature)
    change_rest(made.armature, old, RestPlace(rest_bones(body, shaped), placement), view_layer)
    if new.moves:
        _move_object(made, fresh.location - made.placement.location)
    set_pose(made.armature, figure_pose(body, person, shaped, placement, new.place.world_from_camera))
    notes.append(key_pose_again(made.armature, f"{made.armature.name} pose", new.frame))
    is_other = not is_same_body(made, body)
    _store_source(made, new, placement)
    made.armature.update_tag(refresh={"OBJECT", "DATA", "TIME"})
    view_layer.update()
    refresh_twist_bones(made.armature, view_layer)
    key_controls(made.armature, view_layer)
    if is_other:
        remake_clothes(made.armature, view_layer)
        remake_face_parts(made.armature, view_layer)
    moved = made.armature.matrix_world @ before.inverted()
    frame = fitted_frame(made.armature)
    notes.append(follow_shape(made.armature, moved, new.frame if frame is None else frame, view_layer))
    return standing, tuple(note for note in notes if note)


def is_same_body(made: FigureAsMade, body: Body) -> bool:
    """Return True if the figure was made of this body: its sliders mean the same."""
    source = made.source
    if source.text("body_sha256") == body.body_sha256:
        return True
    names = ("model", "gender", "model_sha256")
    return all(source.text(name) == getattr(body, name) for name in names)


def _rest_now(made: FigureAsMade, body: Body) -> RestPlace:
    """Return the rest bones as the figure's own shape has put them."""
    own = body if is_same_body(made, body) else figure_body(made)
    counts = (own.shape_directions.shape[2], own.expression_directions.shape[2])
    betas, expression = (
        np.resize(np.append(values, np.zeros(count)), count)
        for values, count in zip((made.betas, made.expression), counts, strict=True)
    )
    return RestPlace(rest_bones(own, body_of_shape(own, betas, expression)), made.placement)


def _change_mesh(made: FigureAsMade, body: Body, person: Person, placement: FigurePlacement) -> str:
    if is_same_body(made, body):
        reshape(made, person, placement)
        return ""
    if has_same_surface(made, body) and cast("bpy.types.Mesh", made.mesh.data).shape_keys is not None:
        return rewrite(made, body, person, placement)
    take_off_texture(made.mesh)  # its picture is made for other faces
    return replace_surface(made, body, person, placement)


def _move_object(made: FigureAsMade, shift: Array) -> None:
    """Move the object in the world, from wherever its user has put it."""
    moved: Any = made.armature.matrix_world.copy()
    moved.translation = [value + step for value, step in zip(moved.translation, shift.tolist(), strict=True)]
    made.armature.matrix_world = moved


def _store_source(made: FigureAsMade, new: NewSolution, placement: FigurePlacement) -> None:
    armature = cast("bpy.types.Armature", made.armature.data)
    group: Any = cast("Any", armature)[PROPERTY]
    if is_same_body(made, new.body):
        group["lift"], group["scale"] = placement.lift, placement.scale
        group["location"] = placement.location.tolist()
        group["transl"] = [float(value) for value in new.person.transl]
        group["betas"] = [float(value) for value in new.person.betas]
        group["expression"] = [float(value) for value in new.person.expression]
    else:
        store_source(armature, new.body, new.person, placement, new.place.units_per_metre)
        group = cast("Any", armature)[PROPERTY]
    for key in (BONE_BETAS, BONE_EXPRESSION):
        if key in group:
            del group[key]
