"""*Set Up Render*: what F12 shows, in both engines, and a scene that is taken back to what it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tests.blender.synthetic_result import random_person, write_result

SIZE = (96, 128)
BLENDERS_OWN = ("Viewer Node", "Render Result")  # images that come with a tree and a render
DITHER = 1.5 / 255  # a render's noise against banding
ENGINES = {"cycles": ("CYCLES",), "eevee": ("BLENDER_EEVEE_NEXT", "BLENDER_EEVEE")}


@pytest.fixture
def figure(bpy: ModuleType, build: Callable[..., Any], tmp_path: Path) -> Iterator[Any]:
    """A figure before a small photo, in a file like the startup file but for the cube."""
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    bpy.data.objects.remove(bpy.data.objects["Cube"])
    folder = write_result(
        tmp_path / "fit", [random_person(1)], image_size=SIZE, focal_px=110.0, principal_point=(48.0, 60.0)
    )
    return build(folder, set_camera=False)


def set_up(bpy: ModuleType, figure: Any) -> tuple[str, ...]:
    from smplify_blender.scene.looks.render_setup import set_up_render

    return set_up_render(bpy.context.scene, bpy.context.view_layer, figure.figures[0].armature)


def take_back(bpy: ModuleType) -> None:
    from smplify_blender.scene.looks.render_setup import take_back_render

    take_back_render(bpy.context.scene)


def rendered(bpy: ModuleType, engine: str, path: Path) -> np.ndarray:
    """What F12 writes, (H, W, 3), first row on top."""
    from smplify_blender.scene.photo.plate import image_pixels

    scene = bpy.context.scene
    known = scene.render.bl_rna.properties["engine"].enum_items.keys()
    scene.render.engine = next((name for name in ENGINES[engine] if name in known), "CYCLES")
    scene.cycles.device, scene.cycles.samples, scene.cycles.use_denoising = "CPU", 8, False
    scene.eevee.taa_render_samples = 4
    scene.render.image_settings.file_format = "PNG"
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    return image_pixels(bpy.data.images.load(str(path)))[..., :3]


def shown_pixels(bpy: ModuleType, figure: Any) -> np.ndarray:
    """Columns and rows (V, 2) of the figure's vertices in the picture."""
    from bpy_extras.object_utils import world_to_camera_view
    from mathutils import Vector

    from smplify_blender.scene.figure.build import evaluated_vertices

    bpy.context.view_layer.update()
    points = evaluated_vertices(figure.figures[0], bpy.context.evaluated_depsgraph_get())
    seen = [
        world_to_camera_view(bpy.context.scene, figure.camera, Vector(point)) for point in points.tolist()
    ]
    return np.array([(place.x, 1.0 - place.y) for place in seen]) * SIZE


@pytest.mark.parametrize("engine", ENGINES)
def test_f12_is_the_photo_with_the_figure_over_it(
    bpy: ModuleType, figure: Any, tmp_path: Path, engine: str
) -> None:
    from smplify_blender.scene.photo.plate import image_pixels

    set_up(bpy, figure)
    bpy.data.lights["Photo sun"].energy = 3.0  # as its user may: the open floor stays clear
    scene = bpy.context.scene
    assert (scene.render.resolution_x, scene.render.resolution_y) == SIZE
    picture, photo = rendered(bpy, engine, tmp_path / "f12.png"), image_pixels(figure.plate)[..., :3]
    pixels = shown_pixels(bpy, figure)
    columns, rows = np.arange(SIZE[0]), np.arange(SIZE[1])
    beside = (columns < pixels[:, 0].min() - 2) | (columns > pixels[:, 0].max() + 2)
    above = rows < pixels[:, 1].min() - 2
    away = beside[None, :] & (rows < pixels[:, 1].mean())[:, None] | above[:, None]
    assert away.sum() > 500
    assert np.abs(picture - photo)[away].max() < DITHER
    own = pixels[((pixels > 3) & (pixels < np.array(SIZE) - 3)).all(axis=1)].astype(int)
    skin = picture[own[:, 1], own[:, 0]]
    changed = np.abs(skin - photo[own[:, 1], own[:, 0]]).max(axis=1) > 0.05
    assert changed.mean() > 0.7
    assert np.median(skin[changed][:, 0] - skin[changed][:, 2]) > 0.05  # skin is redder than blue
    scene.collection.children["SMPLify render"].objects["Shadow floor"].hide_render = True
    without = rendered(bpy, engine, tmp_path / "no floor.png")
    darker = (without - picture).max(axis=2)
    assert darker.max() > 0.05  # the figure's shadow
    assert np.abs(without - picture)[away].max() < DITHER


def compositors(scene: Any) -> list[Any]:
    """The trees by which a scene composes its picture, in whichever way this Blender has them."""
    properties = scene.bl_rna.properties
    if "compositor_effects" in properties:
        return [effect.node_group for effect in scene.compositor_effects]
    tree = scene.compositing_node_group if "compositing_node_group" in properties else scene.node_tree
    return [] if tree is None else [tree]


def has_own_tree(scene: Any) -> bool:
    """True in Blender 4."""
    return "compositing_node_group" not in scene.bl_rna.properties


