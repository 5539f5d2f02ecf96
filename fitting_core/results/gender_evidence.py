"""The evidence for a gender: the losses of one photo fitted with every gender's body, ranked, in words and for the summary.

A loss is a negative logarithm of a probability (nats), priors included, so a difference is the logarithm of how many times
likelier one body makes the photo than another.
"""

from __future__ import annotations

# Per gender the final loss of every person; None where the body cannot have the height or weight asked for.
GenderLosses = dict[str, tuple[float, ...] | None]


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
