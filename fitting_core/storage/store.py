"""A folder at an address through fsspec: a few operations, each tried again if it fails for a reason that may pass.

Every error names the address, and none holds a key: what the environment calls secret is blotted out of other programs' words.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from errno import EDQUOT, ENOSPC
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from fitting_core.errors import FittingError, RequestError

from .address import Address

Found = TypeVar("Found")
_TRIES = 4
_FIRST_PAUSE_SECONDS = 0.5  # doubled each time
_MOST_SECONDS = 120.0  # from then on nothing is tried again
# Trying again helps none of these; everything else may be the network.
_LASTING = (
    FileNotFoundError, FileExistsError, IsADirectoryError, NotADirectoryError, PermissionError, NotImplementedError, ValueError,
    TypeError, AttributeError, ImportError,
)  # fmt: skip
# The same of libraries that are not imported here, by their names.
_LASTING_NAMES = (
    "NoCredentialsError",
    "PartialCredentialsError",
    "CredentialRetrievalError",
    "ProfileNotFound",
    "TokenRetrievalError",
)
_ABSENT = (FileNotFoundError,)
_NO_SUCH_MODE = (NotImplementedError, ValueError, TypeError)
_SECRET_NAMES = ("SECRET", "TOKEN", "KEY", "PASSWORD", "CREDENTIAL", "SIGNATURE", "SAS")
_SHORTEST_SECRET = 6
_TRANSFERS_AT_ONCE = 8
_BLOCK_BYTES = 2**20


class StorageError(FittingError):
    """What lies at an address cannot be read or written."""

    code = "bad-storage"


@dataclass(frozen=True)
class Entry:
    """A file or folder in a folder; `size` in bytes is that of a file."""

    name: str
    is_folder: bool
    size: int


class Store:
    """The storage that an address lies on; every other address on it can be asked for, too."""

    def __init__(self, address: Address) -> None:
        """Raises RequestError where fsspec, or what it needs for the protocol, is missing or refuses the address."""
        self._root = address
        self._system, self._path = _opened(address)

    def entries(self, folder: Address) -> list[Entry]:
        """Return what a folder holds, by name; nothing where it is not there. Raises StorageError."""
        try:
            found = self._tried("listed", folder, lambda path: self._system.ls(path, detail=True), _ABSENT)
        except FileNotFoundError:
            return []
        own = self._inside(folder).strip("/")  # some storage lists the folder itself among what it holds
        inside = [_entry(facts) for facts in found if str(facts["name"]).strip("/") != own]
        return sorted(inside, key=lambda entry: entry.name)

    def entry(self, place: Address) -> Entry | None:
        """Return what lies at an address; None where nothing does. Raises StorageError."""
        try:
            return _entry(self._tried("looked at", place, lambda path: self._system.info(path), _ABSENT))
        except FileNotFoundError:
            return None

    def read(self, file: Address, most_bytes: int) -> bytes:
        """Return the content of a small file. Raises FileNotFoundError, and StorageError where it is larger."""
        facts = self.entry(file)
        if facts is None or facts.is_folder:
            raise FileNotFoundError(str(file))
        if facts.size > most_bytes:
            raise StorageError(
                f"{file} is larger than {most_bytes} bytes. Remove it, or choose another address."
            )
        return bytes(self._tried("read", file, lambda path: self._system.cat_file(path), _ABSENT))

    def start_of(self, file: Address, count: int) -> bytes:
        """Return the first bytes of a file, none of one that is not there. Raises StorageError."""
        found = self.entry(file)
        if found is None or found.is_folder or not found.size:
            return b""
        end = min(count, found.size)
        return bytes(self._tried("read", file, lambda path: self._system.cat_file(path, start=0, end=end)))

    def fetch(self, file: Address, local: Path) -> None:
        """Copy a file to this machine. Its time of change is made of its content there, so that equal times are equal files.

        Raises FileNotFoundError and StorageError.
        """
        self._tried("read", file, lambda path: self._system.get_file(path, str(local)), _ABSENT)
        digest = hashlib.sha256()
        with local.open("rb") as copy:
            while block := copy.read(_BLOCK_BYTES):
                digest.update(block)
        told = int.from_bytes(digest.digest()[:7], "big")
        os.utime(local, ns=(told, told))

    def fetch_all(self, files: Sequence[tuple[Address, Path]]) -> None:
        """Copy files to this machine, several at once. Raises as `fetch` does."""
        side_by_side(lambda pair: self.fetch(*pair), files)

    def put(self, local: Path, file: Address) -> None:
        """Copy a file of this machine to an address. Raises StorageError."""
        size = local.stat().st_size
        self._prepare(file)
        self._tried("written", file, lambda path: self._system.put_file(str(local), path))
        self._check(file, size)

    def write(self, file: Address, data: bytes) -> None:
        """Write a small file. Raises StorageError."""
        self._prepare(file)
        self._tried("written", file, lambda path: self._system.pipe_file(path, data))

    def create(self, file: Address, data: bytes) -> bool:
        """Write a small file that is not there yet; return False where it is. Raises StorageError.

        Of several who do so at a time one succeeds, where the storage offers that (S3, Google's, Azure's); elsewhere it is looked
        whether the file is there before, and what it holds behind.
        """
        self._prepare(file)

        def created(path: str) -> None:
            with self._system.open(path, "xb") as opened:
                opened.write(data)

        try:
            self._tried("written", file, created, (FileExistsError, *_NO_SUCH_MODE))
        except FileExistsError:
            return self._holds(
                file, data
            )  # an answer may have been lost, and the next try finds the own file
        except _NO_SUCH_MODE:
            if self.entry(file) is not None:
                return False
            self.write(file, data)
        return self._holds(file, data)

    def remove(self, file: Address) -> None:
        """Remove a file, if it is there. Raises StorageError."""
        with suppress(FileNotFoundError):
            self._tried("removed", file, lambda path: self._system.rm_file(path), _ABSENT)

    def _holds(self, file: Address, data: bytes) -> bool:
        try:
            return self.read(file, max(len(data), _BLOCK_BYTES)) == data
        except FileNotFoundError:
            return False

    def _check(self, file: Address, size: int) -> None:
        """Raise StorageError where a file that was written is not whole: not every storage tells."""
        found = self.entry(file)
        if found is None or found.size != size:
            there = "it is not there" if found is None else f"{found.size} bytes of {size} are there"
            raise StorageError(
                f"{file} cannot be written: {there}. Look after the storage, and run the command again."
            )

    def _prepare(self, file: Address) -> None:
        """Make the folder of a file, on storage that has folders; on the others this asks nobody."""
        if self._root.protocol not in _WITHOUT_FOLDERS and file.parent is not None:
            self._tried("made", file.parent, lambda path: self._system.makedirs(path, exist_ok=True))

    def _inside(self, place: Address) -> str:
        """Return the address as the file system writes it."""
        if place == self._root:
            return self._path
        if place.text.startswith(f"{self._root}/"):
            return f"{self._path.rstrip('/')}{place.text[len(self._root.text) :]}"
        return str(self._system._strip_protocol(place.text))

    def _tried(
        self,
        verb: str,
        place: Address,
        operation: Callable[[str], Found],
        expected: tuple[type[Exception], ...] = (),
    ) -> Found:
        """Do something at an address, again after a pause if need be.

        Raises what the caller expects as it is, and a StorageError that names the address for everything else.
        """
        path, started = self._inside(place), time.monotonic()
        for number in range(_TRIES):
            try:
                return operation(path)
            except expected:
                raise
            except Exception as problem:  # noqa: BLE001 — what libraries of networks raise has no list
                is_late = time.monotonic() - started > _MOST_SECONDS
                if number == _TRIES - 1 or is_late or _is_lasting(problem):
                    raise StorageError(
                        f"{place} cannot be {verb}: {reason_of(problem)}. Check the address, the keys in the environment and the "
                        "network, and run the command again."
                    ) from None  # the text of the cause may hold a key
            time.sleep(_FIRST_PAUSE_SECONDS * 2**number)
        raise AssertionError("the last try returns or raises")


def _is_lasting(problem: Exception) -> bool:
    """True for an error that trying again does not help."""
    is_full = isinstance(problem, OSError) and problem.errno in (ENOSPC, EDQUOT)
    return is_full or isinstance(problem, _LASTING) or type(problem).__name__ in _LASTING_NAMES


# Storage of objects: a folder is there as soon as something lies in it.
_WITHOUT_FOLDERS = ("s3", "s3a", "gs", "gcs", "az", "abfs", "oss", "oci", "tos", "memory")


@lru_cache(maxsize=16)
def store_of(address: Address) -> Store:
    """Return the storage of an address, opened once a process. Raises RequestError."""
    return Store(address)


def side_by_side(do: Callable[[Any], Found], items: Sequence[Any]) -> list[Found]:
    """Do something for each of the items, a few at once, and return the results in order. Raises the first error."""
    if len(items) < 2:
        return [do(item) for item in items]
    with ThreadPoolExecutor(_TRANSFERS_AT_ONCE) as pool:
        return list(pool.map(do, items))


def reason_of(problem: BaseException) -> str:
    """Return the words of another program's error, without anything that the environment calls secret."""
    words = " ".join(str(problem).split()) or type(problem).__name__
    secrets = (
        value
        for name, value in os.environ.items()
        if len(value) >= _SHORTEST_SECRET and any(part in name.upper() for part in _SECRET_NAMES)
    )
    for secret in sorted(secrets, key=len, reverse=True):
        words = words.replace(secret, "…")
    return words.rstrip(".")


