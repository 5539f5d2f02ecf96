"""Requests of photos and clips at an address: copied to this machine when their turn comes, and their results copied away.

A request of a batch names files of this machine. Where these lie at an address, the paths are those of a sketch of the folder
(sketch.py), and `Places` says which addresses they stand for. Whoever does the work, here or on another machine, has real files
in a scratch folder for as long as the work takes.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from fitting_core.arguments.folder_listing import KEYPOINT_SUFFIXES
from fitting_core.arguments.keypoint_names import keypoint_folders
from fitting_core.arguments.photo_folder import other_keypoints
from fitting_core.arguments.request import FitRequest, SequenceRequest
from fitting_core.batch.fingerprint import fingerprint
from fitting_core.errors import FittingError, PhotoError
from fitting_core.results.address_exchange import publish_result
from fitting_core.storage.address import Address
from fitting_core.storage.scratch import scratch_folder
from fitting_core.storage.store import store_of

_OF_ONE = "beside/photos"  # a folder in a folder: keypoint files may lie beside that of the photo
Request = TypeVar("Request", FitRequest, SequenceRequest)


@dataclass(frozen=True)
class Places:
    """The addresses that paths stand for: folders of sketches, the folder of results if that is at one, and what is no sketch.

    `whole` are files that were copied for all requests; on another machine each task copies them again.
    """

    inputs: tuple[tuple[Path, Address], ...] = ()
    out: tuple[Path, Address] | None = None
    whole: tuple[Path, ...] = ()

    def input_address(self, path: Path) -> Address | None:
        """Return the address of an input; None for a file of this machine."""
        if path in self.whole and path.is_file():
            return None
        return next((_moved(path, *pair) for pair in self.inputs if path.is_relative_to(pair[0])), None)

    def output_address(self, path: Path) -> Address | None:
        """Return the address of a result folder; None for a folder of this machine."""
        return None if self.out is None else _moved(path, *self.out)

    def told(self, text: str) -> str:
        """Return a text with addresses in the place of the paths that stand for them."""
        for path, address in (*self.inputs, *(() if self.out is None else (self.out,))):
            text = text.replace(f"{path}", f"{address}")
        return text


def _moved(path: Path, root: Path, address: Address) -> Address:
    inside = path.relative_to(root).as_posix()
    return address if inside == "." else address / inside


@dataclass(frozen=True)
class PlacedFit(FitRequest):
    """A photo's request, of which something is at an address. `others` are keypoint files near the photo, as seen from it."""

    places: Places = field(default_factory=Places)
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlacedSequence(SequenceRequest):
    """A clip's request, of which something is at an address."""

    places: Places = field(default_factory=Places)


def placed_fit(request: FitRequest, places: Places | None) -> FitRequest:
    """Return a request with the places of what it names; as it is without any."""
    if places is None:
        return request
    others = () if request.detect or request.keypoints is not None else _others(request.photo)
    request = request if places.out is None else replace(request, bodies=None)  # objects have no links
    return PlacedFit(**_values(request, FitRequest), places=places, others=others if places.inputs else ())


def placed_sequence(request: SequenceRequest, places: Places | None) -> SequenceRequest:
    """Return a request with the places of what it names; as it is without any."""
    if places is None:
        return request
    request = request if places.out is None else replace(request, bodies=None)
    return PlacedSequence(**_values(request, SequenceRequest), places=places)


def _others(photo: Path) -> tuple[str, ...]:
    """Return where the keypoint files lie that are told of where a photo has none, as seen from its folder."""
    folders = keypoint_folders(photo, None)
    found = (
        (name, next((one for one in folders if (one / name).is_file()), None))
        for name in other_keypoints(photo)
    )
    return tuple(os.path.relpath(folder / name, photo.parent) for name, folder in found if folder is not None)


def _values(request: object, kind: type[Any]) -> dict[str, Any]:
    return {field.name: getattr(request, field.name) for field in fields(kind)}


def has_placed_input(request: FitRequest | SequenceRequest) -> bool:
    """Return True if the files of a request have to be copied to this machine before they can be read."""
    return isinstance(request, PlacedFit | PlacedSequence) and bool(request.places.inputs)


