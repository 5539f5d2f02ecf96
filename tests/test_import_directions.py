"""Imports run one way: down the levels of each package, never in a circle, and never from one package to the other.

Everything is read from the import statements themselves, so that no lazy import slips through.
"""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

_ROOT = Path(__file__).parent.parent

# The rooms of each package, from the highest level to the lowest. A room is a folder, or a file at the top of the package; it
# may import rooms of lower levels only, neither its neighbours nor what lies above it.
_LEVELS: dict[str, tuple[tuple[str, ...], ...]] = {
    "fitting_core": (
        ("__main__",),
        ("cli",),
        ("worker", "batch"),
        ("sequence",),
        ("pipeline",),
        ("conversion",),
        ("results",),
        ("photo", "fitting"),
        ("eyes",),
        ("engine", "body_model"),
        ("keypoints",),
        ("arguments", "geometry", "optimisers"),
        ("storage",),
        ("files",),
        ("messages", "arrays"),
        ("errors",),
        ("__init__",),
    ),
    "smplify_blender": (
        ("__main__", "registration"),
        ("headless",),
        ("operators",),
        ("sidebar",),
        ("keypoint_editor",),
        ("api",),
        ("settings",),
        ("scene", "torch_environment", "session"),
        ("keypoints",),
        ("result", "fit_process"),
        ("__init__",),
    ),
}
_BPY = {"bpy", "bmesh", "mathutils", "gpu", "gpu_extras", "blf", "bpy_extras"}
# What is tested without Blender must not reach it through anything that it imports either.
_BPY_FREE = (
    "fit_process",
    "keypoints",
    "result",
    "session/conversion.py",
    "session/diagnostics.py",
    "session/engine_checks.py",
    "session/fit_request.py",
    "session/fit_run.py",
    "session/fit_session.py",
    "session/heartbeat.py",
    "session/keypoint_search.py",
    "session/photo_inspection.py",
    "session/redraw_pace.py",
    "session/result_store.py",
    "settings/figure_facts.py",
    "sidebar/camera_state.py",
    "sidebar/keypoints_state.py",
    "sidebar/panel_state.py",
    "sidebar/stick_figure.py",
    "torch_environment/commands.py",
    "torch_environment/maker.py",
    "torch_environment/run.py",
)
# The packages that the levels do not speak of, and which files alone may import them.
_TORCH_USERS = {"fitting_core/arrays.py", "fitting_core/engine.py", "fitting_core/eyes/torch_operators.py"}


def _files(package: str) -> list[Path]:
    return sorted((_ROOT / package).rglob("*.py"))


_FILES = [path for package in _LEVELS for path in _files(package)]


def _ids(path: Path) -> str:
    return str(path.relative_to(_ROOT))


def imported_names(text: str, package: tuple[str, ...]) -> set[str]:
    """Full dotted names of everything that a file of this package imports, relative imports resolved."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*base, *((node.module,) if node.module else ())))
            found |= {f"{module}.{alias.name}" for alias in node.names}
    return found


def _imports(path: Path) -> set[str]:
    return imported_names(path.read_text(encoding="utf-8"), path.relative_to(_ROOT).parent.parts)


def _file_of(name: str) -> Path | None:
    """The file of ours that holds an imported name; None where it is another project's."""
    parts = name.split(".")
    if parts[0] not in _LEVELS:
        return None
    for end in range(len(parts), 0, -1):
        folder = _ROOT.joinpath(*parts[:end])
        for candidate in (folder.with_name(f"{folder.name}.py"), folder / "__init__.py"):
            if candidate.is_file():
                return candidate
    return None


def level_of(package: str, room: str) -> int:
    """The place of a room in its package, 0 the highest; KeyError for a room that is not in the list."""
    for level, rooms in enumerate(_LEVELS[package]):
        if room in rooms:
            return level
    raise KeyError(f"{package}/{room} belongs to no room: add it to a level in this test")


