# pyright: basic
"""The context in, the frozen values that decide what can be done out: `FitChoices`, `EngineChoice`, `FigureFacts`."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import cast, get_args

import bpy

from ..fit_process.messages import Inspected
from ..result.camera_match import SceneCameraError, unmatch_camera
from ..result.clip_rate import ClipRate, rate_of
from ..scene.figure.lookup import camera_of, chosen_figure, stored_group, stored_report
from ..scene.keypoints.mesh import keypoint_objects
from ..scene.motion.frame_facts import stored_verdict
from ..scene.photo.camera import scene_camera_facts
from ..scene.placing.floor import NO_FLOOR, Floor, FloorKind
from ..session.clip_request import ClipChoices, FrameSpan
from ..session.fit_request import EVERYBODY, CameraChoice, EngineChoice, FitChoices, FocalMode
from ..session.fit_run import fit_runs
from ..session.fit_session import Job
from ..session.late_takes import late_fits
from ..session.photo_inspection import Inspection, inspections, key_of
from .figure_facts import FigureFacts
from .preferences import engine_choice, preferences_of
from .properties import BODY_GENDERS, SmplifySettings, fit_options, path_of, photo_on_disk, settings_of
from .stored_choices import made_choices

A_VIDEO = "A video is chosen, not a photo: Fit Video fits it, and Motion ▸ Mend This Frame moves a frame's keypoints"


def engine_of(context: bpy.types.Context) -> EngineChoice:
    """Return the preferences' choices."""
    return engine_choice(preferences_of(context))


def choices_of(scene: bpy.types.Scene, engine: EngineChoice) -> FitChoices:
    """Return the choices of the scene's settings, paths made absolute."""
    settings = settings_of(scene)
    photo = photo_on_disk(settings)
    choices = FitChoices(
        photo=photo,
        photo_problem=_photo_problem(settings) if photo is None else "",
        keypoints=path_of(settings.keypoints_path),
        person=settings.person,
        own_body=settings.body == "OWN",
        gender=settings.gender if settings.gender in BODY_GENDERS else engine.gender,
        options=fit_options(settings),
        camera=_camera_choice(settings),
        frame=max(settings.keypoint_frame, 0) or None,
        points_size=_points_size(settings),
        hand_placed=photo is not None and bool(keypoint_objects(scene, photo.name)),
    )
    if settings.focal_mode != "SCENE_CAMERA":
        return choices
    return _with_scene_camera(choices, scene)


def is_video(scene: bpy.types.Scene) -> bool:
    """Return True if a video is chosen, not a photo."""
    return settings_of(scene).photo_source == "VIDEO"


def clip_choices_of(scene: bpy.types.Scene, engine: EngineChoice) -> ClipChoices:
    """Return the choices of the scene's settings for a video, paths made absolute."""
    settings = settings_of(scene)
    smoothness = settings.clip_smoothness
    return ClipChoices(
        clip=path_of(settings.clip_path),
        keypoints=path_of(settings.clip_keypoints),
        span=FrameSpan(
            max(settings.clip_first, 1) - 1,
            settings.clip_last - 1 if settings.clip_last > 0 else None,
            max(settings.clip_step, 1),
        ),
        person=EVERYBODY if settings.clip_everybody else settings.clip_person,
        camera=_camera_choice(settings),
        own_body=settings.body == "OWN",
        gender=settings.gender if settings.gender in BODY_GENDERS else engine.gender,
        smoothness=smoothness if math.isfinite(smoothness) and smoothness > 0 else 1.0,
        body_order=settings.clip_body_order,
        image_rate=rate_of(scene.render.fps / scene.render.fps_base) or ClipRate(24, 1),
    )


def _points_size(settings: SmplifySettings) -> tuple[int, int] | None:
    """Return the size that the user gives for the picture of the keypoints; None where a side is left at 0."""
    width, height = settings.points_size
    return (width, height) if width > 0 and height > 0 else None


