"""Brows, lashes, teeth and gums of the fitted open body: where they lie, and what they go along with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tests.blender.artists_work import with_takes
from tests.blender.synthetic_result import random_person, write_result
from tests.blender.test_clothes import CHANGES, dress, figure, heights_over_skin, shown

__all__ = ["figure"]  # a fixture
pytestmark = pytest.mark.slow
SLIT_M = 0.0035  # between the lids of a closed eye, of a face that squints


def add(bpy: ModuleType, figure: Any) -> Any:
    from smplify_blender.scene.looks.face_parts import add_face_parts

    return add_face_parts(figure.armature, bpy.context.view_layer)


def vertices_of(thing: Any, look: str, carrier: int | None = None) -> np.ndarray:
    """Numbers of the vertices with a look, of one carrier if named: 1 the skull, 2 the jaw."""
    from smplify_blender.scene.looks.face_parts import shipped_parts

    slot = thing.data.materials.find(f"SMPLify {look}")
    faces = [face.vertices for face in thing.data.polygons if face.material_index == slot]
    found = np.unique(np.concatenate([list(face) for face in faces]))
    return found if carrier is None else found[shipped_parts().carriers[found] == carrier]


def set_keys(figure: Any, values: dict[str, float]) -> None:
    for name, value in values.items():
        figure.mesh.data.shape_keys.key_blocks[name].value = value


def expression_keys(figure: Any) -> list[Any]:
    from smplify_blender.scene.figure.shape_keys import expression_keys_of

    return expression_keys_of(figure.mesh.data)


def still_face(figure: Any) -> None:
    """No expression, at rest."""
    figure.armature.data.pose_position = "REST"
    for key in expression_keys(figure):
        key.value = 0.0


def test_they_lie_where_they_belong(bpy: ModuleType, figure: Any) -> None:
    thing = add(bpy, figure)
    still_face(figure)
    places = shown(bpy, thing)
    eyes = [figure.armature.data.bones[f"eye.{side}"] for side in "LR"]
    world = figure.armature.matrix_world
    for eye, side in zip(eyes, (1.0, -1.0), strict=True):
        middle = np.array(world @ eye.head_local)
        brows, lashes = (places[vertices_of(thing, look)] - middle for look in ("brows", "lashes"))
        brows, lashes = (part[np.abs(part[:, 0]) < 0.035] for part in (brows, lashes))
        assert len(brows) > 500 and brows[:, 2].min() > 0.008 and brows[:, 2].max() < 0.04, side
        assert len(lashes) > 500 and np.abs(lashes[:, 2]).max() < 0.02, side
        assert (lashes[:, 1] < 0).all(), "lashes are before the middle of the eye"
    heights = heights_over_skin(bpy, figure, places)
    assert np.abs(heights[vertices_of(thing, "brows")]).max() < 0.003
    assert np.median(heights[vertices_of(thing, "lashes")]) < 0.006
    teeth = [places[vertices_of(thing, "teeth", carrier)] for carrier in (1, 2)]
    assert teeth[0][:, 2].mean() > teeth[1][:, 2].mean() and len(teeth[0]) == len(teeth[1])
    lips = figure.mesh.data.materials.find("SMPLify lips")
    faces = [list(face.vertices) for face in figure.mesh.data.polygons if face.material_index == lips]
    lip = shown(bpy, figure.mesh)[np.unique(np.concatenate(faces))]
    for part in teeth:
        front = part[np.abs(part[:, 0]) < 0.01]
        assert lip[:, 1].min() < front[:, 1].min() < lip[:, 1].max() + 0.02, "teeth are right behind the lips"


# By face action: looks (with a carrier) that move by at least so many millimetres in the mean, and those that stay.
ACTIONS: dict[str, tuple[dict[str, float], list[tuple[str, int | None]], list[tuple[str, int | None]]]] = {
    "brows up": ({"browInnerUp": 1.0, "browOuterUpLeft": 1.0, "browOuterUpRight": 1.0}, [("brows", None)],
                 [("teeth", None)]),
    "blink": ({"eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0}, [("lashes", None)], [("teeth", None), ("gums", None)]),
    "jaw open": ({"jawOpen": 1.0}, [("teeth", 2), ("gums", 2)], [("teeth", 1), ("gums", 1), ("brows", None)]),
    "smile": ({"mouthSmileLeft": 1.0, "mouthSmileRight": 1.0}, [], [("teeth", None), ("gums", None)]),
}  # fmt: skip


@pytest.mark.parametrize("name", ACTIONS)
def test_face_actions_move_what_they_move_in_people(bpy: ModuleType, figure: Any, name: str) -> None:
    values, moving, still = ACTIONS[name]
    thing = add(bpy, figure)
    still_face(figure)
    before = shown(bpy, thing)
    set_keys(figure, values)
    moved = 1000 * np.linalg.norm(shown(bpy, thing) - before, axis=1)
    for look, carrier in moving:
        assert moved[vertices_of(thing, look, carrier)].mean() > 1.0, look
    for look, carrier in still:
        assert moved[vertices_of(thing, look, carrier)].max() < 0.5, look


def test_brows_stay_on_the_skin_in_every_expression(bpy: ModuleType, figure: Any) -> None:
    thing = add(bpy, figure)
    still_face(figure)
    for number, key in enumerate(expression_keys(figure)):
        key.value = key.slider_max if number % 2 else key.slider_min
    heights = heights_over_skin(bpy, figure, shown(bpy, thing))
    assert np.abs(heights[vertices_of(thing, "brows")]).max() < 0.004


def test_the_jaw_bone_takes_the_lower_teeth_along(bpy: ModuleType, figure: Any) -> None:
    """As one rigid piece, and the upper ones stay."""
    thing = add(bpy, figure)
    before = shown(bpy, thing)
    jaw = figure.armature.pose.bones["jaw"]
    jaw.rotation_quaternion = jaw.rotation_quaternion @ jaw.rotation_quaternion.__class__((1, 0, 0), 0.3)
    after = shown(bpy, thing)
    lower, upper = vertices_of(thing, "teeth", 2), vertices_of(thing, "teeth", 1)
    assert np.abs(after[upper] - before[upper]).max() < 1e-5
    assert np.linalg.norm(after[lower] - before[lower], axis=1).min() > 0.01
    spans = [np.linalg.norm(points[lower] - points[lower[0]], axis=1) for points in (before, after)]
    np.testing.assert_allclose(spans[1], spans[0], atol=1e-5)


@pytest.mark.parametrize("change", ["another gender", "bones to shape"])
def test_what_changes_a_figure_takes_them_along(
    bpy: ModuleType, build: Callable[..., Any], demo_fit: Path, change: str
) -> None:
    """They lie where those of a figure lie that was changed first; materials and modifiers of the artist's stay."""
    from smplify_blender.scene.looks.face_parts import remove_face_parts
    from smplify_blender.scene.placing.place_fit import FitPlacement, place_fit

    context = bpy.context
    figure = place_fit(context.scene, context.view_layer, FitPlacement(demo_fit, "token")).figures[0]
    thing = add(bpy, figure)
    grey = bpy.data.materials.new("Grey")
    thing.material_slots[0].material = grey
    thing.modifiers.new("Fold", "SMOOTH").factor = 0.25
    CHANGES[change](bpy, figure, demo_fit)
    assert thing.material_slots[0].material == grey and "Fold" in thing.modifiers
    kept = shown(bpy, thing)
    remove_face_parts(figure.armature)
    np.testing.assert_allclose(kept, shown(bpy, add(bpy, figure)), atol=1e-4)


