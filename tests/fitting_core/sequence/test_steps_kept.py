"""Steps of a run are done once, come back bit by bit, and belong to one request."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fitting_core.errors import OutputError
from fitting_core.results.exchange import SEQUENCE_STEPS
from fitting_core.sequence.steps_kept import KeptSteps

VALUES = np.random.default_rng(0).normal(size=(7, 3))


def run(folder: Path, request: list[object], clip: Path, calls: list[str]) -> np.ndarray:
    steps = KeptSteps(folder, request, [clip])

    def compute() -> dict[str, np.ndarray]:
        calls.append("computed")
        return {"x": VALUES}

    return steps.step("body_0_0", ("x",), compute)["x"]


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"clip")
    return path


def test_second_run_reads_what_the_first_kept(tmp_path: Path, clip: Path) -> None:
    calls: list[str] = []
    for _ in range(3):
        found = run(tmp_path / "out", ["same"], clip, calls)
        np.testing.assert_array_equal(found, VALUES)
    assert calls == ["computed"]


def test_another_request_or_clip_begins_anew(tmp_path: Path, clip: Path) -> None:
    calls: list[str] = []
    run(tmp_path / "out", ["first"], clip, calls)
    run(tmp_path / "out", ["second"], clip, calls)
    clip.write_bytes(b"another clip")
    run(tmp_path / "out", ["second"], clip, calls)
    assert len(calls) == 3


def test_removal_leaves_other_files(tmp_path: Path, clip: Path) -> None:
    run(tmp_path, ["same"], clip, [])
    own = tmp_path / SEQUENCE_STEPS / "notes.txt"
    own.write_text("mine")
    KeptSteps(tmp_path, ["same"], [clip]).remove()
    assert [path.name for path in (tmp_path / SEQUENCE_STEPS).iterdir()] == ["notes.txt"]
    own.unlink()
    KeptSteps(tmp_path, ["same"], [clip]).remove()
    assert not (tmp_path / SEQUENCE_STEPS).exists()


@pytest.mark.parametrize("content", [b"", b"no archive"], ids=["empty", "text"])
def test_damaged_step_is_named(tmp_path: Path, clip: Path, content: bytes) -> None:
    run(tmp_path, ["same"], clip, [])
    (tmp_path / SEQUENCE_STEPS / "body_0_0.npz").write_bytes(content)
    with pytest.raises(OutputError, match=r"body_0_0\.npz"):
        run(tmp_path, ["same"], clip, [])


def test_steps_cannot_be_kept(tmp_path: Path, clip: Path) -> None:
    (tmp_path / SEQUENCE_STEPS).write_text("a file")
    with pytest.raises(OutputError, match="--out"):
        run(tmp_path, ["same"], clip, [])
