# pyright: basic
"""The keys of single curves, kept in a custom property as they are, and written back to the last bit."""

from __future__ import annotations

import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..stored_values import StoredValues

PLACES = ("co", "handle_left", "handle_right")  # two numbers a key
# Choices of a key, and the number of the last one: BezTriple's ipo, easing, h1, h2 and keyframe type.
KINDS = {"interpolation": 12, "easing": 3, "handle_left_type": 5, "handle_right_type": 5, "type": 5}
MOST_AXES = 4  # of a channel


@dataclass(frozen=True)
class KeptCurve:
    """The K keys of one curve of a channel: places (2 K,) and choices (K,) by the names that Blender has for them."""

    owner: str
    channel: str
    index: int
    places: dict[str, np.ndarray]
    kinds: dict[str, np.ndarray]

    def write(self, curve: Any) -> None:
        """Give a curve these keys and no others."""
        points = curve.keyframe_points
        points.clear()
        points.add(len(self.kinds["type"]))
        points.foreach_set("co", self.places["co"])
        for name, values in self.kinds.items():
            points.foreach_set(name, values)
        for name in PLACES[1:]:
            points.foreach_set(name, self.places[name])
        curve.update()


def keep_curve(owner: str, channel: str, curve: Any) -> KeptCurve:
    """Read the keys of a curve; `owner` is a word on whose channel it animates."""
    points = curve.keyframe_points
    places = {name: np.empty(2 * len(points), dtype=np.float32) for name in PLACES}
    kinds = {name: np.empty(len(points), dtype=np.int32) for name in KINDS}
    for name, values in (places | kinds).items():
        points.foreach_get(name, values)
    return KeptCurve(owner, channel, curve.array_index, places, kinds)


def stored_form(curves: list[KeptCurve]) -> dict[str, Any]:
    """Return the curves as a group of custom properties."""
    return {
        str(number): {
            "owner": curve.owner,
            "channel": curve.channel,
            "index": curve.index,
            **{name: array.array("f", values.tolist()) for name, values in curve.places.items()},
            **{name: array.array("i", values.tolist()) for name, values in curve.kinds.items()},
        }
        for number, curve in enumerate(curves)
    }


def read_stored(group: StoredValues) -> Iterator[KeptCurve]:
    """Iterate over the curves in a group of custom properties, leaving out what is none."""
    for key in group:
        part = group.group(key)
        places = {name: np.array(part.numbers(name), dtype=np.float32) for name in PLACES}
        kinds = {name: np.array(part.numbers(name), dtype=np.float64) for name in KINDS}
        count = len(kinds["type"])
        whole = all(len(values) == 2 * count for values in places.values())
        known = all(
            len(kinds[name]) == count and (values >= 0).all() and (values <= last).all()
            for name, last in KINDS.items()
            for values in (kinds[name],)
        )
        index = part.whole("index", default=-1, lowest=-1, highest=MOST_AXES - 1)
        if count and whole and known and index >= 0:
            numbers = {name: values.astype(np.int32) for name, values in kinds.items()}
            yield KeptCurve(part.text("owner"), part.text("channel"), index, places, numbers)
