"""Draws the sidebar's small pictures of the open bodies: `python -m tools.gender_pictures`.

Each is one of the four bodies that ship, standing, at one scale and on one ground, over nothing. The bodies are CC0.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

from tools.open_body_sheet.pages import POSES
from tools.open_body_sheet.posed_body import Body, posed, read_body, shaped
from tools.open_body_sheet.raster import draw_mesh, turned_view

ROOT = Path(__file__).resolve().parents[1]
BODIES = ROOT / "fitting_core" / "data" / "open_body"
PICTURES = ROOT / "smplify_blender" / "sidebar" / "pictures"
GENDERS = ("female", "neutral", "male", "child")
SIDE_PX = 96
_FINER = 4  # drawn so many times larger, then averaged
_SPAN_M = 1.84  # of the picture's height: the tallest of the four and a little air
_YAW_DEGREES = 20.0
_COLOURS = {
    "female": (214.0, 170.0, 160.0),
    "neutral": (196.0, 186.0, 176.0),
    "male": (170.0, 182.0, 205.0),
    "child": (206.0, 192.0, 140.0),
}


def main() -> None:
    """Write one PNG a body."""
    parser = argparse.ArgumentParser(prog="python -m tools.gender_pictures", description=__doc__)
    parser.add_argument("--out", type=Path, default=PICTURES)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for gender in GENDERS:
        body = read_body(BODIES / f"open_body_{gender}.npz")
        picture(body, _COLOURS[gender]).save(options.out / f"{gender}.png", optimize=True)


def picture(body: Body, colour: tuple[float, float, float]) -> Image.Image:
    """Draw a body of one colour on a transparent square, its soles at the lower edge."""
    vertices, _ = posed(body, shaped(body), POSES["arms down"])
    centre = np.array([0.0, vertices[:, 1].min() + 0.49 * _SPAN_M, 0.0])
    side = _FINER * SIDE_PX
    view = turned_view(_YAW_DEGREES, 0.0, centre, _SPAN_M, (side, side))
    colours = np.broadcast_to(np.array(colour), vertices.shape)
    drawn, depth = draw_mesh(vertices, body.triangles, view, colours)
    opaque = np.where(np.isfinite(depth), 255, 0).astype(np.uint8)
    whole = Image.fromarray(np.dstack([drawn * (opaque[..., None] > 0), opaque]))
    return whole.resize((SIDE_PX, SIDE_PX), Image.Resampling.BOX)


if __name__ == "__main__":
    main()