def test_face_actions_show_the_photos_expression(bpy: ModuleType, figure: Any) -> None:
    """The demo's smile, by actions of the open body, on body and brows alike."""
    from smplify_blender.scene.face.face_actions import use_face_actions

    thing = add(bpy, figure)
    before = [shown(bpy, one) for one in (figure.mesh, thing)]
    outcome = use_face_actions(figure.armature)
    blocks = figure.mesh.data.shape_keys.key_blocks
    assert outcome.explained > 0.97 and 8 <= outcome.count <= 20
    assert min(blocks[f"mouthSmile{side}"].value for side in ("Left", "Right")) > 0.3
    assert [key.value for key in expression_keys(figure)] == [0.0] * 10
    for one, there in zip((figure.mesh, thing), before, strict=True):
        assert np.linalg.norm(shown(bpy, one) - there, axis=1).max() < 0.003


def test_the_buttons(bpy: ModuleType, addon: ModuleType, figure: Any) -> None:
    """Each is there when it can do something, and does it."""
    from smplify_blender.scene.looks.face_parts import face_parts_of

    bpy.context.view_layer.objects.active = figure.armature
    add_parts, remove_parts = addon.ops.smplify.add_face_parts, addon.ops.smplify.remove_face_parts
    assert add_parts.poll() and not remove_parts.poll()
    assert add_parts() == {"FINISHED"} and face_parts_of(figure.armature) is not None
    assert remove_parts.poll() and not add_parts.poll()
    assert remove_parts() == {"FINISHED"} and face_parts_of(figure.armature) is None


