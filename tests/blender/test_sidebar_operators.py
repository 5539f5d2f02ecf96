"""The sidebar's operators in a Blender without a window: they wait for the resident core, and nothing is left behind."""

from __future__ import annotations

import math
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tests.blender.shots import first_person, write_shots

KINDS = (
    "objects",
    "meshes",
    "armatures",
    "cameras",
    "images",
    "materials",
    "collections",
    "actions",
    "shape_keys",
)
pytestmark = pytest.mark.slow


@pytest.fixture
def addon(bpy: ModuleType, registered: None) -> ModuleType:
    return bpy


@pytest.fixture(scope="module")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shots with ünïcode")
    write_shots(folder)
    return folder


def counts(bpy: ModuleType) -> dict[str, int]:
    return {kind: len(getattr(bpy.data, kind)) for kind in KINDS}


def armatures(bpy: ModuleType) -> list[Any]:
    return sorted(
        (thing for thing in bpy.data.objects if thing.type == "ARMATURE"), key=lambda thing: thing.name
    )


def joints(armature: Any) -> Any:
    return np.array([armature.matrix_world @ bone.head for bone in armature.pose.bones])


def choose(bpy: ModuleType, photo: Path) -> Any:
    settings = bpy.context.scene.smplify
    settings.photo_path = str(photo)
    return settings


def test_photo_to_rig_and_away_again(addon: ModuleType, shots: Path) -> None:
    empty = counts(addon)
    settings = choose(addon, shots / "one.png")
    assert settings.keypoints_path == str(shots / "one_keypoints.json")
    assert addon.ops.smplify.fit_photo() == {"FINISHED"}
    (armature,) = armatures(addon)
    assert addon.context.object == armature and addon.context.scene.camera.data.background_images[0].image
    assert addon.ops.smplify.remove_figure() == {"FINISHED"}
    assert counts(addon) == empty


def test_a_second_fit_changes_the_figure_that_is_there(addon: ModuleType, shots: Path) -> None:
    settings = choose(addon, shots / "two.png")
    settings.person = 1
    addon.ops.smplify.fit_photo()
    (second,) = armatures(addon)
    once, token = counts(addon), str(second["smplify_fit"]["token"])
    addon.ops.smplify.fit_photo()
    assert counts(addon) == once and armatures(addon) == [second]
    assert str(second["smplify_fit"]["token"]) != token
    settings.person = -2
    addon.ops.smplify.fit_photo()
    assert [figure.name for figure in armatures(addon)] == ["two", "two.person_2"]
    assert armatures(addon)[1] == second and len(addon.data.cameras) == 1


def test_a_copy_doubles_figures_only(addon: ModuleType, shots: Path) -> None:
    choose(addon, shots / "one.png")
    addon.ops.smplify.fit_photo()
    once = counts(addon)
    addon.ops.smplify.fit_photo(copy=True)
    twice = counts(addon)
    same = ("cameras", "images", "materials")
    assert [twice[kind] for kind in same] == [once[kind] for kind in same] and twice["armatures"] == 2
    first, second = armatures(addon)
    np.testing.assert_allclose(joints(first), joints(second), atol=1e-4)


def test_takes_change_the_figure_and_back(addon: ModuleType, shots: Path) -> None:
    settings = choose(addon, shots / "one.png")
    settings.takes = 8
    addon.ops.smplify.fit_photo()
    (armature,) = armatures(addon)
    name, first, before = armature.name, joints(armature), counts(addon)
    takes = str(armature["smplify_fit"]["takes"]).split("\n")
    assert len(takes) > 1
    addon.ops.smplify.choose_take(take=1)
    (other,) = armatures(addon)
    assert other.name == name and counts(addon) == before
    assert np.abs(joints(other) - first).max() > 0.02
    assert abs(lowest(addon, other)) < 1e-3, "the other take's feet are not on the floor"
    addon.ops.smplify.choose_take(take=0)
    np.testing.assert_allclose(joints(armatures(addon)[0]), first, atol=1e-5)
    with pytest.raises(RuntimeError, match="There is no take 16"):
        addon.ops.smplify.choose_take(take=15)


