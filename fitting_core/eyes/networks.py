"""The networks that ship with the project, read once a process, and the library that evaluates them."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from fitting_core.eyes.arithmetic import NUMPY, Arithmetic
from fitting_core.eyes.graph import Network, read_network
from fitting_core.files.computed_once import computed_once

NetworkName = Literal["find_people", "find_crowd", "body", "find_hand", "hand", "find_face", "face", "iris"]

_DATA = Path(__file__).parent.parent / "data" / "eyes"


@dataclass
class _Chosen:
    """The arithmetic of this process, whose threads all look at one clip or photo."""

    arithmetic: Arithmetic = NUMPY


_chosen = _Chosen()


@contextmanager
def evaluated_by(arithmetic: Arithmetic) -> Generator[None]:
    """Let a library evaluate the networks of this process within the block, in all of its threads."""
    before = _chosen.arithmetic
    _chosen.arithmetic = arithmetic
    try:
        yield
    finally:
        _chosen.arithmetic = before


def load_networks() -> None:
    """Read all networks, in the order in which a photo of a person needs them."""
    for name in get_args(NetworkName):
        network(name)


def network(name: NetworkName, arithmetic: Arithmetic | None = None) -> Network:
    """Return one of the networks in a library's arrays, by default in those of `evaluated_by`, else NumPy's.

    See fitting_core/data/eyes/LICENCE.md for where it is from.
    """
    return _network(name, _chosen.arithmetic if arithmetic is None else arithmetic)


@computed_once(most=None)
def _network(name: NetworkName, arithmetic: Arithmetic) -> Network:
    read = read_network(_DATA / f"{name}.npz")
    return read if arithmetic is NUMPY else read.on(arithmetic)
