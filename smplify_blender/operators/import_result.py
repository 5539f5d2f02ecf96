# pyright: basic
"""File ▸ Import ▸ SMPL-X / SMPLify: a result folder, a result of another program, or a motion into the scene."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import bpy
from bpy_extras.io_utils import ImportHelper

from ..fit_process.messages import Failed
from ..result.chosen_file import holds_clip, holds_motion, own_folder
from ..result.errors import ResultError
from ..result.motion_tracks import MotionTiming
from ..result.read_motion import read_motion
from ..result.read_sequence import named_people, read_sequence
from ..scene.figure.build import BuiltResult
from ..scene.motion.build import BuiltMotion, build_motion, floor_notes
from ..scene.motion.build_sequence import SequencePlan, build_sequence
from ..scene.placing.place_fit import FitPlacement, place_fit
from ..session.conversion import Conversion, ConvertSettings, convert, kept_conversion
from ..session.fit_session import idle_session
from ..settings.motion_settings import ROOT_MOTIONS
from ..settings.preferences import engine_choice, preferences_of
from ..settings.properties import key_frame_in, path_of, photo_on_disk, settings_of
from .explain_file import SMPLIFY_OT_explain_file
from .select_figure import select_figures

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems

BODIES = (
    ("AUTO", "From Preferences", "Your model file if the preferences name one, else the open body"),
    ("OPEN", "Open Body", "The body that ships; the file's own shape means nothing on it"),
)
GENDERS = (
    ("FILE", "As in the File", "The gender that the file names, else neutral"),
    ("neutral", "Neutral", "The mean of female and male bodies"),
    ("female", "Female", "A female body"),
    ("male", "Male", "A male body"),
)
UP_AXES = (
    (
        "AUTO",
        "As the Figure Shows",
        "Usual for the kind of file, unless the figure lies or hangs head down with it",
    ),
    ("z", "Z Up", "As in Blender"),
    ("y", "Y Up", "As in the model's own rest pose"),
    ("camera", "Y Down", "As before a camera that looks along Z"),
    ("x", "X Up", "The upward axis is X"),
    ("x-down", "X Down", "X points down"),
    ("z-down", "Z Down", "Z points down"),
)
FRAME_RATES = (
    ("TRUE_TIME", "True Time", "Keep the scene's frame rate and place each key at its time"),
    ("ONE_PER_FRAME", "One Key a Frame", "Each key on the next frame, however long that takes"),
)
MOTION_FLOORS = (
    (
        "AUTO",
        "Automatic",
        "Use the file's floor; without one, or on another body, the soles'",
    ),
    ("FILE", "As in the File", "The file's own height"),
    ("SOLES", "Under the Soles", "Raise or lower the figure until its soles meet the floor"),
)
DROPPED_KINDS = ".npz;.pkl;.pk;.pt;.npy"  # .json is a keypoint file's, too: those are chosen in the dialog
# How the dialog calls what the core's messages begin with.
OPTION_NAMES = {
    "--photo": "Photo of the Sidebar",
    "--focal-px": "Focal Length (px)",
    "--fps": "File's Rate",
    "--up": "Up Axis",
    "--add-hand-mean": "Add Mean Hand",
    "--person": "Person in the File",
}
LAST_FRAME = 1_048_574  # of a scene of Blender's


class SMPLIFY_OT_import_result(bpy.types.Operator, ImportHelper):  # noqa: N801 - Blender's naming rule
    """Import fitted people, a SMPLify-X result or an AMASS motion as a rigged figure"""

    bl_idname = "smplify.import_result"
    bl_label = "Import SMPL-X"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender reads it so

    filename_ext = ".npz"
    filter_glob: bpy.props.StringProperty(
        default="*.npz;*.pkl;*.pk;*.pt;*.pth;*.npy;*.json", options={"HIDDEN"}
    )  # type: ignore[valid-type]
    # Not kept for the next time: a file that is dropped onto a view comes in here.
    filepath: bpy.props.StringProperty(subtype="FILE_PATH", maxlen=1024, options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]
    set_scene_camera: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Set Scene Camera and Resolution",
        description="Render the scene through the photo's camera at the photo's size",
        default=True,
    )
    set_scene_rate: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Set Frame Rate and Range",
        description="Give the scene the frame rate of the clip, exactly, and the range in which there is anybody",
        default=True,
    )
    show_clip: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Show the Clip Behind",
        description="Make the clip the background of its camera, frame for frame",
        default=True,
    )
    clip: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Clip",
        description="The movie, or the first of numbered images. Empty: the one of the clip's name in the folder or beside it",
        subtype="FILE_PATH",
        options={"SKIP_SAVE"},
    )
    # What one file leaves unsaid is not kept for the next (SKIP_SAVE): another file may have no use for it, and is refused then.
    body: bpy.props.EnumProperty(name="Body", description="The body that carries the pose", items=BODIES)  # type: ignore[valid-type]
    gender: bpy.props.EnumProperty(name="Gender", description="Variant of that body", items=GENDERS)  # type: ignore[valid-type]
    up_axis: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Up Axis",
        description="The upward axis of a motion's or pose's own world",
        items=UP_AXES,
        options={"SKIP_SAVE"},
    )
    add_hand_mean: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Add Mean Hand",
        description="Full hand poses of the file are relative to the model's mean hand (flat_hand_mean was off)",
        options={"SKIP_SAVE"},
    )
    person: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Person in the File",
        description="Which of several people, counted from 0. −1: the one of most frames",
        default=-1,
        min=-1,
        options={"SKIP_SAVE"},
    )
    use_sidebar_photo: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Photo of the Sidebar",
        description="The photo that the sidebar shows is the one that a SMPLify-X result was fitted to",
        options={"SKIP_SAVE"},
    )
    focal_px: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="Focal Length (px)",
        description="Of a SMPLify-X result. 0: the file's own, else 5000 as in that program",
        min=0.0,
        options={"SKIP_SAVE"},
    )
    start_frame: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Start Frame", description="Where the motion begins", default=1, min=-LAST_FRAME, max=LAST_FRAME
    )
    frame_rate: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Frame Rate", description="How the motion's rate meets the scene's", items=FRAME_RATES
    )
    frame_step: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Frame Step", description="Take only every nth frame of the file", default=1, min=1
    )
    file_fps: bpy.props.FloatProperty(  # type: ignore[valid-type]
        name="File's Rate",
        description="Frames a second of the motion. 0: as the file says",
        min=0.0,
        options={"SKIP_SAVE"},
    )
    floor: bpy.props.EnumProperty(
        name="Floor", description="The height at which the motion stands", items=MOTION_FLOORS
    )  # type: ignore[valid-type]
    extend_range: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Extend Frame Range",
        description="Make the scene's frame range hold the motion",
        default=True,
    )
    root_motion: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Root Motion", description="What carries the figure through the world", items=ROOT_MOTIONS
    )
    # What a redo works on: the conversion of the first run, and what it turned out to be.
    token: bpy.props.StringProperty(options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]
    kind: bpy.props.StringProperty(options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Bones are made in edit mode, which can only be entered from object mode."""
        if context.mode != "OBJECT":
            cls.poll_message_set("Leave the current mode for Object Mode first")
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> Any:
        """The file browser, unless a file was dropped."""
        if self.properties.is_property_set("filepath") and self.filepath:
            return self.execute(context)
        return ImportHelper.invoke(cast("Any", self), context, event)

    def draw(self, context: bpy.types.Context) -> None:
        """Everything in the file browser; in the redo panel what the file has a use for."""
        layout = cast("bpy.types.UILayout", self.layout)
        browser = cast("Any", context.space_data)
        if not self.kind and browser is not None and browser.type == "FILE_BROWSER":
            _draw_explain_button(layout, browser.params)
        layout.use_property_split = True
        layout.use_property_decorate = False
        groups = {
            "PHOTO": ("Result of a Photo", ("set_scene_camera",)),
            "CLIP": ("Result of a Clip", ("set_scene_rate", "show_clip", "clip")),
            "CAMERA": ("SMPLify-X and SMPLify", ("use_sidebar_photo", "focal_px")),
            "MOTION": (
                "Motion",
                ("start_frame", "frame_rate", "frame_step", "extend_range", "floor", "root_motion"),
            ),
            "START": ("Start", ("start_frame", "root_motion")),
            "WORLD": ("World", ("up_axis", "file_fps", "person")),
            "BODY": ("Body", ("body", "gender", "add_hand_mean")),
        }
        for name in SHOWN[self.kind]:
            title, properties = groups[name]
            column = layout.column(heading="")
            if not self.kind:
                column.label(text=title)
            for identifier in properties:
                column.prop(self, identifier)

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Convert where it is no folder of ours, read, build, select."""
        chosen = Path(self.filepath)
        folder = own_folder(chosen)
        found = None if folder is not None else self._converted(context, chosen)
        if isinstance(found, Failed):
            self.report({"ERROR"}, _in_words_of_the_dialog(found.text))
            return {"CANCELLED"}
        try:
            if found is not None:
                built = self._build(context, found.folder, "", chosen.stem)
            else:
                built = self._build(context, cast("Path", folder), chosen.name, cast("Path", folder).name)
        except ResultError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.kind = f"{'OWN' if found is None else 'FOREIGN'}_{_kind_of(built)}"
        select_figures(built, cast("bpy.types.ViewLayer", context.view_layer))
        self._tell(built, () if found is None else found.warnings)
        return {"FINISHED"}

    def _converted(self, context: bpy.types.Context, chosen: Path) -> Conversion | Failed:
        """The file as a result folder; the one that is there already where a redo changes only what is done with it."""
        settings = self._settings(context, chosen)
        kept = kept_conversion(self.token, settings)
        if kept is not None:
            return kept
        engine = engine_choice(preferences_of(context))
        window = cast("bpy.types.Window | None", context.window)
        if window is not None:
            window.cursor_modal_set("WAIT")
        try:
            with idle_session() as core:
                found = convert(settings, Path(bpy.app.tempdir), core, engine.python)
        finally:
            if window is not None:
                window.cursor_modal_restore()
        if isinstance(found, Conversion):
            self.token = found.token
        return found

    def _settings(self, context: bpy.types.Context, chosen: Path) -> ConvertSettings:
        engine = engine_choice(preferences_of(context))
        scene = cast("bpy.types.Scene", context.scene)
        return ConvertSettings(
            file=chosen,
            model=engine.own_model if self.body == "AUTO" else None,
            gender=None if self.gender == "FILE" else self.gender,
            vposer=engine.prior,
            photo=photo_on_disk(settings_of(scene)) if self.use_sidebar_photo else None,
            focal_px=self.focal_px or None,
            fps=self.file_fps or None,
            up=None if self.up_axis == "AUTO" else self.up_axis,
            add_hand_mean=self.add_hand_mean,
            person=None if self.person < 0 else self.person,
        )

    def _build(
        self, context: bpy.types.Context, folder: Path, file_name: str, name: str
    ) -> BuiltResult | BuiltMotion:
        scene = cast("bpy.types.Scene", context.scene)
        view_layer = cast("bpy.types.ViewLayer", context.view_layer)
        if folder.is_dir() and holds_clip(folder, file_name):
            return self._build_clip(scene, view_layer, folder, file_name)
        if folder.is_dir() and holds_motion(folder, file_name):
            timing = MotionTiming(
                self.start_frame,
                self.frame_rate,
                self.frame_step,
                self.floor,
                root_motion=self.root_motion,
            )
            return build_motion(read_motion(folder), name, scene, view_layer, timing, self.extend_range)
        placement = FitPlacement(
            folder,
            "",
            set_camera=self.set_scene_camera,
            copy=True,
            file_name=file_name,
            name="" if folder.name == name else name,
            frame=key_frame_in(scene),
            needs_report=False,
        )
        return place_fit(scene, view_layer, placement)

    def _build_clip(
        self, scene: bpy.types.Scene, view_layer: bpy.types.ViewLayer, folder: Path, file_name: str
    ) -> BuiltMotion:
        plan = SequencePlan(
            people=named_people(file_name),
            start=self.start_frame,
            set_rate=self.set_scene_rate,
            extend_range=self.extend_range,
            set_camera=self.set_scene_camera,
            show_clip=self.show_clip,
            clip=path_of(self.clip),
            root_motion=self.root_motion,
        )
        return build_sequence(read_sequence(folder), scene, view_layer, plan)

    def _tell(self, built: BuiltResult | BuiltMotion, warnings: tuple[str, ...]) -> None:
        notes = (*floor_notes(built), *built.notes) if isinstance(built, BuiltMotion) else ()
        for warning in (*warnings, *notes):
            self.report({"WARNING"}, _in_words_of_the_dialog(warning))
        if isinstance(built, BuiltMotion):
            words = f"{built.key_count} frames at {built.frames[0]:g} to {built.frames[1]:.5g}"
            self.report({"INFO"}, f"“{built.collection.name}”: {words}")
            return
        if built.plate is None:
            self.report({"WARNING"}, "There is no photo: the camera has no background picture")
        self.report({"INFO"}, f"{len(built.figures)} figure(s) in the collection “{built.collection.name}”")


def _kind_of(built: BuiltResult | BuiltMotion) -> str:
    if not isinstance(built, BuiltMotion):
        return "PHOTO"
    return "MOTION" if built.camera is None else "CLIP"


# Groups of options by what was imported; in the file browser that is not known yet.
SHOWN = {
    "": ("PHOTO", "CLIP", "CAMERA", "MOTION", "WORLD", "BODY"),
    "OWN_PHOTO": ("PHOTO",),
    "OWN_MOTION": ("MOTION",),
    "OWN_CLIP": ("PHOTO", "CLIP", "START"),
    "FOREIGN_PHOTO": ("PHOTO", "CAMERA", "BODY"),
    "FOREIGN_MOTION": ("MOTION", "WORLD", "BODY"),
}


class SMPLIFY_FH_import_dropped(bpy.types.FileHandler):  # noqa: N801 - Blender's naming rule
    """A result or motion dropped onto the 3D view."""

    bl_idname = "SMPLIFY_FH_import_dropped"
    bl_label = "SMPL-X / SMPLify result or motion"
    bl_import_operator = "smplify.import_result"
    bl_file_extensions = DROPPED_KINDS

    @classmethod
    def poll_drop(cls, context: bpy.types.Context) -> bool:
        """Onto a 3D view, in Object Mode."""
        area = cast("bpy.types.Area | None", context.area)
        return area is not None and area.type == "VIEW_3D" and context.mode == "OBJECT"


def _draw_explain_button(layout: Any, browser: Any) -> None:
    """Draw the button that explains the file that is marked in a file browser, else its folder."""
    path = "" if browser is None else os.path.join(os.fsdecode(browser.directory), browser.filename)
    row = layout.row()
    row.enabled = bool(path)
    row.operator(SMPLIFY_OT_explain_file.bl_idname, icon="QUESTION").filepath = path


def _in_words_of_the_dialog(text: str) -> str:
    """Return the core's message with the names that its options have in the file browser."""
    for option, name in OPTION_NAMES.items():
        text = text.replace(option, f"“{name}”")
    return text


def draw_menu_entry(menu: bpy.types.Menu, _context: bpy.types.Context) -> None:
    """The entry in File ▸ Import."""
    cast("bpy.types.UILayout", menu.layout).operator(
        SMPLIFY_OT_import_result.bl_idname, text="SMPL-X / SMPLify (.npz, .pkl, .pt, .npy, .json)"
    )
