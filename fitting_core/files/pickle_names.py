"""Meanings of the names in a pickle: functions and stand-ins of ours, never the things themselves."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from .border import RefusedError
from .budget import Budget
from .pickle_source import LONGEST_NAME, PickleSource

_PAIR_BYTES = 200  # of a table, its key's text included
_MOST_PARTS_OF_KEY = 4


@dataclass(frozen=True, eq=False)
class Admitted:
    """The stand-in of one admitted name: `make` is a function of ours, called with the pickled arguments and the budget.

    It runs as often as a file of a few bytes asks: it takes a number of steps that has a limit, or spends them as bytes.
    """

    name: str
    make: Callable[[tuple[Any, ...], Budget], object]


class StandIn:
    """An object of a pickle, held as its name and state. Nothing of its real class is there."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.state: dict[object, object] = {}

    def set_state(self, state: object, budget: Budget) -> None:
        """Take the pickled state, a dict of attributes; raises RefusedError for other kinds."""
        if not isinstance(state, dict):
            raise RefusedError(f"the state of a {self.name} is not a table of attributes")
        self.state = cast("dict[object, object]", state)

    def plain_key(self) -> str:
        """Return what stands for the object as a key of a table; RefusedError unless it is a number."""
        raise RefusedError("a key of a table is neither text nor a number")


class StreamedArray(StandIn):
    """An array whose numbers follow its description in the pickle's own stream, as joblib writes them."""

    def read(self, source: PickleSource, read_nested: Callable[[], object]) -> object:
        """Return the array; `read_nested` reads another pickle that follows in the stream."""
        raise NotImplementedError


def table_key(key: Any) -> object:
    """Return a key as a table holds it; RefusedError for one that is neither text nor a number.

    Bytes become text, so that Python 2's strings and Python 3's are one, and so do numbers: nobody looks for one, and a
    file can choose numbers whose hashes collide, while those of texts are secret.
    """
    if isinstance(key, Admitted):
        return key
    if isinstance(key, bytes | str) and len(key) > LONGEST_NAME:
        raise RefusedError("a key of a table is too long")
    if isinstance(key, bytes):
        return key.decode("latin-1")
    if key is None or isinstance(key, str | int | float):
        return str(key)
    if isinstance(key, StandIn):  # a NumPy number that counts frames or people
        return key.plain_key()
    if isinstance(key, tuple):
        parts = cast("tuple[Any, ...]", key)
        # tuples in tuples may share their parts, and have no end
        if len(parts) <= _MOST_PARTS_OF_KEY and not any(isinstance(part, tuple) for part in parts):
            return ", ".join(str(table_key(part)) for part in parts)
    raise RefusedError("a key of a table is neither text nor a number")


def table_of_pairs(arguments: tuple[Any, ...], budget: Budget) -> dict[object, object]:
    """Call of collections.OrderedDict(), in Python 2 with its items."""
    pairs: Any = arguments[0] if arguments else ()
    budget.spend(_PAIR_BYTES * len(pairs))
    return {table_key(key): value for key, value in pairs}


Names = Mapping[tuple[str, str], Admitted]


def stand_ins(*names: tuple[str, str]) -> dict[tuple[str, str], Admitted]:
    """Return entries of an allow-list for classes that are kept as stand-ins."""
    return {name: _stand_in_class(".".join(name)) for name in names}


def _stand_in_class(name: str) -> Admitted:
    def make(arguments: tuple[Any, ...], budget: Budget) -> StandIn:
        if arguments:
            raise RefusedError(f"a {name} is built from arguments, which honest files do not do")
        return StandIn(name)

    return Admitted(name, make)


def _reconstructed(arguments: tuple[Any, ...], budget: Budget) -> object:
    """Call of copyreg._reconstructor(class, object, None), with which Python 2 pickles an instance."""
    made = arguments[0] if len(arguments) == 3 and arguments[2] is None else None
    if not isinstance(made, Admitted):
        raise RefusedError("an object is rebuilt in an unknown way")
    return made.make((), budget)


def _encoded(arguments: tuple[Any, ...], budget: Budget) -> bytes:
    """Call of _codecs.encode(text, 'latin1'), which Python 3 writes for bytes in protocols 0 to 2."""
    text, encoding = arguments
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        raise RefusedError("bytes are stored in an unknown encoding")
    return encoded(text, budget)


def encoded(text: str, budget: Budget) -> bytes:
    """Return text as Latin-1 bytes, within the budget: a file may ask for the same text again and again."""
    budget.spend(sys.getsizeof(b"") + len(text))
    return text.encode("latin-1")


def _listed(arguments: tuple[Any, ...], budget: Budget) -> object:
    """Return a set as the list it was built from: order and hashing do not matter to anyone here."""
    return arguments[0] if arguments else []


# Names of Python itself that honest files of numbers use, in the spellings of Python 2 and 3.
PYTHON_NAMES: dict[tuple[str, str], Admitted] = {
    ("copy_reg", "_reconstructor"): Admitted("_reconstructor", _reconstructed),
    ("copyreg", "_reconstructor"): Admitted("_reconstructor", _reconstructed),
    ("__builtin__", "object"): Admitted("object", lambda arguments, budget: StandIn("object")),
    ("builtins", "object"): Admitted("object", lambda arguments, budget: StandIn("object")),
    ("__builtin__", "set"): Admitted("set", _listed),
    ("builtins", "set"): Admitted("set", _listed),
    ("__builtin__", "bytes"): Admitted("bytes", lambda arguments, budget: b""),
    ("_codecs", "encode"): Admitted("encode", _encoded),
    **{
        ("pathlib", name): Admitted(name, lambda arguments, budget: StandIn("path"))
        for name in ("PosixPath", "PurePosixPath", "WindowsPath", "PureWindowsPath")
    },
    ("collections", "OrderedDict"): Admitted("OrderedDict", table_of_pairs),
    ("collections", "defaultdict"): Admitted("defaultdict", lambda arguments, budget: {}),
    **{
        (module, name): Admitted(name, lambda arguments, budget: {})
        for module in ("builtins", "__builtin__")
        for name in ("dict", "list", "int", "float")  # what a defaultdict makes, never made here
    },
}
