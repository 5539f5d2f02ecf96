"""`make demo`: fit photo and keypoints, rig them in a .blend and take pictures, by the product's own two command lines.

Runs on the picture that ships in docs/demo, and, where a folder of test photos lies beside the repository, on those.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

_ROOT = Path(__file__).parent.parent
DEMO_PHOTO = _ROOT / "docs" / "demo" / "demo_photo.jpg"
_PHOTO_SUFFIXES = {".jpg", ".jpeg", ".png"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit and import every demo photo; the first into the folder itself, the others into folders of their own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=_ROOT / "out" / "demo")
    parser.add_argument("--photos", type=Path, default=_ROOT.parent / "shared" / "photos")
    options = parser.parse_args(arguments)
    started = perf_counter()
    _demo(DEMO_PHOTO, options.out)
    for photo in _with_keypoints(options.photos):
        _demo(photo, options.out / photo.stem)
    print(
        f"\nDone in {perf_counter() - started:.0f} s. The figure to open in Blender: {options.out / 'figure.blend'}"
    )
    return 0


def _with_keypoints(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    photos = sorted(path for path in folder.iterdir() if path.suffix.lower() in _PHOTO_SUFFIXES)
    return [photo for photo in photos if _keypoints(photo).is_file()]


def _keypoints(photo: Path) -> Path:
    return photo.with_name(f"{photo.stem}_keypoints.json")


def _demo(photo: Path, folder: Path) -> None:
    print(f"\n{photo.name}", flush=True)
    fit = [
        sys.executable,
        "-m",
        "fitting_core",
        "fit",
        str(photo),
        str(_keypoints(photo)),
        "--out",
        str(folder),
    ]
    subprocess.run(fit, check=True, cwd=_ROOT)
    pictures = ["--render", str(folder / "camera.png"), "--side", str(folder / "side.png")]
    rig = [
        sys.executable,
        "-m",
        "smplify_blender",
        str(folder),
        "--blend",
        str(folder / "figure.blend"),
        *pictures,
    ]
    subprocess.run(rig, check=True, cwd=_ROOT)
    for name in ("person_00.npz", "summary.json", "overlay.png", "figure.blend", "camera.png", "side.png"):
        print(f"  {folder / name}")


if __name__ == "__main__":
    sys.exit(main())
