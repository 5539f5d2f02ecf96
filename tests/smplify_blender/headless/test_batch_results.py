"""The list of a batch's results, as the core writes it, and as a kill or somebody else may leave it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fitting_core.batch.manifest import MANIFEST, FileLines, Manifest
from fitting_core.batch.messages import PhotoRow
from smplify_blender.headless.batch_results import BatchResult, holds_results, results_in
from smplify_blender.result.errors import ResultError


def _written(folder: Path) -> Path:
    manifest = Manifest(FileLines(folder / MANIFEST))
    manifest.add(PhotoRow("late/a.png", "failed", code="bad-photo", reason="torn"), "0")
    manifest.add(PhotoRow("late/a.png", "done", 1, "good", 1.0, "late/a"), "1")
    manifest.add(PhotoRow("b.mov", "failed", code="bad-clip", reason="no movie"), "2")
    return folder / "batch.jsonl"


def test_what_the_core_has_written_is_read(tmp_path: Path) -> None:
    assert not holds_results(tmp_path)
    path = _written(tmp_path)
    with path.open("a") as file:
        file.write('{"photo": "cut sh')
    assert holds_results(tmp_path)
    assert results_in(tmp_path) == (
        BatchResult("late/a.png", "late/a"),
        BatchResult("b.mov", "", "bad-clip", "no movie"),
    )


@pytest.mark.parametrize("folder", ["../up", "/etc", "", "a/../../b", "C:/a", "..\\up"])
def test_no_result_lies_elsewhere(tmp_path: Path, folder: str) -> None:
    path = _written(tmp_path)
    line = {"photo": "x.png", "status": "done", "folder": folder, "code": "", "reason": ""}
    with path.open("a") as file:
        file.write(json.dumps(line) + "\n")
    with pytest.raises(ResultError, match=r"x\.png.*no place in it"):
        results_in(tmp_path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"smplify_rigs": 1}\n', "not the list of smplify-fit batch"),
        ('{"smplify_batch": 1}\n', "lists no result"),
        ("", "not the list"),
    ],
    ids=["another list", "no result", "empty"],
)
def test_another_file_of_that_name_is_refused(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "batch.jsonl").write_text(text)
    with pytest.raises(ResultError, match=words):
        results_in(tmp_path)