def give_compositor(scene: Any, tree: Any) -> None:
    if "compositor_effects" in scene.bl_rna.properties:
        scene.compositor_effects.new("Grade").node_group = tree
    else:
        scene.compositing_node_group = tree


def own_compositor(bpy: ModuleType) -> Any:
    """A tree of the artist's that burns the render out; in Blender 4 the scene's own."""
    scene = bpy.context.scene
    if not has_own_tree(scene):
        tree = bpy.data.node_groups.new("Grade", "CompositorNodeTree")
        tree.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
        tree.nodes.new("CompositorNodeRLayers").name = "Render"
        tree.nodes.new("NodeGroupOutput").name = "Out"
        give_compositor(scene, tree)
    else:
        scene.use_nodes = True
        tree = scene.node_tree
        next(node for node in tree.nodes if node.bl_idname == "CompositorNodeRLayers").name = "Render"
        next(node for node in tree.nodes if node.bl_idname == "CompositorNodeComposite").name = "Out"
    exposure = tree.nodes.new("CompositorNodeExposure")
    exposure.name, exposure.inputs["Exposure"].default_value = "Grade", 10.0
    tree.links.new(tree.nodes["Render"].outputs["Image"], exposure.inputs["Image"])
    tree.links.new(exposure.outputs["Image"], tree.nodes["Out"].inputs[0])
    return tree


def switched_off_compositor(bpy: ModuleType) -> None:
    own_compositor(bpy)
    bpy.context.scene.render.use_compositing = False
    if has_own_tree(bpy.context.scene):
        bpy.context.scene.use_nodes = False


def shared_compositor(bpy: ModuleType) -> None:
    """Of Blender 5: another scene has the same node group. Before it, each scene has its own."""
    tree = own_compositor(bpy)
    if not has_own_tree(bpy.context.scene):
        give_compositor(bpy.data.scenes.new("Other"), tree)


def own_world_and_film(bpy: ModuleType) -> None:
    scene = bpy.context.scene
    scene.world = bpy.data.worlds.new("Sunset")
    scene.render.film_transparent = True
    scene.view_settings.view_transform, scene.view_settings.exposure = "Filmic", 1.5
    scene.view_settings.look = "High Contrast"
    scene.render.resolution_percentage, scene.render.pixel_aspect_x = 40, 2.0


def no_world(bpy: ModuleType) -> None:
    bpy.context.scene.world = None


ARTISTS: dict[str, Callable[[ModuleType], Any]] = {
    "startup file": lambda bpy: None,
    "own world, film and view": own_world_and_film,
    "no world": no_world,
    "own compositor": own_compositor,
    "compositor switched off": switched_off_compositor,
    "shared compositor": shared_compositor,
}


def names_in(blocks: Any) -> list[str]:
    return sorted(block.name for block in blocks if block.users and block.name not in BLENDERS_OWN)


def state(bpy: ModuleType) -> dict[str, Any]:
    """All that a setup touches of the open file."""
    scene = bpy.context.scene
    render, view, trees = scene.render, scene.view_settings, compositors(scene)
    kinds = ("objects", "worlds", "lights", "materials", "meshes", "collections", "node_groups", "images")
    return {
        "render": [render.resolution_x, render.resolution_y, render.resolution_percentage, render.pixel_aspect_x,
                   render.film_transparent, render.use_compositing],
        "view": [view.view_transform, view.look, view.exposure, view.gamma],
        "scene": [scene.camera, scene.world, sorted(set(scene.keys()) - {"cycles"})],
        "nodes": [sorted(node.name for node in tree.nodes) for tree in trees],
        "links": [sorted((one.from_node.name, one.to_node.name) for one in tree.links) for tree in trees],
        "hidden": sorted(thing.name for thing in scene.objects if thing.hide_render),
        "marks": sorted((thing.name, key) for thing in scene.objects for key in list(thing.keys())),
        **{kind: names_in(getattr(bpy.data, kind)) for kind in kinds},
    }  # fmt: skip


@pytest.mark.parametrize("artist", ARTISTS.values(), ids=ARTISTS)
def test_taken_back_the_scene_is_as_it_was(
    bpy: ModuleType, figure: Any, artist: Callable[[ModuleType], Any]
) -> None:
    artist(bpy)
    scene = bpy.context.scene
    used_nodes = has_own_tree(scene) and scene.use_nodes
    before = state(bpy)
    for _ in range(2):
        set_up(bpy, figure)
        assert state(bpy) != before
        assert scene.camera == figure.camera and scene.render.film_transparent
        take_back(bpy)
        after = state(bpy)
        if not before[
            "nodes"
        ]:  # Blender 4 gives a scene the nodes of its own with its first tree, and keeps them
            after |= {"nodes": [], "links": []}
        assert after == before
        assert used_nodes == (has_own_tree(scene) and scene.use_nodes)
    for other in bpy.data.scenes:
        if other != scene:
            assert not [node for tree in compositors(other) for node in tree.nodes if "smplify_plate" in node]


