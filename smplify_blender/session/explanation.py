"""What a file is in plain words, as `smplify-fit inspect` says it, asked of the core and waited for."""

from __future__ import annotations

import time
from pathlib import Path

from ..fit_process.messages import Explained, Failed
from ..fit_process.request_fields import with_field
from .fit_session import FitSession

_POLL_SECONDS = 0.01


def explain(
    file: Path, session: FitSession, python: Path | None = None, frame: int | None = None
) -> tuple[str, ...] | Failed:
    """Return the sentences of an explanation of a file or folder; `frame` is one of a keypoint file of several.

    The session ends a core that says nothing for long, so that this never waits for ever.
    """
    fields = with_field({"photo": str(file)}, "reading.frame", frame)
    job = session.request("inspect", fields, python)
    while job.running:
        if not session.poll():
            time.sleep(_POLL_SECONDS)
    if job.failed is not None:
        return job.failed
    if isinstance(job.done, Explained):
        return job.done.lines
    return (f"{file.name} is a picture: the Photo panel shows what is in it.",)
