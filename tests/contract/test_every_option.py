"""Every option of the command line changes what comes out; those without a file of their own are tried here."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fitting_core import __version__
from fitting_core.arguments.parser import command_parser
from fitting_core.cli import main
from fitting_core.keypoints.layouts import BODY_25
from tests.photos import synthetic_case, write_photo

_TESTS = Path(__file__).parents[1]
# Spelled alike with Python's own argument parser, which is not ours to test.
_NOT_OURS = {"-h", "--help"}

Fit = Callable[..., dict[str, np.ndarray]]


@pytest.fixture(scope="module")
def fit(tmp_path_factory: pytest.TempPathFactory) -> Fit:
    """Fit one photo with some more arguments; the same arguments are fitted once."""
    folder = tmp_path_factory.mktemp("options")
    case = synthetic_case(1)
    photo, keypoints = write_photo(folder, [case.subject.keypoints])
    known: dict[tuple[str, ...], dict[str, np.ndarray]] = {}

    def run(*options: str) -> dict[str, np.ndarray]:
        if options not in known:
            out = folder / f"out_{len(known)}"
            assert main(["fit", str(photo), str(keypoints), "--out", str(out), "--no-overlay", *options]) == 0
            with np.load(out / "person_00.npz", allow_pickle=False) as data:
                known[options] = {key: data[key] for key in data.files}
        return known[options]

    return run


def _options(parser: argparse.ArgumentParser) -> set[str]:
    found: set[str] = set()
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                found |= _options(command)
        found |= set(action.option_strings)
    return found - _NOT_OURS


def test_no_option_is_without_a_test() -> None:
    texts = [path.read_text(encoding="utf-8") for path in _TESTS.rglob("test_*.py")]
    words = {word for text in texts for word in re.findall(r"--[a-z0-9-]+", text)}
    assert _options(command_parser()) - words == set()


def test_ignored_keypoints_count_for_nothing(fit: Fit) -> None:
    nose = BODY_25.index("nose")
    assert fit()["keypoints"][nose, 2] > 0
    found = fit("--ignore", "nose,left_hand")
    assert found["keypoints"][nose, 2] == 0 and np.isnan(found["keypoint_residual_px"][nose])
    assert (found["keypoints"][25:46, 2] == 0).all() and (found["keypoints"][46:67, 2] > 0).any()


def test_pinned_keypoints_are_met_better(fit: Fit) -> None:
    neck = BODY_25.index("neck")  # hardly trusted otherwise
    assert fit("--pin", "neck")["keypoint_residual_px"][neck] < 0.5 * fit()["keypoint_residual_px"][neck]


def test_weights_from_a_file_are_factors_on_the_confidence(fit: Fit, tmp_path: Path) -> None:
    file = tmp_path / "weights.json"
    file.write_text(json.dumps({"left_wrist": 0.25, "face": 0.0}), encoding="utf-8")
    found = fit("--keypoint-weights", str(file))["keypoints"]
    wrist = BODY_25.index("left_wrist")
    assert found[wrist, 2] == pytest.approx(0.25 * fit()["keypoints"][wrist, 2], rel=1e-6)
    assert (found[67:, 2] == 0).all()


def test_gender_chooses_the_body(fit: Fit) -> None:
    assert str(fit()["gender"]) == "neutral"
    child = fit("--gender", "child")
    assert str(child["gender"]) == "child" and child["model_sha256"] != fit()["model_sha256"]


@pytest.mark.parametrize(
    ("option", "value", "px"),
    [("--focal-mm35", "36", 1000.0), ("--focal-px", "1234", 1234.0), ("--fov-deg", "90", 500.0)],
)
def test_the_lens_is_the_one_given(fit: Fit, option: str, value: str, px: float) -> None:
    assert float(fit(option, value)["focal_px"]) == pytest.approx(px)  # the photo is 800 × 1000 px


def test_without_interpenetration_nothing_is_paid_for_it(fit: Fit) -> None:
    assert "penetration" in fit()["loss_term_names"].tolist()
    assert "penetration" not in fit("--no-interpenetration")["loss_term_names"].tolist()


def test_a_device_that_is_not_there_is_refused(
    fit: Fit, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photo, keypoints = write_photo(tmp_path, [synthetic_case(1).subject.keypoints])
    arguments = ["fit", str(photo), str(keypoints), "--out", str(tmp_path / "out"), "--engine", "numpy"]
    assert main([*arguments, "--device", "cuda"]) != 0
    assert "--device cuda" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == 0 and __version__ in capsys.readouterr().out


def test_keypoints_of_a_folder_may_lie_elsewhere(tmp_path: Path) -> None:
    photos, elsewhere = tmp_path / "photos", tmp_path / "elsewhere"
    photos.mkdir()
    elsewhere.mkdir()
    _, keypoints = write_photo(photos, [synthetic_case(1).subject.keypoints])
    keypoints.rename(elsewhere / keypoints.name)
    arguments = ["batch", str(photos), "--out", str(tmp_path / "out"), "--no-overlay"]
    assert main(arguments) != 0
    assert main([*arguments, "--keypoints", str(elsewhere)]) == 0
    assert (tmp_path / "out" / "photo" / "person_00.npz").is_file()
