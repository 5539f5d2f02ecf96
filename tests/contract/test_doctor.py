"""`inspect` of what is no photo, `convert --to openpose`, and one keypoint file for a batch, by the real command line."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fitting_core.cli import main
from fitting_core.keypoints.other_layouts import layouts_of
from tests.fitting_core.conversion import foreign_files
from tests.fitting_core.keypoints.documents import SIZE, STANDING, body, person, whole, write
from tests.photos import synthetic_case, write_photo


def said(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    assert main(["inspect", *map(str, words)]) == 0
    return capsys.readouterr().err


def _keypoints(folder: Path) -> Path:
    points = body()
    points[0] = np.nan
    return write(folder, {"canvas_width": 800, "canvas_height": 1000, "people": [person(pose=points)]})


def _frames(folder: Path) -> Path:
    return write(folder, [{"people": []}, {"people": [person()]}])


def _pose(folder: Path) -> Path:
    return foreign_files.write(folder / "walk.npz", foreign_files.amass(betas=np.full(16, 40.0)))


def _body_model(folder: Path) -> Path:
    path = folder / "SMPL.pkl"
    path.write_bytes(
        pickle.dumps(
            {"v_template": np.zeros((9, 3)), "shapedirs": np.zeros((9, 3, 2)), "weights": np.zeros((9, 2))}
        )
    )
    return path


def _other(folder: Path) -> Path:
    path = folder / "a.npz"
    np.savez(path, temperature=np.zeros(3))
    return path


def _folder(folder: Path) -> Path:
    write_photo(folder, [synthetic_case(0).subject.keypoints])
    return folder


def _text(folder: Path) -> Path:
    path = folder / "motion.bvh"
    path.write_text("HIERARCHY\nROOT Hips")
    return path


EXPLAINED: dict[str, tuple[Any, tuple[str, ...]]] = {
    "keypoints": (_keypoints, ("ControlNet, BODY_25", "800 × 1000", "24 points", "point 0 (nose)", "smplify-fit fit PHOTO")),
    "frames": (_frames, ("It holds 2 frames", "frame 1 has people: choose with --frame 1")),
    "pose": (_pose, ("AMASS motion, 4 frames", "120 frames a second", "'betas' has a value of 40", "smplify-fit convert")),
    "body model": (_body_model, ("It is a body model", "--model")),
    "something else": (_other, ("a NumPy archive (.npz)", "temperature", "neither keypoints nor poses")),
    "a folder": (_folder, ("1 .json", "1 .png", "smplify-fit batch")),
    "BVH": (_text, ("a BVH motion", "Blender imports it itself")),
}  # fmt: skip


@pytest.mark.parametrize("name", EXPLAINED)
def test_any_file_is_explained(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make, words = EXPLAINED[name]
    text = said(capsys, make(tmp_path))
    for expected in words:
        assert expected in text, text


def test_programs_get_the_explanation_as_one_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["inspect", str(_pose(tmp_path)), "--messages", "json"]) == 0
    (message,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert message["type"] == "EXPLAINED" and any("AMASS" in line for line in message["lines"])


def test_what_is_not_there_is_an_error(tmp_path: Path) -> None:
    assert main(["inspect", str(tmp_path / "nothing.npz")]) == 3


def _wrist(path: Path) -> list[float]:
    entry = json.loads(path.read_text())["people"][0]
    return entry["pose_keypoints_2d"][3 * 7 : 3 * 7 + 3]


def test_any_dialect_becomes_openpose(tmp_path: Path) -> None:
    layout = layouts_of(133)[0]
    source = write(tmp_path, [{"keypoints": whole(layout).reshape(-1).tolist()}], "coco.json")
    out = tmp_path / "photo_keypoints.json"
    assert main(["convert", str(source), "--to", "openpose", "--out", str(out)]) == 0
    assert _wrist(out) == pytest.approx([*STANDING["left_wrist"], 0.8])
    document = json.loads(out.read_text())
    assert (document["version"], document["detector"]) == (1.3, "coco")
    assert len(document["people"][0]["hand_left_keypoints_2d"]) == 63


def test_every_frame_becomes_a_file(tmp_path: Path) -> None:
    source = write(tmp_path, [{"people": [person()]}, {"people": []}], "poses.json")
    words = ["convert", str(source), "--to", "openpose", "--out"]
    assert main([*words, str(tmp_path / "frames")]) == 0
    names = sorted(path.name for path in (tmp_path / "frames").iterdir())
    assert names == ["poses_000000000000_keypoints.json", "poses_000000000001_keypoints.json"]
    assert main([*words, str(tmp_path / "one.json")]) == 2
    assert main([*words, str(tmp_path / "one.json"), "--frame", "0"]) == 0
    assert main([*words, str(source), "--frame", "0"]) == 8  # over itself


def test_units_need_a_size(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    points = body()
    points[:, :2] /= SIZE
    source = write(tmp_path, {"people": [person(pose=points)]}, "unit.json")
    words = ["convert", str(source), "--to", "openpose", "--out", str(tmp_path / "out.json")]
    assert main(words) == 2
    assert "--points-size" in capsys.readouterr().err
    assert main([*words, "--points-size", "800x1000"]) == 0
    assert _wrist(tmp_path / "out.json") == pytest.approx([*STANDING["left_wrist"], 0.8], abs=0.01)


@pytest.mark.parametrize(
    ("frames", "more", "words"),
    [
        (1, (), "holds 1 frame, and there are 2 photos"),
        (3, (), "holds 3 frames, and there are 2 photos"),
        (2, ("--frame", "0"), "--frame"),
    ],
    ids=["one", "too many", "one for all"],
)
def test_a_batch_takes_no_frame_for_every_photo(
    tmp_path: Path, frames: int, more: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    photo, _ = write_photo(tmp_path, [synthetic_case(0).subject.keypoints])
    photos = tmp_path / "photos"
    photos.mkdir()
    for name in ("a", "b"):
        (photos / f"{name}{photo.suffix}").write_bytes(photo.read_bytes())
    source = write(tmp_path, [{"people": [person()]}] * frames, "all.json")
    out = tmp_path / "out"
    assert main(["batch", str(photos), "--keypoints", str(source), "--out", str(out), *more]) == 2
    found = capsys.readouterr()
    assert words in found.out + found.err
    assert not list(out.glob("*/person_00.npz"))
