"""The fit of a whole folder of photos: a result folder for each, tables of all, and a contact sheet.

A run goes on where an earlier one in the same output folder ended. A photo that cannot be fitted is listed with the reason, and
tried again by the next run; the others are done all the same.
"""

from __future__ import annotations

import argparse
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from errno import EEXIST, EISDIR
from pathlib import Path
from time import monotonic

from fitting_core.arguments.parser import request_of
from fitting_core.arguments.photo_folder import nested_output_names, output_names, photos_in, photos_under
from fitting_core.batch.contact_sheet import SHEET, write_contact_sheet
from fitting_core.batch.fingerprint import fingerprint
from fitting_core.batch.item import BatchItem
from fitting_core.batch.keypoint_frames import frames_of_photos
from fitting_core.batch.manifest import Manifest
from fitting_core.batch.messages import BatchMessenger, Pace, PhotoRow, csv_text, is_our_table
from fitting_core.batch.people_table import PEOPLE_TABLE, write_people_table
from fitting_core.batch.side_processes import process_count
from fitting_core.batch.work import work
from fitting_core.errors import FittingError, OutputError, PhotoError, RequestError
from fitting_core.files.atomic import write_bytes_atomically
from fitting_core.files.unfinished import held
from fitting_core.pipeline import requested_setup
from fitting_core.results.exchange import SUMMARY_FILE, check_result_folder, repair

SUMMARY = "summary.csv"
EXIT_ALL, EXIT_SOME, EXIT_NOTHING = 0, 1, 2


def run_batch(options: argparse.Namespace, messenger: BatchMessenger) -> int:
    """Fit every photo of `options.photos` and return the exit code: 0 all done, 1 some failed, 2 none done.

    Raises FittingError before anything is done where no photo could be: no photos, nonsense in the options, no body model,
    an output folder that cannot be made or in which another run is at work.
    """
    items = _items(options)
    check_result_folder(options.out)
    _make_folder(options.out)
    with _only_run(options.out):
        return _run(items, options, messenger)


def _items(options: argparse.Namespace) -> list[BatchItem]:
    if options.nested:
        photos = photos_under(options.photos, apart_from=options.out)
        names = nested_output_names(photos, options.photos)
    else:
        photos = photos_in(options.photos)
        names = output_names(photos)
    labels = [photo.relative_to(options.photos).as_posix() for photo in photos]
    return [BatchItem(*facts) for facts in zip(photos, labels, names, strict=True)]


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in (SUMMARY, PEOPLE_TABLE, SHEET):
            if (folder / name).is_dir():
                raise IsADirectoryError(EISDIR, f"{name} in it is a folder")
        if (folder / SUMMARY).exists() and not is_our_table(folder / SUMMARY):
            raise FileExistsError(EEXIST, f"{SUMMARY} in it is not the table of such a run")
    except OSError as problem:
        raise OutputError(
            f"{folder}: the results cannot go there ({problem.strerror}). Choose another --out."
        ) from problem


@contextmanager
def _only_run(folder: Path) -> Generator[None]:
    """Keep other runs out of an output folder, where the system has locks. Raises OutputError if one is at work there."""
    try:
        with held(folder):
            yield
    except BlockingIOError as problem:
        raise OutputError(
            f"{folder}: another run is at work there. Wait for its end, or choose another --out."
        ) from problem


def _run(items: Sequence[BatchItem], options: argparse.Namespace, messenger: BatchMessenger) -> int:
    manifest = Manifest(options.out)
    photos = [item.photo for item in items]
    for item, frame in zip(items, frames_of_photos(options.keypoints, photos, options.frame), strict=True):
        _prepare(item, options, frame)
        if item.request is not None and not options.again:
            item.finished = _finished_before(item, manifest, options.out)
    first = next((item.request for item in items if item.request is not None), None)
    if first is not None:
        setup = requested_setup(first)
        messenger.status(_beginning(items, options.photos))
        log = _Log(messenger, manifest, len(items), sum(item.finished is not None for item in items))
        left = [item for item in items if item.finished is None]
        workers = process_count(options.workers, len(left))
        work(setup, left, options.at_once, workers, messenger, log.finish)
    code = _conclude(items, options, messenger, reported=first is not None)
    manifest.close([item.label for item in items])
    return code


def _beginning(items: Sequence[BatchItem], folder: Path) -> str:
    done = sum(item.finished is not None for item in items)
    return f"{len(items)} photos in {folder.name}" + (
        f", {done} of them done by an earlier run" if done else ""
    )


def _prepare(item: BatchItem, options: argparse.Namespace, frame: int | None) -> None:
    """Make the request of one photo. RequestError, nonsense that is the same for all photos, is left to rise."""
    own = {
        "photo": item.photo,
        "keypoints": options.keypoints,
        "out": options.out / item.name,
        "frame": frame,
    }
    try:
        request = request_of(argparse.Namespace(**(vars(options) | own)))
        item.request = replace(request, write_views=request.write_overlay)
    except RequestError:
        raise
    except FittingError as problem:
        item.problem = problem
    except (OSError, ValueError) as problem:  # a name that this system cannot look for
        item.problem = PhotoError(f"{item.photo.name}: cannot be looked at ({problem}). Rename the photo.")


def _finished_before(item: BatchItem, manifest: Manifest, out: Path) -> PhotoRow | None:
    """Return a photo's line from an earlier run, if its files and options are the same and its result is still there."""
    assert item.request is not None, "only photos with a request can be compared"
    item.fingerprint = fingerprint(item.request)
    earlier = manifest.done(item.label)
    if earlier is None or (earlier.row.status, earlier.row.folder) != ("done", item.name):
        return None
    if earlier.fingerprint != item.fingerprint:
        return None
    repair(out / item.name)
    return earlier.row if (out / item.name / SUMMARY_FILE).is_file() else None


@dataclass(eq=False)
class _Log:
    """Notes every photo at its end: for the next run, and for whoever watches this one."""

    messenger: BatchMessenger
    manifest: Manifest
    count: int
    number: int  # of photos that are finished
    done_now: int = 0
    started: float = field(default_factory=monotonic)

    def finish(self, item: BatchItem) -> None:
        if not item.fingerprint and item.request is not None:
            item.fingerprint = fingerprint(item.request)
        row = item.finish()
        self.manifest.add(row, item.fingerprint)
        self.number, self.done_now = self.number + 1, self.done_now + 1
        rate = self.done_now / max(monotonic() - self.started, 1e-3)
        self.messenger.photo(self.number, self.count, row, Pace(rate, (self.count - self.number) / rate))


def _conclude(
    items: Sequence[BatchItem], options: argparse.Namespace, messenger: BatchMessenger, reported: bool
) -> int:
    folder: Path = options.out
    rows = [item.row() for item in items]
    if not reported:
        for number, row in enumerate(rows, 1):
            messenger.photo(number, len(rows), row, None)
    problem: FittingError | None = None
    pages: tuple[str, ...] = ()
    try:
        write_bytes_atomically(folder / SUMMARY, csv_text(rows).encode())
        write_people_table(folder, rows)
        pages = write_contact_sheet(folder, f"Photos of {options.photos.resolve().name}", rows)
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
    files = [SUMMARY, PEOPLE_TABLE, *pages]
    messenger.done(folder.resolve().name, files, sum(row.people for row in done))
    return EXIT_ALL if len(done) == len(rows) else EXIT_SOME
