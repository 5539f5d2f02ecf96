"""The share of a batch that runs in the worker processes of a cluster's nodes."""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

from fitting_core import __version__
from fitting_core.batch.item import PhotoItem
from fitting_core.batch.work import FittedPhoto, WrittenPhoto, fit_chunk, write_photo
from fitting_core.errors import FittingError
from fitting_core.pipeline.setups import requested_setup
from fitting_core.storage.address import Address
from fitting_core.storage.store import store_of


class NodeError(FittingError):
    """A node of the cluster cannot do its share: another version of the program, or no view of the output folder."""

    code: ClassVar[str] = "bad-node"


@dataclass(frozen=True)
class Terms:
    """The terms that a node must meet: the version of the program, and a file of the output folder that it must see."""

    version: str
    manifest: Path | Address


def meet(terms: Terms) -> None:
    """Check this node. Raises NodeError."""
    node = platform.node()
    if __version__ != terms.version:
        raise NodeError(
            f"node {node} has smplify-fit {__version__}, and this run is of {terms.version}. Install the same version on "
            "every node."
        )
    if isinstance(terms.manifest, Address):
        _meet_address(node, terms.manifest)
    elif not terms.manifest.is_file():
        raise NodeError(
            f"node {node} does not see {terms.manifest}. Give an --out on storage that every node has under the same path."
        )


@lru_cache(maxsize=4)  # asked once a process: every file that it writes there asks again
def _meet_address(node: str, manifest: Address) -> None:
    try:
        is_there = store_of(manifest.parent or manifest).entry(manifest) is not None
    except FittingError as problem:
        raise NodeError(f"node {node}: {problem}") from problem
    if not is_there:
        raise NodeError(
            f"node {node} does not see {manifest}. Give every node the keys and settings of that storage in its environment."
        )


def do_on_node(terms: Terms, function: Callable[..., Any], *arguments: Any) -> Any:
    """Do one task, on a node that meets the terms. Raises NodeError, and what the task raises."""
    meet(terms)
    return function(*arguments)


def fit_photos(items: Sequence[PhotoItem]) -> tuple[FittedPhoto | FittingError, ...]:
    """Fit photos together and return each one's share, or its problem."""
    request = items[0].request
    assert request is not None, "only photos that were read are fitted"
    fits = fit_chunk(requested_setup(request), items, _unheard)
    return tuple(fits.get(id(item)) or item.problem or FittingError(str(item.path)) for item in items)


def write_fitted(fitted: FittedPhoto | FittingError) -> WrittenPhoto:
    """Write the result folder of one photo, unless its fit has failed."""
    if isinstance(fitted, FittingError):
        return WrittenPhoto((), fitted, (), 0.0)
    written = write_photo(fitted)
    return replace(written, seconds=fitted.fit_seconds + written.seconds)


def _unheard(_fraction: float, _stage: str, _loss: float, _row: object) -> None:
    """Take the progress of a fit that nobody watches."""
