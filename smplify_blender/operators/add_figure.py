# pyright: basic
"""Brings a finished fit of this session into the scene as figures: one undo step, with its own redo panel."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import bpy

from ..result.errors import ResultError
from ..scene.figure.build import BuiltResult
from ..scene.placing.floor import Floor
from ..scene.placing.place_fit import FitPlacement, place_fit
from ..session.result_store import FitRecord, record_of
from ..settings.properties import hide_other_photos, key_frame_in, settings_of
from ..settings.scene_choices import floor_in
from ..settings.stored_choices import choices_as_values
from .modes import USABLE, out_of_pose_mode
from .select_figure import select_figures

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class SMPLIFY_OT_add_figure(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Add the figures of a finished fit to the scene"""

    bl_idname = "smplify.add_figure"
    bl_label = "Add Fitted Figure"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}  # noqa: RUF012 - Blender reads it so

    token: bpy.props.StringProperty(options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]
    replaces: bpy.props.StringProperty(options={"HIDDEN", "SKIP_SAVE"})  # type: ignore[valid-type]
    copy: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="As a Copy",
        description="Add figures of their own, also where the photo's people stand in the scene already",
        options={"SKIP_SAVE"},
    )
    take: bpy.props.IntProperty(  # type: ignore[valid-type]
        name="Take",
        description="Which of the kept solutions, the best first",
        default=1,
        min=1,
        max=16,
        options={"SKIP_SAVE"},
    )

    def draw(self, _context: bpy.types.Context) -> None:
        """The redo panel: nothing in it runs the fit again."""
        layout = cast("bpy.types.UILayout", self.layout)
        layout.use_property_split = True
        layout.prop(self, "take")
        layout.prop(self, "copy")

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Bones are made in edit mode, which is entered from object mode."""
        return context.mode in USABLE and context.scene is not None

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Read, build, select."""
        record = record_of(self.token)
        if record is None:
            self.report({"ERROR"}, "The fit's files are gone. Fit again")
            return {"CANCELLED"}
        view_layer = cast("bpy.types.ViewLayer", context.view_layer)
        before = set(bpy.data.objects)
        try:
            with out_of_pose_mode(context):
                built = self._place(context, record)
                if any(figure.armature not in before for figure in built.figures):
                    select_figures(built, view_layer)
        except ResultError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        hide_other_photos(cast("bpy.types.Scene", context.scene), view_layer)
        for note in built.notes:
            self.report({"WARNING"}, note)
        for figure in built.figures:
            if figure.standing.text:
                level = "WARNING" if figure.standing.doubtful else "INFO"
                self.report({level}, f"{figure.armature.name}: {figure.standing.text}")
        self.report({"INFO"}, f"{len(built.figures)} figure(s) in the collection “{built.collection.name}”")
        return {"FINISHED"}

    def _place(self, context: bpy.types.Context, record: FitRecord) -> BuiltResult:
        scene = cast("bpy.types.Scene", context.scene)
        own_camera = record.choices.camera.mode == "SCENE_CAMERA"
        placement = FitPlacement(
            folder=record.shown,
            token=self.token,
            take=self.take - 1,
            scene_camera=scene.camera if own_camera else None,
            set_camera=settings_of(scene).set_scene_camera and not own_camera,
            floor=floor_in(scene) if own_camera else Floor(),
            replaces=bpy.data.objects.get(self.replaces) if self.replaces else None,
            copy=self.copy,
            name=record.choices.photo.stem if record.choices.photo is not None else "",
            frame=key_frame_in(scene),
            choices=choices_as_values(record.choices),
            meets_scene=bool(record.choices.contacts),
        )
        return place_fit(scene, cast("bpy.types.ViewLayer", context.view_layer), placement)
