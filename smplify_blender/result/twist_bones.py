"""Twist bones of a body: short bones along a limb that share its turn about its own axis.

A limb's bone turns the skin of its whole length alike. So a hand that turns about the forearm wrings the skin at the wrist,
and an arm that turns in its shoulder the skin there. Twist bones turn about the limb's axis alone, relative to its bone, by

    end share · (turn of the joint at the limb's end) − root share · (turn of the limb's own joint),

where a joint's turn is the angle about its bone's Y axis that is left of its rotation when the shortest swing is taken off. At
the root of a limb the root share is 1, so the skin follows the swing only; at the wrist the end share is 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .rotations import Array

TWIST_PROPERTY = "smplify_twist"
"""The custom property of a twist bone that holds its key, by which it is known whatever an artist calls it."""
SIDES = ("left", "right")
LIMB_ENDS = {"shoulder": "", "elbow": "wrist", "hip": ""}
"""The joints whose limbs get twist bones, and the joint whose turn the far end of the limb takes (empty: none)."""


@dataclass(frozen=True)
class TwistBone:
    """A twist bone of the limb that `joint` turns.

    `number` counts from the bone that turns most. `place` is where along the limb, from 0 at its root to 1, the skin follows this
    bone alone. `slot` of `slots` is the part of the limb's length in which the bone is drawn. `end_joint` is empty if it follows
    the limb's own turn only.
    """

    joint: str
    number: int
    place: float
    slot: int
    slots: int
    end_joint: str = ""

    @property
    def key(self) -> str:
        """The name by joint, as SMPL-X would call it."""
        return f"{self.joint}_twist{self.number}"

    @property
    def root_share(self) -> float:
        """How much of the limb's own turn it takes back."""
        return 1.0 - self.place

    @property
    def end_share(self) -> float:
        """How much of the turn of the joint at the limb's end it takes."""
        return self.place if self.end_joint else 0.0


def _limb(joint: str, end_joint: str) -> tuple[TwistBone, ...]:
    """Return the twist bones of a limb, root first.

    The far half of a limb whose end turns nothing follows the limb's own bone.
    """
    places = (0.0, 0.5, 1.0) if end_joint else (0.0, 0.5)
    numbers = range(len(places), 0, -1) if end_joint else range(1, len(places) + 1)
    return tuple(
        TwistBone(joint, number, place, slot, len(places), end_joint)
        for slot, (number, place) in enumerate(zip(numbers, places, strict=True))
    )


TWIST_BONES: dict[str, tuple[TwistBone, ...]] = {
    f"{side}_{joint}": _limb(f"{side}_{joint}", f"{side}_{end}" if end else "")
    for joint, end in LIMB_ENDS.items()
    for side in SIDES
}
"""The twist bones of each limb by the joint that turns it."""


def twist_shares(joint: str, places: Array) -> Array:
    """Return how skin (N,) at places along a limb, 0 its root and 1 its end, is shared out: (N, 1 + twist bones), rows sum to 1.

    The first column is the limb's own bone. Between two places skin follows both bones linearly, before the first and beyond the
    last one bone alone.
    """
    bones = TWIST_BONES[joint]
    knots = [bone.place for bone in bones]
    if knots[-1] < 1.0:
        knots.append(1.0)  # the limb's own bone
    shares: Array = np.zeros((len(places), 1 + len(bones)))
    for column, peak in enumerate(np.eye(len(knots))):
        is_own = column == len(bones)
        shares[:, 0 if is_own else 1 + column] = np.interp(places, knots, peak)
    return shares