def wrong_arrow(package: str, room: str, imported_room: str) -> bool:
    """True if a file of `room` may not import a file of `imported_room`."""
    return room != imported_room and level_of(package, imported_room) <= level_of(package, room)


def circle(arrows: dict[str, set[str]]) -> list[str]:
    """The names along a circle of imports; empty where there is none."""
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def _room(path: Path) -> tuple[str, str]:
    package, first, *_ = path.relative_to(_ROOT).parts
    return package, first.removesuffix(".py")


@pytest.mark.parametrize("path", _FILES, ids=_ids)
def test_imports_go_down_the_levels(path: Path) -> None:
    package, room = _room(path)
    level_of(package, room)
    for name in _imports(path):
        imported = _file_of(name)
        if imported is None:
            continue
        assert _room(imported)[0] == package, f"{path} imports {name} of the other package"
        assert not wrong_arrow(package, room, _room(imported)[1]), (
            f"{path} imports {name}, which lies above or beside it"
        )


@pytest.mark.parametrize("package", _LEVELS)
def test_no_circle_of_files(package: str) -> None:
    arrows = {
        _ids(path): {_ids(found) for name in _imports(path) if (found := _file_of(name)) and found != path}
        for path in _files(package)
    }
    assert not circle(arrows)


@pytest.mark.parametrize("package", _LEVELS)
def test_every_room_is_there_and_has_a_level(package: str) -> None:
    rooms = {_room(path)[1] for path in _files(package)}
    assert rooms == {room for level in _LEVELS[package] for room in level}


@pytest.mark.parametrize(
    ("package", "most"),
    [("fitting_core", 24), ("smplify_blender", 15)],
    ids=["fitting_core", "smplify_blender"],
)
def test_a_package_reads_as_a_table_of_contents(package: str, most: int) -> None:
    entries = {path.name for path in (_ROOT / package).iterdir() if path.is_dir() or path.suffix == ".py"}
    assert len(entries - {"__pycache__"}) <= most


def test_what_is_forbidden_is_found() -> None:
    text = "def later():\n    from ...sidebar import panel_state\n    from .. import torch_environment\n"
    names = imported_names(text, ("smplify_blender", "scene", "figure"))
    assert names == {"smplify_blender.sidebar.panel_state", "smplify_blender.scene.torch_environment"}
    assert wrong_arrow("smplify_blender", "scene", "sidebar")
    assert wrong_arrow("smplify_blender", "scene", "session")
    assert not wrong_arrow("smplify_blender", "sidebar", "scene")
    assert not wrong_arrow("fitting_core", "fitting", "fitting")
    assert set(circle({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})) == {"a", "b", "c"}
    assert not circle({"a": {"b", "c"}, "b": {"c"}})
    with pytest.raises(KeyError, match="belongs to no room"):
        level_of("fitting_core", "utils")


@pytest.mark.parametrize("path", _FILES, ids=_ids)
def test_what_neither_package_may_import(path: Path) -> None:
    outside = {name.split(".")[0] for name in _imports(path)}
    if _room(path)[0] == "fitting_core":
        assert not outside & _BPY
        assert "torch" not in outside or _ids(path) in _TORCH_USERS
    else:
        assert not outside & {"torch", "fitting_core"}


def _bpy_free_files() -> list[Path]:
    package = _ROOT / "smplify_blender"
    return [
        path
        for entry in _BPY_FREE
        for path in ([package / entry] if entry.endswith(".py") else sorted((package / entry).glob("*.py")))
    ]


@pytest.mark.parametrize("path", _bpy_free_files(), ids=_ids)
def test_what_is_tested_without_blender_never_reaches_it(path: Path) -> None:
    waiting, seen = [path], {path}
    while waiting:
        names = _imports(waiting.pop())
        assert not {name.split(".")[0] for name in names} & _BPY
        found = {imported for name in names if (imported := _file_of(name)) is not None}
        waiting += found - seen
        seen |= found
