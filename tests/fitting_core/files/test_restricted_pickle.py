"""Pickled model files: what honest ones hold is read; whatever else a file asks for is refused and never run."""

from __future__ import annotations

import pickle
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse

from fitting_core.errors import BodyModelError
from fitting_core.files.restricted_pickle import read_pickled_arrays
from tests.synthetic_kinds import FakeChumpy, python2_pickle

_ARRAY = np.arange(24.0).reshape(2, 3, 4)


def _read(tmp_path: Path, data: bytes, *keys: str) -> dict[str, np.ndarray]:
    path = tmp_path / "model.pkl"
    path.write_bytes(data)
    return read_pickled_arrays(path, keys or ("a",))


def _values() -> dict[str, Any]:
    return {
        "double": _ARRAY,
        "fortran": np.asfortranarray(_ARRAY),
        "big": _ARRAY.astype(">f4"),
        "indices": np.array([[0, 2**32 - 1]], dtype=np.uint32),
        "empty": np.zeros((0, 3)),
        "scalar": np.float64(2.5),
        "number": 3,
        "csc": scipy.sparse.csc_matrix([[0.0, 2.0, 0.0], [1.0, 0.0, 3.0]]),
        "csr": scipy.sparse.csr_matrix([[0.0, 2.0, 0.0], [1.0, 0.0, 3.0]]),
        "coo": scipy.sparse.coo_matrix([[0.0, 2.0, 0.0], [1.0, 0.0, 3.0]]),
        "objects": np.array([{"a": 1}, None], dtype=object),
        "words": np.array(["left", "right"]),
        "names": {"left": 1, "right": [1.5, True, None]},
    }


_PICKLES = {f"python 3, protocol {protocol}": (pickle.dumps, protocol) for protocol in range(6)} | {
    f"python 2, protocol {protocol}": (python2_pickle, protocol) for protocol in (0, 1, 2)
}


@pytest.mark.parametrize("name", _PICKLES)
def test_arrays_of_every_protocol(name: str, tmp_path: Path) -> None:
    write, protocol = _PICKLES[name]
    values = _values()
    numeric = [key for key in values if key not in ("objects", "words", "names")]
    found = _read(tmp_path, write(values, protocol), *numeric, "absent")
    assert set(found) == set(numeric)
    for key in numeric:
        expected = values[key].toarray() if scipy.sparse.issparse(values[key]) else np.asarray(values[key])
        np.testing.assert_array_equal(found[key], expected, err_msg=key)


@pytest.mark.parametrize("key", ["objects", "words", "names"])
def test_entries_without_numbers_are_refused_by_name(key: str, tmp_path: Path) -> None:
    with pytest.raises(BodyModelError, match=f"model.pkl: .*: entry '{key}'"):
        _read(tmp_path, pickle.dumps(_values()), key)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (f"scipy.sparse.{private}{form}", f"{form}_matrix")
        for private in ("", "_")
        for form in ("csc", "csr", "coo")
    ],
)
def test_sparse_matrices_of_old_and_new_scipy(module: str, name: str, tmp_path: Path) -> None:
    matrix = getattr(scipy.sparse, name)(np.diag([1.0, 2.0]))
    new = f"scipy.sparse._{name[:3]}\n".encode()
    found = _read(tmp_path, pickle.dumps({"a": matrix}, 2).replace(new, f"{module}\n".encode()))
    np.testing.assert_array_equal(found["a"], np.diag([1.0, 2.0]))


def test_numpy_of_both_module_names(tmp_path: Path) -> None:
    data = pickle.dumps({"a": _ARRAY}, 2)
    spellings = (b"numpy.core.", b"numpy._core.")
    for there in spellings:
        for wanted in spellings:
            np.testing.assert_array_equal(_read(tmp_path, data.replace(there, wanted))["a"], _ARRAY)


