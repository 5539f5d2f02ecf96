"""Fitted frames as the data set of SMPLpix, through the real command line, read back as its own loader reads."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.cases import IMAGE_SIZE
from fitting_core.body_model.body_model import Pose, vertices
from fitting_core.cli import main
from fitting_core.pipeline.setups import fit_setup
from fitting_core.sequence.outcome.stored_motion import read_stored_motion
from fitting_core.sequence.pairs.colours import shape_colours
from fitting_core.sequence.pairs.data_set import PARTS, parts_of
from tests.contract.test_sequence import FRAMES, GONE, entries, fit, write_clip
from tests.movies import grey_steps, write_movie
from tests.photos import synthetic_case, write_photo


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fitted clip and a fitted photo."""
    made = tmp_path_factory.mktemp("pairs")
    assert fit(write_clip(made), made / "motion", "--gender", "neutral") == 0
    photo, keypoints = write_photo(made, [synthetic_case(0).subject.keypoints])
    out = ["--out", str(made / "photo"), "--no-overlay", "--gender", "neutral"]
    assert main(["fit", str(photo), str(keypoints), *out]) == 0
    return made


def smplpix(*words: object) -> int:
    return main(["smplpix", *map(str, words)])


def loaded(part: Path, channels: int) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """What SMPLpix's loader makes of a part: by the names of the outputs, input and output with so many channels, 0 to 1."""
    found: list[tuple[str, np.ndarray, np.ndarray]] = []
    for name in sorted(path.name for path in (part / "output").iterdir()):
        pair = [np.asarray(Image.open(part / side / name)) / 255 for side in ("input", "output")]
        found.append((name, pair[0][..., :channels], pair[1][..., :3]))
    return found


def test_a_fitted_clip(folder: Path) -> None:
    out = folder / "data"
    assert smplpix(folder / "motion", "--clip", folder / "clip.mp4", "--out", out, "--longest-side", 400) == 0
    facts = json.loads((out / "smplpix.json").read_text(encoding="utf-8"))
    parts = {part: loaded(out / part, 4) for part in PARTS}
    assert {part: len(pairs) for part, pairs in parts.items()} == {part: facts[part] for part in PARTS}
    pairs = [pair for part in PARTS for pair in parts[part]]
    seen = [frame for frame in range(FRAMES) if frame != GONE]
    assert [name for name, _, _ in pairs] == [f"frame_{frame:06d}.png" for frame in seen]
    grey = [picture.mean() for picture in grey_steps(FRAMES, IMAGE_SIZE)]
    size = tuple(facts["size"])
    assert max(size) == 400
    for frame, (_, figure, picture) in zip(seen, pairs, strict=True):
        assert figure.shape == (size[1], size[0], 4) and picture.shape == (size[1], size[0], 3)
        assert 255 * picture.mean() == pytest.approx(grey[frame], abs=4)
        is_there = figure[..., 3] > 0
        assert 0.02 < is_there.mean() < 0.6 and np.all(figure[~is_there, :3] == 1.0)
    assert max(figure[..., 3].max() for _, figure, _ in pairs) > 0.98  # the nearest point of all frames


def test_a_point_of_the_body_keeps_its_colour_and_depth(folder: Path) -> None:
    """The point that is nearest to the camera, which nothing can hide."""
    out = folder / "colours"
    assert smplpix(folder / "motion", "--clip", folder / "clip.mp4", "--out", out) == 0
    setup, stored = fit_setup(), read_stored_motion(folder / "motion" / "person_00_motion.npz")
    model, layout, x = setup.points.model, setup.layout, stored.parameters(setup)
    colours = shape_colours(model)
    depth_m = json.loads((out / "smplpix.json").read_text(encoding="utf-8"))["depth_m"]
    pairs = {name: figure for part in PARTS for name, figure, _ in loaded(out / part, 4)}
    for row, frame in enumerate(stored.entries["clip_frames"].tolist()):
        if frame == GONE:
            continue
        pose = Pose(
            *(
                values[row]
                for values in (layout.rotations(x), layout.shape_coefficients(x), layout.translation(x))
            )
        )
        mesh = vertices(model, pose)
        nearest = int(np.argmin(mesh[:, 2]))
        place = mesh[nearest]
        pixel = float(stored.entries["focal_px"]) * place[:2] / place[2] + stored.entries["principal_point"]
        figure = 255 * pairs[f"frame_{frame:06d}.png"]
        scale = figure.shape[1] / IMAGE_SIZE[0]
        column, line = (scale * pixel).astype(int)
        assert np.abs(figure[line, column, :3] - colours[nearest]).max() < 8
        share = (depth_m["farthest"] - place[2]) / (depth_m["farthest"] - depth_m["nearest"])
        assert figure[line, column, 3] == pytest.approx(1 + 254 * share, abs=4)


