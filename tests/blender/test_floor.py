"""Before the user's own camera figures stand on the floor that the user picked, and their picture does not move."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tests.blender.synthetic_result import random_person, rotation_matrix, write_result
from tests.blender.test_import_matches_fit import pinhole, project_by_view

MAX_M, MAX_PX = 1e-3, 0.1
CAMERA_FROM_BLENDER = np.diag([1.0, -1.0, -1.0])
IMAGE_SIZE = (600, 800)


def new_camera(bpy: ModuleType, place: np.ndarray, rotation: np.ndarray) -> Any:
    """A camera of the user's: `rotation` turns its camera frame (y down) into the world."""
    from mathutils import Matrix

    camera = bpy.data.objects.new("Shot", bpy.data.cameras.new("Shot"))
    bpy.context.scene.collection.objects.link(camera)
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = rotation @ CAMERA_FROM_BLENDER, place
    camera.matrix_world = Matrix(matrix.tolist())
    scene = bpy.context.scene
    scene.camera = camera
    scene.render.resolution_x, scene.render.resolution_y = IMAGE_SIZE
    # the synthetic result's lens: 900 px, its centre at 300, 420
    camera.data.sensor_fit, camera.data.sensor_height = "VERTICAL", 36.0
    camera.data.lens, camera.data.shift_y = 900.0 * 36.0 / 800.0, (420.0 - 400.0) / 800.0
    return camera


def looking(yaw: float, pitch: float, roll: float) -> np.ndarray:
    level = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
    turn = rotation_matrix(np.array([0.0, 0.0, yaw])) @ rotation_matrix(np.array([-pitch, 0.0, 0.0]))
    return turn @ level @ rotation_matrix(np.array([0.0, 0.0, roll]))


def new_mesh(
    bpy: ModuleType, name: str, vertices: np.ndarray | list[Any], faces: list[tuple[int, ...]]
) -> Any:
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(np.asarray(vertices, dtype=float).tolist(), [], faces)
    thing = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(thing)
    return thing


def square(half: float, z: float = 0.0) -> list[Any]:
    return [(-half, -half, z), (half, -half, z), (half, half, z), (-half, half, z)]


def plane_through(
    bpy: ModuleType, point: np.ndarray, normal: np.ndarray, half: float, name: str = "Deck"
) -> Any:
    """A square of that half side, tilted by its object, which also flattens it to nothing."""
    from mathutils import Vector

    thing = new_mesh(bpy, name, square(1.0), [(0, 1, 2, 3)])
    thing.location, thing.scale = point.tolist(), (half, half, 0.0)
    thing.rotation_euler = Vector((0, 0, 1)).rotation_difference(Vector(normal.tolist())).to_euler()
    return thing


class Shot:
    """A result before a camera in a scene, and where its figure is when it is scaled by `true_scale` about the camera."""

    def __init__(
        self, bpy: ModuleType, folder: Path, true_scale: float, pitch: float = 0.15, **options: Any
    ) -> None:
        from smplify_blender.result.read_result import read_result

        self.bpy = bpy
        self.result = read_result(write_result(folder, **options))
        self.place, self.rotation = np.array([3.0, -2.0, 1.5]) * true_scale, looking(0.7, pitch, 0.04)
        self.camera = new_camera(bpy, self.place, self.rotation)
        self.fitted = self.result.people[0].vertices.astype(np.float64)
        self.truth = self.at(true_scale)

    def at(self, scale: float) -> np.ndarray:
        moved: np.ndarray = self.place + scale * self.fitted @ self.rotation.T
        return moved

    def build(self, floor: Any) -> Any:
        from smplify_blender.scene.figure.build import build_result
        from smplify_blender.scene.photo.camera_site import scene_camera_site

        context = self.bpy.context
        context.view_layer.update()
        site = scene_camera_site(self.camera, floor)
        return build_result(
            self.result, self.result.people[:1], context.scene, context.view_layer, False, site
        )

    def shown(self, built: Any) -> np.ndarray:
        from smplify_blender.scene.figure.build import evaluated_vertices

        return evaluated_vertices(built.figures[0], self.bpy.context.evaluated_depsgraph_get())


def on(thing: Any) -> Any:
    from smplify_blender.scene.placing.floor import Floor

    return Floor("OBJECT", thing)


