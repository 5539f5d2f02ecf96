"""A real browser without a window, that shows a page and evaluates JavaScript in it over its debugging pipe."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_NAMES = ("chromium", "chromium-browser", "google-chrome")
BROWSER = next((found for name in _NAMES if (found := shutil.which(name))), None)
_OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--remote-debugging-pipe",
)


class Tab:
    """The tab of a browser, from the ends of its debugging pipe: commands and answers are JSON that ends in a zero byte."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands, self._answers, self._number = commands, answers, 0
        self._session = ""
        targets: list[dict[str, Any]] = []
        while not targets:
            found = self._call("Target.getTargets")["targetInfos"]
            targets = [target for target in found if target["type"] == "page"]
        attached = self._call("Target.attachToTarget", targetId=targets[0]["targetId"], flatten=True)
        self._session = attached["sessionId"]

    def evaluate(self, source: str) -> Any:
        """Return the value of a JavaScript expression in the page."""
        found = self._call("Runtime.evaluate", expression=source, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def _call(self, method: str, **parameters: object) -> dict[str, Any]:
        self._number += 1
        message: dict[str, object] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        answer: dict[str, Any] = {}
        while answer.get("id") != self._number:
            answer = json.loads(self._text())
        assert "error" not in answer, answer
        return answer["result"]

    def _text(self) -> bytes:
        text = b""
        while not text.endswith(b"\0"):
            byte = os.read(self._answers, 1)
            assert byte, "the browser has ended"
            text += byte
        return text[:-1]


@contextmanager
def opened(page: Path, profile: Path) -> Generator[Tab]:
    """Open a page of this computer in the browser, with an empty folder for its profile."""
    from_us, commands = os.pipe()
    answers, to_us = os.pipe()

    def place_pipes() -> None:
        """Put the pipes where the browser looks for them: it reads from 3 and writes to 4."""
        spare = os.dup(from_us), os.dup(to_us)
        os.dup2(spare[0], 3)
        os.dup2(spare[1], 4)

    command = [str(BROWSER), *_OPTIONS, f"--user-data-dir={profile}", page.as_uri()]
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, preexec_fn=place_pipes, close_fds=False, **silent)
    try:
        for end in (from_us, to_us):
            os.close(end)
        tab = Tab(commands, answers)
        while tab.evaluate("document.readyState + location.protocol") != "completefile:":
            pass
        yield tab
    finally:
        process.kill()
        process.wait()
        for end in (commands, answers):
            os.close(end)
