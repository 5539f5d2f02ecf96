"""Takes that come after their figure: they are given to it, and to nothing that has become something else since."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from tests.blender.shots import write_shots

PATIENCE_S = 120
pytestmark = pytest.mark.slow


@pytest.fixture
def addon(bpy: ModuleType, registered: None) -> ModuleType:
    return bpy


@pytest.fixture(scope="module")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shots")
    write_shots(folder)
    return folder


class Window:
    """What a window does, where there is none: fits are asked for with first takes, and the timer comes when it is called."""

    def __init__(self, bpy: ModuleType) -> None:
        from smplify_blender.session import fit_run, late_takes

        self.bpy = bpy
        self.runs, self.late = fit_run.fit_runs(), late_takes.late_fits()

    def figures_with_best_takes(self, photo: Path, **settings: Any) -> list[Any]:
        """Fit a photo until its figures stand with their best takes, while the core looks for the others."""
        from smplify_blender.operators import fit_steps

        chosen = self.bpy.context.scene.smplify
        chosen.photo_path = str(photo)
        for name, value in {"takes": 8, **settings}.items():
            setattr(chosen, name, value)
        run = fit_steps.start_fit(self.bpy.context, fit_steps.chosen_choices(self.bpy.context), None, "")
        self.until(lambda: run.job.is_ready)
        assert run.job.running and run.job.first is not None, run.job.failed
        assert fit_steps.end_run(run) == "" and self.runs.current is None
        return [thing for thing in self.bpy.data.objects if thing.type == "ARMATURE"]

    def until(self, is_so: Callable[[], bool]) -> None:
        from smplify_blender.session import timer

        began = time.monotonic()
        while not is_so():
            timer._tick()  # type: ignore[reportPrivateUsage]
            time.sleep(0.002)
            assert time.monotonic() - began < PATIENCE_S

    def until_takes_have_come(self) -> None:
        self.until(lambda: not self.late.waiting)


@pytest.fixture
def window(addon: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Window:
    """In the background fits wait for all of it, which `first_folder` is left out for; here they are asked for as in a window."""
    from smplify_blender.operators import fit_steps
    from smplify_blender.session import late_takes

    class NotInTheBackground:
        app = type("App", (), {"background": False, "tempdir": addon.app.tempdir})
        data, context, ops = addon.data, addon.context, addon.ops

    monkeypatch.setattr(fit_steps, "bpy", NotInTheBackground)
    late_takes.late_fits().clear()
    return Window(addon)


def takes(armature: Any) -> list[str]:
    return str(armature["smplify_fit"]["takes"]).split("\n")


def joints(armature: Any) -> Any:
    return np.array([armature.matrix_world @ bone.head for bone in armature.pose.bones])


def stored(armature: Any) -> dict[str, Any]:
    return armature["smplify_solutions"].to_dict()["takes"]


def test_the_end_is_what_a_fit_in_one_go_comes_to(window: Window, shots: Path) -> None:
    (late,) = window.figures_with_best_takes(shots / "one.png")
    assert takes(late) == ["person_00.npz"] and list(stored(late)) == takes(late)
    assert window.late.coming(late["smplify_fit"]["token"]) == 7
    window.until_takes_have_come()
    window.bpy.ops.smplify.fit_photo(copy=True)
    at_once = next(
        thing for thing in window.bpy.data.objects if thing.type == "ARMATURE" and thing is not late
    )
    assert len(takes(late)) > 1 and takes(late) == takes(at_once)
    assert stored(late) == stored(at_once)
    np.testing.assert_allclose(joints(late), joints(at_once), atol=1e-5)
    assert not window.late.coming(late["smplify_fit"]["token"]) and not window.runs.error


def test_another_take_can_be_chosen_and_the_redo_panel_knows_it(window: Window, shots: Path) -> None:
    from smplify_blender.session.result_store import record_of

    (figure,) = window.figures_with_best_takes(shots / "one.png")
    token, first = figure["smplify_fit"]["token"], joints(figure)
    early = record_of(token)
    assert early is not None and sorted(path.name for path in early.shown.glob("person*")) == takes(figure)
    window.until_takes_have_come()
    whole = record_of(token)
    assert whole is not None and sorted(path.name for path in whole.shown.glob("person*")) == takes(figure)
    window.bpy.ops.smplify.choose_take(take=1)
    assert figure["smplify_fit"]["file"] == "person_00_take_1.npz"
    assert np.abs(joints(figure) - first).max() > 0.02
    window.bpy.ops.smplify.choose_take(take=0)
    np.testing.assert_allclose(joints(figure), first, atol=1e-5)


def test_where_there_is_one_take_alone_nothing_is_read_again(
    window: Window, shots: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from smplify_blender.scene.placing import more_takes
    from smplify_blender.session.result_store import record_of

    (figure,) = window.figures_with_best_takes(shots / "one.png")
    token = figure["smplify_fit"]["token"]
    early, read = record_of(token), more_takes.read_result
    assert early is not None
    monkeypatch.setattr(
        more_takes, "read_result", lambda _: read(early.shown)
    )  # the search has found nothing
    window.until_takes_have_come()
    assert takes(figure) == ["person_00.npz"] and not window.runs.error
    assert token not in window.late.arrived  # which are read after each undo


def test_everybody_gets_their_own(window: Window, shots: Path) -> None:
    figures = window.figures_with_best_takes(shots / "two.png", person=-2)
    assert [len(takes(figure)) for figure in figures] == [1, 1]
    window.until_takes_have_come()
    for number, figure in enumerate(figures):
        assert takes(figure)[0] == f"person_{number:02d}.npz" and list(stored(figure)) == takes(figure)
        assert all(name.startswith(f"person_{number:02d}") for name in takes(figure))
    assert any(len(takes(figure)) > 1 for figure in figures)


def moved_on(bpy: ModuleType, figure: Any) -> None:
    """Posed by hand, moved, renamed and in Pose Mode."""
    figure.location.x += 1.0
    figure.name = "Heroine"
    figure.pose.bones["head"].rotation_quaternion = (0.9, 0.1, 0.0, 0.0)
    bpy.context.view_layer.objects.active = figure
    bpy.ops.object.mode_set(mode="POSE")


def in_edit_mode(bpy: ModuleType, figure: Any) -> None:
    bpy.context.view_layer.objects.active = figure
    bpy.ops.object.mode_set(mode="EDIT")


def as_it_is(bpy: ModuleType, figure: Any) -> None:
    del bpy, figure


WORK = {"left as it is": as_it_is, "posed and moved": moved_on, "in Edit Mode": in_edit_mode}


@pytest.mark.parametrize("work", WORK.values(), ids=WORK)
def test_nothing_of_the_artists_changes(window: Window, shots: Path, work: Callable[..., None]) -> None:
    (figure,) = window.figures_with_best_takes(shots / "one.png")
    work(window.bpy, figure)
    window.bpy.context.view_layer.update()
    before = [figure.matrix_world.copy(), window.bpy.context.mode, figure.name, joints(figure)]
    kinds = ("objects", "meshes", "armatures", "images", "actions", "collections", "cameras")
    counts = {kind: len(getattr(window.bpy.data, kind)) for kind in kinds}
    window.until_takes_have_come()
    window.bpy.context.view_layer.update()
    assert len(takes(figure)) > 1
    assert [figure.matrix_world, window.bpy.context.mode, figure.name] == before[:3]
    np.testing.assert_array_equal(joints(figure), before[3])
    assert counts == {kind: len(getattr(window.bpy.data, kind)) for kind in kinds}
    window.bpy.ops.object.mode_set(mode="OBJECT")


def test_a_figure_that_was_fitted_again_keeps_its_new_solution(window: Window, shots: Path) -> None:
    (figure,) = window.figures_with_best_takes(shots / "one.png")
    token = figure["smplify_fit"]["token"]
    window.bpy.ops.smplify.refit()
    assert figure["smplify_fit"]["token"] != token
    pose = joints(figure)
    window.until_takes_have_come()
    assert len(takes(figure)) == 1 and len(stored(figure)) == 1
    np.testing.assert_array_equal(joints(figure), pose)
    assert not window.runs.error


def test_a_second_fit_of_the_same_photo_waits_for_no_takes_of_the_first(window: Window, shots: Path) -> None:
    (figure,) = window.figures_with_best_takes(shots / "one.png", takes=16)
    (late,) = window.late.waiting
    assert window.figures_with_best_takes(shots / "one.png", takes=2) == [figure]
    assert late.job.cancelled
    window.until_takes_have_come()
    assert 1 <= len(takes(figure)) <= 2 and not window.runs.error


def test_a_removed_figure_stays_away_and_its_copy_has_them(window: Window, shots: Path) -> None:
    (figure,) = window.figures_with_best_takes(shots / "one.png")
    copy = figure.copy()
    window.bpy.context.scene.collection.objects.link(copy)
    window.bpy.data.objects.remove(figure)
    window.until_takes_have_come()
    assert [thing for thing in window.bpy.data.objects if thing.type == "ARMATURE"] == [copy]
    assert len(takes(copy)) > 1 and not window.runs.error


def test_given_up_the_figure_stays_as_it_is(window: Window, shots: Path) -> None:
    (figure,) = window.figures_with_best_takes(shots / "one.png", takes=16)
    assert window.bpy.ops.smplify.cancel_fit.poll()
    window.bpy.ops.smplify.cancel_fit()
    assert not window.late.coming(figure["smplify_fit"]["token"])
    window.until_takes_have_come()
    assert takes(figure) == ["person_00.npz"] and not window.runs.error
    assert not window.bpy.ops.smplify.cancel_fit.poll()
    window.bpy.ops.smplify.refit()


def test_a_core_that_dies_among_them_is_told(window: Window, shots: Path) -> None:
    from smplify_blender.session.fit_session import session

    (figure,) = window.figures_with_best_takes(shots / "one.png", takes=16)
    process_id = session().process_id
    assert process_id is not None
    os.kill(process_id, getattr(signal, "SIGKILL", signal.SIGTERM))
    window.until_takes_have_come()
    assert takes(figure) == ["person_00.npz"]
    assert "other takes were not found" in window.runs.error and "stopped unexpectedly" in window.runs.error
    window.bpy.ops.smplify.refit()


def test_a_damaged_take_is_told_and_changes_nothing(window: Window, shots: Path) -> None:
    from smplify_blender.session.result_store import record_of

    (figure,) = window.figures_with_best_takes(shots / "one.png")
    (late,) = window.late.waiting
    while late.job.running:  # the takes are there, and nobody has read them yet
        from smplify_blender.session.fit_session import session

        session().poll()
        time.sleep(0.002)
    record = record_of(figure["smplify_fit"]["token"])
    assert record is not None
    (record.folder / "person_00_take_1.npz").write_bytes(b"no numbers")
    window.until_takes_have_come()
    assert takes(figure) == ["person_00.npz"] and list(stored(figure)) == ["person_00.npz"]
    assert "person_00_take_1.npz" in window.runs.error


def test_a_file_saved_before_they_come_is_whole(window: Window, shots: Path, tmp_path: Path) -> None:
    (figure,) = window.figures_with_best_takes(shots / "one.png")
    first = joints(figure)
    window.bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "early.blend"))
    window.until_takes_have_come()
    window.bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "late.blend"))
    for name, fewest in {"early": 1, "late": 2}.items():
        window.bpy.ops.wm.open_mainfile(filepath=str(tmp_path / f"{name}.blend"))
        (opened,) = [thing for thing in window.bpy.data.objects if thing.type == "ARMATURE"]
        assert len(takes(opened)) >= fewest and list(stored(opened)) == takes(opened)
        np.testing.assert_allclose(joints(opened), first, atol=1e-5)
        window.bpy.ops.smplify.refit()
