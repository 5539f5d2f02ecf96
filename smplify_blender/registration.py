# pyright: basic
"""The registration of the add-on with Blender, in one list and taken back in reverse."""

from __future__ import annotations

from typing import Any

import bpy

from .fit_process.resident import stop_residents
from .headless.command import run_subcommand
from .keypoint_editor.drawing import start_drawing_keypoints, stop_drawing_keypoints
from .keypoint_editor.hover import add_hover, remove_hover
from .keypoint_editor.keys import add_keys, remove_keys
from .keypoint_editor.mode import add_edit_handlers, remove_edit_handlers
from .operators.add_figure import SMPLIFY_OT_add_figure
from .operators.cancel_environment import SMPLIFY_OT_cancel_environment
from .operators.cancel_fit import SMPLIFY_OT_cancel_fit
from .operators.change_keypoints import (
    SMPLIFY_OT_add_keypoints,
    SMPLIFY_OT_delete_keypoints,
    SMPLIFY_OT_pin_keypoints,
    SMPLIFY_OT_restore_keypoints,
    SMPLIFY_OT_swap_sides,
)
from .operators.check_engine import SMPLIFY_OT_check_engine
from .operators.choose_gender import SMPLIFY_OT_choose_gender
from .operators.choose_person import SMPLIFY_OT_choose_person
from .operators.choose_take import SMPLIFY_OT_choose_take
from .operators.clothes import SMPLIFY_OT_add_clothes, SMPLIFY_OT_take_off_clothes
from .operators.control_rig import (
    SMPLIFY_OT_add_control_rig,
    SMPLIFY_OT_bake_controls,
    SMPLIFY_OT_generate_rigify,
    SMPLIFY_OT_remove_control_rig,
    SMPLIFY_OT_remove_rigify,
    SMPLIFY_OT_switch_joint_limits,
    SMPLIFY_OT_switch_limb,
)
from .operators.copy_environment_log import SMPLIFY_OT_copy_environment_log
from .operators.create_environment import SMPLIFY_OT_create_environment
from .operators.deleted_cameras import add_camera_handlers, remove_camera_handlers
from .operators.diagnostics import SMPLIFY_OT_diagnostics
from .operators.edit_frame import SMPLIFY_OT_edit_frame
from .operators.edit_keypoints import SMPLIFY_OT_edit_keypoints
from .operators.explain_file import SMPLIFY_OT_explain_file
from .operators.export_figure import SMPLIFY_OT_export_figure, draw_export_entry
from .operators.face_actions import SMPLIFY_OT_use_expression, SMPLIFY_OT_use_face_actions
from .operators.face_parts import SMPLIFY_OT_add_face_parts, SMPLIFY_OT_remove_face_parts
from .operators.finish_keypoints import (
    SMPLIFY_OT_discard_keypoints,
    SMPLIFY_OT_finish_keypoints,
    SMPLIFY_OT_fit_keypoints,
    SMPLIFY_OT_save_keypoints,
)
from .operators.fit_bones import SMPLIFY_OT_fit_bones
from .operators.fit_clip import SMPLIFY_OT_fit_clip
from .operators.fit_photo import SMPLIFY_OT_fit_photo
from .operators.hide_cube import SMPLIFY_OT_hide_cube
from .operators.import_result import (
    SMPLIFY_FH_import_dropped,
    SMPLIFY_OT_import_result,
    draw_menu_entry,
)
from .operators.inspect_photo import SMPLIFY_OT_inspect_photo
from .operators.late_takes import add_take_handlers, remove_take_handlers
from .operators.look_at_clip import SMPLIFY_OT_look_at_clip
from .operators.look_through_camera import SMPLIFY_OT_look_through_camera
from .operators.make_cyclic import SMPLIFY_OT_make_cyclic
from .operators.mark_pose import SMPLIFY_OT_mark_pose
from .operators.new_stick_figure import SMPLIFY_OT_new_stick_figure
from .operators.open_dropped import SMPLIFY_FH_open_dropped, SMPLIFY_OT_open_dropped
from .operators.photo_texture import (
    SMPLIFY_OT_add_photo_texture,
    SMPLIFY_OT_remove_photo_texture,
    SMPLIFY_OT_switch_photo_texture,
)
from .operators.reduce_keys import SMPLIFY_OT_reduce_keys
from .operators.refit import SMPLIFY_OT_refit
from .operators.refit_frame import SMPLIFY_OT_refit_frame
from .operators.remove_environment import SMPLIFY_OT_remove_environment
from .operators.remove_figure import SMPLIFY_OT_remove_figure
from .operators.retarget import SMPLIFY_OT_guess_bones, SMPLIFY_OT_retarget
from .operators.root_motion import SMPLIFY_OT_root_motion
from .operators.select_figure import SMPLIFY_OT_select_figure
from .operators.set_up_camera import SMPLIFY_OT_set_up_camera
from .operators.set_up_render import SMPLIFY_OT_set_up_render, SMPLIFY_OT_take_back_render
from .operators.show_figure import SMPLIFY_OT_show_figure
from .operators.show_frame import SMPLIFY_OT_show_frame
from .operators.touch import SMPLIFY_OT_remove_contact, SMPLIFY_OT_switch_contact, SMPLIFY_OT_touch
from .operators.twist_bones import SMPLIFY_OT_switch_twist_bones
from .session.clip_looks import clip_looks
from .session.fit_run import fit_runs
from .session.fit_session import session
from .session.late_takes import late_fits
from .session.photo_inspection import inspections
from .session.photo_preview import remove_previews
from .session.timer import stop_watching
from .settings import motion_settings
from .settings import retarget as retarget_settings
from .settings.photo_looks import start_looking, stop_looking
from .settings.preferences import SMPLIFY_AP_preferences
from .settings.properties import SmplifySettings, add_to_scenes, remove_from_scenes
from .settings.retarget import SmplifyRetarget, SmplifyRetargetBone
from .sidebar.body_panel import SMPLIFY_PT_body
from .sidebar.camera_panel import SMPLIFY_PT_camera
from .sidebar.contact_drawing import start_drawing_contacts, stop_drawing_contacts
from .sidebar.contact_panel import SMPLIFY_PT_contact
from .sidebar.face_panel import SMPLIFY_PT_face
from .sidebar.fit_panel import SMPLIFY_PT_fit, SMPLIFY_PT_fit_options
from .sidebar.gender_pictures import remove_gender_pictures
from .sidebar.keypoints_panel import SMPLIFY_PT_keypoints
from .sidebar.live_drawing import start_drawing, stop_drawing
from .sidebar.motion_panel import SMPLIFY_PT_motion
from .sidebar.object_menu import SMPLIFY_MT_object, draw_object_menu
from .sidebar.photo_panel import SMPLIFY_PT_photo, SMPLIFY_PT_photo_display
from .sidebar.picture_panel import SMPLIFY_PT_picture
from .sidebar.result_panel import SMPLIFY_PT_result
from .sidebar.retarget_panel import SMPLIFY_PT_retarget, SMPLIFY_UL_retarget_bones
from .sidebar.rig_panel import SMPLIFY_PT_rig
from .sidebar.shape_panel import SMPLIFY_PT_shape
from .torch_environment.state import set_package, stop_making

