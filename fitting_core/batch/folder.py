"""The fit of a whole folder of photos and clips: a result folder for each, tables of all, and a contact sheet.

A run goes on where an earlier one in the same output folder ended. A photo or clip that cannot be fitted is listed with the
reason, and tried again by the next run; the others are done all the same.
"""

from __future__ import annotations

import argparse
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from fitting_core.arguments.batch_parser import with_absolute_paths
from fitting_core.batch.clips import count_frames, work_clips
from fitting_core.batch.contact_sheet import SHEET, write_contact_sheet
from fitting_core.batch.fingerprint import fingerprint
from fitting_core.batch.item import AnyItem
from fitting_core.batch.listing import Listing, list_folder, prepare, wait_for_hand_over
from fitting_core.batch.manifest import Manifest
from fitting_core.batch.messages import BatchMessenger, Pace, csv_text
from fitting_core.batch.output import SUMMARY, BatchOutput
from fitting_core.batch.people_table import PEOPLE_TABLE, write_people_table
from fitting_core.batch.placed import has_placed_input
from fitting_core.batch.ray_cluster.cluster import Cluster, connected
from fitting_core.batch.ray_cluster.photos import work_photos
from fitting_core.batch.run_places import placed
from fitting_core.batch.side_processes import process_count
from fitting_core.batch.work import work
from fitting_core.errors import FittingError, OutputError, RequestError
from fitting_core.fitting.setup import FitSetup
from fitting_core.photo.encoding import has_pillow
from fitting_core.pipeline.setups import fit_setup, requested_setup
from fitting_core.sequence.frames.movie import can_read_movies
from fitting_core.storage.store import StorageError

EXIT_ALL, EXIT_SOME, EXIT_NOTHING = 0, 1, 2


def run_batch(options: argparse.Namespace, messenger: BatchMessenger) -> int:
    """Fit every photo and clip of `options.photos` and return the exit code: 0 all done, 1 some failed, 2 none done.

    Raises FittingError before anything is done where no photo could be: no photos, nonsense in the options, no body model,
    an output folder that cannot be made or in which another run is at work.
    """
    with placed(options, messenger.status) as (own, output):
        if options.ray is not None:
            own = with_absolute_paths(own)
        listing = list_folder(own)
        if own.hand_over is not None:
            _check_hand_over(own)
            wait_for_hand_over(listing, own.hand_over, messenger)
        output.prepare((SUMMARY, PEOPLE_TABLE, SHEET))
        with output.only_run():
            return _run(listing, own, output, messenger)


def _check_hand_over(options: argparse.Namespace) -> None:
    if options.places is not None:
        raise RequestError(
            "--hand-over: a program beside hands over pictures of this machine's folders, not of an address."
        )
    if options.ray is not None and not (has_pillow() and can_read_movies()):
        raise RequestError(
            "--ray: the machines of a cluster decode photos and clips themselves. Choose a Python with Pillow and PyAV (pip "
            "install pillow av)."
        )


def _run(
    listing: Listing, options: argparse.Namespace, output: BatchOutput, messenger: BatchMessenger
) -> int:
    manifest = output.manifest()
    prepare(listing, options, manifest, output)
    reported = any(item.request is not None for item in listing.items)
    if reported:
        log = _Log(messenger, manifest, listing.items)
        _fit_all(listing, options, output, log)
    code = _conclude(listing, options, output, messenger, reported)
    output.sweep([item.name for item in listing.items])
    manifest.close([item.label for item in listing.items])
    return code


def _fit_all(listing: Listing, options: argparse.Namespace, output: BatchOutput, log: _Log) -> None:
    setup = _checked_setup(listing)
    log.begin(_beginning(listing, options.photos))
    photos = [item for item in listing.photos if item.finished is None]
    with_companions = [item for item in listing.photos if item.finished is None or item.is_companion]
    clips = [item for item in listing.clips if item.finished is None]
    for item in clips:
        count_frames(item)
    log.start()

    def progress_of_clips(frames: float, stage: str, loss: float) -> None:
        log.progress(len(photos) + frames, stage, loss)

    with _cluster_of(options, output) as cluster:
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
def _cluster_of(options: argparse.Namespace, output: BatchOutput) -> Generator[Cluster | None]:
    """Yield the cluster that the user names, None without one. Raises FittingError where it cannot do the work."""
    if options.ray is None:
        yield None
        return
    may_use_gpu = options.engine != "numpy" and options.device != "cpu"
    with connected(options.ray, options.workers, output.manifest_place, may_use_gpu) as cluster:
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
        self._left = left
        self._pictures, self._pictures_done = 0, 0
        self._started = monotonic()

    def begin(self, words: str) -> None:
        """Tell what there is to do."""
        self._messenger.status(words)

    def start(self) -> None:
        """Begin to count, once it is known how many frames the clips have."""
        self._pictures = sum(item.pictures for item in self._left)
        self._left.clear()
        self._started = monotonic()

    def progress(self, pictures: float, stage: str, loss: float) -> None:
        """Report how many pictures are done of those that were left."""
        self._messenger.progress(pictures / self._pictures, stage, loss)

    def finish(self, item: AnyItem) -> None:
        """Note an item whose result is in place, or that has failed."""
        if not item.fingerprint and item.request is not None and not has_placed_input(item.request):
            item.fingerprint = fingerprint(item.request)
        row = item.finish()
        self._manifest.add(row, item.fingerprint)
        self._number, self._pictures_done = self._number + 1, self._pictures_done + item.pictures
        rate = self._pictures_done / max(monotonic() - self._started, 1e-3)
        left = (self._pictures - self._pictures_done) / rate
        self._messenger.photo(self._number, self._count, row, Pace(rate, left))


def _conclude(
    listing: Listing,
    options: argparse.Namespace,
    output: BatchOutput,
    messenger: BatchMessenger,
    reported: bool,
) -> int:
    rows = [item.row() for item in listing.items]
    if not reported:
        for number, row in enumerate(rows, 1):
            messenger.photo(number, len(rows), row, None)
    problem: FittingError | None = None
    pages: tuple[str, ...] = ()
    try:
        with output.replaced(SUMMARY) as place:
            place.write_bytes(csv_text(rows).encode())
        write_people_table(output, rows)
        title = "Photos and clips" if listing.clips else "Photos"
        pages = write_contact_sheet(output, f"{title} of {options.photos.resolve().name}", rows)
    except (OutputError, StorageError) as failure:
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
    messenger.done(output.name, files, sum(row.people for row in done))
    return EXIT_ALL if len(done) == len(rows) else EXIT_SOME
