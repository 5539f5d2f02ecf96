"""Every option of the sidebar is a field of the core's request, holds no text, and is understood by the core as it is sent."""

from __future__ import annotations

import dataclasses
import json
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
