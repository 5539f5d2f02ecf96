"""A batch on a Ray cluster through the real command line: the numbers of one machine, whatever dies on the way."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from uuid import uuid4

import numpy as np
import pytest

from fitting_core import __version__
from fitting_core.batch.ray_cluster.on_node import NodeError, Terms, meet
from fitting_core.cli import main
from tests.contract.test_sequence import entries, write_clip
from tests.photos import synthetic_case, write_photo

_NAMES = ("a", "b", "c", "d")
_SECONDS_AT_MOST = 120
# What a cluster asks whoever comes for: nobody else on this machine is to give it work.
_TOKEN = os.environ | {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": uuid4().hex}


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder `shots` of photos, a file that is none and a clip; `out` with the results of an unbroken run on one machine."""
    place = tmp_path_factory.mktemp("ray")
    (place / "shots").mkdir()
    for number, name in enumerate(_NAMES):
        write_photo(place / "shots", [synthetic_case(number).subject.keypoints], name)
    (place / "shots" / "broken.png").write_bytes(b"no picture")
    write_clip(place / "shots")
    assert main(_line(place)) == 1
    return place


def _line(place: Path, *more: str) -> list[str]:
    focal = f"{synthetic_case(0).subject.focal_px:g}"
    line = ["batch", str(place / "shots"), "--out", str(place / "out"), "--at-once", "2", "--no-overlay"]
    return [*line, "--focal-px", focal, *more]


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, int]]:
    """A cluster of two worker processes on this machine: its address, and the process that has started it."""
    pytest.importorskip("ray", reason="needs Ray: pip install ray")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    starter = shutil.which("ray", path=str(Path(sys.executable).parent))
    assert starter is not None
    line = [starter, "start", "--head", "--block", "--num-cpus=2", "--node-ip-address=127.0.0.1"]
    line += [f"--port={port}", "--include-dashboard=false", "--disable-usage-stats"]
    with subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=_TOKEN) as head:
        try:
            _wait_for_answer(port, head)
            yield f"127.0.0.1:{port}", head.pid
        finally:
            head.send_signal(signal.SIGTERM)  # ends the processes that it has started


def _wait_for_answer(port: int, head: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _SECONDS_AT_MOST
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1.0).close()
            return
        except OSError:
            assert head.poll() is None and time.monotonic() < deadline, "Ray did not start"
            time.sleep(0.1)


def _working(head: int) -> list[int]:
    """The processes of this cluster that are doing a task just now: Ray names them after it."""
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdecimal() and (entry / "cmdline").read_bytes().startswith(b"ray::do_on_node"):
                found += [int(entry.name)] if head in _ancestors(int(entry.name)) else []
        except OSError:
            continue
    return found


def _ancestors(process: int) -> list[int]:
    found: list[int] = []
    while process > 1:
        process = int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
        found.append(process)
    return found


def _finished(messages: IO[str]) -> Iterator[str]:
    for message in map(json.loads, messages):
        if message["type"] == "PHOTO" and message["status"] == "done":
            yield message["photo"]


@pytest.mark.slow
def test_a_driver_and_a_worker_die_and_the_numbers_are_those_of_one_machine(
    fitted: Path, tmp_path: Path, cluster: tuple[str, int]
) -> None:
    address, head = cluster
    shutil.copytree(fitted / "shots", tmp_path / "shots")
    command = [sys.executable, "-m", "fitting_core", *_line(tmp_path, "--ray", address, "--messages", "json")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=_TOKEN) as driver:
        assert driver.stdout is not None
        first = next(_finished(driver.stdout))
        driver.kill()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=_TOKEN) as driver:
        assert driver.stdout is not None
        names = _finished(driver.stdout)
        later = [next(names)]
        working = _working(head)
        assert working, "nothing was being done when a worker was to die"
        os.kill(working[0], signal.SIGKILL)
        later += names
    assert driver.returncode == 1
    assert first not in later and len(set(later)) == len(later), "done twice"
    whole, broken = fitted / "out", tmp_path / "out"
    assert {path.name for path in broken.iterdir()} == {path.name for path in whole.iterdir()}
    people = [path.relative_to(whole) for path in sorted(whole.rglob("person_*.npz"))]
    assert len(people) == len(_NAMES) + 1
    assert people == [path.relative_to(broken) for path in sorted(broken.rglob("person_*.npz"))]
    for name in people:
        expected = entries(whole / name)
        for key, values in entries(broken / name).items():
            np.testing.assert_array_equal(values, expected[key], err_msg=f"{name}: {key}")
    assert _without_seconds(broken / "people.jsonl") == _without_seconds(whole / "people.jsonl")
    assert "broken.png,failed" in (broken / "summary.csv").read_text(encoding="utf-8")


def _without_seconds(table: Path) -> list[dict[str, object]]:
    lines = map(json.loads, table.read_text(encoding="utf-8").splitlines())
    return [{name: value for name, value in line.items() if name != "seconds"} for line in lines]


TERMS = {
    "another version": (Terms("0.0.1", Path(__file__)), "of 0.0.1. Install the same version"),
    "another disk": (Terms(__version__, Path("/nowhere/batch.jsonl")), "does not see /nowhere/batch.jsonl"),
}


@pytest.mark.parametrize(("terms", "words"), TERMS.values(), ids=TERMS)
def test_a_node_that_cannot_do_its_share_says_why(terms: Terms, words: str) -> None:
    with pytest.raises(NodeError, match=words):
        meet(terms)


ADDRESSES = {
    "no address": (["--ray", "nonsense"], "neither HOST:PORT nor auto nor local"),
    "a client's": (["--ray", "ray://host:10001"], "neither HOST:PORT nor auto nor local"),
    "nobody there": (["--ray", "127.0.0.1:1"], "no Ray cluster can be reached"),
    "workers": (["--ray", "127.0.0.1:1", "--workers", "2"], "has its own"),
}


@pytest.mark.parametrize(("more", "words"), ADDRESSES.values(), ids=ADDRESSES)
def test_no_cluster_nothing_done(
    fitted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], words: str
) -> None:
    pytest.importorskip("ray", reason="needs Ray: pip install ray")
    shutil.copytree(fitted / "shots", tmp_path / "shots")
    assert main(_line(tmp_path, *more)) == 2
    assert words in capsys.readouterr().err
    assert not list((tmp_path / "out").rglob("*.npz"))


def test_without_ray_it_says_what_to_install(
    fitted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)  # as Python has it for a package that is not there
    shutil.copytree(fitted / "shots", tmp_path / "shots")
    assert main(_line(tmp_path, "--ray", "local")) == 2
    assert "pip install 'smplify-fit[ray]'" in capsys.readouterr().err