def test_removed_the_scene_renders_what_it_did_before(addon: ModuleType, shots: Path) -> None:
    scene = addon.context.scene
    own = addon.data.objects.new("Mine", addon.data.cameras.new("Mine"))
    scene.collection.objects.link(own)
    scene.camera = own
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = 1111, 777, 50
    choose(addon, shots / "one.png")
    addon.ops.smplify.fit_photo()
    addon.ops.smplify.fit_photo()  # a second one does not take the first one's camera for the user's
    assert scene.camera != own
    for armature in armatures(addon):
        addon.context.view_layer.objects.active = armature
        addon.ops.smplify.remove_figure()
    render = scene.render
    assert scene.camera == own
    assert (render.resolution_x, render.resolution_y, render.resolution_percentage) == (1111, 777, 50)


def test_two_cameras_removed_in_their_order_give_back_the_users(addon: ModuleType, shots: Path) -> None:
    scene = addon.context.scene
    own = addon.data.objects.new("Mine", addon.data.cameras.new("Mine"))
    scene.collection.objects.link(own)
    scene.camera = own
    scene.render.resolution_x, scene.render.resolution_y = 1111, 777
    settings = choose(addon, shots / "one.png")
    addon.ops.smplify.fit_photo()
    settings.focal_mode, settings.focal_mm35 = "MM35", 85.0  # another lens: a camera of its own
    addon.ops.smplify.fit_photo(copy=True)
    first, second = armatures(addon)
    assert first["smplify_camera"] != second["smplify_camera"] == scene.camera
    for armature in (first, second):
        addon.context.view_layer.objects.active = armature
        addon.ops.smplify.remove_figure()
    assert scene.camera == own
    assert (scene.render.resolution_x, scene.render.resolution_y) == (1111, 777)


def test_refit_takes_the_place_of_its_figure(addon: ModuleType, shots: Path) -> None:
    settings = choose(addon, shots / "two.png")
    settings.person = -2
    addon.ops.smplify.fit_photo()
    left, right = armatures(addon)
    names, before, place = [left.name, right.name], counts(addon), joints(left)
    addon.context.view_layer.objects.active = right
    old_token = str(right["smplify_fit"]["token"])
    assert addon.ops.smplify.refit() == {"FINISHED"}
    assert [armature.name for armature in armatures(addon)] == names and counts(addon) == before
    left, right = armatures(addon)
    assert str(right["smplify_fit"]["token"]) != old_token and right["smplify_fit"]["number"] == 1
    np.testing.assert_array_equal(joints(left), place)


def test_a_click_on_a_body_fits_the_figure_anew_on_it(addon: ModuleType, shots: Path) -> None:
    """Without a figure it only chooses; the same body once more changes nothing; the figure keeps its name and its person."""
    settings = choose(addon, shots / "two.png")
    settings.person = 1
    assert addon.ops.smplify.choose_gender(gender="neutral") == {"FINISHED"}
    assert settings.gender == "neutral" and not armatures(addon)
    addon.ops.smplify.fit_photo()
    (before,) = armatures(addon)
    name, token, counted = before.name, str(before["smplify_fit"]["token"]), counts(addon)
    addon.ops.smplify.choose_gender(gender="neutral")
    assert str(armatures(addon)[0]["smplify_fit"]["token"]) == token
    settings.person = 0
    assert addon.ops.smplify.choose_gender(gender="child") == {"FINISHED"}
    (after,) = armatures(addon)
    assert after.name == name and counts(addon) == counted
    assert after.data["smplify"]["gender"] == "child" and after["smplify_fit"]["number"] == 1


def test_the_bodies_have_pictures(addon: ModuleType) -> None:
    """Without a window Blender gives no icons, but reads the files."""
    from smplify_blender.sidebar import gender_pictures
    from smplify_blender.sidebar.body_panel import PICTURED

    assert gender_pictures.gender_icon("nobody") == 0
    sizes = {name: tuple(picture.image_size) for name, picture in gender_pictures.loaded().items()}
    assert sizes == dict.fromkeys(PICTURED, (96, 96))


