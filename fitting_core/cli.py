"""The command line's entry, and the one place where an error becomes text and an exit code."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

from fitting_core.arguments.convert_parser import convert_request_of, keypoint_conversion_of
from fitting_core.arguments.looking_parser import detect_request_of, inspect_request_of
from fitting_core.arguments.parser import command_parser, request_of
from fitting_core.arguments.refit_parser import refit_request_of
from fitting_core.arguments.sequence_parser import sequence_request_of
from fitting_core.arguments.smplpix_parser import pairs_request_of
from fitting_core.arguments.together_parser import together_request_of
from fitting_core.errors import CancelledError, FittingError, OutputError, RequestError
from fitting_core.messages import JsonMessenger, Messenger, TextMessenger


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; see docs/result-files.md for what the codes mean."""
    try:
        return _run(command_parser().parse_args(arguments))
    except BrokenPipeError:  # whoever read the messages has gone: there is nobody to tell
        _leave_closed_streams()
        return OutputError.exit_code


def _leave_closed_streams() -> None:
    """Let the end of the process write what is still buffered to nowhere, without a word."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):  # closed before the start, or no file
            os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _run(options: argparse.Namespace) -> int:
    for variable in (
        "OPENBLAS_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",
    ):  # not OpenMP's, which is PyTorch's too
        os.environ.setdefault(variable, "1")  # read when NumPy is imported: its products here are small
    if options.command == "serve":
        from fitting_core.worker.serve import serve

        return serve()
    if options.command == "batch":
        return _batch(options)
    messenger: Messenger = JsonMessenger() if options.messages == "json" else TextMessenger()
    try:
        _COMMANDS[options.command](options, messenger)
    except FittingError as problem:
        messenger.error(problem.code, str(problem))
        return problem.exit_code
    except KeyboardInterrupt:
        messenger.error(CancelledError.code, "Cancelled; no file was left half-written.")
        return CancelledError.exit_code
    return 0


def _fit(options: argparse.Namespace, messenger: Messenger) -> None:
    request = request_of(options)  # refuses nonsense before the numerical libraries are loaded
    from fitting_core.pipeline.fit_photo import fit_photo

    fit_photo(request, messenger)


def _batch(options: argparse.Namespace) -> int:
    from fitting_core.batch.folder import run_batch
    from fitting_core.batch.messages import BatchMessenger, JsonBatchMessenger, TextBatchMessenger

    messenger: BatchMessenger = JsonBatchMessenger() if options.messages == "json" else TextBatchMessenger()
    try:
        return run_batch(options, messenger)
    except FittingError as problem:
        messenger.error(problem.code, str(problem))
        return RequestError.exit_code  # nothing was done, whatever the reason
    except KeyboardInterrupt:
        messenger.error(
            CancelledError.code,
            "Cancelled; what was done is whole, and the same command goes on from there.",
        )
        return CancelledError.exit_code


def _inspect(options: argparse.Namespace, messenger: Messenger) -> None:
    request = inspect_request_of(options)
    from fitting_core.conversion.doctor import inspect_anything

    inspect_anything(request, messenger)


def _detect(options: argparse.Namespace, messenger: Messenger) -> None:
    request = detect_request_of(options)
    from fitting_core.results.keypoint_file import write_seen_people

    write_seen_people(request, messenger)


def _convert(options: argparse.Namespace, messenger: Messenger) -> None:
    if options.to == "openpose":
        keypoints = keypoint_conversion_of(options)
        from fitting_core.conversion.keypoint_conversion import convert_keypoints

        convert_keypoints(keypoints, messenger)
        return
    request = convert_request_of(options)
    from fitting_core.conversion.convert import convert_file

    convert_file(request, messenger)


def _sequence(options: argparse.Namespace, messenger: Messenger) -> None:
    request = sequence_request_of(options)
    from fitting_core.sequence.run import fit_or_list

    try:
        fit_or_list(request, messenger)
    except KeyboardInterrupt:
        raise CancelledError(
            "Cancelled; what was done is kept, and the same command goes on from there."
        ) from None


def _together(options: argparse.Namespace, messenger: Messenger) -> None:
    request = together_request_of(options)
    from fitting_core.sequence.together.run import fit_together

    fit_together(request, messenger)


def _refit(options: argparse.Namespace, messenger: Messenger) -> None:
    request = refit_request_of(options)
    from fitting_core.sequence.refit import refit_motion

    refit_motion(request, messenger)


def _smplpix(options: argparse.Namespace, messenger: Messenger) -> None:
    request = pairs_request_of(options)
    from fitting_core.sequence.pairs.data_set import write_data_set

    write_data_set(request, messenger)


def _engines(_options: argparse.Namespace, messenger: Messenger) -> None:
    from fitting_core.engine import engine_facts

    messenger.engines(engine_facts())


_COMMANDS: dict[str, Callable[[argparse.Namespace, Messenger], None]] = {
    "fit": _fit,
    "inspect": _inspect,
    "detect": _detect,
    "convert": _convert,
    "sequence": _sequence,
    "together": _together,
    "refit": _refit,
    "smplpix": _smplpix,
    "engines": _engines,
}
