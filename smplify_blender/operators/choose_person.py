# pyright: basic
"""The choice of who is fitted."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import bpy

from ..session.fit_request import EVERYBODY
from ..settings.properties import settings_of
from ..settings.scene_choices import is_video

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class SMPLIFY_OT_choose_person(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Fit this person of the photo or video"""

    bl_idname = "smplify.choose_person"
    bl_label = "Choose Person"
    bl_options = {"UNDO", "INTERNAL"}  # noqa: RUF012 - Blender reads it so

    person: bpy.props.IntProperty(name="Person", min=EVERYBODY)  # type: ignore[valid-type]

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Keep the choice in the scene."""
        scene = cast("bpy.types.Scene", context.scene)
        settings = settings_of(scene)
        if not is_video(scene):
            settings.person = self.person
        elif self.person == EVERYBODY:
            settings.clip_everybody = True
        else:
            settings.clip_everybody, settings.clip_person = False, self.person
        return {"FINISHED"}
