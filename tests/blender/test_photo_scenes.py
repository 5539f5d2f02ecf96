"""Several photos, several people, deleted cameras and modes: what a scene looks like after them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tests.blender.artists_work import two_takes, with_takes
from tests.blender.synthetic_result import SyntheticBody, random_person, write_photo, write_result

MAX_M = 2e-5


@pytest.fixture
def place(bpy: ModuleType, registered: None) -> Callable[..., Any]:
    from smplify_blender.scene.placing.place_fit import FitPlacement, place_fit

    def place_folder(folder: Path, **how: Any) -> Any:
        context = bpy.context
        return place_fit(context.scene, context.view_layer, FitPlacement(folder, "token", **how))

    return place_folder


def shown(bpy: ModuleType, figure: Any) -> np.ndarray:
    from smplify_blender.scene.figure.build import evaluated_vertices

    bpy.context.view_layer.update()
    return evaluated_vertices(figure, bpy.context.evaluated_depsgraph_get())


def photo_of(folder: Path, people: list[Any], width: int = 600) -> Path:
    """A folder of another photo than that of any other width."""
    return with_takes(write_result(folder, people, image_size=(width, 800)), len(people), 1)


def test_a_second_photo_stands_beside_the_first(
    bpy: ModuleType, place: Callable[..., Any], tmp_path: Path
) -> None:
    first = place(photo_of(tmp_path / "a", [random_person(1)]))
    second = place(photo_of(tmp_path / "b", [random_person(2)], 640), set_camera=True)
    boxes = [shown(bpy, built.figures[0]) for built in (first, second)]
    assert boxes[0][:, 0].max() < boxes[1][:, 0].min()
    assert all(abs(box[:, 2].min()) < MAX_M for box in boxes)
    again = place(photo_of(tmp_path / "b", [random_person(2)], 640))
    assert again.figures[0].armature == second.figures[0].armature
    np.testing.assert_allclose(shown(bpy, again.figures[0]), boxes[1], atol=1e-4)


def test_other_photos_are_hidden_by_choice(
    bpy: ModuleType, place: Callable[..., Any], tmp_path: Path
) -> None:
    first = place(photo_of(tmp_path / "a", [random_person(1)])).figures[0]
    second = place(photo_of(tmp_path / "b", [random_person(2)], 640), set_camera=True).figures[0]
    first.mesh.hide_render = True  # the user's own
    settings = bpy.context.scene.smplify

    def parts() -> list[tuple[bool, bool]]:
        return [(part.hide_get(), part.hide_render) for part in (first.armature, first.mesh, second.mesh)]

    before = parts()
    settings.hide_others = True
    assert parts() == [(True, True), (True, True), (False, False)]
    settings.hide_others = False
    assert parts() == before


def near_and_far() -> list[Any]:
    """Two people on their feet, each alone on a floor of their own: 23 cm apart as the fit has their sizes."""
    return [random_person(1), random_person(2, depth=3.6, sideways=0.9)]


def test_everybody_stands_on_the_floor(bpy: ModuleType, place: Callable[..., Any], tmp_path: Path) -> None:
    folder = photo_of(tmp_path / "two", near_and_far())
    built = place(folder)
    for figure in built.figures:
        vertices = shown(bpy, figure)
        gap = abs(vertices[:, 2].min())
        assert gap < MAX_M if figure.standing.stands else "the photo's floor" in figure.standing.text
        pixels = project(built, vertices)
        wanted = pinhole(built, figure.person.vertices)
        assert np.abs(pixels - wanted).max() < 0.05, "the picture has changed"
    assert all(figure.standing.stands for figure in built.figures)
    assert [figure.armature.name for figure in built.figures] == ["two", "two.person_2"]


def test_somebody_far_above_the_floor_is_told(
    bpy: ModuleType, place: Callable[..., Any], tmp_path: Path
) -> None:
    jumper = random_person(2, sideways=0.9)
    jumper["transl"] = jumper["transl"] - (0.0, 0.6, 0.0)
    built = place(photo_of(tmp_path / "jump", [random_person(1), random_person(3, sideways=-0.9), jumper]))
    assert [figure.standing.stands for figure in built.figures] == [True, True, False]
    text = built.figures[2].armature["smplify_fit"]["standing"]
    assert "cm above the photo's floor" in text and built.figures[2].standing.doubtful


def pinhole(built: Any, vertices: np.ndarray) -> np.ndarray:
    camera = built.photo_camera
    return camera.focal_px * vertices[:, :2] / vertices[:, 2:] + np.array(camera.principal_point)


def project(built: Any, positions: np.ndarray) -> np.ndarray:
    """Through the camera that stands in the scene."""
    view = np.array(built.camera.matrix_world.inverted())
    local = positions @ view[:3, :3].T + view[:3, 3]
    return pinhole(built, local * (1.0, -1.0, -1.0))


def test_a_deleted_camera_leaves_no_ghost(bpy: ModuleType, place: Callable[..., Any], tmp_path: Path) -> None:
    from smplify_blender.scene.photo.camera_ghosts import remove_released_cameras
    from smplify_blender.scene.placing.show_take import show_take

    scene, context = bpy.context.scene, bpy.context
    own = bpy.data.objects.new("Mine", bpy.data.cameras.new("Mine"))
    scene.collection.objects.link(own)
    scene.camera = own
    scene.render.resolution_x, scene.render.resolution_y = 1111, 777
    figure = place(two_takes(tmp_path / "photo"), set_camera=True).figures[0]
    camera = scene.camera
    assert camera != own
    with context.temp_override(selected_objects=[camera], selected_editable_objects=[camera]):
        bpy.ops.object.delete()
    context.view_layer.update()
    assert scene.camera == own and "smplify_camera" not in figure.armature
    assert (scene.render.resolution_x, scene.render.resolution_y) == (1111, 777)
    remove_released_cameras()
    assert [thing.name for thing in bpy.data.objects if thing.type == "CAMERA"] == ["Mine"]
    before = shown(bpy, figure)
    show_take(scene, context.view_layer, figure.armature, "person_00_take_1.npz")
    show_take(scene, context.view_layer, figure.armature, "person_00.npz")
    np.testing.assert_allclose(shown(bpy, figure), before, atol=MAX_M)
    again = place(
        tmp_path / "photo", replaces=figure.armature
    )  # a refit makes no camera that its user has deleted
    assert again.camera is None and len(bpy.data.cameras) <= 2
    place(tmp_path / "photo")  # Fit does
    assert figure.armature["smplify_camera"].users_scene
    np.testing.assert_allclose(shown(bpy, figure), before, atol=1e-4)


def test_takes_work_from_pose_mode(bpy: ModuleType, place: Callable[..., Any], tmp_path: Path) -> None:
    figure = place(two_takes(tmp_path / "photo")).figures[0]
    layer, name = bpy.context.view_layer, figure.armature.data.bones[3].name
    layer.objects.active = figure.armature
    figure.armature.select_set(True)
    bpy.ops.object.mode_set(mode="POSE")
    figure.armature.data.bones.active = figure.armature.data.bones[name]
    before = shown(bpy, figure)
    assert bpy.ops.smplify.choose_take(take=1) == {"FINISHED"}
    assert bpy.context.mode == "POSE" and layer.objects.active == figure.armature
    assert figure.armature.data.bones.active.name == name
    assert np.abs(shown(bpy, figure) - before).max() > 0.02
    assert bpy.ops.smplify.select_figure() == {"FINISHED"} and bpy.context.mode == "POSE"
    assert bpy.ops.smplify.fit_photo.poll() and bpy.ops.smplify.refit.poll()
    bpy.ops.object.mode_set(mode="OBJECT")


def test_the_default_cube_is_noticed(bpy: ModuleType, place: Callable[..., Any], tmp_path: Path) -> None:
    bpy.ops.mesh.primitive_cube_add(size=2)
    cube = bpy.context.object
    figure = place(photo_of(tmp_path / "photo", [random_person(1)])).figures[0]
    assert bpy.ops.smplify.hide_cube.poll()
    assert bpy.ops.smplify.hide_cube() == {"FINISHED"}
    assert cube.hide_get() and cube.hide_render and not bpy.ops.smplify.hide_cube.poll()
    cube.hide_set(False)
    cube.data.vertices[0].co.x = 4.0  # somebody's work
    assert not bpy.ops.smplify.hide_cube.poll() and figure.armature.data.display_type == "STICK"


def test_keys_lie_at_the_frame_that_is_wanted(
    bpy: ModuleType, place: Callable[..., Any], tmp_path: Path
) -> None:
    from smplify_blender.scene.figure.fitted_action import fitted_frame
    from smplify_blender.settings.properties import key_frame_in

    scene = bpy.context.scene
    scene.frame_set(37)
    assert key_frame_in(scene) == 37
    scene.smplify.keys_at = "FIRST"
    assert key_frame_in(scene) == 1
    figure = place(photo_of(tmp_path / "photo", [random_person(1)]), frame=37).figures[0]
    assert fitted_frame(figure.armature) == 37 and figure.armature.animation_data.action.frame_range[0] == 37
    place(tmp_path / "photo", frame=50)  # fitted again: where it is
    assert fitted_frame(figure.armature) == 37 and figure.armature.animation_data.action.frame_range[1] == 37


def woman() -> SyntheticBody:
    """The same surface and joints with another mean shape and other directions."""
    body = SyntheticBody.make(seed=11)
    straight = SyntheticBody.make()
    body.arrays["v_template"] = (straight.arrays["v_template"] * 1.03).astype(np.float32)
    body.arrays["joints_template"] = (straight.arrays["joints_template"] * 1.03).astype(np.float32)
    body.arrays["gender"] = np.array("female")
    return body


def coarser() -> SyntheticBody:
    """The same joints, and a surface of fewer faces: another topology."""
    body = SyntheticBody.make()
    kept = len(body.arrays["v_template"]) - 32  # the last tube goes
    for key in ("v_template", "shape_directions", "expression_directions", "action_directions", "weights"):
        body.arrays[key] = body.arrays[key][:kept]
    for key in ("quads", "triangles", "uv_quads", "uv_triangles"):
        body.arrays[key] = body.arrays[key][(body.arrays[key] < kept).all(axis=1)]
    body.arrays["model"] = np.array("other tubes")
    body.arrays["model_sha256"] = np.array("1" * 64)
    return body


BODIES: dict[str, tuple[Callable[[], SyntheticBody], bool]] = {
    "another gender": (woman, True),
    "another topology": (coarser, False),
}


@pytest.mark.parametrize(("make", "keeps_mesh"), BODIES.values(), ids=BODIES)
def test_another_body_keeps_what_it_can(
    bpy: ModuleType,
    place: Callable[..., Any],
    tmp_path: Path,
    make: Callable[[], SyntheticBody],
    keeps_mesh: bool,
) -> None:
    figure = place(photo_of(tmp_path / "photo", [random_person(1)])).figures[0]
    mesh, armature = figure.mesh, figure.armature
    mesh.modifiers.new("Smooth", "SUBSURF").levels = 0
    group = mesh.vertex_groups.new(name="Tattoo")
    group.add(list(range(64)), 0.75, "REPLACE")
    scar = mesh.shape_key_add(name="Scar", from_mix=False)
    scar.value = 0.0  # Blender 5.0 begins at 1
    scar.points[5].co.y += 0.02
    data = mesh.data
    body = make()
    folder = write_result(tmp_path / "other" / "photo", [random_person(4)], body=body)
    built = place(with_takes(folder, takes=1), replaces=armature)
    assert built.figures[0].armature == armature and built.figures[0].mesh == mesh
    assert (mesh.data == data) == keeps_mesh and bool(built.notes) != keeps_mesh
    assert [modifier.name for modifier in mesh.modifiers] == ["Armature", "Smooth"]
    assert mesh.vertex_groups["Tattoo"].weight(5) == pytest.approx(0.75)
    scar = mesh.data.shape_keys.key_blocks["Scar"]
    basis = mesh.data.shape_keys.key_blocks["Basis"]
    assert max(
        (one.co - other.co).length for one, other in zip(scar.points, basis.points, strict=True)
    ) == pytest.approx(0.02, abs=1e-4)
    np.testing.assert_allclose(
        project(built, shown(bpy, figure)), pinhole(built, built.figures[0].person.vertices), atol=0.05
    )
    assert keeps_mesh or bpy.data.meshes[f"{mesh.name} before"].use_fake_user


def test_other_bones_are_hidden_and_not_lost(
    bpy: ModuleType, place: Callable[..., Any], tmp_path: Path
) -> None:
    figure = place(photo_of(tmp_path / "photo", [random_person(1)])).figures[0]
    source = figure.armature.data["smplify"]
    source["joint_names"] = str(source["joint_names"]).replace("right_thumb3", "right_tail")
    for bone in figure.armature.data.bones:
        if bone.get("smplx_joint") == "right_thumb3":
            bone["smplx_joint"] = "right_tail"
    built = place(tmp_path / "photo")
    assert (
        built.figures[0].armature != figure.armature
        and figure.armature.hide_get()
        and figure.mesh.hide_render
    )
    assert any(figure.armature.name in note for note in built.notes)


def test_the_photos_name_is_in_everything(bpy: ModuleType, place: Callable[..., Any], tmp_path: Path) -> None:
    folder = photo_of(tmp_path / "tmpx7q2", near_and_far())
    write_photo(folder / "photo.png", (600, 800), 1)
    built = place(folder, name="beam_20")
    assert built.collection.name == "beam_20" and built.plate.name == "beam_20.png"
    names = [name for figure in built.figures for name in (figure.armature.name, figure.mesh.name)]
    assert names == ["beam_20", "beam_20 body", "beam_20.person_2", "beam_20.person_2 body"]
    kinds = ("objects", "meshes", "armatures", "collections", "actions", "images")
    assert not [block.name for kind in kinds for block in getattr(bpy.data, kind) if "tmpx" in block.name]
