"""The add-on registered as Blender does it: menu entry, operator, command, and all of it gone again."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path
from types import ModuleType

import pytest

from tests.blender.synthetic_result import random_person, write_result


@pytest.fixture
def two_people(tmp_path: Path) -> Path:
    return write_result(tmp_path / "fit", [random_person(1), random_person(2)])


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        ("", ["fit", "fit.person_2"]),
        ("body.npz", ["fit", "fit.person_2"]),
        ("person_01.npz", ["fit.person_2"]),
        ("person_00_take_1.npz", ["fit"]),
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
    together = tuple(bpy.data.objects["fit.person_2"].location)
    bpy.ops.smplify.import_result(filepath=str(two_people / "person_01.npz"))
    assert tuple(bpy.data.objects["fit.person_2.001"].location) == pytest.approx(together, abs=1e-5)


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
        menus = (
            bpy.types.TOPBAR_MT_file_import,
            bpy.types.TOPBAR_MT_file_export,
            bpy.types.VIEW3D_MT_object,
        )
        drawn = [function for menu in menus for function in getattr(menu, "_dyn_ui_initialize", list)()]
        return sum("smplify" in getattr(function, "__module__", "") for function in drawn)

    for _ in range(2):
        registration.register("smplify_blender")
        assert {"import_result", "export_figure"} <= set(dir(bpy.ops.smplify)) and entries() == 3
        registration.unregister()
        assert not hasattr(bpy.types, "SMPLIFY_OT_import_result") and entries() == 0


def test_export(bpy: ModuleType, addon: ModuleType, two_people: Path, tmp_path: Path) -> None:
    bpy.ops.smplify.import_result(filepath=str(two_people))
    assert bpy.ops.smplify.export_figure(filepath=str(tmp_path / "both"), bake_shape=True) == {"FINISHED"}
    assert (tmp_path / "both.glb").stat().st_size > 10_000
    assert bpy.ops.smplify.export_figure(filepath=str(tmp_path / "a.FBX"), pose_as_rest=True) == {"FINISHED"}
    with pytest.raises(RuntimeError, match="cannot be written"):
        bpy.ops.smplify.export_figure(filepath=str(tmp_path / "a.FBX" / "a.glb"))
    assert bpy.ops.smplify.export_figure(filepath=str(tmp_path / "game"), target="unreal") == {"FINISHED"}
    assert (tmp_path / "game.fbx").stat().st_size > 10_000
    with pytest.raises(RuntimeError, match=r"takes \.fbx"):
        bpy.ops.smplify.export_figure(filepath=str(tmp_path / "game.glb"), target="unreal")
    for thing in bpy.context.selected_objects:
        thing.select_set(False)
    bpy.context.view_layer.objects.active = bpy.data.objects["fit.person_2 body"]
    assert bpy.ops.smplify.export_figure.poll()
    assert bpy.ops.smplify.export_figure(filepath=str(tmp_path / "one.glb")) == {"FINISHED"}
    bpy.context.view_layer.objects.active = bpy.data.objects["Photo camera"]
    assert not bpy.ops.smplify.export_figure.poll()


def test_every_step_is_in_the_menu_that_search_looks_through(bpy: ModuleType, addon: ModuleType) -> None:
    """F3 finds menu entries only: what is a button in the sidebar has to be one, too."""
    from smplify_blender.sidebar.object_menu import ENTRIES, draw_object_menu

    assert draw_object_menu in bpy.types.VIEW3D_MT_object._dyn_ui_initialize()
    known = {entry[0]: entry for entry in ENTRIES if entry is not None}
    assert {"smplify.fit_photo", "smplify.refit", "smplify.export_figure", "smplify.remove_figure"} <= set(
        known
    )
    for name in known:
        operator = getattr(bpy.ops.smplify, name.removeprefix("smplify."))
        assert operator.get_rna_type().description, name
    icons = bpy.types.UILayout.bl_rna.functions["operator"].parameters["icon"].enum_items.keys()
    assert {icon for _, _, icon in known.values()} <= set(icons)


def test_every_icon_is_known_to_this_blender(bpy: ModuleType) -> None:
    """A name that one Blender does not know empties the whole panel there."""
    from smplify_blender.sidebar.panel_state import WORD_ICONS

    known = bpy.types.UILayout.bl_rna.functions["label"].parameters["icon"].enum_items.keys()
    folder = Path(__file__).parents[2] / "smplify_blender"
    written = {
        value
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for value in _icons(node)
    }
    assert "OUTLINER_OB_ARMATURE" in written and set(WORD_ICONS.values()) <= set(known)
    assert written <= set(known), written - set(known)


def _icons(node: ast.AST) -> list[str]:
    """Texts given as `icon=…`, and as the second argument of a `Line`."""
    if not isinstance(node, ast.Call):
        return []
    named = [word.value for word in node.keywords if word.arg == "icon"]
    lines = node.args[1:2] if isinstance(node.func, ast.Name) and node.func.id == "Line" else []
    return [value.value for value in (*named, *lines) if isinstance(value, ast.Constant)]