CLASSES = (
    SMPLIFY_AP_preferences,
    SmplifySettings,
    SmplifyRetargetBone,
    SmplifyRetarget,
    motion_settings.SmplifyMotion,
    SMPLIFY_OT_import_result,
    SMPLIFY_FH_import_dropped,
    SMPLIFY_OT_export_figure,
    SMPLIFY_OT_inspect_photo,
    SMPLIFY_OT_explain_file,
    SMPLIFY_OT_choose_person,
    SMPLIFY_OT_choose_gender,
    SMPLIFY_OT_set_up_camera,
    SMPLIFY_OT_fit_photo,
    SMPLIFY_OT_fit_clip,
    SMPLIFY_OT_look_at_clip,
    SMPLIFY_OT_edit_frame,
    SMPLIFY_OT_refit_frame,
    SMPLIFY_OT_show_frame,
    SMPLIFY_OT_cancel_fit,
    SMPLIFY_OT_add_figure,
    SMPLIFY_OT_choose_take,
    SMPLIFY_OT_refit,
    SMPLIFY_OT_touch,
    SMPLIFY_OT_switch_contact,
    SMPLIFY_OT_remove_contact,
    SMPLIFY_OT_look_through_camera,
    SMPLIFY_OT_mark_pose,
    SMPLIFY_OT_set_up_render,
    SMPLIFY_OT_take_back_render,
    SMPLIFY_OT_add_clothes,
    SMPLIFY_OT_take_off_clothes,
    SMPLIFY_OT_add_face_parts,
    SMPLIFY_OT_remove_face_parts,
    SMPLIFY_OT_use_face_actions,
    SMPLIFY_OT_use_expression,
    SMPLIFY_OT_add_photo_texture,
    SMPLIFY_OT_switch_photo_texture,
    SMPLIFY_OT_remove_photo_texture,
    SMPLIFY_OT_select_figure,
    SMPLIFY_OT_remove_figure,
    SMPLIFY_OT_fit_bones,
    SMPLIFY_OT_add_control_rig,
    SMPLIFY_OT_remove_control_rig,
    SMPLIFY_OT_bake_controls,
    SMPLIFY_OT_switch_limb,
    SMPLIFY_OT_switch_joint_limits,
    SMPLIFY_OT_switch_twist_bones,
    SMPLIFY_OT_generate_rigify,
    SMPLIFY_OT_remove_rigify,
    SMPLIFY_OT_retarget,
    SMPLIFY_OT_guess_bones,
    SMPLIFY_OT_reduce_keys,
    SMPLIFY_OT_root_motion,
    SMPLIFY_OT_make_cyclic,
    SMPLIFY_OT_open_dropped,
    SMPLIFY_FH_open_dropped,
    SMPLIFY_OT_check_engine,
    SMPLIFY_OT_diagnostics,
    SMPLIFY_OT_create_environment,
    SMPLIFY_OT_cancel_environment,
    SMPLIFY_OT_remove_environment,
    SMPLIFY_OT_copy_environment_log,
    SMPLIFY_OT_add_keypoints,
    SMPLIFY_OT_delete_keypoints,
    SMPLIFY_OT_pin_keypoints,
    SMPLIFY_OT_restore_keypoints,
    SMPLIFY_OT_swap_sides,
    SMPLIFY_OT_edit_keypoints,
    SMPLIFY_OT_discard_keypoints,
    SMPLIFY_OT_finish_keypoints,
    SMPLIFY_OT_fit_keypoints,
    SMPLIFY_OT_save_keypoints,
    SMPLIFY_OT_new_stick_figure,
    SMPLIFY_OT_show_figure,
    SMPLIFY_OT_hide_cube,
    SMPLIFY_MT_object,
    SMPLIFY_PT_photo,
    SMPLIFY_PT_photo_display,
    SMPLIFY_PT_camera,
    SMPLIFY_PT_body,
    SMPLIFY_PT_fit,
    SMPLIFY_PT_fit_options,
    SMPLIFY_PT_result,
    SMPLIFY_PT_shape,
    SMPLIFY_PT_face,
    SMPLIFY_PT_contact,
    SMPLIFY_PT_rig,
    SMPLIFY_PT_motion,
    SMPLIFY_UL_retarget_bones,
    SMPLIFY_PT_retarget,
    SMPLIFY_PT_picture,
    SMPLIFY_PT_keypoints,
)
COMMAND = "smplify"

