# pyright: basic
"""A text for a bug report: into a text block and the clipboard."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import bpy

from ..session.diagnostics import diagnostics
from ..session.engine_checks import last_check
from ..session.fit_session import session
from ..settings.scene_choices import engine_of

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems

TEXT_NAME = "SMPLify diagnostics"


class SMPLIFY_OT_diagnostics(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Write versions, engine, model hashes and the last messages to a text block and the clipboard, without your paths"""

    bl_idname = "smplify.diagnostics"
    bl_label = "Copy Diagnostics"

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Write it; the text block of an earlier time is written anew."""
        blender = [f"Blender: {bpy.app.version_string} ({bpy.app.build_platform!s})"]
        engine = engine_of(context)
        text = diagnostics(blender, engine, session(), last_check(engine.python))
        block = bpy.data.texts.get(TEXT_NAME) or bpy.data.texts.new(TEXT_NAME)
        block.from_string(text)
        if not bpy.app.background:
            cast("bpy.types.WindowManager", context.window_manager).clipboard = text
        self.report({"INFO"}, f"In the text “{TEXT_NAME}” and on the clipboard")
        return {"FINISHED"}
