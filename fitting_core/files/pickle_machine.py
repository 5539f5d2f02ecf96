"""Reads pickles without Python's unpickler: only names of an exact list mean anything, nothing is imported.

A pickle is a small program. This machine runs its instructions itself (format: Python's `pickletools` documentation),
on plain values and on stand-ins of ours, so that no class, function or method of a file's choosing is ever looked up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, BinaryIO, cast

from fitting_core.errors import shown

from .border import RefusedError, part_border
from .budget import Budget
from .pickle_names import Admitted, Names, StandIn, StreamedArray, table_key
from .pickle_source import LONGEST_NUMBER_BYTES, VALUES, PickleSource

# The SMPL-X files with 400 components need some thousand instructions; a list of numbers one each.
MOST_INSTRUCTIONS = 2_000_000
# Bytes that one instruction adds at most to stack, memo and its own objects, apart from the texts and arrays it makes.
INSTRUCTION_BYTES = 120
HIGHEST_PROTOCOL = 5


def read_pickle(
    file: BinaryIO,
    size: int,
    names: Names,
    budget: Budget,
    persistent: Callable[[Any], object] | None = None,
) -> object:
    """Read the pickle at the position of a file of `size` bytes; the file is left where the pickle ends.

    `persistent` makes values of persistent ids. Raises RefusedError for names outside the list, for anything damaged, and
    beyond the limits above.
    """
    machine = _Machine(PickleSource(file, size, budget), names, persistent)
    with part_border("its pickle"):
        return machine.run()


_MARK = object()


class _Machine:
    """Stack, memo and the instructions that work on them."""

    def __init__(
        self,
        source: PickleSource,
        names: Names,
        persistent: Callable[[Any], object] | None,
        is_nested: bool = False,
    ) -> None:
        self.source = source
        self._is_nested = is_nested
        self._names = names
        self._persistent = persistent
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}
        self._budget = source.budget

    def run(self) -> object:
        for _ in range(MOST_INSTRUCTIONS):
            code = self.source.take(1)
            if code == b".":
                return self._stack.pop()
            self._budget.spend(INSTRUCTION_BYTES)
            value = VALUES.get(code)
            if value is not None:
                self._stack.append(value(self.source))
                continue
            handler = _HANDLERS.get(code)
            if handler is None:
                raise RefusedError(f"instruction {code!r} at byte {self.source.offset - 1} is not admitted")
            handler(self)
        raise RefusedError(f"it has more than {MOST_INSTRUCTIONS} instructions")

    def _marked(self) -> list[Any]:
        """Take everything above the topmost mark off the stack, and the mark."""
        for index in range(len(self._stack) - 1, -1, -1):
            if self._stack[index] is _MARK:
                values = self._stack[index + 1 :]
                del self._stack[index:]
                return values
        raise RefusedError("a mark is missing")

    def mark(self) -> None:
        self._stack.append(_MARK)

    def pop(self) -> None:
        self._stack.pop()

    def pop_mark(self) -> None:
        self._marked()

    def duplicate(self) -> None:
        self._stack.append(self._stack[-1])

    def protocol(self) -> None:
        version = self.source.number("B")
        if version > HIGHEST_PROTOCOL:
            raise RefusedError(f"it is written in pickle protocol {version}")

    def frame(self) -> None:
        self.source.number("Q")

    def remember(self, number: int) -> None:
        # Picklers count from 0. Numbers of a file's choosing could collide in the memo's table.
        if not 0 <= number <= MOST_INSTRUCTIONS or self._stack[-1] is _MARK:
            raise RefusedError("the memo is damaged")
        self._memo[number] = self._stack[-1]

    def memoize(self) -> None:
        self.remember(len(self._memo))

    def recall(self, number: int) -> None:
        self._stack.append(self._memo[number])

    def small_tuple(self, count: int) -> None:
        values = tuple(self._stack[len(self._stack) - count :])
        if len(values) != count or _MARK in values:
            raise RefusedError("a tuple is too short")
        del self._stack[len(self._stack) - count :]
        self._stack.append(values)

    def marked_tuple(self) -> None:
        self._stack.append(tuple(self._marked()))

    def marked_list(self) -> None:
        self._stack.append(self._marked())

    def marked_dict(self) -> None:
        values = self._marked()
        self._stack.append({})
        self._set_items(values)

    def append(self) -> None:
        self._extend([self._stack.pop()])

    def appends(self) -> None:
        self._extend(self._marked())

    def _extend(self, values: list[Any]) -> None:
        target = self._stack[-1]
        if not isinstance(target, list) or _MARK in values:
            raise RefusedError("values are added to what is no list")
        cast("list[Any]", target).extend(values)

    def set_item(self) -> None:
        value = self._stack.pop()
        self._set_items([self._stack.pop(), value])

    def set_items(self) -> None:
        self._set_items(self._marked())

    def _set_items(self, values: list[Any]) -> None:
        target = self._stack[-1]
        if not isinstance(target, dict) or len(values) % 2:
            raise RefusedError("items are set on what is no table")
        for key, value in zip(values[::2], values[1::2], strict=True):
            target[table_key(key)] = value

    def find_global(self) -> None:
        module = self.source.line().decode("ascii")
        self._admit(module, self.source.line().decode("ascii"))

    def stack_global(self) -> None:
        name, module = self._stack.pop(), self._stack.pop()
        if not isinstance(name, str) or not isinstance(module, str):
            raise RefusedError("a name is not text")
        self._admit(module, name)

    def _admit(self, module: str, name: str) -> None:
        admitted = self._names.get((module, name))
        if admitted is None:
            asked = f"{shown(module)}.{shown(name)}"
            raise RefusedError(f"it asks for '{asked}', which a file of numbers has no need of")
        self._stack.append(admitted)

    def reduce(self) -> None:
        arguments = self._stack.pop()
        self._call(self._stack.pop(), arguments)

    def new_object_with_keywords(self) -> None:
        if self._stack.pop():
            raise RefusedError("an object is built from keywords, which honest files do not do")
        self.reduce()

    def instance(self) -> None:
        arguments = tuple(self._marked())
        self.find_global()
        self._call(self._stack.pop(), arguments)

    def marked_object(self) -> None:
        values = self._marked()
        self._call(values[0], tuple(values[1:]))

    def _call(self, function: Any, arguments: Any) -> None:
        if not isinstance(function, Admitted) or not isinstance(arguments, tuple):
            raise RefusedError("something that is no admitted name is called")
        self._stack.append(function.make(cast("tuple[Any, ...]", arguments), self._budget))

    def build(self) -> None:
        state = self._stack.pop()
        target = self._stack[-1]
        if isinstance(target, StandIn):
            target.set_state(state, self._budget)
            if isinstance(target, StreamedArray):
                self._stack[-1] = target.read(self.source, self._nested)
        elif not isinstance(target, dict):  # an OrderedDict's attributes are of no use here
            raise RefusedError("attributes are set on a plain value")

    def _nested(self) -> object:
        """Read a pickle of its own that follows in the stream; those inside it are refused."""
        if self._is_nested:
            raise RefusedError("pickles stand in pickles that stand in pickles")
        inner = _Machine(self.source, self._names, self._persistent, is_nested=True)
        return inner.run()

    def persistent_text(self) -> None:
        self._stack.append(self.source.line().decode("ascii"))
        self.persistent()

    def persistent(self) -> None:
        if self._persistent is None:
            raise RefusedError("it refers to something outside the file")
        self._stack.append(self._persistent(self._stack.pop()))


_HANDLERS: dict[bytes, Callable[[_Machine], None]] = {
    b"(": _Machine.mark,
    b"0": _Machine.pop,
    b"1": _Machine.pop_mark,
    b"2": _Machine.duplicate,
    b"\x80": _Machine.protocol,
    b"\x95": _Machine.frame,
    b"p": lambda machine: machine.remember(int(machine.source.line(LONGEST_NUMBER_BYTES))),
    b"q": lambda machine: machine.remember(machine.source.number("B")),
    b"r": lambda machine: machine.remember(machine.source.number("I")),
    b"\x94": _Machine.memoize,
    b"g": lambda machine: machine.recall(int(machine.source.line(LONGEST_NUMBER_BYTES))),
    b"h": lambda machine: machine.recall(machine.source.number("B")),
    b"j": lambda machine: machine.recall(machine.source.number("I")),
    b"\x85": lambda machine: machine.small_tuple(1),
    b"\x86": lambda machine: machine.small_tuple(2),
    b"\x87": lambda machine: machine.small_tuple(3),
    b"t": _Machine.marked_tuple,
    b"\x91": _Machine.marked_tuple,  # a frozen set
    b"l": _Machine.marked_list,
    b"d": _Machine.marked_dict,
    b"a": _Machine.append,
    b"e": _Machine.appends,
    b"\x90": _Machine.appends,  # of a set
    b"s": _Machine.set_item,
    b"u": _Machine.set_items,
    b"c": _Machine.find_global,
    b"\x93": _Machine.stack_global,
    b"R": _Machine.reduce,
    b"\x81": _Machine.reduce,  # a new object
    b"\x92": _Machine.new_object_with_keywords,
    b"i": _Machine.instance,
    b"o": _Machine.marked_object,
    b"b": _Machine.build,
    b"P": _Machine.persistent_text,
    b"Q": _Machine.persistent,
}
