"""Which array library does the arithmetic: NumPy, or PyTorch on a device. Free of bpy; imports torch only if asked."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from fitting_core.arrays import ArrayMaker
from fitting_core.errors import EngineError
from fitting_core.request import Device, Engine

# From this many simultaneous fits (people × frames) on, a GPU repays its start; NumPy is quicker below.
GPU_WORTHWHILE_SUBJECTS = 16


@dataclass(frozen=True, eq=False)
class ArrayEngine:
    """A chosen array library: `name` and `device` in words, `make` to bring arrays to it."""

    name: str
    device: str
    make: ArrayMaker


def choose_engine(engine: Engine, device: Device, subjects: int = 1) -> ArrayEngine:
    """The engine for a request. "auto" takes a GPU where PyTorch has one and the batch is worth it, else NumPy.

    Raises EngineError if PyTorch or the device was asked for by name and is not there.
    """
    if engine == "torch" or (engine == "auto" and device in ("cuda", "mps")):
        return _torch_engine(device)
    if engine == "numpy":
        if device not in ("auto", "cpu"):
            raise EngineError(f"--device {device} needs --engine torch: NumPy computes on the CPU only.")
        return _numpy_engine()
    if (
        subjects >= GPU_WORTHWHILE_SUBJECTS
        and device == "auto"
        and importlib.util.find_spec("torch") is not None
    ):
        torch_engine = _torch_engine("auto")
        if torch_engine.device != "cpu":
            return torch_engine
    return _numpy_engine()


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
