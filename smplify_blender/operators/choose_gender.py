# pyright: basic
"""Chooses the body that is fitted by one click, and fits the figure that is there anew on it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import bpy

from ..session.fit_run import FitRun, fit_runs
from ..settings.properties import BODY_GENDERS, settings_of
from ..settings.scene_choices import figure_in
from ..settings.stored_choices import made_choices
from .fit_steps import FitOperator, start_fit
from .refit import choices_again

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems


class SMPLIFY_OT_choose_gender(FitOperator, bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Fit this body. A figure that is there is fitted anew at once"""

    bl_idname = "smplify.choose_gender"
    bl_label = "Choose Body"
    bl_options = {"INTERNAL"}  # noqa: RUF012 - Blender reads it so

    gender: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Gender", items=tuple((gender, gender.capitalize(), "") for gender in BODY_GENDERS)
    )

    @classmethod
    def description(cls, _context: bpy.types.Context, properties: bpy.types.OperatorProperties) -> str:
        """Return the tooltip of one of the buttons."""
        return _TOOLTIPS[properties.gender]  # type: ignore[attr-defined]

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[OperatorReturnItems]:
        """Choose, and fit the figure anew if there is one."""
        if bpy.app.background:
            return self.execute(context)
        return super().invoke(context, event) if self._choose(context) else {"FINISHED"}

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Do the same for scripts and in the background, and wait for it."""
        return super().execute(context) if self._choose(context) else {"FINISHED"}

    def begin(self, context: bpy.types.Context) -> FitRun:
        """See `FitOperator`."""
        armature = cast("bpy.types.Object", figure_in(context))
        choices, _ = choices_again(context, armature)
        return start_fit(context, replace(choices, gender=self.gender), None, armature.name)

    def _choose(self, context: bpy.types.Context) -> bool:
        """Keep the choice in the scene; return True if a figure is to be fitted anew.

        That is one that holds its fit and was fitted with another choice, where nothing is in the way.
        """
        settings_of(cast("bpy.types.Scene", context.scene)).gender = self.gender
        if fit_runs().current is not None or context.mode != "OBJECT":
            return False
        armature = figure_in(context)
        made = made_choices(armature) if armature is not None else None
        return made is not None and made.gender != self.gender


_TOOLTIPS = {
    "automatic": "The body that the person's proportions ask for: female, male or child, and neutral where they do not tell",
    "neutral": "The mean of female and male bodies",
    "female": "A female body",
    "male": "A male body",
    "child": "A child's body, where the model has one",
}
