"""Draws cases to be looked at: photo, fit over the photo, and truth and fit next to each other seen from the side."""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from benchmarks.rendered.cache import read_truth
from benchmarks.rendered.fits import Fit, Run, fit_case
from benchmarks.rendered.judging import Judgement, judge
from benchmarks.rendered.posture import knee_flexion
from benchmarks.rendered.scenes import KINDS
from fitting_core.arrays import NumpyArray
from fitting_core.body_model.model_file import load_body_model
from fitting_core.photo.mesh_picture import Colour, PinholeCamera, draw_mesh

TRUE_COLOUR: Colour = (150.0, 200.0, 150.0)
FIT_COLOUR: Colour = (240.0, 170.0, 90.0)
TILE = (210, 280)  # px
_CAPTION_PX = 30
_CASES_A_ROW = 3
_OVERLAY_SHARE = 0.75
_SIDE_DISTANCE_M = 6.0
_SIDE_HEIGHT_M = 2.1  # that a side view shows
_BACKGROUND = 235


def draw_sheet(files: Sequence[Path], run: Run, path: Path, processes: int) -> None:
    """Fit the cases again and write their pictures as one PNG."""
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        strips = pool.map(_strip, [(file, run) for file in files])
    width, height = strips[0].size
    rows = -(-len(strips) // _CASES_A_ROW)
    sheet = Image.new("RGB", (_CASES_A_ROW * width, rows * height), "white")
    for number, strip in enumerate(strips):
        sheet.paste(strip, (number % _CASES_A_ROW * width, number // _CASES_A_ROW * height))
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path)


def spread(files: Sequence[Path], count: int) -> list[Path]:
    """Return `count` of the files from all over, so that every kind of pose is among them."""
    cycles = max(len(files) // len(KINDS), 1)
    # Through the kinds in turn, and each time from another cycle of them.
    numbers = [(number % len(KINDS)) + len(KINDS) * (number * cycles // count) for number in range(count)]
    return [files[number] for number in numbers if number < len(files)]


def worst(files: Sequence[Path], judged: Sequence[Judgement | None]) -> list[Path]:
    """Return the files, those in which nobody was found first, then from the largest error of the limbs down."""
    errors = [np.inf if one is None else one.limbs for one in judged]
    return [files[index] for index in np.argsort(errors, kind="stable")[::-1]]


def _strip(job: tuple[Path, Run]) -> Image.Image:
    """Return the four pictures of one case under a caption."""
    file, run = job
    truth = read_truth(file)
    fit = fit_case(truth, run)
    photo = Image.open(truth.photo).convert("RGB")
    pictures = [photo, photo, from_the_side(truth.vertices, truth.up, TRUE_COLOUR)]
    captions = [
        f"{file.stem}, {truth.kind}",
        f"{truth.person}, {truth.lens_mm:g} mm: nobody found",
        _knees(truth.points),
    ]
    if fit is not None:
        person = fit.person
        judged = judge(truth, fit.model, person, fit.word)
        pictures[1] = _overlay(photo, fit)
        pictures.append(from_the_side(person.vertices.astype(np.float64), truth.up, FIT_COLOUR))
        captions[1] = f"{fit.word}: {judged.limbs:.0f} mm ({truth.person}, {truth.lens_mm:g} mm)"
        captions.append(f"{_knees(person.points)} {_leans(judged)}")
    strip = Image.new("RGB", (4 * TILE[0], TILE[1] + _CAPTION_PX), "white")
    drawing = ImageDraw.Draw(strip)
    for number, (picture, caption) in enumerate(zip(pictures, captions, strict=True)):
        strip.paste(fitted_in(picture), (number * TILE[0], _CAPTION_PX))
        drawing.text((number * TILE[0] + 4, 8), caption, fill="black")
    return strip


def _knees(points: NumpyArray) -> str:
    left, right = knee_flexion(points)
    return f"knees {left:.0f}, {right:.0f}"


def _leans(judged: Judgement) -> str:
    return f"trunk {judged.trunk_pitch:+.0f}, head {judged.head_pitch:+.0f}"


def _overlay(photo: Image.Image, fit: Fit) -> Image.Image:
    """Draw the fit over the photo with the lens that it was fitted at."""
    centre = np.array(photo.size) / 2.0
    drawn = draw_mesh(
        fit.person.vertices.astype(np.float64),
        load_body_model().triangles,
        PinholeCamera(fit.focal_px, centre),
        (photo.size[0], photo.size[1]),
        FIT_COLOUR,
    )
    pixels = np.asarray(photo, dtype=np.float64)
    share = _OVERLAY_SHARE * np.isfinite(drawn.depth)[..., None]
    return Image.fromarray((pixels + share * (drawn.rgb - pixels)).astype(np.uint8))


def from_the_side(mesh: NumpyArray, up: NumpyArray, colour: Colour) -> Image.Image:
    """Draw a body as a camera at its height sees it that has gone a quarter turn round it, to the right of the photo's."""
    away = np.array([0.0, 0.0, 1.0]) - up[2] * up
    away = away / np.linalg.norm(away)
    # Right of the new picture is what was away from the photo's camera; down stays down; forward is what was left.
    turn = np.stack([away, -up, np.cross(away, -up)])
    middle = 0.5 * (mesh.max(axis=0) + mesh.min(axis=0))
    seen = (mesh - middle) @ turn.T + np.array([0.0, 0.0, _SIDE_DISTANCE_M])
    focal = TILE[1] / _SIDE_HEIGHT_M * _SIDE_DISTANCE_M
    camera = PinholeCamera(focal, np.array(TILE) / 2.0)
    drawn = draw_mesh(seen, load_body_model().triangles, camera, TILE, colour)
    return Image.fromarray(
        np.where(np.isinf(drawn.depth)[..., None], _BACKGROUND, drawn.rgb).astype(np.uint8)
    )


def fitted_in(picture: Image.Image) -> Image.Image:
    """Return a picture made small enough for a tile, at its upper edge."""
    tile = Image.new("RGB", TILE, "white")
    small = picture.copy()
    small.thumbnail(TILE)
    tile.paste(small, ((TILE[0] - small.size[0]) // 2, 0))
    return tile
