"""Several photos through the real command line: result folders that the add-on reads, with one body or one pose."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from fitting_core.cli import main
from smplify_blender.result.read_result import read_result
from tests.fitting_core.sequence.together.test_together import moment
from tests.photos import write_photo


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("photos")
    return [
        str(write_photo(folder, [case.subject.keypoints], name)[0])
        for case, name in zip(moment()[:2], ("front", "side"), strict=True)
    ]


def together(photos: list[str], out: Path, *options: str) -> int:
    focal = f"{moment()[0].subject.focal_px:g}"
    return main(["together", *photos, "--out", str(out), "--focal-px", focal, *options])


@pytest.mark.parametrize("common", ["same-person", "same-moment"])
def test_folders_and_what_they_share(photos: list[str], tmp_path: Path, common: str) -> None:
    assert together(photos, tmp_path, f"--{common}") == 0
    facts = json.loads((tmp_path / "together.json").read_text(encoding="utf-8"))
    assert facts["kind"] == common and [one["folder"] for one in facts["photos"]] == ["front", "side"]
    people = [read_result(tmp_path / name).people[0] for name in ("front", "side")]
    np.testing.assert_array_equal(people[0].betas, people[1].betas)
    elbows = [person.rotations["left_elbow"] for person in people]
    assert np.array_equal(elbows[0], elbows[1]) == (common == "same-moment")
    cameras = [one.get("first_from_camera") for one in facts["photos"]]
    assert (cameras[0] == np.eye(4).tolist()) == (cameras[1] is not None) == (common == "same-moment")


REFUSED = {
    "one photo": (1, ("--same-person",)),
    "neither": (2, ()),
    "both": (2, ("--same-person", "--same-moment")),
    "too few numbers": (2, ("--same-person", "--person", "0,0,0")),
    "no number": (2, ("--same-person", "--person", "zero")),
    "nobody of that number": (2, ("--same-person", "--person", "4")),
}


@pytest.mark.parametrize(("count", "options"), REFUSED.values(), ids=REFUSED)
def test_refusals(photos: list[str], tmp_path: Path, count: int, options: tuple[str, ...]) -> None:
    try:
        code = together(photos[:count], tmp_path / "out", *options)
    except SystemExit as refused:  # of the argument parser
        code = int(refused.code or 0)
    assert code == 2 and not (tmp_path / "out").exists()


def test_a_photo_named_twice(photos: list[str], tmp_path: Path) -> None:
    assert together([photos[0], photos[0]], tmp_path, "--same-moment") == 2


def test_points_of_different_detectors(photos: list[str], tmp_path: Path) -> None:
    """One photo has OpenPose's file, the other shows somebody to our own eyes."""
    demo = Path(__file__).parents[2] / "docs" / "demo" / "demo_photo.jpg"
    lone = tmp_path / "demo.jpg"
    lone.write_bytes(demo.read_bytes())
    assert together([photos[0], str(lone)], tmp_path / "out", "--same-person") == 4
    assert not (tmp_path / "out" / "together.json").exists()
