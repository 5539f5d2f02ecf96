"""The user's word on a scene in, the scene that a fit stands in and its setup out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arguments.scene_request import SceneRequest
from fitting_core.arrays import NumpyArray
from fitting_core.errors import SceneFileError, shown

from ..setup import FitSetup
from ..stages import with_scene
from .contacts import SceneContacts
from .scene_file import read_scene_file

if TYPE_CHECKING:
    from jaxtyping import Float


def requested_scene(
    request: SceneRequest, world_from_camera: Float[NumpyArray, "4 4"] | None
) -> SceneContacts | None:
    """Read the scene of a request before the camera of its photo, with the contacts; None where it has no scene.

    Raises SceneFileError for a file that is none, and for a contact with a thing that is not in it.
    """
    if request.file is None:
        return None
    things = read_scene_file(
        request.file, None if world_from_camera is None else np.linalg.inv(world_from_camera)
    )
    names = tuple(thing.name for thing in things)
    for contact in (*request.named, *request.left_out):
        if contact.thing not in names:
            raise SceneFileError(
                f"{request.file}: there is no '{shown(contact.thing)}' in the scene. Name one of its things: "
                f"{', '.join(shown(name) for name in names[:10])}."
            )
    return SceneContacts(things, request.named, request.left_out, request.finds)


def setup_in_scene(setup: FitSetup, scene: SceneContacts) -> FitSetup:
    """Return a setup whose last stages meet the things of a scene."""
    return replace(
        setup,
        scene=scene,
        stages=with_scene(setup.stages),
        warm_stages=with_scene(setup.warm_stages),
        take_stages=with_scene(setup.take_stages) if setup.take_stages else (),
    )
