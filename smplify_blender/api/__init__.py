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
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy

from ..result.chosen_file import holds_clip, holds_motion, own_folder
from ..result.clip_rate import rate_of
from ..result.contacts import ContactChoice as ContactChoice
from ..result.errors import ResultError
from ..result.export_targets import EXPORT_TARGETS as EXPORT_TARGETS
from ..result.motion_tracks import MotionTiming
from ..result.output_file import reason_in
from ..result.read_motion import read_motion
from ..result.read_report import FocalEstimate, read_focal_estimate, read_report
from ..result.read_sequence import named_people, read_sequence
from ..result.result_folder import Person
from ..scene.export.export_figures import export_figures
from ..scene.export.settings import ExportError, ExportReport, ExportSettings, settings_for
from ..scene.looks import render_setup
from ..scene.motion.build import build_motion, floor_notes
from ..scene.motion.build_sequence import SequencePlan, build_sequence
from ..scene.photo.pixel_copy import pixel_copy
from ..scene.pictures.render import ENGINES, OVERLAY_LONG_SIDE_PX, write_overlay_picture
from ..scene.placing.place_fit import FitPlacement, place_fit
from ..session.clip_request import BLENDERS_RATE
from ..session.fit_session import FitSession, Job, idle_session
from ..session.keypoint_search import PHOTO_SUFFIXES
from ..session.result_store import readable_name
from .clip_fit import ClipRequest, first_of_clip, run_clip
from .contact import set_contacts as set_contacts
from .contact import touch as touch
from .looks import TextureChoices as TextureChoices
from .looks import add_clothes as add_clothes
from .looks import add_face_parts as add_face_parts
from .looks import add_photo_texture as add_photo_texture
from .looks import remove_photo_texture as remove_photo_texture
from .looks import use_expression as use_expression
from .looks import use_face_actions as use_face_actions
from .motion import ErrorBound as ErrorBound
from .motion import LoopChoices as LoopChoices
from .motion import make_cyclic as make_cyclic
from .motion import reduce_keys as reduce_keys
from .motion import set_root_motion as set_root_motion
from .outcomes import FittedPhoto, ImportedMotion
from .rigging import add_rig as add_rig
from .rigging import add_twist_bones as add_twist_bones
from .rigging import append_armature as append_armature
from .rigging import remove_twist_bones as remove_twist_bones
from .rigging import retarget as retarget
from .scene_camera import scene_camera_options as scene_camera_options
from .steps import Progress, SmplifyError, Target, check_can_build, ended_job, place_of

NO_OVERLAY = "--no-overlay"
PIXELS = "--pixels"


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
    check_can_build(chosen)
    files = [photo] if keypoints is None else [photo, keypoints]
    with ExitStack() as stack:
        folder = Path(results or stack.enter_context(tempfile.TemporaryDirectory(prefix="smplify-")))
        lens = scene_camera_options(Path(photo), chosen)
        job = run_fit([*map(str, files), *options, *lens], folder, chosen.session, on_progress)
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
        job = ended_job(running, command, [*arguments, "--out", str(folder.absolute())], on_progress)
    if job.failed is not None:
        raise SmplifyError(job.failed.text, job.failed.code)
    return job


def import_result(
    folder: str | Path, *, people: Sequence[int] | None = None, target: Target | None = None, name: str = ""
) -> FittedPhoto:
    """Build the figures of a result folder: everybody, or those with these numbers in their file names.

    They are named after `name`, which is the photo's, or after the folder. Raises SmplifyError; a folder that is refused changes
    nothing.
    """
    chosen = Target() if target is None else target
    check_can_build(chosen)
    return _import_people(Path(folder), chosen, name=name, people=tuple(people or ()))


