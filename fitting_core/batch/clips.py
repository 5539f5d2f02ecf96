"""The clips of a batch: each is fitted by a process of its own and goes on where a run before this one has left it.

The photos come first. Then as many clips are fitted at a time as there are side processes, the longest first; on a GPU one after
another, for one clip fills it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

from fitting_core.arguments.request import SequenceRequest
from fitting_core.batch.clip_views import write_clip_views
from fitting_core.batch.hand_over import HandedClip, handed_clip
from fitting_core.batch.item import ClipItem, program_fault
from fitting_core.batch.messages import PhotoRow
from fitting_core.batch.people_table import people_of
from fitting_core.batch.placed import at_hand, has_placed_input
from fitting_core.batch.side_processes import SideProcesses, process_count, tell_progress
from fitting_core.batch.tasks import PendingTask, TaskGiver
from fitting_core.batch.work import Progress
from fitting_core.engine import choose_engine
from fitting_core.errors import FittingError
from fitting_core.messages import JsonMessenger
from fitting_core.sequence.frames.clip import chosen_frames
from fitting_core.sequence.frames.opening import clip_at
from fitting_core.sequence.run import fit_sequence

_WORTHWHILE_CLIPS = 2
FRAMES_OF_FAR_CLIP = 1000  # for the progress, of a clip that nobody has opened
_LOOK_EVERY_SECONDS = 0.2
_WORDS = "fitting clips"
Tell = Callable[
    [float, str, float], None
]  # the fraction of a clip that is done, the stage in words, the loss


@dataclass(frozen=True)
class FittedClip:
    """The words on a clip's people once its result is in place, or the problem; notes, and the seconds that it took."""

    quality: tuple[str, ...]
    problem: FittingError | None
    notes: tuple[str, ...]
    seconds: float
    fingerprint: str = ""  # of the copies that were fitted, of a clip at an address


def count_frames(item: ClipItem) -> None:
    """Open a clip and count the frames that are to be fitted; a clip that cannot be opened gets a problem."""
    if (request := item.request) is None:
        return
    if has_placed_input(request):  # it is copied when its turn comes
        item.frame_count = FRAMES_OF_FAR_CLIP
        return
    try:
        if item.ask is not None:
            item.frame_count = handed_clip(item.ask("facts")).frames
            return
        frames = clip_at(request.clip, request.fps).frames
        item.frame_count = len(chosen_frames(frames, request.start, request.end, request.step, request.clip))
    except FittingError as problem:
        item.problem = problem
    except Exception as problem:  # noqa: BLE001 — one clip, whatever is wrong with it, must not end the run
        item.problem = program_fault(item.path, problem)


def work_clips(
    items: Sequence[ClipItem],
    wanted: int | None,
    progress: Progress,
    finished: Callable[[ClipItem], None],
    cluster: TaskGiver | None = None,
) -> None:
    """Do everything that is left of the clips; `finished` hears of each one's end. `progress` counts their frames.

    `wanted` is the user's number of side processes, None for one a core; with a `cluster` its machines do the clips.
    """
    for item in items:
        if item.problem is not None:
            finished(item)
    left = sorted((item for item in items if item.problem is None), key=lambda item: -item.frame_count)
    if cluster is not None:
        _at_a_time(left, cluster, progress, finished)
        return
    try:
        count = 1 if _on_gpu(left) else process_count(wanted, len(left), _WORTHWHILE_CLIPS)
    except FittingError as problem:  # the engine: the same for everybody
        for item in left:
            item.problem = problem
            finished(item)
        return
    if min(count, len(left)) < _WORTHWHILE_CLIPS:
        _one_by_one(left, progress, finished)
        return
    with SideProcesses(min(count, len(left)), slots=len(left)) as side:
        _at_a_time(left, side, progress, finished)


def _on_gpu(items: Sequence[ClipItem]) -> bool:
    requests = [(item.request, item.frame_count) for item in items]
    return any(
        choose_engine(request.engine, request.device, frames).device != "cpu"
        for request, frames in requests
        if request is not None
    )


def _one_by_one(items: Sequence[ClipItem], progress: Progress, finished: Callable[[ClipItem], None]) -> None:
    before = 0
    for item in items:
        assert item.request is not None, "a clip without a request has a problem"

        def tell(
            fraction: float, stage: str, loss: float, item: ClipItem = item, before: int = before
        ) -> None:
            progress(before + fraction * item.frame_count, f"{item.label}: {stage}", loss)

        _take(item, fit_clip(item.request, tell, item.ask("frames") if item.ask is not None else None))
        before += item.frame_count
        finished(item)


