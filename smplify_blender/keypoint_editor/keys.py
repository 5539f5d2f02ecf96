# pyright: basic
"""Keys while keypoints are edited. Elsewhere their operators' polls say no, and Blender's own meaning of the keys holds."""

from __future__ import annotations

from typing import Any, cast

import bpy

KEYS = (
    ("smplify.delete_keypoints", "X"),
    ("smplify.delete_keypoints", "DEL"),
    ("smplify.pin_keypoints", "P"),
)

_items: list[tuple[Any, Any]] = []


def add_keys() -> None:
    """Into the add-on's own key configuration, which the user can change in the preferences; none in the background."""
    configuration = cast("Any", bpy.context.window_manager).keyconfigs.addon
    if configuration is None:
        return
    keymap = configuration.keymaps.new(name="Mesh", space_type="EMPTY")
    for operator, key in KEYS:
        _items.append((keymap, keymap.keymap_items.new(operator, key, "PRESS")))


def remove_keys() -> None:
    """Take them back."""
    while _items:
        keymap, item = _items.pop()
        keymap.keymap_items.remove(item)
