"""Photos with keypoint files for the tests of the sidebar; in another Blender's Python, which has no Pillow, from a folder that
the starting process has written.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import numpy.typing as npt

FOLDER_VARIABLE = "SMPLIFY_TEST_SHOTS"
STEP_ASIDE_PX = 50.0


def write_shots(folder: Path) -> None:
    """one.png and two.png with one and two people, close.png with one person twice, a step aside, family.png with an adult and
    a child; in colour and upright.
    """
    given = os.environ.get(FOLDER_VARIABLE)
    if given:
        shutil.copytree(given, folder, dirs_exist_ok=True)
        return
    from benchmarks.cases import make_cases
    from fitting_core.body_model.model_file import load_body_model
    from fitting_core.keypoints.keypoints2d import Keypoints2D
    from tests.photos import synthetic_case, write_photo

    people = [synthetic_case(number).subject.keypoints for number in range(2)]
    write_photo(folder, people[:1], "one")
    write_photo(folder, people, "two")
    parts = (people[0].body, people[0].left_hand, people[0].right_hand, people[0].face)
    aside = Keypoints2D(
        *(part + STEP_ASIDE_PX * np.array([1.0, 0.0, 0.0]) * (part[:, 2:] > 0) for part in parts)
    )
    write_photo(folder, [people[0], aside], "close")
    (child,) = make_cases(load_body_model("open", "child"), None, 1, own_bones=True)
    write_photo(folder, [people[0], child.subject.keypoints], "family")


PARTS = ("pose_keypoints_2d", "hand_left_keypoints_2d", "hand_right_keypoints_2d", "face_keypoints_2d")


def first_person(keypoints: Path) -> npt.NDArray[np.float64]:
    """(137, 3) x, y, confidence of the file's first person: body, left hand, right hand, face."""
    person = json.loads(keypoints.read_text(encoding="utf-8"))["people"][0]
    return np.concatenate([np.array(person[part], dtype=np.float64).reshape(-1, 3) for part in PARTS])
