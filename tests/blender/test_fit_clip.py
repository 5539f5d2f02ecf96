"""A video from its file to figures that move: by the sidebar's button, by script, by command; given up and gone on with."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from smplify_blender.session.fit_request import EVERYBODY, MAIN_PERSON
from tests.blender.clips import SIZE, frame_number, frame_pixels, write_frames, write_movie
from tests.blender.synthetic_result import smooth_motion, write_sequence
from tests.blender.test_root_motion import carrier_of

DEMO = Path(__file__).resolve().parents[2] / "docs" / "demo" / "demo_photo_keypoints.json"
DEMO_SIZE = (900, 1200)
FRAMES = 6
STEP_PX = 6.0


def write_keypoints(folder: Path) -> Path:
    """The demo's person, who is a little further to the right in every frame."""
    folder.mkdir()
    document = json.loads(DEMO.read_text())
    for number in range(FRAMES):
        for person in document["people"]:
            for key in [key for key in person if key.endswith("keypoints_2d")]:
                points = np.array(person[key], dtype=float).reshape(-1, 3)
                points[points[:, 2] > 0, 0] += STEP_PX if number else 0.0
                person[key] = points.ravel().tolist()
        (folder / f"dance_{number:012d}_keypoints.json").write_text(json.dumps(document))
    return folder


@pytest.fixture
def dance(bpy: ModuleType, tmp_path: Path) -> Path:
    """A movie with the keypoints of its frames beside it."""
    write_keypoints(tmp_path / "dance_keypoints")
    return write_movie(bpy, tmp_path / "dance.mp4", FRAMES, size=DEMO_SIZE)


def read_pixmap(path: Path) -> np.ndarray:
    _, width, height, _, values = path.read_bytes().split(maxsplit=4)
    return np.frombuffer(values, np.uint8).reshape(int(height), int(width), 3)


@pytest.mark.parametrize("kind", ["movie", "numbered images"])
def test_every_frame_is_read_as_it_is(bpy: ModuleType, tmp_path: Path, kind: str) -> None:
    from smplify_blender.result.clip_rate import ClipRate
    from smplify_blender.scene.photo.clip_frames import ClipFrames

    if kind == "movie":
        frames = ClipFrames(write_movie(bpy, tmp_path / "a.mp4", 12), (), ClipRate(24, 1))
        assert frames.facts.rate == ClipRate(30000, 1001)
    else:
        images = write_frames(bpy, tmp_path / "images", 12)
        frames = ClipFrames(images[0], images, ClipRate(24, 1))
    assert (frames.facts.size, frames.facts.frame_count) == (SIZE, 12)
    scenes, images_before = len(bpy.data.scenes), len(bpy.data.images)
    frames.begin(tmp_path / "out", range(2, 12, 3))
    assert (frames.done, frames.total) == (0, 4)
    assert frames.write_next() and frames.done == 1
    frames.close()
    while frames.write_next():
        pass
    frames.close()
    files = sorted((tmp_path / "out").iterdir())
    assert len(files) == 12  # those that are not wanted have a header alone
    for number in (2, 5, 8, 11):
        pixels = read_pixmap(files[number])
        assert frame_number(pixels) == number
        assert np.abs(pixels.astype(int) - frame_pixels(number)).mean() < 3
    assert files[3].read_bytes() == b"P6 %d %d 255\n" % SIZE
    assert (len(bpy.data.scenes), len(bpy.data.images)) == (scenes, images_before)


def test_frames_that_are_there_are_not_read_again(bpy: ModuleType, tmp_path: Path) -> None:
    from smplify_blender.result.clip_rate import ClipRate
    from smplify_blender.scene.photo.clip_frames import ClipFrames

    movie = write_movie(bpy, tmp_path / "a.mp4", 6)
    first = ClipFrames(movie, (), ClipRate(24, 1))
    first.begin(tmp_path / "out", range(3))
    while first.write_next():
        pass
    first.close()
    again = ClipFrames(movie, (), ClipRate(24, 1))
    again.begin(tmp_path / "out", range(6))
    assert (again.done, again.total) == (3, 6)


