"""A clip through the real command line: a movie and its keypoints in, motions that the add-on reads out."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.cases import IMAGE_SIZE, photographed
from fitting_core.arguments.request import SequenceRequest
from fitting_core.body_model.body_model import Pose, joint_transforms, rest_joints
from fitting_core.body_model.joints import SMPLX_JOINT_NAMES
from fitting_core.body_model.model_file import load_body_model
from fitting_core.cli import main
from fitting_core.geometry.rotations import matrix_from_vector
from fitting_core.pipeline.setups import fit_setup
from fitting_core.results.exchange import SEQUENCE_STEPS
from fitting_core.sequence import run
from fitting_core.sequence.motion import fit_person
from smplify_blender.result.read_motion import read_motion
from tests.movies import grey_steps, write_movie
from tests.photos import openpose_person, synthetic_case

FRAMES = 8
RATE = Fraction(30000, 1001)
GONE = 4  # a frame in which the person was not seen


def write_clip(folder: Path) -> Path:
    """A movie of a person who leans over to a side, with OpenPose's files beside it; a second person is a ghost."""
    case = synthetic_case(0)
    random = np.random.default_rng(0)
    (folder / "clip").mkdir()
    for frame in range(FRAMES):
        rotations = case.truth.rotations.copy()
        rotations[3, 2] += 0.03 * frame
        rotations[16, 2] += 0.05 * frame
        posed = Pose(rotations, case.truth.shape, case.truth.translation)
        person = openpose_person(
            photographed(case.body, posed, case.subject.focal_px, random).subject.keypoints
        )
        people = [] if frame == GONE else [person]
        name = f"clip_{frame:012d}_keypoints.json"
        (folder / "clip" / name).write_text(json.dumps({"version": 1.3, "people": people}), encoding="utf-8")
    return write_movie(folder / "clip.mp4", grey_steps(FRAMES, IMAGE_SIZE), RATE)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clip"))


def fit(clip: Path, out: Path, *options: str) -> int:
    focal = f"{synthetic_case(0).subject.focal_px:g}"
    body = () if "--gender" in options else ("--gender", "neutral")
    return main(["sequence", str(clip), "--out", str(out), "--focal-px", focal, *body, *options])


