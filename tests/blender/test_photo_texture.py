"""The photo on the body: where it lies, the switch, takes, other photos, exports, and files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tests.blender.artists_work import Stage
from tests.blender.test_clothes import figure
from tests.blender.test_in_place import stage

__all__ = ["figure", "stage"]  # fixtures: the demo photo's figure, and one of tubes with two takes
pytestmark = pytest.mark.slow
SIDE_PX = 256
BLOCKS = ("materials", "images", "objects", "meshes")


def add(bpy: ModuleType, figure: Any, others: tuple[Any, ...] = (), **choices: Any) -> tuple[str, ...]:
    from smplify_blender.scene.texture.photo_texture import add_photo_texture
    from smplify_blender.scene.texture.values import TextureChoices

    context = bpy.context
    wanted = TextureChoices(SIDE_PX, **choices)
    return add_photo_texture(figure.armature, others, context.scene, context.view_layer, wanted)


def worn(figure: Any) -> Any:
    from smplify_blender.scene.texture.worn_texture import worn_texture

    return worn_texture(figure.armature)


def shown_materials(figure: Any) -> list[str]:
    return [slot.material.name for slot in figure.mesh.material_slots]


def picture_of(figure: Any) -> Any:
    """The image of the texture."""
    nodes = worn(figure).material.node_tree.nodes
    return next(node.image for node in nodes if node.type == "TEX_IMAGE")


def colours_at_vertices(figure: Any, image: Any) -> np.ndarray:
    """The texture (V, 3) at each vertex of the body."""
    from smplify_blender.scene.photo.plate import image_pixels

    mesh = figure.mesh.data
    pixels = image_pixels(image)[::-1, :, :3]
    uv = np.zeros((len(mesh.vertices), 2))
    for loop, place in zip(mesh.loops, mesh.uv_layers["UVMap"].uv, strict=True):
        uv[loop.vertex_index] = place.vector
    columns, rows = (uv * len(pixels)).astype(int).clip(0, len(pixels) - 1).T
    return pixels[rows, columns]


def photo_at_vertices(bpy: ModuleType, figure: Any) -> tuple[np.ndarray, np.ndarray]:
    """The photo's colours (V, 3) where the camera sees the vertices, and how much they face it (V,)."""
    from smplify_blender.scene.figure.lookup import camera_of
    from smplify_blender.scene.looks.render_setup import photo_behind
    from smplify_blender.scene.looks.seen_surface import photo_projection, surface_of
    from smplify_blender.scene.photo.plate import image_pixels

    camera = camera_of(figure.armature)
    pixels = image_pixels(photo_behind(camera))[..., :3]
    depsgraph = bpy.context.evaluated_depsgraph_get()
    points, normals = (each[: len(figure.mesh.data.vertices)] for each in surface_of(figure.mesh, depsgraph))
    projection = photo_projection(camera, (pixels.shape[1], pixels.shape[0]), depsgraph)
    columns, rows = projection.project(points)[0].astype(int).T
    colours = pixels[rows.clip(0, len(pixels) - 1), columns.clip(0, pixels.shape[1] - 1)]
    return colours, (normals * projection.rays(points)).sum(axis=1)


@pytest.mark.parametrize("is_subdivided", [False, True])
def test_the_photo_lies_where_the_camera_sees_it(bpy: ModuleType, figure: Any, is_subdivided: bool) -> None:
    from smplify_blender import api

    if is_subdivided:
        figure.mesh.modifiers.new("More", "SUBSURF").levels = 1
    choices = api.TextureChoices(SIDE_PX, divides_light=False)
    (said,) = api.add_photo_texture([figure.armature], choices=choices)
    assert "shows 2" in said and "% of the body" in said
    photo, facing = photo_at_vertices(bpy, figure)
    found = colours_at_vertices(figure, picture_of(figure))
    apart = np.abs(found - photo).max(axis=1)
    trunk = [group.index for group in figure.mesh.vertex_groups if group.name.startswith("spine")]
    of_trunk = np.array(
        [
            any(one.group in trunk and one.weight > 0.5 for one in vertex.groups)
            for vertex in figure.mesh.data.vertices
        ]
    )
    seen = of_trunk & (facing > 0.6)
    assert seen.sum() > 200 and np.median(apart[seen]) < 0.02
    api.remove_photo_texture(figure.armature)
    assert worn(figure) is None
    back = found[of_trunk & (facing < -0.5)]
    assert (back[:, 1] > back[:, 0] + 0.1).mean() > 0.8, "her shirt is green at the back, too"


