"""Any file, explained by a real core as the command line explains it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from fitting_core.conversion.doctor import explanation
from smplify_blender.fit_process.messages import Failed
from smplify_blender.session.explanation import explain
from smplify_blender.session.fit_session import FitSession
from tests.fitting_core.conversion import foreign_files
from tests.fitting_core.keypoints.documents import full_person, write
from tests.photos import synthetic_case, write_photo


@pytest.fixture(scope="module")
def session() -> Iterator[FitSession]:
    core = FitSession()
    yield core
    core.stop()


def test_it_is_the_text_of_the_command_line(session: FitSession, tmp_path: Path) -> None:
    keypoints = write(tmp_path, {"people": [full_person()]})
    motion = foreign_files.write(tmp_path / "walk.npz", foreign_files.amass(frames=4))
    (tmp_path / "notes.json").write_text(json.dumps({"shopping": ["milk"]}))
    for path in (keypoints, motion, tmp_path / "notes.json", tmp_path):
        found = explain(path, session)
        assert found == tuple(explanation(path)) and path.name in found[0]


def test_the_frame_that_is_asked_for(session: FitSession, tmp_path: Path) -> None:
    keypoints = write(tmp_path, [{"people": []}, {"people": [full_person()]}])
    found = explain(keypoints, session, frame=1)
    assert not isinstance(found, Failed) and any("this is frame 1" in line for line in found)


def test_what_is_no_such_file(session: FitSession, tmp_path: Path) -> None:
    missing = explain(tmp_path / "missing.npz", session)
    assert isinstance(missing, Failed) or any("missing.npz" in line for line in missing)
    photo, _ = write_photo(tmp_path, [synthetic_case(0).subject.keypoints])
    assert explain(photo, session) == (f"{photo.name} is a picture: the Photo panel shows what is in it.",)