TILTS = {
    "level": (0.0, 0.0, 1.0),
    "tilted aside": (0.2, 0.0, 1.0),
    "uphill": (0.15, -0.2, 1.0),
    "normal downwards": (-0.1, 0.1, -1.0),
}


@pytest.mark.parametrize("scale", [0.8, 1.0, 1.13])
@pytest.mark.parametrize("normal", TILTS.values(), ids=TILTS)
def test_a_figure_of_known_place(
    bpy: ModuleType, tmp_path: Path, scale: float, normal: tuple[float, float, float]
) -> None:
    """The floor touches the true figure from below: that figure, and no other, has to come out."""
    shot = Shot(bpy, tmp_path / "fit", scale)
    up = np.array(normal) / np.linalg.norm(normal)
    up = up if up[2] > 0 else -up
    touching = shot.truth[np.argmin(shot.truth @ up)]
    floor = plane_through(bpy, touching, np.array(normal), 20.0)
    built = shot.build(on(floor))
    shown = shot.shown(built)
    assert built.figures[0].standing.stands and "“Deck”" in built.figures[0].standing.text
    assert np.abs(shown - shot.truth).max() < MAX_M
    assert abs(float(((shown - touching) @ up).min())) < MAX_M
    pixels = project_by_view(bpy.context.scene, shot.camera, shown)
    assert np.abs(pixels - pinhole(built, shot.fitted)).max() < MAX_PX
    armature = built.figures[0].armature
    assert tuple(armature.scale) == (1.0, 1.0, 1.0) and armature.location.z == pytest.approx(
        shown[:, 2].min(), abs=MAX_M
    )
    assert armature.data["smplify"]["scale"] == pytest.approx(scale, rel=1e-4)


def test_the_ground_needs_no_object(bpy: ModuleType, tmp_path: Path) -> None:
    from smplify_blender.scene.placing.floor import Floor

    shot = Shot(bpy, tmp_path / "fit", 1.05)
    shot.camera.location.z -= shot.truth[:, 2].min()
    shown = shot.shown(shot.build(Floor("GROUND")))
    assert abs(shown[:, 2].min()) < MAX_M
    assert np.ptp(shown[:, 2]) == pytest.approx(np.ptp(shot.truth[:, 2]), abs=MAX_M)


def test_no_floor_is_what_the_photo_says(bpy: ModuleType, tmp_path: Path) -> None:
    from smplify_blender.scene.placing.floor import NO_FLOOR

    shot = Shot(bpy, tmp_path / "fit", 1.0)
    built = shot.build(NO_FLOOR)
    assert np.abs(shot.shown(built) - shot.truth).max() < MAX_M and not built.figures[0].standing.text


@pytest.mark.parametrize("scale", [1.0, 1.1])
def test_a_scene_in_centimetres(bpy: ModuleType, tmp_path: Path, scale: float) -> None:
    """Floor and camera in hundreds of units; the rig too, without a scaled object; a file of it is in metres."""
    from smplify_blender import api
    from tests.blender.test_export import distance_mm, read_again
    from tests.blender.test_export import shown as positions

    bpy.context.scene.unit_settings.scale_length = 0.01
    shot = Shot(bpy, tmp_path / "fit", 100.0 * scale)
    floor = plane_through(
        bpy, np.array([0.0, 0.0, shot.truth[:, 2].min()]), np.array([0.0, 0.0, 1.0]), 3000.0
    )
    built = shot.build(on(floor))
    shown = shot.shown(built)
    assert np.abs(shown - shot.truth).max() < 100.0 * MAX_M
    assert abs(shown[:, 2].min() - floor.location.z) < 100.0 * MAX_M
    assert (
        np.abs(project_by_view(bpy.context.scene, shot.camera, shown) - pinhole(built, shot.fitted)).max()
        < MAX_PX
    )
    api.export_figure([built.figures[0].armature], tmp_path / "a.glb")
    _, (mesh,) = read_again(bpy, tmp_path / "a.glb")
    assert distance_mm(positions(bpy, mesh), shown / 100.0) < 0.5


