"""The output folder of a batch: what a run does with it, and how that is done on a disk."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from errno import EEXIST, EISDIR
from pathlib import Path
from typing import Protocol, runtime_checkable

from fitting_core.batch.manifest import MANIFEST, FileLines, Manifest
from fitting_core.batch.messages import PhotoRow, is_our_table
from fitting_core.errors import OutputError
from fitting_core.files.atomic import replace_when_complete
from fitting_core.files.unfinished import held, sweep
from fitting_core.results.exchange import SUMMARY_FILE, check_result_folder, repair
from fitting_core.results.shared_body import BODIES
from fitting_core.storage.address import Address

SUMMARY = "summary.csv"


@runtime_checkable
class BatchOutput(Protocol):
    """The output folder of a batch, wherever it is. Everything raises OutputError or StorageError where it cannot be done."""

    @property
    def name(self) -> str:
        """The last part of its path."""
        ...

    @property
    def manifest_place(self) -> Path | Address:
        """Where the manifest lies, which every machine of a cluster must see."""
        ...

    @property
    def is_far(self) -> bool:
        """True if it is asked over a network, where several questions at once save time."""
        ...

    def prepare(self, tables: Collection[str]) -> None:
        """Make the folder, and refuse one that holds files of the user's own under the names of the tables."""
        ...

    def only_run(self) -> AbstractContextManager[None]:
        """Keep other runs out for as long as the context lasts."""
        ...

    def manifest(self) -> Manifest:
        """Read the manifest, or begin one."""
        ...

    def holds(self, name: str) -> bool:
        """Return True if a whole result of this name is there."""
        ...

    def replaced(self, name: str) -> AbstractContextManager[Path]:
        """Yield an empty file of this machine that becomes the table or page of this name when the block ends well."""
        ...

    def results(self, rows: Sequence[PhotoRow], names: Sequence[str]) -> Iterator[Path]:
        """Yield for each row a folder in which these files of its result lie, if it has them, until the next is asked for."""
        ...

    def sweep(self, names: Collection[str]) -> None:
        """Remove what killed processes have left half written beside the results of these names."""
        ...


class FolderOutput:
    """An output folder on a disk; see `BatchOutput`."""

    is_far = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def name(self) -> str:
        """See `BatchOutput`."""
        return self._folder.resolve().name

    @property
    def manifest_place(self) -> Path | Address:
        """See `BatchOutput`."""
        return self._folder / MANIFEST

    def prepare(self, tables: Collection[str]) -> None:
        """See `BatchOutput`."""
        folder = self._folder
        check_result_folder(folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name in tables:
                if (folder / name).is_dir():
                    raise IsADirectoryError(EISDIR, f"{name} in it is a folder")
            if (folder / SUMMARY).exists() and not is_our_table(folder / SUMMARY):
                raise FileExistsError(EEXIST, f"{SUMMARY} in it is not the table of such a run")
        except OSError as problem:
            raise OutputError(
                f"{folder}: the results cannot go there ({problem.strerror}). Choose another --out."
            ) from problem

    @contextmanager
    def only_run(self) -> Generator[None]:
        """See `BatchOutput`; needs a system with locks."""
        try:
            with held(self._folder):
                yield
        except BlockingIOError as problem:
            raise OutputError(
                f"{self._folder}: another run is at work there. Wait for its end, or choose another --out."
            ) from problem

    def manifest(self) -> Manifest:
        """See `BatchOutput`."""
        return Manifest(FileLines(self._folder / MANIFEST))

    def holds(self, name: str) -> bool:
        """See `BatchOutput`; a result that a kill has left half exchanged is repaired."""
        repair(self._folder / name)
        return (self._folder / name / SUMMARY_FILE).is_file()

    def replaced(self, name: str) -> AbstractContextManager[Path]:
        """See `BatchOutput`."""
        return replace_when_complete(self._folder / name)

    def results(self, rows: Sequence[PhotoRow], names: Sequence[str]) -> Iterator[Path]:
        """See `BatchOutput`."""
        del names
        return (self._folder / row.folder for row in rows)

    def sweep(self, names: Collection[str]) -> None:
        """See `BatchOutput`."""
        out = self._folder
        for folder in {out, out / BODIES, *((out / name).parent for name in names)}:
            sweep(folder)
