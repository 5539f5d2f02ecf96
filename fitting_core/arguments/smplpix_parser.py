"""Command-line arguments of `smplpix` in, a `PairsRequest` out. Imports nothing heavy."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from fitting_core.arguments.value_types import file_path, name_or_path
from fitting_core.errors import RequestError, shown

Colours = Literal["shape", "photo"]
COLOURS: tuple[Colours, ...] = ("shape", "photo")
SIDES_PX = (128, 4096)


@dataclass(frozen=True)
class PairsRequest:
    """Results of fits, and the folder of the training pairs that are made of them.

    `results` is a result folder, or one that holds result folders; `clip` is what its motions were fitted in. `person` is the
    number of the person in each result. Pictures have at most `longest_side_px`.
    """

    results: Path
    folder: Path
    clip: Path | None = None
    person: int = 0
    colours: Colours = "shape"
    longest_side_px: int = 1024
    model: str = "open"

    def __post_init__(self) -> None:
        low, high = SIDES_PX
        if not low <= self.longest_side_px <= high:
            raise RequestError(
                f"--longest-side {shown(self.longest_side_px)}: pictures have {low} to {high} pixels there."
            )
        if self.person < 0:
            raise RequestError(f"--person {shown(self.person)}: people are counted from 0.")


def add_smplpix_options(smplpix: argparse.ArgumentParser) -> None:
    """Add the options of `smplpix`."""
    smplpix.add_argument(
        "results",
        type=file_path,
        metavar="RESULTS",
        help="a folder that sequence, fit or batch has written; photos of a batch are taken together",
    )
    smplpix.add_argument(
        "--out", type=file_path, required=True, metavar="DIR", help="new folder for the data set"
    )
    smplpix.add_argument(
        "--clip",
        type=file_path,
        default=None,
        metavar="CLIP",
        help="the movie or pictures that a motion was fitted in, which a result does not hold",
    )
    smplpix.add_argument(
        "--person",
        type=int,
        default=PairsRequest.person,
        metavar="N",
        help="the person, as in the names of the result's files (default 0)",
    )
    smplpix.add_argument(
        "--colours",
        choices=COLOURS,
        default=PairsRequest.colours,
        help="colours of the figure: by the places of its points on the body at rest (default), or the mean of what the pictures "
        "show there",
    )
    smplpix.add_argument(
        "--longest-side",
        type=int,
        default=PairsRequest.longest_side_px,
        metavar="PX",
        help=f"larger pictures are scaled down to this (default {PairsRequest.longest_side_px})",
    )
    smplpix.add_argument(
        "--model",
        type=name_or_path,
        default=PairsRequest.model,
        metavar="FILE_OR_FOLDER",
        help="the body of the fits, where it is not the open one",
    )


def pairs_request_of(options: argparse.Namespace) -> PairsRequest:
    """Return parsed options of `smplpix` as a checked request. Raises RequestError."""
    return PairsRequest(
        results=options.results,
        folder=options.out,
        clip=options.clip,
        person=options.person,
        colours=options.colours,
        longest_side_px=options.longest_side,
        model=options.model,
    )
