"""Command-line arguments of `batch` beside those of `fit`, and the request of each of its clips. Imports nothing heavy."""

from __future__ import annotations

import argparse
from pathlib import Path

from fitting_core.arguments.request import SequenceRequest
from fitting_core.arguments.sequence_parser import add_sequence_options, sequence_request_of
from fitting_core.arguments.value_types import RequestParser, count, file_path, folder_or_address

# How many people `batch` fits together: from so many on a GPU is taken (engine.py); memory is measured in docs/headless.md.
PEOPLE_AT_ONCE = 16
# Options that a photo is fitted with and a clip is not, each with its value where it is not given.
_OF_PHOTOS_ALONE: dict[str, object] = {
    "takes": 1,
    "mesh": None,
    "no_interpenetration": False,
    "preset": "default",
    "pose_prior": "open",
    "side_view": False,
    "bend_prior": False,
    "betas": None,
    "height_cm": None,
    "weight_kg": None,
    "compare_genders": False,
    "estimate_focal": False,
    "detector": None,
    "frame": None,
    "no_width_cue": False,
    "no_gaze": False,
    "ignore": (),
    "pin": (),
    "keypoint_weights": None,
}
NAMES_OR_PATHS = ("model", "pose_prior")  # options that take either


def add_batch_options(batch: argparse.ArgumentParser) -> None:
    """Add the options that `batch` does not share with `fit`."""
    _add_places(batch)
    _add_work(batch)
    batch.add_argument(
        "--messages", default="text", choices=("text", "json"), help="a table on stdout, or JSON lines"
    )
    batch.add_argument(
        "--hand-over",
        type=file_path,
        default=None,
        metavar="DIR",
        help=argparse.SUPPRESS,  # for programs: fitting_core/batch/hand_over.py
    )
    batch.set_defaults(start=None, start_frame=None, preview=False, scene=None, contact=(), no_contact=())


def _add_places(batch: argparse.ArgumentParser) -> None:
    """Add where things lie, and what of it is taken."""
    batch.add_argument(
        "photos",
        type=folder_or_address,
        metavar="DIR",
        help="folder of photos and movies; also an address such as s3://bucket/shots (needs fsspec: pip install "
        "'smplify-fit[storage]')",
    )
    batch.add_argument(
        "--out",
        type=folder_or_address,
        required=True,
        metavar="DIR",
        help="folder that gets a result folder a photo and a clip, summary.csv, people.jsonl and index.html; also an address",
    )
    batch.add_argument(
        "--keypoints",
        type=folder_or_address,
        default=None,
        metavar="DIR_OR_FILE",
        help="folder that holds the keypoint files, or one file with a frame for every photo (default: found beside each photo: "
        "NAME_keypoints.json, NAME.json, also in keypoints/; in photos without one, people are looked for); also an address",
    )
    batch.add_argument(
        "--nested",
        action="store_true",
        help="also the photos and clips of all folders inside, each result in a like one",
    )
    batch.add_argument(
        "--no-clips", action="store_true", help="leave movies alone (default: each is fitted as a motion)"
    )


def _add_work(batch: argparse.ArgumentParser) -> None:
    """Add how the work is done, and by whom."""
    batch.add_argument(
        "--at-once",
        type=count,
        default=PEOPLE_AT_ONCE,
        metavar="N",
        help=f"people that are fitted together (default {PEOPLE_AT_ONCE}); more needs more memory and suits a GPU",
    )
    batch.add_argument(
        "--workers",
        type=count,
        default=None,
        metavar="N",
        help="processes that read photos and write results beside the fit, then fit a clip each (default: one a core; 1: none)",
    )
    batch.add_argument(
        "--ray",
        default=None,
        metavar="ADDRESS",
        help="do the work on the Ray cluster at HOST:PORT, `auto` for the one that this machine belongs to, `local` for one that "
        "is started for this run (needs Ray: pip install 'smplify-fit[ray]')",
    )
    batch.add_argument(
        "--again",
        action="store_true",
        help="fit everything anew (default: what an earlier run has made of the same files with the same options stays)",
    )


def with_absolute_paths(options: argparse.Namespace) -> argparse.Namespace:
    """Return the options with every path from the root, for processes that do not work in this folder."""
    paths = {name: value.absolute() for name, value in vars(options).items() if isinstance(value, Path)}
    names = {
        name: str(Path(value).absolute())
        for name, value in vars(options).items()
        if _is_named_path(name, value)
    }
    return argparse.Namespace(**(vars(options) | paths | names))


def _is_named_path(option: str, value: object) -> bool:
    return option in NAMES_OR_PATHS and isinstance(value, str) and Path(value).exists()


def clip_request(
    options: argparse.Namespace, clip: Path, folder: Path, keypoints: Path | None, draws: bool
) -> SequenceRequest:
    """Return the request of one clip of a batch, whose result goes to `folder`; `draws`: with pictures.

    What the options of `batch` do not say is as `sequence` has it by itself. Raises RequestError for nonsense.
    """
    parser = RequestParser(prog="batch", add_help=False)
    add_sequence_options(parser)
    plain = parser.parse_args(["clip", "--out", "folder"])
    own = {
        "clip": clip,
        "out": folder,
        "keypoints": keypoints,
        "person": options.person,
        "model": options.model,
        "gender": options.gender,
        "engine": options.engine,
        "device": options.device,
        "body_order": options.body_order,
        "points_size": options.points_size,
        "detect": options.detect,
        "principal_point": options.principal_point,
        "camera": options.camera,
        "focal_px": options.focal_px,
        "focal_mm35": options.focal_mm35,
        "fov_deg": options.fov_deg,
        "overlay": draws,
    }
    return sequence_request_of(argparse.Namespace(**(vars(plain) | own)))


def left_out_of_clips(options: argparse.Namespace) -> tuple[str, ...]:
    """Return the options that were given and that mean nothing for a clip, as they are written."""
    given = (name for name, value in _OF_PHOTOS_ALONE.items() if getattr(options, name) != value)
    return tuple(f"--{name.replace('_', '-')}" for name in given)
