"""The small picture views.jpg of a clip: frames of it with the figures, and beside them those of its middle from the side."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.files.atomic import write_bytes_atomically
from fitting_core.photo.encoding import resized
from fitting_core.photo.mesh_picture import PinholeCamera
from fitting_core.photo.overlay import Figure, draw_figures
from fitting_core.photo.side_view import HEIGHT_PX, MOST_WIDTH_PX, beside_side_view
from fitting_core.results.folder import VIEWS_FILE
from fitting_core.sequence.outcome.overlay_movie import figures_at
from fitting_core.sequence.outcome.result_folder import SequenceOutcome

_MOST_FIGURES = 8
_GAP_PX = 3  # between the frames
_BACKGROUND = 236
# Columns and rows of the frames that are shown: of a clip that is wider than high, and of another.
_WIDE, _HIGH = (2, 2), (3, 1)


def write_clip_views(folder: Path, outcome: SequenceOutcome) -> None:
    """Write the picture into a result folder. Raises OutputError, ClipError for a clip that cannot be read any more."""
    width, height = outcome.clip.size
    columns, rows = _WIDE if width > height else _HIGH
    cell = ((MOST_WIDTH_PX + _GAP_PX) // columns - _GAP_PX, (HEIGHT_PX + _GAP_PX) // rows - _GAP_PX)
    factor = min(cell[0] / width, cell[1] / height)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    places = _places(len(outcome.frames), columns * rows)
    steps = (size[0] + _GAP_PX, size[1] + _GAP_PX)
    sheet = np.full((rows * steps[1] - _GAP_PX, columns * steps[0] - _GAP_PX, 3), _BACKGROUND, dtype=np.uint8)
    pictures = outcome.clip.pictures(outcome.frames.numbers[places])
    camera = PinholeCamera(outcome.camera.focal_px, outcome.camera.principal_point)
    for number, (place, picture) in enumerate(zip(places, pictures, strict=True)):
        left, top = (number % columns) * steps[0], (number // columns) * steps[1]
        sheet[top : top + size[1], left : left + size[0]] = draw_figures(
            resized(picture, size), outcome.clip.size, _figures(outcome, int(place)), camera
        )
    figures = _figures(outcome, int(places[len(places) // 2])) or _figures(
        outcome, outcome.motions[0].first_frame
    )
    write_bytes_atomically(folder / VIEWS_FILE, beside_side_view(sheet, figures))


def _places(count: int, wanted: int) -> NumpyArray:
    """Return places of frames, each in the middle of its share of the clip; some come again in a very short one."""
    return ((np.arange(wanted) + 0.5) * count / wanted).astype(int)


def _figures(outcome: SequenceOutcome, place: int) -> Sequence[Figure]:
    return list(islice(figures_at(outcome.setups, outcome.motions, place), _MOST_FIGURES))
