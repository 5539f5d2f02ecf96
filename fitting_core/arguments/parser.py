"""Command-line arguments in, a checked request out; the command line and the resident process share them.

Imports nothing heavy, so that `--help` answers at once.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from fitting_core import __version__
from fitting_core.arguments.batch_parser import add_batch_options
from fitting_core.arguments.convert_parser import add_convert_options
from fitting_core.arguments.looking_parser import (
    add_detect_options,
    add_detector_option,
    add_focal_options,
    add_inspect_options,
    add_photo_argument,
    add_reading_options,
    focal_of,
    reading_of,
)
from fitting_core.arguments.photo_folder import keypoints_of_photo
from fitting_core.arguments.refit_parser import add_refit_options
from fitting_core.arguments.request import (
    BODY_ORDERS,
    DEVICES,
    ENGINES,
    FIT_GENDERS,
    PRESETS,
    CameraRequest,
    FitRequest,
    KeypointEmphasis,
    ObjectiveRequest,
    ShapeRequest,
)
from fitting_core.arguments.scene_parser import add_scene_options, scene_of
from fitting_core.arguments.sequence_parser import add_sequence_options
from fitting_core.arguments.smplpix_parser import add_smplpix_options
from fitting_core.arguments.together_parser import add_together_options
from fitting_core.arguments.value_types import (
    RequestParser,
    file_path,
    name_or_path,
    names,
    person,
    pixel,
    positive,
)


def command_parser(kind: type[argparse.ArgumentParser] = argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Return the whole command line, with all of its commands."""
    parser = kind(
        prog="smplify-fit", description="From a photo and its OpenPose file to a posed SMPL-X figure."
    )
    parser.add_argument("--version", action="version", version=f"smplify-fit {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    fit = commands.add_parser("fit", help="fit the people of one photo")
    _add_fit_options(fit)
    _add_message_option(fit)
    batch = commands.add_parser("batch", help="fit every photo and clip of a folder")
    add_batch_options(batch)
    _add_shared_options(batch)
    inspect = commands.add_parser(
        "inspect", help="say what a photo, a keypoint file or any other file holds; fits nothing"
    )
    add_inspect_options(inspect)
    _add_message_option(inspect)
    detect = commands.add_parser("detect", help="find the people in a photo and write a keypoint file")
    add_detect_options(detect)
    _add_message_option(detect)
    convert = commands.add_parser(
        "convert", help="turn a file of another program into a result folder, or keypoints into OpenPose's"
    )
    add_convert_options(convert)
    _add_message_option(convert)
    sequence = commands.add_parser("sequence", help="fit the people of a clip as motions")
    add_sequence_options(sequence)
    _add_message_option(sequence)
    together = commands.add_parser("together", help="fit several photos of one person, or of one moment")
    add_together_options(together)
    _add_message_option(together)
    refit = commands.add_parser("refit", help="fit a motion again around a frame whose keypoints were mended")
    add_refit_options(refit)
    _add_message_option(refit)
    smplpix = commands.add_parser(
        "smplpix", help="make the data set that SMPLpix is trained on, of fitted frames"
    )
    add_smplpix_options(smplpix)
    _add_message_option(smplpix)
    _add_message_option(commands.add_parser("engines", help="say what this Python can compute with"))
    commands.add_parser(
        "serve", help="stay and answer requests: JSON lines on stdin and stdout, see docs/resident-process.md"
    )
    return parser


def fit_request(arguments: Sequence[str]) -> FitRequest:
    """Return the request of a `fit` given as its arguments. Raises RequestError for anything that `fit` would refuse."""
    parser = RequestParser(prog="fit", add_help=False)
    _add_fit_options(parser)
    return request_of(parser.parse_args(arguments))


def request_of(options: argparse.Namespace) -> FitRequest:
    """Parsed options of `fit` as a checked request."""
    return FitRequest(
        photo=options.photo,
        keypoints=None if options.detect else keypoints_of_photo(options.photo, options.keypoints),
        folder=options.out,
        model=options.model,
        gender=options.gender,
        person=options.person,
        focal=focal_of(options),
        engine=options.engine,
        device=options.device,
        takes=options.takes,
        write_obj=options.mesh == "obj",
        write_overlay=not options.no_overlay,
        emphasis=KeypointEmphasis(options.ignore, options.pin, options.keypoint_weights),
        start=options.start,
        start_frame=options.start_frame,
        preview=options.preview,
        interpenetration=not options.no_interpenetration,
        objective=ObjectiveRequest(
            preset=options.preset,
            pose_prior=options.pose_prior,
            betas=options.betas,
            side_view=options.side_view,
            bend_prior=options.bend_prior,
        ),
        camera=CameraRequest(options.principal_point, options.camera, options.estimate_focal),
        shape=ShapeRequest(options.height_cm, options.weight_kg, options.compare_genders),
        gaze=not options.no_gaze,
        body_order=None if options.body_order is None else options.body_order.upper(),
        pixels=options.pixels,
        detect=options.detect,
        depth_cue=not options.no_depth_cue,
        width_cue=not options.no_width_cue,
        detector=options.detector,
        reading=reading_of(options),
        scene=scene_of(options),
    )


def _add_message_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--messages",
        default="text",
        choices=("text", "json"),
        help="words and a progress bar on stderr, or JSON lines on stdout",
    )