def test_photos_of_two_sizes_in_colours_of_their_own(folder: Path) -> None:
    results, width = folder / "results", IMAGE_SIZE[0]
    for name, wider in (("a", 0), ("b", width // 2), ("nested/c", 0)):
        shutil.copytree(folder / "photo", results / name)
        (photo,) = (results / name).glob("photo.*")
        Image.new("RGB", (width + wider, IMAGE_SIZE[1]), (200, 40, 90)).save(photo)
        person = entries(results / name / "person_00.npz")
        np.savez(
            results / name / "person_00.npz",
            **person | {"image_size": np.array([width + wider, IMAGE_SIZE[1]])},
        )
    out = folder / "of_photos"
    assert smplpix(results, "--out", out, "--colours", "photo", "--longest-side", 300) == 0
    pairs = {name: (figure, picture) for part in PARTS for name, figure, picture in loaded(out / part, 4)}
    assert list(pairs) == ["a.png", "b.png", "nested_c.png"]
    assert len({figure.shape for figure, _ in pairs.values()}) == 1
    for figure, picture in pairs.values():
        assert np.abs(255 * figure[figure[..., 3] > 0][:, :3] - (200, 40, 90)).max() < 4
        assert np.all(picture[:, -1] == 1.0) != (
            picture is pairs["b.png"][1]
        )  # narrower ones are filled up with white


REFUSED = {
    "no clip": (["motion", "--out", "new"], "--clip MOVIE"),
    "a clip for photos": (["photo", "--clip", "clip.mp4", "--out", "new"], "no person_00_motion.npz"),
    "another clip": (["motion", "--clip", "small.mp4", "--out", "new"], "Give the clip of the fit"),
    "a shorter clip": (["motion", "--clip", "short.mp4", "--out", "new"], "ends with frame 1"),
    "nobody of that number": (["photo", "--person", "3", "--out", "new"], "holds no person_03.npz"),
    "too few": (["photo", "--out", "new"], "needs 3"),
    "a folder in use": (["motion", "--clip", "clip.mp4", "--out", "photo"], "is not empty"),
    "another body": (["photo", "--model", "other.npz", "--out", "new"], "other.npz"),
    "tiny pictures": (["photo", "--longest-side", "5", "--out", "new"], "--longest-side 5"),
    "before the first": (["photo", "--person", "-1", "--out", "new"], "--person -1"),
}


@pytest.mark.parametrize(("line", "words"), REFUSED.values(), ids=REFUSED)
def test_refused_with_the_next_step(
    folder: Path,
    line: list[str],
    words: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(folder)
    if not (folder / "small.mp4").exists():
        write_movie(folder / "small.mp4", grey_steps(FRAMES, (128, 128)))
        write_movie(folder / "short.mp4", grey_steps(2, IMAGE_SIZE))
    before = sorted(path.name for path in (folder / "photo").iterdir())
    assert smplpix(*line) != 0
    assert words in capsys.readouterr().err
    assert not (folder / "new").exists()
    assert sorted(path.name for path in (folder / "photo").iterdir()) == before
    assert not list(folder.glob(".unfinished-*"))


@pytest.mark.parametrize("count", [3, 4, 10, 100, 1001])
def test_every_part_has_frames(count: int) -> None:
    parts = parts_of(count)
    assert len(parts) == count and parts == sorted(parts, key=PARTS.index)
    assert all(parts.count(part) >= 1 for part in PARTS) and parts.count("train") <= 0.9 * count