def _photo_problem(settings: SmplifySettings) -> str:
    """Explain why what is chosen is no photo; empty where nothing is."""
    if settings.photo_source == "VIDEO":
        return A_VIDEO
    if settings.photo_source == "IMAGE" and settings.photo_image is not None:
        return _image_problem(settings.photo_image)
    return ""


def _image_problem(image: bpy.types.Image) -> str:
    """Explain why an image is unusable, and the fix."""
    if image.source == "FILE" and image.filepath:
        return f"The file of “{image.name}” is missing: choose another image"
    if image.source in ("FILE", "GENERATED"):
        return f"“{image.name}” is not saved yet: save or pack it in the Image Editor"
    return f"“{image.name}” is not a single picture: choose another image"


def _camera_choice(settings: SmplifySettings) -> CameraChoice:
    """Return the chosen lens; the photo's own where a .blend holds a mode that there is not, or a number that is none."""
    chosen = CameraChoice(settings.focal_mode, settings.focal_mm35, settings.fov, settings.focal_px)
    numbers = (chosen.mm35, chosen.fov_radians, chosen.px)
    is_sound = chosen.mode in get_args(FocalMode) and all(math.isfinite(value) for value in numbers)
    return chosen if is_sound else CameraChoice()


def _with_scene_camera(choices: FitChoices, scene: bpy.types.Scene) -> FitChoices:
    """Return the choices with the scene camera's lens and principal point, in px of the photo where its size is known."""
    camera = scene.camera
    if camera is None or camera.type != "CAMERA":
        problem = CameraChoice("SCENE_CAMERA", problem="The scene has no active camera")
        return replace(choices, camera=problem)
    size = _known_size(choices)
    if size is None:
        unknown = CameraChoice("SCENE_CAMERA", problem="Look at the photo first: its size is needed")
        return replace(choices, camera=unknown)
    try:
        focal_px, centre = unmatch_camera(scene_camera_facts(camera, scene), size)
    except SceneCameraError as error:
        return replace(choices, camera=CameraChoice("SCENE_CAMERA", problem=str(error)))
    return replace(choices, camera=CameraChoice("SCENE_CAMERA", px=focal_px, principal_point=centre))


def floor_in(scene: bpy.types.Scene) -> Floor:
    """Return the floor that the scene's settings choose; it counts before the scene's own camera."""
    settings = settings_of(scene)
    if settings.floor not in get_args(FloorKind):  # out of a .blend
        return NO_FLOOR
    given = settings.height_cm > 0 and settings.person != EVERYBODY
    return Floor(settings.floor, settings.floor_object if settings.floor == "OBJECT" else None, given)


def choices_without_camera(choices: FitChoices) -> FitChoices:
    """Return the same with the photo's own lens, under which its size is looked up."""
    return replace(choices, camera=CameraChoice())


def _known_size(choices: FitChoices) -> tuple[int, int] | None:
    job = inspections().job(key_of(choices_without_camera(choices)))
    return job.done.image_size if job is not None and isinstance(job.done, Inspected) else None


def inspection_for(choices: FitChoices) -> tuple[Job | None, Inspection | None]:
    """Return the last look at the chosen photo. The user's own camera changes nothing about what is in the photo."""
    plain = choices_without_camera(choices) if choices.camera.mode == "SCENE_CAMERA" else choices
    key = key_of(plain)
    return inspections().job(key), inspections().finished(key)


def figure_in(context: bpy.types.Context) -> bpy.types.Object | None:
    """Return the figure that the Result panel is about."""
    if context.scene is None:
        return None
    return chosen_figure(
        cast("bpy.types.Scene", context.scene), context.active_object, fit_runs().last_figure
    )


def figure_facts(armature: bpy.types.Object | None) -> FigureFacts | None:
    """Return the known facts of a figure."""
    if armature is None:
        return None
    group = stored_group(armature)
    return FigureFacts(
        name=armature.name,
        report=stored_report(armature),
        file_name=group.text("file"),
        made=made_choices(armature),
        has_camera=camera_of(armature) is not None,
        standing=group.text("standing"),
        doubtful=group.flag("doubtful"),
        motion=stored_verdict(armature),
        takes_coming=late_fits().coming(group.text("token")),
    )
