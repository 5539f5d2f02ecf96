"""The body that is fitted where nobody has said which: chosen by the proportions, told in the summary, kept by a refit."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.cases import IMAGE_SIZE, make_cases
from fitting_core import cli
from fitting_core.body_model.model_file import load_body_model
from fitting_core.keypoints.keypoints2d import Keypoints2D
from smplify_blender.result.read_result import read_result
from smplify_blender.result.read_sequence import read_sequence
from smplify_blender.result.shaped_body import posed_vertices, shaped_body
from tests.movies import grey_steps, write_movie
from tests.photos import openpose_person, synthetic_case, write_photo


def _child() -> Keypoints2D:
    return make_cases(load_body_model("open", "child"), None, 1, own_bones=True)[0].subject.keypoints


def _beside(keypoints: Keypoints2D) -> Keypoints2D:
    """The same person half as large, in the photo's left corner."""
    parts = (keypoints.body, keypoints.left_hand, keypoints.right_hand, keypoints.face)
    return Keypoints2D(*(part * [0.5, 0.5, 1.0] for part in parts))


def _fit(folder: Path, people: Sequence[Keypoints2D], *options: str, out: str = "out") -> dict[str, Any]:
    photo, keypoints = write_photo(folder, list(people))
    line = ["fit", str(photo), str(keypoints), "--out", str(folder / out), "--no-overlay", "--no-depth-cue"]
    assert cli.main([*line, *options]) == 0
    return json.loads((folder / out / "summary.json").read_text(encoding="utf-8"))


def test_a_child_is_fitted_with_a_childs_body(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = _fit(tmp_path, [_child()])
    person = found["people"][0]
    assert found["gender"] == person["automatic_gender"]["gender"] == "child"
    assert person["automatic_gender"]["words"] in capsys.readouterr().err
    adult = _fit(tmp_path, [_child()], "--gender", "neutral")["people"][0]
    assert person["height_cm"] < adult["height_cm"] - 10.0
    assert "automatic_gender" not in adult


def test_a_refit_keeps_the_body_that_was_chosen(tmp_path: Path) -> None:
    _fit(tmp_path, [_child()])
    start = tmp_path / "start.npz"
    start.write_bytes((tmp_path / "out" / "person_00.npz").read_bytes())
    assert _fit(tmp_path, [_child()], "--start", str(start))["gender"] == "child"
    with np.load(tmp_path / "out" / "person_00.npz") as again, np.load(start) as first:
        assert again["model_sha256"] == first["model_sha256"]


def test_everybody_has_their_own_body(tmp_path: Path) -> None:
    """A child beside an adult who does not tell: each as if alone, in files that the add-on joins again."""
    child, adult = _child(), synthetic_case().subject.keypoints
    found = _fit(tmp_path, [adult, _beside(child)], "--person", "all")
    out = tmp_path / "out"
    assert [(person["gender"], person["body"]) for person in found["people"]] == [
        ("neutral", "body.npz"),
        ("child", "body_child.npz"),
    ]
    assert [person["automatic_gender"]["gender"] for person in found["people"]] == ["neutral", "child"]
    assert found["gender"] == "neutral" and found["warnings"] == []
    alone = _fit(tmp_path, [_beside(child)], out="alone")
    assert not (tmp_path / "alone" / "body_child.npz").exists()
    np.testing.assert_allclose(alone["people"][0]["losses"], found["people"][1]["losses"], rtol=1e-3)
    result = read_result(out)
    assert [result.body_of(person).gender for person in result.people] == ["neutral", "child"]
    for person in result.people:
        body = result.body_of(person)
        posed = posed_vertices(body, person, shaped_body(body, person))
        np.testing.assert_allclose(posed, person.vertices, atol=1e-4)


def test_everybody_of_a_clip_has_their_own_body(tmp_path: Path) -> None:
    """The same two, standing still: a body each, in motions that the add-on joins with them, and exports of their own shape."""
    people = [openpose_person(one) for one in (synthetic_case().subject.keypoints, _beside(_child()))]
    (tmp_path / "clip").mkdir()
    for frame in range(2):
        name = f"clip_{frame:012d}_keypoints.json"
        (tmp_path / "clip" / name).write_text(
            json.dumps({"version": 1.3, "people": people}), encoding="utf-8"
        )
    clip = write_movie(tmp_path / "clip.mp4", grey_steps(2, IMAGE_SIZE), Fraction(30))
    out, focal = tmp_path / "out", ("--focal-px", f"{synthetic_case().subject.focal_px:g}")
    assert cli.main(["sequence", str(clip), "--out", str(out), "--person", "all", "--amass", *focal]) == 0
    found = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert [(person["gender"], person["body"]) for person in found["people"]] == [
        ("neutral", "body.npz"),
        ("child", "body_child.npz"),
    ]
    assert found["gender"] == "neutral" and found["warnings"] == []
    sequence = read_sequence(out)
    assert [sequence.bodies[person.file_name].gender for person in sequence.people] == ["neutral", "child"]
    for number, person in enumerate(found["people"]):
        with np.load(out / f"person_{number:02d}_amass.npz") as data:
            assert data["gender"] == person["gender"]


def test_a_childs_height_settles_it(tmp_path: Path) -> None:
    """One of the neutral body's proportions who is 125 cm tall; 185 cm is no child, whatever the proportions say."""
    keypoints = synthetic_case().subject.keypoints
    assert _fit(tmp_path, [keypoints], "--height-cm", "125")["gender"] == "child"
    tall = _fit(tmp_path, [_child()], "--height-cm", "185")
    assert tall["gender"] != "child"


def test_a_papers_preset_fits_the_neutral_body(tmp_path: Path) -> None:
    found = _fit(tmp_path, [_child()], "--preset", "smplify")
    assert found["gender"] == "neutral" and "automatic_gender" not in found["people"][0]
