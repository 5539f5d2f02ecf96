# pyright: basic
"""The population of a body file: people by MakeHuman's phenotypes, and how they differ from one another beyond them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tools.build_open_body.source import MakeHumanBody, PhenotypeSamples

Floats = npt.NDArray[np.float64]

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
ADULT_STATURE_M = 1.70  # of the figure that the local targets' metres belong to
FARTHEST_DEVIATIONS = 2.5
# Local targets of one deviation, as shares of the full target. Hips and shoulders: 5 % of the distance of their joints, as
# segments of people of equal height differ; belly and chest: about 1.5 cm in front.
LOCAL_SPREAD = {
    "hip width": {"hip-scale-horiz-incr": 0.24},
    "shoulder width": {"measure-shoulder-dist-incr": 0.36},
    "belly": {"stomach-pregnant-incr": 0.13, "measure-waist-circ-incr": 0.25},
    "chest": {"measure-bust-circ-incr": 0.28, "torso-scale-depth-incr": 0.12},
}
# The neutral body's mean has a flat chest, so its people's busts vary about none: one deviation of their chest is this much
# of MakeHuman's cup size.
NEUTRAL_CUP_PER_CHEST = 0.2


@dataclass(frozen=True)
class People:
    """Bodies in MakeHuman's A-pose, their phenotypes, and their own deviations (N,) from what those say, by name."""

    bodies: PhenotypeSamples
    phenotypes: dict[str, Floats]
    deviations: dict[str, Floats]


def sample_people(
    body: MakeHumanBody, gender: str, count: int, seed: int, deviation_names: tuple[str, ...]
) -> People:
    """Sample people of a file, each with unit normal deviations of the given names and of `LOCAL_SPREAD`'s.

    The local targets are in the bodies; the other deviations are left to the caller.
    """
    phenotypes = sample_phenotypes(body, gender, count, seed)
    generator = np.random.default_rng(seed + 1000)
    names = (*LOCAL_SPREAD, *deviation_names)
    deviations = {name: _standard(generator, count) for name in names}
    bodies = body.sample(phenotypes)
    if gender == "neutral":
        bodies = _with_busts(body, bodies, phenotypes, deviations["chest"])
    size = np.ptp(bodies.vertices[:, :, 1], axis=1) / ADULT_STATURE_M
    amounts: dict[str, Floats] = {}
    for name, targets in LOCAL_SPREAD.items():
        for target, share in targets.items():
            amounts[target] = share * deviations[name] * size
    return People(body.with_targets(bodies, amounts), phenotypes, deviations)


def sample_phenotypes(body: MakeHumanBody, gender: str, count: int, seed: int) -> dict[str, Floats]:
    """Sample phenotypes of `male`, `female`, `neutral` (half and half, flat chests) or `child` (3 to 12 years) people."""
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
    if gender == "neutral":
        phenotypes["cupsize"] = np.zeros(count)
    races = generator.dirichlet([0.8, 0.8, 0.8], count)
    phenotypes |= {name: races[:, i] for i, name in enumerate(("african", "asian", "caucasian"))}
    means = np.where(male, STATURE["male"][0], STATURE["female"][0])
    deviations = np.where(male, STATURE["male"][1], STATURE["female"][1])
    stature = means + deviations * _even_normal(generator, male)
    return phenotypes | {"height": _height_phenotype(body, phenotypes, stature)}


def _with_busts(
    body: MakeHumanBody, flat: PhenotypeSamples, phenotypes: dict[str, Floats], chest: Floats
) -> PhenotypeSamples:
    """Return the flat bodies with a bust that is linear in the chest's deviation, hollow where that is negative."""
    full = body.sample(phenotypes | {"cupsize": np.full(len(chest), 0.5)})
    share = (NEUTRAL_CUP_PER_CHEST / 0.5 * chest)[:, None, None]
    return PhenotypeSamples(
        flat.vertices + share * (full.vertices - flat.vertices), flat.bone_heads, flat.bone_tails
    )


def _standard(generator: np.random.Generator, count: int) -> Floats:
    """Return normal numbers (N,) of mean 0 and deviation 1 exactly, none far out."""
    numbers = generator.normal(0.0, 1.0, count).clip(-FARTHEST_DEVIATIONS, FARTHEST_DEVIATIONS)
    return (numbers - numbers.mean()) / numbers.std()


def _even_normal(generator: np.random.Generator, groups: npt.NDArray[np.bool_]) -> Floats:
    """Return normal numbers in random order that have mean 0 and deviation 1 exactly in each of the two groups."""
    numbers = generator.normal(0.0, 1.0, len(groups)).clip(-FARTHEST_DEVIATIONS, FARTHEST_DEVIATIONS)
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
