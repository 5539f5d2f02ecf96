# pyright: basic
"""The steps that fitting and refitting share: start, run in a window or wait, and bring the figure into the scene."""

from __future__ import annotations

from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, cast

import bpy

from ..fit_process.messages import Inspected
from ..fit_process.request_fields import with_field
from ..result.errors import ResultError
from ..scene.figure.lookup import stored_group
from ..scene.photo.pixel_copy import pixel_copy
from ..session.fit_request import FitChoices, fit_fields, missing_choice
from ..session.fit_run import FitRun, fit_runs
from ..session.fit_session import session
from ..session.redraw_pace import RedrawPace
from ..session.result_store import first_folder, new_result, show_first
from ..session.timer import POLL_SECONDS, redraw_views
from ..settings.photo_looks import start_look, wait_for
from ..settings.properties import key_frame_in, settings_of
from ..settings.refit_files import write_things
from ..settings.scene_choices import choices_of, choices_without_camera, engine_of, inspection_for
from ..sidebar.panel_state import stage_text
from .camera_view import fit_view_to_camera
from .late_takes import give_up_takes, wait_for_takes
from .modes import USABLE, out_of_pose_mode

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems

CANCEL_KEY = "ESC"


class FitStartError(Exception):
    """A fit cannot be started; the text says why and what to do."""


def start_fit(
    context: bpy.types.Context, choices: FitChoices, start: Path | None, replaces: str, copy: bool = False
) -> FitRun:
    """Ask the resident core for a fit. Raises `FitStartError` for everything that `missing_choice` names."""
    engine = engine_of(context)
    problem = missing_choice(choices, engine)
    if problem or choices.photo is None:
        raise FitStartError(problem)
    try:
        things = _things(context, choices, replaces)
    except ResultError as error:
        raise FitStartError(str(error)) from error
    token, folder = new_result(Path(bpy.app.tempdir), choices.photo.stem, choices)
    fields = fit_fields(choices, engine, folder, start, pixel_copy(choices.photo), things)
    if start is None and not bpy.app.background:  # there everybody waits for all of it
        fields = with_field(fields, "first_folder", first_folder(folder))
    if not copy:
        give_up_takes(choices, _token_of(replaces))
    job = session().request("fit", fields, engine.python)
    look = inspection_for(choices)[0] or inspection_for(choices_without_camera(choices))[0]
    size = look.done.image_size if look is not None and isinstance(look.done, Inspected) else (0, 0)
    scene = cast("bpy.types.Scene", context.scene)
    run = FitRun(job, token, folder, scene.name, size, replaces, copy)
    fit_runs().begin(run)
    return run


def _token_of(figure: str) -> str:
    """Return the token of the fit of a figure that is fitted again."""
    armature = bpy.data.objects.get(figure) if figure else None
    return "" if armature is None else stored_group(armature).text("token")


def _things(context: bpy.types.Context, choices: FitChoices, replaces: str) -> Path | None:
    """Write the things that a figure which is fitted again is to meet."""
    armature = bpy.data.objects.get(replaces) if replaces else None
    return (
        None if armature is None else write_things(cast("bpy.types.Scene", context.scene), armature, choices)
    )


def chosen_choices(context: bpy.types.Context) -> FitChoices:
    """The scene's choices. The user's own camera needs the photo's size, which is looked up here where nobody has yet."""
    scene, engine = cast("bpy.types.Scene", context.scene), engine_of(context)
    choices = choices_of(scene, engine)
    look, _ = inspection_for(choices)
    if choices.camera.mode == "SCENE_CAMERA" and choices.camera.problem and look is None:
        job = start_look(context)
        if job is not None:
            wait_for(job)
        choices = choices_of(scene, engine)
    return choices


def bring_in(run: FitRun) -> str:
    """Put a finished fit into the scene, one undo step; the error in words where that fails."""
    if run.finish is not None:
        return run.finish()
    try:
        operators: Any = bpy.ops
        if run.clip is not None:
            with out_of_pose_mode(bpy.context):
                operators.smplify.import_result("EXEC_DEFAULT", True, **_clip_options(run, run.clip))
            return ""
        operators.smplify.add_figure(
            "EXEC_DEFAULT", True, token=run.token, replaces=run.replaces, copy=run.copy
        )
    except RuntimeError as error:  # what the operator has reported
        return str(error).removeprefix("Error: ").strip()
    return ""


