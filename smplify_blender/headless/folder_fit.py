# pyright: basic
"""A folder of photos and clips in, a rig of each out, made as the core's batch is done with it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from ..api import SmplifyError
from .batch_results import BatchResult, results_in
from .batch_work import RESULTS, Work, check_listed, work_of_fitted
from .contact_work import ContactWork
from .core_batch import CoreBatch, Listed, core_batch
from .finished_photos import FinishedPhotos
from .outputs import empty_startup_scene
from .rig_run import RigRun

CRASHED = "crashed"
_AGAIN = "--again"


class FolderFit:
    """The fit of a folder into `results` of the output folder. `problem` is why the core has given up, None where it has not."""

    def __init__(self, folder: Path, for_core: Sequence[str], options: argparse.Namespace) -> None:
        self._folder, self._options = folder, options
        self._words = [*for_core, *((_AGAIN,) if options.again else ())]
        if options.keypoints is not None:
            self._words += ["--keypoints", str(options.keypoints)]
        self._results: Path = options.out / RESULTS
        self._work: dict[str, Work] = {}
        self._listed: tuple[Listed, ...] = ()
        self.finished = FinishedPhotos(options.out)
        self.problem: SmplifyError | None = None

    @property
    def work(self) -> list[Work]:
        """Everything in the folder, once it has been done."""
        return [self._work[one.label] for one in self._listed]

    @property
    def sheet(self) -> Path:
        """The contact sheet."""
        return self._results / "index.html"

    def rigs(self, contacts: ContactWork) -> RigRun:
        """Fit, and make the rigs; return what became of each. Raises OptionError and SmplifyError before anything is done."""
        with self._core() as core:
            self._listed = core.listed
            check_listed(core.listed, self._folder, self._options, self.finished)
            empty_startup_scene()
            run = RigRun(contacts, self.finished, len(core.listed), self._options.again)
            self.problem = self._build(core, run)
        done = 0
        while self.problem is not None and self.problem.code == CRASHED and len(run.rows) > done:
            # What has killed the core is among the next: it goes on from what it has noted, as long as it gets anywhere.
            done = len(run.rows)
            self._words = [word for word in self._words if word != _AGAIN]
            with self._core() as core:
                self.problem = self._build(core, run)
        self._build_rest(run)
        return run

    def _core(self) -> AbstractContextManager[CoreBatch]:
        return core_batch(self._folder, self._options.out, self._results, self._words)

    def _build(self, core: CoreBatch, run: RigRun) -> SmplifyError | None:
        """Make rigs of what the core is done with as it comes; return the problem with which it has given up."""
        try:
            core.go()
            for fitted in core.fitted():
                self._do(fitted.result, run, fitted.seconds_left)
        except SmplifyError as problem:
            return problem
        return None

    def _build_rest(self, run: RigRun) -> None:
        """Do what an earlier run has fitted; with a problem the core never came to the others, which have failed."""
        known = {one.photo: one for one in results_in(self._results)} if self.problem is None else {}
        for label in (one.label for one in self._listed if one.label not in run.rows):
            reason = "the fit has not come to it" if self.problem is None else str(self.problem)
            code = CRASHED if self.problem is None else self.problem.code
            self._do(known.get(label, BatchResult(label, "", code, reason)), run)

    def _do(self, result: BatchResult, run: RigRun, seconds_left: float | None = None) -> None:
        one = work_of_fitted(self._folder, result, self._options)
        self._work[one.label] = one
        run.do(one, seconds_left)
