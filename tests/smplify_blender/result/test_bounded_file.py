"""Files of a result folder: pipes and devices are refused at once, sizes before they are read, damage in words."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from smplify_blender.result import folder_bodies, read_body, read_result
from smplify_blender.result.bounded_file import BUDGET_BYTES, Budget, damage_border, read_bytes
from smplify_blender.result.errors import ResultError
from smplify_blender.result.read_report import read_focal_px, read_report
from tests.blender.synthetic_result import SyntheticBody, random_person, write_result


def _link(path: Path, target: str) -> None:
    path.symlink_to(target)


THINGS: dict[str, Callable[[Path], object]] = {
    "pipe": os.mkfifo,
    "device": lambda path: _link(path, "/dev/zero"),
    "folder": Path.mkdir,
    "nothing": lambda path: None,
    "link to itself": lambda path: _link(path, str(path)),
}


@pytest.mark.parametrize("thing", THINGS)
def test_what_is_no_file_is_refused_at_once(thing: str, tmp_path: Path) -> None:
    path = tmp_path / "summary.json"
    THINGS[thing](path)
    earlier = signal.signal(signal.SIGALRM, lambda number, frame: pytest.fail("it still waits"))
    signal.alarm(20)
    try:
        with pytest.raises(ResultError, match=r"summary\.json"):
            read_bytes(path)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, earlier)


@pytest.mark.parametrize("name", ["a\0b", "a\ud800b", "a" * 300], ids=["null", "surrogate", "long"])
def test_names_that_no_file_has(name: str, tmp_path: Path) -> None:
    with pytest.raises(ResultError, match="cannot be read"):
        read_bytes(tmp_path / name)


def test_a_file_of_gigabytes_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "body.npz"
    with path.open("wb") as file:
        file.truncate(BUDGET_BYTES + 1)  # sparse: takes no room
    with pytest.raises(ResultError, match="over the limit of 300000000"):
        read_body.read_body(path)


def test_all_people_of_a_folder_share_one_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of 200 people within the limit of a file would have been 60 GB."""
    folder = write_result(tmp_path / "fit", [random_person(seed) for seed in range(3)])
    one = (folder / "person_00.npz").stat().st_size
    with np.load(folder / "person_00.npz") as data:
        one += sum(data[key].nbytes for key in read_result.PERSON_SPECS if key in data)
    monkeypatch.setattr(read_result, "Budget", lambda: Budget(2 * one + one // 2))
    with pytest.raises(ResultError, match=r"person_02\.npz asks for more than"):
        read_result.read_result(folder)


@pytest.mark.parametrize("is_remembered", [False, True], ids=["read anew", "remembered"])
def test_all_bodies_of_a_folder_share_one_budget(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_remembered: bool
) -> None:
    """The memory of each is taken off it, also where the body was read before; the bytes of the file are free again."""
    others = {1: SyntheticBody.make(8, gender="female"), 2: SyntheticBody.make(9, gender="male")}
    folder = write_result(tmp_path / "fit", [random_person(seed) for seed in range(3)], others=others)
    stored = max(path.stat().st_size for path in folder.glob("body*.npz"))
    spent = Budget()
    read_body.read_body(folder / "body.npz", spent)
    one = BUDGET_BYTES - spent.left
    monkeypatch.setattr(folder_bodies, "Budget", lambda: Budget(3 * one + stored))
    read_result.read_result(folder)
    monkeypatch.setattr(folder_bodies, "Budget", lambda: Budget(2 * one + one // 2))
    if not is_remembered:
        read_body._kept.clear()
    with pytest.raises(ResultError, match=r"body_male\.npz asks for more than"):
        read_result.read_result(folder)


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000,
        b'{"people": "x"}',
        b'{"people": [{"file": "person_00.npz"}]}',
        b'[["people", [[]]]]',
        b'{"people": 7}',
        b"[[1, 2, 3]]",
        b"[[{}, 2]]",
        b"\xff\xfe\x00",
        b'{"people": [null]}',
        json.dumps(
            {"people": [{"file": "person_00.npz", "quality": "good", "reasons": {}, "takes": 3}]}
        ).encode(),
        b'{"people": ' + b"9" * 5000 + b"}",
    ],
    ids=[
        "deep",
        "text",
        "no keys",
        "pairs",
        "number",
        "threes",
        "unhashable",
        "no text",
        "nobody",
        "takes",
        "digits",
    ],
)
def test_a_damaged_summary_is_refused_in_words(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "summary.json").write_bytes(content)
    with pytest.raises(ResultError, match=r"summary\.json is damaged"):
        read_report(tmp_path, "person_00.npz", None)


def test_a_summary_without_a_lens_is_no_damage(tmp_path: Path) -> None:
    (tmp_path / "summary.json").write_text("{}")
    assert read_focal_px(tmp_path) is None


def test_the_border_keeps_refusals_and_cuts_the_rest_short() -> None:
    with pytest.raises(ResultError, match=r"^as it is$"), damage_border("x is damaged"):
        raise ResultError("as it is")
    with pytest.raises(ResultError) as refused, damage_border("x is damaged"):
        raise IndexError("\x1b[31m" + "a" * 10**6)
    assert (
        str(refused.value).startswith("x is damaged (IndexError: \\x1b[31maaa")
        and len(str(refused.value)) < 250
    )
