# pyright: basic
"""Results in, one after another; rigs and their files out, each noted once it is there, and the table at the end."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from ..api import (
    FittedPhoto,
    ImportedMotion,
    SequencePlan,
    SmplifyError,
    Target,
    import_clip,
    import_result,
    run_fit,
    scene_camera_options,
)
from ..result.errors import printable, shown
from ..result.output_file import replaced_when_written
from ..scene.created import everything_new_removed
from ..session.fit_session import FitSession
from .batch_table import BatchRow, csv_text, text_table
from .batch_work import SUMMARY, Work
from .contact_work import ContactWork, touch_things
from .finished_photos import FinishedPhotos
from .outputs import kept_timing, quiet_blender, write_outputs

EXIT_ALL, EXIT_SOME, EXIT_NOTHING = 0, 1, 2
BEGUN = "begun"  # the status of a photo whose files are being written: whatever a kill leaves of them is this batch's own


class RigRun:
    """The rigs of `count` photos and clips; `rows` has what became of each so far, by its label."""

    def __init__(self, contacts: ContactWork, finished: FinishedPhotos, count: int, again: bool) -> None:
        self._session = FitSession()
        self._target = contacts.target(Target(session=self._session))
        self._contacts, self._finished, self._count, self._again = contacts, finished, count, again
        self._began, self._built = time.monotonic(), 0
        self.rows: dict[str, BatchRow] = {}

    def __enter__(self) -> RigRun:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.stop()

    def do(self, one: Work, seconds_left: float | None = None) -> None:
        """Make the rig of a result, unless an earlier run has; `seconds_left` is how long the fits will take."""
        row = one.failed or (None if self._again else self._finished.done(one.label, one.fingerprint))
        if (
            row is not None
            and row.status == "done"
            and not all(file.exists() for file in (*one.outputs.files, one.results))
        ):
            row = None
        words = "done by an earlier run"
        if row is None:
            self._finished.add(BatchRow(one.label, BEGUN), "")
            row = self._made(one)
            words = row.quality
            self._built += 1
        if row.status != "done" or words != "done by an earlier run":
            self._finished.add(row, one.fingerprint)
        self.rows[one.label] = row
        words = words if row.status == "done" else f"FAILED: {row.reason}"
        sys.stderr.write(
            f"[{len(self.rows)}/{self._count}] {shown(one.label)}: {printable(words)}{self._pace(seconds_left)}\n"
        )

    def _pace(self, seconds_left: float | None) -> str:
        """Return the rate of the rigs and the time left, which is that of the rigs or that of the fits, whichever is longer."""
        left = self._count - len(self.rows)
        if not left or not self._built:
            return ""
        seconds = (time.monotonic() - self._began) / self._built
        minutes, rest = divmod(round(max(left * seconds, seconds_left or 0.0)), 60)
        hours, minutes = divmod(minutes, 60)
        words = f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
        return f" ({1.0 / max(seconds, 1e-3):.2g} a second, {words} left)"

    def _made(self, one: Work) -> BatchRow:
        began = time.monotonic()
        try:
            warnings = self._fitted(one)
            with everything_new_removed(), kept_timing():
                with quiet_blender():
                    fitted, met = self._figures(one)
                made = write_outputs(fitted, one.outputs)
                said = (*one.notes, *warnings, *fitted.warnings, *_lens(fitted), *met, *made)
                people, quality = len(fitted.armatures), " ".join(fitted.quality)
        except SmplifyError as error:
            seconds = round(time.monotonic() - began, 3)
            return BatchRow(one.label, "failed", seconds=seconds, code=error.code, reason=str(error))
        return BatchRow(
            one.label,
            "done",
            people,
            quality,
            round(time.monotonic() - began, 3),
            " ".join(file.name for file in (*one.outputs.files, one.results)),
            reason="; ".join(dict.fromkeys(said)),
        )

    def _fitted(self, one: Work) -> tuple[str, ...]:
        """Let the core fit a photo that is not fitted yet; return its warnings. Raises SmplifyError."""
        if one.for_core is None:
            return ()
        lens = scene_camera_options(Path(one.for_core[0]), self._target)
        return tuple(run_fit([*one.for_core, *lens], one.results, self._session).warnings)

    def _figures(self, one: Work) -> tuple[FittedPhoto | ImportedMotion, tuple[str, ...]]:
        """Build the figures of a result; return them and a sentence on each contact. Raises SmplifyError."""
        if one.is_clip:
            plan = SequencePlan(name=one.name, clip=one.movie, root_motion=one.root_motion)
            return import_clip(one.results, plan, target=self._target), ()
        fitted = import_result(one.results, target=self._target, name=one.name)
        if not one.for_core:
            return fitted, ()
        return touch_things(fitted, Path(one.for_core[0]), self._contacts, self._target)


def _lens(fitted: FittedPhoto | ImportedMotion) -> tuple[str, ...]:
    """The estimate of the lens where it was taken; else a warning says that it was not."""
    estimate = fitted.focal_estimate if isinstance(fitted, FittedPhoto) else None
    return (estimate.text,) if estimate is not None and estimate.taken else ()


def write_tables(rows: Sequence[BatchRow], folder: Path, program: str) -> int:
    """Write the table to stdout and into the folder; return the exit code."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text_table(rows).encode(encoding, "backslashreplace").decode(encoding))
    sys.stdout.flush()
    done = [row for row in rows if row.status == "done"]
    exit_code = EXIT_ALL if len(done) == len(rows) else EXIT_SOME if done else EXIT_NOTHING
    try:
        with replaced_when_written((folder / SUMMARY).absolute()) as temporary:
            temporary.write_text(csv_text(rows), encoding="utf-8")
    except OSError as problem:
        sys.stderr.write(f"{program}: {folder / SUMMARY} cannot be written: {problem.strerror}.\n")
        exit_code = exit_code or EXIT_SOME
    return exit_code
