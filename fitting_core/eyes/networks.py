"""The networks that ship with the project, read once a process."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from fitting_core.eyes.arithmetic import NUMPY, Arithmetic
from fitting_core.eyes.graph import Network, read_network

NetworkName = Literal["find_people", "find_crowd", "body", "find_hand", "hand", "find_face", "face", "iris"]

_DATA = Path(__file__).parent.parent / "data" / "eyes"


@cache
def network(name: NetworkName, arithmetic: Arithmetic = NUMPY) -> Network:
    """Return one of the networks in a library's arrays; see fitting_core/data/eyes/LICENCE.md for where it is from."""
    read = read_network(_DATA / f"{name}.npz")
    return read if arithmetic is NUMPY else read.on(arithmetic)
