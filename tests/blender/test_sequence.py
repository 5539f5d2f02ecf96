"""The people of a clip in the scene: where the file says at every frame, before its camera, in step with the clip behind."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tests.blender.clips import write_frames, write_movie
from tests.blender.synthetic_result import SyntheticBody, smooth_motion, write_sequence

FRAMES = 12
MAX_MM = 0.2  # keys are single precision, metres from the origin
MAX_PX = 0.02
SIZE = (600, 800)


@pytest.fixture
def build(bpy: ModuleType, tmp_path: Path) -> Any:
    """Writes a clip's folder and builds it in the open file's scene."""
    from smplify_blender.result.read_sequence import read_sequence
    from smplify_blender.scene.motion.build_sequence import SequencePlan, build_sequence

    def build_folder(motions: list[Any], written: dict[str, Any] | None = None, **plan: Any) -> Any:
        folder = write_sequence(tmp_path / "clip", motions, **(written or {}))
        context = bpy.context
        return build_sequence(read_sequence(folder), context.scene, context.view_layer, SequencePlan(**plan))

    return build_folder


def shown_vertices(bpy: ModuleType, figure: Any, frame: int) -> np.ndarray:
    from smplify_blender.scene.figure.build import evaluated_vertices

    bpy.context.scene.frame_set(frame)
    return evaluated_vertices(figure, bpy.context.evaluated_depsgraph_get())


def laughing(frames: int) -> list[dict[str, np.ndarray]]:
    """Somebody whose first expression goes up and down."""
    people = smooth_motion(frames)
    for number, person in enumerate(people):
        person["expression"] = np.zeros(10)
        person["expression"][0] = 6.0 * np.sin(number)
    return people


@pytest.mark.parametrize("start", [1, 101])
def test_everybody_at_every_frame(bpy: ModuleType, build: Any, start: int) -> None:
    people = [laughing(FRAMES), smooth_motion(FRAMES)]
    built = build(people, {"first_clip_frame": 40}, start=start)
    assert built.frames == (start, start + FRAMES + 2) and built.key_count == 2 * FRAMES
    for number, (figure, frames) in enumerate(zip(built.figures, people, strict=True)):
        for row, person in enumerate(frames):
            shown = shown_vertices(bpy, figure, start + 3 * number + row)
            wanted, _ = SyntheticBody.make().pose(person)
            assert 1000 * np.linalg.norm(shown - wanted, axis=1).max() < MAX_MM, (number, row)


def test_the_camera_shows_what_the_clip_has_shown(bpy: ModuleType, build: Any) -> None:
    from bpy_extras.object_utils import world_to_camera_view
    from mathutils import Vector

    built = build([smooth_motion(FRAMES)])
    scene = bpy.context.scene
    assert scene.camera == built.camera and (scene.render.resolution_x, scene.render.resolution_y) == SIZE
    person = smooth_motion(FRAMES)[5]
    wanted, _ = SyntheticBody.make().pose(person)
    points = wanted[::50]
    before = (points - [0, -4, 1.5]) @ np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]])  # the camera frame
    pixels = 900.0 * before[:, :2] / before[:, 2:] + [300.0, 420.0]
    seen = np.array([world_to_camera_view(scene, built.camera, Vector(point)) for point in points.tolist()])
    shown = np.column_stack([seen[:, 0] * SIZE[0], (1 - seen[:, 1]) * SIZE[1]])
    assert np.abs(shown - pixels).max() < MAX_PX


def test_a_scene_in_centimetres(bpy: ModuleType, build: Any) -> None:
    scene = bpy.context.scene
    scene.unit_settings.system, scene.unit_settings.scale_length = "METRIC", 0.01
    people = smooth_motion(FRAMES)
    built = build([people])
    wanted, _ = SyntheticBody.make().pose(people[-1])
    shown = shown_vertices(bpy, built.figures[0], FRAMES)
    assert 1000 * np.linalg.norm(shown / 100 - wanted, axis=1).max() < MAX_MM
    assert tuple(built.camera.location) == pytest.approx((0, -400, 150))


def test_one_action_a_figure(bpy: ModuleType, build: Any) -> None:
    """From Blender 4.4 on with a slot for each of armature and expression; before, an action each."""
    built = build([laughing(FRAMES)])
    figure = built.figures[0]
    keys = figure.mesh.data.shape_keys
    actions = {block.animation_data.action for block in (figure.armature, keys)}
    if bpy.app.version >= (4, 4, 0):
        (action,) = actions
        assert sorted(slot.target_id_type for slot in action.slots) == ["KEY", "OBJECT"]
        assert action.name == "dance motion"
    else:
        assert {action.name for action in actions} == {"dance motion", "dance motion expression"}
    for row in range(FRAMES):
        bpy.context.scene.frame_set(1 + row)
        value = keys.key_blocks["Expression000"].value
        assert value == pytest.approx(6.0 * np.sin(row), abs=1e-5)


def test_rate_range_and_clip(bpy: ModuleType, build: Any, tmp_path: Path) -> None:
    proxy = write_movie(bpy, tmp_path / "beside.mp4", FRAMES, size=(60, 80))
    built = build([smooth_motion(4)], {"first_clip_frame": 5}, clip=proxy, start=10)
    scene = bpy.context.scene
    assert (scene.render.fps, scene.render.fps_base) == (30, pytest.approx(1.001))
    assert (scene.frame_start, scene.frame_end) == (10, 13)
    assert (scene.render.resolution_x, scene.render.resolution_y) == SIZE
    (background,) = built.camera.data.background_images
    assert background.source == "MOVIE_CLIP" and background.clip == built.plate
    # frame 5 of the clip, counted from 0, at frame 10 of the scene
    assert built.plate.frame_start == 5 and built.plate.frame_duration == FRAMES
    assert built.notes == ()


def test_the_camera_has_the_clips_own_size(bpy: ModuleType, build: Any, tmp_path: Path) -> None:
    """A large movie is fitted in a smaller copy: the scene renders at the movie's size, and shows the same."""
    movie = write_movie(bpy, tmp_path / "large.mp4", 3, size=(900, 1200))
    built = build([smooth_motion(3)], clip=movie)
    render, camera = bpy.context.scene.render, built.camera.data
    assert (render.resolution_x, render.resolution_y) == (900, 1200)
    assert camera.lens == pytest.approx(900.0 * 36.0 / 800.0)  # focal length and longer side of the copy, px
    assert camera.shift_y == pytest.approx((420 - 400) / 800)