def _at_a_time(
    items: Sequence[ClipItem], side: TaskGiver, progress: Progress, finished: Callable[[ClipItem], None]
) -> None:
    waiting = iter(enumerate(items))
    running: list[tuple[int, ClipItem, PendingTask[FittedClip]]] = []
    done = 0
    while True:
        room = max(0, 2 * side.count - len(running))  # a cluster may have lost nodes
        running += [_started(slot, item, side) for slot, item in islice(waiting, room)]
        if not running:
            return
        for slot, item, task in tuple(running):
            if task.is_done:
                running.remove((slot, item, task))
                _conclude(item, task)
                done += item.frame_count
                finished(item)
        frames = done + sum(side.fraction(slot) * item.frame_count for slot, item, _ in running)
        progress(frames, _WORDS, 0.0)
        sleep(_LOOK_EVERY_SECONDS if running else 0.0)


def _started(slot: int, item: ClipItem, side: TaskGiver) -> tuple[int, ClipItem, PendingTask[FittedClip]]:
    assert item.request is not None, "a clip without a request has a problem"
    if item.ask is None:
        return slot, item, side.start(fit_clip_beside, item.request, slot)
    return slot, item, side.start(fit_clip_beside, item.request, slot, item.ask("frames"))


def _conclude(item: ClipItem, task: PendingTask[FittedClip]) -> None:
    try:
        _take(item, task.result())
    except Exception as problem:  # noqa: BLE001 — one clip, whatever is wrong with it, must not end the run
        item.problem = program_fault(item.path, problem)


def _take(item: ClipItem, fitted: FittedClip) -> None:
    item.quality, item.problem, item.people = fitted.quality, fitted.problem, len(fitted.quality)
    item.fingerprint = fitted.fingerprint or item.fingerprint
    item.notes += fitted.notes
    item.seconds += fitted.seconds


def fit_clip_beside(request: SequenceRequest, slot: int, handed: Path | None = None) -> FittedClip:
    """Fit one clip in a side process, which tells its progress in a slot; `handed` as in `fit_clip`."""

    def tell(fraction: float, _stage: str, _loss: float) -> None:
        tell_progress(slot, fraction)

    return fit_clip(request, tell, handed)


def fit_clip(request: SequenceRequest, tell: Tell, handed: Path | None = None) -> FittedClip:
    """Fit one clip and write its result folder, with small pictures of it if its request asks for pictures.

    `handed` is where the clip's frames are told of that a program beside hands over. They are drawn on, but make no movie.
    """
    started = perf_counter()
    notes: list[str] = []
    quality: tuple[str, ...] = ()
    mark = ""
    problem: FittingError | None = None
    try:
        with at_hand(request) as near:
            mark = near.fingerprint
            own = near.request if handed is None else _with_frames(near.request, handed_clip(handed))
            outcome = fit_sequence(own, _ClipMessenger(notes, tell))
            notes += outcome.warnings
            quality = _words(near.request.folder)
            if request.write_overlay:
                write_clip_views(near.request.folder, outcome)
            near.publish()
    except FittingError as failure:
        problem = failure
    except Exception as failure:  # noqa: BLE001 — one clip, whatever is wrong with it, must not end the run
        problem = program_fault(request.clip, failure)
    return FittedClip(quality, problem, tuple(dict.fromkeys(notes)), perf_counter() - started, mark)


def _with_frames(request: SequenceRequest, clip: HandedClip) -> SequenceRequest:
    """Return the request of a clip's frames; keypoints beside the clip are in its own pixels."""
    size = request.points_size or (clip.size if request.keypoints is not None else None)
    return replace(request, clip=Path(clip.folder), fps=clip.rate, points_size=size, write_overlay=False)


def _words(folder: Path) -> tuple[str, ...]:
    """Return the words on the people of a result, from its summary."""
    people = people_of(folder, PhotoRow("", "done"))
    return tuple(str(person["quality"]) for person in people)


class _ClipMessenger(JsonMessenger):
    """Keeps the warnings of one clip and passes its progress on."""

    def __init__(self, notes: list[str], tell: Tell) -> None:
        super().__init__()
        self._notes, self._tell = notes, tell

    def _send(self, kind: str, **content: Any) -> None:
        if kind == "WARNING":
            self._notes.append(str(content["text"]))
        elif kind == "PROGRESS":
            self._tell(content["fraction"], content["stage"], content["loss"])
