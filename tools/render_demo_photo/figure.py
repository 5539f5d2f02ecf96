"""The figure of the demo picture: who she is and how she stands, in the studio frame.

Studio frame: metres, y up, the floor at y = 0, z towards the camera, x to the right of the picture.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.body_model import joints as joint_table
from fitting_core.body_model.body_model import BodyModel, Pose, joint_transforms, rest_joints, vertices
from fitting_core.fitting.priors.open import open_hand_prior
from fitting_core.geometry.rotations import matrix_from_vector, vector_from_matrix

GENDER = "female"
BETAS = {"Height": 0.4, "Weight": -0.5, "Muscle": 0.6, "Leg length": 0.4}
EXPRESSION: dict[int, float] = {}
# Named face actions, which the fit knows nothing of: a photo has such things too.
FACE_ACTIONS = {
    "mouthSmileLeft": 0.6,
    "mouthSmileRight": 0.7,
    "cheekSquintLeft": 0.3,
    "cheekSquintRight": 0.3,
    "browInnerUp": 0.15,
}

# Turns in degrees about the parent's axes, the first one outermost: stepping to the picture's right, the weight on
# the left foot in front, the right hand waving, the face turned back to the camera.
Turns = tuple[tuple[str, float], ...]
TURNS: dict[str, Turns] = {
    "pelvis": (("y", 26), ("z", 3), ("x", 5)),
    "spine1": (("y", 4), ("z", -1)),
    "spine2": (("y", 4),),
    "spine3": (("y", 4), ("z", 2), ("x", -2)),
    "neck": (("y", -10), ("x", -2)),
    "head": (("y", -14), ("z", 6)),
    "left_hip": (("x", -12), ("z", -5)),
    "left_knee": (("x", 10),),
    "left_ankle": (("x", -2), ("z", 2)),
    "right_hip": (("x", 9), ("z", -5)),
    "right_knee": (("x", 27),),
    "right_ankle": (("x", 20),),
    "right_foot": (("x", -40),),
    "left_eye": (("y", -6), ("x", 2)),
    "right_eye": (("y", -6), ("x", 2)),
    "left_collar": (("z", -4),),
    "left_shoulder": (("x", 20), ("z", -66)),
    "left_elbow": (("y", -34), ("x", 25)),
    "left_wrist": (("z", -4),),
    "right_collar": (("z", -9), ("y", -3)),
    "right_shoulder": (("y", -14), ("z", 20), ("x", -84)),
    "right_elbow": (("y", 96), ("x", 26)),
    "right_wrist": (("y", -10), ("z", 5)),
}
# Share of the hand prior's mean curl: a waving hand is nearly flat, a hanging one half closed.
LEFT_HAND_CURL = 0.75
RIGHT_HAND_CURL = 0.22
RIGHT_FINGER_SPREAD = {"index1": -7.0, "ring1": 5.0, "pinky1": 11.0}  # degrees about y

_AXES = {"x": 0, "y": 1, "z": 2}


@dataclass(frozen=True, eq=False)
class DemoFigure:
    """The posed body in the studio frame; `rest` is its unposed surface, by which clothes are cut."""

    model: BodyModel
    pose: Pose
    rest: NumpyArray  # (V, 3)
    mesh: NumpyArray  # (V, 3)


def demo_figure(model: BodyModel) -> DemoFigure:
    """Return the figure with its lowest point on the floor and its pelvis above the studio's middle."""
    model = _with_face_actions(model)
    shape = np.zeros(model.shape_directions.shape[2])
    for name, value in BETAS.items():
        shape[model.shape_names.index(name)] = value
    for index, value in EXPRESSION.items():
        shape[model.beta_count + index] = value
    rotations = _rotations(model)
    hung = vertices(model, Pose(rotations, shape, np.zeros(3)))
    pelvis = rest_joints(model, shape)[joint_table.PELVIS]
    place = np.array([-pelvis[0], -hung[:, 1].min(), -pelvis[2]])
    rest = model.v_template + model.shape_directions @ shape
    return DemoFigure(model, Pose(rotations, shape, place), rest, hung + place)


def carried_by_head(figure: DemoFigure, place: NumpyArray) -> NumpyArray:
    """Return the position in the studio of a point (3,) of the mean body at rest that is carried by the posed head."""
    model, pose = figure.model, figure.pose
    rest = rest_joints(model, pose.shape)
    world, joints = joint_transforms(model, pose.rotations, rest)
    offset = place - model.joints_template[joint_table.HEAD]
    return joints[joint_table.HEAD] + world[joint_table.HEAD] @ offset + pose.translation


def _with_face_actions(model: BodyModel) -> BodyModel:
    directions = model.extras.action_directions
    assert directions is not None, "the open body has face actions"
    names = model.extras.action_names
    moved = sum(value * directions[:, :, names.index(name)] for name, value in FACE_ACTIONS.items())
    return replace(model, v_template=model.v_template + moved)


def _rotations(model: BodyModel) -> NumpyArray:
    rotations = np.zeros((model.joint_count, 3))
    for name, turns in TURNS.items():
        rotations[joint_table.joint_index(name)] = vector_from_matrix(turned(turns))
    hand = open_hand_prior()
    rotations[joint_table.LEFT_HAND] = LEFT_HAND_CURL * hand.mean_left.reshape(15, 3)
    rotations[joint_table.RIGHT_HAND] = RIGHT_HAND_CURL * hand.mean_right.reshape(15, 3)
    for finger, degrees in RIGHT_FINGER_SPREAD.items():
        rotations[joint_table.joint_index(f"right_{finger}"), 1] += np.radians(degrees)
    return rotations


def turned(turns: Turns) -> NumpyArray:
    """Return the rotation (3, 3) of turns about the parent's axes, the first one outermost."""
    matrix = np.eye(3)
    for axis, degrees in turns:
        vector = np.zeros(3)
        vector[_AXES[axis]] = np.radians(degrees)
        matrix = matrix @ matrix_from_vector(vector)
    return matrix
