"""The command line: arguments → a request, and the one place where an error becomes text and an exit code. Free of bpy.

Nothing heavy is imported before the arguments have been understood, so that `--help` answers at once.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from fitting_core import __version__
from fitting_core.errors import FittingError

if TYPE_CHECKING:
    from fitting_core.messages import Messenger
    from fitting_core.request import FitRequest

_CANCELLED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; see docs/result-files.md for what the codes mean."""
    options = _parser().parse_args(arguments)
    from fitting_core.messages import JsonMessenger, TextMessenger

    tell: Messenger = JsonMessenger() if options.messages == "json" else TextMessenger()
    try:
        _fit(_request(options), tell)
    except FittingError as problem:
        tell.error(problem.code, str(problem))
        return problem.exit_code
    except KeyboardInterrupt:
        tell.error("cancelled", "Cancelled; no file was left half-written.")
        return _CANCELLED
    return 0


def _fit(request: FitRequest, tell: Messenger) -> None:
    from fitting_core.pipeline import fit_photo

    fit_photo(request, tell)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="smplify-fit", description="From a photo and its OpenPose file to a posed SMPL-X figure."
    )
    parser.add_argument("--version", action="version", version=f"smplify-fit {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    fit = commands.add_parser("fit", help="fit the people of one photo")
    fit.add_argument("photo", type=Path, metavar="PHOTO", help="JPEG, PNG, WebP, TIFF or BMP")
    fit.add_argument(
        "keypoints", type=Path, metavar="KEYPOINTS", help="OpenPose or ControlNet JSON of that photo"
    )
    fit.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder for the results; made if need be"
    )
    _add_body_options(fit)
    _add_camera_options(fit)
    _add_run_options(fit)
    return parser


def _add_body_options(fit: argparse.ArgumentParser) -> None:
    fit.add_argument(
        "--model",
        default="open",
        metavar="FILE_OR_FOLDER",
        help="'open' (the body that ships, default), an SMPL-X-format .npz, or a folder with smplx/SMPLX_NEUTRAL.npz inside",
    )
    fit.add_argument(
        "--gender",
        default="neutral",
        choices=("neutral", "female", "male", "child"),
        help="which variant of the body (default neutral)",
    )
    fit.add_argument(
        "--person",
        type=_person,
        default=None,
        metavar="N|all",
        help="who is fitted, counted from 0 as in the file (default: the largest confident person)",
    )


def _add_camera_options(fit: argparse.ArgumentParser) -> None:
    focal = fit.add_mutually_exclusive_group()
    focal.add_argument("--focal-px", type=_positive, metavar="F", help="focal length in pixels of the photo")
    focal.add_argument("--focal-mm35", type=_positive, metavar="F", help="focal length as 35-mm equivalent")
    focal.add_argument(
        "--fov-deg", type=_positive, metavar="A", help="field of view over the photo's longer side, degrees"
    )


def _add_run_options(fit: argparse.ArgumentParser) -> None:
    fit.add_argument(
        "--engine",
        default="auto",
        choices=("auto", "numpy", "torch"),
        help="what computes (default auto: a GPU where it pays, else NumPy)",
    )
    fit.add_argument(
        "--device", default="auto", choices=("auto", "cpu", "cuda", "mps"), help="where PyTorch computes"
    )
    fit.add_argument(
        "--takes",
        type=int,
        default=1,
        metavar="N",
        help="keep the N best different solutions (person_00_take_1.npz …)",
    )
    fit.add_argument("--mesh", choices=("obj",), help="also write the posed mesh")
    fit.add_argument(
        "--messages",
        default="text",
        choices=("text", "json"),
        help="a progress bar on stderr, or JSON lines on stdout",
    )


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return value


def _person(text: str) -> int | Literal["all"]:
    if text == "all":
        return "all"
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is neither a number nor 'all'") from None


def _request(options: argparse.Namespace) -> FitRequest:
    from fitting_core.request import FitRequest, FocalRequest

    return FitRequest(
        photo=options.photo,
        keypoints=options.keypoints,
        folder=options.out,
        model=options.model,
        gender=options.gender,
        person=options.person,
        focal=FocalRequest(options.focal_px, options.focal_mm35, options.fov_deg),
        engine=options.engine,
        device=options.device,
        takes=options.takes,
        write_obj=options.mesh == "obj",
    )
