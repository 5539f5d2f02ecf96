# pyright: basic
"""Who of the photo is fitted."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import bpy

from ..session.fit_request import EVERYBODY
from ..settings.properties import settings_of

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class SMPLIFY_OT_choose_person(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Fit this person of the photo"""

    bl_idname = "smplify.choose_person"
    bl_label = "Choose Person"
    bl_options = {"UNDO", "INTERNAL"}  # noqa: RUF012 - Blender reads it so

    person: bpy.props.IntProperty(name="Person", min=EVERYBODY)  # type: ignore[valid-type]

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Keep the choice in the scene."""
        settings_of(cast("bpy.types.Scene", context.scene)).person = self.person
        return {"FINISHED"}
