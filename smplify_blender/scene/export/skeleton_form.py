# pyright: basic
"""A copied figure in the units, axes and with the root bone that a program wants; in the world it stays where it is.

With M the object's place in the world, u the units a metre and G the turn of the file's axes, bones and vertices become u G x,
and the object, or the root bone in its stead, stands at u M u⁻¹ G⁻¹.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import bpy
from mathutils import Matrix

from ...result.export_targets import SkeletonForm
from ..figure.armature import edited
from ..figure.pose import pose_bones
from ..motion.action_curves import object_curves, strip_curves
from ..motion.bone_keys import replace_keys
from .copied_actions import scale_values
from .copies import FigureCopy
from .object_keys import channels_of, key_object, moving_curves, places_at

UPRIGHT = Matrix(
    ((1, 0, 0, 0), (0, 0, 1, 0), (0, -1, 0, 0), (0, 0, 0, 1))
)  # Z up into Y up, as files have it
ROOT_LENGTH_METRES = 0.2


def give_form(copy: FigureCopy, form: SkeletonForm, scene: bpy.types.Scene) -> None:
    """Bring a copy with actions of its own into `form`; its mesh has to hang on its armature."""
    if form == SkeletonForm():
        return
    units = Matrix.Scale(form.units_per_metre, 4)
    turn = UPRIGHT if form.has_upright_nodes else Matrix.Identity(4)
    frames, places = _taken_places(copy, scene)
    if form.stands_at_origin:
        frames, places = frames[:1], [Matrix.Identity(4)]
    is_posed = object_curves(copy.armature) != ()
    if form.root_bone and not is_posed:  # nothing that moves the root: the place goes into the rest
        _transform(copy, places[0])
        places = [Matrix.Identity(4)]
    _transform(copy, units @ turn)
    _scale_locations(copy.armature, form.units_per_metre)
    places = [units @ place @ units.inverted() @ turn.inverted() for place in places]
    if form.root_bone:
        copy.armature.matrix_world = Matrix.Identity(4)
        _add_root(copy.armature, form, scene.view_layers[0])
        if is_posed:
            _key_root(copy.armature, form.root_bone, frames, places)
    else:
        key_object(copy.armature, frames, places)


def _taken_places(copy: FigureCopy, scene: bpy.types.Scene) -> tuple[list[float], list[Matrix]]:
    """Return where the object stands at each frame at which it moves, and take its own curves off: one frame if it does not."""
    moving = moving_curves(copy.armature)
    first, last = copy.frames
    frames = [float(frame) for frame in range(first, last + 1 if moving else first + 1)]
    if not moving:
        return frames, [copy.armature.matrix_world.copy()]
    places = places_at(copy.armature, frames, scene, Matrix.Identity(4))
    for curve in moving:
        object_curves(copy.armature).remove(curve)
    return frames, places


def _transform(copy: FigureCopy, matrix: Matrix) -> None:
    """Move the rest bones and the vertices within the armature's frame."""
    armature, mesh = copy.armature, copy.mesh
    within = mesh.matrix_parent_inverse @ mesh.matrix_basis
    cast("bpy.types.Armature", armature.data).transform(matrix)
    cast("bpy.types.Mesh", mesh.data).transform(matrix @ within, shape_keys=True)
    mesh.matrix_parent_inverse.identity()
    mesh.matrix_basis.identity()


def _scale_locations(armature: bpy.types.Object, scale: float) -> None:
    """Scale the locations of bones, keyed or not."""
    if scale == 1.0:
        return
    animation = armature.animation_data
    strips = (
        [strip for track in animation.nla_tracks for strip in track.strips] if animation is not None else []
    )
    for curves in (object_curves(armature), *map(strip_curves, strips)):
        for curve in curves:
            if curve.data_path.startswith("pose.bones") and curve.data_path.endswith(".location"):
                scale_values(curve, scale)
    for bone in pose_bones(armature):
        bone.location = [scale * value for value in bone.location]


def _add_root(armature: bpy.types.Object, form: SkeletonForm, view_layer: bpy.types.ViewLayer) -> None:
    data: Any = armature.data
    with edited(armature, view_layer):
        taken = data.edit_bones.get(form.root_bone)
        if taken is not None:
            taken.name = f"{form.root_bone} of the figure"
        tops = [bone for bone in data.edit_bones if bone.parent is None]
        root = data.edit_bones.new(form.root_bone)
        length = ROOT_LENGTH_METRES * form.units_per_metre
        root.tail = (0.0, 0.0, length) if form.root_points_up else (0.0, length, 0.0)
        root.use_deform = False
        for bone in tops:
            bone.parent = root


def _key_root(
    armature: bpy.types.Object, name: str, frames: Sequence[float], places: Sequence[Matrix]
) -> None:
    root = pose_bones(armature)[name]
    root.rotation_mode = "QUATERNION"
    rest = root.bone.matrix_local
    bases = [rest.inverted() @ place @ rest for place in places]
    locations, rotations, scales = channels_of(bases)
    replace_keys(armature, root, "location", frames, locations)
    replace_keys(armature, root, "rotation_quaternion", frames, rotations)
    replace_keys(armature, root, "scale", frames, scales)
    root.location, root.rotation_quaternion, root.scale = bases[0].decompose()
