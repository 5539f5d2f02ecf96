"""An import hook with which beartype checks every annotation of some packages, array shapes included.

jaxtyping's own hook checks the same and takes several times as long: it checks the parameters of every function twice, and
opens a scope of named axes for functions without arrays too. Here beartype wraps a function once, and such a scope is opened
only if one of its annotations has a shape.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import sys
import typing
from collections import Counter
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType, SimpleNamespace
from typing import Any

from beartype import BeartypeConf, beartype
from jaxtyping import AbstractArray, jaxtyped

_DECORATOR = f"__import__({__name__!r}, fromlist=['check']).check"
# Ints are accepted where floats are (PEP 484's numeric tower).
_check_values = beartype(conf=BeartypeConf(is_pep484_tower=True))
_own_axes = jaxtyped("context")
# A function inside a function is made anew by every call, which takes a thousand times as long to wrap as to run.
_MOST_WRAPPED = 100
_wrapped = Counter[CodeType]()


def check(checked: Any) -> Any:
    """Return a function that checks its values, or a class whose `__init__` does if it is a dataclass'."""
    if isinstance(checked, type):
        if dataclasses.is_dataclass(checked) and "__init__" in vars(checked):
            checked.__init__ = check(checked.__init__)
        return checked
    if "<locals>" in checked.__qualname__:
        _wrapped[checked.__code__] += 1
        if _wrapped[checked.__code__] > _MOST_WRAPPED:
            return checked
    hints = _hints(checked)
    checked.__annotations__ = hints
    checking: Callable[..., Any] = _check_values(checked)
    if not any(map(_has_shape, hints.values())):
        return checking

    @functools.wraps(checked)
    def with_own_axes(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        with _own_axes:
            return checking(*args, **kwargs)

    return with_own_axes


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    """The annotations as types; Any for those that only a type checker can resolve."""
    try:
        return typing.get_type_hints(function, include_extras=True)
    except NameError:
        return {name: _hint(function, text) for name, text in function.__annotations__.items()}


def _hint(function: Callable[..., Any], text: str) -> Any:
    alone = SimpleNamespace(__annotations__={"it": text})
    try:
        return typing.get_type_hints(alone, function.__globals__, include_extras=True)["it"]
    except NameError:
        return Any


def _has_shape(hint: Any) -> bool:
    if isinstance(hint, type) and issubclass(hint, AbstractArray):
        return True
    return any(map(_has_shape, typing.get_args(hint)))


class _Decorate(ast.NodeTransformer):
    """Puts the decorator innermost at every function and outermost at every class."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.decorator_list.append(_decorator_at(node))
        return self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.decorator_list.insert(0, _decorator_at(node))
        return self.generic_visit(node)

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.AST]:
        """Shapes are imported, and named, for type checkers only: what is checked here needs them while it runs, too."""
        if not _is_for_type_checkers(node):
            return self.generic_visit(node)
        shapes = [part for part in node.body if _imports_shapes(part)]
        names = [part for part in node.body if isinstance(part, ast.Assign | ast.AnnAssign)]
        return [node, *shapes, *names]


def _is_for_type_checkers(node: ast.If) -> bool:
    return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _imports_shapes(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "jaxtyping"


def _decorator_at(node: ast.stmt) -> ast.expr:
    decorator = ast.parse(_DECORATOR, mode="eval").body
    for part in ast.walk(decorator):
        ast.copy_location(part, node)
    return decorator


class _Loader(SourceFileLoader):
    """Loads a module from its decorated source, which no bytecode on the disk is of."""

    def get_code(self, fullname: str) -> Any:
        return self.source_to_code(self.get_data(self.path), self.path)

    def source_to_code(self, data: Any, path: Any, *, _optimize: int = -1) -> Any:
        return compile(_Decorate().visit(ast.parse(data, path)), path, "exec", dont_inherit=True)


class _Finder(MetaPathFinder):
    def __init__(self, packages: Sequence[str]) -> None:
        self._packages = packages

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not any(f"{fullname}.".startswith(f"{package}.") for package in self._packages):
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec


def check_imports_of(packages: Sequence[str]) -> None:
    """Check every annotation of these packages' modules from their import on."""
    sys.meta_path.insert(0, _Finder(packages))
