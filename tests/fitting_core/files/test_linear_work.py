"""Reading takes work in proportion to the file's size: twice the file, twice the work, whatever is in it."""

from __future__ import annotations

import io
import pickle
import struct
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from fitting_core.errors import FittingError
from fitting_core.files.border import RefusedError
from fitting_core.files.budget import Budget
from fitting_core.files.byte_source import ByteSource
from fitting_core.files.json_document import measure, read_json_document
from fitting_core.files.pickle_machine import read_pickle
from fitting_core.files.pickled_numbers import ARRAY_NAMES
from fitting_core.files.tensor_file import TENSOR_NAMES
from fitting_core.photo.header import read_photo_header
from tests.fitting_core.photo.pictures import ORIENTATION, exif_of, stored_picture

_PRIME = 2**61 - 1  # Python hashes an integer to its remainder by this number


def _cpu_seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def _refused(read: Callable[[], object]) -> Callable[[], None]:
    def run() -> None:
        with pytest.raises((RefusedError, FittingError)):
            read()

    return run


_TEXTS = {
    "unclosed string of quotation marks": lambda count: b'"' + rb"\"" * count,
    "unclosed strings": lambda count: b'"\\' * count,
    "backslashes": lambda count: b'["' + b"\\" * (2 * count),
    "quotation marks": lambda count: b'"' * (2 * count),
    "brackets and strings": lambda count: b'["a' * count,
}


@pytest.mark.parametrize("name", _TEXTS)
def test_json_of_a_few_megabytes_costs_no_time(name: str, tmp_path: Path) -> None:
    """20 kB of the first took 8 s, so that 2 MB of it would have taken a day; the factors are of a tired machine."""
    path = tmp_path / "a.json"

    def seconds(count: int) -> float:
        path.write_bytes(_TEXTS[name](count))
        return _cpu_seconds(_refused(lambda: read_json_document(path)))

    once = seconds(500_000)
    assert seconds(1_000_000) < 10 * once + 1.0


@pytest.mark.parametrize(
    ("text", "depth"),
    [
        (b'{"a": [[1], [2, [3]]]}', 4),
        (rb'["[[[[\"[[[[", [1]]', 2),
        (rb'["\\", [1], "\\\\\"["]', 2),
        (rb'["\\\"[[[[[["]', 1),
        (b'"[[[[', 0),
        (b"", 0),
        (b'["' + b"[" * 3 * 2**20 + b'", [[0]]]', 3),
        (b'["' + b"x" * (2**20 - 3) + b'", [[0]]]', 3),
        (b"[" * 100 + b"]" * 100, 100),
    ],
    ids=["plain", "escaped mark", "pairs", "pair and mark", "unclosed", "nothing", "over blocks", "block edge", "deep"],
)  # fmt: skip
def test_depth_outside_strings(text: bytes, depth: int) -> None:
    assert measure(text.decode()).depth == depth


def _pickled(pairs: list[tuple[object, object]]) -> bytes:
    """A table written item by item, so that the writer does not have to hash the keys as the reader does."""
    items = b"".join(pickle.dumps(value, 2)[2:-1].removesuffix(b"q\x00") for pair in pairs for value in pair)
    return b"\x80\x02}(" + items + b"u."


_KEYS: dict[str, Callable[[int], object]] = {
    "integers": lambda number: number * _PRIME,
    "negative integers": lambda number: -number * _PRIME,
    "floats": lambda number: float(2**61) * (number + 1),
    "texts": str,
}


@pytest.mark.parametrize("name", _KEYS)
@pytest.mark.parametrize("names", [ARRAY_NAMES, TENSOR_NAMES], ids=["arrays", "tensors"])
def test_keys_of_a_table_cannot_collide(name: str, names: object) -> None:
    """Only texts, whose hashes are secret, are keys: 20,000 colliding integers took minutes."""
    data = _pickled([(_KEYS[name](number), None) for number in range(20_000)])
    table = read_pickle(io.BytesIO(data), len(data), names, Budget())  # type: ignore[arg-type]
    assert isinstance(table, dict) and len(table) == 20_000
    assert all(type(key) is str for key in table)


@pytest.mark.parametrize(
    "data",
    [b"N" + b"".join(b"p%d\n" % (number * _PRIME) for number in range(1, 3)) + b".", b"Nr\xff\xff\xff\xff."],
    ids=["text", "binary"],
)
def test_numbers_of_the_memo_cannot_collide(data: bytes) -> None:
    with pytest.raises(RefusedError, match="the memo is damaged"):
        read_pickle(io.BytesIO(data), len(data), ARRAY_NAMES, Budget())


