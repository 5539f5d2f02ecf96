"""Command-line arguments of `sequence` in, a checked `SequenceRequest` out. Imports nothing heavy."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from fractions import Fraction

from fitting_core.arguments.looking_parser import add_focal_options, focal_of
from fitting_core.arguments.request import (
    BODY_ORDERS,
    DEVICES,
    ENGINES,
    FIT_GENDERS,
    CameraRequest,
    SequenceRequest,
)
from fitting_core.arguments.value_types import (
    RequestParser,
    count,
    file_path,
    name_or_path,
    person,
    picture_size,
    pixel,
    positive,
)
from fitting_core.errors import shown

_LONGEST_RATE = 20  # characters


def frame_rate(text: str) -> Fraction:
    """Return an exact frame rate of a number or a fraction such as 30000/1001; argparse's own error otherwise."""
    try:
        rate = Fraction(text) if len(text) <= _LONGEST_RATE else Fraction(0)
    except (ValueError, ZeroDivisionError):
        rate = Fraction(0)
    if rate <= 0:
        raise argparse.ArgumentTypeError(f"'{shown(text)}' is no frame rate, such as 25, 29.97 or 30000/1001")
    return rate


def add_sequence_options(sequence: argparse.ArgumentParser) -> None:
    """Add the options of `sequence`."""
    sequence.add_argument(
        "clip",
        type=file_path,
        metavar="CLIP",
        help="a movie (needs PyAV: pip install av), a folder of numbered pictures, or a pattern such as shot_*.png",
    )
    sequence.add_argument(
        "--out", type=file_path, required=True, metavar="DIR", help="folder for the results; made if need be"
    )
    _add_frame_options(sequence)
    _add_people_options(sequence)
    _add_camera_and_body(sequence)
    sequence.add_argument(
        "--smoothness",
        type=positive,
        default=1.0,
        metavar="F",
        help="expect this many times smaller accelerations (default 1; 0.5 for wild motion, 2 for slow)",
    )
    sequence.add_argument("--engine", default="auto", choices=ENGINES, help="what computes (default auto)")
    sequence.add_argument("--device", default="auto", choices=DEVICES, help="where PyTorch computes")
    sequence.add_argument(
        "--overlay", action="store_true", help="write overlay.mp4, the clip beside the figures over it (PyAV)"
    )
    sequence.add_argument("--bvh", action="store_true", help="write every motion as .bvh, too")
    sequence.add_argument("--amass", action="store_true", help="write every motion as AMASS's .npz, too")


def _add_frame_options(sequence: argparse.ArgumentParser) -> None:
    sequence.add_argument(
        "--start", type=int, default=0, metavar="N", help="first frame of the clip, counted from 0"
    )
    sequence.add_argument(
        "--end", type=int, default=None, metavar="N", help="last frame, counted in (default: the clip's last)"
    )
    sequence.add_argument("--step", type=count, default=1, metavar="N", help="take every N-th frame")
    sequence.add_argument(
        "--fps",
        type=frame_rate,
        default=None,
        metavar="R",
        help="the clip's frames a second, such as 24 or 30000/1001 (default: the movie's own; 24 for pictures)",
    )


def _add_people_options(sequence: argparse.ArgumentParser) -> None:
    sequence.add_argument(
        "--keypoints",
        type=file_path,
        default=None,
        metavar="DIR_OR_FILE",
        help="keypoint files of the frames, or one file with a frame for each (default: found beside the clip; without any, "
        "people are looked for in the pictures)",
    )
    sequence.add_argument(
        "--detect",
        action="store_true",
        help="look for people in the pictures although there are keypoint files",
    )
    sequence.add_argument(
        "--depth-cue",
        action="store_true",
        help="with keypoint files: look in the pictures which limbs are nearer the camera, too (a tenth of a second a frame)",
    )
    sequence.add_argument(
        "--body-order",
        choices=tuple(order.lower() for order in BODY_ORDERS),
        default=None,
        help="order of 25 body points, which the files do not say (default: that in which the bones are short)",
    )
    sequence.add_argument(
        "--points-size",
        type=picture_size,
        default=None,
        metavar="WxH",
        help="size of the pictures that the keypoints were made on, where that is another than the clip's",
    )
    sequence.add_argument(
        "--person",
        type=person,
        default=None,
        metavar="N|all",
        help="who is fitted, counted from 0, the most prominent first (default: that one)",
    )
    sequence.add_argument(
        "--list-people",
        action="store_true",
        help="say who is followed through the clip, and fit nobody; a fit of the same clip goes on from there",
    )


def _add_camera_and_body(sequence: argparse.ArgumentParser) -> None:
    add_focal_options(sequence)
    sequence.add_argument(
        "--principal-point",
        type=pixel,
        default=None,
        metavar="X,Y",
        help="where the lens's axis meets the upright picture, px (default: the middle)",
    )
    sequence.add_argument(
        "--camera", type=file_path, default=None, metavar="FILE", help="JSON of a known, still camera"
    )
    sequence.add_argument(
        "--estimate-focal",
        action="store_true",
        help="let a few frames correct the focal length, where their perspective is strong enough to tell",
    )
    sequence.add_argument(
        "--model",
        type=name_or_path,
        default="open",
        metavar="FILE_OR_FOLDER",
        help="'open' (the body that ships, default), your own SMPL-X, SMPL-H or SMPL file, or the folder with them",
    )
    sequence.add_argument(
        "--gender",
        default="automatic",
        choices=FIT_GENDERS,
        help="which variant of the body (default automatic: by the people's proportions, neutral where they do not tell)",
    )


def sequence_request(arguments: Sequence[str]) -> SequenceRequest:
    """Return the request of a `sequence` given as its arguments. Raises RequestError for anything that it would refuse."""
    parser = RequestParser(prog="sequence", add_help=False)
    add_sequence_options(parser)
    return sequence_request_of(parser.parse_args(arguments))


def sequence_request_of(options: argparse.Namespace) -> SequenceRequest:
    """Return parsed options of `sequence` as a checked request."""
    return SequenceRequest(
        clip=options.clip,
        folder=options.out,
        keypoints=options.keypoints,
        start=options.start,
        end=options.end,
        step=options.step,
        fps=options.fps,
        person=options.person,
        model=options.model,
        gender=options.gender,
        focal=focal_of(options),
        camera=CameraRequest(options.principal_point, options.camera, options.estimate_focal),
        engine=options.engine,
        device=options.device,
        smoothness=options.smoothness,
        body_order=None if options.body_order is None else options.body_order.upper(),
        points_size=options.points_size,
        detect=options.detect,
        depth_cue=options.depth_cue,
        write_overlay=options.overlay,
        write_bvh=options.bvh,
        write_amass=options.amass,
        list_people=options.list_people,
    )
