"""The fit of a whole folder of photos and clips: a result folder for each, tables of all, and a contact sheet.

A run goes on where an earlier one in the same output folder ended. A photo or clip that cannot be fitted is listed with the
reason, and tried again by the next run; the others are done all the same.
"""

from __future__ import annotations

import argparse
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from errno import EEXIST, EISDIR
from pathlib import Path
from time import monotonic

from fitting_core.arguments.batch_parser import with_absolute_paths
from fitting_core.batch.clips import count_frames, work_clips
from fitting_core.batch.contact_sheet import SHEET, write_contact_sheet
from fitting_core.batch.fingerprint import fingerprint
from fitting_core.batch.item import AnyItem
from fitting_core.batch.listing import Listing, list_folder, prepare, wait_for_hand_over
from fitting_core.batch.manifest import Manifest
from fitting_core.batch.messages import BatchMessenger, Pace, csv_text, is_our_table
from fitting_core.batch.people_table import PEOPLE_TABLE, write_people_table
from fitting_core.batch.ray_cluster.cluster import Cluster, connected
from fitting_core.batch.ray_cluster.photos import work_photos
from fitting_core.batch.side_processes import process_count
from fitting_core.batch.work import work
from fitting_core.errors import FittingError, OutputError, RequestError
from fitting_core.files.atomic import write_bytes_atomically
from fitting_core.files.unfinished import held, sweep
from fitting_core.fitting.setup import FitSetup
from fitting_core.photo.encoding import has_pillow
from fitting_core.pipeline.setups import fit_setup, requested_setup
from fitting_core.results.exchange import check_result_folder
from fitting_core.results.shared_body import BODIES
from fitting_core.sequence.frames.movie import can_read_movies

SUMMARY = "summary.csv"
EXIT_ALL, EXIT_SOME, EXIT_NOTHING = 0, 1, 2


def run_batch(options: argparse.Namespace, messenger: BatchMessenger) -> int:
    """Fit every photo and clip of `options.photos` and return the exit code: 0 all done, 1 some failed, 2 none done.

    Raises FittingError before anything is done where no photo could be: no photos, nonsense in the options, no body model,
    an output folder that cannot be made or in which another run is at work.
    """
    if options.ray is not None:
        options = with_absolute_paths(options)
    listing = list_folder(options)
    if options.hand_over is not None:
        _check_hand_over(options)
        wait_for_hand_over(listing, options.hand_over, messenger)
    check_result_folder(options.out)
    _make_folder(options.out)
    with _only_run(options.out):
        return _run(listing, options, messenger)


def _check_hand_over(options: argparse.Namespace) -> None:
    if options.ray is not None and not (has_pillow() and can_read_movies()):
        raise RequestError(
            "--ray: the machines of a cluster decode photos and clips themselves. Choose a Python with Pillow and PyAV (pip "
            "install pillow av)."
        )


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


def _run(listing: Listing, options: argparse.Namespace, messenger: BatchMessenger) -> int:
    manifest = Manifest(options.out)
    prepare(listing, options, manifest)
    reported = any(item.request is not None for item in listing.items)
    if reported:
        _fit_all(listing, options, manifest, messenger)
    code = _conclude(listing, options, messenger, reported)
    _sweep(options.out, listing)
    manifest.close([item.label for item in listing.items])
    return code


def _fit_all(
    listing: Listing, options: argparse.Namespace, manifest: Manifest, messenger: BatchMessenger
) -> None:
    setup = _checked_setup(listing)
    messenger.status(_beginning(listing, options.photos))
    photos = [item for item in listing.photos if item.finished is None]
    with_companions = [item for item in listing.photos if item.finished is None or item.is_companion]
    clips = [item for item in listing.clips if item.finished is None]
    for item in clips:
        count_frames(item)
    log = _Log(messenger, manifest, listing.items)

    def progress_of_clips(frames: float, stage: str, loss: float) -> None:
        log.progress(len(photos) + frames, stage, loss)

    with _cluster_of(options, manifest) as cluster:
        if setup is None:
            for item in photos:
                log.finish(item)
        elif cluster is not None:
            work_photos(cluster, with_companions, options.at_once, log.progress, log.finish)
        else:
            workers = process_count(options.workers, len(photos))
            work(setup, with_companions, options.at_once, workers, log.progress, log.finish)
        fitters = None if cluster is None else cluster.fitters
        work_clips(clips, options.workers, progress_of_clips, log.finish, fitters)


