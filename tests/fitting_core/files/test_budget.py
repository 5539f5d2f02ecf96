"""The memory that a file may take has one limit for everything in it, counted before it is taken."""

from __future__ import annotations

import io
import json
import pickle
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fitting_core.body_model.model_entries import ModelEntries, read_entries
from fitting_core.conversion.foreign_file import ForeignFile
from fitting_core.errors import BodyModelError, ConversionError, KeypointFileError, PriorFileError
from fitting_core.files.border import RefusedError
from fitting_core.files.budget import BODY_MODEL_BUDGET_BYTES, DEFAULT_BUDGET_BYTES, Budget
from fitting_core.files.json_document import measure, read_json_document
from fitting_core.files.npz_reader import read_arrays
from fitting_core.files.pickle_machine import read_pickle
from fitting_core.files.pickle_names import StandIn
from fitting_core.files.pickled_numbers import MODEL_NAMES, PickledArray, numbers
from fitting_core.files.tensor_file import read_tensors
from fitting_core.keypoints.keypoint_files import read_keypoint_file

_LIMIT = 20_000_000
_SPARE = 3_000_000


def _peak(work: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        work()
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return peak


def _text(content: bytes) -> bytes:
    return b"X" + struct.pack("<I", len(content)) + content


def _memoised_text_as_arrays() -> bytes:
    """One megabyte of text, which every one of 3000 arrays asks to have encoded again."""
    dtype = b"cnumpy\ndtype\n" + _text(b"u1") + b"\x85Rq\x01"
    rebuild = b"cnumpy.core.multiarray\n_reconstruct\nq\x02"
    state = b"(K\x01J" + struct.pack("<i", 2**20) + b"\x85h\x01\x89h\x00tq\x03"
    array = b"h\x02)Rh\x03b"
    return b"\x80\x02(" + _text(b"a" * 2**20) + b"q\x00" + dtype + rebuild + state + array * 3000 + b"l."


_PICKLES = {
    "text encoded again for every array": _memoised_text_as_arrays,
    "text encoded again by name": lambda: (
        b"\x80\x02(" + _text(b"a" * 2**20) + b"q\x000" + b"c_codecs\nencode\nh\x00" + _text(b"latin1") + b"\x86R" * 1
        + (b"c_codecs\nencode\nh\x00" + _text(b"latin1") + b"\x86R") * 3000 + b"l."
    ),
    "empty lists": lambda: b"\x80\x02(" + b"]" * 500_000 + b"l.",
    "one emoji in a long text": lambda: b"\x80\x02" + _text("😀".encode() + b"a" * 10_000_000) + b".",
    "escaped emoji in a long line": lambda: b"V\\U0001F600" + b"a" * 10_000_000 + b"\n.",
    "long string": lambda: b"S'" + b"a" * 15_000_000 + b"'\n.",
    "long bytes": lambda: b"\x80\x04\x8e" + struct.pack("<Q", 21_000_000) + bytes(21_000_000) + b".",
    "many stand-ins": lambda: b"\x80\x02(cscipy.sparse.csc\ncsc_matrix\nq\x00" + b"h\x00)R" * 100_000 + b"l.",
}  # fmt: skip


@pytest.mark.parametrize("name", _PICKLES)
def test_pickles_that_ask_for_more(name: str) -> None:
    data = _PICKLES[name]()

    def read() -> None:
        with pytest.raises(RefusedError, match="asks for more than 20 MB of memory"):
            read_pickle(io.BytesIO(data), len(data), MODEL_NAMES, Budget(_LIMIT))

    assert _peak(read) < _LIMIT + _SPARE


def _sparse(**state: Any) -> object:
    stand = StandIn("scipy.sparse.csc.csc_matrix")
    stand.state = {
        key: PickledArray(value) if isinstance(value, np.ndarray) else value for key, value in state.items()
    }
    return stand


_NOTHING = {"data": np.zeros(0), "indices": np.zeros(0, int), "indptr": np.zeros(1, int)}
_SPARSE: dict[str, dict[str, Any]] = {
    "zeros": _NOTHING | {"_shape": (10**4, 10**4), "indptr": np.zeros(10**4 + 1, int)},
    "no rows and columns without end": _NOTHING | {"_shape": (0, 2**31 - 1)},
    "a side beyond numbers": _NOTHING | {"_shape": (0, 2**62)},
    "indices of one byte": _NOTHING | {"_shape": (1, 1), "indices": np.zeros(10**7, np.uint8)},
}


@pytest.mark.parametrize("name", _SPARSE)
def test_sparse_matrices_that_ask_for_more(name: str) -> None:
    value = _sparse(**_SPARSE[name])

    def read() -> None:
        with pytest.raises(RefusedError, match=r"entry 'a': .*(more than 20 MB|damaged|claims the shape)"):
            numbers(value, Budget(_LIMIT), "a")

    assert _peak(read) < _LIMIT + _SPARE


def test_all_entries_of_an_npz_share_one_budget(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez_compressed(path, **{f"a{number}": np.zeros(10**6) for number in range(5)})
    assert path.stat().st_size < 100_000
    wanted = [f"a{number}" for number in range(5)]

    def read() -> None:
        with pytest.raises(BodyModelError, match=r"a\.npz: .*entry 'a2\.npy': .*more than 20 MB"):
            read_arrays(path, wanted, BodyModelError, "body model", Budget(_LIMIT))

    assert _peak(read) < _LIMIT + _SPARE
    assert len(read_arrays(path, wanted[:2], BodyModelError, "body model", Budget(_LIMIT))) == 2


def test_small_numbers_that_become_large_ones_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez_compressed(path, a=np.zeros((10**6, 3), np.int8))
    budget = Budget(_LIMIT)
    entries = ModelEntries(path, read_entries(path, ("a",), budget), budget)
    for take in (lambda: entries.floats("a", (None, 3)), lambda: entries.indices("a", (None, 3), 1)):
        with pytest.raises(BodyModelError, match=r"a\.npz: .*more than 20 MB"):
            take()
    foreign = ForeignFile(path, {"poses": entries.values["a"]}, {}, Budget(_LIMIT))
    with pytest.raises(ConversionError, match=r"a\.npz: .*more than 20 MB"):
        foreign.rows("poses", (3,))


def _archive_of_names(count: int) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for number in range(count):
            archive.writestr(f"{number}.npy", b"")
    return stream.getvalue()


@pytest.mark.parametrize("count", [30_000, 70_000], ids=["zip", "zip64"])
def test_a_table_of_contents_without_end(count: int, tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    path.write_bytes(_archive_of_names(count))

    def read() -> None:
        with pytest.raises(PriorFileError, match="table of contents"):
            read_arrays(path, ("a",), PriorFileError, "prior")
        with pytest.raises(PriorFileError, match="table of contents"):
            read_tensors(path)

    assert _peak(read) < 2 * _SPARE


def test_one_storage_under_many_names(tmp_path: Path) -> None:
    import torch

    path = tmp_path / "a.pt"
    numbers = torch.zeros(10**6)
    torch.save({f"a{number}": numbers for number in range(100)}, path)

    def read() -> None:
        with pytest.raises(PriorFileError, match=r"a\.pt: .*more than 300 MB"):
            read_tensors(path)

    assert _peak(read) < DEFAULT_BUDGET_BYTES + _SPARE


_RICH = {
    "empty strings": lambda count: "[" + '"",' * count + '""]',
    "short strings": lambda count: "[" + '"ab",' * count + '""]',
    "lists": lambda count: "[" + "[]," * count + "0]",
    "lists of one": lambda count: "[" + "[1]," * count + "0]",
    "objects": lambda count: "[" + "{}," * count + "0]",
    "objects of one key": lambda count: "[" + '{"a":1},' * count + "0]",
    "keys": lambda count: "{" + ",".join(f'"{number}":1' for number in range(count)) + "}",
    "digits": lambda count: "[" + "1," * count + "0]",
    "escapes": lambda count: '["' + "ab\\u0100" * count + '"]',
    "line breaks": lambda count: '["' + "\\n" * count + '"]',
    "escaped emoji": lambda count: '["' + "a" * (10 * count) + '\\ud83d\\ude00"]',
    "keypoints": lambda count: json.dumps([123.456, 7.5, 0.875] * count),
}


@pytest.mark.parametrize("name", _RICH)
def test_json_takes_no_more_than_was_counted(name: str) -> None:
    """What the counting says, held against what Python really takes: the count must be the larger one."""
    text = _RICH[name](20_000)
    parsed: list[object] = []
    assert _peak(lambda: parsed.append(json.loads(text, parse_int=float))) <= measure(text).size + 20_000


@pytest.mark.parametrize("name", [name for name in _RICH if name not in ("keypoints", "escaped emoji")])
def test_rich_json_is_refused_before_it_is_parsed(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(_RICH[name](500_000))

    def read() -> None:
        with pytest.raises(RefusedError, match="asks for more than 20 MB of memory"):
            read_json_document(path, budget=Budget(_LIMIT))

    assert _peak(read) < _LIMIT + _SPARE


def test_a_keypoint_file_of_forty_megabytes_is_a_matter_of_its_contents(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("[" + '"",' * 4_000_000 + '""]')
    with pytest.raises(KeypointFileError, match=r"a\.json: .*more than 300 MB"):
        read_keypoint_file(path, (100, 100))
    people = [{"pose_keypoints_2d": [123.456, 789.012, 0.876543] * 25}] * 400
    path.write_text(json.dumps({"people": people}))
    assert len(read_keypoint_file(path, (1000, 1000)).people) == 400


def test_what_is_lent_comes_back() -> None:
    budget = Budget(100)
    with budget.lend(80), pytest.raises(RefusedError):
        budget.spend(21)
    budget.spend(100)
    assert budget.left == 0


def test_a_licensed_model_file_fits_into_its_budget() -> None:
    """10,475 vertices, 400 components: as text, as bytes and as the model (see BODY_MODEL_BUDGET_BYTES)."""
    directions = 10475 * 3 * (400 + 486) * 8
    rest = 2 * 55 * 10475 * 8 + 10475 * 3 * 8 + 20908 * 3 * 4
    assert 3 * (directions + rest) < BODY_MODEL_BUDGET_BYTES
    assert pickle.HIGHEST_PROTOCOL == 5  # a newer one may hold arrays in a new way
