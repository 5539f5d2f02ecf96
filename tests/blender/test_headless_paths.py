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
    "an address": "s3://bucket/a",
    "deeper": f"missing/{'x' * 300}",
}


def parsers() -> dict[str, argparse.ArgumentParser]:
    from smplify_blender.headless import batch, command, export, fit

    modules = {"import": command, "fit": fit, "batch": batch, "export": export}
    return {name: module._parser("x") for name, module in modules.items()}


@pytest.mark.parametrize("text", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
@pytest.mark.parametrize("command", ["import", "fit", "batch", "export"])
def test_every_path_option_refuses(
    bpy: ModuleType, command: str, text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    from smplify_blender.headless.command import run_subcommand
    from smplify_blender.headless.options import blend_object, file_path

    monkeypatch.chdir(tmp_path)
    kinds = (file_path, blend_object)
    options = [action for action in parsers()[command]._actions if action.type in kinds]
    assert options and not [action for action in parsers()[command]._actions if action.type is Path]
    for option in options:
        word = f"{text}.blend:x" if option.type is blend_object else text
        assert run_subcommand([command, *option.option_strings[:1], word], "smplify") == 2
        said = capsys.readouterr().err
        assert (option.option_strings or [str(option.metavar)])[0] in said and "choose another path" in said
    assert list(tmp_path.iterdir()) == []


def test_the_folder_of_photos_refuses(bpy: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    from smplify_blender.headless.command import run_subcommand

    assert run_subcommand(["batch", "a\0b", "--out", "out"], "smplify") == 2
    assert "choose another path" in capsys.readouterr().err


@pytest.mark.parametrize("mine", ["a.png", "a.blend", "a.glb", "a.unreal.fbx", "summary.csv"])
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
    line = ["batch", str(tmp_path), "--out", str(tmp_path), "--render", "--glb", "--export-for", "unreal"]
    assert run_subcommand(line, "smplify") == 2
    assert str(target) in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_two_photos_never_share_an_export(
    bpy: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from smplify_blender.headless.command import run_subcommand

    for name in ("a.jpg", "a.web.jpg"):
        Image.new("RGB", (64, 64)).save(tmp_path / name)
    line = ["batch", str(tmp_path), "--out", str(tmp_path / "out"), "--glb", "--export-for", "web"]
    assert run_subcommand(line, "smplify") == 2
    assert "a.web.glb would be written for two photos" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