def test_the_buttons(bpy: ModuleType, addon: ModuleType, stage: Stage) -> None:
    """Made, switched, removed; then everything is as before."""
    figure = stage.figure
    before = [sorted(block.name for block in getattr(bpy.data, kind)) for kind in BLOCKS]
    own = shown_materials(figure)
    bpy.context.view_layer.objects.active = figure.armature
    ops = addon.ops.smplify
    assert ops.add_photo_texture.poll() and not ops.switch_photo_texture.poll()
    assert ops.add_photo_texture(size="1024") == {"FINISHED"}
    image = picture_of(figure)
    assert tuple(image.size) == (1024, 1024) and image.packed_file is not None
    textured = shown_materials(figure)
    assert textured[own.index("SMPLify skin")] == worn(figure).material.name
    assert textured[own.index("SMPLify eyes")] == "SMPLify eyes"
    assert ops.switch_photo_texture() == {"FINISHED"} and shown_materials(figure) == own
    assert ops.switch_photo_texture() == {"FINISHED"} and shown_materials(figure) == textured
    assert ops.remove_photo_texture() == {"FINISHED"} and not ops.remove_photo_texture.poll()
    assert shown_materials(figure) == own
    assert [sorted(block.name for block in getattr(bpy.data, kind)) for kind in BLOCKS] == before


def test_a_material_of_the_artist_s_in_the_object_s_slot_comes_back(bpy: ModuleType, stage: Stage) -> None:
    from smplify_blender.scene.texture.worn_texture import take_off_texture

    figure = stage.figure
    grey = bpy.data.materials.new("Grey")
    figure.mesh.material_slots[0].link = "OBJECT"
    figure.mesh.material_slots[0].material = grey
    add(bpy, figure)
    add(bpy, figure)
    assert shown_materials(figure)[0] == worn(figure).material.name
    take_off_texture(figure.mesh)
    assert shown_materials(figure)[0] == "Grey"


def test_another_solution_makes_it_old_until_it_is_made_again(bpy: ModuleType, stage: Stage) -> None:
    figure = stage.figure
    add(bpy, figure)
    assert not worn(figure).is_old
    stage.take()
    assert worn(figure).is_old and worn(figure).is_shown
    add(bpy, figure)
    assert not worn(figure).is_old and len(textures_in(bpy)) == 1
    stage.refit()
    assert not worn(figure).is_old, "the refit gives the solution that the take had"


def test_a_body_with_other_faces_loses_it(bpy: ModuleType, stage: Stage, demo_fit: Path) -> None:
    from smplify_blender.scene.placing.place_fit import FitPlacement, place_fit

    add(bpy, stage.figure)
    context = bpy.context
    place_fit(context.scene, context.view_layer, FitPlacement(demo_fit, "x", replaces=stage.armature))
    assert worn(stage.figure) is None and not textures_in(bpy)


def test_the_figure_takes_it_along_when_it_is_removed(bpy: ModuleType, stage: Stage) -> None:
    from smplify_blender.scene.figure.lookup import remove_figure

    add(bpy, stage.figure)
    remove_figure(stage.armature)
    assert not list(bpy.data.images) and not list(bpy.data.materials)


def test_other_photos_of_the_person_add_up(
    bpy: ModuleType, build: Callable[..., Any], stage: Stage, demo_fit: Path
) -> None:
    """One who stands in the same photo is somebody else, and another body has nothing to add; both are named."""
    again, beside, other = (build(folder).figures[0] for folder in (stage.folder, stage.folder, demo_fit))
    beside.armature["smplify_camera"] = stage.armature["smplify_camera"]
    said = add(bpy, stage.figure, (again.armature, beside.armature, other.armature))
    assert said[0].startswith("2 photos show") and "somebody else" in said[1] and "another body" in said[2]
    assert worn(stage.figure).sources == (stage.armature, again.armature)
    bpy.data.objects.remove(again.armature)
    assert not worn(stage.figure).is_old and worn(stage.figure).sources == (stage.armature,)


