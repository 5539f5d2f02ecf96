# pyright: basic
"""Make an environment with PyTorch: the commands shown and confirmed, then run in the background."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, cast

import bpy

from ..fit_process.command import FitProcessError
from ..torch_environment.commands import (
    EnvironmentPlan,
    environment_plan,
    environment_python,
    variants,
    wrapped,
)
from ..torch_environment.run import EnvironmentRun
from ..torch_environment.state import (
    POLL_SECONDS,
    begin,
    environment_folder,
    is_busy,
    look,
    offline_reason,
    own_preferences,
)

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems

DIALOG_WIDTH = 680
LINE_CHARACTERS = 108  # of the small letters that fit into the dialog's width

VARIANT_ITEMS = {
    "GPU": ("GPU", "GPU", "With support for this computer's graphics card: CUDA (NVIDIA), on a Mac Metal"),
    "CPU": ("CPU", "Processor Only", "A far smaller download, without a graphics card"),
}


def _variant_items(_self: Any, _context: Any) -> list[tuple[str, str, str]]:
    return [VARIANT_ITEMS[name] for name in variants()] or [VARIANT_ITEMS["CPU"]]


class SMPLIFY_OT_create_environment(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Download PyTorch into a Python environment of the add-on's own. Shows the commands before"""

    bl_idname = "smplify.create_environment"
    bl_label = "Create Environment…"

    variant: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="PyTorch For", description="What PyTorch shall compute with", items=_variant_items
    )
    index_url: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Package Index",
        description="For studios with a mirror of their own: the URL of the package index. Empty: the usual one",
        options={"SKIP_SAVE"},
    )

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        """Explain in words what stands in the way."""
        problem = why_not()
        if problem:
            cls.poll_message_set(problem)
        return not problem

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[OperatorReturnItems]:
        """The dialog with the commands."""
        try:
            self._plan()
        except FitProcessError as problem:
            self.report({"ERROR"}, str(problem))
            return {"CANCELLED"}
        manager = cast("Any", context.window_manager)
        return manager.invoke_props_dialog(
            self, width=DIALOG_WIDTH, title="Create an Environment with PyTorch", confirm_text="Download and Install"
        )  # fmt: skip

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw the commands that will be run, their sources, their target and the amount of data."""
        layout = cast("bpy.types.UILayout", self.layout)
        column = layout.column()
        column.use_property_split = True
        column.use_property_decorate = False
        column.row().prop(self, "variant", expand=True)
        column.prop(self, "index_url", placeholder="the usual one")
        try:
            plan = self._plan()
        except FitProcessError as problem:
            layout.label(text=str(problem), icon="ERROR")
            return
        box = layout.box().column(align=True)
        box.scale_y = 0.75
        for text in plan_lines(plan):
            box.label(text=text)
        source = plan.source
        layout.label(
            text=f"About {source.download_gb:g} GB to download, {source.disk_gb:g} GB on the disk. {source.reason}.",
            icon="INFO",
        )
        layout.label(
            text="Everything goes into the add-on's own folder; Remove Environment deletes it.", icon="BLANK1"
        )
        problem = offline_reason()
        if problem:
            row = layout.row()
            row.alert = True
            row.label(text=f"Nothing can be downloaded now. {problem}", icon="ERROR")

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Start; in background mode wait for the end and say what happens."""
        problem = offline_reason()
        if problem:
            self.report({"ERROR"}, f"Nothing was downloaded. {problem}")
            return {"CANCELLED"}
        try:
            run = EnvironmentRun(self._plan().order())
        except (FitProcessError, OSError) as problem:
            self.report({"ERROR"}, str(problem))
            return {"CANCELLED"}
        begin(run, _made)
        if not bpy.app.background:
            self.report({"INFO"}, "The environment is being made; the preferences show how far it is")
            return {"FINISHED"}
        wait_for(run)
        if run.failed:
            self.report({"ERROR"}, run.failed)
        return {"FINISHED"} if run.succeeded else {"CANCELLED"}

    def _plan(self) -> EnvironmentPlan:
        folder = environment_folder(create=True)
        if folder is None:
            raise FitProcessError("Only the installed extension can make an environment.")
        return environment_plan(folder, self.variant, self.index_url.strip())


def why_not() -> str:
    """Explain why there is nothing to make now, and the next step. Going online is asked last: commands can be read without."""
    folder = environment_folder()
    if folder is None:
        return "Only the installed extension can make an environment"
    if is_busy():
        return "It is being made or removed already"
    if environment_python(folder) is not None:
        return "There is one already: remove it first"
    return ""


def plan_lines(plan: EnvironmentPlan) -> list[str]:
    """The commands as they are, each on lines that fit."""
    return [line for step in plan.steps for line in wrapped("$ " + step.shown, LINE_CHARACTERS)]


def wait_for(run: EnvironmentRun) -> None:
    """In background mode: show the log until the run has ended."""
    shown = 0
    while True:
        going_on = look()
        for line in run.log[shown:]:
            sys.stdout.write(line + "\n")
        shown = len(run.log)
        sys.stdout.flush()
        if not going_on:
            return
        time.sleep(POLL_SECONDS)


def _made(run: EnvironmentRun) -> None:
    """Choose the new Python and ask it what it can do."""
    python = environment_python(run.folder)
    preferences = own_preferences(bpy.context)
    if not run.succeeded or python is None or preferences is None:
        return
    preferences.engine, preferences.python_path = "PYTHON", str(python)
    cast(
        "Any", bpy.context.preferences
    ).is_dirty = True  # saved at the end where Blender saves preferences by itself
    operators: Any = bpy.ops
    operators.smplify.check_engine()
