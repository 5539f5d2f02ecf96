"""Rigs, retargeting and exports for programs by real command lines and by `smplify_blender.api`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from smplify_blender.result.bone_names import bone_name_of
from tests.blender.test_export import read_again
from tests.blender.test_pose_library import alpha_share
from tests.blender.test_retarget import heads, limb_angles, mapped, stranger
from tests.photos import synthetic_case, write_photo

ROOT = Path(__file__).parents[2]
MOST_DEGREES = 1.0
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two photos of one person each."""
    folder = tmp_path_factory.mktemp("shots")
    for number, name in enumerate("ab"):
        write_photo(folder, [synthetic_case(number).subject.keypoints], name)
    return folder


@pytest.fixture(scope="module")
def rigged(shots: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that one command line makes of a photo: a .blend with a control rig, and two exports."""
    out = tmp_path_factory.mktemp("rigged")
    line = [
        sys.executable,
        "-m",
        "smplify_blender",
        "fit",
        str(shots / "a.png"),
        "--out",
        str(out / "a.blend"),
    ]
    line += [
        "--twist-bones",
        "--face-parts",
        "--face-actions",
        "--photo-texture",
        "--texture-size",
        "1024",
        "--rig",
        "control",
        "--export-for",
        "unreal",
        "--export-for",
        "web",
    ]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert "a: control rig, “a”" in done.stdout and "a.unreal.fbx: 1 figure, 82 shape keys" in done.stdout
    return out


@pytest.fixture
def strangers(bpy: ModuleType, tmp_path: Path) -> Path:
    """A file with the armature of a character, its mesh and its custom shape, and with things that are not meant."""
    thing = stranger(bpy)
    body = bpy.data.objects.new("Clothes", bpy.data.meshes.new("Clothes"))
    body.modifiers.new("Armature", "ARMATURE").object = thing
    shape = bpy.data.objects.new("Shape", bpy.data.meshes.new("Shape"))
    thing.pose.bones[0].custom_shape = shape
    other = bpy.data.objects.new("Other", bpy.data.armatures.new("Other"))
    lamp = bpy.data.objects.new("Lamp", bpy.data.lights.new("Lamp", "POINT"))
    for one in (body, other, lamp):
        bpy.context.scene.collection.objects.link(one)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "strangers.blend"))
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    return tmp_path / "strangers.blend"


def figure_in(bpy: ModuleType, blend: Path) -> Any:
    """The only figure of a file, which is opened."""
    from smplify_blender.scene.figure.lookup import figure_of

    bpy.ops.wm.open_mainfile(filepath=str(blend))
    (figure,) = (thing for thing in bpy.data.objects if figure_of(thing) == thing)
    return figure


def joint_places(armature: Any, naming: Any, joints: list[str]) -> np.ndarray:
    world = np.array(armature.matrix_world)
    places = np.array([armature.pose.bones[bone_name_of(naming, joint)].head for joint in joints])
    return places @ world[:3, :3].T + world[:3, 3]


def test_a_control_rig_and_exports(bpy: ModuleType, rigged: Path) -> None:
    from smplify_blender.scene.control_rig.rig import has_control_rig
    from smplify_blender.scene.face.face_actions import has_face_actions
    from smplify_blender.scene.looks.face_parts import face_parts_of
    from smplify_blender.scene.texture.worn_texture import worn_texture
    from smplify_blender.scene.twist.twist_rig import has_twist_bones

    figure = figure_in(bpy, rigged / "a.blend")
    assert has_control_rig(figure) and has_twist_bones(figure)
    assert face_parts_of(figure) is not None and has_face_actions(figure)
    assert face_parts_of(figure) is not None
    texture = worn_texture(figure)
    assert texture is not None and texture.is_shown and not texture.is_old
    joints = [bone["smplx_joint"] for bone in figure.data.bones if "smplx_joint" in bone]
    wanted = joint_places(figure, "blender", joints)
    assert {path.name for path in rigged.iterdir()} == {"a.blend", "a.unreal.fbx", "a.web.glb"}
    for name, naming in (("a.unreal.fbx", "unreal"), ("a.web.glb", "smplx")):
        (armature,), _ = read_again(bpy, rigged / name)
        assert 1000 * np.abs(joint_places(armature, naming, joints) - wanted).max() < 0.5
        assert bone_name_of(naming, "left_elbow_twist1") in armature.data.bones


def test_export_writes_what_an_artist_has_posed(
    bpy: ModuleType, command: Any, rigged: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Posed by the handle of the control rig, saved, exported from the file."""
    figure = figure_in(bpy, rigged / "a.blend")
    hand = figure.pose.bones["hand.L"].head.copy()
    handle = figure.pose.bones["hand_ik.L"]
    handle.location.x += 0.1
    handle.keyframe_insert("location", frame=1)
    bpy.context.scene.frame_set(1)
    assert (figure.pose.bones["hand.L"].head - hand).length > 0.05
    joints = [bone["smplx_joint"] for bone in figure.data.bones if "smplx_joint" in bone]
    wanted = joint_places(figure, "blender", joints)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "posed.blend"))
    before = (tmp_path / "posed.blend").read_bytes()
    line = ("export", tmp_path / "posed.blend", "--out", tmp_path / "files", "--export-for", "godot")
    assert command(*line, "--figure", "a", "--glb", tmp_path / "plain.glb", "--bake-shape") == 0
    said = capfd.readouterr().out
    assert "posed.godot.glb: 1 figure, 0 shape keys" in said and "plain.glb: 1 figure" in said
    assert (tmp_path / "posed.blend").read_bytes() == before
    for path, naming in (
        (tmp_path / "files" / "posed.godot.glb", "humanoid"),
        (tmp_path / "plain.glb", "smplx"),
    ):
        (armature,), _ = read_again(bpy, path)
        assert 1000 * np.abs(joint_places(armature, naming, joints) - wanted).max() < 0.5


