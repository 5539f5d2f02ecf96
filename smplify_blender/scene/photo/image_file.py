# pyright: basic
"""An image in the .blend → a photo on disk that the core can read."""

from __future__ import annotations

import hashlib
from pathlib import Path

import bpy

FOLDER = "smplify_images"


def file_of_image(image: bpy.types.Image) -> Path | None:
    """The image's own file, or a copy in the session's temporary folder of what is packed.

    None where there is neither: a generated or rendered image has to be saved first. A packed image wins over a path, which
    may name a file of somebody else's computer.
    """
    if image.packed_file is not None:
        return _unpacked(image)
    path = Path(bpy.path.abspath(image.filepath, library=image.library)) if image.filepath else None
    return path if image.source == "FILE" and path is not None and path.is_file() else None


def _unpacked(image: bpy.types.Image) -> Path:
    """Written once for the same content; only the image's plain name goes into the file's."""
    content = bytes(image.packed_file.data)  # type: ignore[union-attr]
    name = bpy.path.clean_name(Path(image.name).stem) or "image"
    folder = Path(bpy.app.tempdir) / FOLDER / hashlib.sha256(content).hexdigest()[:16]
    target = folder / f"{name}{_suffix(content)}"
    if not target.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return target


def _suffix(content: bytes) -> str:
    """By content: PNG, else JPEG's; the core looks at the content itself."""
    return ".png" if content.startswith(b"\x89PNG") else ".jpg"
