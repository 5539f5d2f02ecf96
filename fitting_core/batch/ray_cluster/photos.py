"""The photos of a batch as tasks of a cluster: read, fitted together, written, with a bounded number of them on their way."""

from __future__ import annotations

from collections.abc import Sequence

from fitting_core.batch.item import PhotoItem
from fitting_core.batch.ray_cluster.cluster import Cluster, RayTask
from fitting_core.batch.ray_cluster.on_node import fit_photos, write_fitted
from fitting_core.batch.work import Finish, Progress, WrittenPhoto, chunks, conclude

_WORDS = "fitting photos on the cluster"


def work_photos(
    cluster: Cluster, items: Sequence[PhotoItem], at_once: int, progress: Progress, finished: Finish
) -> None:
    """Do everything that is left of the items; `finished` hears of each photo's end.

    The photos that are fitted together are those of a run on one machine, and so are the numbers.
    """
    flight = _Flight(cluster, progress, finished)
    for chunk in chunks(items, at_once, cluster.readers):
        flight.send(chunk)
        # Every process has a fit, and some wait; further photos stay on the disk until these have landed.
        flight.land_until(at_once * (cluster.fitters.count + 1) + 2 * cluster.readers.count)
    flight.land_until(0)


class _Flight:
    """The photos between their reading and the end of their writing."""

    def __init__(self, cluster: Cluster, progress: Progress, finished: Finish) -> None:
        self._cluster, self._progress, self._finished = cluster, progress, finished
        self._writing: dict[RayTask[WrittenPhoto], PhotoItem] = {}
        self._done = 0

    def send(self, chunk: Sequence[PhotoItem]) -> None:
        """Start the fit of a chunk, and the writing of each of its photos after it; end those that could not be read."""
        present = [item for item in chunk if item.input is not None]
        fits = dict(zip(map(id, present), self._cluster.fitters.start_each(fit_photos, present), strict=True))
        for item in chunk:
            item.input = None
            if item.is_companion:
                continue
            if id(item) in fits:
                self._writing[self._cluster.readers.start_after(fits[id(item)], write_fitted)] = item
            else:
                self._end(item, None)

    def land_until(self, most: int) -> None:
        """Wait until at most so many photos are on their way."""
        while len(self._writing) > most:
            for task in self._cluster.done_of(tuple(self._writing)):
                self._end(self._writing.pop(task), task)

    def _end(self, item: PhotoItem, task: RayTask[WrittenPhoto] | None) -> None:
        conclude(item, task, self._finished)
        self._done += 1
        self._progress(self._done, _WORDS, 0.0)
