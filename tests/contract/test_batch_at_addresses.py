"""A batch whose folders are at an address, through the real command line and a real S3 server: it ends as on a disk."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fitting_core.cli import main
from tests.contract.test_sequence import entries, write_clip
from tests.object_store import SECRET, Bucket, s3_server
from tests.photos import synthetic_case, write_photo

_NAMES = ("a", "b", "c", "d")
_SECONDS_AT_MOST = 120


@pytest.fixture(scope="module")
def bucket() -> Iterator[Bucket]:
    with s3_server() as found:
        yield found


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder `shots` of photos, one of them inside and one that is none; `out` with the results of an unbroken run."""
    place = tmp_path_factory.mktemp("addresses")
    (place / "shots" / "late").mkdir(parents=True)
    for number, name in enumerate(_NAMES):
        write_photo(
            place / "shots" / ("late" if name == "d" else ""),
            [synthetic_case(number).subject.keypoints],
            name,
        )
    (place / "shots" / "broken.png").write_bytes(b"no picture")
    assert main(_line(str(place / "shots"), str(place / "out"))) == 1
    return place


def _line(photos: str, out: str, *more: str) -> list[str]:
    focal = f"{synthetic_case(0).subject.focal_px:g}"
    line = ["batch", photos, "--out", out, "--nested", "--at-once", "2", "--workers", "1", "--no-overlay"]
    return [*line, "--focal-px", focal, *more]


def _command(bucket: Bucket, line: list[str], scratch: Path) -> tuple[list[str], dict[str, str]]:
    scratch.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "fitting_core", *line]
    return command, os.environ | bucket.environment | {"TMPDIR": str(scratch)}


def _run(bucket: Bucket, line: list[str], scratch: Path) -> subprocess.CompletedProcess[str]:
    command, environment = _command(bucket, line, scratch)
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def _same(found: Path, expected: Path) -> None:
    """Assert that two output folders hold the same, apart from seconds and from what a disk alone has."""
    names, there = (
        {path.relative_to(out) for path in out.rglob("*") if ".bodies" not in path.parts}
        for out in (expected, found)
    )
    assert there == names
    for name in sorted(names):
        if name.suffix == ".npz":
            whole = entries(expected / name)
            for key, values in entries(found / name).items():
                np.testing.assert_array_equal(values, whole[key], err_msg=f"{name}: {key}")
        elif name.name == "photo.png":
            assert (found / name).read_bytes() == (expected / name).read_bytes()
    for table in ("people.jsonl", "batch.jsonl"):
        assert _without_seconds(found / table) == _without_seconds(expected / table)


def _without_seconds(table: Path) -> list[dict[str, object]]:
    """The lines of a table without what is another at an address: a reason names the place of a photo.

    The fingerprint of a clip is of the times of its keypoint files on a disk, and of what they hold at an address.
    """
    lines = map(json.loads, table.read_text(encoding="utf-8").splitlines())
    return [
        {
            name: value
            for name, value in line.items()
            if name not in ("seconds", "reason") and (name, line.get("photo")) != ("fingerprint", "clip.mp4")
        }
        for line in lines
    ]


@pytest.mark.slow
def test_killed_three_times_it_ends_as_an_unbroken_run_on_a_disk(
    fitted: Path, bucket: Bucket, tmp_path: Path
) -> None:
    bucket.upload(fitted / "shots", "killed/shots")
    line = _line("s3://bucket/killed/shots", "s3://bucket/killed/out", "--messages", "json")
    command, environment = _command(bucket, line, tmp_path / "scratch")
    finished: list[str] = []
    for _ in range(3):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
            assert process.stdout is not None
            rows = (message for message in map(json.loads, process.stdout) if message["type"] == "PHOTO")
            told = next(row for row in rows if row["status"] == "done")
            finished.append(told["photo"])
            os.kill(process.pid, signal.SIGKILL)
    assert len(set(finished)) == 3, "done twice"
    ended = _run(bucket, line, tmp_path / "scratch")
    assert ended.returncode == 1, ended.stderr
    later = [message for message in map(json.loads, ended.stdout.splitlines()) if message["type"] == "PHOTO"]
    assert not {row["photo"] for row in later} & set(finished), "done twice"
    _same(bucket.download("killed/out", tmp_path / "found"), fitted / "out")
    assert "s3://bucket/killed/shots/broken.png" in (tmp_path / "found" / "summary.csv").read_text()
    assert not list((tmp_path / "scratch").iterdir()), "scratch is left"
    for path in (tmp_path / "found").rglob("*"):
        assert path.is_dir() or SECRET.encode() not in path.read_bytes()
    assert SECRET not in ended.stdout + ended.stderr


