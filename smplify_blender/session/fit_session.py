"""The one resident core of a Blender session: started when first needed, kept warm, started again after a crash.

Operators ask for jobs, whoever has a timer calls `poll`, panels read the jobs. Nothing here is part of a scene, so that undo
does not touch it. Every job ends while somebody polls: with the core's last answer, with the core, or with its silence.
"""

from __future__ import annotations

import itertools
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic

from ..fit_process.command import FitProcessError, serve_command
from ..fit_process.environment import default_environment
from ..fit_process.messages import (
    Done,
    Engines,
    Explained,
    Failed,
    FirstDone,
    FoundPerson,
    FoundTrack,
    Inspected,
    Message,
    Progress,
    Ready,
    Status,
    Warned,
)
from ..fit_process.request_fields import Content
from ..fit_process.resident import ResidentProcess
from ..result.errors import one_line
from .heartbeat import Heartbeat

CANCELLED = "cancelled"  # the core's code for a fit that nobody wants any more
CRASHED = "crashed"
NOT_STARTED = "not-started"
PING = "ping"  # the id of a question that no job asks
KEPT_LOG_LINES = 200
LAST_WORDS = 600  # characters of a dead child's stderr that are shown; its end names the cause


@dataclass
class Job:
    """One request and everything that was answered to it so far. `first` is there once the best takes are, before the others."""

    id: str
    command: str
    status: str = ""
    fraction: float = 0.0
    stage: str = ""
    loss: float | None = None
    points: tuple[tuple[float, float], ...] = ()
    people: list[FoundPerson] = field(default_factory=list[FoundPerson])
    tracks: list[FoundTrack] = field(default_factory=list[FoundTrack])
    warnings: list[str] = field(default_factory=list[str])
    first: FirstDone | None = None
    done: Done | Inspected | Explained | Engines | None = None
    failed: Failed | None = None
    cancel_asked: bool = False

    @property
    def running(self) -> bool:
        """True while an answer is still to come."""
        return self.done is None and self.failed is None

    @property
    def is_ready(self) -> bool:
        """True once there is something to act on: the best takes, the last answer, or the end."""
        return not self.running or (self.first is not None and not self.cancel_asked)

    @property
    def has_result(self) -> bool:
        """True if there is something to show: also where the search for other takes has failed, unless it was given up."""
        return self.done is not None or (
            self.first is not None and not self.cancel_asked and not self.cancelled
        )

    @property
    def cancelled(self) -> bool:
        """True if it ended because somebody gave it up."""
        return self.failed is not None and (self.cancel_asked or self.failed.code == CANCELLED)

    def apply(self, message: Message) -> None:
        """Keep the content of one answer."""
        match message:
            case Status(text):
                self.status = text
            case Progress():
                self.fraction, self.stage = message.fraction, message.stage
                self.loss = message.loss
                self.points = message.points or self.points
            case Warned(text):
                self.warnings.append(text)
            case FoundPerson() | FoundTrack() | FirstDone():
                self._keep(message)
            case Failed():
                self.failed = message
            case Done() | Inspected() | Explained() | Engines():
                self.done = message
            case Ready():
                self.status = ""

    def _keep(self, found: FoundPerson | FoundTrack | FirstDone) -> None:
        match found:
            case FoundPerson():
                self.people.append(found)
            case FoundTrack():
                self.tracks.append(found)
            case FirstDone():
                self.first = found


