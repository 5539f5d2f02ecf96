"""The add-on registered as Blender does it: menu entry, operator, command, and all of it gone again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.blender.synthetic_result import random_person, write_result


@pytest.fixture
def addon(bpy: ModuleType) -> Iterator[ModuleType]:
    from smplify_blender import registration

    registration.register("smplify_blender")
    yield registration
    registration.unregister()


@pytest.fixture
def two_people(tmp_path: Path) -> Path:
    return write_result(tmp_path / "fit", [random_person(1), random_person(2)])


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        ("", ["person_00", "person_01"]),
        ("body.npz", ["person_00", "person_01"]),
        ("person_01.npz", ["person_01"]),
        ("person_00_take_1.npz", ["person_00_take_1"]),
    ],
)
def test_import(bpy: ModuleType, addon: ModuleType, two_people: Path, chosen: str, names: list[str]) -> None:
    shutil.copy(two_people / "person_00.npz", two_people / "person_00_take_1.npz")
    assert bpy.ops.smplify.import_result(filepath=str(two_people / chosen)) == {"FINISHED"}
    armatures = [thing for thing in bpy.data.objects if thing.type == "ARMATURE"]
    assert sorted(armature.name for armature in armatures) == names
    assert sorted(thing.name for thing in bpy.context.selected_objects) == names
    assert bpy.context.object.name == names[0]
    assert bpy.context.scene.camera.name == "Photo camera"


def test_one_person_stands_where_it_stood_among_all(
    bpy: ModuleType, addon: ModuleType, two_people: Path
) -> None:
    bpy.ops.smplify.import_result(filepath=str(two_people))
    together = tuple(bpy.data.objects["person_01"].location)
    bpy.ops.smplify.import_result(filepath=str(two_people / "person_01.npz"))
    assert tuple(bpy.data.objects["person_01.001"].location) == together


def test_broken_folder_is_reported(bpy: ModuleType, addon: ModuleType, two_people: Path) -> None:
    (two_people / "body.npz").unlink()
    with pytest.raises(RuntimeError, match=r"holds no body\.npz"):
        bpy.ops.smplify.import_result(filepath=str(two_people))
    assert not bpy.data.objects


def test_only_in_object_mode(bpy: ModuleType, addon: ModuleType, two_people: Path) -> None:
    bpy.ops.smplify.import_result(filepath=str(two_people))
    bpy.ops.object.mode_set(mode="POSE")
    assert not bpy.ops.smplify.import_result.poll()


def test_unregister_takes_everything_back(bpy: ModuleType) -> None:
    from smplify_blender import registration

    def entries() -> int:
        menus = (bpy.types.TOPBAR_MT_file_import, bpy.types.TOPBAR_MT_file_export)
        drawn = [function for menu in menus for function in getattr(menu, "_dyn_ui_initialize", list)()]
        return sum("smplify" in getattr(function, "__module__", "") for function in drawn)

    for _ in range(2):
        registration.register("smplify_blender")
        assert {"import_result", "export_figure"} <= set(dir(bpy.ops.smplify)) and entries() == 2
        registration.unregister()
        assert not hasattr(bpy.types, "SMPLIFY_OT_import_result") and entries() == 0


def test_export(bpy: ModuleType, addon: ModuleType, two_people: Path, tmp_path: Path) -> None:
    bpy.ops.smplify.import_result(filepath=str(two_people))
    assert bpy.ops.smplify.export_figure(filepath=str(tmp_path / "both"), bake_shape=True) == {"FINISHED"}
    assert (tmp_path / "both.glb").stat().st_size > 10_000
    assert bpy.ops.smplify.export_figure(filepath=str(tmp_path / "a.FBX"), pose_as_rest=True) == {"FINISHED"}
    with pytest.raises(RuntimeError, match="cannot be written"):
        bpy.ops.smplify.export_figure(filepath=str(tmp_path / "a.FBX" / "a.glb"))
    for thing in bpy.context.selected_objects:
        thing.select_set(False)
    bpy.context.view_layer.objects.active = bpy.data.objects["person_01 body"]
    assert bpy.ops.smplify.export_figure.poll()
    assert bpy.ops.smplify.export_figure(filepath=str(tmp_path / "one.glb")) == {"FINISHED"}
    bpy.context.view_layer.objects.active = bpy.data.objects["Photo camera"]
    assert not bpy.ops.smplify.export_figure.poll()
