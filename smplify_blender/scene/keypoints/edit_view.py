# pyright: basic
"""The things that an edit of keypoints hides from the view or shows in it: figures that cover the photo, and the photo behind
a camera of the user's that shows none. Both are marked where they are stored, so that undo and redo take the mark along, and
whoever finds a mark without an edit can put things back.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import bpy

from ..created import Created, remove_block
from ..photo.camera_site import CAMERA_PROPERTY
from ..photo.plate import MARK as PLATE_MARK
from ..photo.plate import photo_plate

# On a view layer: the names of what an edit has hidden in it. There, as what is hidden is stored there too: of what changes
# without an undo step, undo gives back whole data-blocks or nothing.
HIDDEN = "smplify_hidden"
SEPARATOR = "\n"
PHOTO_SHOWN = "smplify_photo_shown"  # on a camera: an edit shows a photo behind it; what was there before


@dataclass(frozen=True)
class UprightPhoto:
    """A photo on disk, its EXIF orientation, and its size when upright, px."""

    path: Path
    orientation: int
    size: tuple[int, int]


def figure_parts(view_layer: bpy.types.ViewLayer, thing: bpy.types.Object) -> list[bpy.types.Object]:
    """The figures that stand before the points' camera, with what is parented to them; they cover the photo."""
    if thing.parent is None:
        return []
    armatures = [other for other in bpy.data.objects if other.get(CAMERA_PROPERTY) == thing.parent]
    parts = [part for armature in armatures for part in (armature, *armature.children_recursive)]
    shown = set(view_layer.objects)
    return [part for part in parts if part in shown]


def hide_figures(
    view_layer: bpy.types.ViewLayer, thing: bpy.types.Object, until_edit_ends: bool = True
) -> None:
    """As the eye in the outliner does; what the user has hidden already stays theirs."""
    parts = [part for part in figure_parts(view_layer, thing) if not part.hide_get(view_layer=view_layer)]
    for part in parts:
        part.hide_set(True, view_layer=view_layer)
    if until_edit_ends:
        _mark_hidden(view_layer, {*_marked_hidden(view_layer), *(part.name for part in parts)})


def show_figures(view_layer: bpy.types.ViewLayer, thing: bpy.types.Object) -> None:
    """Show every part of the figures of these keypoints again, whoever has hidden it."""
    parts = figure_parts(view_layer, thing)
    for part in parts:
        part.hide_set(False, view_layer=view_layer)
    _mark_hidden(view_layer, _marked_hidden(view_layer) - {part.name for part in parts})


def _marked_hidden(view_layer: bpy.types.ViewLayer) -> set[str]:
    stored = view_layer.get(HIDDEN, "")
    return set(stored.split(SEPARATOR)) - {""} if isinstance(stored, str) else set()


def _mark_hidden(view_layer: bpy.types.ViewLayer, names: set[str]) -> None:
    if names:
        view_layer[HIDDEN] = SEPARATOR.join(sorted(names))
    elif HIDDEN in view_layer:
        del view_layer[HIDDEN]


def show_photo(camera: bpy.types.Object, photo: UprightPhoto) -> None:
    """Behind a camera that shows no picture; one whose picture is only switched off is switched on. Raises `ResultError`."""
    data = cast("bpy.types.Camera", camera.data)
    if data.library is not None or data.override_library is not None:
        return
    has_own = any(
        background.show_background_image and (background.image is not None or background.clip is not None)
        for background in data.background_images
    )
    if has_own and data.show_background_images:
        return
    if not has_own:
        background = data.background_images.new()
        background.image = photo_plate(photo.path, photo.orientation, photo.size, Created())
        background.alpha, background.display_depth, background.frame_method = 1.0, "BACK", "FIT"
    data[PHOTO_SHOWN] = {"shown": data.show_background_images, "added": not has_own}
    data.show_background_images = True


def put_back(edited: Collection[bpy.types.Object]) -> None:
    """Undo what edits have hidden and shown, but for the points in `edited`, whose edits go on."""
    for view_layer in [view_layer for scene in bpy.data.scenes for view_layer in scene.view_layers]:
        if HIDDEN in view_layer:
            _show_forgotten(view_layer, edited)
    cameras = {thing.parent.data for thing in edited if thing.parent is not None}
    for camera in [camera for camera in bpy.data.cameras if PHOTO_SHOWN in camera and camera not in cameras]:
        _take_photo_away(camera)


def _show_forgotten(view_layer: bpy.types.ViewLayer, edited: Collection[bpy.types.Object]) -> None:
    covering = {part.name for thing in edited for part in figure_parts(view_layer, thing)}
    hidden = _marked_hidden(view_layer)
    for name in hidden - covering:
        part = view_layer.objects.get(name)
        if part is not None:
            part.hide_set(False, view_layer=view_layer)
    _mark_hidden(view_layer, hidden & covering)


def _take_photo_away(camera: bpy.types.Camera) -> None:
    before = camera.pop(PHOTO_SHOWN)
    added = bool(before.get("added")) if hasattr(before, "get") else False
    for background in [background for background in camera.background_images if added]:
        plate = background.image
        if plate is not None and plate.get(PLATE_MARK):
            background.image = None  # or the image would still count a user
            camera.background_images.remove(background)
            if plate.users == 0:
                remove_block(plate)
    camera.show_background_images = bool(before.get("shown")) if hasattr(before, "get") else True
