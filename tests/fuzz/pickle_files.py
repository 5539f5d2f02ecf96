"""Pickles whose instructions are dropped, repeated, swapped or changed, from sound files of every protocol."""

from __future__ import annotations

import io
import pickletools
import random
import struct

_BIG_TEXT = b"X" + struct.pack("<I", 50_000) + b"a" * 50_000
# Instructions that a fault may bring: marks, memo, calls, sizes without end.
_EXTRA = (
    b"(", b"0", b"1", b"2", b"t", b"l", b"d", b"e", b"u", b"s", b"a", b"b", b"R", b"\x81", b"o", b"\x85", b"\x86",
    b"\x87", b"\x90", b"\x91",
    b"\x92", b"\x93", b"\x94", b"N", b"]", b"}", b")", b"\x8f", b"\x88", b"h\x00", b"h\x01", b"h\x05", b"q\x00",
    b"j\x00\x00\x00\x00", b"r\xff\xff\xff\xff",
    b"p18446744073709551616\n", b"g0\n", b"K\x07", b"J\xff\xff\xff\xff", b"\x8a\x09" + b"\xff" * 9,
    b"\x8b\xff\xff\xff\x7f", b"G\x7f\xf0" + bytes(6),
    b"I99999999999999999999\n", b"L1L\n", b"F1e999\n", b"Fnan\n", b"S'a'\n", b"S'a\n", b"S'\\x'\n", b"V\\ud800\n",
    b"V\\U00110000\n", b"U\x03abc",
    b"T\xff\xff\xff\xff", b"X\x04\x00\x00\x00\xed\xa0\x80a", b"X\xff\xff\xff\xff", b"\x8e" + b"\xff" * 8,
    b"\x8d" + b"\xff" * 8, b"C\x02ab", b"\x96" + bytes(8),
    b"cnumpy\nndarray\n", b"cnumpy\ndtype\n", b"cnumpy.core.multiarray\n_reconstruct\n",
    b"cnumpy.core.multiarray\nscalar\n", b"c_codecs\nencode\n",
    b"ccopy_reg\n_reconstructor\n", b"c__builtin__\nset\n", b"cscipy.sparse.csc\ncsc_matrix\n",
    b"cchumpy.reordering\nSelect\n", b"cos\nsystem\n",
    b"ccollections\nOrderedDict\n", b"ctorch._utils\n_rebuild_tensor_v2\n", b"ctorch\nFloatStorage\n",
    b"ctorch\nSize\n", b"Q", b"P7\n", b"i", b".",
    b"\x80\x05", b"\x95" + b"\xff" * 8, b"\x97", b"\x98", b"\x82\x01", b"X\x06\x00\x00\x00latin1", _BIG_TEXT,
)  # fmt: skip


def instructions(data: bytes) -> list[bytes]:
    """The bytes of each instruction of a sound pickle."""
    stops = [position for _, _, position in pickletools.genops(io.BytesIO(data)) if position is not None]
    return [data[start:stop] for start, stop in zip(stops, [*stops[1:], len(data)], strict=True)]


def mutated(data: bytes, chance: random.Random) -> bytes:
    """A pickle with one to five faults."""
    steps = instructions(data)
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        index = chance.randrange(len(steps))
        action = chance.randrange(6)
        if action == 0:
            del steps[index]
        elif action == 1:
            steps.insert(index, chance.choice(_EXTRA))
        elif action == 2:
            steps[index] = chance.choice(_EXTRA)
        elif action == 3:
            other = chance.randrange(len(steps))
            steps[index], steps[other] = steps[other], steps[index]
        elif action == 4:
            steps[index] = _changed(steps[index], chance)
        else:  # the last few over and over
            steps[index:index] = steps[max(0, index - chance.randint(1, 4)) : index] * chance.choice(
                (1, 3, 300)
            )
        steps = steps or [b"."]
    return b"".join(steps)


def _changed(step: bytes, chance: random.Random) -> bytes:
    """An instruction with another argument."""
    changed = bytearray(step)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(min(len(changed), 12))
        changed[at] = chance.choice((0, 1, 0x0A, 0x39, 0x7F, 0x80, 0xFF, chance.randrange(256)))
    return bytes(changed)
