"""The fit of a whole folder of photos: a result folder for each and summary.csv.

The people of many photos are fitted in one batch. A photo that cannot be fitted is listed with the reason; the others are
done all the same, whatever an earlier run has left in the output folder.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from errno import EEXIST, EISDIR
from pathlib import Path
from time import perf_counter
from typing import Any

from fitting_core.arguments.parser import request_of
from fitting_core.arguments.photo_folder import output_names, photos_in
from fitting_core.arguments.request import FitRequest
from fitting_core.arrays import NumpyArray
from fitting_core.batch.keypoint_frames import frames_of_photos
from fitting_core.batch.messages import BatchMessenger, PhotoRow, csv_text, is_our_table
from fitting_core.engine import ArrayEngine, choose_engine
from fitting_core.errors import FittingError, OutputError, PhotoError, RequestError
from fitting_core.files.atomic import write_bytes_atomically
from fitting_core.fitting.fit_batch import BatchFit, fit_batch
from fitting_core.fitting.setup import FitSetup
from fitting_core.messages import JsonMessenger
from fitting_core.pipeline import EngineRun, PhotoInput, build_outcome, read_input, requested_setup
from fitting_core.results.exchange import check_result_folder
from fitting_core.results.folder import write_results

SUMMARY = "summary.csv"
EXIT_ALL, EXIT_SOME, EXIT_NOTHING = 0, 1, 2


@dataclass(eq=False)
class _Item:
    """One photo on its way through: read, fitted, written, or stopped by `problem`."""

    photo: Path
    name: str
    request: FitRequest | None = None
    input: PhotoInput | None = None
    seconds: float = 0.0
    quality: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list[str])
    problem: FittingError | None = None

    @property
    def people(self) -> int:
        return 0 if self.input is None else len(self.input.subjects)

    def row(self) -> PhotoRow:
        if self.problem is not None:
            reason = str(self.problem)
            return PhotoRow(
                self.photo.name, "failed", seconds=self.seconds, code=self.problem.code, reason=reason
            )
        return PhotoRow(
            self.photo.name,
            "done",
            self.people,
            " ".join(self.quality),
            round(self.seconds, 3),
            self.name,
            reason="; ".join(self.notes),
        )


class _Notes(JsonMessenger):
    """Keeps the warnings of one photo; the rest of its messages would only bury those of the batch."""

    def __init__(self, notes: list[str]) -> None:
        super().__init__()
        self._notes = notes

    def _send(self, kind: str, **content: Any) -> None:
        if kind == "WARNING":
            self._notes.append(str(content["text"]))


def run_batch(options: argparse.Namespace, messenger: BatchMessenger) -> int:
    """Fit every photo of `options.photos` and return the exit code: 0 all done, 1 some failed, 2 none done.

    Raises FittingError before anything is done where no photo could be: no photos, nonsense in the options, no body model,
    an output folder that cannot be made.
    """
    photos = photos_in(options.photos)
    items = [_Item(photo, name) for photo, name in zip(photos, output_names(photos), strict=True)]
    check_result_folder(options.out)
    _make_folder(options.out)
    for item, frame in zip(items, frames_of_photos(options.keypoints, photos, options.frame), strict=True):
        _prepare(item, options, frame)
    first = next((item.request for item in items if item.request is not None), None)
    if first is not None:
        setup = requested_setup(first)
        messenger.status(f"{len(items)} photos in {options.photos.name}")
        _fit_all(setup, items, options.at_once, messenger)
    return _conclude(items, options.out, messenger, reported=first is not None)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / SUMMARY).is_dir():
            raise IsADirectoryError(EISDIR, f"{SUMMARY} in it is a folder")
        if (folder / SUMMARY).exists() and not is_our_table(folder / SUMMARY):
            raise FileExistsError(EEXIST, f"{SUMMARY} in it is not the table of such a run")
    except OSError as problem:
        raise OutputError(
            f"{folder}: the results cannot go there ({problem.strerror}). Choose another --out."
        ) from problem


def _prepare(item: _Item, options: argparse.Namespace, frame: int | None) -> None:
    """Make the request of one photo. RequestError, nonsense that is the same for all photos, is left to rise."""
    own = {
        "photo": item.photo,
        "keypoints": options.keypoints,
        "out": options.out / item.name,
        "frame": frame,
    }
    try:
        item.request = request_of(argparse.Namespace(**(vars(options) | own)))
    except RequestError:
        raise
    except FittingError as problem:
        item.problem = problem
    except (OSError, ValueError) as problem:  # a name that this system cannot look for
        item.problem = PhotoError(f"{item.photo.name}: cannot be looked at ({problem}). Rename the photo.")


def _fit_all(setup: FitSetup, items: Sequence[_Item], at_once: int, messenger: BatchMessenger) -> None:
    finished = 0
    for chunk in _chunks(items, at_once):
        ready = [item for item in chunk if item.input is not None]
        report = _Progress(messenger, finished, len(chunk), len(items))
        if ready:
            _fit_chunk(setup, ready, report)
        for item in chunk:
            finished += 1
            messenger.photo(finished, len(items), item.row())


def _chunks(items: Sequence[_Item], at_once: int) -> Iterator[list[_Item]]:
    """Photos, read as they are needed, in groups of at least `at_once` people (the last may have fewer)."""
    chunk: list[_Item] = []
    people = 0
    for item in items:
        _read(item)
        chunk.append(item)
        people += item.people
        if people >= at_once:
            yield chunk
            chunk, people = [], 0
    if chunk:
        yield chunk


def _read(item: _Item) -> None:
    if item.request is None:
        return
    started = perf_counter()
    try:
        item.input = read_input(item.request, _Notes(item.notes))
    except FittingError as problem:
        item.problem = problem
    except Exception as problem:  # noqa: BLE001 — one photo, whatever is wrong with it, must not end the run
        item.problem = _fault(item, problem)
    item.seconds += perf_counter() - started


@dataclass(frozen=True)
class _Progress:
    """Turns the progress of one chunk into that of the whole run."""

    messenger: BatchMessenger
    before: int
    photos: int
    count: int

    def __call__(self, fraction: float, stage: str, loss: float, _row: NumpyArray) -> None:
        self.messenger.progress((self.before + fraction * self.photos) / self.count, stage, loss)


def _fit_chunk(setup: FitSetup, items: Sequence[_Item], report: _Progress) -> None:
    """Fit and write these photos; if the batch fails as a whole, each by itself, so that one spoils no other."""
    try:
        _fit_together(setup, items, report)
    except FittingError as problem:  # the engine: the same for everybody
        for item in items:
            item.problem = problem
    except Exception as problem:  # noqa: BLE001 — one photo, whatever is wrong with it, must not end the run
        if len(items) == 1:
            items[0].problem = _fault(items[0], problem)
            return
        for item in items:
            _fit_chunk(setup, [item], report)


def _fault(item: _Item, problem: Exception) -> FittingError:
    return FittingError(
        f"{item.photo}: an error in the program: {type(problem).__name__}: {problem}. Please report it."
    )


def _fit_together(setup: FitSetup, items: Sequence[_Item], report: _Progress) -> None:
    inputs = [(item, item.request, item.input) for item in items if item.problem is None]
    work = [
        (item, request, found) for item, request, found in inputs if request is not None and found is not None
    ]
    subjects = [subject for _, _, found in work for subject in found.subjects]
    started = perf_counter()
    engine = choose_engine(work[0][1].engine, work[0][1].device, len(subjects))
    fit = fit_batch(setup, subjects, engine.make, report)
    share = (perf_counter() - started) / len(subjects)
    first = 0
    for item, request, found in work:
        last = first + len(found.subjects)
        own = fit.part(slice(first, last))
        _write(item, request, setup, own, (engine, share * len(found.subjects)))
        first = last


def _write(
    item: _Item, request: FitRequest, setup: FitSetup, fit: BatchFit, how: tuple[ArrayEngine, float]
) -> None:
    """The result folder of one photo, from its share of a batch. `how`: engine and seconds."""
    assert item.input is not None, "only photos that were read are fitted"
    engine, seconds = how
    started = perf_counter()
    messenger = _Notes(item.notes)
    outcome = build_outcome(
        request, setup, item.input, fit, EngineRun(engine, item.seconds, seconds), messenger
    )
    try:
        write_results(request, outcome, list(outcome.warnings), messenger)
    except FittingError as problem:
        item.problem = problem
    item.quality = tuple(person.quality.word for person in outcome.people)
    item.seconds += seconds + perf_counter() - started


def _conclude(items: Sequence[_Item], folder: Path, messenger: BatchMessenger, reported: bool) -> int:
    rows = [item.row() for item in items]
    if not reported:
        for number, row in enumerate(rows, 1):
            messenger.photo(number, len(rows), row)
    problem: FittingError | None = None
    try:
        write_bytes_atomically(folder / SUMMARY, csv_text(rows).encode())
    except OutputError as failure:
        problem = failure
    messenger.table(rows)
    done = [row for row in rows if row.status == "done"]
    if problem is not None:
        messenger.error(problem.code, str(problem))
        return EXIT_SOME if done else EXIT_NOTHING
    if not done:
        messenger.error("nothing-done", f"None of the {len(rows)} photos could be fitted; see {SUMMARY}.")
        return EXIT_NOTHING
    messenger.done(folder.resolve().name, [SUMMARY], sum(row.people for row in done))
    return EXIT_ALL if len(done) == len(rows) else EXIT_SOME
