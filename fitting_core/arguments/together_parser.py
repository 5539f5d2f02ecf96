"""Command-line arguments of `together` in, a checked request out. Imports nothing heavy."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from fitting_core.arguments.looking_parser import add_focal_options, focal_of
from fitting_core.arguments.photo_folder import keypoints_of_photo, output_names
from fitting_core.arguments.request import DEVICES, ENGINES, GENDERS, CameraRequest, FitRequest
from fitting_core.arguments.value_types import file_path, name_or_path, pixel
from fitting_core.errors import RequestError, shown

MOST_PHOTOS = 100
Common = Literal["person", "moment"]


@dataclass(frozen=True)
class TogetherRequest:
    """Several photos that are fitted together: of one person (one shape) or of one moment (one shape and one pose).

    Each of `photos` is the request of one, whose result goes to a folder of its own within `folder`.
    """

    common: Common
    folder: Path
    photos: tuple[FitRequest, ...]

    def __post_init__(self) -> None:
        if not 2 <= len(self.photos) <= MOST_PHOTOS:
            raise RequestError(
                f"together: {len(self.photos)} {'photo' if len(self.photos) == 1 else 'photos'}. Give 2 to {MOST_PHOTOS} photos."
            )
        paths = [photo.photo.absolute() for photo in self.photos]
        if len(set(paths)) < len(paths):
            raise RequestError("together: a photo is named twice. Name each photo once.")


def people_numbers(text: str) -> tuple[int, ...]:
    """Return numbers of people that commas part; argparse's own error otherwise."""
    words = text.split(",")
    if not all(word.strip().isdecimal() for word in words):
        raise argparse.ArgumentTypeError(
            f"'{shown(text)}' is no number of a person, nor numbers such as 0,1,0"
        )
    return tuple(int(word) for word in words)


def add_together_options(together: argparse.ArgumentParser) -> None:
    """Add the options of `together`."""
    together.add_argument(
        "photos", type=file_path, nargs="+", metavar="PHOTO", help="the photos, two at least"
    )
    common = together.add_mutually_exclusive_group(required=True)
    common.add_argument(
        "--same-person",
        action="store_const",
        dest="common",
        const="person",
        help="the photos show one person in different poses: the shape is shared",
    )
    common.add_argument(
        "--same-moment",
        action="store_const",
        dest="common",
        const="moment",
        help="the photos are taken at one moment from different sides: shape and pose are shared, and the cameras' places found",
    )
    together.add_argument(
        "--out", type=file_path, required=True, metavar="DIR", help="folder for a result folder of each photo"
    )
    together.add_argument(
        "--keypoints",
        type=file_path,
        default=None,
        metavar="DIR",
        help="folder of the photos' keypoint files (default: found beside each; without one, people are looked for in the photo)",
    )
    together.add_argument(
        "--person",
        type=people_numbers,
        default=None,
        metavar="N[,N...]",
        help="the person in every photo, counted from 0, or a number for each photo (default: the main one)",
    )
    together.add_argument(
        "--cameras",
        type=file_path,
        default=None,
        metavar="FILE",
        help="with --same-moment: the cameras, which stay as the file has them; a JSON object with a camera, as --camera of one "
        "photo has it, by each photo's file name",
    )
    add_focal_options(together)
    together.add_argument(
        "--principal-point", type=pixel, default=None, metavar="X,Y", help="as for one photo"
    )
    together.add_argument(
        "--model", type=name_or_path, default="open", metavar="FILE_OR_FOLDER", help="as for one photo"
    )
    together.add_argument("--gender", default="neutral", choices=GENDERS, help="which variant of the body")
    together.add_argument("--engine", default="auto", choices=ENGINES, help="what computes (default auto)")
    together.add_argument("--device", default="auto", choices=DEVICES, help="where PyTorch computes")


def _check_cameras(options: argparse.Namespace) -> None:
    """Raise RequestError where a file of cameras says nothing, or does not say whose they are."""
    if options.common != "moment":
        raise RequestError(
            "--cameras: photos of different moments share no world. Use it with --same-moment."
        )
    names = [photo.name for photo in options.photos]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise RequestError(
            f"--cameras: two photos are called {shown(twice)}, and cameras are named by them. Rename one."
        )


def together_request_of(options: argparse.Namespace) -> TogetherRequest:
    """Return parsed options of `together` as a checked request. Raises RequestError."""
    photos: list[Path] = options.photos
    people: list[int | None] = [None] * len(photos)
    if options.person is not None:
        people = list(options.person) * (len(photos) if len(options.person) == 1 else 1)
    if len(people) != len(photos):
        raise RequestError(
            f"--person: {len(people)} numbers for {len(photos)} photos. Give one, or one for each photo."
        )
    if options.cameras is not None:
        _check_cameras(options)
    requests = tuple(
        FitRequest(
            photo=photo,
            keypoints=keypoints_of_photo(photo, options.keypoints),
            folder=options.out / name,
            person=person,
            model=options.model,
            gender=options.gender,
            focal=focal_of(options),
            camera=CameraRequest(options.principal_point, options.cameras, entry=photo.name),
            engine=options.engine,
            device=options.device,
        )
        for photo, name, person in zip(photos, output_names(photos), people, strict=True)
    )
    return TogetherRequest(options.common, options.out, requests)
