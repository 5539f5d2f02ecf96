"""The exchange of a result folder at an address, where nothing can be renamed: files first, summary.json last.

While a result is being written a file .unfinished lies in its folder, and no summary.json: a folder with a summary.json and
without .unfinished is whole. What a kill leaves is written over by the next run.
"""

from __future__ import annotations

from pathlib import Path

from fitting_core.errors import OutputError
from fitting_core.results.exchange import SUMMARY_FILE, is_result_name
from fitting_core.storage.address import Address
from fitting_core.storage.store import Store, side_by_side

UNFINISHED = ".unfinished"


def is_whole(store: Store, result: Address) -> bool:
    """Return True if a whole result lies in a folder. Raises StorageError."""
    return store.entry(result / SUMMARY_FILE) is not None and store.entry(result / UNFINISHED) is None


def publish_result(store: Store, local: Path, result: Address) -> None:
    """Copy a result folder of this machine to an address, in the place of an earlier one. Raises OutputError, StorageError."""
    earlier = {entry.name for entry in store.entries(result) if not entry.is_folder}
    if not earlier & {SUMMARY_FILE, UNFINISHED}:
        _check_users_files(result, earlier)
    store.write(result / UNFINISHED, b"A result is being written here.\n")
    store.remove(result / SUMMARY_FILE)
    names = {path.name for path in local.iterdir() if path.is_file()}
    others = sorted(names - {SUMMARY_FILE})
    side_by_side(lambda name: store.put(local / name, result / name), others)
    for name in sorted(earlier - names - {UNFINISHED}):
        if is_result_name(name):
            store.remove(result / name)
    store.put(local / SUMMARY_FILE, result / SUMMARY_FILE)
    store.remove(result / UNFINISHED)


def _check_users_files(result: Address, names: set[str]) -> None:
    """Refuse a folder without an earlier result in which a file has the name of a result's: it is the user's own."""
    for name in sorted(names):
        if is_result_name(name):
            raise OutputError(
                f"{result / name}: a result would take the place of this file, which no fit has written. Choose another --out, "
                "or rename the file."
            )
