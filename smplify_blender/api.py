# pyright: basic
"""For scripts: from a photo to a figure and its files, with explicit arguments and one kind of error.

    from bl_ext.user_default.smplify.smplify_blender import api

    fitted = api.fit_photo("shot.jpg", person="all")
    api.export_figure(fitted.armatures, "shot.glb")
    api.render_over_photo(fitted, "shot.png")

Everything blocks until it is done. Figures are built in the scene and view layer that are named, else in the context's. The
Python of the add-on's preferences computes; a fit of the sidebar that runs meanwhile is left alone.
"""

from __future__ import annotations

import importlib.util
import tempfile
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import bpy

from .result.chosen_file import holds_motion, own_folder
from .result.errors import ResultError
from .result.export_targets import EXPORT_TARGETS as EXPORT_TARGETS
from .result.motion_tracks import MotionTiming
from .result.output_file import reason_in
from .result.read_motion import read_motion
from .result.read_report import FocalEstimate, read_focal_estimate, read_report
from .result.result_folder import Person
from .scene.export.export_figures import export_figures
from .scene.export.settings import ExportError, ExportReport, ExportSettings, settings_for
from .scene.figure.build import BuiltResult
from .scene.figure.lookup import figure_of
from .scene.motion.build import BuiltMotion, build_motion, floor_notes
from .scene.photo.pixel_copy import pixel_copy
from .scene.pictures.render import ENGINES, OVERLAY_LONG_SIDE_PX, write_overlay_picture
from .scene.placing.place_fit import FitPlacement, place_fit
from .scene.retarget.appended import append_armature as take_armature
from .scene.retarget.mapped import Mapped, guessed, mapped_figure
from .scene.retarget.retarget import retarget as take_over
from .scene.rigs import RigKind
from .scene.rigs import add_rig as build_rig
from .session.fit_session import FitSession, Job, idle_session
from .session.keypoint_search import PHOTO_SUFFIXES
from .session.result_store import readable_name
from .settings.preferences import engine_choice, preferences_of

POLL_SECONDS = 0.02
NO_OVERLAY = "--no-overlay"
PIXELS = "--pixels"

Progress = Callable[[float, str], None]  # fraction 0…1, stage in words


class SmplifyError(Exception):
    """Whatever was asked for could not be done; nothing in the scene has changed.

    The text names the next step. `code` is a stable word: those of docs/result-files.md (bad-photo, nobody-found …), or
    bad-result, cannot-build, cannot-export, cannot-write.
    """

    def __init__(self, text: str, code: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True)
class FittedPhoto:
    """The figures of one photo in the scene. `quality` has a word a person where the result folder says it.

    `focal_estimate` is the lens that the perspective suggests, where --estimate-focal asked for it.
    """

    built: BuiltResult
    quality: tuple[str, ...]
    warnings: tuple[str, ...]
    focal_estimate: FocalEstimate | None = None

    @property
    def armatures(self) -> tuple[bpy.types.Object, ...]:
        """One armature object a person; its mesh is its child."""
        return tuple(figure.armature for figure in self.built.figures)

    @property
    def meshes(self) -> tuple[bpy.types.Object, ...]:
        """One mesh object a person."""
        return tuple(figure.mesh for figure in self.built.figures)

    @property
    def camera(self) -> bpy.types.Object:
        """The camera that sees the figures as the photo's camera saw the people."""
        return self.built.camera


@dataclass(frozen=True)
class ImportedMotion:
    """A figure that moves."""

    built: BuiltMotion
    warnings: tuple[str, ...]

    @property
    def armatures(self) -> tuple[bpy.types.Object, ...]:
        """The one armature object; its mesh is its child."""
        return tuple(figure.armature for figure in self.built.figures)

    @property
    def meshes(self) -> tuple[bpy.types.Object, ...]:
        """The one mesh object."""
        return tuple(figure.mesh for figure in self.built.figures)

    @property
    def frames(self) -> tuple[float, float]:
        """The scene's frames of the first and the last key."""
        return self.built.frames


