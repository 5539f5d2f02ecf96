"""People found in the photo itself: by `fit`, `inspect`, `batch`, `detect` and the resident process, with Pillow and without."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from fitting_core.cli import main
from fitting_core.keypoints.layouts import BODY_25
from fitting_core.photo import seen_people
from fitting_core.photo.pixels import upright

DEMO = Path(__file__).parents[2] / "docs" / "demo"
LIMBS = [
    BODY_25.index(f"{side}_{joint}")
    for side in ("left", "right")
    for joint in ("elbow", "wrist", "knee", "ankle")
]
NEAR_PX = 25.0  # 3 % of the demo figure's height


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo photo alone, without its keypoint file."""
    return Path(shutil.copy(DEMO / "demo_photo.jpg", tmp_path_factory.mktemp("alone") / "shot.jpg"))


@pytest.fixture(scope="module")
def truth() -> np.ndarray:
    person = json.loads((DEMO / "demo_photo_keypoints.json").read_text(encoding="utf-8"))["people"][0]
    return np.array(person["pose_keypoints_2d"]).reshape(-1, 3)


def fitted(folder: Path, *arguments: object) -> dict[str, np.ndarray]:
    assert main(["fit", *map(str, arguments), "--out", str(folder), "--no-overlay"]) == 0
    with np.load(folder / "person_00.npz", allow_pickle=False) as data:
        return {key: data[key] for key in data.files}


def limbs_apart(points: np.ndarray, truth: np.ndarray) -> float:
    return float(np.linalg.norm(points[LIMBS, :2] - truth[LIMBS, :2], axis=1).max())


def test_a_photo_alone_is_fitted(photo: Path, truth: np.ndarray, tmp_path: Path) -> None:
    found = fitted(tmp_path / "out", photo)
    assert limbs_apart(found["keypoints"], truth) < NEAR_PX
    terms = dict(zip(found["loss_term_names"].tolist(), found["loss_terms"].tolist(), strict=True))
    assert terms["depth"] > 0.0
    summary = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    assert summary["people"][0]["quality"] in ("good", "check")


def test_without_the_cue_nothing_is_paid_for_depth(photo: Path, tmp_path: Path) -> None:
    assert "depth" not in fitted(tmp_path / "out", photo, "--no-depth-cue")["loss_term_names"].tolist()


def test_without_the_cue_nothing_is_paid_for_widths(photo: Path, tmp_path: Path) -> None:
    assert "widths" in fitted(tmp_path / "with", photo)["loss_term_names"].tolist()
    names = fitted(tmp_path / "out", photo, "--no-width-cue")["loss_term_names"].tolist()
    assert "depth" in names and "widths" not in names


def test_a_file_comes_first_unless_detection_is_asked_for(
    photo: Path, truth: np.ndarray, tmp_path: Path
) -> None:
    shot = Path(shutil.copy(photo, tmp_path / "shot.jpg"))
    shutil.copy(DEMO / "demo_photo_keypoints.json", tmp_path / "shot_keypoints.json")
    from_file = fitted(tmp_path / "file", shot)["keypoints"]
    assert limbs_apart(from_file, truth) < 1e-6
    seen = fitted(tmp_path / "seen", shot, "--detect")["keypoints"]
    assert 1.0 < limbs_apart(seen, truth) < NEAR_PX


