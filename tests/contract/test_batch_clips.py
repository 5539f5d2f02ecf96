"""Photos and movies in one folder through the real command line: a clip is listed, kept, killed and resumed as a photo is."""

from __future__ import annotations

import csv
import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from fitting_core.cli import main
from fitting_core.errors import CancelledError
from fitting_core.results.exchange import SEQUENCE_STEPS
from tests.contract.test_sequence import FRAMES, entries, write_clip
from tests.photos import synthetic_case, write_photo

_SECONDS_AT_MOST = 120
# The command as in a terminal: a shell that runs tests in the background lets its children ignore Ctrl-C.
_HEARS = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    "from fitting_core.cli import main\n"
    "if __name__ == '__main__': sys.exit(main(sys.argv[1:]))"
)


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder `shots` with a photo, two clips (one of the photo's name, one inside) and a bad movie; `out` with the results."""
    place = tmp_path_factory.mktemp("mixed")
    (place / "shots" / "late").mkdir(parents=True)
    write_photo(place / "shots", [synthetic_case(0).subject.keypoints], "clip")
    write_clip(place / "shots")
    shutil.copy(place / "shots" / "clip.mp4", place / "shots" / "late" / "walk.MP4")
    shutil.copytree(place / "shots" / "clip", place / "shots" / "late" / "walk_keypoints")
    (place / "shots" / "broken.mov").write_bytes(b"no movie")
    assert main(_line(place, "--workers", "2", "--height-cm", "170", "--person", "0")) == 1
    return place


def _line(place: Path, *more: str) -> list[str]:
    focal = f"{synthetic_case(0).subject.focal_px:g}"
    line = ["batch", str(place / "shots"), "--out", str(place / "out"), "--nested", "--focal-px", focal]
    return [*line, *more]


def _rows(out: Path) -> dict[str, dict[str, str]]:
    with (out / "summary.csv").open(encoding="utf-8", newline="") as file:
        return {row["photo"]: row for row in csv.DictReader(file)}


def _times(out: Path) -> dict[str, int]:
    return {str(path.parent): path.stat().st_mtime_ns for path in out.rglob("summary.json")}


def test_every_photo_and_clip_has_its_row_and_its_people(fitted: Path) -> None:
    rows = _rows(fitted / "out")
    assert {name: (row["status"], row["folder"]) for name, row in rows.items()} == {
        "clip.png": ("done", "clip"),
        "broken.mov": ("failed", ""),
        "clip.mp4": ("done", "clip.mp4"),
        "late/walk.MP4": ("done", "late/walk"),
    }
    assert rows["broken.mov"]["code"] == "bad-clip"
    assert "fitted without --height-cm: this is for photos" in rows["clip.mp4"]["reason"]
    lines = (fitted / "out" / "people.jsonl").read_text(encoding="utf-8").splitlines()
    people = {person["photo"]: person for person in map(json.loads, lines)}
    assert set(people) == set(rows) - {"broken.mov"}
    assert len({tuple(person) for person in people.values()}) == 1, "the same columns in every line"
    clip, photo = people["late/walk.MP4"], people["clip.png"]
    assert (clip["file"], clip["first_frame"], clip["last_frame"]) == ("person_00_motion.npz", 0, FRAMES - 1)
    assert clip["quality"] in ("good", "check", "poor") and clip["frames_seen"] == FRAMES - 1
    assert clip["focal_px"] == pytest.approx(photo["focal_px"], rel=1e-3) and photo["last_frame"] is None
    assert (clip["image_width"], clip["image_height"]) == (photo["image_width"], photo["image_height"])


def test_a_body_lies_on_the_disk_once(fitted: Path) -> None:
    bodies = list((fitted / "out").rglob("body.npz"))
    assert len(bodies) == 3
    assert len({path.stat().st_ino for path in bodies}) == len({path.read_bytes() for path in bodies})


def test_a_clip_has_a_picture_on_the_contact_sheet(fitted: Path) -> None:
    from PIL import Image

    page = (fitted / "out" / "index.html").read_text(encoding="utf-8")
    assert page.count("<article") == 4 and page.count("<img") == 3
    assert f"{FRAMES} frames" in page
    with Image.open(fitted / "out" / "clip.mp4" / "views.jpg") as picture:
        pixels = np.asarray(picture).astype(int)
    cells = np.split(pixels[:, :360], 3, axis=1)  # three frames of a clip that is higher than wide
    for grey, cell in zip((38, 58, 98), cells, strict=True):  # frames 1, 4 and 6: each in its own grey
        inside = cell[cell.shape[0] // 2]
        assert abs(np.median(inside) - grey) < 25
        assert (np.abs(inside - np.median(inside)).max(axis=1) > 40).sum() > 5, "no figure lies on it"


def test_a_clip_comes_to_the_same_as_alone(fitted: Path, tmp_path: Path) -> None:
    focal = f"{synthetic_case(0).subject.focal_px:g}"
    clip = fitted / "shots" / "clip.mp4"
    assert main(["sequence", str(clip), "--out", str(tmp_path / "one"), "--focal-px", focal]) == 0
    alone, together = (
        entries(place / "person_00_motion.npz") for place in (tmp_path / "one", fitted / "out" / "clip.mp4")
    )
    assert alone.keys() == together.keys()
    for name, values in alone.items():
        np.testing.assert_array_equal(together[name], values, err_msg=name)


def test_what_is_done_stays_and_a_changed_clip_is_done_again(
    fitted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = shutil.copytree(fitted, tmp_path / "copy")
    before = _times(place / "out")
    line = _line(place, "--height-cm", "170", "--person", "0", "--workers", "1")
    assert main(line) == 1
    assert _times(place / "out") == before
    assert "1 photo and 3 clips in shots, 3 of them done by an earlier run" in capsys.readouterr().err
    file = place / "shots" / "late" / "walk_keypoints" / f"clip_{FRAMES - 1:012d}_keypoints.json"
    file.write_text(json.dumps({"version": 1.3, "people": []}), encoding="utf-8")
    assert main(line) == 1
    changed = {name for name, when in _times(place / "out").items() if before.get(name) != when}
    assert changed == {str(place / "out" / "late" / "walk")}


def test_movies_are_left_alone_if_asked_for(fitted: Path, tmp_path: Path) -> None:
    place = tmp_path / "copy"
    shutil.copytree(fitted / "shots", place / "shots")
    assert main(_line(place, "--no-clips", "--no-overlay")) == 0
    assert list(_rows(place / "out")) == ["clip.png"]


def _kept(out: Path) -> set[Path]:
    return set(out.rglob(f"{SEQUENCE_STEPS}/*.npz"))


def test_a_run_that_is_stopped_in_its_clips_goes_on_inside_them(fitted: Path, tmp_path: Path) -> None:
    place = tmp_path / "copy"
    shutil.copytree(fitted / "shots", place / "shots", ignore=shutil.ignore_patterns("broken*", "clip.png"))
    command = [
        sys.executable,
        "-c",
        _HEARS,
        *_line(place, "--workers", "2", "--messages", "json"),
        "--no-overlay",
    ]
    kept = set[Path]()
    for way, code in ((signal.SIGKILL, -signal.SIGKILL), (signal.SIGINT, CancelledError.exit_code)):
        with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as process:
            assert process.stdout is not None
            deadline = time.monotonic() + _SECONDS_AT_MOST
            while _kept(place / "out") <= kept and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.02)
            process.send_signal(way)
            process.stdout.read()  # ends when the last process that holds it has ended
        assert process.returncode == code, "stopped, not at its end"
        assert not _kept(place / "out") <= kept, "a step more than before"
        kept = _kept(place / "out")
    assert subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode == 0
    assert not _kept(place / "out")
    for name in ("clip.mp4", "late/walk"):
        whole = entries(fitted / "out" / name / "person_00_motion.npz")
        folder = "clip" if name == "clip.mp4" else name  # without the photo the name is free
        for key, values in entries(place / "out" / folder / "person_00_motion.npz").items():
            np.testing.assert_array_equal(values, whole[key], err_msg=f"{name}: {key}")


def test_a_clip_of_a_batch_comes_out_as_the_sequence(fitted: Path, tmp_path: Path) -> None:
    """Its body, too, is chosen as `sequence` chooses it, from the same options."""
    movie = fitted / "shots" / "late" / "walk.MP4"
    focal = f"{synthetic_case(0).subject.focal_px:g}"
    assert (
        main(["sequence", str(movie), "--out", str(tmp_path / "out"), "--focal-px", focal, "--person", "0"])
        == 0
    )
    own, batch = (
        entries(folder / "person_00_motion.npz") for folder in (tmp_path / "out", fitted / "out/late/walk")
    )
    assert own.keys() == batch.keys()
    for name in own:
        np.testing.assert_array_equal(own[name], batch[name], err_msg=name)
    choices = [
        json.loads((folder / "summary.json").read_text(encoding="utf-8"))["people"][0].get("gender")
        for folder in (tmp_path / "out", fitted / "out/late/walk")
    ]
    assert choices[0] == choices[1]
