"""A .blend with anything at all in the add-on's properties: every panel draws, every poll answers, nothing raises."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.blender.synthetic_result import random_person, write_result
from tests.blender.test_face_actions import expression, faced_body

pytestmark = pytest.mark.slow
HUGE = "x" * 200_000
VALUES: dict[str, Any] = {
    "whole number": 5,
    "beyond": 2**31 - 1,
    "negative": -(2**31),
    "not a number": float("nan"),
    "infinite": float("inf"),
    "text": "text",
    "empty text": "",
    "control characters": "a\n\x1b[31m\x7fb",
    "huge text": HUGE,
    "numbers": [1.0, 2.0],
    "not numbers": [float("nan")] * 16,
    "many numbers": [0.0] * 10_000,
    "empty group": {},
    "group": {"a": {"b": [1, 2]}, "token": "../../etc", "quality": "best"},
    "true": True,
}


class Recorder:
    """A layout that takes every call and attribute, and counts the rows; a real one is there in a window only."""

    def __init__(self, rows: list[str]) -> None:
        self.__dict__["rows"] = rows

    def label(self, *, text: str = "", icon: str = "NONE", icon_value: int = 0) -> None:
        text.encode()  # Blender takes text that has bytes only
        self.rows.append(text)

    def operator(self, name: str, **_: Any) -> SimpleNamespace:
        self.rows.append(name)
        return SimpleNamespace()

    def prop(self, owner: Any, name: str, **_: Any) -> None:
        assert hasattr(owner, name)

    def template_icon(self, **_: Any) -> None: ...

    def template_ID(self, *_: Any, **__: Any) -> None: ...  # noqa: N802 - Blender's name

    def progress(self, **_: Any) -> None: ...

    def separator(self, **_: Any) -> None: ...

    def _part(self, **_: Any) -> Recorder:
        return Recorder(self.rows)

    row = column = split = grid_flow = box = _part


@pytest.fixture
def scene_with_figure(
    bpy: ModuleType, registered: None, tmp_path: Path, build: Callable[..., Any]
) -> SimpleNamespace:
    """A figure before its photo's camera, with a report, edited keypoints, and its photo chosen in the sidebar."""
    from smplify_blender.keypoints.edited import edited_from_table
    from smplify_blender.keypoints.sources import PhotoPeople
    from smplify_blender.result.read_report import FitReport, FocalEstimate, LimbQuality
    from smplify_blender.result.read_result import read_result
    from smplify_blender.result.standing import Standing
    from smplify_blender.scene.created import Created
    from smplify_blender.scene.face.face_actions import use_face_actions
    from smplify_blender.scene.figure.lookup import place_facts, store_report
    from smplify_blender.scene.figure.solutions import KeptFit, Take, store_solutions
    from smplify_blender.scene.keypoints.mesh import EditedPhoto, new_keypoints, put_on_plate
    from smplify_blender.session.fit_run import fit_runs

    folder = tmp_path / "result"
    write_result(folder, [random_person(1) | {"expression": expression(3.0, 1.5)}], body=faced_body())
    built = build(folder)
    armature, camera, scene = built.figures[0].armature, built.camera, bpy.context.scene
    bpy.context.view_layer.objects.active = armature
    fit_runs().last_figure = armature.name
    limbs = (LimbQuality("Head", "good", 3.0), LimbQuality("Left leg", "guessed", None))
    takes = ("person_00.npz", "person_00_take_1.npz")
    report = FitReport("check", ("one", "two"), takes, 0, limbs, FocalEstimate(True, 30.0, 28.0, 33.0, 35.0))
    facts = {"token": "token", "photo": "mark", **place_facts(np.eye(4), Standing(1.0), False)}
    store_report(armature, report, takes[1], facts)
    result = read_result(folder)
    solution = Take(result.people[0], limbs)
    kept = KeptFit(
        takes[0],
        report,
        dict.fromkeys(takes, solution),
        result.camera,
        "mark",
        "photo.png",
        {"gender": "male"},
    )
    store_solutions(armature, kept)
    assert use_face_actions(armature).count
    table = np.ones((137, 3))
    size = (scene.render.resolution_x, scene.render.resolution_y)
    photo = EditedPhoto("photo.png", size, 1, PhotoPeople((table,)))
    points = new_keypoints(camera, photo, edited_from_table(table), Created())
    put_on_plate(points, camera, scene)
    image = bpy.data.images.new("photo", 4, 4)
    scene.smplify.photo_path = str(tmp_path / "photo.png")
    return SimpleNamespace(
        armature=armature, action=armature.animation_data.action, camera=camera, scene=scene, points=points, image=image,
        body=built.figures[0].mesh, layer=bpy.context.view_layer, report=report,
    )  # fmt: skip