def test_a_batch_onto_a_rigify_rig_and_another_armature(
    bpy: ModuleType, command: Any, shots: Path, strangers: Path, tmp_path: Path
) -> None:
    """Each .blend has one figure, its rig and the character posed as it; nothing else of that file, nothing of another photo."""
    from smplify_blender.scene.retarget.mapped import mapped_figure

    line = ("batch", shots, "--out", tmp_path / "out", "--rig", "rigify")
    assert command(*line, "--retarget", f"{strangers}:Stranger", "--no-overlay") == 0
    assert not [thing for kind in (bpy.data.objects, bpy.data.meshes, bpy.data.texts) for thing in kind]
    for name in "ab":
        figure = figure_in(bpy, tmp_path / "out" / f"{name}.blend")
        armatures = {thing.name for thing in bpy.data.objects if thing.type == "ARMATURE"}
        assert armatures == {name, f"{name} rig", f"{name} metarig", "Stranger"}
        assert "Clothes" in bpy.data.objects and not {"Other", "Lamp"} & set(bpy.data.objects.keys())
        character = bpy.data.objects["Stranger"]
        assert character.pose.bones[0].custom_shape is not None
        assert len(bpy.data.texts) == 1 and len(bpy.data.libraries) == 0
        bpy.context.view_layer.update()
        angles = limb_angles(heads(mapped_figure(figure)), heads(mapped(character)))
        assert max(angles.values()) < MOST_DEGREES, angles


REFUSED: dict[str, tuple[list[str], int, str]] = {
    "a rig that there is not": (["fit", "{a}", "--out", "{o}/x.blend", "--rig", "x"], 2, "--rig: invalid choice: 'x'"),
    "a program that there is not": (["fit", "{a}", "--out", "{o}/x.blend", "--export-for", "x"], 2, "invalid choice: 'x'"),
    "VRM without its add-on": (["fit", "{a}", "--out", "{o}/x.blend", "--export-for", "vrm"], 2, "no VRM add-on"),
    "no .blend to retarget onto": (["fit", "{a}", "--out", "{o}/x.blend", "--retarget", "x.fbx:Armature"], 2, "is no FILE.blend"),
    "no such file": (["fit", "{a}", "--out", "{o}/x.blend", "--retarget", "{s}/x.blend"], 2, "there is no file"),
    "no such armature": (["fit", "{a}", "--out", "{o}/x.blend", "--retarget", "{m}:Nobody"], 2, "no armature “Nobody”, but"),
    "several armatures": (["batch", "{s}", "--out", "{o}/x", "--retarget", "{m}"], 2, "several armatures: “Other”, “Stranger”"),
    "nothing to export": (["export", "{r}"], 2, "nothing to export"),
    "no such figure": (["export", "{r}", "--export-for", "web", "--figure", "b"], 2, "no figure “b” in"),
    "no file to export": (["export", "{s}/x.blend", "--export-for", "web"], 3, "can read no .blend file"),
    "no .blend": (["export", "{a}", "--export-for", "web"], 3, "can read no .blend file"),
    "no figure in the file": (["export", "{m}", "--export-for", "web", "--out", "{o}"], 3, "holds no figure"),
    "an option of the fit": (["export", "{r}", "--export-for", "web", "--gender", "male"], 2, "Unrecognized arguments: --gender"),
}  # fmt: skip


