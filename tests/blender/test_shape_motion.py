"""The sliders of a motion: smoother, feet that stand, back again, and never a key of the artist's lost."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tests.blender.synthetic_result import smooth_motion, write_sequence
from tests.blender.test_reduce_keys import curves_of, keys_of, shown_bones

FRAMES = 40
STANDS = range(10, 25)  # the left foot
SCENE_FRAMES = range(1, FRAMES + 1)


@pytest.fixture
def figure(bpy: ModuleType, tmp_path: Path) -> Any:
    """Somebody who walks and trembles; the left foot is said to stand for a while."""
    from smplify_blender.result.read_sequence import read_sequence
    from smplify_blender.scene.motion.build_sequence import SequencePlan, build_sequence

    people = smooth_motion(FRAMES)
    random = np.random.default_rng(3)
    for person in people:
        person["body_pose"] = person["body_pose"] + random.normal(0.0, 0.03, 63)
        person["body_pose"][[9, 10, 11, 0, 1, 2]] *= (
            0.5  # of the left leg, which swings less than the foot lock can hold
        )
    contacts = np.zeros((FRAMES, 4), bool)
    contacts[STANDS, :2] = True
    words = np.zeros(FRAMES, np.uint8)
    words[30] = 2
    errors = np.where(words == 2, 40.0, 2.0).astype(np.float32)
    changes = {"contacts": contacts, "frame_words": words, "keypoint_error_px": errors}
    folder = write_sequence(tmp_path / "clip", [people], changes=changes)
    context = bpy.context
    built = build_sequence(read_sequence(folder), context.scene, context.view_layer, SequencePlan())
    return built.figures[0].armature


def shape(bpy: ModuleType, armature: Any, smoothness: float = 0.0, foot_lock: float = 0.0) -> Any:
    from smplify_blender.scene.motion.shape_motion import MotionShape, shape_motion

    return shape_motion(armature, bpy.context.scene, MotionShape(smoothness, foot_lock))


def jitter(places: np.ndarray) -> float:
    return float(np.abs(np.diff(places, 3, axis=0)).mean())


def test_smoother_and_back(bpy: ModuleType, figure: Any) -> None:
    raw_action = figure.animation_data.action
    raw = keys_of(curves_of(figure))
    before, _ = shown_bones(bpy, figure, SCENE_FRAMES)
    calm = []
    for smoothness in (0.3, 0.7):
        assert shape(bpy, figure, smoothness).words == ""
        calm.append(jitter(shown_bones(bpy, figure, SCENE_FRAMES)[0]))
    assert calm[1] < 0.5 * calm[0] < 0.5 * jitter(before)
    (track,) = figure.animation_data.nla_tracks
    assert track.mute and track.strips[0].action == raw_action
    shape(bpy, figure, 0.0)
    now = keys_of(curves_of(figure))
    assert now.keys() == raw.keys()
    for path, keys in raw.items():
        np.testing.assert_allclose(now[path], keys, atol=1e-6)


def test_a_foot_that_stands_does_not_slide(bpy: ModuleType, figure: Any) -> None:
    def slide() -> tuple[float, np.ndarray]:
        places, _ = shown_bones(bpy, figure, SCENE_FRAMES)
        heads = places[:, :, 0]
        names = [bone.name for bone in figure.pose.bones]
        foot = heads[:, [names.index("foot.L"), names.index("toe.L")]].mean(axis=1)
        return float(np.linalg.norm(np.ptp(foot[STANDS], axis=0))), heads[:, names.index("foot.R")]

    before, other = slide()
    shape(bpy, figure, foot_lock=1.0)
    after, still_other = slide()
    assert before > 0.05 and after < 0.3 * before
    np.testing.assert_allclose(still_other, other, atol=1e-5)
    shape(bpy, figure, foot_lock=0.0)
    assert slide()[0] == pytest.approx(before, abs=1e-5)


@pytest.mark.parametrize("when", ["before", "after"])
def test_keys_of_the_artist_stay(bpy: ModuleType, figure: Any, when: str) -> None:
    """A hand that was keyed by hand, before the first slider or between two."""
    if when == "after":
        shape(bpy, figure, 0.5)
    bone = figure.pose.bones["hand.L"]
    bone.rotation_quaternion = (0.8, 0.6, 0.0, 0.0)
    bone.keyframe_insert("rotation_quaternion", frame=17)
    theirs = {path: keys for path, keys in keys_of(curves_of(figure)).items() if "hand.L" in path[0]}
    for smoothness in (0.8, 0.2, 0.0):
        assert shape(bpy, figure, smoothness).kept == ("hand.L",)
        now = keys_of(curves_of(figure))
        assert {path: keys for path, keys in now.items() if "hand.L" in path[0]} == theirs
    assert "hand.L" in shape(bpy, figure, 0.4).words


def test_a_leg_of_the_artist_is_not_locked(bpy: ModuleType, figure: Any) -> None:
    figure.pose.bones["shin.L"].keyframe_insert("rotation_quaternion", frame=3)
    before = keys_of(curves_of(figure))
    shape(bpy, figure, foot_lock=1.0)
    now = keys_of(curves_of(figure))
    for path in before:
        if any(name in path[0] for name in ("thigh.L", "shin.L", "foot.L")):
            np.testing.assert_allclose(now[path], before[path], atol=1e-6)


def test_the_sliders(bpy: ModuleType, figure: Any) -> None:
    """By the property, as the sidebar moves it; a motion whose file knows no contacts says so."""
    from smplify_blender import registration
    from smplify_blender.scene.motion.frame_facts import FRAMES as KEPT
    from smplify_blender.settings.motion_settings import motion_note

    registration.register("smplify_blender")
    try:
        before = jitter(shown_bones(bpy, figure, SCENE_FRAMES)[0])
        figure.smplify_motion.smoothness = 0.7
        assert jitter(shown_bones(bpy, figure, SCENE_FRAMES)[0]) < 0.5 * before
        assert motion_note(figure) == ""
        del figure[KEPT]
        figure.smplify_motion.foot_lock = 0.5
        assert "does not say when feet stand" in motion_note(figure)
    finally:
        registration.unregister()


@pytest.mark.parametrize("value", [-0.1, 1.5, float("nan")])
def test_values_that_are_none(bpy: ModuleType, figure: Any, value: float) -> None:
    from smplify_blender.result.errors import ResultError

    with pytest.raises(ResultError, match="choose both from 0 to 1"):
        shape(bpy, figure, value)
    assert not figure.animation_data.nla_tracks


def test_the_worst_frame_is_known(figure: Any) -> None:
    from smplify_blender.scene.motion.frame_facts import stored_verdict

    verdict = stored_verdict(figure)
    assert verdict is not None
    assert (verdict.word, verdict.counts, verdict.worst) == ("good", (FRAMES - 1, 0, 1, 0), (31,))


BROKEN: dict[str, tuple[str, Any]] = {
    "no group": ("smplify_motion_frames", 3.0),
    "frames that go back": (
        "smplify_motion_frames",
        {"frames": [2.0, 1.0], "words": [0, 0], "contacts": [0, 0]},
    ),
    "words that are none": (
        "smplify_motion_frames",
        {"frames": [1.0, 2.0], "words": "ab", "contacts": [0, 0]},
    ),
    "too few words": ("smplify_motion_frames", {"frames": [1.0, 2.0], "words": [0], "contacts": [0, 0]}),
    "a word that there is not": (
        "smplify_motion_frames",
        {"frames": [1.0, 2.0], "words": [0, 4], "contacts": [0, 0]},
    ),
    "keys of anything": ("smplify_motion_keys", "nonsense"),
    "a number for a raw take": ("smplify_raw_action", 7),
}


@pytest.mark.parametrize(("name", "value"), BROKEN.values(), ids=BROKEN)
def test_anything_at_all_in_a_file(bpy: ModuleType, figure: Any, name: str, value: Any) -> None:
    from smplify_blender.scene.motion.frame_facts import known_frames

    figure[name] = value
    assert (known_frames(figure) is None) == (name == "smplify_motion_frames")
    shape(bpy, figure, 0.5, 1.0)
