"""Files of torch.save, new and old form, with faults in their pickles and in what lies around them."""

from __future__ import annotations

import io
import random
import zipfile

from tests.fuzz import npz_files, pickle_files


def mutated_archive(data: bytes, chance: random.Random) -> bytes:
    """The archive of PyTorch since 1.6 with faults in the pickle, the storages or the archive itself."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    for name in sorted(entries):
        if name.endswith("data.pkl") and chance.random() < 0.8:
            entries[name] = pickle_files.mutated(entries[name], chance)
        elif chance.random() < 0.05:
            entries[name] = entries[name][: chance.randrange(len(entries[name]) + 1)] + bytes(
                chance.choice((0, 5))
            )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        for name, content in entries.items():
            if chance.random() < 0.98:
                archive.writestr(name, content)
    return npz_files.mutated_archive(stream.getvalue(), chance)


def mutated_sequence(data: bytes, chance: random.Random) -> bytes:
    """The sequence of pickles and numbers of before: faults in one of the pickles, or in the numbers."""
    parts: list[bytes] = []
    rest = data
    for _ in range(5):
        stream = io.BytesIO(rest)
        last = list(pickle_files.pickletools.genops(stream))[-1][2]
        assert last is not None
        parts.append(rest[: last + 1])
        rest = rest[last + 1 :]
    index = chance.choice((0, 1, 2, 3, 3, 3, 3, 4))
    if chance.random() < 0.9:
        parts[index] = pickle_files.mutated(parts[index], chance)
    changed = bytearray(rest)
    if chance.random() < 0.2:
        changed[chance.randrange(8)] = chance.randrange(256)
    return b"".join(parts) + bytes(changed[: chance.choice((len(changed), len(changed), len(changed) // 2))])
