"""Program that makes or removes the environment with PyTorch, in a process of its own: `python -I -u -X utf8 maker.py`.

The first line of stdin is the order as JSON (made by `commands.py`); progress goes to stdout as JSON lines
(read by `run.py`). When stdin ends, which it also does when Blender is killed, what is being made is
stopped and deleted. So nothing half-made stays behind, whoever ends first. Started by its absolute path, never imported by
the add-on; standard library only.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

# A virus scanner or a program that is about to end may hold a file for a moment (Windows).
TRIES = 20
SECONDS_BETWEEN_TRIES = 0.5
GIGABYTE = 1e9


class MakerError(Exception):
    """The environment cannot be made or removed; the text says why and what to do."""


class Stopped(Exception):  # noqa: N818 - no error: what the user asked for
    """End of a run for which nobody waits any more."""


class Watcher:
    """Guard that ends the running step as soon as stdin has ended."""

    def __init__(self) -> None:
        self.stopped = threading.Event()
        self._child: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()

    def watch(self) -> None:
        """Wait for the end of stdin, in a thread of its own."""
        # Not through sys.stdin: Python cannot end while a thread waits there with the buffer's lock.
        while os.read(sys.stdin.fileno(), 64):
            pass
        with self._lock:
            self.stopped.set()
            if self._child is not None:
                end_tree(self._child)

    def start(self, command: list[str], folder: Path, environment: dict[str, str]) -> subprocess.Popen[str]:
        """Start one step. Raises `Stopped` if nobody waits any more and `MakerError` if it cannot be started."""
        with self._lock:
            if self.stopped.is_set():
                raise Stopped
            try:
                self._child = subprocess.Popen(
                    command,
                    cwd=folder,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    encoding="utf-8",
                    errors="replace",
                    start_new_session=sys.platform != "win32",
                )
            except OSError as problem:
                raise MakerError(f"{command[0]} cannot be started: {problem}") from problem
            return self._child


def main() -> int:
    """Carry out the order; returns the exit code."""
    order = json.loads(sys.stdin.buffer.readline())
    watcher = Watcher()
    threading.Thread(target=watcher.watch, daemon=True).start()
    try:
        if order["action"] == "remove":
            remove(Path(order["folder"]), order["names"], order["doomed"])
        else:
            make(order, watcher)
    except Stopped:
        tell("CANCELLED")
    except (MakerError, OSError) as problem:
        tell("FAILED", text=str(problem))
        return 1
    else:
        tell("DONE")
    return 0


def make(order: dict[str, Any], watcher: Watcher) -> None:
    """Run all steps in the partial folder and give it its name when they are done; it is deleted if anything goes wrong."""
    folder = Path(order["folder"])
    partial, whole = folder / order["partial"], folder / order["whole"]
    if os.path.lexists(whole):
        raise MakerError(f"{whole} is there already. Remove that environment first.")
    refuse_links(folder / name for name in order["leftovers"])
    for name in order["leftovers"]:
        delete(folder / name)
    need_space(folder, order["needed_bytes"])
    # Fails if anything has come in between, a link included; after that nobody else can plant one in it.
    partial.mkdir(mode=0o700)
    temporary = partial / order["temporary"]
    try:
        temporary.mkdir()
        run_steps(order["steps"], partial, temporary, watcher)
        delete(temporary)
        if watcher.stopped.is_set():
            raise Stopped
        again_and_again(lambda: partial.rename(whole))
    except BaseException:
        tell("STEP", number=0, title="Deleting what was begun")
        delete(partial)
        raise


def run_steps(steps: list[dict[str, Any]], partial: Path, temporary: Path, watcher: Watcher) -> None:
    """Run one step after another and hand on what they say. Raises `MakerError` with the last line of a step that fails."""
    # Downloads are kept beside the environment: the system's own temporary folder is often in memory and too small.
    environment = {**os.environ, **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary))}
    for number, step in enumerate(steps, 1):
        tell("STEP", number=number, title=step["title"])
        tell("LINE", text="> " + step["shown"])
        child = watcher.start(step["command"], partial, environment)
        last = ""
        for line in cast("Any", child.stdout):
            text = line.rstrip()
            tell("LINE", text=text)
            last = text if text.strip() and not text.startswith("[notice]") else last
        code = child.wait()
        if watcher.stopped.is_set():
            raise Stopped
        if code:
            raise MakerError(f"{step['title']} failed (code {code}): {last or 'it said nothing'}")


def need_space(folder: Path, needed_bytes: int) -> None:
    """Refuse with a `MakerError` if the disk has no room for the environment."""
    free = shutil.disk_usage(folder).free
    if free < needed_bytes:
        raise MakerError(
            f"The disk of {folder} has {free / GIGABYTE:.1f} GB free; {needed_bytes / GIGABYTE:.1f} GB are needed. "
            "Make room and try again."
        )


def remove(folder: Path, names: list[str], doomed: str) -> None:
    """Delete exactly these entries of `folder`. A whole environment first loses its name, so that none is left in pieces."""
    refuse_links(folder / name for name in (*names, doomed))
    for name in names:
        path = folder / name
        if not os.path.lexists(path):
            continue
        delete(folder / doomed)
        again_and_again(lambda path=path: path.rename(folder / doomed))
        delete(folder / doomed)


def refuse_links(paths: Iterable[Path]) -> None:
    """Refuse with a `MakerError` if one of the paths is a link or a junction: following it would delete somebody else's."""
    for path in paths:
        if path.is_symlink() or getattr(path, "is_junction", bool)():
            raise MakerError(f"{path} is a link, which this add-on has not made. Remove it yourself.")


def delete(path: Path) -> None:
    """Delete a folder with all that is in it; links in it are deleted, not followed."""
    if os.path.lexists(path):
        again_and_again(lambda: shutil.rmtree(path))


def again_and_again(action: Any) -> None:
    """Call `action` until it works, on Windows as often as another program may hold a file. Raises the last `OSError`."""
    for _ in range(TRIES if sys.platform == "win32" else 3):
        try:
            action()
            return
        except FileNotFoundError:
            return
        except OSError:
            time.sleep(SECONDS_BETWEEN_TRIES)
    action()


def end_tree(child: subprocess.Popen[str]) -> None:
    """End a step and what it has started."""
    if sys.platform == "win32":
        child.kill()  # the environment's launcher takes its Python along
    elif child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)


def tell(kind: str, **values: Any) -> None:
    """Write one message, to nobody if Blender has gone."""
    try:
        sys.stdout.write(json.dumps({"type": kind, **values}) + "\n")
        sys.stdout.flush()
    except OSError:
        return


if __name__ == "__main__":
    code = main()
    os._exit(code)  # without flushing what nobody reads any more
