"""One frame's keypoints are mended and the motion is fitted again around it, through the real command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.cases import IMAGE_SIZE, photographed
from fitting_core.body_model.body_model import Pose, joint_transforms, rest_joints
from fitting_core.cli import main
from fitting_core.keypoints.layouts import BODY_25
from fitting_core.pipeline.setups import fit_setup
from fitting_core.sequence.outcome.stored_motion import read_stored_motion
from tests.contract.test_sequence import RATE, entries, fit
from tests.movies import grey_steps, write_movie
from tests.photos import openpose_person, synthetic_case

FRAMES, MENDED = 24, 12
REACH = 7  # frames: what --reach 0.25 is at this rate
WRONG = 5  # frames beside the mended one: fewer, and the fit takes them for outliers
KNEE = BODY_25.index("left_knee")
OFF_PX = 40.0


def people_of_frame(frame: int, is_wrong: bool) -> dict[str, object]:
    """OpenPose's file of a frame of somebody who leans over; a wrong one has its left knee elsewhere."""
    case = synthetic_case(0)
    rotations = case.truth.rotations.copy()
    rotations[3, 2] += 0.01 * frame
    posed = Pose(rotations, case.truth.shape, case.truth.translation)
    random = np.random.default_rng(frame)
    keypoints = photographed(case.body, posed, case.subject.focal_px, random).subject.keypoints
    if is_wrong:
        keypoints.body[KNEE, 1] += OFF_PX
    return {"version": 1.3, "people": [openpose_person(keypoints)]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip in whose middle frames are wrong, fitted; and the right keypoints of the middle one."""
    made = tmp_path_factory.mktemp("mended")
    (made / "clip").mkdir()
    for frame in range(FRAMES):
        text = json.dumps(people_of_frame(frame, abs(frame - MENDED) <= WRONG))
        (made / "clip" / f"clip_{frame:012d}_keypoints.json").write_text(text, encoding="utf-8")
    (made / "right.json").write_text(json.dumps(people_of_frame(MENDED, False)), encoding="utf-8")
    write_movie(made / "clip.mp4", grey_steps(FRAMES, IMAGE_SIZE), RATE)
    assert fit(made / "clip.mp4", made / "out") == 0
    return made


def refit(folder: Path, out: str, *options: str) -> dict[str, np.ndarray]:
    motion, points = folder / "out" / "person_00_motion.npz", folder / "right.json"
    words = ("refit", motion, points, "--frame", MENDED, "--out", folder / out, "--reach", "0.25", *options)
    assert main([str(word) for word in words]) == 0
    assert sorted(path.name for path in (folder / out).iterdir()) == [
        "body.npz",
        "person_00_motion.npz",
        "summary.json",
    ]
    return entries(folder / out / "person_00_motion.npz")


def test_the_mended_frame_is_met_and_the_rest_stays(folder: Path) -> None:
    before, after = entries(folder / "out" / "person_00_motion.npz"), refit(folder, "near")
    assert before.keys() == after.keys()
    window = slice(MENDED - REACH, MENDED + REACH + 1)
    outside = np.ones(FRAMES, dtype=bool)
    outside[window] = False
    for key, values in before.items():
        if values.shape[:1] == (FRAMES,):
            np.testing.assert_array_equal(after[key][outside], values[outside], err_msg=key)
        else:
            np.testing.assert_array_equal(after[key], values, err_msg=key)
    right = json.loads((folder / "right.json").read_text())["people"][0]["pose_keypoints_2d"]
    assert after["keypoints"][MENDED, KNEE, :2].tolist() == pytest.approx(
        right[3 * KNEE : 3 * KNEE + 2], abs=0.01
    )
    assert after["keypoints"][MENDED + 1, KNEE, 2] < before["keypoints"][MENDED + 1, KNEE, 2]
    apart = [knee_apart(folder, motion) for motion in (folder / "out", folder / "near")]
    assert apart[0][MENDED] > 25.0 and apart[1][MENDED] < 0.35 * apart[0][MENDED]
    steps = np.abs(np.diff(after["transl"], axis=0)).max()
    assert steps < 3.0 * np.abs(np.diff(before["transl"], axis=0)).max()


def knee_apart(folder: Path, result: Path) -> np.ndarray:
    """How far the figure's left knee is from where the truth has it, px, in every frame."""
    stored = read_stored_motion(result / "person_00_motion.npz")
    setup = fit_setup("open", "neutral")
    x, layout = stored.parameters(setup), setup.layout
    found = np.zeros(FRAMES)
    for frame in range(FRAMES):
        shape = layout.shape_coefficients(x[frame : frame + 1])[0]
        joints = rest_joints(setup.points.model, shape)
        _, places = joint_transforms(setup.points.model, layout.rotations(x[frame : frame + 1])[0], joints)
        place = places[setup.points.model.joint_names.index("left_knee")] + x[frame, :3]
        pixel = stored.entries["focal_px"] * place[:2] / place[2] + stored.entries["principal_point"]
        right = people_of_frame(frame, False)["people"][0]["pose_keypoints_2d"]  # type: ignore[index]
        found[frame] = np.linalg.norm(pixel - right[3 * KNEE : 3 * KNEE + 2])
    return found


def test_a_pinned_point_is_met_better(folder: Path) -> None:
    refit(folder, "plain")
    refit(folder, "pinned", "--pin", "left_knee")
    apart = [knee_apart(folder, folder / name)[MENDED] for name in ("plain", "pinned")]
    assert apart[1] < apart[0]


def test_smoother(folder: Path) -> None:
    motions = [refit(folder, f"smooth{factor}", "--smoothness", factor) for factor in ("0.1", "20")]
    wild, calm = (np.abs(np.diff(motion["rotations"], 2, axis=0)).sum() for motion in motions)
    assert calm < wild


REFUSED = {
    "no such frame": (("--frame", "99"), "has the frames 0 to 23"),
    "no such point": (("--frame", "3", "--pin", "tail"), "tail"),
    "another body": (("--frame", "3", "--model", "gone.npz"), "gone.npz"),
}


@pytest.mark.parametrize(("words", "text"), REFUSED.values(), ids=REFUSED)
def test_refused(
    folder: Path, tmp_path: Path, words: tuple[str, ...], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    motion, points = folder / "out" / "person_00_motion.npz", folder / "right.json"
    assert main(["refit", str(motion), str(points), "--out", str(tmp_path / "out"), *words]) != 0
    assert text in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("missing", ["contacts", "frame_words", "detector"])
def test_a_file_of_another_kind(
    folder: Path, tmp_path: Path, missing: str, capsys: pytest.CaptureFixture[str]
) -> None:
    values = entries(folder / "out" / "person_00_motion.npz")
    np.savez(tmp_path / "m.npz", **{key: value for key, value in values.items() if key != missing})
    words = ("refit", tmp_path / "m.npz", folder / "right.json", "--frame", 3, "--out", tmp_path / "out")
    assert main([str(word) for word in words]) == 2
    assert f"holds no {missing}" in capsys.readouterr().err