def _import_people(
    folder: Path, target: Target, *, name: str = "", file_name: str = "", people: tuple[int, ...] = ()
) -> FittedPhoto:
    """Build the people of a folder with these numbers, or the one whose file (or take) is named, or everybody."""
    scene, view_layer = place_of(target)
    own_camera = scene.camera if target.before_scene_camera else None
    placement = FitPlacement(
        folder,
        "",
        scene_camera=own_camera,
        set_camera=target.set_camera and own_camera is None,
        choices={"camera": "SCENE_CAMERA"} if own_camera is not None else {},
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

    A result folder of ours, or a file of one, will do as well; `import_clip` has more options for that of a clip. `options` are
    those of `smplify-fit convert`, such as ("--model", "SMPLX_NEUTRAL.npz"); a folder takes none. `timing` and `extend_scene` are
    of motions: where the keys go, and whether the scene's frame range (of a clip its rate, too) is made to fit them. Raises
    SmplifyError; a file that is refused changes nothing.
    """
    chosen = Target() if target is None else target
    check_can_build(chosen)
    file = Path(path)
    folder = own_folder(file)
    if folder is not None:
        if options:
            raise SmplifyError(f"{options[0]}: {file} is a result already. Leave it out.", "bad-request")
        if folder.is_dir() and holds_clip(folder, file.name):
            start = (timing or MotionTiming()).start
            people = named_people(file.name)
            plan = SequencePlan(people=people, start=start, set_rate=extend_scene, extend_range=extend_scene)
            return import_clip(folder, plan, target=chosen)
        motion = _motion(folder, file, timing, extend_scene, chosen)
        return motion or _import_people(folder, chosen, file_name=file.name)
    with tempfile.TemporaryDirectory(prefix="smplify-") as temporary:
        converted = Path(temporary) / readable_name(file.stem)
        job = _wait_for("convert", [str(file.absolute()), *options], converted, chosen.session, None)
        motion = _motion(converted, file, timing, extend_scene, chosen)
        found = motion or import_result(converted, target=chosen)
        return replace(found, warnings=(*job.warnings, *found.warnings))


def fit_clip(
    clip: str | Path,
    plan: SequencePlan | None = None,
    *,
    options: Sequence[str] = (),
    results: str | Path | None = None,
    target: Target | None = None,
    on_progress: Progress | None = None,
) -> ImportedMotion:
    """Fit the people of a movie, or of a folder of numbered images, and build their figures.

    `options` are those of `smplify-fit sequence`, such as ("--person", "all", "--keypoints", "DIR"); images are shown at the
    scene's rate where no --fps says another. `results` keeps the result folder there, in which a fit that was killed goes on;
    None throws it away. For `plan` see `import_clip`. Raises SmplifyError.
    """
    chosen = Target() if target is None else target
    check_can_build(chosen)
    wanted, render = plan or SequencePlan(), place_of(chosen)[0].render
    try:
        file = first_of_clip(Path(clip).absolute())
        request = ClipRequest(
            file, options=tuple(options), image_rate=rate_of(render.fps / render.fps_base) or BLENDERS_RATE
        )
        with ExitStack() as stack:
            own = stack.enter_context(tempfile.TemporaryDirectory(prefix="smplify-"))
            folder = Path(results).absolute() if results is not None else Path(own) / "result"
            running = chosen.session or stack.enter_context(idle_session())
            job = run_clip(request, folder, running, on_progress)
            found = import_clip(folder, replace(wanted, clip=wanted.clip or file), target=chosen)
    except (ResultError, OSError) as error:
        raise SmplifyError(str(error), "bad-clip") from error
    return replace(found, warnings=(*job.warnings, *found.warnings))


def import_clip(
    folder: str | Path, plan: SequencePlan | None = None, *, target: Target | None = None
) -> ImportedMotion:
    """Build the people of a clip's result folder, its camera, and the clip behind them.

    `plan` says who comes in, at which frame, before which movie, and what is set in the scene; in the place of its `set_camera`
    that of `target` counts. Raises SmplifyError; a folder that is refused changes nothing.
    """
    chosen = Target() if target is None else target
    check_can_build(chosen)
    scene, view_layer = place_of(chosen)
    try:
        sequence = read_sequence(Path(folder))
        wanted = replace(plan or SequencePlan(), set_camera=chosen.set_camera)
        built = build_sequence(sequence, scene, view_layer, wanted)
    except (ResultError, OSError) as error:
        raise SmplifyError(str(error), "bad-result") from error
    return ImportedMotion(built, built.notes, sequence.quality)


def _motion(
    folder: Path, file: Path, timing: MotionTiming | None, extend_scene: bool, target: Target
) -> ImportedMotion | None:
    """Build the motion of a folder; None where there is none."""
    scene, view_layer = place_of(target)
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


def set_up_render(figure: bpy.types.Object, target: Target | None = None) -> tuple[str, ...]:
    """Let the scene render the figures of a photo over it, with shadow and light; return what its user should know.

    `figure` is the armature of one of them. Raises SmplifyError.
    """
    scene, view_layer = place_of(Target() if target is None else target)
    try:
        return render_setup.set_up_render(scene, view_layer, figure)
    except ResultError as error:
        raise SmplifyError(str(error), "bad-request") from error


def take_back_render(scene: bpy.types.Scene | None = None) -> None:
    """Give the scene (None: the context's) back what it was before `set_up_render`."""
    render_setup.take_back_render(place_of(Target(scene))[0])


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
