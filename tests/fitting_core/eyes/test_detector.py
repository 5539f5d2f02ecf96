"""People found in pictures: in the demo photo, whose true points are known, and in what can be made of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from PIL import Image

from fitting_core.arguments.request import Device, Engine
from fitting_core.engine import _torch_engine, choose_engine
from fitting_core.errors import EngineError
from fitting_core.eyes.arithmetic import NUMPY, TORCH_WORTHWHILE_PICTURES, arithmetic_of, chosen_arithmetic
from fitting_core.eyes.detector import see_people
from fitting_core.eyes.find_crowd import FoundPerson, find_crowd
from fitting_core.eyes.graph import read_network
from fitting_core.eyes.networks import NetworkName, evaluated_by, network
from fitting_core.eyes.openpose_points import BODY_POINTS, FACE_POINTS, openpose_points
from fitting_core.eyes.regions import Region, sample, whole_picture
from fitting_core.keypoints.keypoints2d import FACE_COUNT, Keypoints2D
from fitting_core.keypoints.layouts import BODY_25

DEMO = Path(__file__).parents[3] / "docs" / "demo"
# Limbs of the demo's figure, whose true points its keypoint file has, within this share of its height (about 740 px).
NEAR_PX = 25.0
LIMBS = [
    BODY_25.index(f"{side}_{joint}")
    for side in ("left", "right")
    for joint in ("elbow", "wrist", "knee", "ankle")
]


@pytest.fixture(scope="module")
def demo() -> np.ndarray:
    with Image.open(DEMO / "demo_photo.jpg") as photo:
        return np.asarray(photo.convert("RGB"))


@pytest.fixture(scope="module")
def truth() -> np.ndarray:
    """x, y, confidence of the 25 body points."""
    people = json.loads((DEMO / "demo_photo_keypoints.json").read_text(encoding="utf-8"))["people"]
    return np.array(people[0]["pose_keypoints_2d"]).reshape(-1, 3)


def points_of(picture: np.ndarray, number: int = 0) -> Keypoints2D:
    return openpose_points(see_people(picture)[number], (picture.shape[1], picture.shape[0]))


def distances(found: np.ndarray, true: np.ndarray) -> np.ndarray:
    return np.linalg.norm(found[LIMBS, :2] - true[LIMBS, :2], axis=1)


def test_the_demo_photo(demo: np.ndarray, truth: np.ndarray) -> None:
    (person,) = see_people(demo)
    found = openpose_points(person, (demo.shape[1], demo.shape[0]))
    assert distances(found.body, truth).max() < NEAR_PX
    assert person.left_hand is not None and person.right_hand is not None and person.face is not None
    for wrist, hand in (("left_wrist", found.left_hand), ("right_wrist", found.right_hand)):
        assert np.linalg.norm(hand[0, :2] - truth[BODY_25.index(wrist), :2]) < NEAR_PX
    eyes = truth[[BODY_25.index("right_eye"), BODY_25.index("left_eye")], :2]
    assert np.linalg.norm(found.face[68:, :2] - eyes, axis=1).max() < 10.0, "right pupil, then left"


# What is done to the demo photo, and the same to its points (x, y).
CHANGES: dict[str, tuple[Callable[[np.ndarray], np.ndarray], Callable[[np.ndarray], np.ndarray]]] = {
    "a third of the size": (lambda picture: picture[::3, ::3], lambda points: points / 3.0),
    "black and white": (
        lambda picture: np.repeat(picture.mean(axis=2, keepdims=True).astype(np.uint8), 3, axis=2),
        lambda points: points,
    ),
    "lying": (
        lambda picture: np.rot90(picture),
        lambda points: np.column_stack([points[:, 1], 900 - points[:, 0]]),
    ),
    "on its head": (
        lambda picture: picture[::-1, ::-1],
        lambda points: np.array([900.0, 1200.0]) - points,
    ),
    "200 px tall in a large picture": (
        lambda picture: np.pad(picture[::4, ::4], [(900, 300), (1000, 700), (0, 0)], mode="edge"),
        lambda points: points / 4.0 + (1000, 900),
    ),
    "small in a wide picture": (
        lambda picture: np.pad(picture[::3, ::3], [(400, 200), (900, 500), (0, 0)], mode="edge"),
        lambda points: points / 3.0 + (900, 400),
    ),
}


@pytest.mark.parametrize(("change", "moved"), CHANGES.values(), ids=CHANGES.keys())
def test_changed_pictures(
    demo: np.ndarray,
    truth: np.ndarray,
    change: Callable[[np.ndarray], np.ndarray],
    moved: Callable[[np.ndarray], np.ndarray],
) -> None:
    true = moved(truth[:, :2])
    size = np.ptp(true[:, 1].clip(0)) / np.ptp(truth[:, 1])
    scale = max(size, np.ptp(true[:, 0]) / np.ptp(truth[:, 1]))
    assert (
        distances(points_of(np.ascontiguousarray(change(demo))).body, true).max()
        < 1.4 * NEAR_PX * scale + 4.0
    )


def test_a_crowd_of_nine(demo: np.ndarray, truth: np.ndarray) -> None:
    """Three rows of three, each 180 px tall, and nobody between them."""
    small = demo[::4, 100:800:4]
    crowd = np.tile(small, (3, 3, 1))
    people = [openpose_points(person, (crowd.shape[1], crowd.shape[0])) for person in see_people(crowd)]
    hips = np.array([person.body[BODY_25.index("mid_hip"), :2] for person in people])
    first = (truth[BODY_25.index("mid_hip"), :2] - (100, 0)) / 4.0
    true = first + np.array(list(np.ndindex(3, 3))) * (small.shape[1], small.shape[0])
    apart = np.linalg.norm(hips[:, None] - true, axis=-1)
    assert len(people) == 9 and set(apart.argmin(axis=0)) == set(range(9))
    assert apart.min(axis=0).max() < 15.0, "a twelfth of their height"


def test_nobody_is_missed_for_what_lies_beyond_the_picture(demo: np.ndarray) -> None:
    """A wide picture is shown to the network without the black above and below it; here it is a part of the picture."""
    wide = np.concatenate([demo[::3, ::3]] * 3, axis=1)
    framed = np.pad(wide, [(250, 250), (0, 0), (0, 0)])
    people, others = (sorted(find_crowd(one, whole_picture(one)), key=left_most) for one in (wide, framed))
    assert len(people) == len(others) == 3
    for person, other in zip(people, others, strict=True):
        seen = person.scores > 0.3
        assert seen.sum() >= 12
        apart = np.linalg.norm(person.pixels[seen] + (0, 250) - other.pixels[seen], axis=1)
        assert apart.mean() < 4.0, "one pixel of the network's input"


def left_most(person: FoundPerson) -> float:
    return float(person.pixels[:, 0].mean())


def test_a_small_person_behind_a_large_one(demo: np.ndarray) -> None:
    both = demo.copy()
    both[700:1000, 20:195] = demo[::4, 100:800:4]
    largest, second = see_people(both)
    assert largest.body.region.side > 3.0 * second.body.region.side
    assert np.ptp(second.body.pixels[:, 1]) < 300 and second.body.pixels[:, 0].max() < 200


def test_two_people_are_told_apart(demo: np.ndarray, truth: np.ndarray) -> None:
    both = np.concatenate([demo[:, 100:800], demo[:, 100:800]], axis=1)
    people = [openpose_points(person, (1400, 1200)) for person in see_people(both)]
    assert len(people) == 2
    places = sorted(float(person.body[BODY_25.index("mid_hip"), 0]) for person in people)
    true = truth[BODY_25.index("mid_hip"), 0] - 100
    assert places == pytest.approx([true, true + 700], abs=NEAR_PX)


EMPTY = {
    "black": np.zeros((300, 400, 3), dtype=np.uint8),
    "noise": np.random.default_rng(1).integers(0, 256, (300, 400, 3), dtype=np.uint8),
    "one pixel": np.zeros((1, 1, 3), dtype=np.uint8),
    "a line": np.full((3, 2000, 3), 128, dtype=np.uint8),
}


@pytest.mark.parametrize("picture", EMPTY.values(), ids=EMPTY.keys())
def test_nobody_is_no_error(picture: np.ndarray) -> None:
    assert see_people(picture) == []


def test_points_beyond_the_picture_have_no_confidence(demo: np.ndarray) -> None:
    points = points_of(demo[:700]).stacked()  # cut at the thighs
    assert np.all(points[points[:, 2] == 0] == 0.0)
    assert points[:, 1].max() <= 700 and points[BODY_25.index("left_ankle"), 2] == 0.0
    assert points[BODY_25.index("left_wrist"), 2] > 0.5


def test_a_batch_gives_what_each_picture_gives_alone() -> None:
    net = network("hand")
    pictures = np.random.default_rng(0).random((3, net.side, net.side, 3), dtype=np.float32)
    together = net.evaluate(pictures)
    for number in range(3):
        for name, alone in net.evaluate(pictures[number : number + 1]).items():
            assert together[name][number] == pytest.approx(
                alone[0], abs=1e-4 * max(1.0, float(np.ptp(alone)))
            )


@pytest.mark.parametrize("name", get_args(NetworkName))
def test_pytorch_gives_what_numpy_gives(demo: np.ndarray, name: NetworkName) -> None:
    pytest.importorskip("torch")
    net, other = network(name), network(name, arithmetic_of(choose_engine("torch", "cpu")))
    pixels = (
        np.stack([sample(demo, Region(450.0, 600.0, side), net.side) for side in (300.0, 1000.0)]) / 255.0
    )
    found = other.evaluate(pixels)
    for output, values in net.evaluate(pixels).items():
        # The mask of the person runs to logits of ±1,000, of which rounding takes more.
        share = 4e-4 if output == "Identity_2" else 1e-4
        assert np.abs(found[output] - values).max() < share * max(1.0, float(np.ptp(values))), output


# Mean distance (px) on the demo photo; one grey level of noise moves the program's own points by 0.8, 1.0, 0.3 and 0.1 px.
@pytest.mark.parametrize(
    ("part", "apart_px"), [("body", 0.1), ("left_hand", 0.6), ("right_hand", 0.2), ("face", 0.1)]
)
def test_points_are_those_of_the_publisher_s_own_program(
    demo: np.ndarray, part: str, apart_px: float
) -> None:
    theirs = json.loads((Path(__file__).parent / "mediapipe_points.json").read_text(encoding="utf-8"))
    (person,) = see_people(demo)
    ours = getattr(person, part).pixels
    assert np.linalg.norm(ours - np.array(theirs[part])[: len(ours)], axis=1).mean() < apart_px


def test_people_are_the_same_by_pytorch(demo: np.ndarray) -> None:
    pytest.importorskip("torch")
    (ours,) = see_people(demo)
    by_torch = arithmetic_of(choose_engine("torch", "cpu"))
    with evaluated_by(by_torch), ThreadPoolExecutor(1) as pool:
        assert network("body").arithmetic is by_torch
        (theirs,) = pool.submit(see_people, demo).result()
    assert network("body").arithmetic is NUMPY
    for part in ("left_hand", "right_hand", "face"):
        assert getattr(theirs, part).pixels == pytest.approx(getattr(ours, part).pixels, abs=0.4), part
    assert theirs.body.pixels == pytest.approx(ours.body.pixels, abs=0.1)
    assert theirs.body.metres == pytest.approx(ours.body.metres, abs=1e-4)


@pytest.mark.parametrize(
    ("engine", "device", "pictures", "library"),
    [
        ("auto", "auto", TORCH_WORTHWHILE_PICTURES - 1, "numpy"),
        ("auto", "cpu", TORCH_WORTHWHILE_PICTURES, "torch"),
        ("torch", "cpu", 1, "torch"),
        ("numpy", "cpu", 10_000, "numpy"),
    ],
)
def test_pytorch_looks_where_it_is_asked_for_or_worth_its_start(
    engine: Engine, device: Device, pictures: int, library: str
) -> None:
    pytest.importorskip("torch")
    assert chosen_arithmetic(engine, device, pictures).name == f"{library}, cpu"


def test_a_clip_is_looked_at_in_numpy_where_pytorch_cannot_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)  # as where it is not installed, or damaged
    _torch_engine.cache_clear()
    assert chosen_arithmetic("auto", "auto", 10_000) is NUMPY
    with pytest.raises(EngineError, match="PyTorch is not installed"):
        chosen_arithmetic("torch", "cpu", 10_000)


def test_every_body_point_but_the_small_toes_has_a_source() -> None:
    assert set(BODY_25.names) - set(BODY_POINTS) == {"neck", "mid_hip", "left_small_toe", "right_small_toe"}
    assert len(FACE_POINTS) == FACE_COUNT - 2 and len(set(FACE_POINTS)) == len(FACE_POINTS)


def test_a_file_of_another_version_is_refused(tmp_path: Path) -> None:
    description = np.frombuffer(json.dumps({"version": 99}).encode(), dtype=np.uint8)
    np.savez(tmp_path / "net.npz", graph=description)
    with pytest.raises(ValueError, match="version 99"):
        read_network(tmp_path / "net.npz")