def _clip_options(run: FitRun, clip: Path) -> dict[str, Any]:
    """Return how the sidebar's settings import a video's people."""
    scene = cast("bpy.types.Scene", bpy.context.scene)
    settings = settings_of(scene)
    return {
        "filepath": str(run.folder),
        "clip": str(clip),
        "set_scene_camera": settings.set_scene_camera,
        "set_scene_rate": settings.set_scene_rate,
        "root_motion": settings.clip_root_motion,
        "start_frame": key_frame_in(scene),
    }


class FitOperator:
    """The common part of `smplify.fit_photo` and `smplify.refit`. They have no undo step of their own: what changes the
    scene is `smplify.add_figure`, with its own redo panel, from which the long fit is never run again.
    """

    if TYPE_CHECKING:
        report: Any

    _timer: Any = None
    _token = ""  # of the one run that this operator looks after
    _pace = RedrawPace(POLL_SECONDS)
    _has_news = False  # that no redraw has shown yet

    def begin(self, context: bpy.types.Context) -> FitRun:
        """Start the fit; the subclass says which. Raises `FitStartError`."""
        raise NotImplementedError

    def follow(self, context: bpy.types.Context) -> FitRun | None:
        """Start what comes after a fit that has worked; None where nothing does. Raises `FitStartError`."""
        del context
        return None

    def advance(self, run: FitRun) -> bool:
        """Do a piece of Blender's own work before the core's; return False when none is left."""
        del run
        return False

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[OperatorReturnItems]:
        """In a window: come back at once and look at the child from a timer."""
        if bpy.app.background:
            return self.execute(context)
        try:
            self._token = self.begin(context).token
        except FitStartError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        manager = cast("bpy.types.WindowManager", context.window_manager)
        self._timer = manager.event_timer_add(POLL_SECONDS, window=cast("bpy.types.Window", context.window))
        manager.modal_handler_add(cast("bpy.types.Operator", self))
        self._pace = RedrawPace(POLL_SECONDS)
        self._pace.asked(monotonic())
        redraw_views()
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[OperatorReturnItems]:
        """Everything but Esc passes on to Blender."""
        run = self._own_run()
        if run is None:
            return self._leave(context, {"CANCELLED"})
        if event.type == CANCEL_KEY and event.value == "PRESS":
            session().cancel(run.job)
            return {"RUNNING_MODAL"}
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        now = monotonic()
        self._pace.tick(now)
        self._has_news = self.advance(run) or session().poll() or self._has_news
        if run.job.is_ready:
            return self._finish(context, run)
        if self._has_news and self._pace.is_due(now):
            self._show(context, run)
        return {"PASS_THROUGH"}

    def _show(self, context: bpy.types.Context, run: FitRun) -> None:
        self._pace.asked(monotonic())
        self._has_news = False
        redraw_views()
        _tell_status_bar(context, run)

    def _own_run(self) -> FitRun | None:
        """None once it was dropped, whatever was started since."""
        run = fit_runs().current
        return run if run is not None and run.token == self._token else None

    def _finish(self, context: bpy.types.Context, run: FitRun) -> set[OperatorReturnItems]:
        if run.job.has_result:
            run.waits_for = _not_yet(context, run)
            if run.waits_for:
                if self._pace.is_due(monotonic()):
                    self._show(context, run)
                return {"PASS_THROUGH"}
        error, following = end_run(run), None
        if not error and run.job.has_result:
            following, error = self._followed(context)
        if following is not None:
            self._token = following.token
            return {"PASS_THROUGH"}
        return self._close(context, run, error)

    def _close(self, context: bpy.types.Context, run: FitRun, error: str) -> set[OperatorReturnItems]:
        """Report the end of the last run, and leave."""
        if error:
            self.report({"ERROR"}, error)
        elif not run.job.has_result:
            self.report({"INFO"}, "The fit was cancelled")
        elif run.finish is None:
            _look_through_camera(context)
        return self._leave(context, {"CANCELLED"} if error or not run.job.has_result else {"FINISHED"})

    def _followed(self, context: bpy.types.Context) -> tuple[FitRun | None, str]:
        """Return the fit that follows, or the reason why it could not be started."""
        try:
            return self.follow(context), ""
        except FitStartError as problem:
            return None, str(problem)

    def _leave(
        self, context: bpy.types.Context, outcome: set[OperatorReturnItems]
    ) -> set[OperatorReturnItems]:
        if self._timer is not None:
            cast("bpy.types.WindowManager", context.window_manager).event_timer_remove(self._timer)
            self._timer = None
        _set_status_text(context, None)
        redraw_views()
        return outcome

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender ends the operator itself: another file is opened, the window closes."""
        run = self._own_run()
        if run is not None:
            session().cancel(run.job)
            fit_runs().end()
        self._leave(context, {"CANCELLED"})

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """For scripts and in the background: wait until the figure stands in the scene."""
        try:
            run: FitRun | None = self.begin(context)
            while run is not None:
                error = self._waited_for(run)
                if error or not run.job.has_result:
                    return self._refuse(error)
                run = self.follow(context)
        except FitStartError as problem:
            return self._refuse(str(problem))
        return {"FINISHED"}

    def _waited_for(self, run: FitRun) -> str:
        """Wait until a fit has ended and its figure stands in the scene; return the error in words, empty for none."""
        while self.advance(run):
            pass
        wait_for(run.job)
        error = end_run(run)
        for warning in run.job.warnings:
            self.report({"WARNING"}, warning)
        return error

    def _refuse(self, error: str) -> set[OperatorReturnItems]:
        if error:
            self.report({"ERROR"}, error)
        return {"CANCELLED"}


def end_run(run: FitRun) -> str:
    """Close a run that is ready, the figure brought in where it worked; the error in words, empty for none.

    Where the core still looks for other takes, they are given to the figure when they come.
    """
    job = run.job
    if not job.has_result:
        error = "" if job.cancelled or job.failed is None else job.failed.text
        fit_runs().end(error)
        return error
    if job.done is None:
        show_first(run.token)
    error = bring_in(run)
    if error:
        session().cancel(job)
    elif job.done is None:
        wait_for_takes(run)
    active = cast("bpy.types.ViewLayer", bpy.context.view_layer).objects.active
    fit_runs().end(error, "" if error or run.finish is not None or active is None else active.name)
    return error


def _not_yet(context: bpy.types.Context, run: FitRun) -> str:
    """Explain why a finished fit has to wait: nobody is thrown out of an edit mode or into another scene."""
    if cast("bpy.types.Scene", context.scene).name != run.scene:
        if run.scene not in bpy.data.scenes:
            return ""
        return f"Go back to the scene “{run.scene}”: the figure is added there"
    return (
        "" if context.mode in USABLE else "Leave the current mode: the figure waits for Object or Pose Mode"
    )


def _tell_status_bar(context: bpy.types.Context, run: FitRun) -> None:
    doing = run.waits_for or (stage_text(run.job.stage) if run.job.stage else run.job.status)
    _set_status_text(context, f"SMPLify: {round(100 * run.job.fraction)} % · {doing} · Esc: cancel")


def _set_status_text(context: bpy.types.Context, text: str | None) -> None:
    workspace = cast("bpy.types.WorkSpace | None", context.workspace)
    if workspace is not None:
        workspace.status_text_set(text)


def _look_through_camera(context: bpy.types.Context) -> None:
    """Show the figure over its photo, in the largest 3D view of the window."""
    window = cast("bpy.types.Window | None", context.window)
    views = [area for area in (window.screen.areas if window is not None else ()) if area.type == "VIEW_3D"]
    if views and cast("bpy.types.Scene", context.scene).camera is not None:
        largest = max(views, key=lambda area: area.width * area.height)
        space: Any = largest.spaces.active
        if space.region_3d is not None:
            space.region_3d.view_perspective = "CAMERA"
            fit_view_to_camera(largest)
