"""Tasks that work beside the batch: what every giver of them can do, whether it has processes here or a cluster of machines."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, Protocol, TypeVar, runtime_checkable

Found = TypeVar("Found")
Given = TypeVar("Given", covariant=True)
Arguments = ParamSpec("Arguments")


@runtime_checkable
class PendingTask(Protocol[Given]):
    """A task that was given to another process."""

    @property
    def is_done(self) -> bool:
        """True if the result is there."""
        ...

    def result(self) -> Given:
        """Wait for the result. Raises what the task raised, and FittingError if it ends every process that it is given to."""
        ...


@runtime_checkable
class TaskGiver(Protocol):
    """A giver of tasks to processes."""

    @property
    def count(self) -> int:
        """Number of processes; with 1 every task is done at once where it is given."""
        ...

    def start(
        self, function: Callable[Arguments, Found], *arguments: Arguments.args, **named: Arguments.kwargs
    ) -> PendingTask[Found]:
        """Give a task to the next free process. Function, arguments and result travel: they must be picklable."""
        ...

    def fraction(self, slot: int) -> float:
        """Return how far the task is that tells its progress in this slot, 0 to 1; 0 where nobody hears of it."""
        ...