@pytest.mark.parametrize("protocol", [0, 1, 2, 4])
def test_chumpy_arrays(protocol: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chumpy = FakeChumpy(monkeypatch)
    inner = chumpy.ch(_ARRAY)
    chosen = np.arange(24).reshape(-1)[::2]
    values = {
        "plain": inner,
        "selected": chumpy.new(
            "chumpy.reordering", "Select", a=inner, idxs=chosen, preferred_shape=np.array([3, 4])
        ),
        "shaped": chumpy.new("chumpy.reordering", "Reshape", a=inner, newshape=(4, 6)),
        "nothing": chumpy.new("chumpy.ch", "Ch"),
    }
    data = python2_pickle(values, protocol) if protocol < 3 else pickle.dumps(values, protocol)
    found = _read(tmp_path, data, "plain", "selected", "shaped")
    np.testing.assert_array_equal(found["plain"], _ARRAY)
    np.testing.assert_array_equal(found["selected"], _ARRAY.reshape(-1)[chosen].reshape(3, 4))
    np.testing.assert_array_equal(found["shaped"], _ARRAY.reshape(4, 6))
    with pytest.raises(BodyModelError, match=r"lacks its x"):
        _read(tmp_path, data, "nothing")


def _long(count: int) -> bytes:
    return struct.pack("<Q", count)


def _nested_key() -> bytes:
    """Tuples of tuples, 200 deep, whose hash takes longer than the universe: as a key."""
    return b"\x80\x04})" + b"2\x86" * 200 + b"Ns."


def _copies() -> bytes:
    """One megabyte, encoded ten thousand times."""
    text = b"X" + struct.pack("<I", 2**20) + b"a" * 2**20 + b"q\x000"
    once = b"c_codecs\nencode\nh\x00X\x06\x00\x00\x00latin1\x86R"
    return b"\x80\x02(" + text + once * 10_000 + b"l."


_HOSTILE = {
    "os.system": b"cos\nsystem\n(S'touch %MARK%'\ntR.",
    "posix.system": b"cposix\nsystem\n(S'touch %MARK%'\ntR.",
    "builtins.eval": b'cbuiltins\neval\n(S\'open("%MARK%", "w")\'\ntR.',
    "__builtin__.eval": b'c__builtin__\neval\n(S\'open("%MARK%", "w")\'\ntR.',
    "getattr": b"cbuiltins\ngetattr\n(cnumpy\nndarray\nS'__class__'\ntR.",
    "import": b"cbuiltins\n__import__\n(S'probe_module'\ntR.",
    "own module": b"cprobe_module\nrun\n)R.",
    "dotted name": b"\x80\x04\x8c\x05numpy\x8c\x11ndarray.__class__\x93.",
    "dotted module": b"cnumpy\ncore.multiarray._reconstruct\n.",
    "numpy function": b"cnumpy\nsave\n.",
    "numpy.load": b"cnumpy\nload\n(S'%MARK%'\ntR.",
    "near miss": b"cnumpy.core.multiarray\n_reconstruct \n.",
    "instance": b"(S'touch %MARK%'\nios\nsystem\n.",
    "object": b"(cos\nsystem\nS'touch %MARK%'\no.",
    "call of a string": b"S'os.system'\n(S'touch %MARK%'\ntR.",
    "state of a function": b"cnumpy\nndarray\n}S'make'\nNsb.",
    "state of a string": b"S'a'\n}b.",
    "keywords": b"\x80\x04cnumpy\nndarray\n)}\x8c\x01aK\x01s\x92.",
    "extension": b"\x82\x01.",
    "persistent id": b"S'a'\nQ.",
    "buffer": b"\x80\x05\x97.",
    "protocol 200": b"\x80\xc8N.",
    "text id": b"Pa\n.",
    "huge long": b"\x8b\xff\xff\xff\x7f.",
    "negative long": b"\x8b\xff\xff\xff\xff.",
    "long digits": b"L" + b"9" * 100_000 + b"L\n.",
    "huge bytes": b"\x80\x04\x8e" + _long(2**62) + b"a.",
    "huge text": b"\x80\x04\x8d" + _long(2**62) + b"a.",
    "huge bytearray": b"\x80\x05\x96" + _long(2**63 + 5) + b"a.",
    "huge memo": b"\x80\x02Nr\xff\xff\xff\xff0Nr\xfe\xff\xff\xff.",
    "no memo": b"h\x07.",
    "no stop": b"\x80\x02N",
    "empty stack": b".",
    "only marks": b"((((((((e.",
    "endless": b"N0" * 1_500_000 + b".",
    "deep": b"\x80\x02" + b"]" + b"]" * 100_000 + b"a" * 100_000 + b".",
    "nested key": _nested_key(),
    "copies": _copies(),
    "nothing": b"",
    "text": b"hello, this is no pickle\n",
}


@pytest.mark.parametrize("name", _HOSTILE)
def test_hostile_files_are_refused_and_nothing_runs(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = tmp_path / "it_ran"
    (tmp_path / "probe_module.py").write_text(f"open({str(mark)!r}, 'w')\ndef run(): pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    imported = set(sys.modules)
    with pytest.raises(BodyModelError) as refused:
        _read(tmp_path, _HOSTILE[name].replace(b"%MARK%", str(mark).encode()))
    assert "model.pkl" in str(refused.value)
    assert len(str(refused.value)) < 1000
    assert not mark.exists()
    assert set(sys.modules) - imported <= {"mmap"}


def test_a_refusal_names_the_file_the_class_and_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(
        BodyModelError, match=r"model\.pkl: cannot be read .*'os\.system'.* Nothing of it was run\. Get"
    ):
        _read(tmp_path, b"cos\nsystem\n.")


@pytest.mark.parametrize(
    "state",
    [
        (1, (2**40, 2**40), "f8", False, b""),
        (1, (-1,), "f8", False, b""),
        (1, (2**31,), "f8", False, b"a" * 8),
        (1, (2,), "f8", False, b"a" * 8),
        (1, (1.0,), "f8", False, b"a" * 8),
        (1, (1,) * 40, "f8", False, b"a" * 8),
        (1, (1,), "f8", False, [1.0]),
    ],
    ids=["overflow", "negative", "huge", "short", "float side", "dimensions", "objects"],
)
def test_arrays_are_checked_before_they_are_made(state: tuple[Any, ...], tmp_path: Path) -> None:
    """The state of an ordinary array, replaced."""

    class Sham:
        def __reduce__(self) -> Any:
            version, shape, kind, order, raw = state
            rebuild, arguments, _ = _ARRAY.__reduce__()  # type: ignore[misc]
            return rebuild, arguments, (version, shape, np.dtype(kind), order, raw)

    with pytest.raises(BodyModelError, match=r"model\.pkl"):
        _read(tmp_path, pickle.dumps({"a": Sham()}, 2))


@pytest.mark.parametrize(
    "changes",
    [
        {"_shape": (2**20, 2**20)},
        {"_shape": (2, 1)},
        {"indptr": np.array([0, 5, 1])},
        {"indptr": np.array([0, 1, 1])},
        {"indices": np.array([0, 7])},
        {"indices": np.array([0, -1])},
        {"data": np.zeros(5)},
        {"data": "text"},
    ],
    ids=lambda changes: f"{next(iter(changes))}",
)
def test_damaged_sparse_matrices(changes: dict[str, Any], tmp_path: Path) -> None:
    matrix = scipy.sparse.csc_matrix(np.diag([1.0, 2.0]))
    matrix.__dict__.update(changes)
    with pytest.raises(BodyModelError, match=r"entry 'a'"):
        _read(tmp_path, pickle.dumps({"a": matrix}))


@pytest.mark.parametrize("name", _PICKLES)
def test_random_damage_is_refused_or_harmless(name: str, tmp_path: Path) -> None:
    write, protocol = _PICKLES[name]
    values = _values()
    data = write(values, protocol)
    random = np.random.default_rng(0)
    for round_number in range(250):
        damaged = bytearray(data)
        if round_number % 3 == 0:
            del damaged[int(random.integers(0, len(data))) :]
        for _ in range(int(random.integers(0, 6)) if damaged else 0):
            damaged[int(random.integers(0, len(damaged)))] = int(random.integers(0, 256))
        try:
            found = _read(tmp_path, bytes(damaged), *values)
        except BodyModelError:
            continue
        assert all(isinstance(value, np.ndarray) for value in found.values())


def test_other_kinds_of_file(tmp_path: Path) -> None:
    with pytest.raises(BodyModelError, match="there is no such body model"):
        read_pickled_arrays(tmp_path / "absent.pkl", ("a",))
    with pytest.raises(BodyModelError, match="holds no table"):
        _read(tmp_path, pickle.dumps([1, 2]))
    with pytest.raises(BodyModelError, match="body model"):
        read_pickled_arrays(tmp_path, ("a",))
