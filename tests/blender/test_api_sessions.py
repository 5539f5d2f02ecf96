"""A script's fit beside the sidebar's: each has its core, that of the preferences' Python, and neither ends the other."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.blender.shots import write_shots
from tests.photos import synthetic_case, write_photo

pytestmark = pytest.mark.slow
PATIENCE_S = 120


@pytest.fixture
def preferences(bpy: ModuleType) -> Iterator[Any]:
    """The add-on with real preferences, as an enabled extension has them."""
    from smplify_blender import registration
    from smplify_blender.settings.preferences import SMPLIFY_AP_preferences

    registration.register("smplify_blender")
    addon = bpy.context.preferences.addons.new()
    addon.module = SMPLIFY_AP_preferences.bl_idname
    yield addon.preferences
    bpy.context.preferences.addons.remove(addon)
    registration.unregister()


def until(happened: Callable[[], object]) -> None:
    from smplify_blender.session.fit_session import session

    end = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < end
        session().poll()
        time.sleep(0.01)


@pytest.mark.parametrize("python", [None, Path(sys.executable)], ids=["built in", "a chosen Python"])
def test_a_script_leaves_the_sidebars_fit_alone(
    preferences: Any, python: Path | None, tmp_path: Path
) -> None:
    from smplify_blender import api
    from smplify_blender.fit_process.resident import _running
    from smplify_blender.session.fit_session import session

    write_shots(tmp_path)
    crowd = tmp_path / "crowd"
    crowd.mkdir()
    photo, keypoints = write_photo(crowd, [synthetic_case(0).subject.keypoints] * 6)
    fields = {
        "photo": str(photo), "keypoints": str(keypoints), "folder": str(crowd / "out"), "person": "all", "write_overlay": False
    }  # fmt: skip
    job = session().request("fit", fields, python)
    until(lambda: job.fraction > 0)
    child = session().process_id
    fitted = api.fit_photo(tmp_path / "one.png")
    assert len(fitted.armatures) == 1 and session().process_id == child
    until(lambda: not job.running)
    assert job.failed is None and job.done is not None
    assert [process.process_id for process in _running] == [child]


def test_a_script_asks_the_preferences_python(preferences: Any, tmp_path: Path) -> None:
    from smplify_blender import api
    from smplify_blender.session.fit_session import session

    write_shots(tmp_path)
    preferences.engine, preferences.python_path = "PYTHON", str(tmp_path / "no python")
    with pytest.raises(api.SmplifyError, match="no python"):
        api.fit_photo(tmp_path / "one.png")
    preferences.python_path = sys.executable
    assert len(api.fit_photo(tmp_path / "one.png").armatures) == 1
    child = session().process_id
    asked = session().request("engines", (), Path(sys.executable))
    until(lambda: not asked.running)
    assert child is not None and session().process_id == child  # the same Python: no other core
