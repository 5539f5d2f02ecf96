"""Archives of arrays whose headers lie, with sound checksums, and archives whose own tables lie."""

from __future__ import annotations

import io
import random
import struct
import zipfile
from collections.abc import Mapping

import numpy as np

_TYPES = (
    "<f8", "<f4", ">f8", "<f2", "<f16", "<i8", "|b1", "|i1", "<U4", ">U4", "<U0", "<U99999999", "|S0", "|S5", "|O",
    "<M8[s]", "|V8", "<c16",
    "f8", "<f8,<i4", "i", "", "O8", "x" * 60, "<f9", "<f8\\n", "=f8", "(2,)f8", "?", "<b8",
)  # fmt: skip
_SHAPES = (
    "()", "(0,)", "(3,)", "(3, 55, 3)", "(1, 0)", "(-1,)", "(2, -3)", "(99999999999,)", "(4294967296, 4294967296)",
    "(1.5,)", "(True,)",
    "3", "[3]", "(3L, 4L)", "(" + "1, " * 40 + ")", "(" + "9" * 30 + ",)", "('a',)", "(0, 9223372036854775807)",
    "(None,)", "((3,),)",
)  # fmt: skip
_ORDERS = ("True", "False", "1", "None", "'yes'", "[]")
_HEADERS = (
    "{}", "", "{", "[1, 2", "None", "{'descr': []}", "__import__('os').getpid()", "{'shape': (3,)}", "{[]: 1}",
    "{{}: 2}", "(" * 900 + ")" * 900,
    "-" * 3000, "{'descr': [('a', '<f8'), ('b', '|O')], 'fortran_order': False, 'shape': (3,), }", "'''",
    "{'descr': '\\", "\x00", "0x", "1_", "\\N{}",
    "{'a': 1, 'descr': '<f8', 'fortran_order': False, 'shape': (3,)}",
    "{'descr': ('<f8', (2,)), 'fortran_order': False, 'shape': (3,), }",
)  # fmt: skip


def entry(array: np.ndarray) -> bytes:
    """One array as NumPy stores it."""
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, allow_pickle=True)
    return stream.getvalue()


def mutated(arrays: Mapping[str, object], chance: random.Random) -> bytes:
    """An archive of the arrays, some of them with faults, in an archive that may have faults too."""
    entries = {f"{key}.npy": entry(np.asarray(value)) for key, value in arrays.items()}
    for _ in range(chance.randint(0, 2)):
        key = chance.choice(sorted(entries))
        entries[key] = _mutated_entry(entries[key], chance)
    if chance.random() < 0.1:
        del entries[chance.choice(sorted(entries))]
    stream = io.BytesIO()
    method = chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    with zipfile.ZipFile(stream, "w", method) as archive:
        for key, data in entries.items():
            archive.writestr(key, data)
        if chance.random() < 0.05:
            archive.writestr("x" * 60_000, b"")
    return mutated_archive(stream.getvalue(), chance)


def _mutated_entry(data: bytes, chance: random.Random) -> bytes:
    action = chance.random()
    if len(data) < 12:
        return data
    length = struct.unpack("<H", data[8:10])[0]
    values = data[10 + length :]
    if action < 0.5:
        header = (
            f"{{'descr': '{chance.choice(_TYPES)}', 'fortran_order': {chance.choice(_ORDERS)}, "
            f"'shape': {chance.choice(_SHAPES)}, }}"
        )
        return framed(header, values, chance)
    if action < 0.6:
        return framed(chance.choice(_HEADERS), values, chance)
    if action < 0.8:
        header = bytearray(data[10 : 10 + length])
        for _ in range(min(len(header), chance.randint(1, 4))):
            header[chance.randrange(min(len(header), 70))] = chance.choice(
                b"0123456789()[]{},'\"<>|=fiuUSOb- \\\n\x00LTrue"
            )
        return framed(header.decode("latin-1"), values, chance)
    if action < 0.9:
        changed = bytearray(values)
        for _ in range(min(len(changed), 8)):
            changed[chance.randrange(len(changed))] = chance.choice(
                (0, 0xFF, 0x7F, 0xD8, chance.randrange(256))
            )
        return data[: 10 + length] + bytes(changed)
    return data[: chance.randrange(len(data))] + chance.choice((b"", bytes(100_000)))


def framed(header: str, values: bytes, chance: random.Random) -> bytes:
    """A header of NumPy's format around any text, now and then with a wrong version or length."""
    text = header.encode("latin-1", "replace") + b"\n"
    version = chance.choice(((1, 0), (1, 0), (1, 0), (2, 0), (3, 0), (9, 9)))
    length = len(text) + chance.choice((0, 0, 0, 0, 0, -1, 7, 60_000))
    form = "<H" if version == (1, 0) else "<I"
    return b"\x93NUMPY" + bytes(version) + struct.pack(form, max(0, min(length, 65_535))) + text + values


def mutated_archive(data: bytes, chance: random.Random) -> bytes:
    action = chance.random()
    if action < 0.7:
        return data
    if action < 0.8:
        return data[: chance.randrange(len(data))]
    changed = bytearray(data)
    places = [
        *_offsets(data, b"PK\x01\x02"),
        *_offsets(data, b"PK\x05\x06"),
        *_offsets(data, b"PK\x03\x04"),
    ]
    for _ in range(chance.randint(1, 4)):  # flags, method, sums, sizes, offsets and counts lie in these bytes
        at = chance.choice(places) + chance.randrange(4, 46)
        if at < len(changed):
            changed[at] = chance.choice((0, 1, 8, 9, 12, 14, 99, 0xFF, chance.randrange(256)))
    return bytes(changed)


def _offsets(data: bytes, magic: bytes) -> list[int]:
    found, at = [], data.find(magic)
    while at >= 0:
        found.append(at)
        at = data.find(magic, at + 1)
    return found