def terrain(bpy: ModuleType, height: float) -> Any:
    """Hills of 4 cm, half of them from a modifier that repeats a strip."""
    steps = np.linspace(-15.0, 15.0, 61)
    x, y = np.meshgrid(steps, steps[:31])
    z = height + 0.04 * np.sin(1.7 * x) * np.cos(1.3 * y)
    vertices = np.column_stack([x.ravel(), y.ravel(), z.ravel()])
    faces = [
        (r * 61 + c, r * 61 + c + 1, r * 61 + c + 62, r * 61 + c + 61) for r in range(30) for c in range(60)
    ]
    thing = new_mesh(bpy, "Hills", vertices, faces)
    repeat = thing.modifiers.new("repeat", "ARRAY")
    repeat.count, repeat.use_relative_offset, repeat.use_constant_offset = 2, False, True
    repeat.constant_offset_displace = (0.0, 15.0, 0.0)
    return thing


def heights_over(bpy: ModuleType, thing: Any, points: np.ndarray) -> np.ndarray:
    """Straight down from above each point to the surface, by Blender's own scene ray cast."""
    from mathutils import Vector

    found = []
    for point in points:
        hit, place, *_ = thing.ray_cast(Vector((point[0], point[1], 50.0)), Vector((0, 0, -1)))
        found.append(point[2] - place.z if hit else np.inf)
    return np.array(found)


def test_terrain_is_touched_and_not_entered(bpy: ModuleType, tmp_path: Path) -> None:
    shot = Shot(bpy, tmp_path / "fit", 1.0)
    thing = terrain(bpy, float(shot.truth[:, 2].min()) - 0.05)
    built = shot.build(on(thing))
    shown = shot.shown(built)
    low = shown[shown[:, 2] < shown[:, 2].min() + 0.2]
    evaluated = thing.evaluated_get(bpy.context.evaluated_depsgraph_get())
    heights = heights_over(bpy, evaluated, low)
    assert built.figures[0].standing.stands and abs(heights.min()) < 2e-3


def test_walls_ceilings_and_eyes_closed_do_not_matter(bpy: ModuleType, tmp_path: Path) -> None:
    """A room of one mesh with the camera outside it, hidden by its eye in the outliner."""
    shot = Shot(bpy, tmp_path / "fit", 1.06)
    floor_z = float(shot.truth[:, 2].min())
    room = new_mesh(
        bpy,
        "Room",
        [*square(1.0, 0.0), *square(1.0, 3.0)],
        [(0, 1, 2, 3), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7)],
    )
    middle = shot.truth.mean(axis=0)
    room.location, room.scale = (middle[0], middle[1], floor_z), (1.5, 1.5, 1.0)
    bpy.context.view_layer.update()
    room.hide_set(True)
    assert np.abs(shot.shown(shot.build(on(room))) - shot.truth).max() < MAX_M


def deleted(bpy: ModuleType, floor: Any) -> None:
    bpy.context.scene.collection.objects.unlink(floor)  # what X does while something still refers to it


def disabled(_bpy: ModuleType, floor: Any) -> None:
    floor.hide_viewport = True


def excluded(bpy: ModuleType, floor: Any) -> None:
    away = bpy.data.collections.new("Away")
    bpy.context.scene.collection.children.link(away)
    bpy.context.scene.collection.objects.unlink(floor)
    away.objects.link(floor)
    bpy.context.view_layer.layer_collection.children["Away"].exclude = True


def emptied(_bpy: ModuleType, floor: Any) -> None:
    floor.data.clear_geometry()


def aside(_bpy: ModuleType, floor: Any) -> None:
    floor.location.x += 100.0


def behind(_bpy: ModuleType, floor: Any) -> None:
    floor.location.z += 20.0


def deep(_bpy: ModuleType, floor: Any) -> None:
    floor.location.z -= 6.0


def near(bpy: ModuleType, floor: Any) -> None:
    floor.location.z = bpy.context.scene.camera.matrix_world.translation.z - 0.15


UNFIT = {
    "deleted": (deleted, "“Deck” is not in this scene any more"),
    "disabled": (disabled, "“Deck” is disabled in viewports"),
    "excluded": (excluded, "“Deck” is hidden with its collection"),
    "no faces": (emptied, "“Deck” has no faces"),
    "beside the figure": (aside, "“Deck” is not under the feet"),
    "over the camera": (behind, "“Deck” is not under the feet"),
    "a giant": (deep, "m tall: check the scene's scale"),
    "a dwarf": (near, "m tall: check the scene's scale"),
}