def draw_everything(bpy: ModuleType) -> list[str]:
    """What the add-on's panels and menu show; raises what any of them raises."""
    from smplify_blender.registration import CLASSES

    rows: list[str] = []
    for cls in CLASSES:
        if issubclass(cls, bpy.types.Panel | bpy.types.Menu):
            if not hasattr(cls, "poll") or cls.poll(bpy.context):
                cls.draw(SimpleNamespace(layout=Recorder(rows)), bpy.context)
        elif issubclass(cls, bpy.types.Operator) and "poll" in vars(cls):
            cls.poll(bpy.context)
    return rows


HOLDERS: dict[str, tuple[str, str]] = {
    "report": ("armature", "smplify_fit"),
    "source": ("armature.data", "smplify"),
    "solutions": ("armature", "smplify_solutions"),
    "pose of an action": ("action", "smplify_pose"),
    "camera of a figure": ("armature", "smplify_camera"),
    "floor kind": ("armature", "smplify_floor"),
    "floor object": ("armature", "smplify_floor_object"),
    "camera mark": ("camera.data", "smplify_camera"),
    "rendered before": ("camera", "smplify_rendered_before"),
    "waiting": ("camera", "smplify_waiting"),
    "photo shown": ("camera.data", "smplify_photo_shown"),
    "keypoints": ("points", "smplify_keypoints"),
    "plate": ("image", "smplify_photo"),
    "body mark": ("body.data", "smplify_body"),
    "face actions": ("body.data", "smplify_face_actions"),
    "hidden": ("layer", "smplify_hidden"),
    "select mode": ("scene", "smplify_select_mode"),
    "settings": ("scene", "smplify"),
}
FIELDS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "report": ("armature", "smplify_fit", (
        "token", "file", "world_from_camera", "standing", "doubtful", "quality", "reasons", "takes", "number", "gender", "focal",
        "limbs", "residuals", "photo", "shares_floor",
    )),
    "source": ("armature.data", "smplify", (
        "lift", "scale", "units_per_metre", "joint_names", "betas", "expression", "joints_template", "joint_shape_directions",
        "bone_betas", "bone_expression", "shareable_shape", "licence_notice", "location", "gender", "model_sha256",
    )),
    "solutions": ("armature", "smplify_solutions", (
        "photo_name", "focal_px", "principal_point", "image_size", "photo_orientation", "keypoints", "choices", "takes",
    )),
    "pose of an action": ("action", "smplify_pose", ("frame", "paths", "indices", "values")),
    "keypoints": ("points", "smplify_keypoints", ("photo", "size", "orientation", "number", "people")),
    "rendered before": ("camera", "smplify_rendered_before", ("camera", "size", "photo")),
    "face actions": ("body.data", "smplify_face_actions", (
        "components", "actions", "keyed_components", "keyed_actions",
    )),
    "settings": ("scene", "smplify", (
        "photo_source", "photo_path", "photo_image", "keypoints_path", "person", "focal_mode", "focal_mm35", "fov", "focal_px",
        "floor", "floor_object", "body", "gender", "height_cm", "takes", "interpenetration", "set_scene_camera",
        "show_keypoints", "keys_at", "clip_path", "clip_keypoints", "clip_first", "clip_last", "clip_step",
        "clip_everybody", "clip_person", "clip_smoothness", "set_scene_rate", "clip_body_order", "clip_root_motion",
    )),
}  # fmt: skip

READ_WITH_THE_BONES = {"armature.data", "action", "body.data"}


def holder(parts: SimpleNamespace, name: str) -> Any:
    first, _, rest = name.partition(".")
    found = getattr(parts, first)
    return getattr(found, rest) if rest else found


def put(owner: Any, key: str, value: Any) -> None:
    if key in owner:
        del owner[key]
    owner[key] = value


@pytest.mark.parametrize(("name", "key"), HOLDERS.values(), ids=HOLDERS)
def test_a_property_of_any_kind(
    bpy: ModuleType, scene_with_figure: SimpleNamespace, name: str, key: str
) -> None:
    assert draw_everything(bpy)
    for value in VALUES.values():
        put(holder(scene_with_figure, name), key, value)
        assert draw_everything(bpy)
        use_everything(bpy, scene_with_figure, name, key)
        refit_bones(scene_with_figure)


