"""The array library that does the arithmetic: NumPy, or PyTorch on a device; torch is imported only if asked for."""

from __future__ import annotations

import importlib.util
import platform
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from fitting_core import __version__
from fitting_core.arguments.request import Device, Engine
from fitting_core.arrays import ArrayMaker
from fitting_core.errors import EngineError

# From this many simultaneous fits (people × frames) on, a GPU repays its start; NumPy is quicker below.
GPU_WORTHWHILE_SUBJECTS = 16


@dataclass(frozen=True, eq=False)
class ArrayEngine:
    """A chosen array library: `name` and `device` in words, `make` to bring arrays to it."""

    name: str
    device: str
    make: ArrayMaker


def engine_facts() -> dict[str, object]:
    """Versions of this Python and its array libraries, and the devices that PyTorch finds, ready for JSON.

    `devices` holds one entry each: `name` as --device takes it, `label` in the maker's words, `memory_gb` (None: unknown).
    `torch` is None where PyTorch is not installed or cannot be loaded; `torch_error` then says why.
    """
    import numpy

    facts: dict[str, object] = {
        "version": __version__,
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "torch": None,
        "torch_error": "PyTorch is not installed in this Python",
        "devices": [{"name": "cpu", "label": platform.machine(), "memory_gb": None}],
    }
    if importlib.util.find_spec("torch") is None:
        return facts
    try:
        import torch
    except (ImportError, OSError) as problem:  # a damaged installation, a library of another system
        return facts | {"torch_error": f"PyTorch cannot be loaded: {problem}"}
    return facts | {
        "torch": torch.__version__,
        "torch_error": "",
        "devices": [*_gpus(torch), *_entries(facts)],
    }


def _entries(facts: dict[str, object]) -> list[object]:
    return cast("list[object]", facts["devices"])


def _gpus(torch: Any) -> list[object]:
    if torch.cuda.is_available():
        label, memory = torch.cuda.get_device_name(0), torch.cuda.get_device_properties(0).total_memory
        return [{"name": "cuda", "label": label, "memory_gb": round(memory / 2**30, 1)}]
    if torch.backends.mps.is_available():
        return [{"name": "mps", "label": "Apple GPU", "memory_gb": None}]
    return []


def choose_engine(engine: Engine, device: Device, subjects: int = 1) -> ArrayEngine:
    """Return the engine for a request. "auto" takes a GPU where PyTorch has one and the batch is worth it, else NumPy.

    Raises EngineError if PyTorch or the device was asked for by name and is not there.
    """
    if engine == "torch" or (engine == "auto" and device in ("cuda", "mps")):
        return _torch_engine(device)
    if engine == "numpy":
        if device not in ("auto", "cpu"):
            raise EngineError(f"--device {device} needs --engine torch: NumPy computes on the CPU only.")
        return _numpy_engine()
    if subjects >= GPU_WORTHWHILE_SUBJECTS and device == "auto" and _torch_may_have_gpu():
        torch_engine = _torch_engine("auto")
        if torch_engine.device != "cpu":
            return torch_engine
    return _numpy_engine()


def double_precision(engine: ArrayEngine) -> ArrayMaker:
    """Return the engine's arrays in double precision, NumPy's where a device knows none."""
    if engine.device == "mps":
        engine = _numpy_engine()
    return ArrayMaker(engine.make.namespace, engine.make.namespace.float64, engine.make.device)


def _torch_may_have_gpu() -> bool:
    """Return False if PyTorch is not installed, or built for the CPU only: importing that to ask costs a second and 170 MB."""
    if importlib.util.find_spec("torch") is None:
        return False
    from importlib import metadata

    try:
        return not metadata.version("torch").endswith("+cpu")
    except metadata.PackageNotFoundError:
        return True


@lru_cache(maxsize=1)
def _numpy_engine() -> ArrayEngine:
    import array_api_compat.numpy as namespace
    import numpy

    return ArrayEngine("numpy", "cpu", ArrayMaker(namespace, numpy.float32))


@lru_cache(maxsize=4)
def _torch_engine(device: Device) -> ArrayEngine:
    if importlib.util.find_spec("torch") is None:
        raise EngineError(
            "--engine torch: PyTorch is not installed in this Python. Install it (pip install torch) or use --engine numpy."
        )
    import array_api_compat.torch as namespace
    import torch

    available: dict[str, bool] = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    name: str = next(kind for kind in available if available[kind]) if device == "auto" else device
    if not available[name]:
        there = ", ".join(kind for kind in available if available[kind])
        raise EngineError(
            f"--device {name}: PyTorch {torch.__version__} does not find it. There is: {there}."
        )
    make: Any = ArrayMaker(namespace, torch.float32, torch.device(name))
    return ArrayEngine("torch", name, make)
