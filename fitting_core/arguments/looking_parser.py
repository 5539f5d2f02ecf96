"""Command-line arguments of `inspect` and `detect` in, checked requests out, and the options that `fit` shares with them.

Imports nothing heavy.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from fitting_core.arguments.request import DetectRequest, FocalRequest, InspectRequest, ReadingRequest
from fitting_core.arguments.value_types import RequestParser, file_path, picture_size, positive
from fitting_core.errors import RequestError


def inspect_request(arguments: Sequence[str]) -> InspectRequest:
    """Return the request of an `inspect` given as its arguments. Raises RequestError for anything that it would refuse."""
    parser = RequestParser(prog="inspect", add_help=False)
    add_inspect_options(parser)
    return inspect_request_of(parser.parse_args(arguments))


def inspect_request_of(options: argparse.Namespace) -> InspectRequest:
    """Parsed options of `inspect` as a request."""
    return InspectRequest(
        options.photo,
        options.keypoints,
        focal_of(options),
        options.detect,
        detector=options.detector,
        reading=reading_of(options),
    )


def detect_request_of(options: argparse.Namespace) -> DetectRequest:
    """Build the request of parsed options of `detect`; the file is written beside the photo where none is named.

    Raises RequestError where that would replace a keypoint file that is there, or the photo itself.
    """
    photo: Path = options.photo
    beside = photo.with_name(f"{photo.stem}_keypoints.json")
    if options.out is None and beside.exists():
        raise RequestError(
            f"{beside} is there already. Name another file with --out, or this one to replace it."
        )
    request = DetectRequest(photo, options.out or beside, options.picture, options.detector)
    for target in (request.out, request.picture):
        if target is not None and target.exists() and photo.exists() and target.samefile(photo):
            raise RequestError(f"{target} is the photo itself. Name another file.")
    return request


def focal_of(options: argparse.Namespace) -> FocalRequest:
    """Return what the options say of the lens."""
    return FocalRequest(options.focal_px, options.focal_mm35, options.fov_deg)


def reading_of(options: argparse.Namespace) -> ReadingRequest:
    """Return what the options say of the keypoint file."""
    return ReadingRequest(options.frame, options.points_size)


def add_reading_options(parser: argparse.ArgumentParser) -> None:
    """Add what a keypoint file may not say itself."""
    parser.add_argument(
        "--frame",
        type=int,
        default=None,
        metavar="N",
        help="which frame of a keypoint file that holds several, counted from 0 (default: that of the photo's name, else 0)",
    )
    parser.add_argument(
        "--points-size",
        type=picture_size,
        default=None,
        metavar="WxH",
        help="size of the picture that the keypoints were made on, where that is another than the photo and the file does not "
        "say so",
    )


def add_photo_argument(parser: argparse.ArgumentParser) -> None:
    """Add the photo."""
    parser.add_argument("photo", type=file_path, metavar="PHOTO", help="JPEG, PNG, WebP, TIFF or BMP")


def add_inspect_options(inspect: argparse.ArgumentParser) -> None:
    """Add the options of `inspect`."""
    inspect.add_argument(
        "photo",
        type=file_path,
        metavar="FILE",
        help="a photo, or anything else: a keypoint file, a pose or motion of another program, a folder",
    )
    inspect.add_argument(
        "keypoints",
        type=file_path,
        nargs="?",
        default=None,
        metavar="KEYPOINTS",
        help="its keypoint file, if there is one",
    )
    inspect.add_argument(
        "--detect", action="store_true", help="without a keypoint file: look for people in the photo itself"
    )
    add_detector_option(inspect)
    add_reading_options(inspect)
    add_focal_options(inspect)


def add_detector_option(parser: argparse.ArgumentParser) -> None:
    """Add the choice of whoever finds people in photos."""
    parser.add_argument(
        "--detector",
        type=file_path,
        default=None,
        metavar="FILE",
        help="look for people with this network (.onnx, RTMW or DWPose) or this openpose program (default: our own eyes)",
    )


def add_detect_options(detect: argparse.ArgumentParser) -> None:
    """Add the options of `detect`."""
    add_photo_argument(detect)
    add_detector_option(detect)
    detect.add_argument(
        "--out",
        type=file_path,
        default=None,
        metavar="FILE",
        help="the keypoint file, OpenPose 1.3 JSON (default: NAME_keypoints.json beside the photo)",
    )
    detect.add_argument(
        "--picture",
        type=file_path,
        default=None,
        metavar="PNG",
        help="draw what was found over the photo, too",
    )


def add_focal_options(fit: argparse.ArgumentParser) -> None:
    """Add the three ways to say the focal length."""
    focal = fit.add_mutually_exclusive_group()
    focal.add_argument(
        "--focal-px", "--flength", type=positive, metavar="F", help="focal length in pixels of the photo"
    )
    focal.add_argument("--focal-mm35", type=positive, metavar="F", help="focal length as 35-mm equivalent")
    focal.add_argument(
        "--fov-deg", type=positive, metavar="A", help="field of view over the photo's longer side, degrees"
    )