def test_a_disk_that_is_too_small_is_noticed_before(
    bpy: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from smplify_blender.result.clip_rate import ClipRate
    from smplify_blender.result.errors import ResultError
    from smplify_blender.scene.photo.clip_frames import ClipFrames

    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=10_000))
    frames = ClipFrames(write_movie(bpy, tmp_path / "a.mp4", 6), (), ClipRate(24, 1))
    with pytest.raises(ResultError, match=r"6 frames take 0\.0 GB .* where 0\.0 GB are free"):
        frames.begin(tmp_path / "out", range(6))


def test_the_button(bpy: ModuleType, addon: ModuleType, dance: Path) -> None:
    scene = bpy.context.scene
    scene.smplify.photo_source = "VIDEO"
    scene.smplify.clip_path = str(dance)
    assert scene.smplify.clip_keypoints == str(dance.with_name("dance_keypoints"))
    for needs_photo in (
        bpy.ops.smplify.edit_keypoints,
        bpy.ops.smplify.fit_photo,
        bpy.ops.smplify.inspect_photo,
    ):
        with pytest.raises(RuntimeError, match="A video is chosen, not a photo"):
            needs_photo()
    scene.smplify.clip_first = 2
    scene.smplify.clip_root_motion = "OBJECT"
    scene.frame_set(11)
    assert bpy.ops.smplify.fit_clip() == {"FINISHED"}
    armature = bpy.data.objects["dance"]
    assert scene.camera.data.background_images[0].clip.name == "dance.mp4"
    assert (scene.render.fps, scene.render.fps_base) == (30, pytest.approx(1.001))
    # the second frame of the video is at the scene's current frame
    assert (scene.frame_start, scene.frame_end) == (11, 11 + FRAMES - 2)
    assert scene.camera.data.background_images[0].clip.frame_start == 10
    places = []
    for frame in (11, 11 + FRAMES - 2):
        scene.frame_set(frame)
        bone = armature.pose.bones["hips"]
        places.append(_pixel(bpy, armature.matrix_world @ bone.head))
    moved = np.array(places[1]) - np.array(places[0])
    assert moved[0] == pytest.approx((FRAMES - 2) * STEP_PX, abs=3.0) and abs(moved[1]) < 3.0
    assert carrier_of(armature) == "OBJECT"


def test_people_are_looked_for_and_chosen(bpy: ModuleType, addon: ModuleType, dance: Path) -> None:
    """The frames that are read for the look, in which cuts are found, serve the fit; another range asks for another look."""
    from smplify_blender.settings.scene_choices import clip_choices_of, engine_of

    scene = bpy.context.scene
    scene.smplify.photo_source, scene.smplify.clip_path = "VIDEO", str(dance)
    made = len(bpy.data.objects)
    assert bpy.ops.smplify.look_at_clip() == {"FINISHED"}
    tracks = found_tracks(bpy)
    assert [(track.number, track.first_frame, track.last_frame) for track in tracks] == [(0, 0, FRAMES - 1)]
    assert len(bpy.data.objects) == made
    assert {path.name for path in pictures_written(bpy)} >= {f"{number:06d}.ppm" for number in range(FRAMES)}

    bpy.ops.smplify.choose_person(person=0)
    assert clip_choices_of(scene, engine_of(bpy.context)).person == 0
    bpy.ops.smplify.choose_person(person=EVERYBODY)
    assert clip_choices_of(scene, engine_of(bpy.context)).person == EVERYBODY
    bpy.ops.smplify.choose_person(person=7)
    with pytest.raises(RuntimeError, match="There is no person 7: 1 are followed"):
        bpy.ops.smplify.fit_clip()
    scene.smplify.clip_first = 2
    assert scene.smplify.clip_person == MAIN_PERSON and found_tracks(bpy) == ()


