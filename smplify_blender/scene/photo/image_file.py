# pyright: basic
"""An image of the .blend as a photo on disk that the core can read."""

from __future__ import annotations

import hashlib
from pathlib import Path

import bpy

FOLDER = "smplify_images"


def file_of_image(image: bpy.types.Image) -> Path | None:
    """Return the image's own file, or a copy of its packed content in the session's temporary folder.

    None where there is neither, or it cannot be read: a generated or rendered image has to be saved first. A
    packed image wins over a path, which may name a file of somebody else's computer.
    """
    try:
        if image.packed_file is not None:
            return _unpacked(image)
        path = Path(bpy.path.abspath(image.filepath, library=image.library)) if image.filepath else None
        return path if image.source == "FILE" and path is not None and path.is_file() else None
    except OSError:  # a path that the system does not take, or no room for a copy
        return None


def _unpacked(image: bpy.types.Image) -> Path:
    """Write the packed content, once for the same content; only the image's plain name goes into the file's."""
    content = bytes(image.packed_file.data)  # type: ignore[union-attr]
    name = bpy.path.clean_name(Path(image.name).stem) or "image"
    folder = Path(bpy.app.tempdir) / FOLDER / hashlib.sha256(content).hexdigest()[:16]
    target = folder / f"{name}{_suffix(content)}"
    if not target.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return target


def _suffix(content: bytes) -> str:
    """Return the ending by content: PNG's, else JPEG's; the core looks at the content itself."""
    return ".png" if content.startswith(b"\x89PNG") else ".jpg"