_command_handles: list[Any] = []


def register(package: str) -> None:
    """Register all classes, the menu entries and `blender --command smplify`.

    `package` is the extension's own name in Blender: the one that preferences and its folders go by.
    """
    SMPLIFY_AP_preferences.bl_idname = package
    set_package(package)
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    add_to_scenes()
    retarget_settings.add_to_scenes()
    motion_settings.add_to_objects()
    for menu, draw_entry in _menu_entries():
        menu.append(draw_entry)
    start_looking()
    start_drawing()
    start_drawing_keypoints()
    start_drawing_contacts()
    add_hover()
    add_keys()
    add_edit_handlers()
    add_camera_handlers()
    add_take_handlers()
    _command_handles.append(bpy.utils.register_cli_command(COMMAND, _run_subcommand))


def unregister() -> None:
    """Take back what `register` did; a fit that still runs is stopped."""
    _stop_work()
    while _command_handles:
        bpy.utils.unregister_cli_command(_command_handles.pop())
    for menu, draw_entry in reversed(_menu_entries()):
        menu.remove(draw_entry)
    retarget_settings.remove_from_scenes()
    motion_settings.remove_from_objects()
    remove_from_scenes()
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)


def _menu_entries() -> tuple[tuple[Any, Any], ...]:
    """Blender's menus with the function that draws this add-on's entry in each."""
    return (
        (bpy.types.TOPBAR_MT_file_import, draw_menu_entry),
        (bpy.types.TOPBAR_MT_file_export, draw_export_entry),
        (bpy.types.VIEW3D_MT_object, draw_object_menu),
    )


def _stop_work() -> None:
    """End every child and timer of this add-on, and remove its pictures."""
    stop_looking()
    stop_watching()
    stop_drawing()
    stop_drawing_keypoints()
    stop_drawing_contacts()
    remove_take_handlers()
    remove_camera_handlers()
    remove_edit_handlers()
    remove_keys()
    remove_hover()
    session().stop()
    fit_runs().end()
    late_fits().clear()
    inspections().clear()
    clip_looks().clear()
    remove_previews()
    remove_gender_pictures()
    stop_making()
    stop_residents()


def _run_subcommand(arguments: list[str]) -> int:
    """`blender --command smplify SUBCOMMAND …`; the return value becomes the exit code."""
    return run_subcommand(arguments, f"blender --command {COMMAND}")