def pictures_written(bpy: ModuleType) -> set[Path]:
    """Pictures of the clip's frames in the temporary folder of this Blender; those without pixels are but names."""
    return {path for path in Path(bpy.app.tempdir).rglob("dance.mp4/*.ppm") if path.stat().st_size > 100}


def found_tracks(bpy: ModuleType) -> tuple[Any, ...]:
    from smplify_blender.session.clip_looks import clip_looks, look_key
    from smplify_blender.settings.scene_choices import clip_choices_of, engine_of

    return clip_looks().tracks(look_key(clip_choices_of(bpy.context.scene, engine_of(bpy.context))))


def _pixel(bpy: ModuleType, point: Any) -> tuple[float, float]:
    from bpy_extras.object_utils import world_to_camera_view

    x, y, _ = world_to_camera_view(bpy.context.scene, bpy.context.scene.camera, point)
    return x * DEMO_SIZE[0], y * DEMO_SIZE[1]


def test_a_fit_that_was_given_up_goes_on(
    bpy: ModuleType, dance: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from smplify_blender.api import clip_fit
    from smplify_blender.session.fit_session import FitSession

    monkeypatch.setattr(clip_fit, "READING_SECONDS", 0.0)  # one frame at a time
    request, session = clip_fit.ClipRequest(dance), FitSession()
    first = clip_fit.ClipFit(request, tmp_path)
    first.advance(session)
    session.cancel(first.job)
    first.advance(session)
    assert first.job.cancelled and not first.is_reading and session.process_id is None
    read = [path for path in (tmp_path / "smplify_clips").rglob("*.ppm") if path.stat().st_size > 100]
    assert [path.name for path in read] == ["000000.ppm"]
    again = clip_fit.ClipFit(request, tmp_path)
    assert again.result == first.result and again.is_reading
    again.advance(session)
    assert again.job.fraction == pytest.approx(2 / FRAMES)


def test_scripts_with_images_of_a_folder(bpy: ModuleType, addon: ModuleType, tmp_path: Path) -> None:
    from smplify_blender import api

    write_frames(bpy, tmp_path / "shot", FRAMES, DEMO_SIZE)
    points = write_keypoints(tmp_path / "points")
    heard: list[str] = []
    found = api.fit_clip(
        tmp_path / "shot",
        api.SequencePlan(start=1001),
        options=("--keypoints", str(points), "--end", "3"),
        on_progress=lambda _fraction, stage: heard.append(stage),
    )
    assert found.frames == (1001, 1004) and "reading frames" in heard
    assert bpy.context.scene.render.fps == 24  # images are shown at the scene's rate
    assert found.built.plate.source == "SEQUENCE" and found.built.plate.frame_start == 1001


BAD: dict[str, tuple[str, tuple[str, ...], str]] = {
    "no such movie": ("gone.mp4", (), "gone.mp4 cannot be read"),
    "no movie": ("text.mp4", (), "no movie that Blender can read"),
    "no images": ("empty", (), "holds no images"),
    "one frame": ("a.mp4", ("--start", "2", "--end", "2"), "no motion"),
    "beyond the end": ("a.mp4", ("--start", "99"), "a.mp4 has 6 frames"),
    "not a number": ("a.mp4", ("--step", "x"), "invalid int value: 'x'"),
    "no such option": ("a.mp4", ("--nonsense",), "--nonsense"),
    "no keypoints": ("a.mp4", ("--keypoints", "empty"), "holds no keypoint files"),
}


@pytest.mark.parametrize(("name", "options", "words"), BAD.values(), ids=BAD)
def test_what_cannot_be_fitted_is_said(
    bpy: ModuleType, addon: ModuleType, tmp_path: Path, name: str, options: tuple[str, ...], words: str
) -> None:
    from smplify_blender import api

    write_movie(bpy, tmp_path / "a.mp4", FRAMES)
    (tmp_path / "text.mp4").write_text("no movie")
    (tmp_path / "empty").mkdir()
    made = len(bpy.data.objects)
    options = tuple(str(tmp_path / word) if word == "empty" else word for word in options)
    with pytest.raises(api.SmplifyError) as refused:
        api.fit_clip(tmp_path / name, options=options, results=tmp_path / "out")
    assert words in str(refused.value)
    assert len(bpy.data.objects) == made and not list(tmp_path.glob("out/*.npz"))


def test_the_command_line(
    bpy: ModuleType, command: Any, dance: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A video to a .blend and a .glb; its result folder comes in again, with the scene's own rate and without a camera."""
    blend, results = tmp_path / "out.blend", tmp_path / "fit"
    assert (
        command(
            "fit", dance, "--out", blend, "--results", results, "--glb", tmp_path / "out.glb", "--end", "3",
            "--root-motion", "object",
        )
        == 0
    )  # fmt: skip
    assert f"{blend}: 1 person, frames 1 to 4" in capfd.readouterr().out
    assert (tmp_path / "out.glb").stat().st_size > 10_000
    assert sorted(path.name for path in results.parent.glob(".*")) == []  # the frames are gone
    bpy.ops.wm.open_mainfile(filepath=str(blend))
    assert bpy.context.scene.render.fps_base == pytest.approx(1.001)
    assert carrier_of(bpy.data.objects["dance"]) == "OBJECT"
    clip = bpy.context.scene.camera.data.background_images[0].clip
    assert clip.frame_duration == FRAMES and clip.frame_start == 1

    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    again = tmp_path / "again.blend"
    words = (
        "--clip",
        dance,
        "--keep-scene-rate",
        "--keep-scene-camera",
        "--start-frame",
        101,
        "--side",
        tmp_path / "s.png",
        "--root-motion",
        "object",
    )
    assert command("import", results, "--blend", again, *words) == 0
    assert (tmp_path / "s.png").stat().st_size > 1000
    assert "out of step" in capfd.readouterr().err
    bpy.ops.wm.open_mainfile(filepath=str(again))
    assert bpy.context.scene.render.fps == 24 and bpy.context.scene.camera is None
    assert carrier_of(bpy.data.objects["dance"]) == "OBJECT"


ENDS: dict[str, tuple[tuple[str, ...], int, str]] = {
    "a picture of a video": (("fit", "a.mp4", "--out", "o.blend", "--render", "r.png"), 2, "not one picture"),
    "no movie": (("fit", "text.mp4", "--out", "o.blend"), 13, "no movie that Blender can read"),
    "the walk of a photo": (
        ("fit", "a.png", "--out", "o.blend", "--root-motion", "object"),
        2,
        "of a photo does not move",
    ),
    "no option": (("fit", "a.mp4", "--out", "o.blend", "--nonsense"), 2, "--nonsense"),
    "a picture of its result": (
        ("import", "clip", "--blend", "o.blend", "--render", "r.png"),
        2,
        "not one picture",
    ),
    "nobody of that number": (
        ("import", "clip", "--blend", "o.blend", "--person", "7"),
        3,
        "has no person 7",
    ),
}


@pytest.mark.parametrize(("words", "code", "text"), ENDS.values(), ids=ENDS)
def test_how_the_command_ends(
    bpy: ModuleType,
    command: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    code: int,
    text: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    write_movie(bpy, tmp_path / "a.mp4", FRAMES)
    (tmp_path / "text.mp4").write_text("no movie")
    write_sequence(tmp_path / "clip", [smooth_motion(3)])
    assert command(*words) == code
    assert text in capfd.readouterr().err and not (tmp_path / "o.blend").exists()


def test_help_has_the_options_of_videos(command: Any, capfd: pytest.CaptureFixture[str]) -> None:
    assert command("fit", "--help") == 0
    said = capfd.readouterr().out
    assert "--smoothness" in said and "--takes" in said
