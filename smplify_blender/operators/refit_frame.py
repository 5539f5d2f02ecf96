# pyright: basic
"""A motion fitted again around a frame whose keypoints were mended: seconds, in place."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any, cast

import bpy

from ..keypoints.openpose_file import PhotoSize, write_openpose
from ..result.errors import ResultError
from ..result.motion_frames import MotionFrames, read_motion_frames
from ..result.motion_verdict import Verdict
from ..result.read_sequence import read_verdicts
from ..scene.created import remove_block
from ..scene.keypoints.frame_points import PointsFrame, frame_of
from ..scene.keypoints.mesh import read_keypoints, stored_photo
from ..scene.motion.frame_facts import kept_motion_file
from ..scene.motion.replace_motion import refit_reason, replace_motion
from ..session.fit_run import FitRun, fit_runs
from ..session.fit_session import session
from ..settings.motion_settings import shape_again
from ..settings.scene_choices import engine_of
from .fit_steps import FitOperator, FitStartError

FOLDER = "smplify_refits"  # in Blender's own temporary folder of this session
FILE = "person_00_motion.npz"
OPEN_BODY = "open"  # how the names of the bodies that ship begin


class SMPLIFY_OT_refit_frame(FitOperator, bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Fit the motion again around the frame whose keypoints were mended: half a second on both sides may change"""

    bl_idname = "smplify.refit_frame"
    bl_label = "Refit Around This Frame"

    points: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Points", description="The object of the frame's keypoints", options={"HIDDEN", "SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Nothing running."""
        if fit_runs().current is not None:
            cls.poll_message_set("A fit runs already: wait, or cancel it with Esc")
            return False
        return context.scene is not None

    def begin(self, context: bpy.types.Context) -> FitRun:
        """See `FitOperator`."""
        scene = cast("bpy.types.Scene", context.scene)
        thing = bpy.data.objects.get(self.points) if self.points else context.active_object
        frame = frame_of(thing)
        if thing is None or frame is None:
            raise FitStartError("Mend a frame's keypoints first: Motion ▸ Mend This Frame")
        content, reason = kept_motion_file(frame.figure), refit_reason(frame.figure)
        if reason or content is None:
            raise FitStartError(reason)
        try:
            before = read_motion_frames(content, frame.figure.name)
            folder = Path(bpy.app.tempdir) / FOLDER / uuid.uuid4().hex
            words = _words(thing, frame, folder, content)
        except (ResultError, OSError) as error:
            raise FitStartError(str(error)) from error
        engine = engine_of(context)
        if not before.model.startswith(OPEN_BODY) and engine.own_model is not None:
            words += ["--model", str(engine.own_model)]
        job = session().request("refit", words, engine.python)
        run = FitRun(job, uuid.uuid4().hex, folder / "out", scene.name)
        names = (frame.figure.name, thing.name)
        run.finish = lambda: _take_over(scene.name, names, before, run.folder)
        fit_runs().begin(run)
        return run


def _words(thing: bpy.types.Object, frame: PointsFrame, folder: Path, content: bytes) -> list[str]:
    """Write the files of a refit and return the words of its command line. Raises `ResultError` and OSError."""
    keypoints, photo = read_keypoints(thing), stored_photo(thing)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_bytes(content)
    write_openpose(
        folder / "frame.json", [keypoints.table()], PhotoSize(photo.size, 1, photo.people.detector)
    )
    words = [str(folder / FILE), str(folder / "frame.json"), "--frame", str(frame.clip_frame)]
    pinned = keypoints.pinned_names()
    return [*words, "--out", str(folder / "out"), *(("--pin", ",".join(pinned)) if pinned else ())]


def _take_over(scene_name: str, names: tuple[str, str], before: MotionFrames, folder: Path) -> str:
    """Bring the new motion into the figure, and take the mended points away; return an error in words."""
    armature, thing = (bpy.data.objects.get(name) for name in names)
    scene = bpy.data.scenes.get(scene_name)
    if armature is None or scene is None:
        return f"“{names[0]}” is not in the file any more"
    try:
        content = (folder / FILE).read_bytes()
        after = read_motion_frames(content, FILE)
        verdict = read_verdicts(folder).get(FILE, Verdict(""))
        replace_motion(armature, scene, (before, after), content, verdict)
        shape_again(armature, scene)
    except (ResultError, OSError) as error:
        return str(error)
    if thing is not None:
        mesh: Any = thing.data
        remove_block(thing)
        if mesh.users == 0:
            remove_block(mesh)
    layer = cast("bpy.types.ViewLayer", bpy.context.view_layer)
    if armature.name in layer.objects:
        armature.select_set(True)
        layer.objects.active = armature
    if not bpy.app.background:
        bpy.ops.ed.undo_push(message="Refit Around Frame")
    return ""
