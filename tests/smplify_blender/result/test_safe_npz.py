"""Untrusted .npz bytes: what is sound is read as NumPy would, everything else is refused before it costs memory."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
from collections.abc import Callable

import numpy as np
import pytest

from smplify_blender.result.bounded_file import BUDGET_BYTES, Budget
from smplify_blender.result.errors import ResultError
from smplify_blender.result.safe_npz import ArraySpec, NpzReader

POINTS = ArraySpec("f", ("V", 3))
LIMITS = {"V": 1000, "J": 10}


def npz(**arrays: object) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def npy(descr: str, shape: str, data: bytes, version: tuple[int, int] = (1, 0)) -> bytes:
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY" + bytes(version) + struct.pack("<H", len(header)) + header + data


def with_broken_middle(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes(20) + content[middle + 20 :]


def reader(content: bytes) -> NpzReader:
    return NpzReader(content, "person_00.npz", {}, LIMITS)


GOOD = {
    "single": np.arange(6, dtype=np.float32).reshape(2, 3),
    "double": np.arange(6, dtype=np.float64).reshape(2, 3),
    "half": np.arange(6, dtype=np.float16).reshape(2, 3),
    "big-endian": np.arange(6, dtype=">f4").reshape(2, 3),
    "Fortran order": np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3)),
    "none": np.zeros((0, 3), np.float32),
}


@pytest.mark.parametrize("array", GOOD.values(), ids=GOOD)
def test_reads_what_numpy_wrote(array: np.ndarray) -> None:
    read = reader(npz(points=array)).read("points", POINTS)
    assert read is not None and read.dtype.isnative and read.dtype.itemsize >= 4
    np.testing.assert_array_equal(read, array)


def test_scalars_and_texts() -> None:
    source = reader(npz(text=np.array("grüße"), number=7, names=np.array(["a", "bc"])))
    assert str(source.read("text", ArraySpec("U", max_itemsize=80))) == "grüße"
    number = source.read("number", ArraySpec("i"))
    assert number is not None and number.shape == () and int(number) == 7
    assert source.read("absent", ArraySpec("f", optional=True)) is None
    names = source.read("names", ArraySpec("U", ("J",), max_itemsize=80))
    assert names is not None and names.tolist() == ["a", "bc"] and source.sizes == {"J": 2}


HUGE = 2**40
REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "no zip": (lambda: b"nothing of the kind", "is not an .npz file"),
    "empty": (lambda: b"", "is not an .npz file"),
    "absent key": (lambda: npz(other=1.0), "has no key “points”"),
    "object array": (lambda: npz(points=np.array([[None] * 3])), "of type object"),
    "pickle in place of numbers": (lambda: zipped({"points.npy": npy("'|O'", "(1, 3)", b"cos\nsystem\n")}), "of type object"),
    "whole numbers": (lambda: npz(points=np.zeros((2, 3), np.int64)), "of type int64, expected floating point"),
    "structured": (lambda: npz(points=np.zeros((2, 3), [("a", "f4")])), "expected floating point"),
    "wrong shape": (lambda: npz(points=np.zeros((2, 4))), "of shape (2, 4), expected (V, 3)"),
    "flat": (lambda: npz(points=np.zeros(6)), "of shape (6,), expected (V, 3)"),
    "too many": (lambda: npz(points=np.zeros((1001, 3))), "V may be at most 1000"),
    "NaN": (lambda: npz(points=np.full((2, 3), np.nan)), "not finite"),
    "infinite": (lambda: npz(points=np.array([[0, 0, np.inf]])), "not finite"),
    "huge announcement": (lambda: zipped({"points.npy": npy("'<f4'", f"({HUGE}, 3)", b"")}), "V may be at most 1000"),
    "negative size": (lambda: zipped({"points.npy": npy("'<f4'", "(-2, 3)", b"")}), "damaged entry"),
    "too few bytes": (lambda: zipped({"points.npy": npy("'<f4'", "(2, 3)", bytes(20))}), "20 bytes where its header"),
    "too many bytes": (lambda: zipped({"points.npy": npy("'<f4'", "(2, 3)", bytes(10**6))}), "header announces, 24"),
    "no header": (lambda: zipped({"points.npy": b"\x93NUM"}), "damaged entry"),
    "header that is code": (lambda: zipped({"points.npy": npy("'<f4'", "__import__('os')", b"")}), "damaged entry"),
    "version 9": (lambda: zipped({"points.npy": npy("'<f4'", "(2, 3)", bytes(24), (9, 0))}), "damaged entry"),
    "odd compression": (lambda: zipped({"points.npy": b""}, zipfile.ZIP_BZIP2), "unusual compression"),
    "many entries": (lambda: zipped({f"{number}.npy": b"" for number in range(200)}), "holds 200 entries"),
    "broken compression": (lambda: with_broken_middle(npz(points=np.random.default_rng(1).random((50, 3)))), "damaged entry"),
}  # fmt: skip


@pytest.mark.parametrize(("make", "words"), REFUSED.values(), ids=REFUSED)
def test_refuses(make: Callable[[], bytes], words: str) -> None:
    with pytest.raises(ResultError) as caught:
        reader(make()).read("points", POINTS)
    message = str(caught.value)
    assert words in message and message.startswith("person_00.npz ") and "Run the fit again" in message


def test_long_texts_are_refused() -> None:
    with pytest.raises(ResultError, match="over 80 bytes"):
        reader(npz(text=np.array("x" * 21))).read("text", ArraySpec("U", max_itemsize=80))


def test_a_bomb_costs_no_memory() -> None:
    content = zipped({"points.npy": npy("'<f4'", "(2, 3)", bytes(200 * 2**20))})
    tracemalloc.start()
    with pytest.raises(ResultError):
        reader(content).read("points", POINTS)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * 2**20


def test_all_arrays_of_a_file_share_one_budget() -> None:
    content = npz(**{f"a{number}": np.zeros((1000, 3)) for number in range(5)})
    source = NpzReader(content, "person_00.npz", {}, LIMITS, Budget(len(content) + 2 * 24_000))
    assert source.read("a0", POINTS) is not None and source.read("a1", POINTS) is not None
    with pytest.raises(ResultError, match=r"person_00\.npz asks for more than 0 MB of memory"):
        source.read("a2", POINTS)


def test_an_archive_of_arrays_that_are_small_when_packed() -> None:
    """One megabyte of zeros packed as 64 entries asked Blender for one and a half gigabytes."""
    limits = {"V": 10**7, "J": 10}
    content = npz(**{f"a{number}": np.zeros((10**6, 3), np.float32) for number in range(64)})
    source = NpzReader(content, "body.npz", {}, limits)
    tracemalloc.start()
    kept = []
    with pytest.raises(ResultError, match="more than 300 MB"):
        for number in range(64):
            kept.append(source.read(f"a{number}", POINTS))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 10 < len(kept) < 26 and peak < 1.05 * BUDGET_BYTES


@pytest.mark.parametrize(
    "codes",
    [[0x110000], [0xFFFFFFFF], [0xD800], [0x61, 0xDFFF]],
    ids=["beyond", "far beyond", "surrogate", "second"],
)
def test_text_that_is_none_is_refused(codes: list[int]) -> None:
    """Python raises where such an array is looked at, which was far from here."""
    data = struct.pack(f"<{len(codes)}I", *codes)
    content = zipped({"text.npy": npy(f"'<U{len(codes)}'", "()", data)})
    with pytest.raises(ResultError, match="text that is none under “text”"):
        reader(content).read("text", ArraySpec("U", max_itemsize=80))


HEADERS = {
    "unhashable key": "{[]: 1, 'descr': '<f4'}",
    "list for a dict": "[1, 2",
    "unclosed": "{'descr': '<f4'",
    "unclosed text": "{'descr': '",
    "deep": "(" * 1500 + ")" * 1500,
    "minus signs": "-" * 3000,
    "escape": "'\\N{}'",
    "code": "{'descr': __import__('os'), 'fortran_order': False, 'shape': (1, 3)}",
    "null": "\0",
    "huge side": "{'descr': '<f4', 'fortran_order': False, 'shape': (" + "9" * 40 + ", 3)}",
    "forty sides": "{'descr': '<f4', 'fortran_order': False, 'shape': (" + "1, " * 40 + ")}",
    "huge item": "{'descr': '<U999999999', 'fortran_order': False, 'shape': (1, 3)}",
    "type without end": "{'descr': '<U99999999999999999999', 'fortran_order': False, 'shape': (1, 3)}",
    "no type": "{'descr': '', 'fortran_order': False, 'shape': (1, 3)}",
    "odd float": "{'descr': '<f3', 'fortran_order': False, 'shape': (1, 3)}",
    "records": "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1, 3)}",
    "order of words": "{'descr': '<f4', 'fortran_order': 'yes', 'shape': (1, 3)}",
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_headers_are_matched_not_evaluated(header: str) -> None:
    text = header.encode() + b"\n"
    content = zipped({"points.npy": b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text + bytes(12)})
    with pytest.raises(ResultError, match=r"^person_00\.npz has ") as refused:
        reader(content).read("points", POINTS)
    assert len(str(refused.value)) < 400 and str(refused.value).isprintable()


def test_a_table_of_contents_without_end() -> None:
    content = zipped({f"{number}.npy": b"" for number in range(30_000)})
    tracemalloc.start()
    with pytest.raises(ResultError, match="table of contents"):
        reader(content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20


def test_a_size_holds_for_the_whole_file() -> None:
    source = reader(npz(points=np.zeros((2, 3)), more=np.zeros((5, 3))))
    source.read("points", POINTS)
    with pytest.raises(ResultError, match=r"“more” of shape \(5, 3\), expected \(2, 3\)"):
        source.read("more", POINTS)
