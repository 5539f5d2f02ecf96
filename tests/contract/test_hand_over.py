"""A program beside the batch, as Blender's add-on is: it is told what there is to do, and gives leave, refuses, or goes away."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from fitting_core.cli import main
from tests.photos import synthetic_case, write_photo

_SECONDS_AT_MOST = 120


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder `shots` with a photo and its keypoints, and an empty one for what is handed over."""
    (tmp_path / "shots").mkdir()
    (tmp_path / "handed").mkdir()
    write_photo(tmp_path / "shots", [synthetic_case(0).subject.keypoints], "walk")
    return tmp_path


def _batch(place: Path) -> subprocess.Popen[bytes]:
    words = [
        *("batch", str(place / "shots"), "--out", str(place / "out"), "--hand-over", str(place / "handed")),
        *("--messages", "json", "--no-overlay", "--no-width-cue", "--no-depth-cue"),
    ]
    return subprocess.Popen(
        [sys.executable, "-m", "fitting_core", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def _asked_for(child: subprocess.Popen[bytes]) -> str:
    assert child.stdout is not None
    return next(message["file"] for line in child.stdout if (message := json.loads(line))["type"] == "WANTED")


def _rest(child: subprocess.Popen[bytes]) -> list[dict[str, object]]:
    """Return what else it says until its end; its stdin stays open."""
    assert child.stdout is not None
    messages = [json.loads(line) for line in child.stdout]
    child.wait(_SECONDS_AT_MOST)
    return messages


def test_the_batch_says_what_there_is_and_waits_for_leave(place: Path) -> None:
    with _batch(place) as child:
        assert _asked_for(child) == "go"
        listed = json.loads((place / "handed" / "listing.json").read_bytes())
        assert listed == [{"label": "walk.png", "name": "walk", "is_clip": False}]
        assert not (place / "out").exists()
        (place / "handed" / "go").touch()
        assert _rest(child)[-1]["type"] == "DONE"
    assert child.returncode == 0 and (place / "out" / "walk" / "summary.json").is_file()


def test_a_refusal_ends_the_batch_with_its_reason(place: Path) -> None:
    with _batch(place) as child:
        assert _asked_for(child) == "go"
        (place / "handed" / "go.refused").write_text(
            "walk.blend lies there. Choose another folder.", encoding="utf-8"
        )
        last = _rest(child)[-1]
    assert (last["type"], last["text"]) == ("ERROR", "walk.blend lies there. Choose another folder.")
    assert child.returncode == 2 and not (place / "out").exists()


def test_the_batch_ends_with_the_program_beside_it(place: Path) -> None:
    with _batch(place) as child:
        assert _asked_for(child) == "go"
        assert child.stdin is not None
        child.stdin.close()  # as the system does when a program is killed
        assert child.wait(_SECONDS_AT_MOST) == 1
    assert not (place / "out").exists()


def test_nothing_is_handed_over_of_an_address(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = ["batch", "memory://shots", "--out", str(place / "out"), "--workers", "1"]
    pytest.importorskip("fsspec").filesystem("memory").pipe("/shots/walk.jpg", b"no photo")
    assert main([*line, "--hand-over", str(place / "handed")]) == 2
    assert "--hand-over" in capsys.readouterr().err and not (place / "out").exists()
