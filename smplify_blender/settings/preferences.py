# pyright: basic
"""The choices made once for a computer: the engine, model and prior files. Never stored in a .blend."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import bpy

from ..fit_process.messages import Engines
from ..session.fit_request import EngineChoice
from ..session.fit_session import Job
from ..torch_environment.drawing import draw_environment

DEVICES = (
    ("auto", "Automatic", "The GPU where it pays, else the processor"),
    ("cuda", "CUDA", "An NVIDIA or AMD GPU"),
    ("mps", "Metal", "An Apple GPU"),
    ("cpu", "CPU", "The processor"),
)


class SMPLIFY_AP_preferences(bpy.types.AddonPreferences):  # noqa: N801 - Blender's naming rule
    """The add-on's preferences."""

    bl_idname = __package__ or ""  # `registration.register` sets the extension's own name

    engine: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Engine",
        description="What computes a fit",
        items=(
            ("BUILT_IN", "Built In", "NumPy in Blender's own Python: nothing to set up"),
            (
                "PYTHON",
                "Python with PyTorch",
                "A Python of yours that has PyTorch, for a GPU and many people at once",
            ),
        ),
    )
    python_path: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Python",
        description="The program, for example …/venv/bin/python or …\\venv\\Scripts\\python.exe. It is started by a fit",
        subtype="FILE_PATH",
    )
    device: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Device", description="Where PyTorch computes", items=DEVICES
    )
    model_file: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Model File",
        description="Your SMPL-X, SMPL-H or SMPL file (.npz or .pkl); wins over the folder",
        subtype="FILE_PATH",
    )
    model_folder: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Model Folder",
        description="The folder that holds smplx, smplh or smpl with one file a gender",
        subtype="DIR_PATH",
    )
    gender: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Default Gender",
        description="Variant of the body where a scene asks for the default",
        items=(
            (
                "automatic",
                "Automatic",
                "The body that the person's proportions ask for, neutral where they do not tell",
                "NONE",
                4,
            ),
            ("neutral", "Neutral", "The mean of female and male bodies", "NONE", 0),
            ("female", "Female", "A female body", "NONE", 1),
            ("male", "Male", "A male body", "NONE", 2),
            ("child", "Child", "A child's body, where the model has one", "NONE", 3),
        ),  # numbers as earlier versions have stored them
        default="automatic",
    )
    prior_file: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Pose Prior",
        description="Your own pose prior (gmm_08.pkl, VPoser) instead of the one that ships; empty: the one that ships",
        subtype="FILE_PATH",
    )

    detector_path: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Detector",
        description="Your own detector of people in photos: a network (.onnx, RTMW or DWPose; needs onnxruntime in the Python "
        "that fits) or an openpose program, which is run. Empty: the one that ships",
        subtype="FILE_PATH",
    )

    def draw(self, _context: bpy.types.Context) -> None:
        """Engine, model, prior, and what to do when something is wrong."""
        layout = cast("bpy.types.UILayout", self.layout)
        layout.use_property_split = True
        layout.use_property_decorate = False
        column = layout.column()
        column.row().prop(self, "engine", expand=True)
        if self.engine == "PYTHON":
            column.prop(self, "python_path")
            column.prop(self, "device")
            draw_environment(layout)
        self._draw_check(layout)
        column = layout.column()
        column.prop(self, "model_file")
        column.prop(self, "model_folder")
        column.prop(self, "gender")
        column.prop(self, "prior_file")
        column.prop(self, "detector_path")
        layout.operator("smplify.diagnostics", icon="TEXT")

    def _draw_check(self, layout: bpy.types.UILayout) -> None:
        from ..session.engine_checks import last_check

        layout.operator("smplify.check_engine", icon="PLAY")
        choice = engine_choice(self)
        for text, icon in check_lines(choice, last_check(choice.python)):
            layout.label(text=text, icon=icon)  # type: ignore[arg-type]


def check_lines(choice: EngineChoice, job: Job | None) -> list[tuple[str, str]]:
    """Return the outcome of the last check in words, with icons."""
    if choice.problem:
        return [(choice.problem, "ERROR")]
    if job is None:
        return []
    if job.running:
        return [("Asking …", "TIME")]
    if job.failed is not None:
        return [(job.failed.text, "ERROR")]
    found = cast("Engines", job.done)
    lines = [(f"Core {found.version}, Python {found.python}, NumPy {found.numpy}", "CHECKMARK")]
    if choice.python is None:
        return lines
    lines.append(
        (f"PyTorch {found.torch}", "CHECKMARK") if found.torch is not None else (found.torch_error, "ERROR")
    )
    for device in found.devices:
        memory = "" if device.memory_gb is None else f", {device.memory_gb:g} GB"
        lines.append((f"{device.name}: {device.label}{memory}", "MEMORY"))
    return lines


def preferences_of(context: bpy.types.Context) -> SMPLIFY_AP_preferences | None:
    """Return the add-on's preferences; None where Blender has none for it (registered by a test, without an extension)."""
    addon = cast("Any", context.preferences).addons.get(SMPLIFY_AP_preferences.bl_idname)
    return addon.preferences if addon is not None else None


def engine_choice(preferences: SMPLIFY_AP_preferences | None) -> EngineChoice:
    """Return the preferences as the fit needs them, with what is wrong with them in words."""
    if preferences is None:
        return EngineChoice()
    own_model = _path(preferences.model_file) or _path(preferences.model_folder)
    uses_python = preferences.engine == "PYTHON"
    return EngineChoice(
        python=_path(preferences.python_path) if uses_python else None,
        device=preferences.device,
        own_model=own_model,
        prior=_path(preferences.prior_file),
        detector=_path(preferences.detector_path),
        gender=preferences.gender,
        problem="Choose the Python with PyTorch in the preferences, or the built-in engine"
        if uses_python and not preferences.python_path
        else "",
    )


def _path(text: str) -> Path | None:
    return Path(bpy.path.abspath(text)) if text else None
