# pyright: basic
"""Samples people and turns their T-pose meshes into a mean and ten unit-variance shape directions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tools.build_open_body.rest_pose import pose_joints, tpose_rotations, unpose_vertices
from tools.build_open_body.source import MakeHumanBody, PhenotypeSamples

Floats = npt.NDArray[np.float64]

SHAPE_COUNT = 10
LEAST_STATURE_CHANGE_M = 0.01  # below it a direction is not about stature
# Stature in metres, mean and standard deviation: NCD Risk Factor Collaboration (eLife 2016;5:e13410), adults born around
# 1996, above the middle of the world's countries, where most photos with keypoints come from; both together: mean 1.70,
# deviation 0.094.
STATURE = {"male": (1.765, 0.070), "female": (1.635, 0.065)}
CHILD_AGES = (3.0, 12.0)  # years
# MakeHuman's age is 2/3 at 25 and 1 at 90 years.
ADULT_AGE = (0.62, 0.88)
GROWN_GENDER_SHARE = 0.5  # children reach half way to MakeHuman's female figure
# Mean and deviation. Half weight is a slim person (body mass index 21): people are on the average a little above.
TRAITS = {
    "muscle": (0.5, 0.18),
    "weight": (0.6, 0.30),
    "proportions": (0.5, 0.20),
    "cupsize": (0.5, 0.18),
    "firmness": (0.5, 0.18),
}
FEET_TOGETHER = 1.0066  # stature with vertical legs over stature in MakeHuman's straddled stance (measured)
_FINGERS_BY_SMPLX_ORDER = (2, 3, 5, 4, 1)


@dataclass(frozen=True)
class RestBodies:
    """T-pose bodies with the pelvis at the origin."""

    vertices: Floats  # (N, V, 3)
    joints: Floats  # (N, 55, 3)


@dataclass(frozen=True)
class ShapeSpace:
    """vertices(β) = mean + directions · β, the coefficients of the sampled people having variance 1."""

    mean: Floats  # (V, 3)
    directions: Floats  # (V, 3, 10)
    explained: float  # share of the samples' variance
    sample_errors_mm: Floats  # (N,) root mean square distance of each sample to its projection


def sample_phenotypes(body: MakeHumanBody, gender: str, count: int, seed: int) -> dict[str, Floats]:
    """Phenotypes of `count` people: `male`, `female`, `neutral` (half and half) or `child` (3 to 12 years)."""
    if gender == "child":
        children = body.sample_children(count, CHILD_AGES, seed)
        # A child's body is kept plain: boys and girls are one figure without any sign of puberty.
        plain = {"cupsize": 0.0 * children["gender"], "gender": GROWN_GENDER_SHARE * children["gender"]}
        return children | plain
    generator = np.random.default_rng(seed)
    male = np.arange(count) % 2 == 0 if gender == "neutral" else np.full(count, gender == "male")
    # MakeHuman's gender runs from 0 (male) to 1 (female); people are spread a little around both ends.
    blend = np.abs(generator.normal(0.0, 0.12, count)).clip(0.0, 0.5)
    phenotypes = {"gender": np.where(male, blend, 1.0 - blend), "age": generator.uniform(*ADULT_AGE, count)}
    for name, (middle, spread) in TRAITS.items():
        phenotypes[name] = generator.normal(middle, spread, count).clip(0.02, 1.0)
    races = generator.dirichlet([0.8, 0.8, 0.8], count)
    phenotypes |= {name: races[:, i] for i, name in enumerate(("african", "asian", "caucasian"))}
    means = np.where(male, STATURE["male"][0], STATURE["female"][0])
    deviations = np.where(male, STATURE["male"][1], STATURE["female"][1])
    stature = means + deviations * _even_normal(generator, male)
    return phenotypes | {"height": _height_phenotype(body, phenotypes, stature)}


def _even_normal(generator: np.random.Generator, groups: npt.NDArray[np.bool_]) -> Floats:
    """Normal numbers in random order that have mean 0 and deviation 1 exactly in each of the two groups."""
    numbers = generator.normal(0.0, 1.0, len(groups)).clip(-2.5, 2.5)
    for group in (groups, ~groups):
        if group.any():
            numbers[group] = (numbers[group] - numbers[group].mean()) / numbers[group].std()
    return numbers


def _height_phenotype(body: MakeHumanBody, phenotypes: dict[str, Floats], stature: Floats) -> Floats:
    """Return the `height` value that gives each person the wanted stature; the mesh is linear in it."""
    low, high = 0.25, 0.55
    lengths = [
        FEET_TOGETHER
        * np.ptp(body.sample(phenotypes | {"height": np.full(len(stature), value)}).vertices[:, :, 1], axis=1)
        for value in (low, high)
    ]
    return np.clip(low + (high - low) * (stature - lengths[0]) / (lengths[1] - lengths[0]), 0.0, 1.0)


def to_rest_pose(
    body: MakeHumanBody, samples: PhenotypeSamples, joints: Floats, weights: Floats
) -> RestBodies:
    """MakeHuman's A-pose bodies, with their joints (N, 55, 3), in the T-pose with the pelvis at the origin; `weights` (V, 55)."""
    tips = [
        [body.bone_names.index(f"finger{number}-3.{letter}") for number in _FINGERS_BY_SMPLX_ORDER]
        for letter in ("L", "R")
    ]
    world = tpose_rotations(joints, samples.bone_tails[:, np.array(tips)])
    posed = pose_joints(joints, world)
    vertices = [
        unpose_vertices(samples.vertices[i], joints[i], posed[i], world[i], weights)
        for i in range(len(samples.vertices))
    ]
    return RestBodies(np.stack(vertices), posed)


def principal_shapes(vertices: Floats) -> ShapeSpace:
    """Mean and ten strongest principal components of meshes (N, V, 3), of unit variance; a positive β0 is a taller person."""
    count = len(vertices)
    flat = vertices.reshape(count, -1)
    mean = flat.mean(axis=0)
    _, singular, rows = np.linalg.svd(flat - mean, full_matrices=False)
    deviations = singular / np.sqrt(count - 1)
    directions = rows[:SHAPE_COUNT] * deviations[:SHAPE_COUNT, None]
    directions = (
        directions * _natural_signs(mean.reshape(-1, 3), directions.reshape(SHAPE_COUNT, -1, 3))[:, None]
    )
    unit = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    residual = (flat - mean) - ((flat - mean) @ unit.T) @ unit
    errors = 1000 * np.sqrt((residual.reshape(count, -1, 3) ** 2).sum(-1).mean(-1))
    return ShapeSpace(
        mean.reshape(-1, 3),
        np.transpose(directions.reshape(SHAPE_COUNT, -1, 3), (1, 2, 0)),
        float((singular[:SHAPE_COUNT] ** 2).sum() / (singular**2).sum()),
        errors,
    )


def _natural_signs(mean: Floats, directions: Floats) -> Floats:
    """Signs (K,) that make a positive coefficient the taller body; where stature hardly changes, the bulkier one."""
    top, bottom = np.argmax(mean[:, 1]), np.argmin(mean[:, 1])
    taller = directions[:, top, 1] - directions[:, bottom, 1]
    bulkier = (directions[:, :, [0, 2]] * (mean - mean.mean(axis=0))[:, [0, 2]]).sum(axis=(1, 2))
    decisive = np.abs(taller) > LEAST_STATURE_CHANGE_M
    return np.where(np.where(decisive, taller, bulkier) < 0, -1.0, 1.0)
