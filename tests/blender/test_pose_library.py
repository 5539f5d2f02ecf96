"""Poses as assets: what the figure shows, whatever moves it, with a picture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tests.blender.synthetic_result import SyntheticBody, random_person, write_result
from tests.blender.test_export import state

PREVIEW_PX = 256
MOST_METRES = 1e-4


@pytest.fixture
def figure(bpy: ModuleType, build: Callable[..., Any], tmp_path: Path) -> Any:
    built = build(write_result(tmp_path / "fit", [random_person(3)], body=SyntheticBody.make())).figures[0]
    bpy.context.view_layer.update()
    return built


def with_handles(bpy: ModuleType, figure: Any) -> None:
    from smplify_blender.scene.rigs import add_rig

    add_rig(figure.armature, "control", bpy.context.scene, bpy.context.view_layer)
    figure.armature.pose.bones["hand_ik.L"].location.x += 0.1
    figure.armature.pose.bones["spine_control"].rotation_quaternion = (0.9, 0.3, 0.0, 0.0)


def with_other_rotation_modes(bpy: ModuleType, figure: Any) -> None:
    figure.armature.pose.bones["thigh.L"].rotation_mode = "XYZ"
    figure.armature.pose.bones["thigh.L"].rotation_euler = (0.5, 0.1, 0.2)
    figure.armature.pose.bones["shin.L"].rotation_mode = "AXIS_ANGLE"
    figure.armature.pose.bones["shin.L"].rotation_axis_angle = (0.7, 1.0, 0.0, 0.0)


def as_fitted(bpy: ModuleType, figure: Any) -> None:
    """Nothing has been done to it."""


def alpha_share(action: Any) -> float:
    """Return the share of the asset's picture that is not empty."""
    assert tuple(action.preview.image_size) == (PREVIEW_PX, PREVIEW_PX)
    pixels = np.empty(4 * PREVIEW_PX * PREVIEW_PX, np.float32)
    action.preview.image_pixels_float.foreach_get(pixels)
    return float((pixels[3::4] > 0.5).mean())


def places(figure: Any) -> np.ndarray:
    own = [bone for bone in figure.armature.pose.bones if "smplx_joint" in bone.bone]
    return np.array([bone.head[:] for bone in own])


@pytest.mark.parametrize("prepare", [as_fitted, with_handles, with_other_rotation_modes])
def test_the_shown_pose_is_an_asset(bpy: ModuleType, figure: Any, prepare: Any) -> None:
    from smplify_blender.scene.control_rig.rig import has_control_rig, remove_control_rig
    from smplify_blender.scene.pose_library.pose_assets import mark_pose

    prepare(bpy, figure)
    bpy.context.view_layer.update()
    shown, before = places(figure), state(bpy)
    action = mark_pose(figure.armature, "a pose", bpy.context.view_layer)
    after = state(bpy)
    after["names"]["actions"].remove("a pose")
    after["names"]["images"] = before["names"]["images"]  # Blender keeps what it has rendered
    assert after == before and action.asset_data is not None
    assert 0.02 < alpha_share(action) < 0.9
    if has_control_rig(figure.armature):
        remove_control_rig(figure.armature, bpy.context.view_layer)
    for bone in figure.armature.pose.bones:
        bone.matrix_basis.identity()
    figure.armature.animation_data.action = None
    figure.armature.pose.apply_pose_from_action(action, evaluation_time=1)
    bpy.context.view_layer.update()
    np.testing.assert_allclose(places(figure), shown, atol=MOST_METRES)


def test_by_its_button(bpy: ModuleType, addon: None, figure: Any) -> None:
    bpy.context.view_layer.objects.active = figure.armature
    assert bpy.ops.smplify.mark_pose() == {"FINISHED"}
    bpy.ops.object.mode_set(mode="POSE")
    assert bpy.ops.smplify.mark_pose() == {"FINISHED"} and bpy.context.mode == "POSE"
    assert [action.name for action in bpy.data.actions if action.asset_data] == ["fit", "fit.001"]
    bpy.ops.object.mode_set(mode="OBJECT")
    bpy.data.objects.remove(figure.armature)
    assert not bpy.ops.smplify.mark_pose.poll()
