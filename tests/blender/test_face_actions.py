"""An expression carried by face actions: as it looked, through takes and refits, in motions, and back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tests.blender.artists_work import REFITTED, Stage, with_takes
from tests.blender.synthetic_result import (
    SyntheticBody,
    random_person,
    smooth_motion,
    write_result,
    write_sequence,
)

FRAMES = 6
SMILE, FROWN = "mouthSmileLeft", "mouthFrownLeft"


def faced_body() -> SyntheticBody:
    """Actions that are components both ways, six deviations each, and one of the jaw."""
    body = SyntheticBody.make()
    one, two = (6.0 * body.arrays["expression_directions"][:, :, index] for index in (0, 1))
    body.arrays["action_names"] = np.array([SMILE, FROWN, "browInnerUp", "browDownLeft", "jawOpen"])
    body.arrays["action_directions"] = np.stack([one, -one, two, -two, one], axis=2)
    return body


def expression(first: float, second: float) -> np.ndarray:
    return np.array([first, second, *([0.0] * 8)])


@pytest.fixture
def stage(bpy: ModuleType, tmp_path: Path) -> Stage:
    """A figure whose first solution smiles with raised brows, and whose second frowns."""
    from smplify_blender.scene.placing.place_fit import FitPlacement, place_fit

    folder, other = tmp_path / "photo", tmp_path / "photo other"
    first = random_person(1) | {"expression": expression(3.0, 1.5)}
    write_result(other, [random_person(REFITTED) | {"expression": expression(-3.0, 0.0)}], body=faced_body())
    write_result(folder, [first], body=faced_body())
    (folder / "person_00_take_1.npz").write_bytes((other / "person_00.npz").read_bytes())
    context = bpy.context
    built = place_fit(context.scene, context.view_layer, FitPlacement(with_takes(folder), "token"))
    return Stage(bpy, built.figures[0], folder)


def carry(armature: Any) -> Any:
    from smplify_blender.scene.face.face_actions import use_face_actions

    return use_face_actions(armature)


def hand_back(armature: Any) -> None:
    from smplify_blender.scene.face.face_actions import use_components

    use_components(armature)


def values(figure: Any) -> dict[str, float]:
    """Values of the keys of the face that are not 0."""
    blocks = figure.mesh.data.shape_keys.key_blocks
    names = ("Expression", "mouth", "brow", "jaw")
    found = {key.name: round(key.value, 3) for key in blocks if key.name.startswith(names)}
    return {name: value for name, value in found.items() if value}


def test_the_face_stays_and_comes_back(stage: Stage) -> None:
    from smplify_blender.scene.figure.bones_to_shape import bones_are_behind

    before, slid = stage.shown(), values(stage.figure)
    outcome = carry(stage.armature)
    assert outcome.in_words == "2 face actions carry 100% of the expression"
    assert values(stage.figure) == {
        SMILE: pytest.approx(0.5, abs=0.02),
        "browInnerUp": pytest.approx(0.25, abs=0.02),
    }
    assert np.abs(stage.shown() - before).max() < 0.002
    assert not bones_are_behind(stage.armature)
    hand_back(stage.armature)
    assert values(stage.figure) == slid == {"Expression000": 3.0, "Expression001": 1.5}
    np.testing.assert_allclose(stage.shown(), before, atol=1e-6)


@pytest.mark.parametrize("change", [Stage.take, Stage.refit], ids=["take", "refit"])
def test_a_new_solution_is_carried_too(stage: Stage, change: Callable[[Stage], None]) -> None:
    """What was added to an action stays on top, and the way back leads to the new solution."""
    carry(stage.armature)
    stage.mesh.data.shape_keys.key_blocks["browInnerUp"].value += 0.5
    change(stage)
    assert values(stage.figure) == {
        FROWN: pytest.approx(0.5, abs=0.02),
        "browInnerUp": pytest.approx(0.5, abs=0.02),
    }
    hand_back(stage.armature)
    assert values(stage.figure) == {"Expression000": -3.0, "browInnerUp": 0.5}


def test_another_surface_shows_its_expression(stage: Stage, tmp_path: Path) -> None:
    """A mesh of other faces is a new one: its actions carry."""
    from smplify_blender.scene.placing.place_fit import FitPlacement, place_fit

    carry(stage.armature)
    body = faced_body()
    body.arrays["model_sha256"] = np.array("1" * 64)
    body.arrays["quads"] = body.arrays["quads"][:-1]
    body.arrays["uv_quads"] = body.arrays["uv_quads"][:-1]
    folder = write_result(
        tmp_path / "next", [random_person(2) | {"expression": expression(-3.0, 0.0)}], body=body
    )
    context = stage.bpy.context
    place_fit(
        context.scene,
        context.view_layer,
        FitPlacement(with_takes(folder, takes=1), "again", replaces=stage.armature),
    )
    assert len(stage.mesh.data.polygons) < len(SyntheticBody.make().arrays["quads"])
    assert values(stage.figure) == {FROWN: pytest.approx(0.5, abs=0.02)}


def set_by_hand(key: Any) -> None:
    key.value = 0.3


def keyed(key: Any) -> None:
    key.keyframe_insert("value", frame=1)


def driven(key: Any) -> None:
    key.driver_add("value")


@pytest.mark.parametrize("work", [set_by_hand, keyed, driven])
def test_an_action_of_the_artists_is_left_alone(stage: Stage, work: Callable[[Any], None]) -> None:
    """The others carry what they can; a key that comes later stays on the way back."""
    blocks = stage.mesh.data.shape_keys.key_blocks
    work(blocks[SMILE])
    own = blocks[SMILE].value
    assert carry(stage.armature).count == 1
    assert blocks[SMILE].value == own and blocks["browInnerUp"].value > 0.2
    blocks["browInnerUp"].keyframe_insert("value", frame=7)
    hand_back(stage.armature)
    assert blocks[SMILE].value == own and blocks["browInnerUp"].value > 0.2


def test_a_face_at_rest_is_said(stage: Stage) -> None:
    for number in (0, 1):
        stage.mesh.data.shape_keys.key_blocks[f"Expression{number:03d}"].value = 0.0
    assert "at rest" in carry(stage.armature).in_words and values(stage.figure) == {}


def test_a_motion_gets_a_key_a_frame(bpy: ModuleType, tmp_path: Path) -> None:
    """And plays as before, through a saved file, too; the way back plays its own keys."""
    from smplify_blender.result.read_sequence import read_sequence
    from smplify_blender.scene.motion.action_curves import object_curves
    from smplify_blender.scene.motion.build_sequence import SequencePlan, build_sequence

    people = smooth_motion(FRAMES)
    for number, person in enumerate(people):
        person["expression"] = expression(5.0 * np.sin(number), 2.0)
    folder = write_sequence(tmp_path / "clip", [people], body=faced_body())
    context = bpy.context
    figure = build_sequence(read_sequence(folder), context.scene, context.view_layer, SequencePlan()).figures[
        0
    ]
    stage = Stage(bpy, figure, folder)

    def played() -> list[np.ndarray]:
        frames: list[np.ndarray] = []
        for frame in range(1, FRAMES + 1):
            bpy.context.scene.frame_set(frame)
            frames.append(stage.shown())
        return frames

    before = played()
    assert carry(figure.armature).count == 3
    keys = figure.mesh.data.shape_keys
    paths = {curve.data_path: len(curve.keyframe_points) for curve in object_curves(keys) if not curve.mute}
    assert paths == {f'key_blocks["{name}"].value': FRAMES for name in (SMILE, FROWN, "browInnerUp")}
    np.testing.assert_allclose(played(), before, atol=0.004)
    hand_back(figure.armature)
    assert {curve.data_path for curve in object_curves(keys)} == {'key_blocks["Expression000"].value'}
    np.testing.assert_allclose(played(), before, atol=1e-6)


def test_buttons_and_scripts(bpy: ModuleType, addon: ModuleType, stage: Stage, tmp_path: Path) -> None:
    """Each is there when it can do something, also in a saved file; figures without actions say so."""
    from smplify_blender import api
    from smplify_blender.scene.figure.lookup import figure_of

    bpy.context.view_layer.objects.active = stage.armature
    use_actions, use_expression = addon.ops.smplify.use_face_actions, addon.ops.smplify.use_expression
    assert use_actions.poll() and not use_expression.poll()
    assert use_actions() == {"FINISHED"}
    with pytest.raises(api.SmplifyError, match="already"):
        api.use_face_actions(stage.armature)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "carried.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "carried.blend"))
    (armature,) = (thing for thing in bpy.data.objects if figure_of(thing) == thing)
    bpy.context.view_layer.objects.active = armature
    assert use_expression.poll() and not use_actions.poll()
    assert use_expression() == {"FINISHED"}
    with pytest.raises(api.SmplifyError, match="no face actions carry"):
        api.use_expression(armature)
    assert api.use_face_actions(armature)[0].explained > 0.99


def test_an_expression_that_no_action_shows_stays_with_its_sliders(stage: Stage) -> None:
    """The artist has every action that would: what is free comes to nothing of it."""
    from smplify_blender.scene.face.face_actions import has_face_actions

    blocks = stage.figure.mesh.data.shape_keys.key_blocks
    for name in (SMILE, FROWN, "browInnerUp", "browDownLeft"):
        blocks[name].value = 0.2
    before = values(stage.figure)
    outcome = carry(stage.armature)
    assert outcome.explained < 0.01 and "its sliders go on showing it" in outcome.in_words
    assert values(stage.figure) == before and not has_face_actions(stage.armature)
