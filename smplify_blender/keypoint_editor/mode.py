# pyright: basic
"""What the window is set to while keypoints are edited, and given back however the edit ends.

Edits end by Done, by Tab, by undo, by another scene or file, by the removal of the object; no operator hears of all of these.
So a timer looks, only while an edit goes on, and handlers start it where one may have begun or come back without an operator.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import bpy
from bpy.app.handlers import persistent

from ..result.errors import ResultError
from ..scene.keypoints.edit_view import UprightPhoto, hide_figures, put_back, show_photo
from ..scene.keypoints.mesh import is_keypoints, stored_photo
from ..settings.scene_choices import choices_of, engine_of
from .drawing import edited_object
from .status import hide_help, show_help, somebody_tells

WATCH_SECONDS = 0.2
DRAG_TOOL = "builtin.select"  # Blender's Tweak tool: a drag on a point moves it
DEFAULT_TOOL = "builtin.select_box"  # Blender's own
VERTICES = (True, False, False)
OWN_TOOL = "smplify_tool"  # on a workspace: the user's own tool for meshes
SELECT_MODE = "smplify_select_mode"  # on a scene: the user's own


@dataclass
class _Edits:
    """`going_on`: names of objects in edit mode, in whatever scene; `in_sight`: those of a window's scene. `select_modes` are
    the user's own by scene. `look_again`: undo or a file may have changed everything.
    """

    going_on: set[str] = field(default_factory=set[str])
    in_sight: set[str] = field(default_factory=set[str])
    select_modes: dict[str, tuple[bool, ...]] = field(default_factory=dict[str, tuple[bool, ...]])
    look_again: bool = False


_edits = _Edits()


def begin_edit(context: Any, thing: bpy.types.Object) -> None:
    """Give points that are in edit mode already a free sight of the photo and, in a window, the drag tool."""
    _edits.going_on.add(thing.name)
    _edits.in_sight.add(thing.name)
    hide_figures(context.view_layer, thing)
    _show_photo(context.scene, thing)
    _select_vertices(context.scene)
    if not bpy.app.background and context.window is not None:
        _take_drag_tool(context.workspace)
        show_help()
        _start_watching()


def settle_edits() -> bool:
    """Begin what has come back by undo or Tab, put back what has ended; whether any edit goes on."""
    here = _in_windows()
    for window, thing in here:
        if thing.name not in _edits.in_sight:
            with bpy.context.temp_override(window=window):
                begin_edit(bpy.context, thing)
    _edits.in_sight = {thing.name for _, thing in here}
    edited = {thing.name: thing for thing in (*_still_edited(), *(thing for _, thing in here))}
    if _edits.look_again or _edits.going_on - edited.keys():
        put_back(edited.values())
    _edits.going_on, _edits.look_again = set(edited), False
    if not here:
        _give_back()
    elif not any(somebody_tells(window) for window, _ in here):
        show_help()
    return bool(edited)


def add_edit_handlers() -> None:
    """Have Blender tell of undo, files, and changes of mode."""
    for handlers, call in _handlers():
        handlers.append(call)


def remove_edit_handlers() -> None:
    """Take them back, with everything that an edit has changed; the points stay."""
    for handlers, call in _handlers():
        handlers.remove(call)
    _end_all()


def _end_all() -> None:
    if bpy.app.timers.is_registered(_watch):
        bpy.app.timers.unregister(_watch)
    put_back(())
    _give_back()
    _edits.going_on, _edits.in_sight = set(), set()


def _handlers() -> list[tuple[list[Any], Any]]:
    handlers: Any = bpy.app.handlers
    found = [(handlers.load_pre, _before_load), (handlers.load_post, _put_back_now)]
    found.append((handlers.save_pre, _put_back_now))
    if not bpy.app.background:
        found += [(handlers.undo_post, _look_again), (handlers.redo_post, _look_again)]
        found.append((handlers.depsgraph_update_post, _after_update))
    return found


@persistent
def _before_load(*_: Any) -> None:
    """Another file: the tool goes back, as the workspaces may stay."""
    _end_all()


@persistent
def _put_back_now(*_: Any) -> None:
    """A file that was saved in the middle of an edit; a script that has left edit mode by itself."""
    _edits.look_again = True
    settle_edits()
    if not bpy.app.background and _edits.going_on:
        _start_watching()


@persistent
def _look_again(*_: Any) -> None:
    _edits.look_again = True
    _start_watching()


@persistent
def _after_update(*_: Any) -> None:
    """Tab on points that nobody watches."""
    if not _edits.going_on and edited_object(bpy.context) is not None:
        _start_watching()


def _start_watching() -> None:
    if not bpy.app.timers.is_registered(_watch):
        bpy.app.timers.register(_watch, first_interval=0.0, persistent=True)


def _watch() -> float | None:
    return WATCH_SECONDS if settle_edits() else None


def _in_windows() -> list[tuple[bpy.types.Window, bpy.types.Object]]:
    manager = cast("bpy.types.WindowManager | None", bpy.context.window_manager)
    found = [(window, window.view_layer.objects.active) for window in (manager.windows if manager else ())]
    return [(window, thing) for window, thing in found if thing is not None and _is_edited(thing)]


def _still_edited() -> list[bpy.types.Object]:
    found = [bpy.data.objects.get(name) for name in _edits.going_on]
    return [thing for thing in found if thing is not None and _is_edited(thing)]


def _is_edited(thing: bpy.types.Object) -> bool:
    return is_keypoints(thing) and thing.mode == "EDIT"


def _show_photo(scene: bpy.types.Scene, thing: bpy.types.Object) -> None:
    """Behind the user's own camera, which has no picture of it; a photo that cannot be read is told elsewhere."""
    try:
        stored = stored_photo(thing)
        path = choices_of(scene, engine_of(bpy.context)).photo
        if thing.parent is not None and path is not None and path.name == stored.photo_name:
            show_photo(thing.parent, UprightPhoto(path, stored.orientation, stored.size))
    except ResultError:
        return


