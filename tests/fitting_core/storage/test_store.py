"""The storage at an address: errors that pass and errors that last, files that are created once, and leases."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from fitting_core.errors import OutputError, RequestError
from fitting_core.storage import lease as leases
from fitting_core.storage import store as stores
from fitting_core.storage.address import Address, address_of
from fitting_core.storage.lease import Lease
from fitting_core.storage.store import StorageError, Store

fsspec = pytest.importorskip("fsspec", reason="needs fsspec: pip install fsspec")


@pytest.fixture
def folder() -> Iterator[Address]:
    """An empty folder in memory."""
    address = address_of(f"memory://{uuid4().hex}")
    yield address
    system = fsspec.filesystem("memory")
    if system.exists(f"/{address.name}"):
        system.rm(f"/{address.name}", recursive=True)


def _failing(
    store: Store, name: str, problem: Exception, times: int, monkeypatch: pytest.MonkeyPatch
) -> list[int]:
    """Let an operation of the file system fail so many times before it does its work; return a list that counts."""
    calls: list[int] = []
    real = getattr(store._system, name)

    def operation(*arguments: Any, **named: Any) -> Any:
        calls.append(1)
        if len(calls) <= times:
            raise problem
        return real(*arguments, **named)

    monkeypatch.setattr(store._system, name, operation)
    monkeypatch.setattr(stores, "_FIRST_PAUSE_SECONDS", 0.0)
    return calls


def test_what_passes_is_tried_again(folder: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(folder)
    calls = _failing(store, "pipe_file", ConnectionResetError("reset"), 2, monkeypatch)
    store.write(folder / "a", b"x")
    assert len(calls) == 3 and store.read(folder / "a", 10) == b"x"


LASTING = {
    "the network, for ever": (ConnectionResetError("reset"), 4),
    "no permission": (PermissionError("Forbidden"), 1),
    "no such bucket": (FileNotFoundError("no bucket"), 1),
}


@pytest.mark.parametrize(("problem", "tries"), LASTING.values(), ids=LASTING)
def test_what_lasts_names_the_address_and_no_secret(
    folder: Address, monkeypatch: pytest.MonkeyPatch, problem: Exception, tries: int
) -> None:
    monkeypatch.setenv("SOME_SECRET_KEY", "hidden-word")
    store = Store(folder)
    problem.args = (f"{problem} hidden-word",)
    calls = _failing(store, "pipe_file", problem, 99, monkeypatch)
    with pytest.raises(StorageError, match=f"{folder}/a cannot be written") as found:
        store.write(folder / "a", b"x")
    assert len(calls) == tries
    assert "hidden-word" not in str(found.value) and found.value.__cause__ is None


def test_a_file_is_created_once(folder: Address) -> None:
    store = Store(folder)
    assert store.create(folder / "a", b"mine")
    assert not store.create(folder / "a", b"yours")
    assert store.read(folder / "a", 10) == b"mine"


def test_a_copy_that_is_cut_short_is_told(
    folder: Address, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(folder)
    (tmp_path / "a").write_bytes(b"whole")
    monkeypatch.setattr(store._system, "put_file", lambda _local, path: store._system.pipe_file(path, b"who"))
    with pytest.raises(StorageError, match="3 bytes of 5"):
        store.put(tmp_path / "a", folder / "a")


def test_equal_files_have_equal_times(folder: Address, tmp_path: Path) -> None:
    store = Store(folder)
    times: list[int] = []
    for content in (b"one", b"two", b"one"):
        store.write(folder / "a", content)
        store.fetch(folder / "a", tmp_path / "a")
        times.append((tmp_path / "a").stat().st_mtime_ns)
    assert times[0] == times[2] != times[1]


@pytest.mark.parametrize(
    ("package", "address"), [("fsspec.core", "s3://a"), ("s3fs", "s3://a-bucket-of-nobody")]
)
def test_what_is_missing_is_named(package: str, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from fsspec.registry import _registry

    monkeypatch.setitem(sys.modules, package, None)
    for protocol in ("s3", "s3a"):
        monkeypatch.delitem(_registry, protocol, raising=False)
    with pytest.raises(RequestError, match=r"smplify-fit\[storage\]|s3fs"):
        Store(address_of(address))


def test_two_runs_do_not_fight(folder: Address) -> None:
    store = Store(folder)
    with Lease(store, folder, print), pytest.raises(OutputError, match=f"{folder}: another run is at work"):
        Lease(store, folder, print).__enter__()
    assert store.entries(folder / ".run") == []
    with Lease(store, folder, print):
        pass


def _left(store: Store, folder: Address, **facts: object) -> None:
    store.write(
        folder / ".run" / "000004", json.dumps({"machine": "far", "begun": "before"} | facts).encode()
    )


def test_the_lease_of_another_machine_is_watched_and_taken(
    folder: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(leases, "_LOOK_SECONDS", 0.05)
    store, told = Store(folder), list[str]()
    _left(store, folder)
    with Lease(store, folder, told.append) as lease:
        assert [entry.name for entry in store.entries(folder / ".run")] == ["000005"]
        lease.check()
    assert "looking whether it is alive" in told[0]


def test_a_lease_that_beats_is_not_taken(folder: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(folder)
    _left(store, folder)
    monkeypatch.setattr(leases.time, "sleep", lambda _: _left(store, folder, beats=2))
    with pytest.raises(OutputError, match=r"another run is at work there \(of far, since before\)"):
        Lease(store, folder, print).__enter__()
    assert [entry.name for entry in store.entries(folder / ".run")] == ["000004"]


def test_the_lease_of_a_process_that_has_ended_here_is_taken_at_once(folder: Address) -> None:
    if not (table := leases._process_table()):
        pytest.skip("this system does not tell which processes there are")
    store = Store(folder)
    _left(store, folder, process=2**22 + 1, table=table, started="1")
    with Lease(store, folder, lambda words: pytest.fail(words)):
        pass


def test_a_run_that_was_taken_for_dead_stops(folder: Address) -> None:
    store = Store(folder)
    with Lease(store, folder, print) as lease:
        _left(store, folder)
        lease._renew()
        with pytest.raises(OutputError, match="another run has taken this one for dead"):
            lease.check()
