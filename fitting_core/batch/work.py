"""The work of a batch: photos are read ahead, their people fitted together, the results written, chunk after chunk.

A photo that cannot be read, fitted or written stops itself alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

from fitting_core.arguments.request import FitRequest
from fitting_core.arrays import NumpyArray
from fitting_core.batch.hand_over import wait_for
from fitting_core.batch.item import Notes, PhotoItem, program_fault
from fitting_core.batch.placed import at_hand
from fitting_core.batch.side_processes import SideProcesses
from fitting_core.batch.tasks import PendingTask, TaskGiver
from fitting_core.engine import ArrayEngine, choose_engine
from fitting_core.errors import FittingError, PhotoError
from fitting_core.fitting.fit_batch import BatchFit, Report, fit_batch
from fitting_core.fitting.setup import FitSetup
from fitting_core.pipeline.fit_photo import EngineRun, build_outcome
from fitting_core.pipeline.photo_input import PhotoInput, read_input
from fitting_core.pipeline.setups import requested_setup
from fitting_core.results.folder import write_results
from fitting_core.results.outcome import FitOutcome

Finish = Callable[[PhotoItem], None]
Progress = Callable[[float, str, float], None]  # the photos done, the stage in words, the loss


@dataclass(frozen=True, eq=False)
class ReadPhoto:
    """A photo as read, or the problem with it; warnings, and the seconds that it took."""

    input: PhotoInput | None
    problem: FittingError | None
    notes: tuple[str, ...]
    seconds: float
    fingerprint: str = ""  # of the copies that were read, of a photo at an address


@dataclass(frozen=True, eq=False)
class WrittenPhoto:
    """The words on a photo's people once its result is in place, or the problem; warnings, and the seconds that it took."""

    quality: tuple[str, ...]
    problem: FittingError | None
    notes: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, eq=False)
class FittedPhoto:
    """A photo's share of the fit of a chunk. `engine` and `device` are the names of what fitted it.

    `fingerprint` is that of the request with the files as they were read.
    """

    request: FitRequest
    input: PhotoInput
    fit: BatchFit
    engine: str
    device: str
    read_seconds: float
    fit_seconds: float
    fingerprint: str


def work(
    setup: FitSetup,
    items: Sequence[PhotoItem],
    at_once: int,
    workers: int,
    progress: Progress,
    finished: Finish,
) -> None:
    """Do everything that is left of the items, at least `at_once` people together; `finished` hears of each photo's end."""
    with SideProcesses(workers) as side:
        _work(setup, items, at_once, side, progress, finished)


def _work(
    setup: FitSetup,
    items: Sequence[PhotoItem],
    at_once: int,
    side: SideProcesses,
    progress: Progress,
    finished: Finish,
) -> None:
    before = 0
    writing: deque[tuple[PhotoItem, PendingTask[WrittenPhoto] | None]] = deque()
    for chunk in chunks(items, at_once, side):
        left = [item for item in chunk if not item.is_companion]
        report = _ChunkProgress(progress, before, len(left))
        fits = fit_chunk(setup, [item for item in chunk if item.input is not None], report)
        before += len(left)
        for item in left:
            fitted = fits.get(id(item))
            writing.append((item, None if fitted is None else side.start(write_photo, fitted)))
        for item in chunk:
            item.input = None
        while writing and (len(writing) > at_once or _is_done(writing[0][1])):
            conclude(*writing.popleft(), finished)
    while writing:
        conclude(*writing.popleft(), finished)


def _is_done(task: PendingTask[WrittenPhoto] | None) -> bool:
    return task is None or task.is_done


def conclude(item: PhotoItem, task: PendingTask[WrittenPhoto] | None, finished: Finish) -> None:
    """Note what the writing of a photo has come to, and tell `finished`; without a task the photo has failed before."""
    if task is not None:
        try:
            written = task.result()
            item.quality, item.problem = written.quality, written.problem
            item.notes += written.notes
            item.seconds += written.seconds
        except Exception as problem:  # noqa: BLE001 — one photo, whatever is wrong with it, must not end the run
            item.problem = program_fault(item.path, problem)
    finished(item)


def chunks(items: Sequence[PhotoItem], at_once: int, side: TaskGiver) -> Iterator[list[PhotoItem]]:
    """Photos, read a chunk ahead, in groups of at least `at_once` people (the last may have fewer).

    Companions are read only where somebody of their group is left, and a group of companions alone is passed over.
    """
    chunk: list[PhotoItem] = []
    people = 0
    ahead = 1 if side.count == 1 else 2 * (at_once + side.count)
    read = _read_ahead([item for item in items if not item.is_companion], ahead, side)
    for item in items:
        chunk.append(item if item.is_companion else next(read))
        people += item.people if item.finished is None else item.finished.people
        if people >= at_once:
            yield from _with_companions(chunk, side)
            chunk, people = [], 0
    yield from _with_companions(chunk, side)


def _with_companions(chunk: list[PhotoItem], side: TaskGiver) -> Iterator[list[PhotoItem]]:
    if all(item.is_companion for item in chunk):
        return
    companions = [item for item in chunk if item.is_companion]
    for _ in _read_ahead(companions, len(companions) + 1, side):
        pass
    yield chunk


def _read_ahead(items: Sequence[PhotoItem], ahead: int, side: TaskGiver) -> Iterator[PhotoItem]:
    """Yield the items as read, in their order, while up to `ahead` of the next ones are being read."""
    reading: deque[tuple[PhotoItem, PendingTask[ReadPhoto] | None]] = deque()
    for item in items:
        reading.append((item, _started(item, side)))
        if len(reading) >= ahead:
            yield _taken(*reading.popleft())
    while reading:
        yield _taken(*reading.popleft())


