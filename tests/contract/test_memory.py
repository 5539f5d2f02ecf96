"""A photo of 500 people and a motion of 100,000 frames are done in the memory of a small machine."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fitting_core.keypoints.keypoints2d import Keypoints2D
from tests.photos import openpose_person, synthetic_case

PEOPLE, COLUMNS = 500, 25
PHOTO_SIZE = (4000, 3000)
PEOPLE_SIZE = 0.15  # of the synthetic case's, so that everybody finds a place
# 423 were measured, with bodies by the people's proportions; with every mesh kept it was 617, with one body for all.
MOST_MEGABYTES = 480
FRAMES = 100_000
MOST_OF_A_MOTION = 430  # megabytes: 381 were measured, of which 82 are the program and the body; it was 624

# The command itself, with fewer steps: they take the time, and none of the memory.
_COMMAND = """
import re, sys
from dataclasses import replace
from fitting_core import cli
from fitting_core.fitting import stages
stages.STAGES = tuple(replace(stage, iterations=2) for stage in stages.STAGES)
code = cli.main(sys.argv[1:])
# Of this program alone: what getrusage says goes back to the process that started it.
print("peak", int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1]) // 1024)
sys.exit(code)
"""


def _peak_megabytes(line: list[str]) -> int:
    done = subprocess.run(
        [sys.executable, "-c", _COMMAND, *line], capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    peak = re.search(r"peak (\d+)", done.stdout)
    assert peak is not None
    return int(peak[1])


def _placed(points: np.ndarray, corner: tuple[float, float]) -> np.ndarray:
    return points * [PEOPLE_SIZE, PEOPLE_SIZE, 1.0] + [*corner, 0.0] * (points[:, 2:] > 0)


def _crowd(folder: Path) -> tuple[Path, Path]:
    people: list[dict[str, object]] = []
    seen = synthetic_case().subject.keypoints
    for number in range(PEOPLE):
        corner = (150.0 * (number % COLUMNS), 140.0 * (number // COLUMNS))
        parts = (seen.body, seen.left_hand, seen.right_hand, seen.face)
        people.append(openpose_person(Keypoints2D(*(_placed(part, corner) for part in parts))))
    photo, keypoints = folder / "crowd.png", folder / "crowd.json"
    Image.new("RGB", PHOTO_SIZE, (120, 130, 140)).save(photo)
    keypoints.write_text(json.dumps({"version": 1.3, "people": people}), encoding="utf-8")
    return photo, keypoints


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is counted in another unit elsewhere")
def test_500_people_take_less_than_480_megabytes(tmp_path: Path) -> None:
    photo, keypoints = _crowd(tmp_path)
    line = ["fit", str(photo), str(keypoints), "--person", "all", "--out", str(tmp_path / "out")]
    assert _peak_megabytes(line) < MOST_MEGABYTES
    people = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))["people"]
    assert len(people) == PEOPLE and (tmp_path / "out" / "overlay.png").is_file()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is counted in another unit elsewhere")
def test_100000_frames_take_less_than_430_megabytes(tmp_path: Path) -> None:
    chance = np.random.default_rng(0)
    motion = tmp_path / "motion.npz"
    np.savez(
        motion, poses=chance.normal(0.0, 0.1, (FRAMES, 165)), trans=np.zeros((FRAMES, 3)), betas=np.zeros(16),
        gender="neutral", mocap_frame_rate=120.0, surface_model_type="smplx",
    )  # fmt: skip
    assert _peak_megabytes(["convert", str(motion), "--out", str(tmp_path / "out")]) < MOST_OF_A_MOTION
    with np.load(tmp_path / "out" / "motion.npz") as written:
        assert written["rotations"].shape == (FRAMES, 55, 3) and written["rotations"].dtype == np.float32