@contextmanager
def _cluster_of(options: argparse.Namespace, manifest: Manifest) -> Generator[Cluster | None]:
    """Yield the cluster that the user names, None without one. Raises FittingError where it cannot do the work."""
    if options.ray is None:
        yield None
        return
    may_use_gpu = options.engine != "numpy" and options.device != "cpu"
    with connected(options.ray, options.workers, manifest.path, may_use_gpu) as cluster:
        yield cluster


def _checked_setup(listing: Listing) -> FitSetup | None:
    """Return the setup of the photos, None without any that can be fitted. Raises FittingError for a body that is not there."""
    clip = next((item.request for item in listing.clips), None)
    if clip is not None:
        fit_setup(clip.model, "neutral" if clip.gender == "automatic" else clip.gender)
    first = next((item.request for item in listing.photos if item.request is not None), None)
    return None if first is None else requested_setup(first)


def _beginning(listing: Listing, folder: Path) -> str:
    done = sum(item.finished is not None for item in listing.items)
    return f"{listing.words} in {folder.name}" + (f", {done} of them done by an earlier run" if done else "")


class _Log:
    """Notes every item at its end: for the next run, and for whoever watches this one.

    The rate and the time left count pictures: one for a photo, as many for a clip as it has frames.
    """

    def __init__(self, messenger: BatchMessenger, manifest: Manifest, items: Sequence[AnyItem]) -> None:
        left = [item for item in items if item.finished is None]
        self._messenger, self._manifest = messenger, manifest
        self._count, self._number = len(items), len(items) - len(left)
        self._pictures, self._pictures_done = sum(item.pictures for item in left), 0
        self._started = monotonic()

    def progress(self, pictures: float, stage: str, loss: float) -> None:
        """Report how many pictures are done of those that were left."""
        self._messenger.progress(pictures / self._pictures, stage, loss)

    def finish(self, item: AnyItem) -> None:
        """Note an item whose result is in place, or that has failed."""
        if not item.fingerprint and item.request is not None:
            item.fingerprint = fingerprint(item.request)
        row = item.finish()
        self._manifest.add(row, item.fingerprint)
        self._number, self._pictures_done = self._number + 1, self._pictures_done + item.pictures
        rate = self._pictures_done / max(monotonic() - self._started, 1e-3)
        left = (self._pictures - self._pictures_done) / rate
        self._messenger.photo(self._number, self._count, row, Pace(rate, left))


def _sweep(out: Path, listing: Listing) -> None:
    """Remove what processes have left half written that were killed beside this one."""
    for folder in {out, out / BODIES, *((out / item.name).parent for item in listing.items)}:
        sweep(folder)


def _conclude(
    listing: Listing, options: argparse.Namespace, messenger: BatchMessenger, reported: bool
) -> int:
    folder: Path = options.out
    rows = [item.row() for item in listing.items]
    if not reported:
        for number, row in enumerate(rows, 1):
            messenger.photo(number, len(rows), row, None)
    problem: FittingError | None = None
    pages: tuple[str, ...] = ()
    try:
        write_bytes_atomically(folder / SUMMARY, csv_text(rows).encode())
        write_people_table(folder, rows)
        title = "Photos and clips" if listing.clips else "Photos"
        pages = write_contact_sheet(folder, f"{title} of {options.photos.resolve().name}", rows)
    except OutputError as failure:
        problem = failure
    messenger.table(rows)
    done = [row for row in rows if row.status == "done"]
    if problem is not None:
        messenger.error(problem.code, str(problem))
        return EXIT_SOME if done else EXIT_NOTHING
    if not done:
        messenger.error("nothing-done", f"None of the {listing.words} could be fitted; see {SUMMARY}.")
        return EXIT_NOTHING
    files = [SUMMARY, PEOPLE_TABLE, *pages]
    messenger.done(folder.resolve().name, files, sum(row.people for row in done))
    return EXIT_ALL if len(done) == len(rows) else EXIT_SOME
