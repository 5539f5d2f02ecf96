"""A frame of a fitted video is mended in the keypoint editor, and the motion is fitted again around it, in place."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from smplify_blender.keypoints.names import INDEX
from tests.blender.clips import write_movie
from tests.blender.synthetic_result import smooth_motion, write_sequence
from tests.blender.test_fit_clip import DEMO_SIZE, FRAMES, write_keypoints
from tests.blender.test_reduce_keys import curves_of, keys_of

MENDED = 3
UP_PX = 60.0


@pytest.fixture
def figure(bpy: ModuleType, addon: ModuleType, tmp_path: Path) -> Any:
    """The demo's person, fitted in a video."""
    from smplify_blender import api

    write_keypoints(tmp_path / "dance_keypoints")
    return api.fit_clip(write_movie(bpy, tmp_path / "dance.mp4", FRAMES, size=DEMO_SIZE)).armatures[0]


def elbow_pixel(bpy: ModuleType, figure: Any, frame: int) -> np.ndarray:
    from bpy_extras.object_utils import world_to_camera_view

    bpy.context.scene.frame_set(frame)
    place = figure.matrix_world @ figure.pose.bones["forearm.L"].head
    x, y, _ = world_to_camera_view(bpy.context.scene, bpy.context.scene.camera, place)
    return np.array([x * DEMO_SIZE[0], (1.0 - y) * DEMO_SIZE[1]])


def mend(bpy: ModuleType, figure: Any) -> Any:
    """Open the editor in a frame and put the left elbow higher; return the object of the points."""
    from smplify_blender.scene.keypoints.mesh import read_keypoints, write_keypoints

    bpy.context.scene.frame_set(MENDED)
    bpy.context.view_layer.objects.active = figure
    assert bpy.ops.smplify.edit_frame() == {"FINISHED"}
    thing = bpy.context.active_object
    assert thing.mode == "EDIT"
    keypoints, row = read_keypoints(thing), INDEX["left_elbow"]
    place = keypoints.points[row] - [0.0, UP_PX]
    write_keypoints(thing, keypoints.moved([row], place[None]).with_pins([row], True))
    return thing


def test_a_mended_frame_moves_the_figure(bpy: ModuleType, figure: Any) -> None:
    from smplify_blender.keypoint_editor.editing import keypoints_facts
    from smplify_blender.scene.motion.frame_facts import kept_motion_file
    from smplify_blender.sidebar.keypoints_state import keypoints_state

    figure.smplify_motion.smoothness = 0.2
    bone = figure.pose.bones["head"]
    bone.rotation_quaternion = (0.9, 0.1, 0.2, 0.3)
    bone.keyframe_insert("rotation_quaternion", frame=2)
    theirs = {path: keys for path, keys in keys_of(curves_of(figure)).items() if '"head"' in path[0]}
    before, kept = elbow_pixel(bpy, figure, MENDED), kept_motion_file(figure)
    name = mend(bpy, figure).name
    state = keypoints_state(keypoints_facts(bpy.context))
    assert state.fit_label == f"Refit Around Frame {MENDED}" and not state.fit_reason
    assert bpy.ops.smplify.fit_keypoints() == {"FINISHED"}
    after = elbow_pixel(bpy, figure, MENDED)
    assert before[1] - after[1] > 0.3 * UP_PX
    assert name not in bpy.data.objects and bpy.context.view_layer.objects.active == figure
    assert kept_motion_file(figure) != kept
    now = keys_of(curves_of(figure))
    assert {path: keys for path, keys in now.items() if '"head"' in path[0]} == theirs
    # once more, from what is kept: the point is where it was put
    thing = mend(bpy, figure)
    from smplify_blender.scene.keypoints.mesh import read_keypoints

    found = (
        read_keypoints(thing).points[INDEX["left_elbow"]] - read_keypoints(thing).origin[INDEX["left_elbow"]]
    )
    assert found.tolist() == pytest.approx([0.0, -UP_PX], abs=0.1)
    assert bpy.ops.smplify.discard_keypoints() == {"FINISHED"}


@pytest.fixture
def synthetic(bpy: ModuleType, addon: ModuleType, tmp_path: Path) -> Any:
    from smplify_blender import api

    return api.import_clip(write_sequence(tmp_path / "clip", [smooth_motion(12)])).armatures[0]


def reduce(bpy: ModuleType, figure: Any) -> None:
    from smplify_blender import api

    api.reduce_keys(figure, api.ErrorBound(50.0, 20.0))


def forget(bpy: ModuleType, figure: Any) -> None:
    del figure["smplify_motion_file"]


def other_type(bpy: ModuleType, figure: Any) -> None:
    figure["smplify_motion_file"] = "text"


def no_camera(bpy: ModuleType, figure: Any) -> None:
    bpy.data.objects.remove(bpy.context.scene.camera)


REASONS: dict[str, tuple[Any, str]] = {
    "reduced": (reduce, "not those of the fit any more"),
    "not kept": (forget, "keeps no keypoints"),
    "anything else": (other_type, "keeps no keypoints"),
    "no camera": (no_camera, "camera is not in the file"),
}


@pytest.mark.parametrize(("change", "words"), REASONS.values(), ids=REASONS)
def test_why_a_frame_cannot_be_mended(bpy: ModuleType, synthetic: Any, change: Any, words: str) -> None:
    bpy.context.view_layer.objects.active = synthetic
    assert bpy.ops.smplify.edit_frame.poll()
    change(bpy, synthetic)
    with pytest.raises(RuntimeError, match=words):
        bpy.ops.smplify.edit_frame()


def test_a_file_that_is_damaged_changes_nothing(bpy: ModuleType, synthetic: Any) -> None:
    synthetic["smplify_motion_file"] = {"content": b"no zip"}
    bpy.context.view_layer.objects.active = synthetic
    made = len(bpy.data.objects)
    with pytest.raises(RuntimeError, match=r"is not an \.npz file"):
        bpy.ops.smplify.edit_frame()
    assert len(bpy.data.objects) == made


def test_a_frame_in_which_nobody_is(bpy: ModuleType, synthetic: Any) -> None:
    bpy.context.view_layer.objects.active = synthetic
    bpy.context.scene.frame_set(77)
    with pytest.raises(RuntimeError, match="Nobody is in frame 77: go to one from 1 to 12"):
        bpy.ops.smplify.edit_frame()


def test_a_blend_keeps_the_motion_file(bpy: ModuleType, synthetic: Any, tmp_path: Path) -> None:
    """Bytes with zeros among them, also where they take the place of others."""
    from smplify_blender.scene.motion.frame_facts import keep_motion_file, kept_motion_file

    content = (tmp_path / "clip" / "person_00_motion.npz").read_bytes()
    assert kept_motion_file(synthetic) == content and b"\0" in content
    keep_motion_file(synthetic, content[::-1], 12)
    name = synthetic.name
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "a.blend"))
    assert kept_motion_file(bpy.data.objects[name]) == content[::-1]
