"""The one resident core of a Blender session: started when first needed, kept warm, started again after a crash.

Free of bpy. Operators ask for jobs, whoever has a timer calls `poll`, panels read the jobs. Nothing here is part of a
scene, so that undo does not touch it.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..fit_process.command import FitProcessError, default_environment, serve_command
from ..fit_process.messages import (
    Done,
    Engines,
    Failed,
    FoundPerson,
    Inspected,
    Message,
    Progress,
    Ready,
    Status,
    Warned,
)
from ..fit_process.resident import ResidentProcess

CANCELLED = "cancelled"  # the core's code for a fit that nobody wants any more
CRASHED = "crashed"
NOT_STARTED = "not-started"
KEPT_LOG_LINES = 200
LAST_WORDS = 600  # characters of a dead child's stderr that are shown; its end names the cause


@dataclass
class Job:
    """One request and everything that was answered to it so far."""

    id: str
    command: str
    status: str = ""
    fraction: float = 0.0
    stage: str = ""
    loss: float | None = None
    points: tuple[tuple[float, float], ...] = ()
    people: list[FoundPerson] = field(default_factory=list[FoundPerson])
    warnings: list[str] = field(default_factory=list[str])
    done: Done | Inspected | Engines | None = None
    failed: Failed | None = None
    cancel_asked: bool = False

    @property
    def running(self) -> bool:
        """Whether an answer is still to come."""
        return self.done is None and self.failed is None

    @property
    def cancelled(self) -> bool:
        """Whether it ended because somebody gave it up."""
        return self.failed is not None and (self.cancel_asked or self.failed.code == CANCELLED)

    def take(self, message: Message) -> None:
        """Keep what one answer says."""
        match message:
            case Status(text):
                self.status = text
            case Progress():
                self.fraction, self.stage = message.fraction, message.stage
                self.loss = message.loss
                self.points = message.points or self.points
            case Warned(text):
                self.warnings.append(text)
            case FoundPerson():
                self.people.append(message)
            case Failed():
                self.failed = message
            case Done() | Inspected() | Engines():
                self.done = message
            case Ready():
                self.status = ""


class FitSession:
    """Requests to one resident core; `python` None is Blender's own Python with the built-in engine."""

    def __init__(self) -> None:
        self._process: ResidentProcess | None = None
        self._python: Path | None = None
        self._numbers = itertools.count(1)
        self._jobs: dict[str, Job] = {}
        self.version = ""
        self.crash = ""
        """Why the core was last lost; empty while all is well."""
        self.log: list[str] = []

    @property
    def process_id(self) -> int | None:
        """The child's number while it runs."""
        return self._process.process_id if self._process is not None else None

    def request(self, command: str, arguments: Sequence[str], python: Path | None = None) -> Job:
        """Ask for `command`; the answers arrive in the job whenever `poll` is called.

        Another `python` than before replaces the child, which gives up what it was doing. A child that cannot be started
        is a job that has failed.
        """
        job = Job(str(next(self._numbers)), command, status="Starting the fitting core")
        try:
            process = self._running(python)
        except (FitProcessError, OSError) as problem:
            job.failed = Failed(NOT_STARTED, _start_problem(problem, python))
            self._note(job.failed.text)
            return job
        self._jobs[job.id] = job
        process.send(job.id, command, arguments)
        return job

    def poll(self) -> bool:
        """Hand all new answers to their jobs; True where there were any. Never waits."""
        process = self._process
        if process is None:
            return False
        exit_code = process.exit_code  # before the queue is emptied, so that nothing is missed
        answers = process.poll()
        for request_id, message in answers:
            self._take(request_id, message)
        if exit_code is not None:
            self._lose(process, exit_code)
        return bool(answers) or exit_code is not None

    def cancel(self, job: Job) -> None:
        """Give a job up: the core hears it within milliseconds, and the job ends when it says so."""
        if job.running and not job.cancel_asked and self._process is not None:
            job.cancel_asked = True
            self._process.send(job.id, "cancel")

    def stop(self) -> None:
        """End the child; what it was doing has failed."""
        if self._process is not None:
            self._process.stop()
        self._end_jobs(Failed(CANCELLED, "The fitting core was stopped."))
        self._process, self.version = None, ""

    def _running(self, python: Path | None) -> ResidentProcess:
        if self._process is not None and python != self._python:
            self.stop()
        if self._process is not None and self._process.exit_code is not None:
            self.poll()  # notices that it has gone
        if self._process is None:
            self._process = ResidentProcess(serve_command(python), default_environment())
            self._python = python
        return self._process

    def _take(self, request_id: str, message: Message) -> None:
        if isinstance(message, Ready):
            self.version, self.crash = message.version, ""
        if isinstance(message, Warned | Failed | Status):
            self._note(message.text)
        job = self._jobs.get(request_id)
        if job is None:
            return
        job.take(message)
        if not job.running:
            del self._jobs[request_id]

    def _lose(self, process: ResidentProcess, exit_code: int) -> None:
        words = process.last_words()[-LAST_WORDS:]
        process.stop()
        self._process, self.version = None, ""
        self.crash = f"The fitting core stopped unexpectedly (code {exit_code}). {words}".strip()
        self._note(self.crash)
        self._end_jobs(Failed(CRASHED, f"{self.crash} It starts again with the next fit."))

    def _end_jobs(self, failed: Failed) -> None:
        for job in self._jobs.values():
            job.failed = failed
        self._jobs.clear()

    def _note(self, text: str) -> None:
        self.log = [*self.log, text][-KEPT_LOG_LINES:]


def _start_problem(problem: Exception, python: Path | None) -> str:
    if isinstance(problem, FitProcessError):
        return str(problem)
    chosen = python if python is not None else "Blender's own Python"
    return f"{chosen} cannot be started: {problem}. Choose another Python in the add-on's preferences."


_session = FitSession()


def session() -> FitSession:
    """The session of this Blender."""
    return _session
