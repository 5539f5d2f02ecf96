"""The README's opening picture from the demo's outputs: photo | fitted figure over the photo | figure from the side.

`python -m tools.readme_pictures --demo out/demo --out docs/images/demo_pair.jpg`, after `make demo`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from PIL import Image

HEIGHT_PX = 640
GAP_PX = 8
GAP_COLOUR = (255, 255, 255)
JPEG_QUALITY = 88
_CAMERA_PICTURES = 2  # camera.png holds photo and figure, side by side


def main() -> None:
    """Compose and write the picture."""
    parser = argparse.ArgumentParser(prog="python -m tools.readme_pictures", description=__doc__)
    parser.add_argument(
        "--demo", type=Path, default=Path("out/demo"), help="folder with camera.png, side.png"
    )
    parser.add_argument("--photo", type=Path, default=Path("docs/demo/demo_photo.jpg"))
    parser.add_argument("--out", type=Path, default=Path("docs/images/demo_pair.jpg"))
    options = parser.parse_args()
    camera = Image.open(options.demo / "camera.png").convert("RGB")
    one = camera.width // _CAMERA_PICTURES
    fitted = camera.crop((camera.width - one, 0, camera.width, camera.height))
    photo = Image.open(options.photo).convert("RGB")
    side = _cropped(Image.open(options.demo / "side.png").convert("RGB"), photo.width / photo.height)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    _side_by_side([photo, fitted, side]).save(options.out, quality=JPEG_QUALITY, optimize=True)


def _cropped(picture: Image.Image, aspect: float) -> Image.Image:
    """Return the middle of a picture at the width that `aspect` (width / height) gives its height."""
    width = min(picture.width, round(picture.height * aspect))
    left = (picture.width - width) // 2
    return picture.crop((left, 0, left + width, picture.height))


def _side_by_side(pictures: list[Image.Image]) -> Image.Image:
    scaled = [
        picture.resize(
            (round(picture.width * HEIGHT_PX / picture.height), HEIGHT_PX), Image.Resampling.LANCZOS
        )
        for picture in pictures
    ]
    width = sum(picture.width for picture in scaled) + GAP_PX * (len(scaled) - 1)
    joined = Image.new("RGB", (width, HEIGHT_PX), GAP_COLOUR)
    left = 0
    for picture in scaled:
        joined.paste(picture, (left, 0))
        left += picture.width + GAP_PX
    return joined


if __name__ == "__main__":
    main()
