"""The capsules that a body is made of, and the pairs of them that may not pass through each other.

Everything is said in joint names, so that it holds for every kind of body; parts whose joints a body lacks are left out.
A capsule lies along a bone (`end` names the joint that it runs to), on from the last joint of a chain, or along the
longest axis of its vertices (the slabs of the torso, which are wider than deep).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from fitting_core.arrays import NumpyArray

Axis = Literal["bone", "terminal", "longest"]
_FINGERS = ("index", "middle", "pinky", "ring")
TRUNK = frozenset({"pelvis", "spine1", "spine2", "spine3", "neck", "head", "jaw"})
# Parts that grow out of each other though a joint lies between them: shoulders and hips fold, soles and shins meet.
_GROWN_TOGETHER = (
    ("shoulder", "spine3"), ("shoulder", "spine2"), ("shoulder", "neck"), ("hip", "spine1"), ("foot", "knee"),
)  # fmt: skip


@dataclass(frozen=True)
class PartSpec:
    """One capsule: the joint it is rigid to, the joints whose vertices it may cover, and how its axis starts.

    `piece` (k, n) is the k-th of n equal pieces along the bone, or in height for the pelvis.
    """

    name: str
    joint: str
    owners: tuple[str, ...]
    axis: Axis
    end: str | None = None
    piece: tuple[int, int] = (0, 1)


def part_specs(joint_names: tuple[str, ...]) -> list[PartSpec]:
    """Return the capsules of a body with these joints."""
    specs = [
        PartSpec("pelvis_lower", "pelvis", ("pelvis",), "longest", piece=(0, 2)),
        PartSpec("pelvis_upper", "pelvis", ("pelvis",), "longest", piece=(1, 2)),
        PartSpec("spine1", "spine1", ("spine1",), "longest"),
        PartSpec("spine2", "spine2", ("spine2",), "longest"),
        PartSpec("spine3", "spine3", ("spine3", "left_collar", "right_collar"), "longest"),
        PartSpec("neck", "neck", ("neck",), "bone", "head"),
        PartSpec("head", "head", ("head",), "longest"),
        PartSpec("jaw", "jaw", ("jaw",), "longest"),
    ]
    for side in ("left", "right"):
        specs += _limbs(side) + _hand(side, joint_names)
    return [spec for spec in specs if spec.joint in joint_names]


def _limbs(side: str) -> list[PartSpec]:
    """Long bones whose flesh tapers are two capsules, the thigh three."""
    bones = (
        ("hip", "knee", 3), ("knee", "ankle", 2), ("ankle", "foot", 1), ("shoulder", "elbow", 2), ("elbow", "wrist", 2),
    )  # fmt: skip
    along = [
        PartSpec(f"{side}_{a}_{k}", f"{side}_{a}", (f"{side}_{a}",), "bone", f"{side}_{b}", (k, n))
        for a, b, n in bones
        for k in range(n)
    ]
    return [*along, PartSpec(f"{side}_foot", f"{side}_foot", (f"{side}_foot",), "longest")]


def _hand(side: str, joint_names: tuple[str, ...]) -> list[PartSpec]:
    """Four capsules beside each other are a palm; SMPL's hand is one piece on."""
    wrist = f"{side}_wrist"
    if f"{side}_index1" not in joint_names:
        knuckles = f"{side}_hand"
        return [
            PartSpec(wrist, wrist, (wrist,), "bone", knuckles),
            PartSpec(knuckles, knuckles, (knuckles,), "terminal"),
        ]
    specs = [PartSpec(f"{side}_palm_{f}", wrist, (wrist,), "bone", f"{side}_{f}1") for f in _FINGERS]
    for finger in (*_FINGERS, "thumb"):
        first, second, third = (f"{side}_{finger}{segment}" for segment in (1, 2, 3))
        owners = (first, wrist) if finger == "thumb" else (first,)  # the ball of the thumb hangs on the wrist
        specs += [
            PartSpec(first, first, owners, "bone", second),
            PartSpec(second, second, (second,), "bone", third),
            PartSpec(third, third, (third,), "terminal"),
        ]
    return specs


def colliding_pairs(
    specs: list[PartSpec], joint_names: tuple[str, ...], parents: tuple[int, ...]
) -> NumpyArray:
    """Return the numbers (K, 2) int64 of the capsules that may not pass through each other."""
    above = {
        name: joint_names[parent] for name, parent in zip(joint_names, parents, strict=True) if parent >= 0
    }
    kept = [
        (first, second)
        for first in range(len(specs))
        for second in range(first + 1, len(specs))
        if not _belong_together(specs[first].joint, specs[second].joint, above)
    ]
    return np.array(kept, dtype=np.int64).reshape(-1, 2)


def _belong_together(first: str, second: str, above: dict[str, str]) -> bool:
    """Return True for parts that always touch; `above` has the parent of every joint but the root."""
    if first in TRUNK and second in TRUNK:
        return True
    if first == second or above.get(first) == second or above.get(second) == first:
        return True
    if _limb_of(first) == _limb_of(second) and _limb_of(first):
        return True
    bare = (_bare(first), _bare(second))
    return any(bare in (pair, pair[::-1]) for pair in _GROWN_TOGETHER) and not _opposite(first, second)


def _opposite(first: str, second: str) -> bool:
    return {first.partition("_")[0], second.partition("_")[0]} == {"left", "right"}


def _bare(joint: str) -> str:
    side, _, rest = joint.partition("_")
    return rest if side in ("left", "right") else joint


def _limb_of(joint: str) -> str:
    """Return the name that the segments of a finger share, left_thumb for left_thumb2; "" for other joints."""
    return joint[:-1] if _bare(joint)[:-1] in (*_FINGERS, "thumb") else ""