@pytest.mark.slow
def test_killed_while_a_result_is_written_no_half_of_it_is_taken_for_one(
    fitted: Path, bucket: Bucket, tmp_path: Path
) -> None:
    bucket.upload(fitted / "shots", "half/shots")
    line = _line("s3://bucket/half/shots", "s3://bucket/half/out")
    command, environment = _command(bucket, line, tmp_path / "scratch")
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
    ) as process:
        deadline = time.monotonic() + _SECONDS_AT_MOST
        while not any(key.endswith(".unfinished") for key in bucket.keys("half/out")):
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.002)
        process.kill()
    # However far it came: a folder in which all but the last files are in place.
    bucket.put("half/out/b/.unfinished", b"")
    bucket.put("half/out/b/person_00.npz", b"half")
    bucket.put("half/out/b/person_07.npz", b"of an earlier one")
    assert _run(bucket, line, tmp_path / "scratch").returncode == 1
    _same(bucket.download("half/out", tmp_path / "found"), fitted / "out")


@pytest.mark.slow
def test_what_has_changed_is_fitted_anew_and_nothing_else(
    fitted: Path, bucket: Bucket, tmp_path: Path
) -> None:
    bucket.upload(fitted / "shots", "changed/shots")
    line = _line("s3://bucket/changed/shots", "s3://bucket/changed/out")
    assert _run(bucket, line, tmp_path / "scratch").returncode == 1
    before = bucket.times("changed/out")
    # Another time, another version, the same photo.
    bucket.put("changed/shots/a.png", bucket.get("changed/shots/a.png"))
    points = json.loads(bucket.get("changed/shots/b_keypoints.json"))
    points["people"][0]["pose_keypoints_2d"][0] += 3.0
    bucket.put("changed/shots/b_keypoints.json", json.dumps(points).encode())
    for key in bucket.keys("changed/out/c/"):
        bucket.remove(key)
    time.sleep(1.1)  # S3 tells whole seconds
    ended = _run(bucket, [*line, "--messages", "json"], tmp_path / "scratch")
    assert ended.returncode == 1
    after = bucket.times("changed/out")
    results = ("a", "b", "c", "late/d")
    keys = {name: f"changed/out/{name}/person_00.npz" for name in results}
    changed = {name for name, key in keys.items() if before[key] != after[key]}
    assert changed == {"b", "c"}


@pytest.mark.slow
def test_a_worker_of_a_cluster_dies_and_the_numbers_are_those_of_a_disk(
    fitted: Path, bucket: Bucket, tmp_path: Path
) -> None:
    pytest.importorskip("ray", reason="needs Ray: pip install ray")
    shutil.copytree(fitted / "shots", tmp_path / "shots")
    write_clip(tmp_path / "shots")
    assert main(_line(str(tmp_path / "shots"), str(tmp_path / "whole"))) == 1
    bucket.upload(tmp_path / "shots", "ray/shots")
    line = _line("s3://bucket/ray/shots", "s3://bucket/ray/out", "--messages", "json", "--ray", "local")
    line[line.index("--workers") + 1] = "2"
    # Ray's own files have sockets among them, whose paths must be short.
    command, environment = _command(bucket, line, tmp_path / "scratch")
    (tmp_path / "home").mkdir()
    environment |= {"RAY_TMPDIR": "/tmp", "HOME": str(tmp_path / "home")}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as driver:
        assert driver.stdout is not None
        rows = (message for message in map(json.loads, driver.stdout) if message["type"] == "PHOTO")
        told = [next(rows)]
        working: list[int] = []
        while not working:
            working = _workers_of(driver.pid)
        os.kill(working[0], signal.SIGKILL)
        told += rows
    assert driver.returncode == 1
    assert not (tmp_path / "home" / ".ray").exists(), "Ray has left its token"
    names = [row["photo"] for row in told]
    assert len(set(names)) == len(names) == len(_NAMES) + 2
    _same(bucket.download("ray/out", tmp_path / "found"), tmp_path / "whole")


def _workers_of(driver: int) -> list[int]:
    """The processes of the driver's cluster that are doing a task just now: Ray names them after it."""
    parents, working = dict[int, int](), list[int]()
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError):  # it has ended meanwhile, or is no process
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            if (entry / "cmdline").read_bytes().startswith(b"ray::do_on_node"):
                working.append(int(entry.name))

    def is_below(process: int) -> bool:
        return process > 1 and (process == driver or is_below(parents.get(process, 0)))

    return [process for process in working if is_below(process)]


REFUSED = {
    "no bucket": ("s3://nobucket/shots", "s3://bucket/x", "s3://nobucket/shots: there is no such folder"),
    "no output bucket": ("s3://bucket/killed/shots", "s3://nobucket/x", "s3://nobucket/x"),
    "a photo for a folder": ("s3://bucket/refused/a.png", "s3://bucket/x", "this is a file"),
    "a file for an output": ("s3://bucket/refused", "s3://bucket/refused/a.png", "it is a file"),
    "the user's own table": ("s3://bucket/refused", "s3://bucket/own", "not the table of such a run"),
}


