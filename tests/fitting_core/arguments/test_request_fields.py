"""A request as JSON fields: the same request as from argv, and every misfit refused by the field's name."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from fitting_core.arguments.convert_parser import convert_request
from fitting_core.arguments.looking_parser import inspect_request
from fitting_core.arguments.parser import fit_request
from fitting_core.arguments.request import (
    CameraRequest,
    ConvertRequest,
    FitRequest,
    FocalRequest,
    InspectRequest,
)
from fitting_core.arguments.request_fields import MOST_ITEMS, decoded
from fitting_core.errors import MOST_MESSAGE, RequestError

FILES = {"photo": "/p.jpg", "keypoints": "/k.json", "folder": "/out"}
WORDS = ["/p.jpg", "/k.json", "--out", "/out"]
SAME: dict[str, tuple[dict[str, Any], list[str]]] = {
    "files only": ({}, []),
    "one person": ({"person": 2}, ["--person", "2"]),
    "everybody": ({"person": "all"}, ["--person", "all"]),
    "lens": ({"focal": {"mm35": 50}}, ["--focal-mm35", "50"]),
    "camera": (
        {"camera": {"principal_point": [-3.5, 4], "estimate_focal": True}},
        ["--principal-point=-3.5,4", "--estimate-focal"],
    ),
    "shape": ({"shape": {"height_cm": 178.0, "compare_genders": True}}, ["--height-cm", "178", "--compare-genders"]),
    "pins": ({"emphasis": {"pinned": ["nose", "neck"]}}, ["--pin", "nose,neck"]),
    "objective": ({"objective": {"pose_prior": "none", "betas": 4}}, ["--pose-prior", "none", "--betas", "4"]),
    "refit": ({"start": "/s.npz", "preview": True}, ["--start", "/s.npz", "--preview"]),
    "switches": (
        {"write_overlay": False, "interpenetration": False, "gaze": False, "write_obj": True},
        ["--no-overlay", "--no-interpenetration", "--no-gaze", "--mesh", "obj"],
    ),
    "nothing said": ({"start": None, "person": None, "body_order": None}, []),
    "engine": (
        {"engine": "torch", "device": "cuda", "takes": 3, "gender": "male", "model": "/m"},
        ["--engine", "torch", "--device", "cuda", "--takes", "3", "--gender", "male", "--model", "/m"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("fields", "words"), SAME.values(), ids=SAME)
def test_fields_and_words_make_the_same_request(fields: dict[str, Any], words: list[str]) -> None:
    sent = json.loads(json.dumps({**FILES, **fields}))
    assert decoded(FitRequest, sent) == fit_request([*WORDS, *words])


def test_requests_of_other_commands() -> None:
    looked = decoded(InspectRequest, {"photo": "/p.jpg", "focal": {"px": 900.0}})
    assert looked == inspect_request(["/p.jpg", "--focal-px", "900"])
    converted = decoded(ConvertRequest, {"file": "/a.npz", "folder": "/o", "up": "z", "fps": 30})
    assert converted == convert_request(["/a.npz", "--out", "/o", "--up", "z", "--fps", "30"])


def test_every_field_of_every_request_can_be_sent() -> None:
    """No field has a type that the decoder does not know: an example of each is sent and comes back."""
    examples: dict[type[Any], dict[str, Any]] = {
        FitRequest: {**FILES, "start": "/s.npz"},
        InspectRequest: {"photo": "/p.jpg"},
        ConvertRequest: {"file": "/a.npz", "folder": "/o"},
    }
    for kind, required in examples.items():
        request = decoded(kind, required)
        sent = json.loads(json.dumps(_as_json(request)))
        assert set(sent) == {field.name for field in dataclasses.fields(kind)}
        assert decoded(kind, sent) == request


def _as_json(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return {field.name: _as_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return str(value) if isinstance(value, Path) else value


HUGE = "x" * 1_000_000
MISFITS: dict[str, tuple[dict[str, Any], str]] = {
    "unknown field": ({"level_hed": True}, "fields: there is no field “level_hed”"),
    "unknown field inside": ({"camera": {"foo": 1}}, "fields.camera: there is no field “foo”"),
    "a name of a megabyte": ({HUGE: 1}, "there is no field"),
    "number for a path": ({"photo": 7}, "fields.photo: 7 is not a path"),
    "empty path": ({"photo": ""}, "fields.photo"),
    "NUL in a path": ({"folder": "a\0b"}, r"fields.folder: a\\x00b is not a path"),
    "surrogate in a path": ({"start": "\ud800"}, "fields.start"),
    "a name too long for a file": ({"folder": "x" * 300}, "fields.folder: xxx"),
    "null for a path": ({"photo": None}, "fields.photo: None is not a path"),
    "text for a number": ({"takes": "3"}, "fields.takes: 3 is not a whole number"),
    "float for a whole number": ({"takes": 3.0}, "fields.takes: 3.0 is not a whole number"),
    "true for a number": ({"takes": True}, "fields.takes: True is not a whole number"),
    "number for a switch": ({"preview": 1}, "fields.preview: 1 is not true or false"),
    "NaN": ({"focal": {"px": float("nan")}}, "fields.focal.px: nan is not a finite number"),
    "infinity": ({"shape": {"height_cm": float("inf")}}, "fields.shape.height_cm: inf is not a finite"),
    "a number beyond floats": ({"focal": {"px": 10**400}}, "fields.focal.px: a number of 1329 bits"),
    "too few": ({"camera": {"principal_point": [1.0]}}, r"fields.camera.principal_point: \[1.0\] is not a list of 2"),
    "too many": ({"camera": {"principal_point": [1, 2, 3]}}, "fields.camera.principal_point"),
    "wrong inside": ({"camera": {"principal_point": [1, "2"]}}, r"fields.camera.principal_point\[1\]: 2 is not a finite"),
    "a list for an object": ({"focal": [1]}, r"fields.focal: \[1\] is not an object"),
    "a text for a list": ({"emphasis": {"pinned": "nose"}}, "fields.emphasis.pinned: nose is not a list"),
    "a very long list": ({"emphasis": {"pinned": ["nose"] * (MOST_ITEMS + 1)}}, f"a list, at most {MOST_ITEMS}"),
    "no such choice": ({"gender": "robot"}, 'fields.gender: robot is not "automatic" or "neutral"'),
    "a choice of another type": ({"engine": 1}, "fields.engine: 1 is not"),
    "person by another word": ({"person": "some"}, 'fields.person: some is not a whole number or "all" or null'),
    "a value of a megabyte": ({"gender": HUGE}, "fields.gender: xxx"),
    "refused by the request": ({"takes": 17}, "--takes 17"),
    "refused by a part": ({"objective": {"betas": 0}}, "--betas 0"),
    "negative height": ({"shape": {"height_cm": -1.0}}, "--height-cm -1.0"),
    "refused together": ({"start": "/s.npz", "takes": 2}, "--start"),
}  # fmt: skip


@pytest.mark.parametrize(("fields", "words"), MISFITS.values(), ids=MISFITS)
def test_a_misfit_is_refused_by_name(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(RequestError, match=words) as refused:
        decoded(FitRequest, {**FILES, **fields})
    assert len(str(refused.value)) <= MOST_MESSAGE


@pytest.mark.parametrize("missing", ["photo", "folder"])
def test_a_required_field(missing: str) -> None:
    with pytest.raises(RequestError, match=f"fields.{missing} is missing"):
        decoded(FitRequest, {key: value for key, value in FILES.items() if key != missing})


@pytest.mark.parametrize("value", [None, [], "x", 1], ids=str)
def test_fields_are_an_object(value: object) -> None:
    with pytest.raises(RequestError, match="is not an object"):
        decoded(FitRequest, value)


def test_a_new_field_needs_nothing_here() -> None:
    @dataclasses.dataclass(frozen=True)
    class Wider(FitRequest):
        level_head: bool = False
        angles: tuple[float, float, float] | None = None

    found = decoded(Wider, {**FILES, "level_head": True, "angles": [1, 2, 3]})
    assert found.level_head and found.angles == (1.0, 2.0, 3.0)
    assert found.focal == FocalRequest() and found.camera == CameraRequest()
