"""Movies that PyAV has written, read back: frames, exact rate, turned pictures, gaps, damage."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from fitting_core.errors import ClipError, RequestError
from fitting_core.sequence.frames import movie
from fitting_core.sequence.frames.movie import open_movie
from tests.movies import grey_steps, turn_movie, write_movie


def greys(path: Path, numbers: list[int]) -> list[int]:
    """The mean grey of some frames, as steps of `grey_steps`."""
    pictures = open_movie(path).pictures(np.array(numbers))
    return [round((float(picture.mean()) - 20.0) / 10.0) for picture in pictures]


@pytest.mark.parametrize("rate", [Fraction(25), Fraction(30000, 1001), Fraction(24000, 1001), Fraction(60)])
def test_rate_is_exact(tmp_path: Path, rate: Fraction) -> None:
    clip = open_movie(write_movie(tmp_path / "clip.mp4", grey_steps(7), rate))
    assert clip.frames.rate == rate and len(clip.frames) == 7 and clip.size == (64, 48)
    np.testing.assert_allclose(clip.frames.times, np.arange(7) / float(rate), atol=1e-9)
    assert clip.warnings == ()


@pytest.mark.parametrize("numbers", [[0, 1, 2, 3], [5], [0, 3, 6], [2, 2, 2, 4]], ids=str)
def test_frames_are_those_asked_for(tmp_path: Path, numbers: list[int]) -> None:
    path = write_movie(tmp_path / "clip.mp4", grey_steps(7))
    assert greys(path, numbers) == numbers


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.avi", "clip.mov"])
def test_containers(tmp_path: Path, name: str) -> None:
    path = write_movie(tmp_path / name, grey_steps(5))
    assert len(open_movie(path).frames) == 5
    assert greys(path, [4]) == [4]


def test_turned_pictures_stand_upright(tmp_path: Path) -> None:
    """What was the left side is at the top after a quarter turn clockwise."""
    picture = np.zeros((48, 64, 3), dtype=np.uint8)
    picture[:, :32] = 200
    path = write_movie(tmp_path / "clip.mp4", [picture] * 3)
    turn_movie(path)
    clip = open_movie(path)
    assert clip.size == (48, 64)
    (upright,) = clip.pictures(np.array([0]))
    assert upright.shape == (64, 48, 3)
    assert upright[:28].mean() > 190 and upright[36:].mean() < 10


def test_varying_rate_is_told(tmp_path: Path) -> None:
    path = write_movie(tmp_path / "clip.mp4", grey_steps(5), Fraction(10), times=[0, 1, 2, 5, 6])
    clip = open_movie(path, Fraction(10))
    assert clip.frames.numbers.tolist() == [0, 1, 2, 2, 2, 3, 4]
    assert "no steady frame rate" in clip.warnings[0]


def test_rate_is_overruled(tmp_path: Path) -> None:
    clip = open_movie(write_movie(tmp_path / "clip.mp4", grey_steps(5)), Fraction(25, 2))
    assert clip.frames.rate == Fraction(25, 2)


def write_playlist(path: Path) -> None:
    path.write_text("#EXTM3U\n#EXTINF:1,\n/etc/hostname\n", encoding="utf-8")


DAMAGED = {
    "missing": lambda path: None,
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("no movie"),
    "a folder": lambda path: path.mkdir(),
    "a playlist": write_playlist,
    "only a head": lambda path: path.write_bytes(write_movie(path, grey_steps(5)).read_bytes()[:200]),
}


@pytest.mark.parametrize("damage", DAMAGED.values(), ids=DAMAGED)
def test_damaged_movies(tmp_path: Path, damage: object) -> None:
    path = tmp_path / "clip.mp4"
    assert callable(damage)
    damage(path)
    with pytest.raises(ClipError, match=r"clip\.mp4"):
        open_movie(path)


def test_pyav_is_named_where_it_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(movie, "can_read_movies", lambda: False)
    with pytest.raises(RequestError, match="pip install av"):
        open_movie(tmp_path / "clip.mp4")
