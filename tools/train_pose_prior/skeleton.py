"""Forward kinematics of the 22 body joints of a grown-up of average build, in metres."""

from pathlib import Path

import numpy as np

from fitting_core.body_model.joints import BODY_PARENTS
from fitting_core.geometry.rotations import matrix_from_vector
from tools.train_pose_prior.mocap import Array

OPEN_BODY_FILE = Path("fitting_core/data/open_body/open_body_neutral.npz")


def open_body_joints(body_file: Path) -> Array:
    """Return the 22 body joints (22,3) of a model file at rest: J_regressor · v_template."""
    with np.load(body_file, allow_pickle=False) as model:
        regressor = model["J_regressor"].astype(np.float64)
        return regressor[: len(BODY_PARENTS)] @ model["v_template"].astype(np.float64)


def posed_joints(rest: Array, body: Array) -> Array:
    """Return joints (N,22,3) relative to the unturned pelvis, posed by body poses (N,63)."""
    turns = matrix_from_vector(body.reshape(len(body), -1, 3))
    world = [np.broadcast_to(np.eye(3), (len(body), 3, 3))]
    place = [np.zeros((len(body), 3))]
    for joint in range(1, len(BODY_PARENTS)):
        parent = BODY_PARENTS[joint]
        place.append(place[parent] + world[parent] @ (rest[joint] - rest[parent]))
        world.append(world[parent] @ turns[:, joint - 1])
    return np.stack(place, axis=1)