def test_numbered_images_behind(bpy: ModuleType, build: Any, tmp_path: Path) -> None:
    pictures = write_frames(bpy, tmp_path / "frames", FRAMES, (60, 80), first=1001)
    built = build([smooth_motion(FRAMES)], clip=pictures[0])
    assert built.plate.source == "SEQUENCE" and built.plate.frame_duration == FRAMES
    assert built.plate.frame_start == 1


@pytest.mark.parametrize("place", ["in the folder", "beside it", "nowhere"])
def test_the_clip_is_found_by_its_name(bpy: ModuleType, build: Any, tmp_path: Path, place: str) -> None:
    movie = write_movie(bpy, tmp_path / "dance.mp4", 3, size=(60, 80))
    (tmp_path / "clip").mkdir()
    if place == "in the folder":
        shutil.move(movie, tmp_path / "clip" / "dance.mp4")
    elif place == "nowhere":
        movie.unlink()
    built = build([smooth_motion(3)])
    assert (built.plate is not None) == (place != "nowhere")


def test_the_scene_is_left_alone_by_choice(bpy: ModuleType, build: Any, tmp_path: Path) -> None:
    movie = write_movie(bpy, tmp_path / "beside.mp4", 3, size=(60, 80))
    scene = bpy.context.scene
    facts = (scene.render.fps, scene.render.fps_base, scene.frame_start, scene.frame_end, scene.frame_current)
    size = (scene.render.resolution_x, scene.render.resolution_y, scene.camera)
    people = smooth_motion(FRAMES)
    built = build([people], clip=movie, set_rate=False, extend_range=False, set_camera=False)
    assert facts == (
        scene.render.fps, scene.render.fps_base, scene.frame_start, scene.frame_end, scene.frame_current
    )  # fmt: skip
    assert size == (scene.render.resolution_x, scene.render.resolution_y, scene.camera)
    # the figures keep the clip's time in a scene of 24 frames a second
    assert built.frames[1] == pytest.approx(1 + 24 * (FRAMES - 1) * 1001 / 30000)
    assert "out of step" in built.notes[0]
    scene.frame_set(1)
    assert build([people], {"frame_rate": (24, 1)}, clip=movie, set_rate=False).notes == ()


