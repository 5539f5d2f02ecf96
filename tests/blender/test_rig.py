"""A rig that an animator can use: names, bones along the limbs, mirrored axes, keys, shape keys, stored parameters."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from smplify_blender.result.bone_names import bone_name
from tests.blender.synthetic_result import JOINT_NAMES, PARENTS, SyntheticBody, random_person, write_result


@pytest.fixture
def built(build: Callable[..., Any], tmp_path: Path) -> Any:
    return build(write_result(tmp_path / "fit", body=SyntheticBody.make(with_posedirs=True)))


def bones(built: Any) -> Any:
    return built.figures[0].armature.data.bones


def test_bones_and_vertex_groups_are_the_joints(built: Any) -> None:
    figure = built.figures[0]
    # Blender orders them by branch
    assert {bone["smplx_joint"] for bone in bones(built)} == set(JOINT_NAMES)
    assert [group.name for group in figure.mesh.vertex_groups] == [bone_name(name) for name in JOINT_NAMES]
    parents = {
        bone["smplx_joint"]: bone.parent["smplx_joint"] if bone.parent else None for bone in bones(built)
    }
    assert parents == {
        name: JOINT_NAMES[parent] if parent >= 0 else None
        for name, parent in zip(JOINT_NAMES, PARENTS, strict=True)
    }


def test_rest_joints_are_those_of_the_fitted_shape(built: Any) -> None:
    person, body = random_person(1), SyntheticBody.make().arrays
    joints = body["joints_template"] + body["joint_shape_directions"] @ person["betas"]
    heads = np.array([bones(built)[bone_name(name)].head_local for name in JOINT_NAMES])
    expected = joints[:, [0, 2, 1]] * (1, -1, 1)
    lift = heads[0, 2] - expected[0, 2]
    np.testing.assert_allclose(heads, expected + np.array([0, 0, lift]), atol=1e-5)


LIMBS = [("left_hip", "left_knee"), ("left_knee", "left_ankle"), ("left_ankle", "left_foot"), ("spine1", "spine2"),
         ("left_shoulder", "left_elbow"), ("left_elbow", "left_wrist"), ("left_wrist", "left_middle1"),
         ("right_index1", "right_index2"), ("neck", "head"), ("pelvis", "spine1"), ("spine3", "neck")]  # fmt: skip


@pytest.mark.parametrize(("bone", "child"), LIMBS)
def test_bones_point_along_the_limbs(built: Any, bone: str, child: str) -> None:
    tail, head = bones(built)[bone_name(bone)].tail_local, bones(built)[bone_name(child)].head_local
    assert (tail - head).length < 1e-5
    assert bones(built)[bone_name(child)].use_connect


def test_no_bone_is_too_short_to_grab(built: Any) -> None:
    assert min(bone.length for bone in bones(built)) > 0.019


@pytest.mark.parametrize("left", [name for name in JOINT_NAMES if name.startswith("left_")])
def test_axes_are_mirrored(bpy: ModuleType, build: Callable[..., Any], tmp_path: Path, left: str) -> None:
    person = {**random_person(1), "betas": np.zeros(10), "expression": np.zeros(10)}
    armature = build(write_result(tmp_path / "fit", [person])).figures[0].armature.data
    ours = np.array(armature.bones[bone_name(left)].matrix_local)[:3, :3]
    theirs = np.array(armature.bones[bone_name(left.replace("left_", "right_"))].matrix_local)[:3, :3]
    # mirrored across x, and x turned round again so that the axes stay right-handed: what Paste Pose Flipped expects
    mirror = np.diag([-1.0, 1.0, 1.0])
    np.testing.assert_allclose(theirs, mirror @ ours @ mirror, atol=0.02)


@pytest.mark.parametrize(
    ("bone", "towards"),
    [("left_elbow", (0, -1, 0)), ("right_elbow", (0, -1, 0)), ("left_index1", (0, 0, -1)), ("right_ring2", (0, 0, -1)),
     ("left_ankle", (0, 0, 1)), ("spine2", (0, -1, 0)), ("left_hip", (0, -1, 0)), ("left_knee", (0, 1, 0)),
     ("right_knee", (0, 1, 0)), ("jaw", (0, 0, -1)), ("right_wrist", (0, 0, -1))],
)  # fmt: skip
def test_turning_about_x_bends_the_right_way(
    built: Any, bone: str, towards: tuple[float, float, float]
) -> None:
    z_axis = np.array(bones(built)[bone_name(bone)].matrix_local)[:3, 2]
    assert z_axis @ towards > 0.7


def test_pose_is_keyed_at_frame_one(bpy: ModuleType, built: Any) -> None:
    armature = built.figures[0].armature
    assert armature.animation_data.action is not None
    assert tuple(armature.animation_data.action.frame_range) == (1.0, 1.0)
    before = [tuple(bone.rotation_quaternion) for bone in armature.pose.bones]
    for bone in armature.pose.bones:
        bone.rotation_quaternion = (1, 0, 0, 0)
    armature.pose.bones["hips"].location = (5, 5, 5)
    bpy.context.scene.frame_set(1)
    np.testing.assert_allclose(
        [tuple(bone.rotation_quaternion) for bone in armature.pose.bones], before, atol=1e-6
    )
    assert np.abs(np.array(armature.pose.bones["hips"].location)).max() < 4


def test_figure_stands_over_its_object(built: Any) -> None:
    armature = built.figures[0].armature
    assert tuple(armature.scale) == (1, 1, 1) and tuple(armature.rotation_euler) == (0, 0, 0)
    assert armature.location.z == 0
    pelvis = armature.pose.bones["hips"].head
    assert abs(pelvis.x) < 1e-5 and abs(pelvis.y) < 1e-5
    assert tuple(built.figures[0].mesh.matrix_world.translation) == tuple(armature.location)


def test_a_body_that_nobody_knows_has_skin_and_eyes(built: Any) -> None:
    mesh = built.figures[0].mesh.data
    eyes = {built.figures[0].mesh.vertex_groups[name].index for name in ("eye.L", "eye.R")}
    assert [material.name for material in mesh.materials] == ["SMPLify skin", "SMPLify eyes"]
    for face in mesh.polygons:
        shares = [
            sum(group.weight for group in mesh.vertices[vertex].groups if group.group in eyes)
            for vertex in face.vertices
        ]
        assert face.material_index == int(min(shares) > 0.5)


def test_shape_keys(built: Any) -> None:
    person = random_person(1)
    keys = built.figures[0].mesh.data.shape_keys.key_blocks
    assert keys[0].name == "Basis"
    for index in range(10):
        assert keys[f"Shape{index:03d}"].value == pytest.approx(person["betas"][index], abs=1e-6)
        assert keys[f"Expression{index:03d}"].value == pytest.approx(person["expression"][index], abs=1e-6)
    assert (keys["Shape000"].slider_min, keys["Shape000"].slider_max) == (-3, 3)
    assert (keys["jawOpen"].value, keys["jawOpen"].slider_min, keys["jawOpen"].slider_max) == (0, 0, 1)
    assert keys["PoseOffsets"].value == 1


def test_mesh_has_quads_and_uvs(built: Any) -> None:
    mesh = built.figures[0].mesh.data
    body = SyntheticBody.make().arrays
    assert len(mesh.polygons) == len(body["quads"])
    assert {len(polygon.vertices) for polygon in mesh.polygons} == {3, 4}
    assert all(polygon.use_smooth for polygon in mesh.polygons)
    assert not mesh.validate()
    first = mesh.polygons[0]
    shown = [tuple(mesh.uv_layers[0].data[loop].uv) for loop in first.loop_indices]
    np.testing.assert_allclose(shown, body["uv"][body["uv_quads"][0]], atol=1e-6)


def test_skinning_is_linear_blending(built: Any) -> None:
    (modifier,) = built.figures[0].mesh.modifiers
    assert modifier.type == "ARMATURE" and not modifier.use_deform_preserve_volume


def test_source_is_stored_without_paths(bpy: ModuleType, built: Any, tmp_path: Path) -> None:
    stored = built.figures[0].armature.data["smplify"]
    body = SyntheticBody.make().arrays
    assert stored["joint_names"].split("\n") == JOINT_NAMES
    np.testing.assert_allclose(stored["joints_template"], body["joints_template"].ravel(), atol=1e-7)
    joints = np.array(stored["joint_shape_directions"]).reshape(55, 3, -1) @ np.array(stored["betas"])
    assert joints.shape == (55, 3)
    assert "joint_expression_directions" not in stored  # zero in this body
    blend = tmp_path / "figure.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(blend), compress=False, copy=True)
    assert str(tmp_path / "fit").encode() not in blend.read_bytes()


def test_limbs_turn_and_only_the_root_moves(built: Any) -> None:
    pose = built.figures[0].armature.pose.bones
    assert {bone.name for bone in pose if not any(bone.lock_location)} == {"hips"}


def test_joint_limits_wait_to_be_switched_on_and_then_hold(bpy: ModuleType, built: Any) -> None:
    from smplify_blender.scene.figure.hinges import joint_limits_are_on, switch_joint_limits

    armature = built.figures[0].armature
    armature.animation_data_clear()
    elbow = armature.pose.bones["forearm.L"]

    def bend_degrees(turned: float) -> float:
        elbow.rotation_quaternion = (np.cos(turned / 2), np.sin(turned / 2), 0, 0)
        bpy.context.view_layer.update()
        rest = elbow.parent.bone.matrix_local.inverted() @ elbow.bone.matrix_local
        local = (elbow.parent.matrix @ rest).inverted() @ elbow.matrix
        return float(np.degrees(local.to_euler().x))

    assert not joint_limits_are_on(armature)
    assert bend_degrees(-0.8) == pytest.approx(-45.8, abs=0.1)
    switch_joint_limits(armature, True)
    assert joint_limits_are_on(armature)
    assert bend_degrees(-0.8) == pytest.approx(-5, abs=0.1)
    assert bend_degrees(1.2) == pytest.approx(68.8, abs=0.1)
    switch_joint_limits(armature, False)
    assert bend_degrees(-0.8) == pytest.approx(-45.8, abs=0.1)


def test_sides_have_colours_and_collections(built: Any) -> None:
    colours = {bone.name[-2:]: bone.color.palette for bone in bones(built) if bone.name[-2:] in (".L", ".R")}
    assert len(set(colours.values())) == 2
    collections = built.figures[0].armature.data.collections
    assert {"f_index.01.L", "thumb.03.R"} <= {bone.name for bone in collections["Fingers"].bones}
    assert {bone.name for bone in collections["Face"].bones} == {"jaw", "eye.L", "eye.R"}
