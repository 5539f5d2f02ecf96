"""The results of `smplify-fit batch` in a folder, by the list that it keeps there: rigs are built of them without a fit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import cast

from ..result.bounded_file import read_bytes
from ..result.errors import ResultError, shown

MANIFEST = "batch.jsonl"
_HEAD = b'{"smplify_batch": 1}'
_MOST_BYTES = 300_000_000  # as the core has it


@dataclass(frozen=True)
class BatchResult:
    """One photo or clip of a batch: its path among the photos, its result folder, and the notes on it or why it failed.

    `folder` is within the folder of the batch, with slashes; empty where it failed.
    """

    photo: str
    folder: str
    code: str = ""
    reason: str = ""


def holds_results(folder: Path) -> bool:
    """True if a batch of the core has written its list there."""
    return (folder / MANIFEST).is_file()


def results_in(folder: Path) -> tuple[BatchResult, ...]:
    """Return the photos and clips of a batch, in its order. Raises ResultError for a list that is none, or that is empty."""
    path = folder / MANIFEST
    head, *lines = read_bytes(path, _MOST_BYTES).splitlines() or [b""]
    if head != _HEAD:
        raise ResultError(f"{path}: it is not the list of smplify-fit batch. Name the --out of such a run.")
    found = {result.photo: result for line in lines if (result := _parsed(line)) is not None}
    if not found:
        raise ResultError(f"{path} lists no result. Run smplify-fit batch to its end first.")
    return tuple(found.values())


def _parsed(line: bytes) -> BatchResult | None:
    """Return what a line says; None for one that a kill has cut short, or that says nothing of a photo."""
    try:
        content: object = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, dict):
        return None
    values = cast("Mapping[str, object]", content)
    photo, status, folder, code, reason = (
        values.get(name) for name in ("photo", "status", "folder", "code", "reason")
    )
    if not isinstance(photo, str) or not isinstance(code, str) or not isinstance(reason, str):
        return None
    if status == "failed":
        return BatchResult(photo, "", code or "failed", reason)
    if status != "done" or not isinstance(folder, str):
        return None
    if not _is_within(folder):
        raise ResultError(
            f"{MANIFEST}: {shown(photo)} has its result in {shown(folder)}, which is no place in it. Run the batch again."
        )
    return BatchResult(photo, folder, reason=reason)


def _is_within(folder: str) -> bool:
    path = PurePosixPath(folder)
    return (
        bool(path.parts)
        and not path.is_absolute()
        and ".." not in path.parts
        and "\\" not in folder
        and ":" not in path.parts[0]
    )
