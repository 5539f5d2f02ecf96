"""The open body's ten expression components in words, and how far each goes in a human face."""

from __future__ import annotations

from typing import NamedTuple

from .result_folder import Body

OPEN_BODY = "open-body-"  # begins the model's name of every open body
STANDARD_RANGE = (-3.0, 3.0)  # deviations: 997 people of 1000


class Component(NamedTuple):
    """A component's name, and the least and the largest value of its slider, deviations."""

    name: str
    low: float
    high: float


# Named by what is seen at the upper and at the lower end of the slider, left and right being the figure's own. The ends are the
# middle 98 % of the faces of which the directions are made (tools/build_open_body/expression_space.py), to the next half.
_IN_WORDS = (
    Component("Mouth left / right", -2.5, 2.5),
    Component("Smile / pout", -1.0, 3.0),
    Component("Pucker / spread lips", -1.0, 2.5),
    Component("Mouth corners down / mouth narrow", -2.0, 1.5),
    Component("Left corner down / right corner down", -2.5, 2.5),
    Component("Eyes closed / wide", -1.0, 2.0),
    Component("Upper lip raised / rolled in", -2.5, 2.0),
    Component("Wink left / right", -2.0, 2.0),
    Component("Puff cheeks / push out lips", -2.0, 3.0),
    Component("Sneer / part lips", -3.0, 1.5),
)


def expression_components(body: Body) -> tuple[Component, ...]:
    """Return the expression components of a body: in words for the open body's numbered ones, else by the file's names."""
    numbered = tuple(numbered_name(index) for index in range(len(_IN_WORDS)))
    if body.model.startswith(OPEN_BODY) and body.expression_names == numbered:
        return _IN_WORDS
    return tuple(Component(name, *STANDARD_RANGE) for name in body.expression_names)


def numbered_name(index: int) -> str:
    """Return the name of a component of a body file that names none, and of every figure's before there were words."""
    return f"Expression{index:03d}"


def standard_name(index: int) -> str:
    """Return what SMPL-X's own add-on calls the shape key of an expression component."""
    return f"Exp{index:03d}"
