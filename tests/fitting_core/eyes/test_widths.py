"""Widths across the bones: masks that are drawn here, whose borders are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fitting_core.eyes.body import MASK_LIMIT, SeenBody
from fitting_core.eyes.openpose_points import BODY_POINTS
from fitting_core.eyes.regions import Region
from fitting_core.eyes.widths import seen_widths
from fitting_core.keypoints.sections import SECTIONS

SIZE = (600, 400)
# A person who stands with arms stretched out: points in px of the region's 256, which are px of the picture from (100, 50) on.
POINTS = {
    "left_shoulder": (150, 80), "left_elbow": (185, 80), "left_wrist": (220, 80), "left_hip": (143, 140),
    "left_knee": (143, 180), "left_ankle": (143, 220),
}  # fmt: skip
TRUNK = (100, 157)  # columns of the trunk: 100 to 156
ARM = (74, 87)  # rows of the arm


def standing() -> SeenBody:
    """A trunk 57 px wide, arms 13 px and legs 15 px; both sides alike about column 128."""
    pixels = np.zeros((33, 2))
    for name, (x, y) in POINTS.items():
        pixels[BODY_POINTS[name]] = x, y
        pixels[BODY_POINTS[name.replace("left", "right")]] = 256 - x, y
    mask = np.full((256, 256), -MASK_LIMIT, dtype=np.float32)
    mask[70:150, slice(*TRUNK)] = MASK_LIMIT
    mask[slice(*ARM), 30:227] = MASK_LIMIT
    for column in (136, 106):
        mask[150:230, column : column + 15] = MASK_LIMIT
    return SeenBody(
        pixels=pixels + np.array([100, 50]),
        metres=np.zeros((33, 3)),
        visibility=np.ones(33),
        presence=1.0,
        region=Region(228.0, 178.0, 256.0),
        mask=mask,
    )


def widths_by_kind(body: SeenBody, size: tuple[int, int] = SIZE) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for section, row in zip(SECTIONS, seen_widths(body, size), strict=True):
        if row[4] > 0:
            found.setdefault(section.kind, []).append(float(np.linalg.norm(row[2:4] - row[:2])))
    return found


def test_known_widths() -> None:
    found = widths_by_kind(standing())
    assert set(found) == {"chest", "waist", "belly", "upper_arm", "forearm", "thigh", "shin"}
    np.testing.assert_allclose(found["waist"], 57.0, atol=0.2)
    np.testing.assert_allclose(found["forearm"], 13.0, atol=0.2)
    np.testing.assert_allclose(found["shin"], 15.0, atol=0.2)


def test_borders_lie_across_the_bone_in_the_picture() -> None:
    """Turned and twice as large, the same mask gives the same borders, turned and twice as far apart."""
    body = standing()
    region = Region(900.0, 900.0, 512.0, 0.7)
    moved = replace(body, region=region, pixels=region.to_picture(body.region.to_region(body.pixels)))
    plain, far = (seen_widths(one, (2000, 2000)) for one in (body, moved))
    assert (far[:, 4] == plain[:, 4]).all() and plain[:, 4].any()
    for row, before in zip(far, plain, strict=True):
        borders = region.to_picture(body.region.to_region(before[:4].reshape(2, 2)))
        if before[4] > 0:
            np.testing.assert_allclose(row[:4].reshape(2, 2), borders, atol=0.3)


def hidden(body: SeenBody) -> SeenBody:
    visibility = body.visibility.copy()
    visibility[[BODY_POINTS[f"{side}_hip"] for side in ("left", "right")]] = 0.2
    return replace(body, visibility=visibility)


def with_arm_before_the_trunk(body: SeenBody) -> SeenBody:
    pixels = body.pixels.copy()
    pixels[BODY_POINTS["left_elbow"]] = 265, 165
    pixels[BODY_POINTS["left_wrist"]] = 215, 170
    return replace(body, pixels=pixels)


def without_a_border(body: SeenBody) -> SeenBody:
    return replace(body, mask=np.full_like(body.mask, MASK_LIMIT))


def without_a_person(body: SeenBody) -> SeenBody:
    return replace(body, mask=np.full_like(body.mask, -MASK_LIMIT))


@pytest.mark.parametrize(
    ("change", "gone"),
    [
        (hidden, {"chest", "waist", "belly", "thigh"}),
        (with_arm_before_the_trunk, {"waist"}),
        (without_a_border, {section.kind for section in SECTIONS}),
        (without_a_person, {section.kind for section in SECTIONS}),
    ],
    ids=["a hidden point", "a limb across the line", "no border", "no mask at the bone"],
)
def test_what_is_not_clear_is_left_out(change, gone: set[str]) -> None:  # type: ignore[no-untyped-def]
    assert not gone & set(widths_by_kind(change(standing())))


def test_the_edge_of_the_photo_is_no_border() -> None:
    """The picture ends in the left arm: what the mask says beyond it does not count."""
    table = seen_widths(standing(), (600, 131))
    arms = [number for number, section in enumerate(SECTIONS) if "arm" in section.kind]
    assert not table[arms, 4].any()