def _take_drag_tool(workspace: Any) -> None:
    """The user's own is kept in the workspace, for a file that is saved in the middle; undo does not reach it."""
    tool = workspace.tools.from_space_view3d_mode("EDIT_MESH", create=True).idname
    if OWN_TOOL not in workspace:
        workspace[OWN_TOOL] = tool or DEFAULT_TOOL  # nobody has been in edit mode yet
    if tool != DRAG_TOOL:
        _set_tool(workspace, DRAG_TOOL)


def _give_back() -> None:
    """The user's own tools and select modes, where they have chosen no others meanwhile; the status bar."""
    for workspace in [workspace for workspace in bpy.data.workspaces if OWN_TOOL in workspace]:
        own = str(cast("Any", workspace).pop(OWN_TOOL))
        used: Any = cast("Any", workspace).tools.from_space_view3d_mode("EDIT_MESH")
        if used is not None and used.idname == DRAG_TOOL:
            _set_tool(workspace, own)
    for scene in bpy.data.scenes:
        _give_back_select_mode(scene)
    hide_help()


def _select_vertices(scene: bpy.types.Scene) -> None:
    """Remembered here, as undo may not change it, and in the scene, for a file that is saved in the middle."""
    settings: Any = scene.tool_settings
    own = _edits.select_modes.setdefault(
        scene.name, _stored_select_mode(scene) or tuple(settings.mesh_select_mode)
    )
    scene[SELECT_MODE] = [bool(chosen) for chosen in own]
    settings.mesh_select_mode = VERTICES


def _stored_select_mode(scene: bpy.types.Scene) -> tuple[bool, ...]:
    """Return the three switches that a file was saved with; empty where it holds none, or none that could be meant."""
    stored: Any = scene.get(SELECT_MODE)
    values = list(stored) if hasattr(stored, "to_list") and len(stored) == len(VERTICES) else []
    return tuple(value == 1 for value in values) if any(value == 1 for value in values) else ()


def _give_back_select_mode(scene: bpy.types.Scene) -> None:
    own = _edits.select_modes.pop(scene.name, None) or _stored_select_mode(scene)
    settings: Any = scene.tool_settings
    if own and tuple(settings.mesh_select_mode) == VERTICES:
        settings.mesh_select_mode = tuple(bool(chosen) for chosen in own)
    if SELECT_MODE in scene:
        del scene[SELECT_MODE]


def _set_tool(workspace: Any, tool: str) -> None:
    """The tool of meshes in edit mode, whatever mode the window is in: Blender's operator asks what is being edited."""
    with _some_mesh() as mesh, bpy.context.temp_override(workspace=workspace, edit_object=mesh):
        bpy.ops.wm.tool_set_by_id(name=tool, space_type="VIEW_3D")


@contextmanager
def _some_mesh() -> Iterator[bpy.types.Object]:
    mesh = bpy.data.meshes.new("SMPLify")
    thing = bpy.data.objects.new("SMPLify", mesh)
    try:
        yield thing
    finally:
        bpy.data.objects.remove(thing)
        bpy.data.meshes.remove(mesh)
