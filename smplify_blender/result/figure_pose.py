"""Place of an armature and rotations of its bones, from a person and the upright frame."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .axes import BLENDER_FROM_BODY
from .result_folder import Body, Person
from .rotations import Array, matrix_from_rotation_vector
from .shaped_body import ShapedBody
from .similarity import Similarity


@dataclass(frozen=True)
class FigurePlacement:
    """Map from a body frame position x to an armature position: scale · (BLENDER_FROM_BODY x + (0, 0, lift)), then `applied`.

    `lift` (metres) puts the soles of the shaped rest body on the armature's floor. `location` is the armature object's
    place in the world, on the floor under the posed pelvis; the object is not turned and not scaled. `scale` is how many
    units of the scene a metre of the body has. `applied` is the user's own transform of the object that Blender's *Apply* has
    moved into the bones and the mesh.
    """

    lift: float
    location: Array
    scale: float = 1.0
    applied: Similarity = field(default_factory=Similarity)

    def armature_points(self, points: Array) -> Array:
        """Map body frame points (…, 3) into the armature's own frame."""
        moved: Array = points @ BLENDER_FROM_BODY.T + np.array([0.0, 0.0, self.lift])
        return self.applied.points(self.scale * moved)

    def armature_directions(self, directions: Array) -> Array:
        """Map body frame directions (…, 3) into the armature's own frame."""
        turned: Array = directions @ BLENDER_FROM_BODY.T
        return self.applied.directions(self.scale * turned)

    def body_points(self, points: Array) -> Array:
        """Map points (…, 3) of the armature's own frame back into the body frame."""
        unapplied = self.applied.inverse().points(points)
        moved: Array = (unapplied / self.scale - np.array([0.0, 0.0, self.lift])) @ BLENDER_FROM_BODY
        return moved

    def body_directions(self, directions: Array) -> Array:
        """Map directions (…, 3) of the armature's own frame back into the body frame."""
        turned: Array = (self.applied.inverse().directions(directions) / self.scale) @ BLENDER_FROM_BODY
        return turned


@dataclass(frozen=True)
class FigurePose:
    """Rotations by joint name in the armature's axes, (3, 3) each, relative to the parent.

    The root's is its whole rotation in the world, and `root_position` (3,) where its head goes, both in the
    armature's frame.
    """

    rotations: dict[str, Array]
    root_position: Array


def place_figure(
    person: Person,
    shaped: ShapedBody,
    world_from_camera: Array,
    scale: float = 1.0,
    ground: float | None = 0.0,
) -> FigurePlacement:
    """Stand the armature object at the height `ground` under the pelvis; None: at the height of the lowest vertex.

    `world_from_camera` is rigid; the person is scaled about the camera before, which the picture does not show.
    """
    pelvis = _in_world(shaped.joints[0] + person.transl, world_from_camera, scale)
    if ground is None:
        ground = float(_in_world(person.vertices.astype(np.float64), world_from_camera, scale)[:, 2].min())
    return FigurePlacement(
        lift=-float(shaped.vertices[:, 1].min()),
        location=np.array([pelvis[0], pelvis[1], ground]),
        scale=scale,
    )


def figure_pose(
    body: Body, person: Person, shaped: ShapedBody, placement: FigurePlacement, world_from_camera: Array
) -> FigurePose:
    """Return the fitted pose in the armature's frame.

    With A = BLENDER_FROM_BODY and W the rotation of `world_from_camera`: joints turn by A R Aᵀ, the root by W
    R₀ Aᵀ. Where a rotation Q was applied to the armature, each turns by Q … Qᵀ.
    """
    to_blender, applied = BLENDER_FROM_BODY, placement.applied
    rotations: dict[str, Array] = {}
    for joint, name in enumerate(body.joint_names):
        rotation = matrix_from_rotation_vector(person.rotations.get(name, np.zeros(3)))
        left = world_from_camera[:3, :3] if joint == 0 else to_blender
        rotations[name] = applied.rotation @ left @ rotation @ to_blender.T @ applied.rotation.T
    pelvis = _in_world(shaped.joints[0] + person.transl, world_from_camera, placement.scale)
    return FigurePose(rotations, applied.points(pelvis - placement.location))


def _in_world(points: Array, world_from_camera: Array, scale: float) -> Array:
    """Camera frame points (…, 3), scaled about the camera, in the world."""
    placed: Array = scale * points @ world_from_camera[:3, :3].T + world_from_camera[:3, 3]
    return placed
