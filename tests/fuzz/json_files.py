"""JSON documents with faults in their tokens and values: odd values anywhere, huge numbers, depth, unclosed strings."""

from __future__ import annotations

import copy
import json
import random
import re
from typing import Any

ODD_VALUES: tuple[Any, ...] = (
    None, True, False, -1, 0, 1, 1e308, -1e308, 5e-324, float("nan"), float("inf"), 10**400, -(10**30), "", "x", "1100",
    "\u0000\x1b[31m", "\ud800", "long " * 500, [], {}, [[]], [1], [[1, 2], [3]], {"people": 3}, {"": []}, -0.0,
)  # fmt: skip
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s\[\]{},:"]+')
_RAW = ("[" * 70, '{"a":' * 70, "]", "}", '"', '\\"' * 300, '"' + '\\"' * 300, "9" * 5000, "1e99999", "-", "NaN",
    "\\ud800", "\ufeff",
        "\0", "[" * 2000, '[""' + ',""' * 3000 + "]", "[" + "[]," * 3000 + "0]", "0." + "0" * 5000 + "1")  # fmt: skip


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container and key below a value."""
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [place for key in keys for place in [(value, key), *places(value[key])]]


def mutated(document: Any, chance: random.Random) -> bytes:
    """A document with one to three faults."""
    document = json.loads(json.dumps(document))
    for _ in range(chance.randint(0, 3)):
        spots = places(document)
        if spots:
            container, key = chance.choice(spots[:12] if chance.random() < 0.5 else spots)
            _change(container, key, chance)
    text = json.dumps(document, ensure_ascii=chance.random() < 0.5)
    if chance.random() < 0.4:
        text = _broken(text, chance)
    data = text.encode("utf-8", "surrogatepass")
    if chance.random() < 0.1:
        data = data[: chance.randrange(len(data) + 1)]
    return (
        chance.choice((b"", b"", b"", b"", b"", b"", b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\x1f\x8b")) + data
    )


def _change(container: Any, key: Any, chance: random.Random) -> None:
    action = chance.random()
    if action < 0.7:
        container[key] = copy.deepcopy(chance.choice(ODD_VALUES))
    elif action < 0.8:
        del container[key]
    elif isinstance(container, list):
        container.extend(copy.deepcopy(container[key]) for _ in range(chance.choice((1, 2, 60))))
    else:
        container[str(chance.choice(ODD_VALUES))[:50]] = copy.deepcopy(container[key])


def _broken(text: str, chance: random.Random) -> str:
    """Tokens dropped, repeated, swapped or replaced."""
    tokens = _TOKEN.findall(text)
    for _ in range(chance.randint(1, 3)):
        index = chance.randrange(len(tokens))
        action = chance.randrange(4)
        if action == 0:
            del tokens[index : index + chance.choice((1, 5))]
        elif action == 1:
            tokens.insert(index, chance.choice(_RAW))
        elif action == 2:
            tokens[index] = chance.choice(_RAW)
        else:
            tokens.insert(index, chance.choice(tokens))
        tokens = tokens or ["0"]
    return "".join(tokens)