def test_another_movie_is_refused_and_leaves_nothing(bpy: ModuleType, build: Any, tmp_path: Path) -> None:
    from smplify_blender.result.errors import ResultError

    wide = write_movie(bpy, tmp_path / "wide.mp4", 3, size=(80, 60))
    for block in list(bpy.data.images):
        bpy.data.images.remove(block)
    (tmp_path / "text.mp4").write_text("no movie")
    for file, words in (
        (wide, "80 × 60, the fit was made for 600 × 800"),
        (tmp_path / "text.mp4", "no movie that Blender"),
        (tmp_path / "gone.mp4", "cannot be read"),
    ):
        with pytest.raises(ResultError, match=words):
            build([smooth_motion(3)], clip=file)
    with pytest.raises(ResultError, match=r"has no person 7\. It has 0"):
        build([smooth_motion(3)], people=(7,))
    _check_nothing_is_left(bpy)


def test_removing_everybody_leaves_nothing(bpy: ModuleType, build: Any, tmp_path: Path) -> None:
    from smplify_blender.scene.figure.lookup import remove_figure
    from smplify_blender.scene.motion.reduce_keys import ErrorBound, reduce_keys

    movie = write_movie(bpy, tmp_path / "beside.mp4", 3, size=(60, 80))
    for block in list(bpy.data.images):
        bpy.data.images.remove(block)
    built = build([laughing(FRAMES), smooth_motion(FRAMES)], clip=movie)
    reduce_keys(built.figures[0].armature, bpy.context.scene, ErrorBound())
    remove_figure(built.figures[0].armature)
    assert built.plate in bpy.data.movieclips.values()  # the other still stands before it
    remove_figure(built.figures[1].armature)
    _check_nothing_is_left(bpy)


def _check_nothing_is_left(bpy: ModuleType) -> None:
    for kind in (
        "objects",
        "meshes",
        "armatures",
        "actions",
        "collections",
        "materials",
        "shape_keys",
        "cameras",
    ):
        assert not len(getattr(bpy.data, kind)), kind
    assert not len(bpy.data.movieclips) and not len(bpy.data.images)


def test_only_some_people(bpy: ModuleType, build: Any) -> None:
    built = build([smooth_motion(3)] * 3, people=(2, 1))
    assert [figure.armature.name for figure in built.figures] == ["dance.person_3", "dance.person_2"]
    assert built.collection.name == "dance"


@pytest.mark.parametrize(
    "chosen", ["", "body.npz", "person_01_motion.npz"], ids=["folder", "body", "one person"]
)
def test_scripts(bpy: ModuleType, tmp_path: Path, chosen: str) -> None:
    from smplify_blender import api

    folder = write_sequence(tmp_path / "clip", [smooth_motion(4), smooth_motion(4)])
    found = api.import_file(folder / chosen)
    assert isinstance(found, api.ImportedMotion)
    names = ["dance.person_2"] if chosen.startswith("person") else ["dance", "dance.person_2"]
    assert [armature.name for armature in found.armatures] == names
    assert found.camera == bpy.context.scene.camera and found.quality == ("good", "good")
    (folder / "person_00_motion.npz").write_bytes(b"damaged")
    with pytest.raises(api.SmplifyError, match=r"person_00_motion\.npz is not an \.npz file"):
        api.import_clip(folder)
