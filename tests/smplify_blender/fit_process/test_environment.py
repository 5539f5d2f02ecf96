"""The variables that a child gets: those that it needs, and nothing that loads other code into it."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import pytest

from smplify_blender.fit_process.environment import THREAD_VARIABLES, child_environment, clean_environment
from smplify_blender.session import fit_session
from smplify_blender.session.fit_session import FitSession

HOSTILE = (
    "LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "DYLD_INSERT_LIBRARIES", "DYLD_LIBRARY_PATH", "PYTHONPATH", "PYTHONHOME",
    "PYTHONSTARTUP", "PYTHONBREAKPOINT", "PYTHONPYCACHEPREFIX", "GLIBC_TUNABLES", "GCONV_PATH", "MALLOC_PERTURB_",
    "CUDA_INJECTION64_PATH", "NVTX_INJECTION64_PATH", "OMP_TOOL_LIBRARIES", "OPENSSL_CONF", "BASH_ENV", "VIRTUAL_ENV",
    "__PYVENV_LAUNCHER__", "TORCH_LOGS", "pythonpath",
)  # fmt: skip
NEEDED = (
    "PATH", "HOME", "TMPDIR", "TEMP", "LANG", "LC_ALL", "LC_CTYPE", "SYSTEMROOT", "SystemRoot", "PATHEXT", "USERPROFILE",
    "ProgramFiles(x86)", "CUDA_VISIBLE_DEVICES", "HSA_OVERRIDE_GFX_VERSION", "PYTORCH_CUDA_ALLOC_CONF", "TZ",
)  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_what_would_change_the_child_stays_out(name: str) -> None:
    assert name not in child_environment({name: "x"})


@pytest.mark.parametrize("name", NEEDED)
def test_what_the_child_needs_is_handed_on(name: str) -> None:
    assert child_environment({name: "x"})[name] == "x"


def test_threads_and_what_another_caller_needs() -> None:
    assert set(child_environment({})) == set(THREAD_VARIABLES)
    assert child_environment({"OMP_NUM_THREADS": "64"})["OMP_NUM_THREADS"] == "1"
    proxied = clean_environment({"https_proxy": "p", "LD_PRELOAD": "x"}, also=("HTTPS_PROXY",))
    assert proxied == {"https_proxy": "p"}


TELLS = "import json, os, sys; print(json.dumps({'type': 'STATUS', 'text': ' '.join(os.environ)}), flush=True); input()"


def test_a_real_child_inherits_nothing_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A preloaded library that is not there would be complained about by the loader itself."""
    for name in HOSTILE:
        monkeypatch.setenv(name, str(tmp_path / "evil.so"))
    monkeypatch.setattr(fit_session, "serve_command", lambda _python: [sys.executable, "-I", "-c", TELLS])
    session = FitSession()
    session.request("fit", ())
    end = time.monotonic() + 60
    while not session.log:
        assert time.monotonic() < end
        session.poll()
        time.sleep(0.01)
    inherited = set(session.log[0].split())
    session.stop()
    assert not inherited & set(HOSTILE) and "PATH" in inherited
    assert json.dumps(sorted(inherited - set(os.environ) - set(THREAD_VARIABLES) - {"LC_CTYPE"})) == "[]"
