"""The border of every reader: whatever goes wrong while an untrusted file is read becomes one error with its name."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from fitting_core.errors import FittingError, shown


class RefusedError(Exception):
    """The reason why a file, or a part of it, is not read, in words that lack its name."""


@contextmanager
def reader_border(path: Path, error: type[FittingError], what: str, next_step: str) -> Generator[None]:
    """Turn every exception of the block into `error`, with the file's name, the reason and the next step.

    A FittingError passes as it is: it names its file already. `what` is the kind of file in words ("body model").
    """
    try:
        yield
    except FittingError:
        raise
    except FileNotFoundError as problem:
        raise error(f"{path}: there is no such {what}. Check the path.") from problem
    except Exception as problem:  # what damaged bytes make a library raise has no list
        article = "an" if what[:1] in "aeiou" else "a"
        raise error(
            f"{path}: cannot be read as {article} {what}: {reason_of(problem)}. {next_step}"
        ) from problem


@contextmanager
def part_border(part: str) -> Generator[None]:
    """Turn every exception of the block into a RefusedError that names the part of the file, such as "entry 'f'"."""
    try:
        yield
    except RefusedError as problem:
        raise RefusedError(f"{part}: {problem}") from problem
    except Exception as problem:
        raise RefusedError(f"{part} is damaged ({reason_of(problem)})") from problem


def reason_of(problem: Exception) -> str:
    """Return an exception as it may stand in a message: the words of a RefusedError, else kind and text, cut short."""
    if isinstance(problem, RefusedError):
        return str(problem)
    if isinstance(problem, OSError) and problem.strerror:
        return shown(problem.strerror)
    text = str(problem)
    return f"{type(problem).__name__}: {shown(text)}" if text else type(problem).__name__
