"""The evidence for a gender: what a person's proportions say, and how well each gender's body explains one photo.

Chances come from the shape components of the fitted neutral body, by name, and from how much likelier a child's body makes the
photo. A loss is a negative logarithm of a probability (nats), priors included, so a difference of two is the logarithm of how
many times likelier one body makes the photo than another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray

if TYPE_CHECKING:
    from jaxtyping import Float

# Per gender the final loss of every person; None where the body cannot have the height or weight asked for.
GenderLosses = dict[str, tuple[float, ...] | None]

# The components that the chances come from, in this order.
TELLING_COMPONENTS = (
    "Height",
    "Weight",
    "Female-male",
    "Age",
    "Leg length",
    "Trunk length",
    "Shoulder width",
    "Hip width",
    "Head size",
    "Chest",
)


# Two logistic regressions by whose points they are: an offset, a weight for each deviation of a component above and, for the
# child's chance, one for each ten nats by which the child's body is the worse one. Set on the fits of every second person of
# the rendered benchmark (`python -m benchmarks.rendered.genders`), a fifth of whom are children.
@dataclass(frozen=True)
class GenderWeights:
    """The regressions for one kind of points: `child` against adults, `man` against women."""

    child: tuple[float, ...]
    man: tuple[float, ...]


EYES_WEIGHTS = GenderWeights(
    child=(-1.42, -0.21, 0.80, -0.11, -0.27, -0.76, -0.73, -0.41, 0.10, 1.10, -0.12, -1.59),
    man=(0.44, 0.42, 0.59, 0.64, 0.26, 0.27, 0.20, 0.15, -0.09, 0.62, 0.27),
)
FILE_WEIGHTS = GenderWeights(
    child=(-2.08, -0.47, -0.41, 0.25, -1.48, 0.47, -1.37, -0.02, -0.29, 0.61, 0.58, -1.67),
    man=(1.31, 2.05, 1.01, 2.53, 0.96, -0.08, 0.77, 0.13, 0.60, 0.83, 0.46),
)
MOST_NATS = 20.0  # a larger difference of losses says no more
_NATS = 10.0
# The chance from which on a body is chosen: of the adults of the benchmark under 3 % are taken for children.
SURE_CHILD, SURE_ADULT = 0.7, 0.85


@dataclass(frozen=True)
class GenderChoice:
    """The body chosen for a person, and the chances, 0 to 1, that the person is a woman, a man and a child.

    `chances` is empty where the proportions cannot be read.
    """

    gender: str
    chances: dict[str, float]

    @property
    def in_words(self) -> str:
        """The choice and its chance as a sentence without a stop."""
        if not self.chances:
            return "this body's components do not say whose proportions they are: neutral"
        if self.gender in self.chances:
            return f"{self.gender} body chosen, {100 * self.chances[self.gender]:.0f} % likely by the proportions"
        said = ", ".join(f"{gender} {100 * chance:.0f} %" for gender, chance in self.chances.items())
        return f"the proportions do not tell the gender ({said}): neutral"


def telling_betas(names: Sequence[str], betas: NumpyArray) -> Float[NumpyArray, " components"] | None:
    """Return the telling components of a shape whose components have these names; None where one of them is missing."""
    if not set(TELLING_COMPONENTS) <= set(names[: len(betas)]):
        return None
    return betas[[names.index(name) for name in TELLING_COMPONENTS]]


def child_features(betas: NumpyArray, child_nats: float) -> NumpyArray:
    """Return what the child's chance is a regression on: 1, the telling betas, how many ten nats the child's body is worse."""
    return np.array([1.0, *betas, np.clip(child_nats, -MOST_NATS, MOST_NATS) / _NATS])


def man_features(betas: NumpyArray) -> NumpyArray:
    """Return what the man's chance among adults is a regression on: 1 and the telling betas."""
    return np.array([1.0, *betas])


def gender_choice(by_eyes: bool, betas: NumpyArray | None, child_nats: float) -> GenderChoice:
    """Choose a body from the telling betas (None: unknown) and from the loss of the child's body less that of the neutral one.

    An infinite loss says that it can be no child.
    `by_eyes`: the points are those of our own eyes, which tell less than a detector of the face and the hands does.
    """
    if betas is None:
        return GenderChoice("neutral", {})
    weights = EYES_WEIGHTS if by_eyes else FILE_WEIGHTS
    is_possible = np.isfinite(child_nats)
    child = _chance(weights.child, child_features(betas, child_nats)) if is_possible else 0.0
    man = (1.0 - child) * _chance(weights.man, man_features(betas))
    chances = {"female": 1.0 - child - man, "male": man, "child": child}
    limits = {"female": SURE_ADULT, "male": SURE_ADULT, "child": SURE_CHILD}
    sure = [gender for gender, chance in chances.items() if chance >= limits[gender]]
    return GenderChoice(sure[0] if sure else "neutral", chances)


def _chance(weights: Sequence[float], features: NumpyArray) -> float:
    return float(1.0 / (1.0 + np.exp(-np.dot(weights, features))))


def choice_summary(choice: GenderChoice) -> dict[str, object]:
    """Return a choice for the summary: the body that the proportions name, the chances, and both in words."""
    chances = {gender: round(chance, 3) for gender, chance in choice.chances.items()}
    return {"gender": choice.gender, "chances": chances, "words": choice.in_words}


def gender_summary(losses: GenderLosses, person: int) -> list[dict[str, object]]:
    """Return one entry a gender for a person, the best first, impossible bodies last; `difference` is that to the best."""
    best = min(loss[person] for loss in losses.values() if loss is not None)
    return [
        {
            "gender": gender,
            "loss": None if loss is None else round(loss, 4),
            "difference": None if loss is None else round(loss - best, 4),
        }
        for gender, loss in _sorted(losses, person)
    ]


def gender_line(losses: GenderLosses, person: int, name: str) -> str:
    """Return the ranking of the genders for a person in words."""
    (first, best), *rest = [(gender, loss) for gender, loss in _sorted(losses, person) if loss is not None]
    others = ", ".join(f"{gender} +{loss - best:.1f}" for gender, loss in rest)
    return f"{name}: the {first} body fits best (loss {best:.1f}); {others or 'no other can be compared'}"


def _sorted(losses: GenderLosses, person: int) -> list[tuple[str, float | None]]:
    loss_of_gender = [(gender, None if loss is None else loss[person]) for gender, loss in losses.items()]
    return sorted(loss_of_gender, key=lambda item: float("inf") if item[1] is None else item[1])