def _add_fit_options(fit: argparse.ArgumentParser) -> None:
    add_photo_argument(fit)
    fit.add_argument(
        "keypoints",
        type=file_path,
        nargs="?",
        default=None,
        metavar="KEYPOINTS",
        help="OpenPose or ControlNet JSON of that photo, or the folder that holds it (default: found beside the photo: "
        "NAME_keypoints.json, NAME.json, also in keypoints/; without one, people are looked for in the photo itself)",
    )
    fit.add_argument(
        "--out", type=file_path, required=True, metavar="DIR", help="folder for the results; made if need be"
    )
    fit.add_argument(
        "--start",
        type=file_path,
        default=None,
        metavar="NPZ",
        help="start from an earlier person_NN.npz, or from any pose that `convert` reads, instead of searching anew; for one "
        "person",
    )
    fit.add_argument(
        "--start-frame",
        type=int,
        default=None,
        metavar="N",
        help="which pose of a --start that holds several, counted from 0 (default: the first)",
    )
    fit.add_argument(
        "--preview", action="store_true", help="with JSON messages: the current body points in every PROGRESS"
    )
    add_scene_options(fit)
    _add_shared_options(fit)


def _add_shared_options(fit: argparse.ArgumentParser) -> None:
    """Options that mean the same for one photo and for many."""
    _add_body_options(fit)
    _add_shape_options(fit)
    _add_keypoint_options(fit)
    _add_camera_options(fit)
    _add_objective_options(fit)
    _add_run_options(fit)


def _add_body_options(fit: argparse.ArgumentParser) -> None:
    fit.add_argument(
        "--model",
        type=name_or_path,
        default="open",
        metavar="FILE_OR_FOLDER",
        help="'open' (the body that ships, default), your own SMPL-X, SMPL-H or SMPL file (.npz or .pkl), or the folder "
        "that holds smplx, smplh or smpl",
    )
    fit.add_argument(
        "--gender",
        default="automatic",
        choices=FIT_GENDERS,
        help="which variant of the body (default automatic: by the person's proportions, neutral where they do not tell)",
    )
    fit.add_argument(
        "--person",
        type=person,
        default=None,
        metavar="N|all",
        help="who is fitted, counted from 0 as in the file (default: the largest confident person)",
    )


def _add_shape_options(fit: argparse.ArgumentParser) -> None:
    fit.add_argument(
        "--height-cm", type=positive, default=None, metavar="H", help="the person's height, if you know it"
    )
    fit.add_argument(
        "--weight-kg", type=positive, default=None, metavar="W", help="the person's weight, if you know it"
    )
    fit.add_argument(
        "--compare-genders",
        action="store_true",
        help="fit every gender that the model offers and report which fits best; the result is that of --gender",
    )


