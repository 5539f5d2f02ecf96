"""Every option of the sidebar is a field of the core's request, holds no text, and is understood by the core as it is sent."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from types import ModuleType
from typing import Any, get_args, get_type_hints

import pytest

from fitting_core.arguments.request import FitRequest
from fitting_core.arguments.request_fields import decoded

SENDABLE = {bool, int, float, type(None)}


def type_of(name: str) -> Any:
    """The type of a field of the request by its dotted name; KeyError where there is no such field."""
    kind: Any = FitRequest
    for part in name.split("."):
        assert dataclasses.is_dataclass(kind)
        kind = get_type_hints(kind)[part]
    return kind


def test_no_option_can_name_a_program_or_a_file(bpy: ModuleType) -> None:
    """A .blend may hold any value: none that reaches the core is a text, but a choice among names."""
    from smplify_blender.settings.properties import FIT_OPTIONS, SmplifySettings

    for name, option in FIT_OPTIONS.items():
        kinds = set(get_args(type_of(option.field))) or {type_of(option.field)}
        assert kinds <= SENDABLE or all(isinstance(kind, str) for kind in kinds), option.field
        assert name in SmplifySettings.__annotations__


@pytest.fixture
def scene(bpy: ModuleType) -> Any:
    from smplify_blender import registration

    registration.register("smplify_blender")
    yield bpy.context.scene
    registration.unregister()


@pytest.mark.parametrize("mode", ["PHOTO", "ESTIMATE", "MM35", "FOV", "PX"])
@pytest.mark.parametrize("person", [-2, -1, 3])
@pytest.mark.parametrize("start", [None, Path("person_00.npz")], ids=["search", "refit"])
def test_the_core_understands_the_sidebar(scene: Any, mode: str, person: int, start: Path | None) -> None:
    from smplify_blender.session.fit_request import EngineChoice, fit_fields
    from smplify_blender.settings.scene_choices import choices_of

    settings = scene.smplify
    settings.photo_path, settings.keypoints_path = "/p.jpg", "/k.json"
    settings.focal_mode, settings.height_cm, settings.takes, settings.interpenetration = mode, 178.3, 5, False
    settings.person = person
    engine = EngineChoice(prior=Path("/gmm.pkl"), gender="female")
    sent = json.loads(json.dumps(fit_fields(choices_of(scene, engine), engine, Path("/out"), start)))
    if start is not None:
        sent["person"] = 0
    request = decoded(FitRequest, sent)
    assert request.photo == Path("/p.jpg").absolute() and request.objective.pose_prior.endswith("gmm.pkl")
    assert request.shape.height_cm == (None if person == -2 else 178.3)
    assert request.takes == (1 if start is not None else 5) and not request.interpenetration
    assert (request.gender, request.preview, request.write_overlay) == ("female", True, False)


def test_a_nan_is_not_said(scene: Any) -> None:
    from smplify_blender.session.fit_request import EngineChoice
    from smplify_blender.settings.scene_choices import choices_of

    if "smplify" not in scene:
        scene["smplify"] = {}
    scene["smplify"]["height_cm"] = float("inf")
    assert "shape.height_cm" not in {option.field for option, _ in choices_of(scene, EngineChoice()).options}


# Every property of the sidebar, a value that is not its default, and the field of the request with what the core reads there.
REACHES: dict[str, tuple[dict[str, Any], str, Any]] = {
    "photo_path": ({}, "photo", Path("/p.jpg").absolute()),
    "keypoints_path": ({"keypoints_path": "/other.json"}, "keypoints", Path("/other.json").absolute()),
    "keypoint_frame": ({"keypoints_path": "/k.json", "keypoint_frame": 3}, "reading.frame", 3),
    "points_size": (
        {"keypoints_path": "/k.json", "points_size": (400, 500)},
        "reading.points_size",
        (400, 500),
    ),
    "person": ({"person": 3}, "person", 3),
    "body": ({"body": "OWN"}, "model", str(Path("/own.npz").absolute())),
    "gender": ({"gender": "male"}, "gender", "male"),
    "height_cm": ({"height_cm": 178.3}, "shape.height_cm", 178.3),
    "takes": ({"takes": 5}, "takes", 5),
    "interpenetration": ({"interpenetration": False}, "interpenetration", False),
    "focal_mode": ({"focal_mode": "ESTIMATE"}, "camera.estimate_focal", True),
    "focal_mm35": ({"focal_mode": "MM35", "focal_mm35": 85.0}, "focal.mm35", 85.0),
    "fov": ({"focal_mode": "FOV", "fov": math.radians(90.0)}, "focal.fov_deg", pytest.approx(90.0, abs=1e-4)),
    "focal_px": ({"focal_mode": "PX", "focal_px": 1234.0}, "focal.px", 1234.0),
}

# How a finished figure is built and shown, and images of the file, which test_pixel_copy.py sends.
OF_BLENDER_ALONE = {
    "photo_source", "photo_image", "floor", "floor_object", "set_scene_camera", "show_keypoints", "keys_at", "hide_others",
}  # fmt: skip


# Of a video: tests/smplify_blender/session/test_clip_request.py has those that reach the core.
OF_VIDEOS = {
    "clip_path", "clip_keypoints", "clip_first", "clip_last", "clip_step", "clip_everybody", "clip_person", "clip_smoothness",
    "set_scene_rate", "clip_body_order", "clip_root_motion",
}  # fmt: skip

# Of contact, which a figure has and not the next fit: test_contact.py has what reaches the core.
OF_CONTACT = {"contact_kind", "contact_object", "contact_collection", "contact_everybody"}


def request_from(scene: Any, values: dict[str, Any]) -> FitRequest:
    from smplify_blender.session.fit_request import EngineChoice, fit_fields
    from smplify_blender.settings.scene_choices import choices_of

    settings = scene.smplify
    settings.photo_path = "/p.jpg"
    for name, value in values.items():
        assert getattr(settings, name) != value, name
        setattr(settings, name, value)
    engine = EngineChoice(own_model=Path("/own.npz").absolute())
    return decoded(
        FitRequest, json.loads(json.dumps(fit_fields(choices_of(scene, engine), engine, Path("/out"))))
    )


def read(request: FitRequest, field: str) -> Any:
    value: Any = request
    for part in field.split("."):
        value = getattr(value, part)
    return value


@pytest.mark.parametrize(("values", "field", "wanted"), REACHES.values(), ids=REACHES)
def test_every_option_reaches_the_core(scene: Any, values: dict[str, Any], field: str, wanted: Any) -> None:
    if values:
        assert read(request_from(scene, {}), field) != wanted
    assert read(request_from(scene, values), field) == wanted


def test_no_property_of_the_sidebar_is_left_out(bpy: ModuleType) -> None:
    from smplify_blender.settings.clip_settings import ClipSettings
    from smplify_blender.settings.properties import FIT_OPTIONS, SmplifySettings

    properties = {*SmplifySettings.__annotations__, *ClipSettings.__annotations__}
    assert properties == set(REACHES) | OF_BLENDER_ALONE | OF_VIDEOS | OF_CONTACT
    assert set(FIT_OPTIONS) <= set(REACHES)