@dataclass(frozen=True)
class Target:
    """The scene and view layer of the figures, and the resident core of their fit; None is the context's and the session's own.

    `set_camera` makes the photo's camera the scene's, at the photo's size. Without a view layer, a scene's first is taken.
    """

    scene: bpy.types.Scene | None = None
    view_layer: bpy.types.ViewLayer | None = None
    set_camera: bool = True
    session: FitSession | None = None


def fit_photo(
    photo: str | Path,
    keypoints: str | Path | None = None,
    *,
    results: str | Path | None = None,
    options: Sequence[str] = (),
    target: Target | None = None,
    on_progress: Progress | None = None,
) -> FittedPhoto:
    """Fit the people of a photo and build their figures.

    `keypoints` is the keypoint file or the folder that holds it; None finds it beside the photo. `results` keeps the result
    folder there (docs/result-files.md); None throws it away. `options` are those of `smplify-fit fit`, unchanged, such as
    ("--person", "all", "--gender", "female"). Raises SmplifyError.
    """
    chosen = Target() if target is None else target
    _check_can_build(chosen)
    files = [photo] if keypoints is None else [photo, keypoints]
    with ExitStack() as stack:
        folder = Path(results or stack.enter_context(tempfile.TemporaryDirectory(prefix="smplify-")))
        job = run_fit([*map(str, files), *options], folder, chosen.session, on_progress)
        found = import_result(folder, target=chosen, name=Path(photo).stem)
        return replace(found, warnings=(*job.warnings, *found.warnings))


def run_fit(
    arguments: Sequence[str],
    folder: Path,
    session: FitSession | None = None,
    on_progress: Progress | None = None,
) -> Job:
    """Fit into `folder` by the resident core, which starts if it has to, and wait. Raises SmplifyError."""
    asked = list(arguments)
    if NO_OVERLAY not in asked and importlib.util.find_spec("PIL") is None:
        asked.append(NO_OVERLAY)  # Blender's Python has no Pillow: no need to be told so for every photo
    photo = photo_among(asked)
    pixels = pixel_copy(photo.absolute()) if photo is not None else None
    if PIXELS not in asked and pixels is not None:
        asked += [PIXELS, str(pixels)]
    return _wait_for("fit", asked, folder, session, on_progress)


def photo_among(arguments: Sequence[str]) -> Path | None:
    """Return the photo among the words of a `fit`; None where none of them is one."""
    return next((Path(word) for word in arguments if Path(word).suffix.lower() in PHOTO_SUFFIXES), None)


def _wait_for(
    command: str,
    arguments: Sequence[str],
    folder: Path,
    session: FitSession | None,
    on_progress: Progress | None,
) -> Job:
    with ExitStack() as stack:
        running = stack.enter_context(idle_session()) if session is None else session
        job = _ended(running, command, [*arguments, "--out", str(folder.absolute())], on_progress)
    if job.failed is not None:
        raise SmplifyError(job.failed.text, job.failed.code)
    return job


def _ended(running: FitSession, command: str, arguments: Sequence[str], on_progress: Progress | None) -> Job:
    """Return a job that has its last answer."""
    job = running.request(command, arguments, engine_choice(preferences_of(bpy.context)).python)
    try:
        while job.running:
            running.poll()
            if on_progress is not None:
                on_progress(job.fraction, job.stage or job.status)
            time.sleep(POLL_SECONDS)
    except BaseException:  # the user's Ctrl-C: nobody waits for the fit any more
        running.cancel(job)
        raise
    return job


def import_result(
    folder: str | Path, *, people: Sequence[int] | None = None, target: Target | None = None, name: str = ""
) -> FittedPhoto:
    """Build the figures of a result folder: everybody, or those with these numbers in their file names.

    They are named after `name`, which is the photo's, or after the folder. Raises SmplifyError; a folder that is refused changes
    nothing.
    """
    chosen = Target() if target is None else target
    _check_can_build(chosen)
    return _import_people(Path(folder), chosen, name=name, people=tuple(people or ()))


