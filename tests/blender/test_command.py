"""The command line, in a process of its own as users start it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.blender.synthetic_result import random_person, write_result

ROOT = Path(__file__).parents[2]
pytest.importorskip("bpy")


def run(arguments: Sequence[object]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "smplify_blender", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)


def picture_size(png: Path) -> tuple[int, int]:
    header = png.read_bytes()[:24]
    assert header[:8] == b"\x89PNG\r\n\x1a\n"
    return int.from_bytes(header[16:20], "big"), int.from_bytes(header[20:24], "big")


@pytest.mark.slow
def test_blend_and_pictures(tmp_path: Path) -> None:
    folder = write_result(tmp_path / "fit", [random_person(1), random_person(2, 4.5)])
    out = tmp_path / "new folder"
    done = run(
        [folder, "--blend", out / "a.blend", "--render", out / "camera.png", "--side", out / "side.png"]
    )
    written = [out / "a.blend", out / "camera.png", out / "side.png"]
    assert (done.returncode, done.stdout.splitlines()) == (0, [str(path) for path in written])
    assert sorted(path.name for path in out.iterdir()) == ["a.blend", "camera.png", "side.png"]
    assert (out / "a.blend").read_bytes()[:4] == b"\x28\xb5\x2f\xfd"  # Zstandard: compressed
    assert picture_size(out / "camera.png") == (2 * 480, 640)
    assert picture_size(out / "side.png") == (560, 480)


REFUSED = {
    "no folder": (["nowhere", "--blend", "a.blend"], 3, "is not a folder"),
    "no output": (["fit"], 2, "--blend"),
    "no such person": (["fit", "--blend", "a.blend", "--person", "7"], 3, "has no person 7"),
    "cannot write": (["fit", "--blend", "fit/photo.png/a.blend"], 8, "cannot write"),
}


@pytest.mark.parametrize(("arguments", "code", "words"), REFUSED.values(), ids=REFUSED)
def test_refused(tmp_path: Path, arguments: list[str], code: int, words: str) -> None:
    write_result(tmp_path / "fit")
    paths = [tmp_path / word if word[0] in "nfa" and word != "7" else word for word in arguments]
    done = run(paths)
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "a.blend").exists()
