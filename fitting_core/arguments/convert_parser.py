"""Command-line arguments of `convert` in, a checked `ConvertRequest` out. Imports nothing heavy."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from fitting_core.arguments.looking_parser import add_reading_options, reading_of
from fitting_core.arguments.request import UP_AXES, ConvertRequest, KeypointConversionRequest
from fitting_core.arguments.value_types import RequestParser, file_path, name_or_path, positive
from fitting_core.errors import RequestError


def add_convert_options(convert: argparse.ArgumentParser) -> None:
    """Add the options that name the file, the body, and facts that the file does not say itself."""
    convert.add_argument(
        "file",
        type=file_path,
        metavar="FILE",
        help="a pose or motion of another program (.npz, .pkl, .pt, .npy, .json; docs/blender-import.md lists them), or with "
        "--to openpose a keypoint file",
    )
    convert.add_argument(
        "--out", type=file_path, required=True, metavar="DIR", help="folder for the results; made if need be"
    )
    convert.add_argument(
        "--to",
        choices=("figure", "openpose"),
        default="figure",
        help="figure (default): a result folder that Blender imports; openpose: keypoints of any detector as OpenPose 1.3 "
        "(--out is a .json file then, or a folder)",
    )
    add_reading_options(convert)
    convert.add_argument(
        "--model",
        type=name_or_path,
        default="open",
        metavar="FILE_OR_FOLDER",
        help="'open' (default; the file's shape is left out then), your own SMPL-X, SMPL-H or SMPL file, or the folder with them",
    )
    convert.add_argument(
        "--gender",
        default=None,
        choices=("neutral", "female", "male", "child"),
        help="which variant of the body (default: the one that the file names)",
    )
    convert.add_argument(
        "--vposer",
        type=file_path,
        default=None,
        metavar="PATH",
        help="your own VPoser (folder or snapshot), for files that hold its 32 values instead of a pose",
    )
    _add_facts(convert)


def _add_facts(convert: argparse.ArgumentParser) -> None:
    """Add what the file may not say itself."""
    convert.add_argument(
        "--photo",
        type=file_path,
        default=None,
        metavar="PHOTO",
        help="the photo of a SMPLify-X or SMPLify result",
    )
    convert.add_argument(
        "--focal-px",
        type=positive,
        default=None,
        metavar="F",
        help="focal length of that result in pixels (default: the file's, else 5000 as in the papers' programs)",
    )
    convert.add_argument(
        "--fps",
        type=positive,
        default=None,
        metavar="R",
        help="frames a second of a motion that does not say so (default 30)",
    )
    convert.add_argument(
        "--up",
        choices=UP_AXES,
        default=None,
        help="the file's upward axis; camera: x right, y down (default: that under which the figure is upright)",
    )
    convert.add_argument(
        "--person",
        type=int,
        default=None,
        metavar="N",
        help="which of several people in the file, counted from 0 (default: the one of most frames)",
    )
    convert.add_argument(
        "--add-hand-mean",
        action="store_true",
        help="full hand poses of the file are relative to the model's mean hand (flat_hand_mean=False); needs --model",
    )


def convert_request(arguments: Sequence[str]) -> ConvertRequest:
    """Return the request of a `convert` given as its arguments. Raises RequestError for anything that it would refuse."""
    parser = RequestParser(prog="convert", add_help=False)
    add_convert_options(parser)
    return convert_request_of(parser.parse_args(arguments))


def convert_request_of(options: argparse.Namespace) -> ConvertRequest:
    """Return parsed options of `convert` as a request. Raises RequestError for those of keypoints."""
    if options.to == "openpose":
        raise RequestError("--to openpose: keypoints are converted on the command line only.")
    if options.frame is not None or options.points_size is not None:
        raise RequestError("--frame and --points-size are of keypoints: give --to openpose with them.")
    return ConvertRequest(
        file=options.file,
        folder=options.out,
        model=options.model,
        gender=options.gender,
        vposer=options.vposer,
        photo=options.photo,
        focal_px=options.focal_px,
        fps=options.fps,
        up=options.up,
        add_hand_mean=options.add_hand_mean,
        person=options.person,
    )


def keypoint_conversion_of(options: argparse.Namespace) -> KeypointConversionRequest:
    """Return parsed options of `convert --to openpose` as a request."""
    return KeypointConversionRequest(options.file, options.out, options.photo, reading_of(options))