class FitSession:
    """Requests to one resident core; `python` None is Blender's own Python with the built-in engine."""

    def __init__(self) -> None:
        self._process: ResidentProcess | None = None
        self._python: Path | None = None
        self._numbers = itertools.count(1)
        self._jobs: dict[str, Job] = {}
        self._heartbeat = Heartbeat()
        self.version = ""
        self.crash = ""
        """The reason why the core was last lost; empty while all is well."""
        self.log: list[str] = []

    @property
    def process_id(self) -> int | None:
        """The child's number while it runs."""
        return self._process.process_id if self._process is not None else None

    @property
    def is_busy(self) -> bool:
        """True while an answer to any job is still to come."""
        return bool(self._jobs)

    def request(self, command: str, content: Content, python: Path | None = None) -> Job:
        """Ask for `command` with the fields of its request, or with the words of its command line.

        The answers arrive in the job whenever `poll` is called. Another `python` than before replaces the child, which gives up
        its work. A child that cannot be started is a job that has failed.
        """
        job = Job(str(next(self._numbers)), command, status="Starting the fitting core")
        try:
            self._running(python).send(job.id, command, content)
        except (FitProcessError, OSError, ValueError) as problem:  # ValueError: a null character in the path
            job.failed = Failed(NOT_STARTED, one_line(_start_problem(problem, python)))
            self._note(job.failed.text)
            return job
        if not self._jobs:
            self._heartbeat.heard(monotonic())
        self._jobs[job.id] = job
        return job

    def poll(self) -> bool:
        """Hand all new answers to their jobs; True where there were any. Never waits."""
        process = self._process
        if process is None:
            return False
        exit_code, is_mute = (
            process.exit_code,
            process.is_mute,
        )  # before the queue is emptied, so that nothing is missed
        answers = process.poll()
        for request_id, message in answers:
            self._hand_on(request_id, _bounded(message))
        if exit_code is not None:
            self._lose(process, f"stopped unexpectedly (code {exit_code})")
        elif is_mute:
            self._lose(process, "closed its output without an answer and was ended")
        else:
            self._listen(process, bool(answers))
        return bool(answers) or self._process is None

    def _listen(self, process: ResidentProcess, has_spoken: bool) -> None:
        """Ask a core that owes an answer whether it lives; end one that has long said nothing."""
        if has_spoken or not self._jobs:
            self._heartbeat.heard(monotonic())
            return
        match self._heartbeat.listen(monotonic()):
            case "ask":
                process.send(PING, "ping")
            case "give up":
                self._lose(process, f"said nothing for {self._heartbeat.silent_seconds:.0f} s and was ended")
            case _:
                pass

    def cancel(self, job: Job) -> None:
        """Give a job up: the core hears it within milliseconds, and the job ends when it says so."""
        if not job.running or job.cancel_asked:
            return
        job.cancel_asked = True
        if self._process is not None and job.id in self._jobs:
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

    def _hand_on(self, request_id: str, message: Message) -> None:
        if isinstance(message, Ready):
            self.version, self.crash = message.version, ""
        if isinstance(message, Warned | Failed | Status):
            self._note(message.text)
        if (
            isinstance(message, Failed) and not request_id
        ):  # a request or an answer that the other side cannot read
            self._end_jobs(message)
        job = self._jobs.get(request_id)
        if job is None:
            return
        job.apply(message)
        if not job.running:
            del self._jobs[request_id]

    def _lose(self, process: ResidentProcess, reason: str) -> None:
        process.stop()
        self._process, self.version = None, ""
        self.crash = one_line(f"The fitting core {reason}. {process.last_words()[-LAST_WORDS:]}".strip())
        self._note(self.crash)
        self._end_jobs(Failed(CRASHED, f"{self.crash} It starts again with the next fit."))

    def _end_jobs(self, failed: Failed) -> None:
        for job in self._jobs.values():
            job.apply(failed)
        self._jobs.clear()

    def _note(self, text: str) -> None:
        self.log = [*self.log, one_line(text)][-KEPT_LOG_LINES:]


def _bounded(message: Message) -> Message:
    """Return a message whose text is one line that a panel can show."""
    if isinstance(message, Status | Warned | Failed):
        return replace(message, text=one_line(message.text))
    return message


def _start_problem(problem: Exception, python: Path | None) -> str:
    if isinstance(problem, FitProcessError):
        return str(problem)
    chosen = python if python is not None else "Blender's own Python"
    return f"{chosen} cannot be started: {problem}. Choose another Python in the add-on's preferences."


_session = FitSession()


def session() -> FitSession:
    """Return the session of this Blender."""
    return _session


@contextmanager
def idle_session() -> Generator[FitSession]:
    """Lend a session that nobody else waits for: this Blender's own, or, while that works, one that is ended afterwards.

    A fit answers before anything that is asked for after it, and another Python would end it.
    """
    if not _session.is_busy:
        yield _session
        return
    own = FitSession()
    try:
        yield own
    finally:
        own.stop()