def test_a_limb_that_is_poor_takes_nothing(bpy: ModuleType, figure: Any, demo_fit: Path) -> None:
    """Without any keypoint, as after an import of another program's result, nothing is known against any limb."""
    from smplify_blender.result.read_report import LIMBS, LimbQuality, read_report
    from smplify_blender.scene.figure.lookup import store_report

    report = read_report(demo_fit, "person_00.npz", None)
    assert report is not None
    words = {
        "all": {},
        "no leg": {"Left leg": "poor", "Right leg": "guessed"},
        "unknown": dict.fromkeys(LIMBS, "guessed"),
    }
    shown: dict[str, int] = {}
    for name, changed in words.items():
        limbs = [
            LimbQuality(limb, changed.get(limb, "good"), None if name == "unknown" else 5.0) for limb in LIMBS
        ]
        store_report(figure.armature, replace(report, limbs=tuple(limbs)), "person_00.npz", {})
        said = add(bpy, figure)[0]
        shown[name] = int(next(word for word in said.split() if word.endswith("%"))[:-1])
    assert shown["unknown"] == shown["all"] and 0 < shown["no leg"] < 0.8 * shown["all"]


def without_uv(figure: Any) -> None:
    layers = figure.mesh.data.uv_layers
    layers.remove(layers["UVMap"])


def fewer_vertices(figure: Any) -> None:
    figure.mesh.modifiers.new("Fewer", "DECIMATE").ratio = 0.3


def away_from_the_camera(figure: Any) -> None:
    figure.armature.location.z += 100.0


REFUSED: dict[str, tuple[Callable[[Any], None], str]] = {
    "no UV map": (without_uv, "no UV map"),
    "a modifier": (fewer_vertices, "takes vertices away"),
    "out of the photo": (away_from_the_camera, "shows nothing of this figure"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_changes_nothing(bpy: ModuleType, stage: Stage, name: str) -> None:
    from smplify_blender import api

    change, words = REFUSED[name]
    change(stage.figure)
    with pytest.raises(api.SmplifyError, match=words):
        api.add_photo_texture(stage.armature, choices=api.TextureChoices(SIDE_PX))
    assert worn(stage.figure) is None and not textures_in(bpy)


def test_files_hold_it(bpy: ModuleType, figure: Any, tmp_path: Path) -> None:
    """The image comes back in the material of the skin's faces, from exports whose shape is baked and from the .blend."""
    from smplify_blender.scene.export.export_figures import export_figures
    from smplify_blender.scene.export.settings import ExportSettings
    from smplify_blender.scene.photo.plate import image_pixels

    add(bpy, figure)
    name, wanted = worn(figure).material.name, image_pixels(picture_of(figure)).mean(axis=(0, 1))
    for ending in ("glb", "fbx"):
        export_figures([figure.armature], tmp_path / f"x.{ending}", ExportSettings(shape_keys=False))
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "x.blend"))
    readers = {
        "glb": bpy.ops.import_scene.gltf,
        "fbx": bpy.ops.import_scene.fbx,
        "blend": bpy.ops.wm.open_mainfile,
    }
    for ending, read in readers.items():
        bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
        read(filepath=str(tmp_path / f"x.{ending}"))
        material = bpy.data.materials[name]
        (image,) = (node.image for node in material.node_tree.nodes if node.type == "TEX_IMAGE")
        np.testing.assert_allclose(image_pixels(image).mean(axis=(0, 1)), wanted, atol=0.01, err_msg=ending)
        assert faces_with(bpy, material) > 10_000, ending


def faces_with(bpy: ModuleType, material: Any) -> int:
    """How many faces of the file's objects show a material."""
    return sum(
        sum(face.material_index == slot.slot_index for face in thing.data.polygons)
        for thing in bpy.data.objects
        for slot in thing.material_slots
        if slot.material == material
    )


def textures_in(bpy: ModuleType) -> list[str]:
    return [image.name for image in bpy.data.images if "body photo" in image.name]
