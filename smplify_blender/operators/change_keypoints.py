# pyright: basic
"""The changes of points besides moving them: delete, bring back, add, pin, change sides. Each is one undo step."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import bpy

from ..keypoint_editor.drawing import edited_object
from ..keypoints.default_figure import with_part
from ..keypoints.names import SWAPS, Part, SwapGroup
from ..scene.keypoints.mesh import selected_rows
from .keypoint_steps import change, poll_editing, poll_points

if TYPE_CHECKING:
    from bpy.stub_internal.rna_enums import OperatorReturnItems

PART_ITEMS = (
    ("body", "Body", "Missing points of the body and feet"),
    ("face", "Face", "70 points of the face"),
    ("left_hand", "Left Hand", "21 points of the person's left hand"),
    ("right_hand", "Right Hand", "21 points of the person's right hand"),
)


class SMPLIFY_OT_swap_sides(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Exchange left and right, where a detector has taken one for the other"""

    bl_idname = "smplify.swap_sides"
    bl_label = "Swap Left and Right"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender reads it so

    group: bpy.props.EnumProperty(name="Points", items=SWAPS, default="arms")  # type: ignore[valid-type]

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """With points that are edited."""
        return poll_points(cls, context)

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """In edit mode or not."""
        return change(self, context, lambda keypoints: keypoints.swapped(cast("SwapGroup", self.group)))


class SMPLIFY_OT_pin_keypoints(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Pin the selected points: the fit has to meet them. Done again, they are free"""

    bl_idname = "smplify.pin_keypoints"
    bl_label = "Pin Keypoints"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender reads it so

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """While points are edited."""
        return poll_editing(cls, context)

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Pin all chosen points, or unpin them if all are pinned already."""
        rows = list(_selected(context))
        if not rows:
            self.report({"WARNING"}, "Select points first")
            return {"CANCELLED"}
        return change(
            self, context, lambda keypoints: keypoints.with_pins(rows, not bool(keypoints.pinned[rows].all()))
        )


class SMPLIFY_OT_delete_keypoints(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Delete the selected points: the fit looks at them no more. They can be brought back"""

    bl_idname = "smplify.delete_keypoints"
    bl_label = "Delete Keypoints"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender reads it so

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """While points are edited."""
        return poll_editing(cls, context)

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Their confidence becomes 0."""
        rows = _selected(context)
        if not rows:
            self.report({"WARNING"}, "Select points first")
            return {"CANCELLED"}
        return change(self, context, lambda keypoints: keypoints.deleted(rows))


class SMPLIFY_OT_restore_keypoints(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Bring every deleted point back to where it came from"""

    bl_idname = "smplify.restore_keypoints"
    bl_label = "Bring Back Deleted"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender reads it so

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """With points that are edited."""
        return poll_points(cls, context)

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Also what was deleted with Blender's own tools."""
        return change(self, context, lambda keypoints: keypoints.restored(keypoints.deleted_rows()))


class SMPLIFY_OT_add_keypoints(bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Add the missing points of a part where they are likely, to be dragged into place"""

    bl_idname = "smplify.add_keypoints"
    bl_label = "Add Missing Points"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - Blender reads it so

    part: bpy.props.EnumProperty(name="Part", items=PART_ITEMS)  # type: ignore[valid-type]

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """With points that are edited."""
        return poll_points(cls, context)

    def execute(self, context: bpy.types.Context) -> set[OperatorReturnItems]:
        """Deleted ones come back, the others come from the default figure."""
        return change(self, context, lambda keypoints: with_part(keypoints, cast("Part", self.part)))


def _selected(context: bpy.types.Context) -> tuple[int, ...]:
    thing = edited_object(context)
    return selected_rows(thing) if thing is not None else ()
