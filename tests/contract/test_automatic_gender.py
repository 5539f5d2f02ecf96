"""The body that is fitted where nobody has said which: chosen by the proportions, told in the summary, kept by a refit."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.cases import make_cases
from fitting_core import cli
from fitting_core.body_model.model_file import load_body_model
from fitting_core.keypoints.keypoints2d import Keypoints2D
from smplify_blender.result.read_result import read_person, read_result
from smplify_blender.result.shaped_body import posed_vertices, shaped_body
from tests.photos import synthetic_case, write_photo


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
    """A child beside an adult who does not tell: each as if alone, in files that the add-on joins again, and refits keep."""
    child, adult = _child(), synthetic_case().subject.keypoints
    found = _fit(tmp_path, [adult, _beside(child)], "--person", "all", "--takes", "2")
    out = tmp_path / "out"
    assert [(person["gender"], person["body"]) for person in found["people"]] == [
        ("neutral", "body.npz"),
        ("child", "body_child.npz"),
    ]
    assert [person["automatic_gender"]["gender"] for person in found["people"]] == ["neutral", "child"]
    assert found["gender"] == "neutral" and found["warnings"] == []
    alone = _fit(tmp_path, [_beside(child)], "--takes", "2", out="alone")
    assert not (tmp_path / "alone" / "body_child.npz").exists()
    np.testing.assert_allclose(alone["people"][0]["losses"], found["people"][1]["losses"], rtol=1e-3)
    result = read_result(out)
    assert [result.body_of(person).gender for person in result.people] == ["neutral", "child"]
    for number, person in enumerate(result.people):
        body = result.body_of(person)
        posed = posed_vertices(body, person, shaped_body(body, person))
        np.testing.assert_allclose(posed, person.vertices, atol=1e-4)
        for take in found["people"][number]["takes"]:
            read_person(out, take, body)
    start = tmp_path / "start.npz"
    start.write_bytes((out / "person_01.npz").read_bytes())
    again = _fit(tmp_path, [adult, _beside(child)], "--person", "1", "--start", str(start))
    assert [person["gender"] for person in again["people"]] == ["child"]
    assert {path.name for path in out.glob("body*")} == {"body.npz"}, (
        "the earlier result's second body is gone"
    )


def test_a_childs_height_settles_it(tmp_path: Path) -> None:
    """One of the neutral body's proportions who is 125 cm tall; 185 cm is no child, whatever the proportions say."""
    keypoints = synthetic_case().subject.keypoints
    assert _fit(tmp_path, [keypoints], "--height-cm", "125")["gender"] == "child"
    tall = _fit(tmp_path, [_child()], "--height-cm", "185")
    assert tall["gender"] != "child"


def test_a_papers_preset_fits_the_neutral_body(tmp_path: Path) -> None:
    found = _fit(tmp_path, [_child()], "--preset", "smplify")
    assert found["gender"] == "neutral" and "automatic_gender" not in found["people"][0]
