# pyright: basic
"""Sidebar, first: the photo, its keypoints, and who is fitted."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import bpy

from ..session.clip_looks import clip_looks, look_key
from ..session.clip_request import ClipChoices
from ..session.fit_request import FitChoices
from ..session.photo_preview import person_icon, preview_icon
from ..settings.properties import settings_of
from ..settings.scene_choices import (
    choices_of,
    clip_choices_of,
    engine_of,
    figure_in,
    inspection_for,
    is_video,
)
from .drawing import SidebarPanel, draw_texts, split_column
from .panel_state import photo_state, reading_options
from .people_state import PEOPLE_IN_WORDS, PersonChoice, track_choices

PEOPLE_A_ROW = 5
# Of Blender's icon height: large enough to know the photo; smaller once the Result panel needs the room.
PREVIEW_SCALE = 5.5
PREVIEW_SCALE_WITH_RESULT = 3.5


class SMPLIFY_PT_photo(SidebarPanel, bpy.types.Panel):  # noqa: N801 - Blender's naming rule
    """Photo, keypoints, people"""

    bl_idname = "SMPLIFY_PT_photo"
    bl_label = "Photo or Video"
    bl_order = 0

    def draw(self, context: bpy.types.Context) -> None:
        """Files, what is in them, who is meant, and the step that sets up the camera."""
        layout = cast("bpy.types.UILayout", self.layout)
        scene = cast("bpy.types.Scene", context.scene)
        layout.row().prop(settings_of(scene), "photo_source", expand=True)
        if is_video(scene):
            _draw_video(layout, settings_of(scene), clip_choices_of(scene, engine_of(context)))
            return
        choices = choices_of(scene, engine_of(context))
        inspection = inspection_for(choices)
        state = photo_state(choices, *inspection)
        _draw_files(layout, settings_of(scene), choices)
        for name in reading_options(choices, *inspection):
            layout.prop(settings_of(scene), name)
        icon = preview_icon(choices.photo) if choices.photo is not None else 0
        if icon:
            scale = PREVIEW_SCALE if figure_in(context) is None else PREVIEW_SCALE_WITH_RESULT
            layout.template_icon(icon_value=icon, scale=scale)
        draw_texts(layout, state.lines, context)
        if state.can_look:
            layout.operator("smplify.inspect_photo", text=state.look_text, icon="VIEWZOOM")
        _draw_people(layout, state.people, choices.photo)
        if choices.photo is not None and choices.camera.mode != "SCENE_CAMERA":
            row = layout.row()
            row.enabled = not state.set_up_reason
            row.operator("smplify.set_up_camera", icon="OUTLINER_OB_CAMERA")


def _draw_files(layout: Any, settings: Any, choices: FitChoices) -> None:
    column = layout.column()
    if settings.photo_source == "IMAGE":
        column.template_ID(settings, "photo_image", open="image.open")
    else:
        column.prop(settings, "photo_path", text="", placeholder="Photo")
    if choices.photo is None:
        return
    row = column.row(align=True)
    row.prop(settings, "keypoints_path", text="", placeholder="Keypoints (OpenPose JSON)")
    if choices.keypoints is not None:
        button = row.operator("smplify.explain_file", text="", icon="QUESTION")
        button.filepath = str(choices.keypoints)
        button.frame = -1 if choices.frame is None else choices.frame


def _draw_video(layout: Any, settings: Any, choices: ClipChoices) -> None:
    column = layout.column()
    column.prop(settings, "clip_path", text="", placeholder="Movie, or first of numbered images")
    if not settings.clip_path:
        column.label(text="Choose a video of people", icon="INFO")
        return
    column.prop(settings, "clip_keypoints", text="", placeholder="Keypoints (folder of JSON)")
    frames = split_column(layout)
    tracks = clip_looks().tracks(look_key(choices))
    for name in ("clip_first", "clip_last", "clip_step", *("clip_everybody",) * (not tracks)):
        frames.prop(settings, name)
    layout.operator(
        "smplify.look_at_clip", text="Look Again" if tracks else "Look for People", icon="VIEWZOOM"
    )
    _draw_people(layout, track_choices(tracks, choices.person), choices.clip)


def _draw_people(layout: Any, choices: tuple[PersonChoice, ...], photo: Path | None) -> None:
    column = layout.column(align=True)
    everybody, people = choices[:1], choices[1:]
    _draw_choices(column, everybody, photo)
    if len(people) > PEOPLE_IN_WORDS:
        column = column.grid_flow(columns=PEOPLE_A_ROW, even_columns=True, align=True, row_major=True)
    _draw_choices(column, people, photo)


def _draw_choices(layout: Any, choices: tuple[PersonChoice, ...], photo: Path | None) -> None:
    for choice in choices:
        row = layout.row(align=True)
        row.enabled = choice.usable
        face = person_icon(photo, choice.person) if photo is not None else 0
        shown = {"icon_value": face} if face else {"icon": choice.icon}
        row.operator(
            "smplify.choose_person", text=choice.text, depress=choice.chosen, **shown
        ).person = choice.person


class SMPLIFY_PT_photo_display(SidebarPanel, bpy.types.Panel):  # noqa: N801 - Blender's naming rule
    """Display of keypoints and people over the photo"""

    bl_idname = "SMPLIFY_PT_photo_display"
    bl_parent_id = "SMPLIFY_PT_photo"
    bl_label = "Display"
    bl_options = {"DEFAULT_CLOSED"}  # noqa: RUF012 - Blender reads it so

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Of use once there is a photo."""
        return bool(choices_of(cast("bpy.types.Scene", context.scene), engine_of(context)).photo)

    def draw(self, context: bpy.types.Context) -> None:
        """Switches of the view, and a second look for files that have changed."""
        column = split_column(self.layout)
        column.prop(settings_of(cast("bpy.types.Scene", context.scene)), "show_keypoints")
        cast("Any", self.layout).operator(
            "smplify.inspect_photo", text="Read Files Again", icon="FILE_REFRESH"
        )
