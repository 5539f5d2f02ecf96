"""The clips of a batch as tasks: a bounded number at a time, also where the cluster that does them shrinks meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fitting_core.arguments.request import SequenceRequest
from fitting_core.batch.clips import work_clips
from fitting_core.batch.item import ClipItem


@dataclass(frozen=True, eq=False)
class _Task:
    """A task that is done a round after its start."""

    cluster: _Shrinking
    start: int
    work: Callable[[], Any]

    @property
    def is_done(self) -> bool:
        return self.cluster.rounds > self.start

    def result(self) -> Any:
        self.cluster.waiting -= 1
        return self.work()


class _Shrinking:
    """A cluster of three processes in the first round, and of one later."""

    def __init__(self) -> None:
        self.rounds = self.waiting = self.most_waiting = 0

    @property
    def count(self) -> int:
        return 1 if self.rounds else 3

    def start(self, function: Callable[..., Any], *arguments: Any, **named: Any) -> _Task:
        self.waiting += 1
        self.most_waiting = max(self.most_waiting, self.waiting)
        return _Task(self, self.rounds, lambda: function(*arguments, **named))

    def fraction(self, slot: int) -> float:
        return 0.0

    def end_round(self, _frames: float, _stage: str, _loss: float) -> None:
        self.rounds += 1


def test_every_clip_comes_to_its_end_where_a_cluster_shrinks(tmp_path: Path) -> None:
    items = [
        ClipItem(tmp_path / name, name, name, SequenceRequest(tmp_path / name, tmp_path / "out" / name))
        for name in map(str, range(9))
    ]
    ended: list[str] = []
    cluster = _Shrinking()
    work_clips(items, None, cluster.end_round, lambda item: ended.append(item.label), cluster)
    assert sorted(ended) == [item.label for item in items]
    assert all(item.problem is not None and item.problem.code == "bad-clip" for item in items)  # no such clip
    assert cluster.most_waiting == 6
