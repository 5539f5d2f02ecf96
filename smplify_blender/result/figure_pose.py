"""A person and the upright frame → where the armature stands and how each bone is turned. Free of bpy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .axes import BLENDER_FROM_BODY
from .result_folder import Body, Person
from .rotations import Array, matrix_from_rotation_vector
from .shaped_body import ShapedBody


@dataclass(frozen=True)
class FigurePlacement:
    """How a body frame position x becomes an armature position: BLENDER_FROM_BODY x + (0, 0, lift), metres.

    `lift` puts the soles of the shaped rest body on the armature's floor. `location` is the armature object's
    place in the world, on the floor under the posed pelvis; the object is not turned and not scaled.
    """

    lift: float
    location: Array

    def armature_points(self, points: Array) -> Array:
        """Body frame points (…, 3) in the armature's own frame."""
        moved: Array = points @ BLENDER_FROM_BODY.T + np.array([0.0, 0.0, self.lift])
        return moved

    def armature_directions(self, directions: Array) -> Array:
        """Body frame directions (…, 3) in the armature's own frame."""
        turned: Array = directions @ BLENDER_FROM_BODY.T
        return turned


@dataclass(frozen=True)
class FigurePose:
    """Rotations by joint name in the armature's axes, (3, 3) each, relative to the parent.

    The root's is its whole rotation in the world, and `root_position` (3,) where its head goes, both in the
    armature's frame.
    """

    rotations: dict[str, Array]
    root_position: Array


def place_figure(person: Person, shaped: ShapedBody, world_from_camera: Array) -> FigurePlacement:
    """Stand the armature object on the floor under the pelvis."""
    pelvis = world_from_camera[:3, :3] @ (shaped.joints[0] + person.transl) + world_from_camera[:3, 3]
    return FigurePlacement(
        lift=-float(shaped.vertices[:, 1].min()), location=np.array([pelvis[0], pelvis[1], 0.0])
    )


def figure_pose(
    body: Body, person: Person, shaped: ShapedBody, placement: FigurePlacement, world_from_camera: Array
) -> FigurePose:
    """The fitted pose in the armature's frame.

    With A = BLENDER_FROM_BODY and W the rotation of `world_from_camera`: joints turn by A R Aᵀ, the root by W
    R₀ Aᵀ.
    """
    to_blender = BLENDER_FROM_BODY
    rotations: dict[str, Array] = {}
    for joint, name in enumerate(body.joint_names):
        rotation = matrix_from_rotation_vector(person.rotations.get(name, np.zeros(3)))
        left = world_from_camera[:3, :3] if joint == 0 else to_blender
        rotations[name] = left @ rotation @ to_blender.T
    pelvis = world_from_camera[:3, :3] @ (shaped.joints[0] + person.transl) + world_from_camera[:3, 3]
    return FigurePose(rotations, pelvis - placement.location)
