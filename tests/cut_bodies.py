"""The open body cut down to SMPL-H and SMPL: bodies of every kind that look like one, for fits with known answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fitting_core.body_model.body_model import BodyModel
from fitting_core.body_model.joints import SKELETONS, ModelKind
from fitting_core.body_model.landmarks import point_ids
from fitting_core.body_model.model_file import load_body_model


def write(path: Path, kind: ModelKind) -> Path:
    """Write a file of that kind and return its path."""
    np.savez(path, **_arrays(load_body_model(), kind))
    return path


def _arrays(model: BodyModel, kind: ModelKind) -> dict[str, np.ndarray]:
    skeleton = SKELETONS[kind]
    order = _vertex_order(model, kind)
    stands_for = {
        "left_hand": "left_middle1",
        "right_hand": "right_middle1",
    }  # SMPL's hand joints are knuckles
    source = [model.joint_names.index(stands_for.get(name, name)) for name in skeleton.joint_names]
    return {
        "v_template": model.v_template[order],
        "f": np.argsort(order)[model.triangles].astype(np.uint32),
        "shapedirs": model.shape_directions[order][:, :, :10],
        "posedirs": np.zeros((len(order), 3, 9 * (len(source) - 1)), dtype=np.int8),
        "J_regressor": _regressor(model, source)[:, order],
        "weights": _merged_weights(model, source)[order],
        "kintree_table": np.stack([np.array(skeleton.parents) % 2**32, np.arange(len(source))]),
    }


def _vertex_order(model: BodyModel, kind: ModelKind) -> np.ndarray:
    """Such that the kind's own vertex ids point at what SMPL-X's ids point at here."""
    order = np.arange(len(model.v_template))
    for wanted, there in zip(point_ids(kind).vertices, point_ids("smplx").vertices, strict=True):
        at = int(np.nonzero(order == there)[0][0])
        order[[wanted, at]] = order[[at, wanted]]
    return order


def _merged_weights(model: BodyModel, source: list[int]) -> np.ndarray:
    """Every joint's weight goes to its nearest ancestor that the kind has."""
    merged = np.zeros((len(model.v_template), len(source)))
    for joint in range(model.joint_count):
        ancestor = joint
        while ancestor not in source:
            ancestor = model.parents[ancestor]
        merged[:, source.index(ancestor)] += model.weights[:, joint]
    return merged


def _regressor(model: BodyModel, source: list[int]) -> np.ndarray:
    shipped = Path(__file__).parents[1] / "fitting_core" / "data" / "open_body" / "open_body_neutral.npz"
    with np.load(shipped, allow_pickle=False) as data:
        return data["J_regressor"][source].astype(np.float64)
