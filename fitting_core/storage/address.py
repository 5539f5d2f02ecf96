"""The text of an address, such as s3://bucket/shots, checked without any network: what cannot be a folder is told at once."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://(.*)", re.DOTALL)
_LOCAL = ("file", "local")
_WEB = ("http", "https", "github", "git", "gist", "data", "jlab", "jupyter", "wandb", "dvc")
_WRAPPED = (
    "zip", "tar", "libarchive", "reference", "dir", "cached", "blockcache", "filecache", "simplecache", "generic", "dask",
    "async_wrapper", "asyncwrapper", "asynclocal", "pyscript",
)  # fmt: skip


class AddressError(ValueError):
    """The reason why an address cannot be used, as words that follow what names it; they hold nothing secret."""


@dataclass(frozen=True, order=True)
class Address:
    """A folder or file that fsspec reaches: `text` with its protocol, without a slash at the end."""

    text: str

    def __str__(self) -> str:
        return self.text

    def __truediv__(self, name: str) -> Address:
        return Address(f"{self.text}/{name}")

    @property
    def protocol(self) -> str:
        """The protocol, such as "s3"."""
        return self.text.partition("://")[0]

    @property
    def name(self) -> str:
        """The last part."""
        return self.text.rpartition("/")[2]

    @property
    def parent(self) -> Address | None:
        """The folder that it lies in; None for a bucket or what stands on a machine's top."""
        above, _, _ = self.text.rpartition("/")
        return None if above.endswith((":/", "//")) else Address(above)


def is_address(text: str) -> bool:
    """Return True for a text that begins as an address does."""
    return _ADDRESS.match(text) is not None


def local_path_of(text: str) -> str | None:
    """Return the path that file:// or local:// stands before; None for every other text."""
    found = _ADDRESS.fullmatch(text)
    return found[2] if found is not None and found[1].lower() in _LOCAL else None


def address_of(text: str) -> Address:
    """Return the address of a folder. Raises AddressError where no folder of photos or results can be there."""
    found = _ADDRESS.fullmatch(text)
    if found is None:
        raise AddressError("is no address")
    protocol, place = found[1].lower(), found[2].rstrip("/")
    if protocol == "memory":
        place = place.lstrip("/")
    fault = _fault(protocol, place)
    if fault is not None:
        raise AddressError(fault)
    return Address(f"{protocol}://{place}")


def without_secrets(text: str) -> str:
    """Return an address as it may be shown: without a password and without what stands behind a question mark."""
    return re.sub(r"//[^/@]*:[^/@]*@", "//…@", text).partition("?")[0]


def _fault(protocol: str, place: str) -> str | None:
    parts = place.lstrip("/").split("/")
    faults = {
        "is a chain of addresses, of which only plain ones are read: unpack the archive, or copy the folder, and give that": (
            "::" in place
        ),
        f"is an archive or a cache ({protocol}), and no folder: unpack or copy it, and give the folder": (
            protocol in _WRAPPED
        ),
        f"is no storage that can be listed and written ({protocol}): download the folder, and give that": protocol
        in _WEB,
        "holds a password, which a list of processes would show: give it by the protocol's environment variables or files": (
            re.match(r"[^/@]*:[^/@]*@", place) is not None
        ),
        "holds a question mark or a hash sign, behind which no folder stands: leave it out; keys come in the environment": (
            "?" in place or "#" in place
        ),
        "names no bucket and no folder: name one, such as s3://bucket/shots": not parts[0],
        "has an empty part, or one of dots: write the whole address": any(
            part in ("", ".", "..") for part in parts
        ),
        "holds a character that cannot be shown: rename the folder": not place.isprintable(),
    }
    return next((words for words, is_so in faults.items() if is_so), None)