@dataclass(eq=False)
class AtHand(Generic[Request]):
    """A request whose files are all on this machine; `names` are paths and what is said in their place."""

    request: Request
    names: Sequence[tuple[str, str]] = ()
    result: Address | None = None
    has_copies: bool = False

    @cached_property
    def fingerprint(self) -> str:
        """The fingerprint of what was copied; empty where nothing was."""
        return fingerprint(self.request) if self.has_copies else ""

    def told(self, text: str) -> str:
        """Return a text with addresses in the place of scratch files."""
        for path, address in self.names:
            text = text.replace(path, address)
        return text

    def publish(self) -> None:
        """Copy the result folder to its address, if it has one. Raises OutputError, StorageError."""
        if self.result is not None:
            publish_result(store_of(self.result), self.request.folder, self.result)


@contextmanager
def at_hand(request: Request) -> Generator[AtHand[Request]]:
    """Yield a request with its files on this machine; errors of the block name addresses. Raises StorageError, OutputError."""
    if not isinstance(request, PlacedFit | PlacedSequence):
        yield AtHand(request)
        return
    with scratch_folder() as scratch:
        near = cast("AtHand[Request]", _copied(request, scratch))
        try:
            yield near
        except FittingError as problem:
            text = near.told(str(problem))
            if text == str(problem):
                raise
            raise type(problem)(text) from problem


def _copied(request: PlacedFit | PlacedSequence, scratch: Path) -> AtHand[Any]:
    copies = _Copies(request.places, scratch)
    own: dict[str, Any] = {"keypoints": copies.of(request.keypoints)}
    if isinstance(request, PlacedFit):
        kind: type[Any] = FitRequest
        own["photo"] = copies.of_file(request.photo, _OF_ONE)
        if own["photo"] != request.photo:
            _add_others(request.others, scratch / _OF_ONE)
    else:
        kind = SequenceRequest
        own["clip"] = copies.of_file(request.clip, _OF_ONE)
    result = request.places.output_address(request.folder)
    if result is not None:
        own["folder"] = scratch / "out" / request.folder.name
        copies.names.append((str(own["folder"]), str(result)))
    names = sorted(copies.names, key=lambda pair: -len(pair[0]))
    return AtHand(kind(**(_values(request, kind) | own)), names, result, bool(request.places.inputs))


def _add_others(others: Sequence[str], folder: Path) -> None:
    """Make empty files of the names that are told of; nobody opens them."""
    for name in others:
        place = Path(os.path.normpath(folder / name))
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()


class _Copies:
    """Copies inputs into a scratch folder; `names` are the copies' paths and the addresses that they stand for."""

    def __init__(self, places: Places, scratch: Path) -> None:
        self._places, self._scratch = places, scratch
        self.names: list[tuple[str, str]] = []

    def of_file(self, path: Path, folder: str) -> Path:
        """Return the copy of a file, the path itself where it is no sketch. Raises PhotoError where nothing is there any more."""
        address = self._places.input_address(path)
        if address is None:
            return path
        place = self._scratch / folder / path.name
        place.parent.mkdir(parents=True, exist_ok=True)
        self.names.append((str(place), str(address)))
        try:
            store_of(address.parent or address).fetch(address, place)
        except FileNotFoundError:
            raise PhotoError(f"{address}: the file is not there any more. Run the command again.") from None
        return place

    def of(self, path: Path | None) -> Path | None:
        """Return the copy of a keypoint file, or of the keypoint files of a folder."""
        address = None if path is None else self._places.input_address(path)
        if path is None or address is None:
            return path
        store = store_of(address.parent or address)
        found = store.entry(address)
        if found is None or not found.is_folder:
            return self.of_file(path, "keypoints")
        place = self._scratch / "keypoints" / path.name
        place.mkdir(parents=True)
        self.names.append((str(place), str(address)))
        files = [
            one.name for one in store.entries(address) if not one.is_folder and _is_keypoint_file(one.name)
        ]
        try:
            store.fetch_all([(address / name, place / name) for name in files])
        except FileNotFoundError as problem:
            raise PhotoError(f"{address}: files in it are gone ({problem}). Run the command again.") from None
        return place


def _is_keypoint_file(name: str) -> bool:
    return os.path.splitext(name)[1].lower() in KEYPOINT_SUFFIXES