def test_a_grade_of_the_artist_s_is_of_the_figure_and_not_of_the_photo(
    bpy: ModuleType, figure: Any, tmp_path: Path
) -> None:
    from smplify_blender.scene.photo.plate import image_pixels

    own_compositor(bpy)
    set_up(bpy, figure)
    picture, photo = rendered(bpy, "cycles", tmp_path / "f12.png"), image_pixels(figure.plate)[..., :3]
    assert np.abs(picture - photo)[:4].max() < DITHER
    own = shown_pixels(bpy, figure).astype(int)
    inside = own[((own > 3) & (own < np.array(SIZE) - 3)).all(axis=1)]
    white = picture[inside[:, 1], inside[:, 0]].min(axis=1) > 0.99
    assert white.mean() > 0.5 and photo.min(axis=2).max() < 0.99


def test_a_node_that_the_artist_puts_behind_ours_keeps_its_place(bpy: ModuleType, figure: Any) -> None:
    tree = own_compositor(bpy)
    set_up(bpy, figure)
    out = tree.nodes["Out"]
    glare = tree.nodes.new("CompositorNodeGlare")
    tree.links.new(out.inputs[0].links[0].from_socket, glare.inputs["Image"])
    tree.links.new(glare.outputs["Image"], out.inputs[0])
    take_back(bpy)
    assert glare.inputs["Image"].links[0].from_node == tree.nodes["Grade"]
    assert out.inputs[0].links[0].from_node == glare


def test_the_lights_are_told_apart(bpy: ModuleType, figure: Any) -> None:
    """The startup file's lamp goes off, and on again; an artist's own stays on, and its name is said."""
    lamp = bpy.data.objects["Light"]
    assert set_up(bpy, figure) == ()
    assert lamp.hide_render
    take_back(bpy)
    assert not lamp.hide_render
    lamp.location.x += 1.0
    assert "“Light” of yours" in set_up(bpy, figure)[0]
    assert not lamp.hide_render


def test_things_of_the_artist_s_in_our_collection_stay(bpy: ModuleType, figure: Any) -> None:
    set_up(bpy, figure)
    lamp = bpy.data.objects.new("Rim", bpy.data.lights.new("Rim", "AREA"))
    bpy.data.collections["SMPLify render"].objects.link(lamp)
    take_back(bpy)
    assert "Rim" in bpy.context.scene.collection.objects and "Photo sun" not in bpy.data.objects


def test_the_floor_is_under_the_feet_and_no_script_drives_it(bpy: ModuleType, figure: Any) -> None:
    from smplify_blender.scene.figure.build import evaluated_vertices

    set_up(bpy, figure)
    floor = bpy.data.objects["Shadow floor"]
    lowest = evaluated_vertices(figure.figures[0], bpy.context.evaluated_depsgraph_get())[:, 2].min()
    assert floor.location.z == pytest.approx(lowest, abs=1e-5)
    driver = floor.data.materials[0].node_tree.animation_data.drivers[0].driver
    assert driver.is_simple_expression and driver.is_valid


@pytest.fixture
def registered(bpy: ModuleType) -> Iterator[None]:
    from smplify_blender import registration

    registration.register("smplify_blender")
    yield
    registration.unregister()


def test_the_buttons_are_each_other_s_undo(bpy: ModuleType, registered: None, figure: Any) -> None:
    before, operators = state(bpy), bpy.ops.smplify
    assert operators.set_up_render.poll() and not operators.take_back_render.poll()
    assert operators.set_up_render() == {"FINISHED"}
    assert operators.take_back_render.poll() and not operators.set_up_render.poll()
    assert operators.take_back_render() == {"FINISHED"}
    assert state(bpy) | {"nodes": [], "links": []} == before


def test_a_figure_that_goes_takes_its_setup_along(bpy: ModuleType, registered: None, figure: Any) -> None:
    scene = bpy.context.scene
    world, camera = scene.world, scene.camera
    bpy.ops.smplify.set_up_render()
    bpy.ops.smplify.remove_figure()
    assert (scene.world, scene.camera, scene.render.film_transparent) == (world, camera, False)
    assert "Photo sun" not in bpy.data.objects and not [
        one for one in bpy.data.images if one.name == "photo.png"
    ]


REFUSED: dict[str, tuple[Callable[[ModuleType, Any], Any], str]] = {
    "twice": (lambda bpy, figure: set_up(bpy, figure), "set up already"),
    "no photo": (lambda bpy, figure: figure.camera.data.background_images.clear(), "shows no photo"),
    "no body": (lambda bpy, figure: bpy.data.objects.remove(figure.figures[0].mesh), "lost its body"),
    "no camera": (lambda bpy, figure: bpy.data.objects.remove(figure.camera), "camera is gone"),
}  # fmt: skip


@pytest.mark.parametrize(("spoil", "words"), REFUSED.values(), ids=REFUSED)
def test_a_setup_that_cannot_be_changes_nothing(
    bpy: ModuleType, figure: Any, spoil: Callable[[ModuleType, Any], Any], words: str
) -> None:
    from smplify_blender.result.errors import ResultError

    spoil(bpy, figure)
    before = state(bpy)
    with pytest.raises(ResultError, match=words):
        set_up(bpy, figure)
    assert state(bpy) == before