def test_a_path_in_the_file_is_never_refitted_from(addon: ModuleType, shots: Path) -> None:
    choose(addon, shots / "one.png")
    addon.ops.smplify.fit_photo()
    (armature,) = armatures(addon)
    for name in ("../../person_00.npz", "/etc/person_00.npz", "person_00.pkl"):
        armature["smplify_fit"]["file"] = name
        armature["smplify_fit"]["takes"] = name
        with pytest.raises(RuntimeError, match="Fit the photo again"):
            addon.ops.smplify.refit()
    armature["smplify_fit"]["token"] = "../../.."
    del armature["smplify_solutions"]
    assert not addon.ops.smplify.refit.poll() and not addon.ops.smplify.choose_take.poll()


def reopened(bpy: ModuleType, blend: Path) -> list[Any]:
    """Save, forget this session's fits, and open again; the armatures."""
    from smplify_blender.session import result_store

    bpy.ops.wm.save_as_mainfile(filepath=str(blend), compress=True)
    result_store._records.clear()
    bpy.ops.wm.open_mainfile(filepath=str(blend))
    return armatures(bpy)


@pytest.mark.parametrize("photo_is_there", [True, False], ids=["photo there", "photo gone"])
def test_a_fit_lives_in_its_file(
    addon: ModuleType, shots: Path, tmp_path: Path, photo_is_there: bool
) -> None:
    """Verdict, takes and refit work after the file is opened again, without the photo and its keypoints too."""
    from smplify_blender.scene.figure.lookup import stored_report

    for name in ("one.png", "one_keypoints.json"):
        (tmp_path / name).write_bytes((shots / name).read_bytes())
    settings = choose(addon, tmp_path / "one.png")
    settings.takes, settings.gender = 8, "female"
    addon.ops.smplify.fit_photo()
    (armature,) = armatures(addon)
    report, first = stored_report(armature), joints(armature)
    assert report is not None and len(report.takes) > 1
    if not photo_is_there:
        (tmp_path / "one.png").unlink()
        (tmp_path / "one_keypoints.json").unlink()
    (armature,) = reopened(addon, tmp_path / "a.blend")
    assert stored_report(armature) == report
    assert addon.ops.smplify.choose_take(take=1) == {"FINISHED"}
    assert np.abs(joints(armature) - first).max() > 0.02
    addon.ops.smplify.choose_take(take=0)
    np.testing.assert_allclose(joints(armature), first, atol=1e-4)
    assert addon.ops.smplify.refit() == {"FINISHED"}
    assert armatures(addon) == [armature] and armature.data["smplify"]["gender"] == "female"
    assert np.abs(joints(armature) - first).max() < 0.05
    assert len(addon.data.cameras) == 1


def test_an_adult_and_a_child_keep_their_own_bodies(addon: ModuleType, shots: Path, tmp_path: Path) -> None:
    """Through takes, another fit of everybody, a saved file and a refit; only a click on a body changes one, of one figure."""
    settings = choose(addon, shots / "family.png")
    settings.person, settings.takes, settings.gender = -2, 2, "automatic"

    def genders() -> list[str]:
        return [armature.data["smplify"]["gender"] for armature in armatures(addon)]

    addon.ops.smplify.fit_photo()
    assert genders() == ["neutral", "child"]
    heights = [float(np.ptp(joints(armature)[:, 2])) for armature in armatures(addon)]
    counted = counts(addon)
    for armature in armatures(addon):
        addon.context.view_layer.objects.active = armature
        for take in (1, 0):
            assert addon.ops.smplify.choose_take(take=take) == {"FINISHED"}
            assert genders() == ["neutral", "child"]
    addon.ops.smplify.fit_photo()
    assert genders() == ["neutral", "child"] and counts(addon) == counted
    adult, child = reopened(addon, tmp_path / "family.blend")
    assert genders() == ["neutral", "child"]
    again = [float(np.ptp(joints(armature)[:, 2])) for armature in (adult, child)]
    np.testing.assert_allclose(again, heights, atol=1e-3)
    addon.context.view_layer.objects.active = child
    assert addon.ops.smplify.refit() == {"FINISHED"}
    assert genders() == ["neutral", "child"]
    assert addon.ops.smplify.choose_gender(gender="female") == {"FINISHED"}
    assert genders() == ["neutral", "female"]