def test_pixels_that_are_handed_over_serve_a_python_without_pillow(
    photo: Path, truth: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At half the size, as stored: the photo's EXIF asks for a quarter turn."""
    with Image.open(photo) as opened:
        picture = opened.convert("RGB")
    stored = picture.transpose(Image.Transpose.ROTATE_90)
    shot = tmp_path / "shot.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    stored.save(shot, exif=exif, quality=95)
    half = stored.resize((stored.width // 2, stored.height // 2))
    copy = tmp_path / "copy.ppm"
    copy.write_bytes(b"P6 %d %d 255\n" % half.size + half.tobytes())
    monkeypatch.setattr(seen_people, "has_pillow", lambda: False)
    found = fitted(tmp_path / "out", shot, "--pixels", copy)
    assert limbs_apart(found["keypoints"], truth) < NEAR_PX
    assert main(["fit", str(shot), "--out", str(tmp_path / "none")]) == 3  # nobody can look


WRONG_COPIES: dict[str, bytes] = {
    "another format": b"\x89PNG\r\n\x1a\n" + bytes(100),
    "text": b"P3 2 2 255\n0 0 0",
    "16 bits": b"P6 2 2 65535\n" + bytes(24),
    "cut off": b"P6 900 1200 255\n" + bytes(100),
    "another shape": b"P6 300 300 255\n" + bytes(270000),
    "no size": b"P6 0 5 255\n",
    "a huge size": b"P6 99999 99999 255\n",
    "empty": b"",
}


@pytest.mark.parametrize("content", WRONG_COPIES.values(), ids=WRONG_COPIES)
def test_pixels_that_are_none_are_refused(photo: Path, tmp_path: Path, content: bytes, capsys: Any) -> None:
    copy = tmp_path / "copy.ppm"
    copy.write_bytes(content)
    assert main(["fit", str(photo), "--out", str(tmp_path / "out"), "--pixels", str(copy)]) == 3
    assert "copy.ppm" in capsys.readouterr().err and not (tmp_path / "out" / "summary.json").exists()


def test_detect_writes_a_file_that_a_fit_reads(photo: Path, truth: np.ndarray, tmp_path: Path) -> None:
    file, picture = tmp_path / "found.json", tmp_path / "found.png"
    assert main(["detect", str(photo), "--out", str(file), "--picture", str(picture)]) == 0
    with Image.open(picture) as drawn:
        assert drawn.size == (900, 1200)
    assert limbs_apart(fitted(tmp_path / "out", photo, file)["keypoints"], truth) < NEAR_PX
    document = json.loads(file.read_text(encoding="utf-8"))
    assert document["version"] == 1.3 and len(document["people"][0]["body_depths_m"]) == 50
    assert len(document["people"][0]["body_widths_px"]) == 115
    # The file says whose points they are, so that its fit is the photo's own but for the widths, which are looked for once more.
    assert document["detector"] == "eyes"

    def betas(name: str, *files: Path) -> np.ndarray:
        return fitted(tmp_path / name, photo, *files, "--no-width-cue")["betas"]

    alone = betas("a")
    np.testing.assert_allclose(betas("b", file), alone, atol=0.05)
    del document["detector"]
    file.write_text(json.dumps(document), encoding="utf-8")
    assert np.abs(betas("c", file) - alone).max() > 0.2


def test_detect_writes_beside_the_photo(photo: Path, tmp_path: Path) -> None:
    shot = Path(shutil.copy(photo, tmp_path / "shot.jpg"))
    assert main(["detect", str(shot)]) == 0
    assert (tmp_path / "shot_keypoints.json").is_file()


@pytest.mark.parametrize(
    "command", [["fit", "--out", "{}/out"], ["detect", "--out", "{}/found.json"]], ids=["fit", "detect"]
)
def test_nobody_in_a_photo_is_said_and_nothing_is_written(
    command: list[str], tmp_path: Path, capsys: Any
) -> None:
    empty = tmp_path / "wall.png"
    Image.new("RGB", (300, 200), (120, 130, 140)).save(empty)
    words = [word.format(tmp_path) for word in command]
    assert main([words[0], str(empty), *words[1:]]) == 5
    assert "nobody was found in the photo" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["wall.png"]


def test_an_inspection_shows_who_would_be_fitted(photo: Path, truth: np.ndarray, capsys: Any) -> None:
    assert main(["inspect", str(photo), "--detect", "--messages", "json"]) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (person,) = [answer for answer in answers if answer["type"] == "PERSON"]
    assert limbs_apart(np.array(person["keypoints"]), truth) < NEAR_PX and person["is_main"]
    assert (answers[-1]["dialect"], answers[-1]["people"]) == ("found in the photo", 1)
    assert person["detector"] == "eyes"


def test_batch_looks_where_there_is_no_file(photo: Path, tmp_path: Path) -> None:
    shots = tmp_path / "shots"
    shots.mkdir()
    shutil.copy(photo, shots / "alone.jpg")
    assert main(["batch", str(shots), "--out", str(tmp_path / "out"), "--no-overlay"]) == 0
    assert (tmp_path / "out" / "alone" / "person_00.npz").is_file()


def test_depths_are_looked_for_where_the_keypoints_are_those_of_the_photo(
    photo: Path, tmp_path: Path
) -> None:
    found = fitted(tmp_path / "own", photo, DEMO / "demo_photo_keypoints.json")
    assert "depth" in found["loss_term_names"].tolist()
    wall = tmp_path / "wall.png"
    Image.new("RGB", (900, 1200), (120, 130, 140)).save(wall)
    found = fitted(tmp_path / "wall", wall, DEMO / "demo_photo_keypoints.json")
    assert "depth" not in found["loss_term_names"].tolist()


def test_what_was_seen_is_remembered_until_the_photo_changes(photo: Path, tmp_path: Path) -> None:
    from fitting_core.photo.header import read_photo_header

    shot = Path(shutil.copy(photo, tmp_path / "shot.jpg"))
    header = read_photo_header(shot)
    first = seen_people.see_photo(shot, header)
    assert seen_people.see_photo(shot, header) is first
    with Image.open(photo) as opened:
        Image.new("RGB", opened.size).save(shot)
    assert seen_people.see_photo(shot, header).people == ()


def test_detect_replaces_no_file_that_it_was_not_told_to(photo: Path, tmp_path: Path, capsys: Any) -> None:
    shot = Path(shutil.copy(photo, tmp_path / "shot.jpg"))
    before = shot.read_bytes()
    own = tmp_path / "shot_keypoints.json"
    own.write_text("of another detector", encoding="utf-8")
    assert main(["detect", str(shot)]) == 2 and own.read_text(encoding="utf-8") == "of another detector"
    assert "--out" in capsys.readouterr().err
    assert main(["detect", str(shot), "--out", str(shot)]) == 2
    assert main(["detect", str(shot), "--out", str(tmp_path / "new.json"), "--picture", str(shot)]) == 2
    assert shot.read_bytes() == before and not (tmp_path / "new.json").exists()
    assert main(["detect", str(shot), "--out", str(own)]) == 0
    assert json.loads(own.read_text(encoding="utf-8"))["version"] == 1.3


@pytest.mark.parametrize("orientation", range(1, 9))
def test_stored_pixels_are_turned_as_pillow_turns_them(orientation: int) -> None:
    stored = np.random.default_rng(orientation).integers(0, 256, (4, 6, 3), dtype=np.uint8)
    picture = Image.fromarray(stored)
    picture.getexif()[0x0112] = orientation
    assert np.array_equal(upright(stored, orientation), np.asarray(ImageOps.exif_transpose(picture)))
