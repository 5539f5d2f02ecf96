# pyright: basic
"""Options in, figures that touch things of the .blend that is open out, before the scene's own camera if that is asked for."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import bpy

from ..api import FittedPhoto, SmplifyError, Target, set_contacts
from ..result.contacts import ACTIONS, PARTS, ContactChoice, contact_words
from ..result.errors import ResultError, shown
from ..scene.contact.things import GROUND_WORDS, contact_with
from ..scene.figure.lookup import stored_report
from .options import OptionError

_HELP = {
    "stand": "at least one sole",
    "sit": "buttocks or thighs",
    "lean": "the nearest of back, buttocks, palms and forearms",
    "hold": "the nearer palm",
}
_OPTIONS = {action: f"--{words.lower().replace(' ', '-')}" for action, words in ACTIONS.items()}
_NEXT_STEP = "Start Blender with it: blender room.blend --command smplify …"


@dataclass(frozen=True)
class ContactWork:
    """The parts or actions and names of what every figure touches; `before_scene_camera`: fitted before the scene's camera."""

    contacts: tuple[tuple[str, str], ...] = ()
    before_scene_camera: bool = False

    @property
    def needs_scene(self) -> bool:
        """True if the .blend that is open decides how the figures come out."""
        return bool(self.contacts) or self.before_scene_camera

    def target(self, target: Target) -> Target:
        """Return where figures are built and fitted."""
        return replace(target, before_scene_camera=self.before_scene_camera)


def add_contact_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the scene that figures are fitted in; the same for one photo and for many."""
    parser.add_argument(
        "--scene-camera",
        action="store_true",
        help="fit before the active camera of the .blend that is open, with its lens and where it stands",
    )
    for action, option in _OPTIONS.items():
        parser.add_argument(
            option,
            dest=action,
            action="append",
            default=[],
            metavar="NAME",
            help=f"{_HELP[action]} of every figure touches this object or collection of the .blend that is open, or the ground "
            "z = 0 (may be repeated)",
        )
    parser.add_argument(
        "--touch",
        action="append",
        default=[],
        metavar="PART=NAME",
        help=f"this part touches that object or collection: {', '.join(PARTS)} (may be repeated)",
    )


def contact_work_of(options: argparse.Namespace) -> ContactWork:
    """Return what the options ask for, looked up in the open file. Raises OptionError for a name that is not there."""
    wanted = [(action, name) for action in _OPTIONS for name in getattr(options, action)]
    wanted += [_touch(text) for text in options.touch]
    for part, name in wanted:
        _check(part, name, _OPTIONS.get(part, "--touch"))
    scene = bpy.context.scene
    if options.scene_camera and (not bpy.data.filepath or scene is None or scene.camera is None):
        raise OptionError(f"--scene-camera: no .blend with an active camera is open. {_NEXT_STEP}")
    return ContactWork(tuple(wanted), options.scene_camera)


def _touch(text: str) -> tuple[str, str]:
    part, _, name = text.partition("=")
    if part not in PARTS or not name:
        raise OptionError(
            f"--touch {shown(text)}: write PART=NAME, such as left_palm=Table. A part is {', '.join(PARTS)}."
        )
    return part, name


def _check(part: str, name: str, option: str) -> None:
    """Raise OptionError for a thing that the open file does not have."""
    if name in GROUND_WORDS and not bpy.data.filepath:
        return
    if not bpy.data.filepath:
        raise OptionError(f"{option} {shown(name)}: no .blend is open. {_NEXT_STEP}")
    try:
        contact_with(bpy.context.scene, part, name)
    except ResultError as error:
        raise OptionError(f"{option} {shown(name)}: {error}") from error


def touch_things(
    fitted: FittedPhoto, photo: Path | None, work: ContactWork, target: Target
) -> tuple[FittedPhoto, tuple[str, ...]]:
    """Fit each figure again so that it touches what was named; return them with their new words, and a sentence on each contact.

    Raises SmplifyError.
    """
    said: list[str] = []
    if not work.contacts:
        return fitted, ()
    for figure in fitted.armatures:
        met = set_contacts(figure, _choices(work), target=target, photo=photo)
        for contact in met:
            if contact.is_named:
                words = contact_words(contact.part, contact.thing)
                said.append(f"{figure.name}: {words}, {contact.gap_mm:.0f} mm off")
    reports = [stored_report(figure) for figure in fitted.armatures]
    quality = tuple(report.quality for report in reports if report is not None)
    return replace(fitted, quality=quality), tuple(said)


def _choices(work: ContactWork) -> tuple[ContactChoice, ...]:
    try:
        return tuple(contact_with(bpy.context.scene, part, name) for part, name in work.contacts)
    except ResultError as error:
        raise SmplifyError(str(error), "bad-scene") from error