def test_set_up_camera_first_then_the_figure_stands_before_it(addon: ModuleType, shots: Path) -> None:
    settings = choose(addon, shots / "one.png")
    settings.focal_mode, settings.fov = "FOV", math.radians(60)
    assert addon.ops.smplify.set_up_camera() == {"FINISHED"}
    scene = addon.context.scene
    camera = scene.camera
    photo = camera.data.background_images[0].image
    assert (scene.render.resolution_x, scene.render.resolution_y) == tuple(photo.size)
    assert camera.data.angle == pytest.approx(math.radians(60), abs=1e-4) and not armatures(addon)
    before = counts(addon)
    addon.ops.smplify.set_up_camera()
    assert counts(addon) == before
    addon.ops.smplify.fit_photo()
    assert scene.camera == camera and len(addon.data.cameras) == 1 and len(armatures(addon)) == 1


def test_choices_survive_a_file_and_hold_no_program(addon: ModuleType, shots: Path, tmp_path: Path) -> None:
    settings = choose(addon, shots / "two.png")
    settings.person, settings.takes, settings.gender = 1, 5, "female"
    blend = str(tmp_path / "a.blend")
    addon.ops.wm.save_as_mainfile(filepath=blend)
    settings.person = 0
    addon.ops.wm.open_mainfile(filepath=blend)
    settings = addon.context.scene.smplify
    assert (settings.person, settings.takes, settings.gender) == (1, 5, "female")
    assert settings.photo_path == str(shots / "two.png")
    texts = {
        prop.identifier
        for prop in settings.bl_rna.properties
        if prop.type == "STRING" and prop.identifier not in ("name", "bl_idname")
    }
    assert texts == {"photo_path", "keypoints_path", "clip_path", "clip_keypoints"}


BROKEN = {
    "no photo": ("", None, "Choose a photo first"),
    "nobody in the photo": ("alone.png", None, "nobody was found in the photo"),
    "photo that is none": ("torn.png", "{}", "torn.png"),
    "keypoints that are none": ("bad.png", '{"people": 3}', "bad"),
}


@pytest.mark.parametrize(("name", "keypoints", "words"), BROKEN.values(), ids=BROKEN)
def test_what_cannot_be_fitted_is_told_and_changes_nothing(
    addon: ModuleType, shots: Path, tmp_path: Path, name: str, keypoints: str | None, words: str
) -> None:
    content = b"\x89PNG torn" if name == "torn.png" else (shots / "one.png").read_bytes()
    (tmp_path / (name or "unused")).write_bytes(content)
    if keypoints is not None:
        (tmp_path / f"{Path(name).stem}_keypoints.json").write_text(keypoints)
    addon.context.scene.smplify.photo_path = str(tmp_path / name) if name else ""
    before = counts(addon)
    with pytest.raises(RuntimeError, match=words):
        addon.ops.smplify.fit_photo()
    assert counts(addon) == before


def test_scripts_name_their_files(addon: ModuleType, shots: Path) -> None:
    assert addon.ops.smplify.fit_photo(photo=str(shots / "one.png")) == {"FINISHED"}
    assert addon.ops.smplify.inspect_photo() == {"FINISHED"}


def test_a_packed_image_is_a_photo_too(addon: ModuleType, shots: Path, tmp_path: Path) -> None:
    image = addon.data.images.load(str(shots / "one.png"))
    image.pack()
    image.filepath = "//nowhere/one.png"
    settings = addon.context.scene.smplify
    settings.photo_source, settings.photo_image = "IMAGE", image
    settings.keypoints_path = str(shots / "one_keypoints.json")
    assert addon.ops.smplify.fit_photo() == {"FINISHED"}
    assert len(armatures(addon)) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, "not saved yet"),
        ({"source": "FILE", "filepath": "//gone.png"}, "is missing"),
        ({"source": "MOVIE"}, "single"),
    ],
    ids=["painted", "file gone", "movie"],
)
def test_images_that_are_no_photo(addon: ModuleType, change: dict[str, str], words: str) -> None:
    image = addon.data.images.new("Drawn", 8, 8)
    for name, value in change.items():
        setattr(image, name, value)
    settings = addon.context.scene.smplify
    settings.photo_source, settings.photo_image = "IMAGE", image
    with pytest.raises(RuntimeError, match=words):
        addon.ops.smplify.fit_photo()


def test_dropped_keypoints_bring_their_photo(addon: ModuleType, shots: Path) -> None:
    assert addon.ops.smplify.open_dropped(filepath=str(shots / "two_keypoints.json")) == {"FINISHED"}
    settings = addon.context.scene.smplify
    assert settings.photo_path == str(shots / "two.png")
    assert settings.keypoints_path == str(shots / "two_keypoints.json")


