"""What the names in a pickle stand for: functions and stand-ins of ours, never the things themselves. Free of bpy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from .pickle_source import PickleRefusedError


@dataclass(frozen=True, eq=False)
class Admitted:
    """What stands for one admitted name: `make` is a function of ours, called with the pickled arguments."""

    name: str
    make: Callable[[tuple[Any, ...]], object]


class StandIn:
    """An object of a pickle, held as its name and state. Nothing of its real class is there."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.state: dict[object, object] = {}

    def set_state(self, state: object) -> None:
        """Take the pickled state, a dict of attributes; raises PickleRefusedError for other kinds."""
        if not isinstance(state, dict):
            raise PickleRefusedError(f"the state of a {self.name} is not a table of attributes")
        self.state = cast("dict[object, object]", state)


Names = Mapping[tuple[str, str], Admitted]


def stand_ins(*names: tuple[str, str]) -> dict[tuple[str, str], Admitted]:
    """Entries of an allow-list for classes that are kept as stand-ins."""
    return {name: _stand_in_class(".".join(name)) for name in names}


def _stand_in_class(name: str) -> Admitted:
    def make(arguments: tuple[Any, ...]) -> StandIn:
        if arguments:
            raise PickleRefusedError(f"a {name} is built from arguments, which honest files do not do")
        return StandIn(name)

    return Admitted(name, make)


def _reconstructed(arguments: tuple[Any, ...]) -> object:
    """copyreg._reconstructor(class, object, None): how Python 2 pickles an instance."""
    made = arguments[0] if len(arguments) == 3 and arguments[2] is None else None
    if not isinstance(made, Admitted):
        raise PickleRefusedError("an object is rebuilt in an unknown way")
    return made.make(())


def _encoded(arguments: tuple[Any, ...]) -> bytes:
    """_codecs.encode(text, 'latin1'): how Python 3 writes bytes for protocols 0 to 2."""
    text, encoding = arguments
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        raise PickleRefusedError("bytes are stored in an unknown encoding")
    return text.encode("latin-1")


def _listed(arguments: tuple[Any, ...]) -> object:
    """A set, as the list it was built from: order and hashing do not matter to anyone here."""
    return arguments[0] if arguments else []


# Names of Python itself that honest files of numbers use, in the spellings of Python 2 and 3.
PYTHON_NAMES: dict[tuple[str, str], Admitted] = {
    ("copy_reg", "_reconstructor"): Admitted("_reconstructor", _reconstructed),
    ("copyreg", "_reconstructor"): Admitted("_reconstructor", _reconstructed),
    ("__builtin__", "object"): Admitted("object", lambda arguments: StandIn("object")),
    ("builtins", "object"): Admitted("object", lambda arguments: StandIn("object")),
    ("__builtin__", "set"): Admitted("set", _listed),
    ("builtins", "set"): Admitted("set", _listed),
    ("__builtin__", "bytes"): Admitted("bytes", lambda arguments: b""),
    ("_codecs", "encode"): Admitted("encode", _encoded),
}
