"""Every small input of the folder of reports does what its README says it should, by the real command line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from fitting_core.cli import main
from fitting_core.geometry.rotations import matrix_from_vector

REPORTS = Path(__file__).resolve().parents[3] / "shared" / "reports"
pytestmark = pytest.mark.skipif(not REPORTS.is_dir(), reason="the folder of reports is not there")


@dataclass(frozen=True)
class Case:
    """A command, its exit code, what it says and does not say, and what is checked of the folder that it writes."""

    command: str
    code: int = 0
    says: tuple[str, ...] = ()
    says_not: tuple[str, ...] = ()
    check: tuple[Callable[[Path], None], ...] = field(default_factory=tuple)


def _nose_at(x: float, y: float, photo: str = "") -> Callable[[Path], None]:
    def check(out: Path) -> None:
        with np.load(out / photo / "person_00.npz") as person:
            np.testing.assert_allclose(person["keypoints"][0, :2], (x, y), atol=1.5)

    return check


def _stands(out: Path) -> None:
    with np.load(out / "motion.npz") as motion:
        turn = np.asarray(matrix_from_vector(motion["rotations"][0, 0].astype(np.float64)))
    assert turn[2, 1] > 0.95


def _frames(count: int, fps: float | None = None) -> Callable[[Path], None]:
    def check(out: Path) -> None:
        with np.load(out / "motion.npz") as motion:
            assert len(motion["rotations"]) == count
            assert fps is None or float(motion["fps"]) == fps

    return check


def _keeps_warning(*words: str) -> Callable[[Path], None]:
    def check(out: Path) -> None:
        said = json.loads((out / "summary.json").read_text())["warnings"]
        assert all(any(word in text for text in said) for word in words), said

    return check


_BLAME = ("damaged", "official", "Export it again")
CASES = [
    Case(
        "fit 01_padded_canvas/600x700.jpg 01_padded_canvas/600x700.json",
        0,
        ("padded",),
        ("differs",),
        (_nose_at(341.8, 143.7),),
    ),
    Case(
        "fit 01_padded_canvas/1920x1080.jpg 01_padded_canvas/1920x1080.json",
        0,
        ("padded",),
        ("differs",),
        (_nose_at(1093.8, 221.8),),
    ),
    Case("convert 03_camera_frame_upside_down/cam.npz", 0, ("--up y",), (), (_stands,)),
    Case("convert 03_camera_frame_upside_down/cam.npz --up camera", 0, (), ("instead",), (_stands,)),
    Case("convert 03_camera_frame_upside_down/smplx_cam.npz", 0, ("--up y",), (), (_stands,)),
    Case("convert 04_y_up_motion_lies_down/yup.npz", 0, ("--up z",), (), (_stands,)),
    Case("convert 05_rows_of_joints/smplerx.npz", 0, (), (), (_frames(1),)),
    Case("convert 05_rows_of_joints/hands_15x3.npz", 0, (), (), (_frames(1),)),
    Case("convert 05_rows_of_joints/amass_52x3.npz", 0, (), (), (_frames(1),)),
    Case(
        "inspect 06_keypoints_of_a_smaller_copy/p.jpg 06_keypoints_of_a_smaller_copy/p_keypoints.json",
        0,
        ("--points-size 450x600",),
    ),
    Case(
        "fit 06_keypoints_of_a_smaller_copy/p.jpg --points-size 450x600",
        0,
        (),
        ("upper left",),
        (_nose_at(512.7, 246.4),),
    ),
    Case(
        "fit 07_list_of_frames/f_2.jpg 07_list_of_frames/first_empty.json",
        5,
        ("Frame 0 holds nobody, but frame 1 has people",),
        ("Detect again",),
    ),
    Case(
        "fit 07_list_of_frames/f_2.jpg 07_list_of_frames/first_empty.json --frame 1",
        0,
        (),
        (),
        (_nose_at(512.7, 246.4),),
    ),
    Case(
        "batch 07_list_of_frames --keypoints 07_list_of_frames/poses.json",
        0,
        (),
        (),
        (_nose_at(512.7, 246.4, "f_1"), _nose_at(662.7, 246.4, "f_2")),
    ),
    Case("convert 09_wrapped_or_renamed_results/gvhmr.pkl", 0, (), (), (_frames(4),)),
    Case("convert 09_wrapped_or_renamed_results/wham.pkl", 0, ("WHAM",), (), (_frames(4),)),
    Case("convert 09_wrapped_or_renamed_results/pose_trans.npz", 0, (), (), (_frames(4),)),
    Case("convert 09_wrapped_or_renamed_results/numpy_key.pkl", 0, (), (), (_frames(4),)),
    Case("convert 09_wrapped_or_renamed_results/romp.npz", 0, (), (), (_frames(1),)),
    Case("convert 10_files_blamed_as_damaged_or_hostile/wham_joblib.pkl", 0, (), _BLAME, (_frames(4),)),
    Case("convert 10_files_blamed_as_damaged_or_hostile/hmr4d_results.pt", 0, (), _BLAME, (_frames(4),)),
    Case("convert 10_files_blamed_as_damaged_or_hostile/tensors.pkl", 0, (), _BLAME, (_frames(4),)),
    Case(
        "convert 10_files_blamed_as_damaged_or_hostile/results.npy",
        0,
        (r"a NumPy array \(.npy\)",),
        _BLAME,
        (_frames(2),),
    ),
    Case("convert 10_files_blamed_as_damaged_or_hostile/ordereddict.pkl", 0, (), _BLAME, (_frames(4),)),
    Case("convert 10_files_blamed_as_damaged_or_hostile/plain_lists.pkl", 0, (), _BLAME, (_frames(1),)),
    Case("convert 11_a_side_entry_spoils_the_file/empty_betas.npz", 0, (), (), (_frames(4),)),
    Case("convert 11_a_side_entry_spoils_the_file/empty_expression.npz", 0, (), (), (_frames(4),)),
    Case("convert 11_a_side_entry_spoils_the_file/gender_object.npz", 0, (), (), (_frames(4),)),
    Case("convert 11_a_side_entry_spoils_the_file/no_trans.npz", 0, (), (), (_frames(4),)),
    Case("convert 11_a_side_entry_spoils_the_file/fps_text.npz", 0, (), (), (_frames(4, 60.0),)),
    Case(
        "convert 11_a_side_entry_spoils_the_file/betas_12.npz",
        0,
        ("'betas' has a value of 12",),
        (),
        (_frames(4),),
    ),
    Case(
        "convert 12_entries_silently_left_out/thuman.npz",
        0,
        (),
        (),
        (_keeps_warning("translation", "scale"),),
    ),
    Case(
        "convert 12_entries_silently_left_out/romp_neuman.npz",
        0,
        (),
        (),
        (_keeps_warning("smpl_betas", "cam"),),
    ),
    Case(
        "fit 14_names_of_frames_and_keypoints/openpose_video/clip_0001.jpg",
        0,
        ("clip_000000000000_keypoints.json",),
        (),
        (_nose_at(512.7, 246.4),),
    ),
    Case(
        "fit 14_names_of_frames_and_keypoints/rendered/x_rendered.jpg",
        0,
        ("x_keypoints.json",),
        (),
        (_nose_at(512.7, 246.4),),
    ),
    Case(
        "fit 14_names_of_frames_and_keypoints/mmpose/x.jpg",
        0,
        ("results_x.json",),
        (),
        (_nose_at(512.7, 246.4),),
    ),
    Case(
        "fit 14_names_of_frames_and_keypoints/with_suffix/x.jpg",
        0,
        ("x.jpg_keypoints.json",),
        (),
        (_nose_at(512.7, 246.4),),
    ),
    Case("fit 14_names_of_frames_and_keypoints/nfd/NFD.jpg", 0, (), (), (_nose_at(512.7, 246.4),)),
    Case(
        "inspect 15_points_that_are_not_named/p.jpg 15_points_that_are_not_named/twenty.json",
        0,
        ("COCO_18 and two toes",),
        ("too little",),
    ),
    Case(
        "inspect 15_points_that_are_not_named/p.jpg 15_points_that_are_not_named/keypoints_key.json",
        0,
        ('its "keypoints" was read',),
        ("no body",),
    ),
    Case(
        "inspect 15_points_that_are_not_named/p.jpg 15_points_that_are_not_named/percent.json",
        0,
        ("percent", "confidence 0.465"),
    ),
    Case(
        "inspect 15_points_that_are_not_named/p.jpg 15_points_that_are_not_named/one_null.json",
        0,
        (r"point 0 \(nose\) has null",),
    ),
    Case(
        "inspect 15_points_that_are_not_named/p.jpg 15_points_that_are_not_named/one_nan.json",
        0,
        (r"point 0 \(nose\) has NaN",),
    ),
    Case(
        "fit 18_layout_of_smplify_x/DATA_FOLDER/images/a.jpg",
        0,
        ("a_keypoints.json",),
        (),
        (_nose_at(512.7, 246.4),),
    ),
    Case("batch 18_layout_of_smplify_x/DATA_FOLDER", 2, ("but images/ in it does",)),
]


def _path(word: str) -> str:
    """A path of the folder for a word that names one; the decomposed name by its ending alone."""
    if word.endswith("NFD.jpg"):
        return str(next((REPORTS / word).parent.glob("*.jpg")))
    return str(REPORTS / word) if re.match(r"\d\d_", word) else word


@pytest.mark.parametrize("case", CASES, ids=lambda case: re.sub(r"\W+", "_", case.command))
def test_report(case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [_path(word) for word in case.command.split()]
    if words[0] != "inspect":
        words += ["--out", str(tmp_path / "out")]
    if words[0] == "fit":
        words += ["--no-depth-cue", "--no-overlay"]
    assert main(words) == case.code
    found = capsys.readouterr()
    said = found.out + found.err
    for pattern in case.says:
        assert re.search(pattern, said), said
    for pattern in case.says_not:
        assert not re.search(pattern, said), said
    for check in case.check:
        check(tmp_path / "out")


FAULTS = sorted((REPORTS / "faults").glob("*")) if REPORTS.is_dir() else []


@pytest.mark.parametrize("path", FAULTS, ids=lambda path: path.stem)
@pytest.mark.parametrize("command", ["inspect", "convert"])
def test_files_that_broke_a_reader_are_refused_in_words(
    command: str, path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = ["--out", str(tmp_path / "out")] if command == "convert" else []
    main([command, str(path), *more])
    said = capsys.readouterr().err
    assert said and "Traceback" not in said
