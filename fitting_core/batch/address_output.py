"""The output folder of a batch at an address: the same files as on a disk, by ways that storage of objects offers.

Nothing can be appended to an object, so the lines of finished photos are kept in a folder .journal until the run ends: an object
for some two hundred of them, whose next version is written under a name of its own before the last one is removed. At the end
they are put together as batch.jsonl.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from fitting_core.batch.manifest import END, HEAD, MANIFEST, MOST_BYTES, Manifest, unusable
from fitting_core.batch.messages import PhotoRow, begins_as_our_table
from fitting_core.batch.output import SUMMARY
from fitting_core.errors import OutputError
from fitting_core.files.unfinished import remove
from fitting_core.results.address_exchange import is_whole
from fitting_core.storage.address import Address
from fitting_core.storage.lease import Lease
from fitting_core.storage.scratch import scratch_folder
from fitting_core.storage.store import Store, side_by_side

JOURNAL = ".journal"
_LINES_OF_A_PART = 200
_MOST_PART_BYTES = 50_000_000
_TABLE_START_BYTES = 100
_FETCHED_AT_ONCE = 8
_FETCHED_AHEAD = 32  # results whose small files are on this machine while tables and pages are written


class AddressOutput:
    """An output folder at an address; see `BatchOutput`. `tell` hears of a wait."""

    is_far = True

    def __init__(self, store: Store, out: Address, tell: Callable[[str], None]) -> None:
        self._store, self._out, self._tell = store, out, tell
        self._lease: Lease | None = None

    @property
    def name(self) -> str:
        """See `BatchOutput`."""
        return self._out.name

    @property
    def manifest_place(self) -> Path | Address:
        """See `BatchOutput`."""
        return self._out / MANIFEST

    def prepare(self, tables: Collection[str]) -> None:
        """See `BatchOutput`."""
        there = self._store.entry(self._out)
        if there is not None and not there.is_folder:
            raise OutputError(
                f"{self._out}: the results cannot go there (it is a file). Choose another --out."
            )
        start = self._store.start_of(self._out / SUMMARY, _TABLE_START_BYTES)
        if start and not begins_as_our_table(start):
            raise OutputError(
                f"{self._out}: the results cannot go there ({SUMMARY} in it is not the table of such a run). Choose another "
                "--out."
            )
        for name in tables:
            found = self._store.entry(self._out / name)
            if found is not None and found.is_folder:
                raise OutputError(
                    f"{self._out}: the results cannot go there ({name} in it is a folder). Choose another --out."
                )

    @contextmanager
    def only_run(self) -> Generator[None]:
        """See `BatchOutput`; by a lease."""
        with Lease(self._store, self._out, self._tell) as self._lease:
            yield

    def manifest(self) -> Manifest:
        """See `BatchOutput`."""
        return Manifest(_AddressLines(self._store, self._out, self._check))

    def holds(self, name: str) -> bool:
        """See `BatchOutput`."""
        return is_whole(self._store, self._out / name)

    @contextmanager
    def replaced(self, name: str) -> Generator[Path]:
        """See `BatchOutput`."""
        with scratch_folder() as scratch:
            place = scratch / name
            place.touch()
            yield place
            self._check()
            self._store.put(place, self._out / name)

    def results(self, rows: Sequence[PhotoRow], names: Sequence[str]) -> Iterator[Path]:
        """See `BatchOutput`; the files of the next few results are fetched meanwhile."""
        with scratch_folder() as scratch, ThreadPoolExecutor(_FETCHED_AT_ONCE) as pool:
            places = (scratch / str(number) for number in range(len(rows)))
            wanted = iter(zip(rows, places, strict=True))

            def begun(most: int) -> Iterator[Future[Path]]:
                return (pool.submit(self._fetched, row, names, place) for row, place in islice(wanted, most))

            waiting = deque(begun(_FETCHED_AHEAD))
            while waiting:
                place = waiting.popleft().result()
                yield place
                remove(place)
                waiting.extend(begun(1))

    def _fetched(self, row: PhotoRow, names: Sequence[str], place: Path) -> Path:
        place.mkdir()
        for name in names if row.status == "done" else ():
            try:
                self._store.fetch(self._out / row.folder / name, place / name)
            except FileNotFoundError:
                continue  # as on a disk: a clip without pictures has no views
        return place

    def sweep(self, names: Collection[str]) -> None:
        """See `BatchOutput`; what is left half written here has names of its own, and the next result takes its place."""

    def _check(self) -> None:
        if self._lease is not None:
            self._lease.check()


class _AddressLines:
    """The manifest's lines at an address: those of batch.jsonl, then those of the journal. `check` raises for a lost lease."""

    def __init__(self, store: Store, out: Address, check: Callable[[], None]) -> None:
        self._store, self._check = store, check
        self.place = out / MANIFEST
        self._journal = out / JOURNAL
        self._run = 1 + max((_run_of(name) for name in self._parts()), default=0)
        self._part, self._lines = 1, list[bytes]()

    def read(self) -> Iterator[bytes]:
        """See `ManifestLines`."""
        found = self._store.entry(self.place)
        if found is None:
            self._store.write(self.place, HEAD)
            yield HEAD
        elif found.size > MOST_BYTES:
            raise unusable(self.place, f"it is larger than {MOST_BYTES} bytes")
        else:
            with scratch_folder() as scratch:
                self._store.fetch(self.place, scratch / MANIFEST)
                with (scratch / MANIFEST).open("rb") as file:
                    yield from file
        for name in self._parts():
            yield from self._store.read(self._journal / name, _MOST_PART_BYTES).splitlines(keepends=True)

    def add(self, line: bytes) -> None:
        """See `ManifestLines`."""
        self._check()
        earlier = self._name()
        self._lines.append(line)
        self._store.write(self._journal / self._name(), b"".join(self._lines))
        if len(self._lines) > 1:
            self._store.remove(self._journal / earlier)
        if len(self._lines) == _LINES_OF_A_PART:
            self._part, self._lines = self._part + 1, []

    def replace(self, content: bytes) -> None:
        """See `ManifestLines`."""
        self.add(END)  # the journal is that of a run which has ended, should a kill leave a part of it
        self._store.write(self.place, content)
        *parts, last = self._parts()
        side_by_side(lambda name: self._store.remove(self._journal / name), parts)
        self._store.remove(self._journal / last)

    def _name(self) -> str:
        return f"{self._run:06d}-{self._part:06d}-{len(self._lines):04d}.jsonl"

    def _parts(self) -> list[str]:
        names = (entry.name for entry in self._store.entries(self._journal))
        return [name for name in names if name.endswith(".jsonl")]


def _run_of(name: str) -> int:
    number = name.partition("-")[0]
    return int(number) if number.isdecimal() else 0