def _opened(address: Address) -> tuple[Any, str]:
    try:
        fsspec = importlib.import_module("fsspec.core")
    except ImportError as problem:
        raise RequestError(
            f"{address}: an address needs fsspec, which this Python does not have: pip install 'smplify-fit[storage]'."
        ) from problem
    try:
        return fsspec.url_to_fs(address.text, use_listings_cache=False)
    except ImportError as problem:
        raise RequestError(
            f"{address}: fsspec needs another package for {address.protocol}:// ({reason_of(problem)}). Install it with pip: "
            f"{_PACKAGES.get(address.protocol, 'fsspec names it')}."
        ) from problem
    except ValueError as problem:
        raise RequestError(
            f"{address}: fsspec does not take it ({reason_of(problem)}). Check the protocol, or give a folder."
        ) from problem
    except Exception as problem:  # noqa: BLE001 — what libraries of networks raise has no list
        raise StorageError(
            f"{address} cannot be reached: {reason_of(problem)}. Check the address, the keys in the environment and the network."
        ) from None


_PACKAGES = {
    "s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs", "abfs": "adlfs", "adl": "adlfs",
    "sftp": "paramiko", "ssh": "paramiko", "smb": "smbprotocol", "oss": "ossfs", "oci": "ocifs", "webdav": "webdav4",
    "hdfs": "pyarrow",
}  # fmt: skip


def _entry(facts: dict[str, Any]) -> Entry:
    name = str(facts["name"]).rstrip("/").rpartition("/")[2]
    return Entry(name, facts["type"] == "directory", int(facts.get("size") or 0))
