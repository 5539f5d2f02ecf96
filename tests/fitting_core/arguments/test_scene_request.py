"""The words for contacts: what they mean, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from fitting_core.arguments.parser import fit_request
from fitting_core.arguments.scene_request import BODY_PARTS, SceneRequest
from fitting_core.errors import RequestError

_SCENE = Path("room.npz")
_ARGUMENTS = ["photo.jpg", "points.json", "--out", "out"]


def test_a_scene_on_the_command_line() -> None:
    words = ["--scene", "room.npz", "--contact", "sit=Old Chair,left_palm=Table", "--no-contact", "back=Wall"]
    scene = fit_request([*_ARGUMENTS, *words]).scene
    assert scene.file == _SCENE and scene.finds
    assert [(one.part, one.thing) for one in scene.named] == [("sit", "Old Chair"), ("left_palm", "Table")]
    assert scene.named[0].parts == ("buttocks", "left_thigh", "right_thigh")
    assert [one.parts for one in scene.left_out] == [("back",)]


def test_nothing_is_found_where_the_user_says_so() -> None:
    assert not SceneRequest(_SCENE, without=("found",)).finds


def test_every_part_of_an_action_is_one_of_the_body() -> None:
    named = SceneRequest(_SCENE, tuple(f"{action}=a" for action in ("stand", "sit", "lean", "hold"))).named
    assert {part for contact in named for part in contact.parts} == set(BODY_PARTS)


_WRONG = {
    "a contact without a scene": (["--contact", "sit=Chair"], "--scene"),
    "no thing": (["--scene", "a.npz", "--contact", "sit="], "PART=THING"),
    "no part": (["--scene", "a.npz", "--contact", "Chair"], "PART=THING"),
    "a part that no body has": (["--scene", "a.npz", "--contact", "tail=Chair"], "no part 'tail'"),
    "found is no contact that holds": (["--scene", "a.npz", "--contact", "found"], "PART=THING"),
    "with a paper's preset": (["--scene", "a.npz", "--preset", "smplify"], "--preset smplify"),
    "with a lens that is guessed": (["--scene", "a.npz", "--estimate-focal"], "--estimate-focal"),
}


@pytest.mark.parametrize("case", _WRONG)
def test_what_makes_no_sense_is_refused(case: str) -> None:
    arguments, words = _WRONG[case]
    with pytest.raises(RequestError) as problem:
        fit_request([*_ARGUMENTS, *arguments])
    assert words in str(problem.value)
