"""The bodies of a result folder: each person's is found by its hash, and read once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from .bounded_file import NEXT_STEP, Budget
from .errors import ResultError, shown
from .read_body import TEXT, read_body
from .result_folder import Body
from .safe_npz import NpzReader

BODY_FILE = "body.npz"
BODY_PATTERN = re.compile(r"body(_(neutral|female|male|child))?\.npz")


class FolderBodies:
    """The bodies of one folder, read as they are named: body.npz before the others, those that nobody names not at all.

    All of them share one budget of memory. `names` are the names of the folder's files.
    """

    def __init__(self, folder: Path, names: Iterable[str]) -> None:
        self._folder = folder
        self._unread = sorted(name for name in names if BODY_PATTERN.fullmatch(name))
        self._budget = Budget()
        self._read: dict[str, Body] = {}

    @classmethod
    def of_one(cls, folder: Path, body: Body) -> FolderBodies:
        """Return those of people who all have one body that has been read."""
        bodies = cls(folder, ())
        bodies._read[body.body_sha256] = body
        return bodies

    def named_by(self, reader: NpzReader) -> Body:
        """Return the body that a person's file names, and bind the sizes of the file to it.

        Raises `ResultError` for a person of another body, who would be skinned wrongly without any other sign.
        """
        sha256 = str(reader.read("body_sha256", TEXT))
        while sha256 not in self._read and self._unread:
            body = read_body(self._folder / self._unread.pop(0), self._budget, self._read)
            self._read[body.body_sha256] = body
        if sha256 not in self._read:
            raise ResultError(
                f"{reader.label} was written with another {BODY_FILE} (body_sha256 {shown(sha256[:12])}…, {self._beside()}). "
                f"{NEXT_STEP}"
            )
        body = self._read[sha256]
        reader.sizes |= {
            "V": len(body.v_template),
            "B": body.shape_directions.shape[2],
            "E": body.expression_directions.shape[2],
        }
        return body

    def _beside(self) -> str:
        hashes = " and ".join(f"{sha256[:12]}…" for sha256 in self._read)
        return (
            f"the file beside it has {hashes}"
            if len(self._read) == 1
            else f"the files beside it have {hashes}"
        )
