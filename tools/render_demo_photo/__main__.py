"""Renders the demo picture and writes its keypoints: `python -m tools.render_demo_photo --out docs/demo`.

Writes demo_photo.jpg (the open body in a studio, with the lens in its EXIF as a camera would write it) and
demo_photo_keypoints.json (OpenPose 1.3; the true points with the noise of a detector, fixed seed). Needs bpy and
Pillow. `--scale 0.4 --samples 32` is a quick look; `--check PATH` also writes the picture with the keypoints drawn over it.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from PIL import ExifTags, Image, ImageDraw

from fitting_core.arrays import NumpyArray
from fitting_core.body_model.model_file import load_body_model
from tools.render_demo_photo import view
from tools.render_demo_photo.figure import GENDER, demo_figure
from tools.render_demo_photo.keypoint_file import detected_keypoints, write_keypoints
from tools.render_demo_photo.studio import MAXIMUM_SAMPLES, render

JPEG_QUALITY = 88
_DESCRIPTION = "The open body of SMPLify for Blender, posed and rendered. CC0 1.0."
_DOT_PX = 2.5


def main() -> None:
    """Render, write the keypoints, and on request draw them over the picture."""
    parser = argparse.ArgumentParser(prog="python -m tools.render_demo_photo", description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--scale", type=float, default=1.0, help="of the picture's full size")
    parser.add_argument("--samples", type=int, default=MAXIMUM_SAMPLES, help="of light, a pixel")
    parser.add_argument("--check", type=Path, help="PNG to write: the picture with the keypoints over it")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    figure = demo_figure(load_body_model(gender=GENDER))
    with tempfile.TemporaryDirectory() as folder:
        rendered = Path(folder) / "picture.png"
        render(figure, rendered, options.scale, options.samples)
        picture = Image.open(rendered).convert("RGB")
    picture.save(options.out / "demo_photo.jpg", quality=JPEG_QUALITY, optimize=True, exif=_exif(picture))
    keypoints = detected_keypoints(figure)
    keypoints[:, :2] *= options.scale
    write_keypoints(keypoints, options.out / "demo_photo_keypoints.json")
    if options.check:
        _drawn(picture, keypoints).save(options.check)


def _exif(picture: Image.Image) -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = _DESCRIPTION
    exif[ExifTags.Base.Orientation] = 1
    lens = exif.get_ifd(ExifTags.IFD.Exif)
    lens[ExifTags.Base.FocalLength] = view.LENS_MM
    lens[ExifTags.Base.FocalLengthIn35mmFilm] = round(view.LENS_MM)
    lens[ExifTags.Base.ExifImageWidth], lens[ExifTags.Base.ExifImageHeight] = picture.size
    return exif


def _drawn(picture: Image.Image, keypoints: NumpyArray) -> Image.Image:
    marked = picture.copy()
    drawing = ImageDraw.Draw(marked)
    for x, y, _ in keypoints.tolist():
        drawing.ellipse((x - _DOT_PX, y - _DOT_PX, x + _DOT_PX, y + _DOT_PX), fill=(255, 40, 120))
    return marked


if __name__ == "__main__":
    main()