def _started(item: PhotoItem, side: TaskGiver) -> PendingTask[ReadPhoto] | None:
    if item.request is None:
        return None
    if item.ask is None:
        return side.start(read_photo, item.request)
    item.request = replace(item.request, pixels=item.ask("pixels"))
    return side.start(read_handed_photo, item.request)


def _taken(item: PhotoItem, task: PendingTask[ReadPhoto] | None) -> PhotoItem:
    if task is None:
        return item
    try:
        found = task.result()
        item.input, item.problem = found.input, found.problem
        item.fingerprint = found.fingerprint or item.fingerprint
        item.people = 0 if found.input is None else len(found.input.subjects)
        item.notes += found.notes
        item.seconds += found.seconds
    except Exception as problem:  # noqa: BLE001 — one photo, whatever is wrong with it, must not end the run
        item.problem = program_fault(item.path, problem)
    return item


def read_handed_photo(request: FitRequest) -> ReadPhoto:
    """Read one photo whose pixels are handed over; where they are refused, its keypoints may be all that is needed."""
    assert request.pixels is not None, "the place where they are handed over"
    is_refused = wait_for(request.pixels) is not None
    return read_photo(replace(request, pixels=None) if is_refused else request)


def read_photo(request: FitRequest) -> ReadPhoto:
    """Read one photo and its keypoints."""
    started = perf_counter()
    notes: list[str] = []
    found: PhotoInput | None = None
    mark = ""
    problem: FittingError | None = None
    try:
        with at_hand(request) as near:
            mark = near.fingerprint
            try:
                found = read_input(near.request, Notes(notes))
            finally:
                notes = [near.told(note) for note in notes]
    except FittingError as failure:
        problem = failure
    return ReadPhoto(found, problem, tuple(notes), perf_counter() - started, mark)


@dataclass(frozen=True)
class _ChunkProgress:
    """Turns the progress of one chunk into that of the whole run."""

    progress: Progress
    before: int
    photos: int

    def __call__(self, fraction: float, stage: str, loss: float, _row: NumpyArray) -> None:
        self.progress(self.before + fraction * self.photos, stage, loss)


def fit_chunk(setup: FitSetup, items: Sequence[PhotoItem], report: Report) -> dict[int, FittedPhoto]:
    """Fit these photos and return each one's share by its `id`.

    If they fail as a whole, each is fitted by itself, so that one spoils no other.
    """
    if not items:
        return {}
    try:
        return _fit_together(setup, items, report)
    except FittingError as problem:  # the engine: the same for everybody
        for item in items:
            item.problem = problem
        return {}
    except Exception as problem:  # noqa: BLE001 — one photo, whatever is wrong with it, must not end the run
        if len(items) == 1:
            items[0].problem = program_fault(items[0].path, problem)
            return {}
        return {key: fit for item in items for key, fit in fit_chunk(setup, [item], report).items()}


def _fit_together(setup: FitSetup, items: Sequence[PhotoItem], report: Report) -> dict[int, FittedPhoto]:
    read = [(item, item.request, item.input) for item in items]
    subjects = [subject for _, _, found in read if found is not None for subject in found.subjects]
    request = next(request for _, request, _ in read if request is not None)
    started = perf_counter()
    engine = choose_engine(request.engine, request.device, len(subjects))
    fit = fit_batch(setup, subjects, engine.make, report)
    share = (perf_counter() - started) / len(subjects)
    first, found_fits = 0, dict[int, FittedPhoto]()
    for item, own, found in read:
        assert own is not None and found is not None, "only photos that were read are fitted"
        last = first + len(found.subjects)
        seconds = share * len(found.subjects)
        found_fits[id(item)] = FittedPhoto(
            own,
            found,
            fit.part(slice(first, last)),
            engine.name,
            engine.device,
            item.seconds,
            seconds,
            item.fingerprint,
        )
        item.seconds += seconds
        first = last
    return found_fits


def write_photo(fitted: FittedPhoto) -> WrittenPhoto:
    """Write the result folder of one photo. What is left to compute for one photo is NumPy's, whatever has fitted it."""
    started = perf_counter()
    notes: list[str] = []
    words: tuple[str, ...] = ()
    request = fitted.request
    if request.pixels is not None and not request.pixels.exists():  # handed over, and refused
        request = replace(request, pixels=None)
    problem: FittingError | None = None
    try:
        with at_hand(request) as near:
            if near.fingerprint not in ("", fitted.fingerprint):
                raise PhotoError(
                    f"{near.request.photo}: it was changed while it was fitted. Run the command again."
                )
            outcome = _outcome(near.request, fitted, Notes(notes))
            words = tuple(person.quality.word for person in outcome.people)
            write_results(near.request, outcome, list(outcome.warnings), Notes(notes))
            near.publish()
    except FittingError as failure:
        problem = failure
    return WrittenPhoto(words, problem, tuple(notes), perf_counter() - started)


def _outcome(request: FitRequest, fitted: FittedPhoto, messenger: Notes) -> FitOutcome:
    engine = ArrayEngine(fitted.engine, fitted.device, choose_engine("numpy", "cpu").make)
    run = EngineRun(engine, fitted.read_seconds, fitted.fit_seconds)
    return build_outcome(request, requested_setup(request), fitted.input, fitted.fit, run, messenger)
