# pyright: basic
"""Let the figure stand, sit, lean on or hold a thing of the scene; switch and take away what it touches. Each fits it again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import bpy

from ..result.contacts import (
    ACTIONS,
    GROUND,
    ContactChoice,
    switched_contacts,
    with_contact,
    without_contact,
)
from ..result.errors import ResultError
from ..scene.contact.things import contact_with, others_before
from ..scene.figure.solutions import has_solutions
from ..session.fit_run import FitRun
from ..settings.properties import settings_of
from ..settings.refit_files import write_start
from ..settings.scene_choices import figure_in
from .fit_steps import FitStartError, start_fit
from .refit import RefitOperator, choices_again

Contacts = tuple[ContactChoice, ...]


class ContactOperator(RefitOperator):
    """The common part: the figure is fitted again with other contacts, in place, with one undo step."""

    def changed(self, context: bpy.types.Context, contacts: Contacts) -> Contacts:
        """Return the contacts of the new fit. Raises `FitStartError`."""
        raise NotImplementedError

    def begin(self, context: bpy.types.Context) -> FitRun:
        """See `FitOperator`."""
        return self.begin_for(context, cast("bpy.types.Object", figure_in(context)))

    def begin_for(self, context: bpy.types.Context, armature: bpy.types.Object) -> FitRun:
        """Start the fit of one figure. Raises `FitStartError`."""
        try:
            choices = choices_again(context, armature)
            start = write_start(armature)
        except ResultError as error:
            raise FitStartError(str(error)) from error
        choices = replace(choices, contacts=self.changed(context, choices.contacts))
        return start_fit(context, choices, start, armature.name)


class SMPLIFY_OT_touch(ContactOperator, bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Let the figure touch the picked object or collection. It is fitted again: moved, sized and bent a little until it does"""

    bl_idname = "smplify.touch"
    bl_label = "Touch"

    action: bpy.props.EnumProperty(  # type: ignore[valid-type]
        name="Action", items=tuple((action, words, "") for action, words in ACTIONS.items())
    )
    thing: bpy.props.StringProperty(  # type: ignore[valid-type]
        name="Thing",
        description="Name of an object or a collection, or “ground”; empty: the one that is picked",
        options={"SKIP_SAVE"},
    )

    everybody: bpy.props.BoolProperty(  # type: ignore[valid-type]
        name="Everybody",
        description="All figures that are shown before the same camera touch it, one after another",
        options={"SKIP_SAVE"},
    )
    _waiting: tuple[str, ...] = ()  # figures whose turn comes

    def begin(self, context: bpy.types.Context) -> FitRun:
        """See `FitOperator`."""
        armature = cast("bpy.types.Object", figure_in(context))
        others = others_before(cast("bpy.types.Scene", context.scene), armature) if self.everybody else []
        self._waiting = tuple(other.name for other in others if has_solutions(other))
        return self.begin_for(context, armature)

    def follow(self, context: bpy.types.Context) -> FitRun | None:
        """See `FitOperator`."""
        scene = cast("bpy.types.Scene", context.scene)
        while self._waiting:
            name, *rest = self._waiting
            self._waiting = tuple(rest)
            if name in scene.objects:
                return self.begin_for(context, scene.objects[name])
        return None

    @classmethod
    def description(cls, _context: bpy.types.Context, properties: bpy.types.OperatorProperties) -> str:
        """Return the tooltip of one of the buttons."""
        return _TOOLTIPS[properties.action]  # type: ignore[attr-defined]

    def changed(self, context: bpy.types.Context, contacts: Contacts) -> Contacts:
        """See `ContactOperator`."""
        return with_contact(contacts, self._chosen(context))

    def _chosen(self, context: bpy.types.Context) -> ContactChoice:
        scene = cast("bpy.types.Scene", context.scene)
        if self.thing:
            try:
                return contact_with(scene, self.action, self.thing)
            except ResultError as error:
                raise FitStartError(str(error)) from error
        settings = settings_of(scene)
        if settings.contact_kind == "GROUND":
            return ContactChoice(self.action, GROUND)
        is_collection = settings.contact_kind == "COLLECTION"
        picked: Any = settings.contact_collection if is_collection else settings.contact_object
        if picked is None:
            raise FitStartError("Pick the object or the collection that the figure touches")
        return ContactChoice(self.action, picked.name, is_collection)


class ListedContactOperator(ContactOperator):
    """The common part of what is done to one contact of the panel's list, named by its part and thing."""

    part: bpy.props.StringProperty(options={"SKIP_SAVE"})  # type: ignore[valid-type]
    thing: bpy.props.StringProperty(options={"SKIP_SAVE"})  # type: ignore[valid-type]


class SMPLIFY_OT_switch_contact(ListedContactOperator, bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Switch this contact off, or on again, and fit the figure again"""

    bl_idname = "smplify.switch_contact"
    bl_label = "Switch Contact"

    def changed(self, context: bpy.types.Context, contacts: Contacts) -> Contacts:
        """See `ContactOperator`."""
        del context
        return switched_contacts(contacts, self.part, self.thing)


class SMPLIFY_OT_remove_contact(ListedContactOperator, bpy.types.Operator):  # noqa: N801 - Blender's naming rule
    """Take this contact away, and fit the figure again; without any it stands as the photo says"""

    bl_idname = "smplify.remove_contact"
    bl_label = "Remove Contact"

    def changed(self, context: bpy.types.Context, contacts: Contacts) -> Contacts:
        """See `ContactOperator`."""
        del context
        return without_contact(contacts, self.part, self.thing)


_TOOLTIPS = {
    "stand": "Stand on the picked thing: a step, a terrain, a beam. At least one sole touches it, and nothing passes through it",
    "sit": "Sit on the picked thing: buttocks or thighs touch it, and nothing passes through it",
    "lean": "Lean on the picked thing: the nearest of back, buttocks, palms and forearms touches it",
    "hold": "Hold the picked thing: the nearer palm touches it, the other, too, where it is near",
}
