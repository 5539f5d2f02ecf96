"""What a client sees of a figure: slots of the body, eyes with an iris, clothes that follow; on the fitted open body."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.slow


@pytest.fixture
def figure(build: Callable[..., Any], demo_fit: Path) -> Any:
    return build(demo_fit).figures[0]


def dress(bpy: ModuleType, figure: Any) -> list[Any]:
    from smplify_blender.scene.looks.clothes import add_clothes

    return add_clothes(figure.armature, bpy.context.view_layer)


def shown(bpy: ModuleType, thing: Any) -> np.ndarray:
    """Vertices in the world of an object as Blender shows it, without the thickness of its cloth."""
    for modifier in thing.modifiers:
        modifier.show_viewport = modifier.type == "ARMATURE"
    bpy.context.view_layer.update()
    evaluated = thing.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return np.array([thing.matrix_world @ vertex.co for vertex in evaluated.data.vertices])


def heights_over_skin(bpy: ModuleType, figure: Any, points: np.ndarray) -> np.ndarray:
    """Distance of each point from the nearest skin, negative inside the body."""
    from mathutils import Vector
    from mathutils.bvhtree import BVHTree

    skin = shown(bpy, figure.mesh)
    tree = BVHTree.FromPolygons(skin.tolist(), [list(face.vertices) for face in figure.mesh.data.polygons])
    found = [tree.find_nearest(Vector(point)) for point in points.tolist()]
    return np.array(
        [
            (Vector(point) - place).dot(normal)
            for point, (place, normal, _, _) in zip(points.tolist(), found, strict=True)
        ]
    )


# By slot: how many faces, and the box in the T-pose's body frame (cm: across, up, forward) that holds them all.
SLOTS = {
    "SMPLify lips": (247, ((-3, 3), (52, 56), (13, 17))),
    "SMPLify nails": (234, ((-90, 90), (-98, 41), (-4, 22))),
    "SMPLify mouth": (398, ((-5, 5), (49, 60), (3, 16))),
    "SMPLify tongue": (224, ((-3, 3), (51, 56), (5, 15))),
    "SMPLify eyes": (140, ((-5, 5), (59, 63), (10, 15))),
}


@pytest.mark.parametrize("name", SLOTS)
def test_a_part_of_the_body_has_a_slot_of_its_own(figure: Any, demo_fit: Path, name: str) -> None:
    from smplify_blender.result.read_body import read_body

    mesh = figure.mesh.data
    count, box = SLOTS[name]
    slot = mesh.materials.find(name)
    faces = [list(face.vertices) for face in mesh.polygons if face.material_index == slot]
    assert len(faces) == count
    places = 100.0 * read_body(demo_fit / "body.npz").v_template[np.concatenate(faces)]
    low, high = np.array(box).T
    assert (places.min(axis=0) > low).all() and (places.max(axis=0) < high).all()
    if name != "SMPLify tongue":
        assert abs(places[:, 0].min() + places[:, 0].max()) < 0.2  # the same on both sides


def test_the_pupils_look_where_the_eyes_do(figure: Any, demo_fit: Path) -> None:
    """The middle of the eyes' picture lies straight before the middle of the eyeball, in the body's T-pose."""
    from smplify_blender.result.read_body import read_body

    mesh, body = figure.mesh.data, read_body(demo_fit / "body.npz")
    uv = np.array([tuple(place.vector) for place in mesh.uv_layers["Eyes"].uv])
    for name in ("left_eye", "right_eye"):
        joint = body.joint_names.index(name)
        offset = body.v_template[body.faces.corners] - body.joints_template[joint]
        own = body.weights[body.faces.corners, joint] > 0.5
        angle = np.degrees(np.arccos(offset[own, 2] / np.linalg.norm(offset[own], axis=1)))
        middle = np.linalg.norm(uv[own] - 0.5, axis=1)
        assert own.sum() > 200 and np.corrcoef(angle, middle)[0, 1] > 0.99
        assert (middle[angle < 8.0] < 0.11).all() and (middle[angle > 30.0] > 0.25).all()  # pupil; white
    assert mesh.uv_layers.active.name == "UVMap"


def test_the_picture_of_the_eye_is_packed_and_shared(
    bpy: ModuleType, build: Callable[..., Any], demo_fit: Path
) -> None:
    from smplify_blender.scene.figure.lookup import remove_figure

    figures = [build(demo_fit).figures[0] for _ in range(2)]
    images = [image for image in bpy.data.images if "smplify_material" in image]
    assert len(images) == 1 and images[0].packed_file is not None
    assert len([one for one in bpy.data.materials if one.users]) == 1 + len(SLOTS)
    for figure in figures:
        remove_figure(figure.armature)
    assert not bpy.data.materials and not [image for image in bpy.data.images if "smplify_material" in image]


def test_a_slot_of_the_artist_s_stays(bpy: ModuleType, figure: Any, demo_fit: Path) -> None:
    from smplify_blender.scene.placing.place_fit import FitPlacement, place_fit

    lipstick = bpy.data.materials.new("Lipstick")
    figure.mesh.material_slots["SMPLify lips"].material = lipstick
    context = bpy.context
    place_fit(
        context.scene, context.view_layer, FitPlacement(demo_fit, "again", replaces=figure.armature, take=1)
    )
    assert lipstick.name in figure.mesh.data.materials and len(figure.mesh.data.materials) == 1 + len(SLOTS)


POSES: dict[str, Callable[[Any], Any]] = {
    "as fitted": lambda figure: None,
    "heavy": lambda figure: setattr(figure.mesh.data.shape_keys.key_blocks["Weight"], "value", 3.0),
    "light and tall": lambda figure: (
        setattr(figure.mesh.data.shape_keys.key_blocks["Weight"], "value", -2.0),
        setattr(figure.mesh.data.shape_keys.key_blocks["Height"], "value", 2.0),
    ),
    "at rest": lambda figure: setattr(figure.armature.data, "pose_position", "REST"),
}


@pytest.mark.parametrize("pose", POSES.values(), ids=POSES)
def test_clothes_lie_on_the_skin(bpy: ModuleType, figure: Any, pose: Callable[[Any], Any]) -> None:
    clothes = dress(bpy, figure)
    pose(figure)
    for garment in clothes:
        heights = heights_over_skin(bpy, figure, shown(bpy, garment))
        assert (heights > -0.002).mean() > 0.95  # heavy thighs touch
        assert np.median(heights) > 0.004 and np.percentile(heights, 95) < 0.04


def test_clothes_come_off_again(bpy: ModuleType, figure: Any) -> None:
    from smplify_blender.scene.looks.clothes import take_off_clothes

    before = sorted(
        block.name for kind in (bpy.data.objects, bpy.data.meshes, bpy.data.materials) for block in kind
    )
    dress(bpy, figure)
    take_off_clothes(figure.armature)
    after = sorted(
        block.name for kind in (bpy.data.objects, bpy.data.meshes, bpy.data.materials) for block in kind
    )
    assert after == before


CHANGES: dict[str, Callable[[ModuleType, Any, Path], Any]] = {
    "take": lambda bpy, figure, folder: show_take(bpy, figure),
    "another gender": lambda bpy, figure, folder: refit_as(bpy, figure, folder.parent / "male"),
    "bones to shape": lambda bpy, figure, folder: fit_bones(bpy, figure),
}


def show_take(bpy: ModuleType, figure: Any) -> None:
    from smplify_blender.scene.placing.show_take import show_take as show

    show(bpy.context.scene, bpy.context.view_layer, figure.armature, "person_00_take_1.npz")


def refit_as(bpy: ModuleType, figure: Any, folder: Path) -> None:
    from smplify_blender.scene.placing.place_fit import FitPlacement, place_fit

    context = bpy.context
    place_fit(context.scene, context.view_layer, FitPlacement(folder, "again", replaces=figure.armature))


def fit_bones(bpy: ModuleType, figure: Any) -> None:
    from smplify_blender.scene.figure.bones_to_shape import fit_bones_to_shape

    figure.mesh.data.shape_keys.key_blocks["Height"].value += 1.0
    fit_bones_to_shape(figure.armature, bpy.context.view_layer)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_changes_a_figure_takes_its_clothes_along(
    bpy: ModuleType, build: Callable[..., Any], demo_fit: Path, change: Callable[..., Any]
) -> None:
    """The clothes lie where those of a figure lie that was changed first and dressed then; the artist's work on them stays."""
    from smplify_blender.scene.placing.place_fit import FitPlacement, place_fit

    context = bpy.context
    figure = place_fit(context.scene, context.view_layer, FitPlacement(demo_fit, "token")).figures[0]
    clothes = dress(bpy, figure)
    linen = bpy.data.materials.new("Linen")
    clothes[0].material_slots[0].material = linen
    clothes[0].modifiers.new("Fold", "SMOOTH").factor = 0.25
    change(bpy, figure, demo_fit)
    assert clothes[0].material_slots[0].material == linen and "Fold" in clothes[0].modifiers
    kept = [shown(bpy, garment) for garment in clothes]
    from smplify_blender.scene.looks.clothes import take_off_clothes

    take_off_clothes(figure.armature)
    for there, garment in zip(kept, dress(bpy, figure), strict=True):
        np.testing.assert_allclose(there, shown(bpy, garment), atol=1e-4)


