"""The words of the ten expression components say what they move, and their sliders go as far as faces do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from smplify_blender.result.expression_words import expression_components, standard_name
from smplify_blender.result.read_body import read_body
from smplify_blender.result.result_folder import Body

# By word: face actions that its upper end is like, and those that its lower end is like.
LIKE = {
    "Mouth left / right": (("mouthLeft",), ("mouthRight",)),
    "Smile / pout": (("mouthSmileLeft", "mouthSmileRight"), ("mouthPucker", "mouthFrownLeft", "mouthFrownRight")),
    "Pucker / spread lips": (("mouthPucker",), ("mouthStretchLeft", "mouthStretchRight")),
    "Mouth corners down / mouth narrow": (("mouthFrownLeft", "mouthFrownRight"), ("mouthPucker",)),
    "Left corner down / right corner down": (("mouthFrownLeft",), ("mouthFrownRight",)),
    "Eyes closed / wide": (("eyeBlinkLeft", "eyeBlinkRight"), ("eyeWideLeft", "eyeWideRight")),
    "Upper lip raised / rolled in": (("mouthShrugUpper", "mouthUpperUpLeft"), ("mouthRollUpper",)),
    "Wink left / right": (("eyeBlinkLeft", "eyeWideRight"), ("eyeBlinkRight", "eyeWideLeft")),
    "Puff cheeks / push out lips": (("cheekPuff",), ("mouthFunnel",)),
    "Sneer / part lips": (("mouthUpperUpLeft", "noseSneerLeft"), ("mouthFunnel",)),
}  # fmt: skip
LEAST_LIKENESS = 0.15  # cosine


@pytest.fixture(scope="module")
def body(tmp_path_factory: pytest.TempPathFactory) -> Body:
    from fitting_core.body_model.model_file import load_body_model
    from fitting_core.results.body_file import body_file

    path = tmp_path_factory.mktemp("body") / "body.npz"
    path.write_bytes(body_file(load_body_model())[0])
    return read_body(path)


def test_words_say_what_is_seen(body: Body) -> None:
    assert body.action_directions is not None
    moves = body.action_directions.reshape(-1, len(body.action_names)).astype(np.float64)
    components = expression_components(body)
    assert [component.name for component in components] == list(LIKE)
    for index, (name, ends) in enumerate(LIKE.items()):
        direction = body.expression_directions[:, :, index].ravel().astype(np.float64)
        for sign, actions in zip((1.0, -1.0), ends, strict=True):
            for action in actions:
                move = moves[:, body.action_names.index(action)]
                likeness = sign * direction @ move / np.linalg.norm(direction) / np.linalg.norm(move)
                assert likeness > LEAST_LIKENESS, (name, action)


def test_ranges_hold_the_faces_that_actions_make(body: Body) -> None:
    """98 of 100 random faces, as tools/build_open_body/expression_space.py makes them; the ends are not a step wider."""
    assert body.action_directions is not None
    left_out = ("jaw", "eyeLook", "tongueOut", "mouthClose")
    used = [i for i, name in enumerate(body.action_names) if not name.startswith(left_out)]
    moves = body.action_directions[:, :, used].reshape(-1, len(used)).astype(np.float64)
    directions = body.expression_directions.reshape(-1, 10).astype(np.float64)
    random = np.random.default_rng(0)
    activities = random.uniform(size=(40_000, len(used))) * (random.uniform(size=(40_000, len(used))) < 0.2)
    faces = activities @ np.linalg.lstsq(directions, moves, rcond=None)[0].T
    ends = np.quantile(faces, (0.01, 0.99), axis=0).T
    for component, (low, high) in zip(expression_components(body), ends, strict=True):
        assert abs(component.low - low) < 0.5 and abs(component.high - high) < 0.5, component.name
        assert component.low < 0 < component.high


@pytest.mark.parametrize(
    ("model", "names"),
    [("SMPLX_NEUTRAL", None), ("open-body-neutral", ("Joy", "Fear"))],
    ids=["a body of the user's own", "names of the file's own"],
)
def test_other_names_stay(body: Body, model: str, names: tuple[str, ...] | None) -> None:
    other = replace(body, model=model, expression_names=names or body.expression_names)
    components = expression_components(other)
    assert tuple(component.name for component in components) == other.expression_names
    assert {(component.low, component.high) for component in components} == {(-3.0, 3.0)}


def test_the_standard_name() -> None:
    assert [standard_name(index) for index in (0, 9, 123)] == ["Exp000", "Exp009", "Exp123"]
