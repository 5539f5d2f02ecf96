# pyright: basic
"""What an import leaves selected."""

from __future__ import annotations

import bpy

from ..scene.build_figure import BuiltResult


def select_figures(built: BuiltResult, view_layer: bpy.types.ViewLayer) -> None:
    """As Blender's own importers do: what is new is selected and nothing else."""
    for other in view_layer.objects:
        other.select_set(False, view_layer=view_layer)
    for figure in built.figures:
        figure.armature.select_set(True, view_layer=view_layer)
    view_layer.objects.active = built.figures[0].armature
