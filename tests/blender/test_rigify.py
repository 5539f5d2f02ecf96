"""Blender's own Rigify: a rig generated for a figure, posed and keyed like it, followed by it, and taken away again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tests.blender.synthetic_result import SyntheticBody, random_person, write_result
from tests.blender.test_control_rig import FRAMES, agree, at_frames, joints, move
from tests.blender.test_export import distance_mm, read_again, shown

MOST_MM = 0.1


@pytest.fixture
def figure(bpy: ModuleType, build: Callable[..., Any], tmp_path: Path) -> Any:
    built = build(write_result(tmp_path / "fit", [random_person(1)], body=SyntheticBody.make())).figures[0]
    bpy.context.view_layer.update()
    return built


def generate(bpy: ModuleType, figure: Any) -> Any:
    from smplify_blender.scene.rigify.generated import can_generate, generate_rig

    assert can_generate()
    rig = generate_rig(figure.armature, bpy.context.scene, bpy.context.view_layer)
    bpy.context.view_layer.update()
    return rig


def test_the_figure_stands_as_before_and_follows(bpy: ModuleType, figure: Any) -> None:
    before, active = joints(figure), bpy.context.view_layer.objects.active
    rig = generate(bpy, figure)
    agree(before, joints(figure))
    assert bpy.context.view_layer.objects.active == active
    rig.pose.bones["upper_arm_fk.L"].rotation_quaternion = (0.9, 0.3, 0.2, 0.1)
    rig.pose.bones["torso"].location.z += 0.1
    bpy.context.view_layer.update()
    after = joints(figure)
    assert np.abs(after["hand.L"] - before["hand.L"]).max() > 0.05
    assert np.abs(after["foot.R"] - before["foot.R"]).max() > 0.05


def test_a_motion_goes_along_and_comes_back(bpy: ModuleType, figure: Any) -> None:
    from smplify_blender.scene.rigify.generated import remove_rig

    move(bpy, figure)
    before = at_frames(bpy, figure, FRAMES)
    names = {
        kind: {thing.name for thing in getattr(bpy.data, kind)} for kind in ("objects", "armatures", "meshes")
    }
    rig = generate(bpy, figure)
    for one, other in zip(before, at_frames(bpy, figure, FRAMES), strict=True):
        assert distance_mm(one, other) < MOST_MM
    rig.pose.bones["torso"].keyframe_insert("location", frame=14)
    rig.pose.bones["torso"].location.z += 0.2
    rig.pose.bones["torso"].keyframe_insert("location", frame=20)
    frames = (*FRAMES, 17, 20)
    changed = at_frames(bpy, figure, frames)
    remove_rig(figure.armature, bpy.context.scene, bpy.context.view_layer)
    for one, other in zip(changed, at_frames(bpy, figure, frames), strict=True):
        assert distance_mm(one, other) < MOST_MM
    assert not any(
        one.type == "COPY_TRANSFORMS" for bone in figure.armature.pose.bones for one in bone.constraints
    )
    assert names == {kind: {thing.name for thing in getattr(bpy.data, kind)} for kind in names}


@pytest.mark.parametrize("animated", [False, True], ids=["pose", "motion"])
def test_exports_show_the_rigs_work(bpy: ModuleType, figure: Any, tmp_path: Path, animated: bool) -> None:
    from smplify_blender.scene.export.export_figures import export_figures

    rig = generate(bpy, figure)
    if animated:
        rig.pose.bones["torso"].keyframe_insert("location", frame=1)
        rig.pose.bones["torso"].location.z += 0.2
        rig.pose.bones["torso"].keyframe_insert("location", frame=9)
        bpy.context.scene.frame_set(9)
    rig.pose.bones["forearm_fk.R"].rotation_quaternion = (0.9, 0.4, 0, 0)
    bpy.context.view_layer.update()
    wanted = shown(bpy, figure.mesh)
    count = len(joints(figure))
    export_figures([figure.armature], tmp_path / "a.glb")
    fps = bpy.context.scene.render.fps
    (found,), (mesh,) = read_again(bpy, tmp_path / "a.glb")
    bpy.context.scene.render.fps = fps
    bpy.context.scene.frame_set(9 if animated else 1)
    assert distance_mm(shown(bpy, mesh), wanted) < MOST_MM
    assert len(found.data.bones) == count


def test_what_rigify_cannot_do_leaves_nothing(
    bpy: ModuleType, figure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A metarig that Rigify refuses: its own error, in our words, and the file as it was."""
    from smplify_blender.scene.rigify import metarig
    from smplify_blender.scene.rigify.generated import RigifyError, generate_rig

    def tell_nonsense(bone: Any, _kind: str) -> None:
        bone.rigify_type = "nobody.knows"

    monkeypatch.setattr(metarig, "_tell_rigify", tell_nonsense)
    before = {thing.name for thing in bpy.data.objects}
    with pytest.raises(RigifyError, match="Rigify could not make a rig"):
        generate_rig(figure.armature, bpy.context.scene, bpy.context.view_layer)
    assert {thing.name for thing in bpy.data.objects} == before
    assert bpy.context.mode == "OBJECT"


def test_by_its_buttons(bpy: ModuleType, figure: Any) -> None:
    """Generated from Pose Mode, one rig at a time, and removed with the pose that it has given."""
    from smplify_blender import registration

    registration.register("smplify_blender")
    try:
        ops = bpy.ops.smplify
        bpy.context.view_layer.objects.active = figure.armature
        before = joints(figure)
        bpy.ops.object.mode_set(mode="POSE")
        assert not ops.remove_rigify.poll()
        assert ops.generate_rigify() == {"FINISHED"} and bpy.context.mode == "POSE"
        agree(before, joints(figure))
        assert not ops.generate_rigify.poll() and not ops.add_control_rig.poll()
        rig = next(thing for thing in bpy.data.objects if "smplify_rigify" in thing)
        rig.pose.bones["upper_arm_fk.L"].rotation_quaternion = (0.9, 0.3, 0.2, 0.1)
        bpy.context.view_layer.update()
        posed = joints(figure)
        assert ops.remove_rigify() == {"FINISHED"}
        bpy.context.view_layer.update()
        agree(posed, joints(figure))
        assert ops.add_control_rig() == {"FINISHED"} and not ops.generate_rigify.poll()
    finally:
        registration.unregister()