def test_clothes_and_face_parts_know_each_other(bpy: ModuleType, figure: Any) -> None:
    """Each comes and goes without the other, and nothing stays behind."""
    from smplify_blender.scene.figure.lookup import garments_of
    from smplify_blender.scene.looks.clothes import take_off_clothes
    from smplify_blender.scene.looks.face_parts import face_parts_of, remove_face_parts

    kinds = (bpy.data.objects, bpy.data.meshes, bpy.data.materials)
    before = sorted(block.name for kind in kinds for block in kind)
    thing = add(bpy, figure)
    assert len(dress(bpy, figure)) == 2 and len(garments_of(figure.armature)) == 3
    take_off_clothes(figure.armature)
    assert garments_of(figure.armature) == [thing]
    dress(bpy, figure)
    remove_face_parts(figure.armature)
    assert face_parts_of(figure.armature) is None and len(garments_of(figure.armature)) == 2
    take_off_clothes(figure.armature)
    assert sorted(block.name for kind in kinds for block in kind) == before


def test_another_body_is_refused_and_loses_them(
    bpy: ModuleType, build: Callable[..., Any], demo_fit: Path, tmp_path: Path
) -> None:
    from smplify_blender import api
    from smplify_blender.scene.looks.face_parts import face_parts_of, reason_against_face_parts
    from smplify_blender.scene.placing.place_fit import FitPlacement, place_fit

    other = with_takes(write_result(tmp_path / "tubes", [random_person(1)]), takes=1)
    tubes = build(other).figures[0]
    assert "open body" in reason_against_face_parts(tubes.armature)
    with pytest.raises(api.SmplifyError, match="open body"):
        api.add_face_parts(tubes.armature)
    context = bpy.context
    figure = place_fit(context.scene, context.view_layer, FitPlacement(demo_fit, "token")).figures[0]
    add(bpy, figure)
    place_fit(context.scene, context.view_layer, FitPlacement(other, "again", replaces=figure.armature))
    assert face_parts_of(figure.armature) is None


@pytest.mark.parametrize("suffix", [".glb", ".fbx"])
def test_an_export_holds_them(bpy: ModuleType, figure: Any, tmp_path: Path, suffix: str) -> None:
    """And the picture of the eyes, in the file itself."""
    from smplify_blender.scene.export.export_figures import export_figures

    thing = add(bpy, figure)
    count = len(thing.data.materials)
    path = tmp_path / f"x{suffix}"
    export_figures([figure.armature], path)
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    read = {".glb": bpy.ops.import_scene.gltf, ".fbx": bpy.ops.import_scene.fbx}[suffix]
    read(filepath=str(path))
    assert [name.name for name in tmp_path.iterdir()] == [path.name]
    (eyes,) = (image for image in bpy.data.images if image.type == "IMAGE")
    assert eyes.packed_file is not None and min(eyes.size) > 64
    (mesh,) = (thing.data for thing in bpy.data.objects if thing.type == "MESH" and thing.vertex_groups)
    if suffix == ".fbx":  # which does not say that the picture is for the second layer
        slot = mesh.materials.find("SMPLify eyes")
        corners = [
            loop for face in mesh.polygons if face.material_index == slot for loop in face.loop_indices
        ]
        uvs = [np.array([layer.uv[corner].vector for corner in corners]) for layer in mesh.uv_layers]
        np.testing.assert_allclose(uvs[0], uvs[1], atol=1e-6)
        assert len(corners) > 500
    names = {
        slot.material.name for one in bpy.data.objects if one.type == "MESH" for slot in one.material_slots
    }
    assert count == 4 and {f"SMPLify {look}" for look in ("brows", "lashes", "teeth", "gums")} <= names