@pytest.mark.parametrize(("name", "key", "fields"), FIELDS.values(), ids=FIELDS)
def test_a_group_whose_values_are_of_any_kind(
    bpy: ModuleType, scene_with_figure: SimpleNamespace, name: str, key: str, fields: tuple[str, ...]
) -> None:
    owner = holder(scene_with_figure, name)
    assert key in owner
    before = owner[key].to_dict()
    for field in fields:
        for value in VALUES.values():
            put(owner, key, {**before, field: value})
            assert draw_everything(bpy)
            use_everything(bpy, scene_with_figure, name, key)
            if name in READ_WITH_THE_BONES:
                refit_bones(scene_with_figure)


def refit_bones(parts: SimpleNamespace) -> None:
    """Bring the bones to the shape, which may be refused in words."""
    from smplify_blender.result.errors import ResultError
    from smplify_blender.scene.figure.bones_to_shape import fit_bones_to_shape

    try:
        fit_bones_to_shape(parts.armature, parts.layer)
    except ResultError as refusal:
        assert len(str(refusal)) < 2000


def use_everything(bpy: ModuleType, parts: SimpleNamespace, name: str, key: str) -> None:
    """What reads the properties without being drawn; refusals in words are answers. What is slow reads its own group only."""
    from smplify_blender.result.errors import ResultError
    from smplify_blender.scene.face.face_actions import renew_face_actions
    from smplify_blender.scene.figure.bones_to_shape import bones_are_behind
    from smplify_blender.scene.figure.figure_body import figure_as_made, figure_body
    from smplify_blender.scene.figure.fitted_action import fitted_frame, untouched_fits
    from smplify_blender.scene.figure.solutions import start_file, stored_take
    from smplify_blender.scene.keypoints.mesh import keypoint_objects, read_keypoints
    from smplify_blender.scene.photo.camera_site import _stands_as_put
    from smplify_blender.scene.placing.floor import floor_of
    from smplify_blender.session.fit_request import EngineChoice
    from smplify_blender.settings.scene_choices import choices_of, floor_in
    from smplify_blender.settings.stored_choices import made_choices

    floor_of(parts.armature)
    made_choices(parts.armature)
    fitted_frame(parts.armature)
    untouched_fits(parts.armature)
    take = "person_00_take_1.npz"

    def show() -> None:
        stored_take(parts.armature, take, figure_body(figure_as_made(parts.armature, parts.layer)))

    bones_are_behind(parts.armature)
    _stands_as_put(parts.camera)
    keypoint_objects(parts.scene, "photo.png")
    choices_of(parts.scene, EngineChoice())
    floor_in(parts.scene)
    for read in (
        lambda: read_keypoints(parts.points),
        lambda: start_file(parts.armature, take),
        *([show] if key == "smplify_solutions" or name == "armature.data" else []),
        *([lambda: renew_face_actions(parts.armature)] if key == "smplify_face_actions" else []),
    ):
        try:
            read()
        except ResultError as refusal:
            assert len(str(refusal)) < 2000


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_a_camera_is_given_back(bpy: ModuleType, scene_with_figure: SimpleNamespace, value: Any) -> None:
    from smplify_blender.scene.photo.camera import give_back_scene_camera

    parts = scene_with_figure
    for field in ("camera", "size", "photo"):
        put(
            parts.camera,
            "smplify_rendered_before",
            {"camera": "", "size": [9, 9, 9], "photo": [1, 1], field: value},
        )
        parts.scene.camera = parts.camera
        give_back_scene_camera(parts.camera)
        assert parts.scene.camera is None and parts.scene.render.resolution_x > 0


def test_an_image_whose_path_no_system_takes(bpy: ModuleType, scene_with_figure: SimpleNamespace) -> None:
    image = scene_with_figure.image
    image.source, image.filepath = "FILE", "/" + "x" * 1000
    settings = scene_with_figure.scene.smplify
    settings.photo_source, settings.photo_image = "IMAGE", image
    assert draw_everything(bpy)


def test_a_photo_whose_name_is_no_text(bpy: ModuleType, scene_with_figure: SimpleNamespace) -> None:
    scene_with_figure.scene.smplify.photo_path = "/tmp/\udce4.jpg"
    assert draw_everything(bpy)


def test_what_was_written_is_read_back(bpy: ModuleType, scene_with_figure: SimpleNamespace) -> None:
    from smplify_blender.scene.figure.lookup import stored_group, stored_report

    assert stored_report(scene_with_figure.armature) == scene_with_figure.report
    group = stored_group(scene_with_figure.armature)
    assert group.numbers("world_from_camera", 16) == tuple(np.eye(4).ravel())
    assert (group.text("file"), group.text("token")) == ("person_00_take_1.npz", "token")