@pytest.mark.parametrize(("arguments", "code", "words"), REFUSED.values(), ids=REFUSED)
def test_refused(
    command: Any, shots: Path, rigged: Path, strangers: Path, tmp_path: Path, arguments: list[str], code: int, words: str,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    out = tmp_path / "out"
    places = {"a": shots / "a.png", "s": shots, "o": out, "m": strangers, "r": rigged / "a.blend"}
    assert command(*(word.format(**places) for word in arguments)) == code
    said = capfd.readouterr().err
    assert words in said and "Traceback" not in said
    assert not out.exists() or not list(out.iterdir())
    assert {path.name for path in rigged.iterdir()} == {"a.blend", "a.unreal.fbx", "a.web.glb"}


def test_api(bpy: ModuleType, shots: Path, strangers: Path, tmp_path: Path) -> None:
    """Rigs, retargeting there and back, and exports for programs by a script."""
    from smplify_blender import api
    from smplify_blender.scene.retarget.mapped import guessed, mapped_figure

    figure = api.fit_photo(shots / "a.png").armatures[0]
    character = api.append_armature(strangers, "Stranger")
    assert api.retarget(figure, character) == 1
    bpy.context.view_layer.update()
    assert max(limb_angles(heads(mapped_figure(figure)), heads(guessed(character))).values()) < MOST_DEGREES
    api.add_twist_bones(figure)
    assert api.add_rig(figure, "rigify").name == "a rig"
    for wrong, code in (
        (lambda: api.add_rig(figure), "cannot-build"),
        (lambda: api.add_twist_bones(figure), "cannot-build"),
        (lambda: api.add_rig(figure, "x"), "cannot-build"),  # pyright: ignore[reportArgumentType]
        (lambda: api.append_armature(strangers, "Nobody"), "cannot-build"),
        (lambda: api.retarget(figure, character, {}), "cannot-build"),
        (lambda: api.export_settings("x"), "bad-request"),
        (
            lambda: api.export_figure(figure, tmp_path / "a.glb", api.export_settings("unreal")),
            "cannot-export",
        ),
    ):
        with pytest.raises(api.SmplifyError) as caught:
            wrong()
        assert caught.value.code == code
    api.remove_twist_bones(figure)
    api.add_twist_bones(figure)
    report = api.export_figure(figure, tmp_path / "a.fbx", api.export_settings("unity", shape_keys=False))
    assert report.shape_keys == 0 and report.deviation_mm > 0


def test_a_library_of_a_folder(
    bpy: ModuleType, command: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """One character and each person's pose: limbs point as in the photo's own file."""
    from smplify_blender.scene.retarget.mapped import mapped_figure

    shots, out, library = tmp_path / "shots", tmp_path / "out", tmp_path / "poses.blend"
    shots.mkdir()
    people = [synthetic_case(number).subject.keypoints for number in range(3)]
    write_photo(shots, people[:1], "a")
    write_photo(shots, people[1:], "b")
    line = ("batch", shots, "--out", out, "--person", "all", "--no-overlay")
    assert command(*line, "--pose-library", out / "a.blend") == 2
    assert "is the file of a photo" in capfd.readouterr().err and not out.exists()
    assert command(*line, "--pose-library", library) == 0
    assert f"{library}: 3 poses" in capfd.readouterr().out
    assert not bpy.data.objects and not bpy.data.actions and not bpy.data.meshes
    wanted = {}
    for name in "ab":
        bpy.ops.wm.open_mainfile(filepath=str(out / f"{name}.blend"))
        for thing in [thing for thing in bpy.data.objects if thing.type == "ARMATURE"]:
            wanted[thing.name] = heads(mapped_figure(thing))
    bpy.ops.wm.open_mainfile(filepath=str(library))
    (character,) = (thing for thing in bpy.data.objects if thing.type == "ARMATURE")
    assert character.name == "Character"
    assets = {action.name: action for action in bpy.data.actions if action.asset_data}
    assert set(assets) == set(wanted) == {"a", "b", "b.person_2"}
    for name, action in assets.items():
        assert alpha_share(action) > 0.02
        character.pose.apply_pose_from_action(action, evaluation_time=1)
        bpy.context.view_layer.update()
        found = heads(mapped_figure(character))
        angles = limb_angles(found, wanted[name])
        assert max(angles.values()) < MOST_DEGREES, name
