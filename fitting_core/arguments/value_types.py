"""Readers of values on a command line (text in, checked numbers and names out) and a parser that raises."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Literal, NoReturn

from fitting_core.arguments.path_text import fault_of_path
from fitting_core.errors import RequestError, shown
from fitting_core.storage.address import (
    Address,
    AddressError,
    address_of,
    is_address,
    local_path_of,
    without_secrets,
)


class RequestParser(argparse.ArgumentParser):
    """An argument parser that raises RequestError instead of ending the process."""

    def error(self, message: str) -> NoReturn:
        """Raise RequestError with argparse's own words."""
        raise RequestError(f"{message[:1].upper()}{message[1:]}.")


def positive(text: str) -> float:
    """Return a number above zero; argparse's own error otherwise."""
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return value


def count(text: str) -> int:
    """Return a whole number from 1 on; argparse's own error otherwise."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return value


def pixel(text: str) -> tuple[float, float]:
    """Return two finite numbers, X,Y; argparse's own error otherwise."""
    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not X,Y in pixels, such as 400,512.5") from None
    if not (abs(x) < float("inf") and abs(y) < float("inf")):
        raise argparse.ArgumentTypeError(f"'{text}' is not X,Y in pixels, such as 400,512.5")
    return x, y


def picture_size(text: str) -> tuple[int, int]:
    """Return width and height of WIDTHxHEIGHT (also × or a comma between); argparse's own error for anything else."""
    try:
        width, height = (int(side) for side in re.split(r"[xX×,*]", text.strip()))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"'{shown(text)}' is not WIDTHxHEIGHT in pixels, such as 768x1024"
        ) from None
    return width, height


def file_path(text: str) -> Path:
    """Return the path of a file or folder; argparse's own error for one that no file can have."""
    return Path(name_or_path(text))


def folder_or_address(text: str) -> Path | Address:
    """Return the path of a file or folder, or its address; argparse's own error for one that cannot be.

    file:///shots is the path /shots.
    """
    local = local_path_of(text)
    if local is not None or not is_address(text):
        return file_path(text if local is None else local)
    try:
        return address_of(text)
    except AddressError as problem:
        raise argparse.ArgumentTypeError(f"'{shown(without_secrets(text))}' {problem}") from None


def name_or_path(text: str) -> str:
    """Return a known name, or a path as text; argparse's own error for one that no file can have."""
    fault = fault_of_path(text)
    if fault is not None:
        raise argparse.ArgumentTypeError(f"'{shown(text)}' {fault}; choose another path")
    return text


def names(text: str) -> tuple[str, ...]:
    """Return names between commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def person(text: str) -> int | Literal["all"]:
    """Return a number, or `all`; argparse's own error otherwise."""
    if text == "all":
        return "all"
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is neither a number nor 'all'") from None
