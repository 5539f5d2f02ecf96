"""Made-up SMPL, SMPL-H and SMPL-X files in every layout that users have: .npz, .pkl of Python 2 and 3, chumpy, sparse."""

from __future__ import annotations

import io
import pickle
import sys
import types
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import scipy.sparse

from fitting_core.body_model.joints import SKELETONS, ModelKind
from tests import synthetic_body

SMPL_VERTEX_COUNT = 6890


def arrays(kind: ModelKind, components: int | None = None, seed: int = 0) -> dict[str, np.ndarray]:
    """The entries of a synthetic file of a kind; every term of the model is non-zero."""
    if kind == "smplx":
        return synthetic_body.arrays(seed=seed, components=components or 20)
    random = np.random.default_rng(seed)
    parents = np.array(SKELETONS[kind].parents)
    count, vertices = len(parents), SMPL_VERTEX_COUNT
    joints = np.cumsum(random.normal(0, 0.1, (count, 3)), axis=0)
    near = np.arange(vertices) % count
    weights = np.zeros((vertices, count))
    weights[np.arange(vertices), near] = 0.7
    weights[np.arange(vertices), np.maximum(parents[near], 0)] += 0.3
    regressor = np.zeros((count, vertices))
    for joint in range(count):
        regressor[joint, joint : joint + 3 * count : count] = 1 / 3
    values = {
        "v_template": joints[near] + random.normal(0, 0.03, (vertices, 3)),
        "f": random.integers(0, vertices, (13776, 3)).astype(np.uint32),
        "shapedirs": random.normal(0, 0.004, (vertices, 3, components or 10)),
        "posedirs": random.normal(0, 0.001, (vertices, 3, 9 * (count - 1))),
        "J_regressor": regressor,
        "weights": weights,
        "kintree_table": np.stack([parents % 2**32, np.arange(count)]).astype(np.uint32),
        "J": joints,
    }
    if kind == "smplh":
        for side in "lr":
            values[f"hands_components{side}"] = np.eye(45)
            values[f"hands_mean{side}"] = np.zeros(45)
            values[f"hands_coeffs{side}"] = np.zeros((5, 45))
    return values


class _Python2Pickler(pickle._Pickler):  # type: ignore[name-defined]
    """Writes text and bytes alike as Python 2's strings, which is how the official .pkl files have them."""

    dispatch: ClassVar[dict[type, Any]] = dict(pickle._Pickler.dispatch)  # type: ignore[attr-defined]

    def _string(self, value: str | bytes) -> None:
        raw = value.encode("latin-1") if isinstance(value, str) else value
        if self.proto == 0:
            self.write(b"S" + repr(raw)[1:].encode("ascii") + b"\n")
        elif len(raw) < 256:
            self.write(b"U" + bytes([len(raw)]) + raw)
        else:
            self.write(b"T" + len(raw).to_bytes(4, "little") + raw)
        self.memoize(value)

    dispatch[str] = _string
    dispatch[bytes] = _string


def python2_pickle(value: object, protocol: int = 2) -> bytes:
    """A pickle as Python 2 would have written it."""
    buffer = io.BytesIO()
    _Python2Pickler(buffer, protocol, fix_imports=True).dump(value)
    return buffer.getvalue()


def official_pickle(kind: ModelKind, path: Path) -> Path:
    """A .pkl as the official ones are: Python 2, protocol 2, a sparse regressor, entries that are no arrays."""
    values: dict[str, Any] = dict(arrays(kind))
    values["J_regressor"] = scipy.sparse.csc_matrix(values["J_regressor"])
    values |= {"bs_style": "lbs", "bs_type": "lrotmin"}
    path.write_bytes(python2_pickle(values))
    return path


class FakeChumpy:
    """Modules named like chumpy's, in which picklable classes can be made as long as the test runs."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._modules = {
            name: types.ModuleType(name) for name in ("chumpy", "chumpy.ch", "chumpy.reordering")
        }
        for name, module in self._modules.items():
            monkeypatch.setitem(sys.modules, name, module)

    def new(self, module: str, name: str, **state: object) -> object:
        """An instance of a class `module.name` with these attributes."""
        kind = getattr(self._modules[module], name, None)
        if kind is None:
            kind = type(name, (), {"__module__": module})
            setattr(self._modules[module], name, kind)
        made = kind()
        made.__dict__.update(state)
        return made

    def ch(self, x: np.ndarray) -> object:
        """A chumpy array as chumpy pickles it."""
        return self.new("chumpy.ch", "Ch", x=x, _dirty_vars=set(), _itr=None, _status="new")
