"""The folders of this session's clip fits, in its own temporary folder: frames that were read, and results on their way.

They are named by what they are made from, so that a fit that was given up finds its own again. One clip's are kept at a time.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .result_store import readable_name

FOLDER = "smplify_clips"
HASH_CHARACTERS = 16


@dataclass(frozen=True)
class ClipFolders:
    """The folder of one clip; `frames` is that of its pictures, named like the clip."""

    clip_folder: Path
    frames: Path

    def result(self, words: Sequence[str]) -> Path:
        """Return the folder of the fit with these words, which is the same for the same words."""
        return self.clip_folder / "fits" / _hash(*words) / readable_name(self.frames.stem)


def clip_folders(base: Path, clip: Path) -> ClipFolders:
    """Return a clip's folders under `base`, and remove those of other clips. Raises `OSError` for a clip that is not there."""
    status = clip.stat()
    own = base / FOLDER / _hash(str(clip), str(status.st_mtime_ns), str(status.st_size))
    if (base / FOLDER).is_dir():
        for other in (base / FOLDER).iterdir():
            if other != own:
                shutil.rmtree(other, ignore_errors=True)
    return ClipFolders(own, own / "clip" / readable_name(clip.name))


def _hash(*words: str) -> str:
    text = "\0".join(words)
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:HASH_CHARACTERS]