def _add_keypoint_options(fit: argparse.ArgumentParser) -> None:
    fit.add_argument(
        "--body-order",
        choices=tuple(order.lower() for order in BODY_ORDERS),
        default=None,
        help="order of 25 body points, which the file does not say (default: that in which the bones are short)",
    )
    fit.add_argument(
        "--detect", action="store_true", help="look for people in the photo although there is a keypoint file"
    )
    add_detector_option(fit)
    add_reading_options(fit)
    fit.add_argument(
        "--pixels",
        type=file_path,
        default=None,
        metavar="PPM",
        help="the photo's pixels as stored, of any size, as a binary portable pixmap: for a Python without Pillow",
    )
    fit.add_argument(
        "--no-depth-cue",
        action="store_true",
        help="do not look in the photo which limbs are nearer the camera",
    )
    fit.add_argument(
        "--no-width-cue",
        action="store_true",
        help="do not look in the photo how wide trunk and limbs are",
    )
    fit.add_argument(
        "--no-gaze",
        action="store_true",
        help="let the eyes rest instead of following the pupils (face points 68, 69)",
    )
    fit.add_argument(
        "--ignore",
        type=names,
        default=(),
        metavar="NAMES",
        help="keypoints to leave out, by name: nose,left_ear,left_hand (a whole hand), face",
    )
    fit.add_argument(
        "--pin", type=names, default=(), metavar="NAMES", help="keypoints that must be met, by name"
    )
    fit.add_argument(
        "--keypoint-weights",
        type=file_path,
        default=None,
        metavar="FILE",
        help='JSON such as {"neck": 0.2, "face": 0.5}',
    )


def _add_camera_options(fit: argparse.ArgumentParser) -> None:
    add_focal_options(fit)
    fit.add_argument(
        "--principal-point",
        type=pixel,
        default=None,
        metavar="X,Y",
        help="where the lens's axis meets the upright photo, px (default: the middle)",
    )
    fit.add_argument(
        "--camera",
        type=file_path,
        default=None,
        metavar="FILE",
        help="JSON of a known camera: fx, fy, cx, cy (or K), width, height, and R, t if the scene is known",
    )
    fit.add_argument(
        "--estimate-focal",
        action="store_true",
        help="let the photo correct the focal length, where its perspective is strong enough to tell",
    )


def _add_objective_options(fit: argparse.ArgumentParser) -> None:
    fit.add_argument(
        "--preset",
        default="default",
        choices=PRESETS,
        help="the product's own objective and schedule (default), or those of a paper, for comparison (docs/presets.md)",
    )
    fit.add_argument(
        "--side-view",
        action="store_true",
        help="with a paper's preset: also try everybody turned by 180 degrees, not only people seen from the side",
    )
    fit.add_argument(
        "--pose-prior",
        type=name_or_path,
        default="open",
        metavar="open|none|l2|PATH",
        help="which body poses are likely: the prior that ships (default), none, small angles, your own gmm_08.pkl or .npz "
        "mixture, or your own VPoser (folder or snapshot, versions 1 and 2)",
    )
    fit.add_argument(
        "--bend-prior",
        action="store_true",
        help="elbows and knees that bend against nature cost extra; helps with --pose-prior none and l2 only",
    )
    fit.add_argument(
        "--betas",
        "--n-betas",
        type=int,
        metavar="N",
        help="how many shape coefficients, at most as many as the body file has (default: all 20 of the open body, 10 of others)",
    )


def _add_run_options(fit: argparse.ArgumentParser) -> None:
    fit.add_argument(
        "--engine",
        default="auto",
        choices=ENGINES,
        help="what computes (default auto: a GPU where it pays, else NumPy)",
    )
    fit.add_argument("--device", default="auto", choices=DEVICES, help="where PyTorch computes")
    fit.add_argument(
        "--takes",
        type=int,
        default=1,
        metavar="N",
        help="keep the N best different solutions (person_00_take_1.npz …)",
    )
    fit.add_argument(
        "--no-interpenetration", action="store_true", help="let the body pass through itself: a little faster"
    )
    fit.add_argument("--mesh", choices=("obj",), help="also write the posed mesh")
    fit.add_argument("--no-overlay", action="store_true", help="do not draw overlay.png")
