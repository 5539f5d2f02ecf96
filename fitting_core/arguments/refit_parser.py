"""Command-line arguments of `refit` in, a `RefitRequest` out. Imports nothing heavy."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from fitting_core.arguments.request import RefitRequest
from fitting_core.arguments.value_types import RequestParser, file_path, name_or_path, names, positive


def add_refit_options(refit: argparse.ArgumentParser) -> None:
    """Add the options of `refit`."""
    refit.add_argument(
        "motion", type=file_path, metavar="MOTION", help="a person_NN_motion.npz that sequence has written"
    )
    refit.add_argument(
        "keypoints",
        type=file_path,
        metavar="KEYPOINTS",
        help="OpenPose file of one frame, as it should have been; its first person counts",
    )
    refit.add_argument("--frame", type=int, required=True, metavar="N", help="the frame of the clip, from 0")
    refit.add_argument(
        "--out", type=file_path, required=True, metavar="DIR", help="folder for the results; made if need be"
    )
    refit.add_argument(
        "--pin",
        type=names,
        default=(),
        metavar="NAMES",
        help="keypoints of the frame that must be met besides those that were moved, separated by commas, such as left_wrist",
    )
    refit.add_argument(
        "--reach",
        type=positive,
        default=RefitRequest.reach_s,
        metavar="SECONDS",
        help=f"how long before and after the frame the motion may change (default {RefitRequest.reach_s:g})",
    )
    refit.add_argument(
        "--smoothness",
        type=positive,
        default=1.0,
        metavar="F",
        help="as for the fit of the clip (default 1)",
    )
    refit.add_argument(
        "--model",
        type=name_or_path,
        default="open",
        metavar="FILE_OR_FOLDER",
        help="the body that the motion was fitted with, where it is not the open one",
    )


def refit_request(arguments: Sequence[str]) -> RefitRequest:
    """Return the request of a `refit` given as its arguments. Raises RequestError for anything that it would refuse."""
    parser = RequestParser(prog="refit", add_help=False)
    add_refit_options(parser)
    return refit_request_of(parser.parse_args(arguments))


def refit_request_of(options: argparse.Namespace) -> RefitRequest:
    """Return parsed options of `refit` as a request."""
    return RefitRequest(
        motion=options.motion,
        keypoints=options.keypoints,
        frame=options.frame,
        folder=options.out,
        pinned=tuple(options.pin),
        reach_s=options.reach,
        smoothness=options.smoothness,
        model=options.model,
    )
