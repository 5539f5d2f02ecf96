"""Blender's own commands refuse, before any work, a path that no file can have and an output in a user's file's place."""

from __future__ import annotations

import argparse
from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image

IMPOSSIBLE = {
    "NUL": "a\0b",
    "half a character": "a\ud800b",
    "too long": "x" * 300,
    "deeper": f"missing/{'x' * 300}",
}


def parsers() -> dict[str, argparse.ArgumentParser]:
    from smplify_blender.headless import batch, command, fit

    return {"import": command._parser("x"), "fit": fit._parser("x"), "batch": batch._parser("x")}


@pytest.mark.parametrize("text", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
@pytest.mark.parametrize("command", ["import", "fit", "batch"])
def test_every_path_option_refuses(
    bpy: ModuleType, command: str, text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    from smplify_blender.headless.command import run_subcommand
    from smplify_blender.headless.outputs import file_path

    monkeypatch.chdir(tmp_path)
    options = [action for action in parsers()[command]._actions if action.type is file_path]
    assert options and not [action for action in parsers()[command]._actions if action.type is Path]
    for option in options:
        assert run_subcommand([command, *option.option_strings[:1], text], "smplify") == 2
        said = capsys.readouterr().err
        assert (option.option_strings or [str(option.metavar)])[0] in said and "choose another path" in said
    assert list(tmp_path.iterdir()) == []


def test_the_folder_of_photos_refuses(bpy: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    from smplify_blender.headless.command import run_subcommand

    assert run_subcommand(["batch", "a\0b", "--out", "out"], "smplify") == 2
    assert "choose another path" in capsys.readouterr().err


@pytest.mark.parametrize("mine", ["a.png", "a.blend", "a.glb", "summary.csv"])
def test_a_batch_into_the_folder_of_photos_replaces_nothing(
    bpy: ModuleType, mine: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from smplify_blender.headless.command import run_subcommand

    Image.new("RGB", (64, 64)).save(tmp_path / "a.jpg")
    if mine == "a.png":  # two photos of one name get distinct outputs, so the third's is in the way
        Image.new("RGB", (64, 64)).save(tmp_path / "a.jpg.png")
    (tmp_path / mine).write_bytes(b"mine")
    target = tmp_path / ("a.jpg.png" if mine == "a.png" else mine)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    line = ["batch", str(tmp_path), "--out", str(tmp_path), "--render", "--glb"]
    assert run_subcommand(line, "smplify") == 2
    assert str(target) in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
