"""A costly value is made once, whoever asks for it and when."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from fitting_core.files.computed_once import computed_once


def test_threads_that_ask_at_once_get_the_same_value() -> None:
    asked, made = threading.Barrier(4, timeout=10), list[object]()

    @computed_once(most=2)
    def make(name: str) -> object:
        threading.Event().wait(0.05)  # long enough for the others to ask
        made.append(name)
        return object()

    def ask(_: int) -> object:
        asked.wait()
        return make("body")

    with ThreadPoolExecutor(4) as pool:
        values = list(pool.map(ask, range(4)))
    assert made == ["body"] and len(set(map(id, values))) == 1


def test_another_value_is_not_waited_for() -> None:
    begun, other_is_made = threading.Event(), threading.Event()

    @computed_once(most=2)
    def make(name: str) -> str:
        if name == "slow":
            begun.set()
            assert other_is_made.wait(10)
        return name

    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(make, "slow")
        assert begun.wait(10)
        assert make("quick") == "quick"
        other_is_made.set()
        assert slow.result() == "slow"


def test_the_latest_are_kept_and_failures_are_not() -> None:
    made = list[int]()

    @computed_once(most=2)
    def make(number: int) -> int:
        made.append(number)
        if made.count(number) == 1 and number == 0:
            raise ValueError("not yet")
        return number

    with pytest.raises(ValueError, match="not yet"):
        make(0)
    assert [make(number) for number in (0, 1, 1, 2, 0)] == [0, 1, 1, 2, 0]
    assert made == [0, 0, 1, 2, 0]
    assert make.cache_info().hits == 2