def _text(content: bytes) -> bytes:
    return b"X" + struct.pack("<I", len(content)) + content


def _calls(names: bytes, made: bytes, call: bytes, count: int) -> bytes:
    """A pickle that puts two values into its memo and calls the first with the second again and again."""
    return b"\x80\x02(" + names + b"q\x00" + made + b"q\x01" + call * count + b"l."


_REPEATED = {
    # one megabyte, looked at by every one of thirty thousand calls of a few bytes
    "type named at length": _calls(b"cnumpy\ndtype\n", _text(b"f" * 2**20) + b"\x85", b"h\x00h\x01R", 30_000),
    "text encoded": _calls(
        b"c_codecs\nencode\n", _text(b"a" * 2**20) + _text(b"latin1") + b"\x86", b"h\x00h\x01R", 30_000
    ),
}
_REPEATED_TENSORS = {
    "table of the same pairs": _calls(
        b"ccollections\nOrderedDict\n", b"(" + b"K\x01K\x02\x86" * 20_000 + b"l\x85", b"h\x00h\x01R", 30_000
    ),
    "sides of the same list": _calls(
        b"ctorch\nSize\n", b"(" + b"K\x01" * 100_000 + b"l\x85", b"h\x00h\x01R", 30_000
    ),
}


@pytest.mark.parametrize("name", [*_REPEATED, *_REPEATED_TENSORS])
def test_the_same_value_is_not_worked_on_again_and_again(name: str) -> None:
    data = (_REPEATED | _REPEATED_TENSORS)[name]
    names = ARRAY_NAMES if name in _REPEATED else TENSOR_NAMES
    with pytest.raises(RefusedError, match=r"asks for more than|a word is expected|shape of a tensor"):
        read_pickle(io.BytesIO(data), len(data), names, Budget())


def _blocks(form: str, count: int) -> bytes:
    exif = exif_of({ORIENTATION: 6})
    data = stored_picture(form)
    if form == "JPEG":
        return data[:2] + (b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif) * count + data[2:]
    exif = exif.removeprefix(b"Exif\0\0")
    if form == "PNG":
        body = b"eXIf" + exif
        block = struct.pack(">I", len(exif)) + body + struct.pack(">I", zlib.crc32(body))
        return data[:33] + block * count + data[33:]
    return (
        data[:12] + (b"EXIF" + struct.pack("<I", len(exif)) + exif + bytes(len(exif) % 2)) * count + data[12:]
    )


def _ring(count: int) -> bytes:
    """A TIFF whose directory leads to itself as the next one and as that of EXIF, `count` bytes of nothing behind it."""
    entries = [(0x100, 3, 1, 100), (0x101, 3, 1, 100), (0x8769, 4, 1, 8)]
    packed = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + packed + struct.pack("<I", 8) + bytes(count)


def _webp(count: int) -> bytes:
    data = stored_picture("WEBP")
    return data[:12] + (b"junk" + bytes(4)) * count + data[12:]


_PHOTOS: dict[str, Callable[[int], bytes]] = {
    "JPEG": lambda count: _blocks("JPEG", count),
    "PNG": lambda count: _blocks("PNG", count),
    "WEBP": lambda count: _blocks("WEBP", count),
    "TIFF that leads to itself": _ring,
    "JPEG of filler bytes": lambda count: b"\xff\xd8" + b"\xff" * count + stored_picture("JPEG")[2:],
    "PNG of empty chunks": lambda count: stored_picture("PNG")[:33] + (bytes(4) + b"teXt" + bytes(4)) * count,
    "WebP of empty chunks": lambda count: _webp(count),
}  # fmt: skip


@pytest.mark.parametrize("name", _PHOTOS)
def test_a_photo_is_read_in_steps_that_its_size_bounds(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[int] = []
    read = ByteSource.read

    def counted(source: ByteSource, offset: int, count: int) -> bytes:
        reads.append(count)
        return read(source, offset, count)

    monkeypatch.setattr(ByteSource, "read", counted)
    path = tmp_path / "photo.jpg"

    def work(count: int) -> tuple[int, int]:
        reads.clear()
        path.write_bytes(_PHOTOS[name](count))
        read_photo_header(path)
        return len(reads), sum(reads)

    steps, size = work(2000)
    more_steps, more_size = work(4000)
    assert more_steps <= 2 * steps + 50 and more_size <= 2 * size + 500
    assert steps <= 3 * 2000 + 200  # every block of EXIF once took a hundred


def test_one_block_of_exif_is_enough(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(_blocks("PNG", 3))
    assert read_photo_header(path).orientation == 6