@pytest.mark.parametrize("ending", [".glb", ".fbx", ".usdc"])
def test_an_export_takes_slots_and_clothes_along(
    bpy: ModuleType, figure: Any, tmp_path: Path, ending: str
) -> None:
    from smplify_blender.scene.export.export_figures import export_figures

    clothes = dress(bpy, figure)
    points = np.concatenate([shown(bpy, thing) for thing in (figure.mesh, *clothes)])
    before = sorted(thing.name for thing in bpy.data.objects)
    export_figures([figure.armature], tmp_path / f"x{ending}")
    assert sorted(thing.name for thing in bpy.data.objects) == before
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    read = {
        ".glb": bpy.ops.import_scene.gltf,
        ".fbx": bpy.ops.import_scene.fbx,
        ".usdc": bpy.ops.wm.usd_import,
    }
    read[ending](filepath=str(tmp_path / f"x{ending}"))
    bpy.context.scene.frame_set(1)
    meshes = [
        thing for thing in bpy.data.objects if thing.type == "MESH" and thing.find_armature() is not None
    ]
    names = {slot.material.name.replace("_", " ") for thing in meshes for slot in thing.material_slots}
    assert names == {"SMPLify skin", "SMPLify shirt", "SMPLify shorts", *SLOTS}
    back = np.concatenate([shown(bpy, thing) for thing in meshes])
    from mathutils.kdtree import KDTree

    tree = KDTree(len(back))
    for index, point in enumerate(back.tolist()):
        tree.insert(point, index)
    tree.balance()
    assert max(tree.find(point)[2] for point in points.tolist()) < 0.006  # four influences move it by 3.4 mm
