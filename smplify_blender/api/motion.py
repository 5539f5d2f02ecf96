# pyright: basic
"""The steps of an animator on a figure's motion, for scripts."""

from __future__ import annotations

import bpy

from ..result.errors import ResultError
from ..result.motion_tracks import RootMotion
from ..scene.motion import root_motion
from ..scene.motion.make_cyclic import LoopChoices, MadeCyclic
from ..scene.motion.make_cyclic import make_cyclic as repeat_loop
from ..scene.motion.reduce_keys import ErrorBound, KeyReduction
from ..scene.motion.reduce_keys import reduce_keys as thin_out_keys
from .steps import SmplifyError, Target, place_of


def reduce_keys(armature: bpy.types.Object, bound: ErrorBound | None = None) -> KeyReduction:
    """Thin out the keys of a figure's motion within an error; the raw take stays in the NLA. Raises SmplifyError."""
    scene, _ = place_of(Target())
    try:
        return thin_out_keys(armature, scene, bound or ErrorBound())
    except ResultError as error:
        raise SmplifyError(str(error), "bad-request") from error


def make_cyclic(armature: bpy.types.Object, choices: LoopChoices | None = None) -> MadeCyclic:
    """Find the loop in a figure's motion and repeat it; the raw take stays in the NLA. Raises SmplifyError."""
    scene, _ = place_of(Target())
    try:
        return repeat_loop(armature, scene, choices or LoopChoices())
    except ResultError as error:
        raise SmplifyError(str(error), "bad-request") from error


def set_root_motion(armature: bpy.types.Object, carrier: RootMotion) -> None:
    """Have a figure's root bone (BONE) or its object (OBJECT) carry it through the world, where it stays at every frame.

    Raises SmplifyError; nothing has changed then.
    """
    try:
        root_motion.set_root_motion(armature, carrier)
    except ResultError as error:
        raise SmplifyError(str(error), "bad-request") from error