def entries(path: Path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as data:
        return {key: data[key] for key in data.files}


@pytest.fixture(scope="module")
def result(clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("results") / "out"
    assert fit(clip, out, "--bvh", "--amass", "--overlay") == 0
    return out


def test_files(result: Path) -> None:
    assert sorted(path.name for path in result.iterdir()) == [
        "body.npz",
        "overlay.mp4",
        "person_00.bvh",
        "person_00_amass.npz",
        "person_00_motion.npz",
        "summary.json",
    ]


def test_summary(result: Path) -> None:
    summary = json.loads((result / "summary.json").read_text(encoding="utf-8"))
    assert summary["kind"] == "sequence" and summary["source"] == "clip.mp4"
    assert summary["clip"] == {
        "width": IMAGE_SIZE[0],
        "height": IMAGE_SIZE[1],
        "frame_rate": [30000, 1001],
        "first_frame": 0,
        "frame_step": 1,
        "frame_count": FRAMES,
        "cuts": [],
    }
    assert summary["camera"]["is_static"]
    (person,) = summary["people"]
    assert (person["first_frame"], person["last_frame"]) == (0, FRAMES - 1)
    assert (person["frames_seen"], person["frames_held"]) == (FRAMES - 1, 1)


def test_frames_and_states(result: Path) -> None:
    motion = entries(result / "person_00_motion.npz")
    assert motion["clip_frames"].tolist() == list(range(FRAMES))
    np.testing.assert_allclose(motion["times"], np.arange(FRAMES) / float(RATE))
    assert motion["states"].tolist() == [1 if frame == GONE else 0 for frame in range(FRAMES)]
    assert np.isnan(motion["keypoint_error_px"]).tolist() == [frame == GONE for frame in range(FRAMES)]
    assert motion["frame_words"].tolist() == [3 if frame == GONE else 0 for frame in range(FRAMES)]
    assert not motion["keypoints"][GONE].any()
    assert not motion["contacts"][GONE].any()


def test_figure_lies_on_its_keypoints_in_the_world(result: Path) -> None:
    """Points of the world, brought before the camera that the file names, project onto the keypoints, seen or not."""
    motion = entries(result / "person_00_motion.npz")
    model = load_body_model()
    into_camera = np.linalg.inv(motion["world_from_camera"])
    shoulders = [SMPLX_JOINT_NAMES.index(f"{side}_shoulder") for side in ("right", "left")]
    for frame in range(FRAMES):
        shape = np.concatenate([motion["betas"], motion["expressions"][frame]]).astype(float)
        _, joints = joint_transforms(
            model, motion["rotations"][frame].astype(float), rest_joints(model, shape)
        )
        seen = (joints + motion["transl"][frame]) @ into_camera[:3, :3].T + into_camera[:3, 3]
        pixels = motion["focal_px"] * seen[shoulders, :2] / seen[shoulders, 2:] + motion["principal_point"]
        known = motion["keypoints"][frame if frame != GONE else GONE - 1]
        for number, pixel in zip((2, 5), pixels, strict=True):
            if known[number, 2] > 0.5:
                assert np.linalg.norm(pixel - known[number, :2]) < 30.0


def test_floor_is_under_the_soles(result: Path) -> None:
    assert abs(float(entries(result / "person_00_motion.npz")["sole_height"])) < 1e-4


def test_addon_reads_a_motion(result: Path, tmp_path: Path) -> None:
    """The add-on's import of motions takes a person's file as it is."""
    for name, source in (("body.npz", "body.npz"), ("motion.npz", "person_00_motion.npz")):
        (tmp_path / name).write_bytes((result / source).read_bytes())
    motion = read_motion(tmp_path).motion
    assert motion.frame_count == FRAMES and motion.fps == pytest.approx(float(RATE))


def test_amass_file_comes_back(result: Path, tmp_path: Path) -> None:
    assert main(["convert", str(result / "person_00_amass.npz"), "--out", str(tmp_path / "back")]) == 0
    there, back = entries(result / "person_00_motion.npz"), entries(tmp_path / "back" / "motion.npz")
    np.testing.assert_allclose(back["rotations"], there["rotations"], atol=1e-5)
    assert back["fps"] == pytest.approx(float(there["fps"]))


def bvh_joints(text: str) -> tuple[list[str], np.ndarray]:
    """Names and places (frames, joints, 3) of a BVH file's joints, by walking its hierarchy."""
    head, _, tail = text.partition("MOTION\n")
    names: list[str] = []
    parents: list[int] = []
    offsets: list[list[float]] = []
    open_joints: list[int] = []
    for line in head.split("\n"):
        words = line.split()
        if words[:1] in (["ROOT"], ["JOINT"]):
            parents.append(open_joints[-1] if open_joints else -1)
            open_joints.append(len(names))
            names.append(words[1])
        elif words[:1] == ["End"]:
            open_joints.append(-2)
        elif words[:1] == ["OFFSET"] and open_joints[-1] != -2:
            offsets.append([float(word) for word in words[1:]])
        elif words == ["}"]:
            open_joints.pop()
    rows = np.array([[float(word) for word in row.split()] for row in tail.strip().split("\n")[2:]])
    angles = np.radians(rows[:, 3:].reshape(len(rows), len(names), 3))
    axes = np.eye(3)
    turns = [
        matrix_from_vector(angles[:, :, place, None] * axes[axis]) for place, axis in enumerate((2, 0, 1))
    ]
    local = turns[0] @ turns[1] @ turns[2]
    world, places = np.empty_like(local), np.empty(angles.shape)
    for joint, parent in enumerate(parents):
        if parent < 0:
            world[:, joint], places[:, joint] = local[:, joint], rows[:, :3]
        else:
            world[:, joint] = world[:, parent] @ local[:, joint]
            places[:, joint] = places[:, parent] + world[:, parent] @ np.array(offsets[joint])
    return names, places


def test_bvh_file_has_the_same_joints(result: Path) -> None:
    motion, model = entries(result / "person_00_motion.npz"), load_body_model()
    names, places = bvh_joints((result / "person_00.bvh").read_text(encoding="utf-8"))
    shape = np.concatenate([motion["betas"], motion["expression"]]).astype(float)
    for frame in (0, FRAMES - 1):
        _, joints = joint_transforms(
            model, motion["rotations"][frame].astype(float), rest_joints(model, shape)
        )
        world = joints + motion["transl"][frame]
        upright = 100.0 * np.stack([world[:, 0], world[:, 2], -world[:, 1]], axis=1)
        expected = upright[[model.joint_names.index(name) for name in names]]
        np.testing.assert_allclose(places[frame], expected, atol=0.02)


def test_overlay_movie_has_every_frame(result: Path) -> None:
    import av

    with av.open(str(result / "overlay.mp4")) as container:
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
        assert container.streams.video[0].average_rate == RATE
    assert len(pictures) == FRAMES
    left, right = np.split(pictures[0].astype(int), 2, axis=1)
    assert np.abs(left - right).max() > 60  # the figure is on the right side only


def test_a_run_killed_twice_ends_as_an_unbroken_one(
    clip: Path, result: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(fit_person, "standing", killed)
    assert fit(clip, out) == 130
    monkeypatch.undo()
    monkeypatch.setattr(fit_person, "fine_trajectory", killed)
    assert fit(clip, out) == 130
    assert len(list((out / SEQUENCE_STEPS).glob("body_0_*_0.npz"))) == 1
    monkeypatch.undo()
    monkeypatch.setattr(fit_person, "frame_hypotheses", killed)  # nothing is searched again
    assert fit(clip, out) == 0
    assert not (out / SEQUENCE_STEPS).exists()
    ours, theirs = entries(out / "person_00_motion.npz"), entries(result / "person_00_motion.npz")
    for key, value in theirs.items():
        np.testing.assert_array_equal(ours[key], value, err_msg=key)


@pytest.mark.parametrize(
    ("options", "clip_frames", "fps"),
    [
        (("--start", "2", "--end", "7", "--step", "2"), [2, 4, 6], float(RATE) / 2),
        (("--fps", "25", "--end", "3"), [0, 1, 2, 3], 25.0),
    ],
    ids=["span and step", "another rate"],
)
def test_spans(
    clip: Path, tmp_path: Path, options: tuple[str, ...], clip_frames: list[int], fps: float
) -> None:
    assert fit(clip, tmp_path / "out", *options) == 0
    motion = entries(tmp_path / "out" / "person_00_motion.npz")
    assert motion["clip_frames"].tolist() == clip_frames
    assert float(motion["fps"]) == pytest.approx(fps)


REFUSED = {
    "no movie": (("README.md",), 13),
    "no clip": (("missing.mp4",), 13),
    "empty span": (("clip.mp4", "--start", "5", "--end", "4"), 2),
    "beyond the end": (("clip.mp4", "--end", "99"), 2),
    "no such person": (("clip.mp4", "--person", "7"), 2),
    "detect and keypoints": (("clip.mp4", "--detect", "--keypoints", "clip"), 2),
    "no keypoints there": (("clip.mp4", "--keypoints", "."), 4),
}


@pytest.mark.parametrize(("words", "code"), REFUSED.values(), ids=REFUSED)
def test_refusals(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], code: int
) -> None:
    monkeypatch.chdir(clip.parent)
    (clip.parent / "README.md").write_text("no movie")
    assert main(["sequence", *words, "--out", str(tmp_path / "out")]) == code
    assert not (tmp_path / "out" / "summary.json").exists()


def test_body_and_lens_are_left_to_the_fit(clip: Path, tmp_path: Path) -> None:
    """The choice is told as a photo's is, and the camera's focal length is one for all files, whether it was kept or not."""
    assert fit(clip, tmp_path / "out", "--gender", "automatic", "--estimate-focal") == 0
    summary = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    chances = summary["people"][0]["automatic_gender"]["chances"]
    assert sum(chances.values()) == pytest.approx(1.0, abs=0.01)
    assert summary["gender"] == summary["people"][0]["automatic_gender"]["gender"]
    motion = entries(tmp_path / "out" / "person_00_motion.npz")
    assert float(motion["focal_px"]) == pytest.approx(summary["camera"]["focal_px"])
    told = "estimated" in summary["camera"]["focal_source"]
    assert told or any("too weak" in warning for warning in summary["warnings"])


def blobs(seed: int, shift: int) -> np.ndarray:
    """A textured picture, moved to the left by so many px."""
    noise = np.random.default_rng(seed).integers(0, 256, (30, 30, 3), dtype=np.uint8)
    wide = Image.fromarray(noise).resize((IMAGE_SIZE[0] + 400, IMAGE_SIZE[1]), Image.Resampling.BICUBIC)
    return np.asarray(wide)[:, shift : shift + IMAGE_SIZE[0]]


@pytest.fixture(scope="module")
def cut_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten frames before a still camera, a cut, eight before one that pans; somebody is in all of them."""
    folder = tmp_path_factory.mktemp("cut")
    (folder / "cut").mkdir()
    person = {"version": 1.3, "people": [openpose_person(synthetic_case(0).subject.keypoints)]}
    for frame in range(18):
        (folder / "cut" / f"cut_{frame:012d}_keypoints.json").write_text(json.dumps(person), encoding="utf-8")
    pictures = [blobs(0, 0) if frame < 10 else blobs(1, 12 * (frame - 10)) for frame in range(18)]
    return write_movie(folder / "cut.mp4", pictures, Fraction(10))


@pytest.mark.parametrize(
    ("person", "frames", "is_static"), [("0", (0, 9), True), ("1", (10, 17), False)], ids=["still", "panning"]
)
def test_cuts_and_moving_cameras_are_told(
    cut_clip: Path, tmp_path: Path, person: str, frames: tuple[int, int], is_static: bool
) -> None:
    """Nobody is followed across the cut, and a motion before a camera that moves is not called good."""
    assert fit(cut_clip, tmp_path, "--person", person) == 0
    summary = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert summary["clip"]["cuts"] == [10] and summary["camera"]["is_static"] == is_static
    (one,) = summary["people"]
    assert (one["first_frame"], one["last_frame"]) == frames
    assert any("camera moves" in reason for reason in one["quality"]["reasons"]) != is_static
    points = tmp_path / "again.json"
    points.write_text(
        json.dumps({"version": 1.3, "people": [openpose_person(synthetic_case(0).subject.keypoints)]})
    )
    again = (
        "refit",
        tmp_path / "person_00_motion.npz",
        points,
        "--frame",
        frames[0],
        "--out",
        tmp_path / "again",
    )
    assert main([str(word) for word in again]) == 0
    (refitted,) = json.loads((tmp_path / "again" / "summary.json").read_text(encoding="utf-8"))["people"]
    assert any("camera moves" in reason for reason in refitted["quality"]["reasons"]) != is_static
    assert any("is cut into 2 shots" in warning for warning in summary["warnings"])
    assert any("The camera moves from frame 1" in warning for warning in summary["warnings"]) != is_static


def test_pictures_that_cannot_be_seen_are_no_obstacle(clip: Path, tmp_path: Path) -> None:
    """With keypoint files, pictures of another size than the first only mean that nobody looks for cuts."""
    for frame, size in enumerate([IMAGE_SIZE, IMAGE_SIZE, (64, 64), IMAGE_SIZE]):
        Image.new("RGB", size).save(tmp_path / f"clip_{frame:012d}.png")
    out = tmp_path / "out"
    assert fit(tmp_path, out, "--keypoints", str(clip.with_suffix("")), "--fps", "25") == 0
    assert json.loads((out / "summary.json").read_text(encoding="utf-8"))["clip"]["cuts"] == []


def test_setup_is_that_of_photos() -> None:
    assert run.fit_setup is fit_setup


@pytest.mark.parametrize("name", ["--smoothness"])
def test_smoothness_makes_calmer_motion(clip: Path, tmp_path: Path, name: str) -> None:
    accelerations: list[float] = []
    for factor in ("0.2", "5"):
        assert fit(clip, tmp_path / factor, name, factor) == 0
        motion = entries(tmp_path / factor / "person_00_motion.npz")
        accelerations.append(float(np.abs(np.diff(motion["transl"], 2, axis=0)).mean()))
    assert accelerations[1] < 0.5 * accelerations[0]


def test_messages_are_json_lines(clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fit(clip, tmp_path / "out", "--end", "5", "--messages", "json") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    progress = [line for line in lines if line["type"] == "PROGRESS"]
    for part in ("looking for cuts", "person 0"):
        fractions = [line["fraction"] for line in progress if line["stage"].startswith(part)]
        assert fractions and fractions == sorted(fractions) and fractions[-1] <= 1.0
    assert lines[-1] == {
        "type": "DONE",
        "folder": "out",
        "files": ["body.npz", "person_00_motion.npz", "summary.json"],
        "people": 1,
    }


def test_list_of_people(clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Who there is, without a fit; its kept steps are those of a fit of anybody in the list."""
    out = tmp_path / "out"
    assert fit(clip, out, "--list-people", "--start", "2", "--messages", "json") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (track,) = [line for line in lines if line["type"] == "TRACK"]
    assert [track[key] for key in ("number", "first_frame", "last_frame", "frames_seen")] == [
        0, 2, FRAMES - 1, FRAMES - 3,
    ]  # fmt: skip
    assert track["best_frame"] in set(range(2, FRAMES)) - {GONE}
    left, top, right, bottom = track["box"]
    assert 0 < left < right < IMAGE_SIZE[0] and 0 < top < bottom < IMAGE_SIZE[1]
    assert lines[-1] == {"type": "DONE", "folder": "out", "files": [], "people": 1}
    assert [path.name for path in out.iterdir()] == [SEQUENCE_STEPS]

    request = SequenceRequest(clip, out, list_people=True)
    run._kept_steps(request).step("look_0", ("x",), lambda: {"x": np.zeros(1)})
    assert run._kept_steps(replace(request, list_people=False, person=1)).has("look_0")
    assert not run._kept_steps(replace(request, start=1)).has("look_0")


_SHIFT_PX = 6


@pytest.fixture(scope="module")
def demo_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo picture, which moves to the right from frame to frame."""
    photo = Image.open(Path(__file__).parents[2] / "docs" / "demo" / "demo_photo.jpg").convert("RGB")
    photo = photo.resize((photo.width // 4 * 2, photo.height // 4 * 2))
    pictures = [np.roll(np.asarray(photo), _SHIFT_PX * frame, axis=1) for frame in range(4)]
    return write_movie(tmp_path_factory.mktemp("demo") / "demo.mp4", pictures)


def test_a_clip_alone_is_enough(demo_clip: Path, tmp_path: Path) -> None:
    """Whoever is found is followed: the keypoints move as the picture does, and a second run looks at no picture again."""
    assert main(["sequence", str(demo_clip), "--detect", "--out", str(tmp_path / "out")]) == 0
    motion = entries(tmp_path / "out" / "person_00_motion.npz")
    assert motion["states"].tolist() == [0, 0, 0, 0]
    seen = motion["keypoints"][:, :15]
    sure = (seen[..., 2] > 0.8).all(axis=0)
    moved = np.diff(seen[:, sure, 0], axis=0)
    assert sure.sum() >= 8 and np.median(moved) == pytest.approx(_SHIFT_PX, abs=1.5)


def test_depths_are_looked_for_beside_keypoints(
    demo_clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo = json.loads((Path(__file__).parents[2] / "docs" / "demo" / "demo_photo_keypoints.json").read_text())
    for person in demo["people"]:
        for name, values in person.items():
            if name.endswith("_2d"):
                person[name] = [value / 2 if place % 3 < 2 else value for place, value in enumerate(values)]
    for frame in range(4):
        (tmp_path / f"k_{frame}.json").write_text(json.dumps(demo), encoding="utf-8")
    seen: list[bool] = []
    fit = run.fit_people

    def listening(tools: object, people: list[fit_person.TrackedPerson], report: object) -> object:
        seen.extend(subject.cues.body_depths is not None for subject in people[0].subjects)
        return fit(tools, people, report)

    monkeypatch.setattr(run, "fit_people", listening)
    options = ["--keypoints", str(tmp_path), "--end", "0", "--person", "0"]
    for extra, expected in (([], False), (["--depth-cue"], True)):
        seen.clear()
        assert main(["sequence", str(demo_clip), "--out", str(tmp_path / "out"), *options, *extra]) == 0
        assert seen == [expected]
