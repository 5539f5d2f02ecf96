"""Odd photos through the command line: the demo photo turned, shrunk, grey, cut, and with a doll's face and hands."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from fitting_core.cli import main
from fitting_core.keypoints.layouts import RIGHT_HAND

DEMO = Path(__file__).parents[2] / "docs" / "demo" / "demo_photo.jpg"
_FACE_AND_HANDS = ((496, 246, 62), (618, 602, 50), (262, 214, 72))  # x, y, radius in px
_HAND_ENDS = 300  # px from the left: the photo is cut between the right hand and the wrist


def like_a_doll(photo: Image.Image) -> Image.Image:
    drawn = photo.copy()
    for x, y, radius in _FACE_AND_HANDS:
        ImageDraw.Draw(drawn).ellipse((x - radius, y - radius, x + radius, y + radius), fill=(205, 170, 150))
    return drawn


@dataclass(frozen=True)
class Odd:
    """A change of the demo photo, and the words that its fit must have, "" for none."""

    change: Callable[[Image.Image], Image.Image]
    words: str
    may_be_good: bool = True


ODD = {
    "upside down": Odd(lambda photo: photo.rotate(180), "everybody in the photo is upside down"),
    "200 px tall": Odd(lambda photo: photo.resize((188, 250)), ""),
    "a hundred px tall": Odd(lambda photo: photo.resize((105, 140)), "pixels tall in the photo"),
    "black and white": Odd(lambda photo: photo.convert("L"), ""),
    "a hand cut off": Odd(lambda photo: photo.crop((_HAND_ENDS, 0, *photo.size)), ""),
    "a doll": Odd(like_a_doll, "may be no photo of a person", may_be_good=False),
}


@pytest.mark.parametrize("name", ODD)
def test_the_words_of_a_fit(name: str, tmp_path: Path) -> None:
    case = ODD[name]
    shot, out = tmp_path / "shot.png", tmp_path / "out"
    with Image.open(DEMO) as photo:
        case.change(photo).save(shot)
    assert main(["fit", str(shot), "--out", str(out), "--no-overlay"]) == 0
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    warnings = " ".join(summary["warnings"])
    assert case.words in warnings if case.words else not warnings
    (person,) = summary["people"]
    assert case.may_be_good or person["quality"] != "good"
    if name == "a hand cut off":
        with np.load(out / "person_00.npz") as data:
            assert not data["keypoints"][RIGHT_HAND, 2].any()
