"""Figures meet the things of a scene: surfaces in any scale become distances, and buttons, scripts and files agree."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tests.blender.shots import write_shots
from tests.blender.test_floor import new_mesh, square

_REGION = ((-2.0, -2.0, -2.0), (2.0, 2.0, 2.0))
_CAMERA = np.array([0.0, -3.0, 1.6])


def _cube(
    bpy: ModuleType, name: str, centre: tuple[float, float, float], size: float, flipped: bool = False
) -> Any:
    corners = [(x, y, z) for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)]
    faces = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    thing = new_mesh(bpy, name, corners, [face[::-1] if flipped else face for face in faces])
    thing.location, thing.scale = centre, (size, size, size)
    return thing


def _grid(bpy: ModuleType, thing: Any, units: float = 1.0) -> Any:
    from smplify_blender.scene.contact.distance_grid import Region, grid_of
    from smplify_blender.scene.contact.surface import surface_of

    bpy.context.view_layer.update()
    return grid_of("thing", surface_of(thing, _CAMERA, units), Region(*_REGION))


def _at(grid: Any, points: np.ndarray) -> np.ndarray:
    """Distances at the corners nearest to some points."""
    index = np.round((points - grid.origin) / grid.spacing).astype(int)
    assert (index >= 0).all() and (index < grid.distances.shape).all()
    return grid.distances[tuple(index.T)]


def _to_box(points: np.ndarray, centre: np.ndarray, size: float) -> np.ndarray:
    apart = np.abs(points - centre) - size / 2
    return np.linalg.norm(np.maximum(apart, 0), axis=-1) + np.minimum(apart.max(axis=-1), 0)


@pytest.mark.parametrize("units", [1.0, 100.0, 0.001], ids=["metres", "centimetres", "kilometres"])
@pytest.mark.parametrize("flipped", [False, True], ids=["outward", "inside out"])
def test_a_box_is_measured_in_metres_whatever_its_units_and_normals(
    bpy: ModuleType, units: float, flipped: bool
) -> None:
    centre, size = np.array([0.3, 0.1, 0.4]), 0.6
    thing = _cube(bpy, "Box", tuple(units * centre), units * size, flipped)
    grid = _grid(bpy, thing, units)
    points = centre + np.random.default_rng(0).uniform(-0.55, 0.55, (300, 3))
    corners = grid.origin + np.round((points - grid.origin) / grid.spacing) * grid.spacing
    assert np.abs(_at(grid, points) - _to_box(corners, centre, size)).max() < 0.012


def test_modifiers_and_instances_count_and_a_collection_is_one_thing(bpy: ModuleType) -> None:
    first, second = _cube(bpy, "A", (-0.5, 0, 0), 0.4), _cube(bpy, "B", (0.5, 0, 0), 0.4)
    array = first.modifiers.new("Array", "ARRAY")
    array.use_relative_offset, array.use_constant_offset = False, True
    array.constant_offset_displace = (0, 0, 2.0)  # in the object's own units: 0.8 m up
    furniture = bpy.data.collections.new("Furniture")
    bpy.context.scene.collection.children.link(furniture)
    furniture.objects.link(first)
    furniture.objects.link(second)
    inside = np.array([[-0.5, 0, 0], [-0.5, 0, 0.8], [0.5, 0, 0]])
    assert (_at(_grid(bpy, furniture), inside) < -0.15).all()
    empty = bpy.data.objects.new("Instances", None)
    empty.instance_type, empty.instance_collection = "COLLECTION", furniture
    empty.location = (0, 1.0, 0)
    room = bpy.data.collections.new("Room")
    bpy.context.scene.collection.children.link(room)
    room.objects.link(empty)
    assert (_at(_grid(bpy, room), inside + np.array((0, 1.0, 0))) < -0.15).all()


@pytest.mark.parametrize("turned", [False, True], ids=["normals up", "normals down"])
def test_the_camera_stands_before_a_floor_and_within_a_room(bpy: ModuleType, turned: bool) -> None:
    face = (3, 2, 1, 0) if turned else (0, 1, 2, 3)
    floor = _grid(bpy, new_mesh(bpy, "Floor", square(1.5, 0.1), [face]))
    np.testing.assert_allclose(_at(floor, np.array([[0, 0, 0.3], [0, 0, -0.1]])), [0.2, -0.2], atol=0.03)
    room = _grid(bpy, _cube(bpy, "Room", (0, 0, 1.0), 7.0, turned))
    assert _at(room, np.array([[0.0, 0.0, 1.0]]))[0] > 1.5


def test_a_grid_is_kept_while_nothing_has_changed(bpy: ModuleType) -> None:
    thing = _cube(bpy, "Box", (0, 0, 0), 0.5)
    first = _grid(bpy, thing)
    assert _grid(bpy, thing).distances is first.distances
    thing.location.x = 0.1
    assert _grid(bpy, thing).distances is not first.distances


def test_what_has_no_surface_is_refused_by_name(bpy: ModuleType) -> None:
    from smplify_blender.result.errors import ResultError

    for thing in (bpy.data.objects.new("Nothing", None), bpy.data.collections.new("Nothing")):
        (
            bpy.context.scene.collection.objects
            if thing.id_type == "OBJECT"
            else bpy.context.scene.collection.children
        ).link(thing)
        with pytest.raises(ResultError, match=r"“Nothing” has no faces"):
            _grid(bpy, thing)


@pytest.fixture(scope="module")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shots")
    write_shots(folder)
    return folder


def _skin(bpy: ModuleType, armature: Any) -> np.ndarray:
    body = next(child for child in armature.children if child.type == "MESH")
    evaluated = body.evaluated_get(bpy.context.evaluated_depsgraph_get())
    mesh = evaluated.to_mesh()
    found = np.array([evaluated.matrix_world @ vertex.co for vertex in mesh.vertices])
    evaluated.to_mesh_clear()
    return found


@pytest.mark.parametrize("flipped", [False, True], ids=["outward", "inside out"])
def test_a_slab_that_is_stood_on_has_nothing_below(bpy: ModuleType, flipped: bool) -> None:
    from mathutils import Vector

    from smplify_blender.scene.contact.surface import deepened, surface_of

    slab = _cube(bpy, "Slab", (0.0, 0.0, 0.0), 2.0, flipped)
    slab.scale[2] = 0.1
    bpy.context.view_layer.update()
    surface = surface_of(slab, _CAMERA, 1.0)
    toe = Vector((0.1, 0.1, -0.15))  # 20 cm below the top
    assert surface.signed_distance(toe) == pytest.approx(0.1)
    assert deepened(surface).signed_distance(toe) == pytest.approx(-0.2)
    beside = Vector((1.2, 0.0, 0.0))
    assert deepened(surface).signed_distance(beside) == pytest.approx(surface.signed_distance(beside))
    slab.scale[2] = 0.6
    bpy.context.view_layer.update()
    step = surface_of(slab, _CAMERA, 1.0)
    assert deepened(step) is step


def _step_under(bpy: ModuleType, skin: np.ndarray, rise: float) -> Any:
    centre = skin.mean(axis=0)
    top = float(skin[:, 2].min()) + rise
    return _cube(bpy, "Step", (float(centre[0]), float(centre[1]), top - 2.0), 4.0)


@pytest.mark.slow
def test_buttons_from_standing_on_to_switching_off(bpy: ModuleType, registered: None, shots: Path) -> None:
    settings = bpy.context.scene.smplify
    settings.photo_path = str(shots / "one.png")
    assert bpy.ops.smplify.fit_photo() == {"FINISHED"}
    armature = bpy.context.object
    before = _skin(bpy, armature)
    camera = np.array(bpy.context.scene.camera.matrix_world)
    step = _step_under(bpy, before, 0.08)
    with pytest.raises(RuntimeError, match="Pick the object"):
        bpy.ops.smplify.touch(action="stand")
    settings.contact_object = step
    blocks = {
        kind: len(getattr(bpy.data, kind))
        for kind in ("objects", "meshes", "armatures", "cameras", "actions")
    }
    assert bpy.ops.smplify.touch(action="stand") == {"FINISHED"}
    after, top = _skin(bpy, armature), float(before[:, 2].min()) + 0.08
    assert abs(after[:, 2].min() - top) < 0.015
    np.testing.assert_allclose(np.array(bpy.context.scene.camera.matrix_world), camera, atol=1e-6)
    assert blocks == {kind: len(getattr(bpy.data, kind)) for kind in blocks}

    from smplify_blender.scene.contact.places import contact_places
    from smplify_blender.scene.figure.lookup import stored_report
    from smplify_blender.settings.stored_choices import made_choices

    report, made = stored_report(armature), made_choices(armature)
    assert report is not None and made is not None
    assert ("stand", "Step") in {(one.part, one.thing) for one in report.contacts}
    named, found = contact_places(armature, bpy.context.scene)
    assert len(named) == 1 and np.abs(np.concatenate([named, found])[:, 2] - top).max() < 0.02
    assert np.linalg.norm(after - named[0], axis=1).min() < 0.005

    assert bpy.ops.smplify.switch_contact(part="stand", thing="Step") == {"FINISHED"}
    report, made = stored_report(armature), made_choices(armature)
    assert report is not None and made is not None and [one.is_on for one in made.contacts] == [False]
    assert not {one.part for one in report.contacts} & {"stand", "left_sole", "right_sole"}

    bpy.data.objects.remove(step)
    with pytest.raises(RuntimeError, match="no object “Step” in this scene any more"):
        bpy.ops.smplify.refit()
    assert bpy.ops.smplify.remove_contact(part="stand", thing="Step") == {"FINISHED"}
    report, made = stored_report(armature), made_choices(armature)
    assert report is not None and report.contacts == () and made is not None and made.contacts == ()


def _depth_in_each_other(bpy: ModuleType, figures: list[Any]) -> float:
    from mathutils import Vector

    from smplify_blender.scene.contact.surface import surface_of
    from smplify_blender.scene.figure.lookup import body_of

    bpy.context.view_layer.update()
    camera = np.array(bpy.context.scene.camera.matrix_world)[:3, 3]
    one, other = (surface_of(body_of(figure), camera, 1.0) for figure in figures)
    return -min(one.signed_distance(Vector(place)) for place in other.vertices.tolist())


@pytest.mark.slow
def test_people_of_one_photo_share_the_ground_and_keep_out_of_each_other(
    bpy: ModuleType, registered: None, shots: Path
) -> None:
    from smplify_blender.scene.figure.lookup import stored_report
    from smplify_blender.session.fit_request import EVERYBODY

    settings = bpy.context.scene.smplify
    settings.photo_path, settings.person = str(shots / "close.png"), EVERYBODY
    assert bpy.ops.smplify.fit_photo() == {"FINISHED"}
    figures = [thing for thing in bpy.context.scene.objects if thing.type == "ARMATURE"]
    assert _depth_in_each_other(bpy, figures) > 0.08
    first = _skin(bpy, figures[0])
    bpy.context.view_layer.objects.active = figures[1]
    settings.contact_kind = "GROUND"
    assert bpy.ops.smplify.touch(action="stand") == {"FINISHED"}
    assert _depth_in_each_other(bpy, figures) < 0.04
    np.testing.assert_array_equal(_skin(bpy, figures[0]), first)  # the other one stays
    assert abs(_skin(bpy, figures[1])[:, 2].min()) < 0.02
    report = stored_report(figures[1])
    assert report is not None and {one.thing for one in report.contacts} == {"the ground"}

    bpy.context.view_layer.objects.active = figures[0]
    assert bpy.ops.smplify.touch(action="stand", everybody=True) == {"FINISHED"}
    named = [{one.part for one in stored_report(figure).contacts if one.is_named} for figure in figures]
    assert named == [{"stand"}, {"stand"}]
    assert max(abs(_skin(bpy, figure)[:, 2].min()) for figure in figures) < 0.02
    assert _depth_in_each_other(bpy, figures) < 0.04

    first = _skin(bpy, figures[0])
    bpy.context.view_layer.objects.active = figures[1]
    with pytest.raises(RuntimeError, match="is the figure itself"):
        bpy.ops.smplify.touch(action="hold", thing=figures[1].children[0].name)
    assert bpy.ops.smplify.touch(action="hold", thing=figures[0].children[0].name) == {"FINISHED"}
    report = stored_report(figures[1])
    assert report is not None
    (held,) = [one for one in report.contacts if one.part == "hold"]
    assert abs(held.gap_mm) < 20
    np.testing.assert_array_equal(_skin(bpy, figures[0]), first)


@pytest.mark.slow
def test_a_script_in_a_scene_in_centimetres_before_the_users_camera_and_in_a_file(
    bpy: ModuleType, registered: None, shots: Path, tmp_path: Path
) -> None:
    from smplify_blender import api
    from smplify_blender.session import result_store
    from smplify_blender.settings.stored_choices import made_choices

    bpy.context.scene.unit_settings.scale_length = 0.01
    fitted = api.fit_photo(shots / "one.png")
    armature = fitted.armatures[0]
    before = _skin(bpy, armature) / 100
    step = _step_under(bpy, before, 0.08)
    step.location, step.scale = 100 * step.location, 100 * step.scale
    contacts = api.touch(armature, "stand", step)
    after = _skin(bpy, armature) / 100
    assert abs(after[:, 2].min() - before[:, 2].min() - 0.08) < 0.015
    assert {one.thing for one in contacts if one.part == "stand"} == {"Step"}

    name = armature.name
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "step.blend"))
    result_store._records.clear()
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "step.blend"))
    armature = bpy.data.objects[name]
    made = made_choices(armature)
    assert made is not None and [one.for_core for one in made.contacts] == ["stand=Step"]
    api.set_contacts(armature, made.contacts)
    assert np.abs(_skin(bpy, armature) / 100 - after).mean() < 0.01
    with pytest.raises(api.SmplifyError, match="no part 'tail'"):
        api.touch(armature, "tail", bpy.data.objects["Step"])