def test_engine_and_diagnostics(addon: ModuleType, shots: Path) -> None:
    from smplify_blender.session.engine_checks import last_check

    assert addon.ops.smplify.check_engine() == {"FINISHED"}
    assert last_check(None) is not None and last_check(Path("/another/python")) is None
    choose(addon, shots / "one.png")
    addon.ops.smplify.inspect_photo()
    assert addon.ops.smplify.diagnostics() == {"FINISHED"}
    text = addon.data.texts["SMPLify diagnostics"].as_string()
    assert "Fitting core: runs" in text and "NumPy" in text and str(shots) not in text


def test_disabled_in_the_middle_nothing_runs_on(addon: ModuleType, shots: Path) -> None:
    from smplify_blender import registration
    from smplify_blender.session.fit_session import session

    choose(addon, shots / "one.png")
    addon.ops.smplify.fit_photo()
    assert session().process_id is not None
    registration.unregister()
    assert session().process_id is None and not hasattr(addon.types.Scene, "smplify")
    registration.register("smplify_blender")


def test_before_the_users_own_camera(addon: ModuleType, shots: Path) -> None:
    """Its lens, shift and place are kept, no camera is made, and the figure is seen where the photo's camera shows it."""
    from bpy_extras.object_utils import world_to_camera_view

    scene = addon.context.scene
    camera = addon.data.objects.new("Shot", addon.data.cameras.new("Shot"))
    scene.collection.objects.link(camera)
    camera.location, camera.rotation_euler = (3.0, -2.0, 1.5), (1.4, 0.1, 0.7)
    camera.data.lens, camera.data.shift_x = 40.0, 0.05
    scene.camera = camera
    settings = choose(addon, shots / "one.png")
    addon.ops.smplify.inspect_photo()
    image = addon.data.images.load(str(shots / "one.png"))
    scene.render.resolution_x, scene.render.resolution_y = image.size
    settings.focal_mode = "SCENE_CAMERA"
    before = [*camera.location, *camera.rotation_euler, camera.data.lens, camera.data.shift_x]
    assert addon.ops.smplify.fit_photo() == {"FINISHED"}
    after = [*camera.location, *camera.rotation_euler, camera.data.lens, camera.data.shift_x]
    assert after == before and scene.camera == camera and len(addon.data.cameras) == 1
    (armature,) = armatures(addon)
    width, height = image.size
    keypoints = first_person(shots / "one_keypoints.json")
    for bone, row in (("hand.L", 7), ("foot.R", 11)):
        place = armature.matrix_world @ armature.pose.bones[bone].head
        seen = world_to_camera_view(scene, camera, place)
        x, y, confidence = keypoints[row]
        assert confidence == 0 or math.dist((seen.x * width, (1 - seen.y) * height), (x, y)) < 0.05 * height


def test_a_known_height_is_met(addon: ModuleType, shots: Path) -> None:
    settings = choose(addon, shots / "one.png")
    spans = []
    for settings.height_cm in (150.0, 200.0):
        addon.ops.smplify.fit_photo()
        bones = addon.context.object.data.bones
        spans.append((bones["head"].head_local - bones["foot.L"].head_local).length)
    assert spans[1] / spans[0] == pytest.approx(200 / 150, rel=0.05)


def test_a_scene_of_other_units(addon: ModuleType, shots: Path) -> None:
    addon.context.scene.unit_settings.scale_length = 0.01
    choose(addon, shots / "one.png")
    assert addon.ops.smplify.set_up_camera() == {"FINISHED"}
    assert addon.context.scene.camera.location.z == pytest.approx(160.0)
    assert addon.ops.smplify.fit_photo() == {"FINISHED"}
    (armature,) = armatures(addon)
    assert 100.0 < np.ptp(joints(armature)[:, 2]) < 220.0 and len(addon.data.cameras) == 1
    place = joints(armature)
    assert addon.ops.smplify.refit() == {"FINISHED"}
    np.testing.assert_allclose(joints(armatures(addon)[0]), place, atol=3.0)


