"""The connection to a Ray cluster, and tasks on it: each is done again on another node if its own dies.

Everything small travels through this process: what was read of a photo is 6 kB, its fit 15 kB. So a node that dies takes nothing
with it but the tasks that it had in hand.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import secrets
import socket
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic

from fitting_core import __version__
from fitting_core.batch.ray_cluster.on_node import NodeError, Terms, do_on_node, meet
from fitting_core.batch.tasks import Arguments, Found
from fitting_core.errors import FittingError, RequestError
from fitting_core.storage.address import Address

LOCAL = "local"
_TRIES_AGAIN = 3  # of a task whose process or node has died
_SECONDS_TO_ANSWER = 10.0
# As on one machine (cli.py): the products are small, and their rounding must not depend on a node's cores.
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "VECLIB_MAXIMUM_THREADS": "1"}


def ray() -> Any:
    """Return the module of Ray, which is loaded by the runs that need it alone."""
    return importlib.import_module("ray")


@dataclass(frozen=True, eq=False)
class RayTask(Generic[Found]):
    """A task on some node."""

    ref: Any

    @property
    def is_done(self) -> bool:
        """True if the result is there."""
        return bool(ray().wait([self.ref], timeout=0)[0])

    def result(self) -> Found:
        """Wait for the result. Raises what the task raised, and FittingError if it was lost time after time."""
        errors = ray().exceptions
        try:
            return ray().get(self.ref)
        except errors.RayError as problem:
            cause: object = getattr(
                problem, "cause", None
            )  # of a task that raised, or that waited for one that was lost
            if isinstance(cause, Exception) and not isinstance(cause, errors.RayError):
                raise cause from problem
            raise FittingError(
                f"the process that worked on this was lost {_TRIES_AGAIN + 1} times ({type(cause or problem).__name__}), as when "
                "memory runs out. Run the command again, or give a smaller copy of it."
            ) from problem


class RayTasks:
    """A giver of tasks to the nodes; each takes a core, and `gpus` of a graphics card."""

    def __init__(self, terms: Terms, gpus: int) -> None:
        self._terms, self._gpus = terms, gpus
        ours: Any = ray().remote(
            num_cpus=1, num_gpus=gpus, max_retries=_TRIES_AGAIN, retry_exceptions=[NodeError]
        )
        self._remote = ours(do_on_node)

    @property
    def count(self) -> int:
        """Number of tasks that the cluster can do at a time as it is now, 2 at least."""
        return max(2, int(ray().cluster_resources().get("GPU" if self._gpus else "CPU", 0)))

    def start(
        self, function: Callable[Arguments, Found], *arguments: Arguments.args, **named: Arguments.kwargs
    ) -> RayTask[Found]:
        """Give a task to the next free process of a node. Function, arguments and result travel: they must be picklable."""
        assert not named, "tasks of a cluster take positions"
        return RayTask(self._remote.remote(self._terms, function, *arguments))

    def start_after(self, first: RayTask[Any], function: Callable[[Any], Found]) -> RayTask[Found]:
        """Give a task that takes the result of another, which need not have come yet."""
        return RayTask(self._remote.remote(self._terms, function, first.ref))

    def start_each(
        self, function: Callable[[Sequence[Any]], tuple[Found, ...]], items: Sequence[Any]
    ) -> list[RayTask[Found]]:
        """Give a task that makes of so many items as many results, and return each of these as a task."""
        if not items:
            return []
        refs: Any = self._remote.options(num_returns=len(items)).remote(self._terms, _each, function, items)
        return [RayTask(ref) for ref in (refs if len(items) > 1 else [refs])]

    def fraction(self, slot: int) -> float:
        """Return 0: nobody hears how far a task on another machine is."""
        del slot
        return 0.0


def _each(function: Callable[[Sequence[Any]], tuple[Any, ...]], items: Sequence[Any]) -> Any:
    """Return the results as Ray wants them: several as a tuple, one by itself."""
    found = function(items)
    return found if len(items) > 1 else found[0]


@dataclass(frozen=True, eq=False)
class Cluster:
    """A cluster that this run is connected to: `readers` take a core a task, `fitters` also a card where there are some."""

    readers: RayTasks
    fitters: RayTasks

    def done_of(self, tasks: Sequence[RayTask[Found]]) -> list[RayTask[Found]]:
        """Wait until one of the tasks is done, and return all that are."""
        by_ref = {task.ref: task for task in tasks}
        refs = list(by_ref)
        ray().wait(refs, num_returns=1)
        done, _ = ray().wait(refs, num_returns=len(refs), timeout=0)
        return [by_ref[ref] for ref in done]


@contextmanager
def connected(
    address: str, workers: int | None, manifest: Path | Address, may_use_gpu: bool
) -> Generator[Cluster]:
    """Yield the cluster at an address, "local" for one that lives as long as the block with so many workers.

    Its nodes must see `manifest`, the file of a run's finished photos. Raises RequestError where Ray is missing, no cluster
    answers or `workers` are given to one that has its own; NodeError where a node cannot do its share.
    """
    _check(address, workers)
    with redirect_stdout(
        sys.stderr
    ):  # Ray tells there of a process that has died; stdout is for this run's messages
        try:
            _start(address, workers)
            terms = Terms(__version__, manifest if isinstance(manifest, Address) else manifest.absolute())
            _check_nodes(terms)
            gpus = int(may_use_gpu and ray().cluster_resources().get("GPU", 0) >= 1)
            yield Cluster(RayTasks(terms, 0), RayTasks(terms, gpus))
        finally:
            ray().shutdown()


def _check(address: str, workers: int | None) -> None:
    if importlib.util.find_spec("ray") is None:
        raise RequestError(
            "--ray needs Ray, which this Python does not have: pip install 'smplify-fit[ray]'."
        )
    if workers is not None and address != LOCAL:
        raise RequestError(
            f"--workers {workers} is for one machine: the cluster at {address} has its own. Leave it out."
        )
    if address in (LOCAL, "auto"):
        return
    host, _, port = address.rpartition(":")
    if not host or "/" in host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise RequestError(f"--ray {address}: this is neither HOST:PORT nor auto nor {LOCAL}.")
    try:  # Ray itself would wait for two minutes
        socket.create_connection((host, int(port)), _SECONDS_TO_ANSWER).close()
    except OSError as problem:
        raise _silent(address, problem.strerror or str(problem)) from problem


def _silent(address: str, reason: str) -> RequestError:
    return RequestError(
        f"--ray {address}: no Ray cluster can be reached there ({reason}). Start one with `ray start --head` (to one that asks "
        f"for a token you come with RAY_AUTH_MODE=token), or give --ray {LOCAL}."
    )


def _start(address: str, workers: int | None) -> None:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # a local cluster tells nobody that it runs
    if address == LOCAL:  # else Ray makes one for ever, in the user's home
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    own: dict[str, Any] = {"num_cpus": workers, "include_dashboard": False} if address == LOCAL else {}
    try:
        ray().init(
            address=address,
            log_to_driver=False,
            logging_level="ERROR",
            runtime_env={"env_vars": _ONE_THREAD},
            **own,
        )
    except (OSError, ValueError, RuntimeError) as problem:  # ConnectionError is an OSError
        raise _silent(address, str(problem)) from problem


def _check_nodes(terms: Terms) -> None:
    """Ask every node that is there whether it meets the terms. Raises NodeError."""
    strategies = importlib.import_module("ray.util.scheduling_strategies")
    remote = ray().remote(meet)
    asked = [
        remote.options(
            num_cpus=0,
            scheduling_strategy=strategies.NodeAffinitySchedulingStrategy(node["NodeID"], soft=False),
        ).remote(terms)
        for node in ray().nodes()
        if node["Alive"]
    ]
    for ref in asked:
        try:
            ray().get(ref)
        except ray().exceptions.RayTaskError as problem:
            cause: object = getattr(problem, "cause", None)
            if isinstance(cause, NodeError):
                raise cause from None
            raise NodeError(
                f"a node of the cluster cannot run smplify-fit: {str(cause or problem).strip().splitlines()[-1]}. Install the "
                "same version on every node."
            ) from problem
        except ray().exceptions.RayError:  # it died in the meantime: its tasks go elsewhere
            continue
