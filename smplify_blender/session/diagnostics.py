"""Facts about this installation as a text for a bug report, without anybody's paths or names."""

from __future__ import annotations

import hashlib
import platform
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from ..fit_process.messages import Engines
from .fit_request import EngineChoice
from .fit_session import FitSession, Job

# Absolute paths of any system, to the end of their last part; names in them may hold blanks before an ending.
PATHS = re.compile(
    r"(?:[A-Za-z]:[\\/]|\\\\|(?<![\w.])~?/)[^\s:;,'\"“”()<>|]*(?: [^\s:;,'\"“”()<>|/\\]*[\\/][^\s:;,'\"“”()<>|]*)*"
)
SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,6}$")
LOG_LINES = 40
HASH_BYTES = 2**20  # read at a time


def without_paths(text: str) -> str:
    """`text` with every absolute path replaced by `<path>` and its ending."""
    return PATHS.sub(_placeholder, text)


def _placeholder(found: re.Match[str]) -> str:
    suffix = SUFFIX.search(found[0])
    return f"<path>{suffix[0] if suffix else ''}"


def diagnostics(blender: Sequence[str], engine: EngineChoice, session: FitSession, check: Job | None) -> str:
    """Return the whole text: versions, engine, device, model hashes, the last log."""
    lines = ["SMPLify diagnostics", "", *blender]
    lines += [f"System: {platform.system()} {platform.release()}, {platform.machine()}"]
    lines += [f"Python: {sys.version.split()[0]}", ""]
    lines += _engine_lines(engine, session, check)
    lines += ["", *_file_lines("Model", engine.own_model), *_file_lines("Prior", engine.prior)]
    lines += ["", f"Last {LOG_LINES} messages of the fitting core:"]
    lines += [f"  {line}" for line in session.log[-LOG_LINES:]] or ["  none"]
    return without_paths("\n".join(lines)) + "\n"


def _engine_lines(engine: EngineChoice, session: FitSession, check: Job | None) -> list[str]:
    kind = "built in" if engine.python is None else f"own Python, device {engine.device}"
    running = f"runs, version {session.version or 'not told yet'}" if session.process_id else "not running"
    lines = [f"Engine: {kind}", f"Fitting core: {running}"]
    if session.crash:
        lines.append(f"Last crash: {session.crash}")
    if check is not None and isinstance(check.done, Engines):
        found = check.done
        lines.append(
            f"Checked: core {found.version}, Python {found.python}, NumPy {found.numpy}, "
            f"PyTorch {found.torch or 'none'}"
        )
        lines += [
            f"  {device.name}: {device.label}, {device.memory_gb or '?'} GB" for device in found.devices
        ]
    return lines


def _file_lines(name: str, path: Path | None) -> list[str]:
    if path is None:
        return [f"{name}: as shipped"]
    if not path.is_file():
        return [f"{name}: a folder" if path.is_dir() else f"{name}: chosen, but not there"]
    try:
        with path.open("rb") as file:
            digest = hashlib.sha256()
            while data := file.read(HASH_BYTES):
                digest.update(data)
    except OSError as problem:
        return [f"{name}: cannot be read ({problem.strerror})"]
    return [f"{name}: {path.suffix}, {path.stat().st_size} bytes, sha256 {digest.hexdigest()}"]