@pytest.mark.parametrize(("photos", "out", "words"), REFUSED.values(), ids=REFUSED)
def test_refused_before_anything_is_done(
    fitted: Path, bucket: Bucket, tmp_path: Path, photos: str, out: str, words: str
) -> None:
    bucket.put("refused/a.png", (fitted / "shots" / "a.png").read_bytes())
    bucket.put("killed/shots/a.png", (fitted / "shots" / "a.png").read_bytes())
    bucket.put("own/summary.csv", b"my own\n")
    ended = _run(bucket, _line(photos, out), tmp_path / "scratch")
    assert ended.returncode == 2
    assert words in ended.stderr
    assert not list((tmp_path / "scratch").iterdir())
    assert not bucket.keys("x") and bucket.get("own/summary.csv") == b"my own\n"


def test_a_file_of_the_users_own_is_not_written_over(fitted: Path, bucket: Bucket, tmp_path: Path) -> None:
    bucket.upload(fitted / "shots" / "late", "mine/shots")
    bucket.put("mine/out/d/photo.png", b"my own")
    ended = _run(bucket, _line("s3://bucket/mine/shots", "s3://bucket/mine/out"), tmp_path / "scratch")
    assert ended.returncode == 2
    assert "s3://bucket/mine/out/d/photo.png: a result would take the place of this file" in ended.stderr
    assert bucket.get("mine/out/d/photo.png") == b"my own"


@pytest.fixture
def memory() -> Iterator[Any]:
    """The file system in this process's memory, empty."""
    system = pytest.importorskip("fsspec", reason="needs fsspec: pip install fsspec").filesystem("memory")
    yield system
    system.store.clear()
    system.pseudo_dirs[:] = [""]


MIXED = {
    "photos": ("memory://lot/shots", "{place}/out", None),
    "results": ("{place}/shots", "memory://lot/out", None),
    "keypoints": ("{place}/photos", "{place}/out", "memory://lot/keypoints"),
    "all apart": ("memory://lot/photos", "memory://lot/out", "memory://lot/keypoints"),
    "a file's address": ("file://{place}/shots", "local://{place}/out", None),
}


@pytest.mark.slow
@pytest.mark.parametrize(("photos", "out", "keypoints"), MIXED.values(), ids=MIXED)
def test_here_and_at_addresses_mixed(
    fitted: Path, tmp_path: Path, memory: Any, capsys: pytest.CaptureFixture[str], photos: str, out: str,
    keypoints: str | None,
) -> None:  # fmt: skip
    """Whatever lies where, the results are those of the disk; scratch files are gone."""
    place = tmp_path / "place"
    shutil.copytree(fitted / "shots", place / "shots", ignore=shutil.ignore_patterns("late"))
    shutil.copytree(place / "shots", place / "photos", ignore=shutil.ignore_patterns("*.json"))
    shutil.copytree(place / "shots", place / "keypoints", ignore=shutil.ignore_patterns("*.png"))
    for name in ("shots", "photos", "keypoints"):
        memory.put(str(place / name), f"/lot/{name}", recursive=True)
    assert main(_line(str(place / "shots"), str(tmp_path / "whole"))) == 1
    more = [] if keypoints is None else ["--keypoints", keypoints.format(place=place)]
    line = _line(photos.format(place=place), out.format(place=place), *more)
    assert main(line) == 1
    capsys.readouterr()
    assert main(line) == 1
    assert "3 of them done by an earlier run" in capsys.readouterr().err
    if out.startswith("memory"):
        memory.get("/lot/out", str(place / "out"), recursive=True)
    _same(place / "out", tmp_path / "whole")


def test_people_without_keypoints_are_told_of_files_near_them(
    fitted: Path, tmp_path: Path, memory: Any
) -> None:
    """The doubt that a photo on a disk has, in the same words."""
    shots = tmp_path / "shots"
    (shots / "keypoints").mkdir(parents=True)
    shutil.copy(fitted / "shots" / "a.png", shots)
    shutil.copy(fitted / "shots" / "a_keypoints.json", shots / "other.json")
    shutil.copy(fitted / "shots" / "a_keypoints.json", shots / "keypoints" / "third.json")
    memory.put(str(shots), "/lot/shots", recursive=True)
    for photos, out in ((str(shots), str(tmp_path / "whole")), ("memory://lot/shots", str(tmp_path / "out"))):
        main(_line(photos, out))
    words = (tmp_path / "out" / "summary.csv").read_text().replace("memory://lot/shots", str(shots))
    columns = [
        [line.split(",")[0:4] + line.split(",")[5:] for line in text.splitlines()]
        for text in (words, (tmp_path / "whole" / "summary.csv").read_text())
    ]
    assert columns[0] == columns[1]


def test_no_name_at_an_address_leads_out_of_scratch(
    tmp_path: Path, memory: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    memory.pipe("/lot/shots/a.png", b"x")
    memory.pipe(f"/lot/shots/{'x' * 300}.png", b"x")
    assert main(_line("memory://lot/shots", str(tmp_path / "out"))) == 2
    assert "its name is longer than a file's can be" in capsys.readouterr().err


def test_memory_is_of_one_process(tmp_path: Path, memory: Any, capsys: pytest.CaptureFixture[str]) -> None:
    line = _line("memory://lot/shots", str(tmp_path / "out"))
    line[line.index("--workers") + 1] = "2"
    assert main(line) == 2
    assert "--workers 1" in capsys.readouterr().err