def _import_people(
    folder: Path, target: Target, *, name: str = "", file_name: str = "", people: tuple[int, ...] = ()
) -> FittedPhoto:
    """Build the people of a folder with these numbers, or the one whose file (or take) is named, or everybody."""
    scene, view_layer = _place(target)
    placement = FitPlacement(
        folder,
        "",
        set_camera=target.set_camera,
        copy=True,
        people=people,
        file_name=file_name,
        name=name,
        frame=scene.frame_current,
        needs_report=False,
    )
    try:
        built = place_fit(scene, view_layer, placement)
        quality, focal, notes = _report(folder, [figure.person for figure in built.figures])
    except (ResultError, OSError) as error:
        raise SmplifyError(str(error), "bad-result") from error
    return FittedPhoto(built, quality, (*built.notes, *notes), focal)


def import_file(
    path: str | Path,
    *,
    options: Sequence[str] = (),
    timing: MotionTiming | None = None,
    extend_scene: bool = True,
    target: Target | None = None,
) -> FittedPhoto | ImportedMotion:
    """Build the figure of another program's file: a SMPLify-X or SMPLify result, an AMASS motion, SMPL-X parameters.

    A result folder of ours, or a file of one, will do as well. `options` are those of `smplify-fit convert`, such as ("--model",
    "SMPLX_NEUTRAL.npz"); a folder takes none. `timing` and `extend_scene` are of motions: where the keys go, and whether the
    scene's frame range is made to hold them. Raises SmplifyError; a file that is refused changes nothing.
    """
    chosen = Target() if target is None else target
    _check_can_build(chosen)
    file = Path(path)
    folder = own_folder(file)
    if folder is not None:
        if options:
            raise SmplifyError(f"{options[0]}: {file} is a result already. Leave it out.", "bad-request")
        motion = _motion(folder, file, timing, extend_scene, chosen)
        return motion or _import_people(folder, chosen, file_name=file.name)
    with tempfile.TemporaryDirectory(prefix="smplify-") as temporary:
        converted = Path(temporary) / readable_name(file.stem)
        job = _wait_for("convert", [str(file.absolute()), *options], converted, chosen.session, None)
        motion = _motion(converted, file, timing, extend_scene, chosen)
        found = motion or import_result(converted, target=chosen)
        return replace(found, warnings=(*job.warnings, *found.warnings))


def _motion(
    folder: Path, file: Path, timing: MotionTiming | None, extend_scene: bool, target: Target
) -> ImportedMotion | None:
    """Build the motion of a folder; None where there is none."""
    scene, view_layer = _place(target)
    try:
        if not folder.is_dir() or not holds_motion(folder, file.name):
            return None
        found = read_motion(folder)
        name = folder.name if file.is_dir() or own_folder(file) is not None else file.stem
        built = build_motion(found, name, scene, view_layer, timing or MotionTiming(), extend_scene)
    except (ResultError, OSError) as error:
        raise SmplifyError(str(error), "bad-result") from error
    return ImportedMotion(built, floor_notes(built))


def export_settings(target: str, **changes: Any) -> ExportSettings:
    """Return the settings with which figures are exported for a program: one of EXPORT_TARGETS.

    `changes` are fields of ExportSettings, such as shape_keys=False. Raises SmplifyError for an unknown program.
    """
    try:
        return replace(settings_for(target), **changes)
    except ExportError as error:
        raise SmplifyError(str(error), "bad-request") from error


def export_figure(
    armatures: bpy.types.Object | Sequence[bpy.types.Object],
    path: str | Path,
    settings: ExportSettings | None = None,
) -> ExportReport:
    """Write figures as .glb, .fbx, .usdc or .vrm, by the ending of `path`. Raises SmplifyError."""
    chosen = [armatures] if isinstance(armatures, bpy.types.Object) else list(armatures)
    try:
        return export_figures(chosen, Path(path), settings or ExportSettings())
    except ExportError as error:
        raise SmplifyError(str(error), "cannot-export") from error


