"""Make Cyclic: the loop of a walk is found, closed, and goes on for ever, on from where it was or on the spot."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tests.blender.synthetic_result import random_motion, smooth_motion, write_motion

PERIOD = 24
STEP = 0.04 * PERIOD  # metres that smooth_motion walks in a period
FRAMES = 60


@pytest.fixture
def walk(bpy: ModuleType, tmp_path: Path) -> Any:
    """Builds a walk in the open file's scene, a key a frame; returns its armature."""
    from smplify_blender.result.motion_tracks import MotionTiming
    from smplify_blender.result.read_motion import read_motion
    from smplify_blender.scene.motion.build import build_motion

    def build(people: list[dict[str, np.ndarray]] | None = None) -> Any:
        people = people or smooth_motion(FRAMES, PERIOD)
        folder = write_motion(tmp_path / "motion", people, fps=24.0)
        context = bpy.context
        built = build_motion(
            read_motion(folder), "walk", context.scene, context.view_layer, MotionTiming(), True
        )
        return built.figures[0].armature

    return build


def shown_heads(bpy: ModuleType, armature: Any, frame: int) -> np.ndarray:
    bpy.context.scene.frame_set(frame)
    return np.array([(armature.matrix_world @ bone.head)[:] for bone in armature.pose.bones])


@pytest.mark.parametrize("in_place", [False, True], ids=["goes on", "on the spot"])
def test_one_period_of_a_walk(bpy: ModuleType, walk: Any, in_place: bool) -> None:
    from smplify_blender.scene.motion.make_cyclic import LoopChoices, make_cyclic

    armature = walk()
    raw = {frame: shown_heads(bpy, armature, frame) for frame in range(1, FRAMES + 1)}
    made = make_cyclic(armature, bpy.context.scene, LoopChoices(in_place=in_place))
    first, last = int(made.first), int(made.last)
    assert last - first == PERIOD and made.metres < 0.001
    scene = bpy.context.scene
    assert (scene.frame_start, scene.frame_end) == (first, last - 1)
    gone = np.array([0.0 if in_place else STEP, 0.0, 0.0])
    for frame in (first - 30, first, first + 7, last, last + 50):
        rounds = np.floor((frame - first) / PERIOD)
        shown = shown_heads(bpy, armature, frame)
        there = first + (frame - first) % PERIOD
        within = (there - first) / PERIOD * (np.array([STEP, 0, 0]) - gone)
        assert np.abs(shown - (raw[there] - within + rounds * gone)).max() < 2e-3, frame
    before, after = (shown_heads(bpy, armature, frame) for frame in (last - 1, last))
    assert np.linalg.norm(after - before, axis=1).max() < 0.2  # no jump where the loop closes
    (track,) = armature.animation_data.nla_tracks
    assert track.mute and armature.animation_data.action.use_cyclic


def test_ends_that_differ_are_joined(bpy: ModuleType, walk: Any) -> None:
    """Somebody who bends forward a little more in every step comes back to the very pose."""
    from smplify_blender.scene.motion.make_cyclic import LoopChoices, make_cyclic

    people = smooth_motion(FRAMES, PERIOD)
    for number, person in enumerate(people):
        person["body_pose"][6] += 0.003 * number
    armature = walk(people)
    made = make_cyclic(armature, bpy.context.scene, LoopChoices(in_place=True))
    assert made.metres > 0.001
    first, last = (shown_heads(bpy, armature, int(frame)) for frame in (made.first, made.last))
    assert np.abs(last - first).max() < 1e-5


def test_reduced_keys_go_on_in_a_loop(bpy: ModuleType, walk: Any) -> None:
    from smplify_blender.scene.motion.make_cyclic import LoopChoices, make_cyclic
    from smplify_blender.scene.motion.reduce_keys import ErrorBound, reduce_keys

    armature, scene = walk(), bpy.context.scene
    made = make_cyclic(armature, scene, LoopChoices())
    dense = shown_heads(bpy, armature, int(made.last) + 40)
    reduced = reduce_keys(armature, scene, ErrorBound(20.0, 10.0))
    assert reduced.keys_after < reduced.keys_before
    thin = shown_heads(bpy, armature, int(made.last) + 40)
    assert 1000 * np.linalg.norm(thin - dense, axis=1).max() <= 20.0 * 1.001


NOTHING: dict[str, tuple[Any, dict[str, Any], str]] = {
    "no motion": (smooth_motion(1), {}, "nothing moves"),
    "still": (smooth_motion(1) * 40, {}, "nothing moves"),
    "too short": (smooth_motion(8, PERIOD), {}, "has no loop of 0.4 to 10 s"),
    "turns for ever": (random_motion(60), {"most_metres": 0.01}, "cm apart. Allow more than 1 cm"),
}


@pytest.mark.parametrize(("people", "choices", "words"), NOTHING.values(), ids=NOTHING)
def test_what_does_not_repeat(
    bpy: ModuleType, walk: Any, people: Any, choices: dict[str, Any], words: str
) -> None:
    from smplify_blender.result.errors import ResultError
    from smplify_blender.scene.motion.make_cyclic import LoopChoices, make_cyclic

    armature = walk(people)
    with pytest.raises(ResultError, match=words):
        make_cyclic(armature, bpy.context.scene, LoopChoices(**choices))
    assert not armature.animation_data.nla_tracks and len(bpy.data.actions) == 1
