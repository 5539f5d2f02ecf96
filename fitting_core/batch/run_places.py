"""The places of a run: options that name folders here, at an address, or some of each; out come options that name paths alone."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from fitting_core.batch.address_output import AddressOutput
from fitting_core.batch.output import BatchOutput, FolderOutput
from fitting_core.batch.placed import Places
from fitting_core.batch.sketch import fault_of_name, sketch_beside, sketch_keypoints, sketch_photos
from fitting_core.errors import FittingError, RequestError
from fitting_core.storage.address import Address
from fitting_core.storage.scratch import scratch_folder
from fitting_core.storage.store import Store, store_of

_PLACES = ("photos", "keypoints", "out")


@contextmanager
def placed(
    options: argparse.Namespace, tell: Callable[[str], None]
) -> Generator[tuple[argparse.Namespace, BatchOutput]]:
    """Yield the options with paths of this machine and `places`, None without an address, and the output folder.

    Errors of the block name addresses, not the paths that stand for them. `tell` hears of a wait.

    Raises RequestError, StorageError.
    """
    addresses = {name: value for name in _PLACES if isinstance(value := getattr(options, name), Address)}
    if not addresses:
        yield argparse.Namespace(**vars(options), places=None), FolderOutput(options.out)
        return
    _check_memory(addresses, options)
    with scratch_folder() as scratch:
        places = Places()
        try:
            sketched = _Sketches(scratch, options)
            places = sketched.places(addresses)
            output = (
                AddressOutput(store_of(addresses["out"]), addresses["out"], tell)
                if "out" in addresses
                else FolderOutput(options.out)
            )
            yield argparse.Namespace(**(vars(options) | sketched.paths), places=places), output
        except FittingError as problem:
            text = places.told(str(problem))
            if text == str(problem):
                raise
            raise type(problem)(text) from problem


def _check_memory(addresses: dict[str, Address], options: argparse.Namespace) -> None:
    is_memory = any(address.protocol == "memory" for address in addresses.values())
    if is_memory and (options.ray is not None or options.workers != 1):
        raise RequestError("memory:// is seen by one process alone: give --workers 1, and no --ray.")


class _Sketches:
    """The sketches of a run's inputs; `paths` are the options that stand for addresses."""

    def __init__(self, scratch: Path, options: argparse.Namespace) -> None:
        self._scratch, self._options = scratch, options
        self.paths: dict[str, Path] = {}
        self._inputs: list[tuple[Path, Address]] = []
        self._whole: list[Path] = []

    def places(self, addresses: dict[str, Address]) -> Places:
        """Sketch what lies at the addresses. Raises RequestError where nothing does, StorageError."""
        out = None
        if "out" in addresses:
            self.paths["out"] = self._scratch / "out" / addresses["out"].name
            out = (self.paths["out"], addresses["out"])
        if "photos" in addresses:
            self._sketch_photos(addresses["photos"], addresses.get("out"))
        if "keypoints" in addresses:
            self._sketch_keypoints(addresses["keypoints"])
        return Places(tuple(self._inputs), out, tuple(self._whole))

    def _sketch_photos(self, address: Address, out: Address | None) -> None:
        store = store_of(address)
        above = self._scratch / "photos" / "beside"
        place = above / self._name(address)
        found = store.entry(address)
        if found is None or not found.is_folder:
            reason = "there is no such folder" if found is None else "this is a file"
            raise RequestError(f"{address}: {reason}. Name the folder that holds the photos.")
        sketch_photos(store, address, place, out, self._options.nested)
        if self._options.keypoints is None and not self._options.detect:
            sketch_beside(store, address, place)
        self._inputs.append((above, address.parent) if address.parent is not None else (place, address))
        self.paths["photos"] = place

    def _sketch_keypoints(self, address: Address) -> None:
        store = store_of(address)
        place = self._scratch / "keypoints" / self._name(address)
        found = store.entry(address)
        if found is None:
            raise RequestError(f"--keypoints {address}: there is nothing. Check the address.")
        if found.is_folder:
            sketch_keypoints(store, address, place)
        else:
            self._fetch(store, address, place)
        self._inputs.append((place, address))
        self.paths["keypoints"] = place

    def _fetch(self, store: Store, address: Address, place: Path) -> None:
        place.parent.mkdir(parents=True)
        store.fetch(address, place)
        self._whole.append(place)

    def _name(self, address: Address) -> str:
        fault = fault_of_name(address.name)
        if fault:
            raise RequestError(f"{address}: {fault}. Rename it.")
        return address.name
