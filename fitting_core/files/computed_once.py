"""A cache for what is costly to make: threads that ask for the same value at once wait for one of them to make it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import lru_cache, update_wrapper
from typing import Any, Generic, ParamSpec, TypeVar, cast

Asked = ParamSpec("Asked")
Made = TypeVar("Made")


class ComputedOnce(Generic[Asked, Made]):
    """A function whose latest results are kept by its arguments; see `computed_once`."""

    def __init__(self, function: Callable[Asked, Made], most: int | None) -> None:
        self._function = function
        self._lock = threading.Lock()
        self._places = lru_cache(maxsize=most)(_Place)
        self.cache_info = self._places.cache_info
        update_wrapper(self, function)

    def __call__(self, *args: Asked.args, **kwargs: Asked.kwargs) -> Made:
        """Return the kept result, or make it."""
        with self._lock:
            place = self._places(*args, **kwargs)
        return place.filled(lambda: self._function(*args, **kwargs))


class _Place:
    """Where one result is kept once it is made. What it is the place of does not matter to it."""

    def __init__(self, *_: object, **__: object) -> None:
        self._lock = threading.Lock()
        self._made: tuple[Any] | None = None

    def filled(self, make: Callable[[], Made]) -> Made:
        with self._lock:
            if self._made is None:
                self._made = (make(),)
            return cast("Made", self._made[0])


def computed_once(most: int | None) -> Callable[[Callable[Asked, Made]], ComputedOnce[Asked, Made]]:
    """Keep the `most` latest results of a function, as `functools.lru_cache` does, and never make one twice at the same time.

    An error is raised to whoever met it and is not kept. The function must not ask for its own result.
    """

    def decorated(function: Callable[Asked, Made]) -> ComputedOnce[Asked, Made]:
        return ComputedOnce(function, most)

    return decorated
