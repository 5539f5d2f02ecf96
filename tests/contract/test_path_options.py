"""Every option that takes a path, of every command, refuses one that no file can have before any work, and is named."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import pytest

from fitting_core.arguments.parser import command_parser
from fitting_core.arguments.value_types import file_path, folder_or_address, name_or_path
from fitting_core.cli import main

IMPOSSIBLE = {
    "NUL": "a\0b",
    "half a character": "a\ud800b",
    "name too long": "x" * 300,
    "name too long, deeper": f"missing/{'x' * 300}",
    "an address": "s3://bucket/a",
    "path too long": "/".join(["x" * 200] * 30),
}


def commands() -> dict[str, argparse.ArgumentParser]:
    for action in command_parser()._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    raise AssertionError("no commands")


def path_options() -> Iterator[tuple[str, argparse.Action]]:
    for name, parser in commands().items():
        for action in parser._actions:
            if action.type in (file_path, name_or_path, folder_or_address):
                yield name, action


OPTIONS = {f"{name} {option.dest}": (name, option) for name, option in path_options()}


def test_every_path_is_of_a_type_that_refuses() -> None:
    for parser in commands().values():
        for action in parser._actions:
            names_a_path = {"DIR", "FILE", "PATH", "FOLDER", "PHOTO", "KEYPOINTS", "NPZ", "PNG", "PPM"} & set(
                str(action.metavar).replace("|", "_").split("_")
            )
            assert action.type is not Path
            assert not names_a_path or action.type in (file_path, name_or_path, folder_or_address), (
                action.dest
            )


@pytest.mark.parametrize("text", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
@pytest.mark.parametrize("option", OPTIONS.values(), ids=OPTIONS)
def test_told_before_any_work(
    option: tuple[str, argparse.Action], text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    command, wanted = option
    if wanted.type is folder_or_address and text == IMPOSSIBLE["an address"]:
        text = "file://a\0b"  # an address may be one (tests/fitting_core/storage); the path in one has to be one, too
    monkeypatch.chdir(tmp_path)
    line = [command]
    for action in commands()[command]._actions:
        value = text if action.dest == wanted.dest else "1" if action.type is int else "fine"
        if action.required or action.dest == wanted.dest or not (action.option_strings or action.nargs == 0):
            line += [*action.option_strings[:1], value]
    with pytest.raises(SystemExit) as end:
        main(line)
    said = capsys.readouterr().err
    assert end.value.code == 2
    assert (wanted.option_strings or [str(wanted.metavar)])[0] in said and "choose another path" in said
    assert list(tmp_path.iterdir()) == []
