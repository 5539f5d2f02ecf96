"""A sheet of stick figures, fitted hands over tracked ones: a wrong hinge shows at once."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from tools.train_pose_prior.mocap import Array

CELL_PX = 170
COLUMNS = 10
_SCALE = 0.62
_CHAINS = [[0, *range(first, first + 4)] for first in (1, 5, 9, 13, 17)]
_FIT_COLOURS = ("#d62728", "#ff7f0e", "#2ca02c", "#1f77b4", "#9467bd")


def draw_sheet(tracked: Array, fitted: Array, captions: Sequence[str], path: Path) -> None:
    """Draw hands (N,21,3) in millimetres, tracked in grey under fitted in colour: from above and from the side."""
    rows = -(-len(tracked) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * CELL_PX * 2, rows * CELL_PX), "white")
    draw = ImageDraw.Draw(sheet)
    for index, caption in enumerate(captions):
        corner = np.array([index % COLUMNS * CELL_PX * 2, index // COLUMNS * CELL_PX])
        draw.text(tuple(corner + 4), caption, fill="black")
        for view, plane in enumerate(([0, 2], [2, 1])):
            middle = corner + np.array([CELL_PX * view + CELL_PX // 2, CELL_PX * 0.5])
            centre = np.array([0.0, -70.0]) if view == 0 else np.array([-70.0, -10.0])
            for hand, colours, width in ((tracked, ("#b0b0b0",) * 5, 5), (fitted, _FIT_COLOURS, 2)):
                points = (hand[index][:, plane] - centre) * _SCALE * ([1, 1] if view == 0 else [1, -1])
                _draw_hand(draw, points + middle, colours, width)
    sheet.save(path)


def _draw_hand(draw: ImageDraw.ImageDraw, points: Array, colours: Sequence[str], width: int) -> None:
    for chain, colour in zip(_CHAINS, colours, strict=True):
        draw.line([(float(x), float(y)) for x, y in points[chain]], fill=colour, width=width)
