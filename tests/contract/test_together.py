"""Several photos through the real command line: result folders that the add-on reads, with one body or one pose."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.cases import IMAGE_SIZE
from fitting_core.cli import main
from smplify_blender.result.read_result import read_result
from tests.fitting_core.sequence.together.test_together import moment, world_from_cameras
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


def camera_of(world_from_camera: np.ndarray) -> dict[str, object]:
    """A camera as --camera of one photo has it."""
    camera, subject = np.linalg.inv(world_from_camera), moment()[0].subject
    (cx, cy), focal = subject.principal_point.tolist(), float(subject.focal_px)
    seen = {"fx": focal, "fy": focal, "cx": cx, "cy": cy, "width": IMAGE_SIZE[0], "height": IMAGE_SIZE[1]}
    return {**seen, "R": camera[:3, :3].tolist(), "t": camera[:3, 3].tolist(), "up": "z"}


def test_given_cameras(photos: list[str], tmp_path: Path) -> None:
    """The figure stands in the cameras' world, and the file of what is common has their places."""
    front, side = world_from_cameras()[:2]
    cameras = tmp_path / "cameras.json"
    content = {"front.png": camera_of(front), "side.png": camera_of(side)}
    cameras.write_text(json.dumps(content), encoding="utf-8")
    out = tmp_path / "out"
    assert main(["together", *photos, "--out", str(out), "--same-moment", "--cameras", str(cameras)]) == 0
    facts = json.loads((out / "together.json").read_text(encoding="utf-8"))
    for one, given in zip(facts["photos"], (front, side), strict=True):
        np.testing.assert_allclose(one["world_from_camera"], given, atol=1e-6)
    joints = []
    for name, given in (("front", front), ("side", side)):
        result = read_result(out / name)
        np.testing.assert_allclose(np.reshape(result.camera.world_from_camera, (4, 4)), given, atol=1e-5)
        joints.append(result.people[0].vertices @ given[:3, :3].T + given[:3, 3])
    np.testing.assert_allclose(joints[0], joints[1], atol=1e-4)


CAMERAS: dict[str, tuple[dict[str, object], str]] = {
    "no camera of a photo": ({"other.jpg": {}}, "has those of side.png, other.jpg"),
    "no object": ({"front.png": 3}, "camera of front.png: it is no JSON object"),
    "no place": ({"front.png": {"R": None}}, "camera of front.png does not say where it stands"),
    "another up": ({"front.png": {"up": "y"}}, "'up' differs (y, z)"),
    "no focal length": ({"front.png": {"fx": None}}, "'fx' is missing"),
}


@pytest.mark.parametrize(("changes", "words"), CAMERAS.values(), ids=CAMERAS)
def test_cameras_that_are_none(
    photos: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    changes: dict[str, object],
    words: str,
) -> None:
    whole = camera_of(world_from_cameras()[0])
    content: dict[str, object] = {"front.png": whole, "side.png": whole}
    for name, change in changes.items():
        if isinstance(change, dict) and change:
            found = {**whole, **change}
            if found["R"] is None:
                del found["R"], found["t"]
            content[name] = {key: value for key, value in found.items() if value is not None}
        else:
            content[name] = change
    if "other.jpg" in content:
        del content["front.png"]
    cameras = tmp_path / "cameras.json"
    cameras.write_text(json.dumps(content), encoding="utf-8")
    out = tmp_path / "out"
    assert main(["together", *photos, "--out", str(out), "--same-moment", "--cameras", str(cameras)]) != 0
    assert words in capsys.readouterr().err and not (out / "together.json").exists()


REFUSED = {
    "one photo": (1, ("--same-person",)),
    "neither": (2, ()),
    "both": (2, ("--same-person", "--same-moment")),
    "too few numbers": (2, ("--same-person", "--person", "0,0,0")),
    "no number": (2, ("--same-person", "--person", "zero")),
    "nobody of that number": (2, ("--same-person", "--person", "4")),
    "cameras of one person": (2, ("--same-person", "--cameras", "cameras.json")),
    "cameras and a lens": (2, ("--same-moment", "--cameras", "cameras.json")),
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