def users_camera(bpy: ModuleType, shots: Path, name: str = "one.png") -> Any:
    """A camera of the user's above the ground, about as high as the one that took the photo, and a render of its shape."""
    scene = bpy.context.scene
    camera = bpy.data.objects.new("Shot", bpy.data.cameras.new("Shot"))
    scene.collection.objects.link(camera)
    camera.location, camera.rotation_euler = (3.0, -2.0, 0.85), (math.pi / 2 - 0.05, 0.0, 0.7)
    camera.data.lens = 40.0
    scene.camera = camera
    image = bpy.data.images.load(str(shots / name))
    scene.render.resolution_x, scene.render.resolution_y = image.size
    bpy.data.images.remove(image)
    return camera


def lowest(bpy: ModuleType, armature: Any) -> float:
    (body,) = armature.children
    evaluated = body.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return min((evaluated.matrix_world @ vertex.co).z for vertex in evaluated.data.vertices)


def test_on_a_thing_that_was_chosen_and_takes_stay_on_it(
    addon: ModuleType, shots: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    settings = choose(addon, shots / "one.png")
    users_camera(addon, shots)
    settings.focal_mode, settings.takes = "SCENE_CAMERA", 8
    deck = addon.data.objects.new("Deck", addon.data.meshes.new("Deck"))
    deck.data.from_pydata([(-20, -20, 0), (20, -20, 0), (20, 20, 0), (-20, 20, 0)], [], [(0, 1, 2, 3)])
    addon.context.scene.collection.objects.link(deck)
    deck.location.z = 0.1
    settings.floor, settings.floor_object = "OBJECT", deck
    assert addon.ops.smplify.fit_photo() == {"FINISHED"}
    (armature,) = armatures(addon)
    assert lowest(addon, armature) == pytest.approx(0.1, abs=1e-3)
    assert "m tall" in armature["smplify_fit"]["standing"] and "Stands on “Deck”" in capfd.readouterr().out
    settings.floor = "NONE"  # of the next fit: this figure's takes stand where it stands
    first = joints(armature)
    assert addon.ops.smplify.choose_take(take=1) == {"FINISHED"}
    (armature,) = armatures(addon)
    assert np.abs(joints(armature) - first).max() > 0.02
    assert (
        lowest(addon, armature) == pytest.approx(0.1, abs=1e-3) and armature["smplify_floor_object"] == deck
    )
    settings.floor = "GROUND"
    assert addon.ops.smplify.refit() == {"FINISHED"}
    (armature,) = armatures(addon)
    assert lowest(addon, armature) == pytest.approx(0.0, abs=1e-3) and "smplify_floor_object" not in armature


def fitted_before_users_camera(addon: ModuleType, shots: Path) -> tuple[Any, Any]:
    """The settings and the user's camera, with a figure on the ground before it."""
    settings = choose(addon, shots / "one.png")
    camera = users_camera(addon, shots)
    settings.focal_mode, settings.takes = "SCENE_CAMERA", 1
    assert settings.floor == "GROUND"
    assert addon.ops.smplify.fit_photo() == {"FINISHED"}
    (armature,) = armatures(addon)
    assert lowest(addon, armature) == pytest.approx(0.0, abs=1e-3)
    assert addon.context.scene.camera == camera and len(addon.data.cameras) == 1
    return settings, camera


def test_on_no_floor_before_the_users_camera(addon: ModuleType, shots: Path) -> None:
    settings, _ = fitted_before_users_camera(addon, shots)
    settings.floor = "NONE"
    assert addon.ops.smplify.refit() == {"FINISHED"}
    (armature,) = armatures(addon)
    assert abs(lowest(addon, armature)) > 2e-3 and not armature["smplify_fit"]["standing"]


def test_a_giant_on_the_floor_is_doubted(
    addon: ModuleType, shots: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    _, camera = fitted_before_users_camera(addon, shots)
    camera.location.z = 5.0
    capfd.readouterr()
    assert addon.ops.smplify.refit() == {"FINISHED"}
    (armature,) = armatures(addon)
    standing = armature["smplify_fit"]
    assert "check the scene's scale" in standing["standing"] and standing["doubtful"]
    assert "Warning" in capfd.readouterr().out


def test_a_refit_with_the_photos_own_camera_makes_one(addon: ModuleType, shots: Path) -> None:
    settings, camera = fitted_before_users_camera(addon, shots)
    settings.focal_mode = "PHOTO"
    assert addon.ops.smplify.refit() == {"FINISHED"}
    (armature,) = armatures(addon)
    assert len(addon.data.cameras) == 2 and armature["smplify_camera"] == addon.context.scene.camera != camera
    assert "smplify_floor" not in armature and lowest(addon, armature) == pytest.approx(0.0, abs=1e-3)


def test_only_meshes_of_the_scene_can_be_picked(addon: ModuleType, shots: Path) -> None:
    from smplify_blender.settings.properties import _can_be_floor

    settings, scene = choose(addon, shots / "one.png"), addon.context.scene
    camera = users_camera(addon, shots)
    deck = addon.data.objects.new("Deck", addon.data.meshes.new("Deck"))
    assert not _can_be_floor(settings, camera) and not _can_be_floor(settings, deck)
    scene.collection.objects.link(deck)
    assert _can_be_floor(settings, deck)
    addon.ops.smplify.edit_keypoints()
    if addon.context.mode != "OBJECT":
        addon.ops.object.mode_set(mode="OBJECT")
    points = [thing for thing in scene.objects if "smplify_keypoints" in thing]
    assert points and not any(_can_be_floor(settings, thing) for thing in points)


def test_a_refit_with_another_lens_gives_the_camera_that_lens(addon: ModuleType, shots: Path) -> None:
    """What is seen through the camera is the fit; a camera before which others stand keeps its own."""
    settings = choose(addon, shots / "two.png")
    settings.focal_mode, settings.focal_mm35 = "MM35", 50.0
    addon.ops.smplify.fit_photo()
    scene = addon.context.scene
    first = scene.camera
    settings.focal_mm35 = 85.0
    assert addon.ops.smplify.refit() == {"FINISHED"}
    assert (
        scene.camera == first
        and first.data.lens == pytest.approx(85.0, rel=1e-3)
        and len(addon.data.cameras) == 1
    )
    addon.ops.smplify.remove_figure()
    settings.person = -2
    addon.ops.smplify.fit_photo()
    shared = scene.camera
    settings.focal_mm35 = 50.0
    assert addon.ops.smplify.refit() == {"FINISHED"}
    assert shared.data.lens == pytest.approx(85.0, rel=1e-3)
    assert scene.camera != shared and scene.camera.data.lens == pytest.approx(50.0, rel=1e-3)
    refitted = addon.context.view_layer.objects.active
    assert refitted["smplify_camera"] == scene.camera
    assert scene.camera.data.background_images[0].image == shared.data.background_images[0].image


def test_the_lens_is_estimated(addon: ModuleType, shots: Path) -> None:
    """The synthetic photos were taken with 1100 px; without EXIF the guess is 972."""
    from smplify_blender.scene.figure.lookup import stored_report

    settings = choose(addon, shots / "two.png")
    settings.focal_mode, settings.person = "ESTIMATE", -2
    assert addon.ops.smplify.set_up_camera() == {"FINISHED"}
    assert addon.ops.smplify.fit_photo() == {"FINISHED"}
    camera, (left, right) = addon.context.scene.camera, armatures(addon)
    focal = stored_report(left).focal
    assert (
        focal is not None
        and focal == stored_report(right).focal
        and focal.guess_mm == pytest.approx(35.0, rel=1e-3)
    )
    expected = focal.mm if focal.taken else focal.guess_mm
    assert camera.data.lens == pytest.approx(expected, rel=1e-3) and len(addon.data.cameras) == 1
    addon.context.view_layer.objects.active = right
    assert addon.ops.smplify.refit() == {"FINISHED"}  # with the lens that both have told
    assert len(addon.data.cameras) == 1 and camera.data.lens == pytest.approx(expected, rel=1e-3)
    addon.context.view_layer.objects.active = armatures(addon)[1]
    addon.ops.smplify.remove_figure()
    addon.context.view_layer.objects.active = armatures(addon)[0]
    assert addon.ops.smplify.refit() == {"FINISHED"}  # alone, it is asked again
    (armature,) = armatures(addon)
    focal = stored_report(armature).focal
    assert focal is not None and len(addon.data.cameras) == 1
    assert camera.data.lens == pytest.approx(focal.mm if focal.taken else focal.guess_mm, rel=1e-3)
