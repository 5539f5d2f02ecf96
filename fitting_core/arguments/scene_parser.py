"""Command-line options of the scene that a photo's people are fitted in."""

from __future__ import annotations

import argparse

from fitting_core.arguments.scene_request import ACTIONS, BODY_PARTS, FOUND, SceneRequest
from fitting_core.arguments.value_types import file_path, names

_CONTACT = "PART=THING"


def add_scene_options(fit: argparse.ArgumentParser) -> None:
    """Add the options of the things that people stand among, and touch."""
    fit.add_argument(
        "--scene",
        type=file_path,
        default=None,
        metavar="NPZ",
        help="distance grids of the things before the camera (docs/scene.md): the body stays out of them and touches them",
    )
    fit.add_argument(
        "--contact",
        type=names,
        default=(),
        metavar=f"{_CONTACT},…",
        help="what touches what in the scene: sit=Chair,left_palm=Table; a part is "
        f"{', '.join(ACTIONS)} (the nearest of its parts touches) or {', '.join(BODY_PARTS)}",
    )
    fit.add_argument(
        "--no-contact",
        type=names,
        default=(),
        metavar=f"{_CONTACT},…",
        help=f"what does not touch although it seems to; '{FOUND}': nothing but what --contact says",
    )


def scene_of(options: argparse.Namespace) -> SceneRequest:
    """Return the scene that parsed options name."""
    return SceneRequest(options.scene, options.contact, options.no_contact)
