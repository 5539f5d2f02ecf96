"""Chunks beside each other: everything in order, one report, and an end for all when one ends."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from fitting_core.fitting import side_by_side as module
from fitting_core.fitting.side_by_side import Report, side_by_side


@pytest.fixture(autouse=True)
def four_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_core_count", lambda: 4)
    monkeypatch.setattr(module, "CHUNK", 3)


def test_results_come_in_order_from_chunks_of_even_size() -> None:
    found = side_by_side(lambda chunk, _: list(chunk), range(10), None)
    assert found == [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9]]
    assert side_by_side(lambda chunk, _: list(chunk), [7], None) == [[7]]


def test_the_first_chunk_reports() -> None:
    told: list[int] = []

    def run(chunk: Sequence[int], report: Report | None) -> None:
        assert report is not None
        report(chunk[0])

    side_by_side(run, range(10), told.append)
    assert told == [0]


def test_a_cancel_in_the_report_ends_every_chunk() -> None:
    class CancelledHereError(Exception):
        pass

    def cancel(*_: object) -> None:
        raise CancelledHereError

    def run(chunk: Sequence[int], report: Report | None) -> None:
        assert report is not None
        while True:  # only the report ends it
            report()

    with pytest.raises(CancelledHereError):
        side_by_side(run, range(10), cancel)


def test_a_failure_in_any_chunk_comes_out() -> None:
    def run(chunk: Sequence[int], report: Report | None) -> None:
        if chunk[0] == 6:
            raise ValueError("six")

    with pytest.raises(ValueError, match="six"):
        side_by_side(run, range(10), None)
