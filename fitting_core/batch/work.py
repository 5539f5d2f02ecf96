"""The work of a batch: photos are read, their people fitted together, the results written, chunk after chunk.

A photo that cannot be read, fitted or written stops itself alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter

from fitting_core.arguments.request import FitRequest
from fitting_core.arrays import NumpyArray
from fitting_core.batch.item import BatchItem, Notes
from fitting_core.batch.messages import BatchMessenger
from fitting_core.engine import ArrayEngine, choose_engine
from fitting_core.errors import FittingError
from fitting_core.fitting.fit_batch import BatchFit, fit_batch
from fitting_core.fitting.setup import FitSetup
from fitting_core.pipeline import EngineRun, build_outcome, read_input
from fitting_core.results.folder import write_results


def work(
    setup: FitSetup,
    items: Sequence[BatchItem],
    at_once: int,
    messenger: BatchMessenger,
    finished: Callable[[BatchItem], None],
) -> None:
    """Do everything that is left of the items, at least `at_once` people together; `finished` hears of each photo's end."""
    before = 0
    for chunk in chunks(items, at_once):
        ready = [item for item in chunk if item.input is not None]
        report = _Progress(messenger, before, len(chunk), len(items))
        if ready:
            _fit_chunk(setup, ready, report)
        before += len(chunk)
        for item in chunk:
            finished(item)


def chunks(items: Sequence[BatchItem], at_once: int) -> Iterator[list[BatchItem]]:
    """Photos, read as they are needed, in groups of at least `at_once` people (the last may have fewer)."""
    chunk: list[BatchItem] = []
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


def _read(item: BatchItem) -> None:
    if item.request is None:
        return
    started = perf_counter()
    try:
        item.input = read_input(item.request, Notes(item.notes))
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


def _fit_chunk(setup: FitSetup, items: Sequence[BatchItem], report: _Progress) -> None:
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


def _fault(item: BatchItem, problem: Exception) -> FittingError:
    return FittingError(
        f"{item.photo}: an error in the program: {type(problem).__name__}: {problem}. Please report it."
    )


def _fit_together(setup: FitSetup, items: Sequence[BatchItem], report: _Progress) -> None:
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
    item: BatchItem, request: FitRequest, setup: FitSetup, fit: BatchFit, how: tuple[ArrayEngine, float]
) -> None:
    """The result folder of one photo, from its share of a batch. `how`: engine and seconds."""
    assert item.input is not None, "only photos that were read are fitted"
    engine, seconds = how
    started = perf_counter()
    messenger = Notes(item.notes)
    outcome = build_outcome(
        request, setup, item.input, fit, EngineRun(engine, item.seconds, seconds), messenger
    )
    try:
        write_results(request, outcome, list(outcome.warnings), messenger)
    except FittingError as problem:
        item.problem = problem
    item.quality = tuple(person.quality.word for person in outcome.people)
    item.seconds += seconds + perf_counter() - started
