"""The tables of the rendered benchmark on judgements with known answers, and the whole of it on two photos."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.rendered import __main__ as rendered
from benchmarks.rendered.cache import Truth, recipe_folder
from benchmarks.rendered.judging import Judgement, judge
from benchmarks.rendered.sheet import worst
from benchmarks.rendered.tables import print_kinds, print_summary, print_word, write_list
from fitting_core.body_model.body_model import Pose, points, vertices
from fitting_core.body_model.measurements import measured
from fitting_core.body_model.model_file import load_body_model
from fitting_core.results.person import FittedPerson

NEAR = Judgement(
    kind="standing", person="man", word="good", pelvis=40.0, procrustes=30.0, limbs=35.0, vertices=50.0,
    knees=(2.0, -2.0), hips=(0.0, 0.0), trunk_pitch=1.0, trunk_yaw=-3.0, head_pitch=0.0, height=0.02, weight=-1.0,
    front_right=2, front_told=2, straight_knees=2, straight_knees_bent=0,
)  # fmt: skip
FAR = replace(
    NEAR, word="good", pelvis=150.0, limbs=130.0, knees=(30.0, 10.0), straight_knees_bent=1, front_right=1
)
SAT = replace(NEAR, kind="chair", word="check", limbs=70.0, pelvis=70.0, straight_knees=0)


def line(text: str, start: str) -> str:
    return next(one for one in text.splitlines() if one.startswith(start))


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        ("people found", "3 of 4"),
        ("joints, pelvis-aligned", "86.7 (70.0)"),
        ("knee flexion", "+6.7, size 8.0"),
        ("trunk yaw", "-3.0, size 3.0"),
        ("height", "+2.0 cm, size 2.0"),
        ("right limb in front", "83 % of 6"),
        ("standing, a knee over 25°", "1 of 2"),
        ("called good", "67 % of 3"),
        ("of the good: under 60", "50 % of 2"),
        ("of those over 120", "100 % of 1"),
    ],
)
def test_summary(row: str, wanted: str, capsys: pytest.CaptureFixture[str]) -> None:
    print_summary({"photo alone": [NEAR, FAR, SAT, None]})
    assert line(capsys.readouterr().out, f"| {row}").endswith(f"| {wanted} |")


def test_the_word_is_held_against_the_error(capsys: pytest.CaptureFixture[str]) -> None:
    print_word("photo alone", [NEAR, FAR, SAT, None])
    text = capsys.readouterr().out
    assert line(text, "| good") == "| good | 1 | 0 | 0 | 1 | 1 | 0 | 0 | 1 |"
    assert line(text, "| check") == "| check | 0 | 1 | 0 | 0 | 0 | 1 | 0 | 0 |"
    assert line(text, "| poor") == "| poor | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 |"


def test_kinds_are_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    print_kinds("photo alone", [NEAR, FAR, SAT, None])
    text = capsys.readouterr().out
    assert line(text, "| standing").startswith("| standing | 2 | 95 ")
    assert line(text, "| chair").startswith("| chair | 1 | 70 ")
    assert line(text, "| *man*").startswith("| *man* | 3 |")


def test_every_case_is_listed_and_the_worst_comes_first(tmp_path: Path) -> None:
    files = [Path(f"case_{number:03d}.npz") for number in range(4)]
    judged = [NEAR, FAR, SAT, None]
    write_list(tmp_path / "list.csv", files, {"photo alone": judged})
    head, *rows = (tmp_path / "list.csv").read_text(encoding="utf-8").splitlines()
    assert head.startswith("case,fitted from,kind,person,word,pelvis")
    kinds = enumerate((NEAR, FAR, SAT))
    assert [row.split(",")[:3] for row in rows[:3]] == [
        [f"case_{n:03d}", "photo alone", one.kind] for n, one in kinds
    ]
    assert rows[3] == "case_003,photo alone"
    assert [file.stem[-1] for file in worst(files, judged)] == ["3", "1", "2", "0"]


def test_a_crouching_fit_of_a_standing_person_is_seen() -> None:
    model = load_body_model()
    straight = Pose(np.zeros((55, 3)), np.zeros(model.shape_directions.shape[2]), np.array([0.0, 0.0, 3.0]))
    crouching = np.zeros((55, 3))
    crouching[[1, 2], 0], crouching[[4, 5], 0] = np.radians(-20.0), np.radians(40.0)
    sizes = measured(model, np.zeros(model.beta_count))
    truth = Truth(
        photo=Path(), points_file=Path(), kind="standing", person="man", points=points(model, straight),
        vertices=vertices(model, straight), up=np.array([0.0, 1.0, 0.0]), focal_px=1000.0, lens_mm=50.0,
        from_above=False, height_m=sizes.height_m, weight_kg=sizes.weight_kg or 0.0,
    )  # fmt: skip

    def fitted(pose: Pose) -> FittedPerson:
        return FittedPerson(model, pose, points(model, pose), np.zeros(137), 0.0, np.zeros((137, 3)))

    exact = judge(truth, model, fitted(straight), "good")
    assert exact.pelvis == exact.knees[0] == exact.height == exact.straight_knees_bent == 0.0
    bent = judge(truth, model, fitted(Pose(crouching, straight.shape, straight.translation)), "good")
    assert bent.knees == pytest.approx((40.0, 40.0), abs=0.5) and bent.hips == pytest.approx(
        (20.0, 20.0), abs=0.5
    )
    assert bent.straight_knees == bent.straight_knees_bent == 2
    assert bent.trunk_pitch == pytest.approx(0.0, abs=1e-6) and bent.limbs > 20.0


def test_a_missing_motion_capture_is_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"cmu_body_poses\.npz is not there.*--mocap"):
        recipe_folder(tmp_path, tmp_path, 1)


@pytest.mark.slow
@pytest.mark.blender
def test_two_photos_give_the_same_tables_twice(
    shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for package in ("bpy", "anny"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed: pip install -e .[blender,build]")
    if not (shared / "mocap_straight").is_dir():
        pytest.skip(f"the repaired motion capture is not here ({shared / 'mocap_straight'})")
    command = ["--mocap", str(shared / "mocap_straight"), "--cases", "2", "--processes", "1"]
    sheet = tmp_path / "sheet.png"
    tables: list[str] = []
    for cache, more in (("first", ["--sheet", str(sheet), "--sheet-cases", "2"]), ("second", [])):
        rendered.main([*command, "--cache", str(tmp_path / cache), *more])
        tables.append(capsys.readouterr().out.split("\n", 1)[1].split(f"\n{sheet}")[0].strip())
    assert tables[0] == tables[1]
    assert "| people found | 2 of 2 | 2 of 2 |" in tables[0]
    assert len(list((tmp_path / "first").glob("*/case_*.npz"))) == 2 and sheet.stat().st_size > 10_000