def add_rig(figure: bpy.types.Object, kind: RigKind = "control") -> bpy.types.Object:
    """Give a figure of the context's scene a control rig, or Rigify's ("rigify"); return the armature with the handles.

    Raises SmplifyError.
    """
    with _rigging() as (scene, view_layer):
        return build_rig(figure, kind, scene, view_layer)


def append_armature(path: str | Path, name: str = "") -> bpy.types.Object:
    """Append the armature object of that name, or the only one, with its meshes from another .blend. Raises SmplifyError."""
    with _rigging() as (scene, _):
        return take_armature(Path(path), name, scene)


def retarget(
    source: bpy.types.Object,
    target: bpy.types.Object,
    bones: Mapping[str, str] | None = None,
    *,
    keep_place: bool = False,
) -> int:
    """Pose and key one armature as another is, one of them a figure; return the number of keyed frames.

    `bones` names the bone of the other armature for each of SMPL-X's joints; None guesses them from their names. With
    `keep_place` the target stays where it stands. Raises SmplifyError.
    """
    with _rigging() as (scene, _):
        pair = [
            mapped_figure(thing)
            if figure_of(thing) == thing
            else Mapped(thing, bones)
            if bones is not None
            else guessed(thing)
            for thing in (source, target)
        ]
        return take_over(pair[0], pair[1], scene, keep_place)


@contextmanager
def _rigging() -> Generator[tuple[bpy.types.Scene, bpy.types.ViewLayer]]:
    """Hand out the context's scene and view layer, in which bones can be made. Raises SmplifyError."""
    _check_can_build(Target())
    try:
        yield _place(Target())
    except ResultError as error:
        raise SmplifyError(str(error), "cannot-build") from error


def render_over_photo(
    fitted: FittedPhoto,
    path: str | Path,
    *,
    engine: str = "cycles",
    long_side_px: int = OVERLAY_LONG_SIDE_PX,
) -> None:
    """Write a PNG of the figures over the photo; `engine` is cycles, workbench or eevee. Raises SmplifyError."""
    if engine not in ENGINES:
        raise SmplifyError(f"There is no engine {engine!r}. Choose {', '.join(ENGINES)}.", "bad-request")
    try:
        write_overlay_picture(fitted.built, Path(path).absolute(), engine, long_side_px)
    except (OSError, RuntimeError) as error:
        raise SmplifyError(f"{path} cannot be written: {reason_in(str(error))}.", "cannot-write") from error


def _place(target: Target) -> tuple[bpy.types.Scene, bpy.types.ViewLayer]:
    if target.view_layer is not None:
        return cast("bpy.types.Scene", target.view_layer.id_data), target.view_layer
    if target.scene is not None and target.scene != bpy.context.scene:
        return target.scene, target.scene.view_layers[0]
    return cast("bpy.types.Scene", bpy.context.scene), cast("bpy.types.ViewLayer", bpy.context.view_layer)


def _report(
    folder: Path, people: Sequence[Person]
) -> tuple[tuple[str, ...], FocalEstimate | None, tuple[str, ...]]:
    """Return a word a person, the lens's estimate, and a note where summary.json is damaged: the figures do not need it."""
    try:
        reports = [read_report(folder, person.file_name, None) for person in people]
        quality = tuple(report.quality for report in reports if report is not None)
        return quality, read_focal_estimate(folder), ()
    except ResultError as error:
        return (), None, (str(error),)


def _check_can_build(target: Target) -> None:
    """Raise SmplifyError where `build_result` could not build in the context, before a fit is waited for in vain."""
    scene, view_layer = _place(target)
    active = view_layer.objects.active
    if active is not None and active.mode != "OBJECT":
        raise SmplifyError(
            f"“{active.name}” is in {active.mode.replace('_', ' ').title()} Mode. Bones can only be made from Object Mode: "
            "leave it first.",
            "cannot-build",
        )
    if scene.library is not None:
        raise SmplifyError(
            f"The scene “{scene.name}” is linked from {scene.library.name}: nothing can be added to it. Choose a scene of this "
            "file.",
            "cannot-build",
        )