@pytest.mark.parametrize(("spoil", "words"), UNFIT.values(), ids=UNFIT)
def test_a_floor_that_will_not_do_leaves_the_figure(
    bpy: ModuleType, tmp_path: Path, spoil: Callable[[Any, Any], None], words: str
) -> None:
    shot = Shot(bpy, tmp_path / "fit", 1.0)
    floor = plane_through(bpy, np.array([0.0, 0.0, shot.truth[:, 2].min()]), np.array([0.0, 0.0, 1.0]), 20.0)
    bpy.context.view_layer.update()
    spoil(bpy, floor)
    built = shot.build(on(floor))
    standing = built.figures[0].standing
    assert words in standing.text and "stays where the photo says" in standing.text and standing.doubtful
    assert np.abs(shot.shown(built) - shot.truth).max() < MAX_M


def test_what_is_no_mesh_is_no_floor(bpy: ModuleType, tmp_path: Path) -> None:
    shot = Shot(bpy, tmp_path / "fit", 1.0)
    lamp = bpy.data.objects.new("Lamp", bpy.data.lights.new("Lamp", "POINT"))
    bpy.context.scene.collection.objects.link(lamp)
    for floor, words in ((on(lamp), "“Lamp” is not a mesh"), (on(None), "No floor object is chosen")):
        assert words in shot.build(floor).figures[0].standing.text


def test_unseen_legs_stand_nowhere(bpy: ModuleType, tmp_path: Path) -> None:
    from smplify_blender.scene.placing.floor import Floor

    shot = Shot(bpy, tmp_path / "fit", 1.0, legs_seen=False)
    standing = shot.build(Floor("GROUND")).figures[0].standing
    assert "does not show the legs" in standing.text and standing.scale == 1.0 and not standing.doubtful


def test_a_floor_of_a_linked_library(bpy: ModuleType, tmp_path: Path) -> None:
    plane_through(bpy, np.zeros(3), np.array([0.0, 0.0, 1.0]), 20.0)
    library = tmp_path / "set.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(library))
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    shot = Shot(bpy, tmp_path / "fit", 1.0)
    with bpy.data.libraries.load(str(library), link=True) as (found, wanted):
        wanted.objects = list(found.objects)
    (deck,) = wanted.objects
    bpy.context.scene.collection.objects.link(deck)
    shot.camera.location.z -= shot.truth[:, 2].min()
    built = shot.build(on(deck))
    assert built.figures[0].standing.stands and abs(shot.shown(built)[:, 2].min()) < MAX_M
    assert deck.library is not None


def test_everybody_stands_on_their_own(bpy: ModuleType, tmp_path: Path) -> None:
    from smplify_blender.scene.figure.build import build_result, evaluated_vertices
    from smplify_blender.scene.photo.camera_site import scene_camera_site
    from smplify_blender.scene.placing.floor import Floor

    people = [random_person(1), random_person(2, depth=4.5, sideways=0.9)]
    shot = Shot(bpy, tmp_path / "fit", 1.0, people=people)
    shot.camera.location.z -= shot.truth[:, 2].min()
    context = bpy.context
    context.view_layer.update()
    site = scene_camera_site(shot.camera, Floor("GROUND"))
    built = build_result(shot.result, shot.result.people, context.scene, context.view_layer, False, site)
    for figure in built.figures:
        shown = evaluated_vertices(figure, context.evaluated_depsgraph_get())
        assert figure.standing.stands and abs(shown[:, 2].min()) < MAX_M
    scales = [figure.standing.scale for figure in built.figures]
    assert scales[0] == pytest.approx(1.0, abs=1e-4) and abs(scales[1] - 1.0) > 0.01


def test_bones_follow_the_shape_at_the_size_of_the_floor(bpy: ModuleType, tmp_path: Path) -> None:
    from smplify_blender.scene.figure.bones_to_shape import fit_bones_to_shape

    heads = []
    for scale in (1.0, 1.2):
        shot = Shot(bpy, tmp_path / f"fit {scale}", scale)
        floor = plane_through(
            bpy, np.array([0.0, 0.0, shot.truth[:, 2].min()]), np.array([0.0, 0.0, 1.0]), 20.0
        )
        figure = shot.build(on(floor)).figures[0]
        figure.mesh.data.shape_keys.key_blocks["Shape000"].value += 1.5
        fit_bones_to_shape(figure.armature, bpy.context.view_layer)
        heads.append(np.array([bone.head_local for bone in figure.armature.data.bones]))
        bpy.data.objects.remove(floor)
    np.testing.assert_allclose(heads[1], 1.2 * heads[0], atol=1e-4)
