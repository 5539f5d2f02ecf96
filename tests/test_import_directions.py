"""Imports run one way. Read from the import statements themselves, so that no lazy import slips through."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

_ROOT = Path(__file__).parent.parent
_CORE = _ROOT / "fitting_core"
_ADDON = _ROOT / "smplify_blender"

# What each room of fitting_core may import of fitting_core, besides itself. A room is a folder or a file of the top level.
_CORE_ROOMS: dict[str, set[str]] = {
    "errors": set(),
    "arrays": set(),
    "geometry": {"arrays", "errors"},
    "optimisers": {"arrays", "errors"},
    "keypoints": {"arrays", "errors"},
    "photo": {"errors", "request", "atomic_files", "keypoints", "geometry"},
    "body_model": {"arrays", "errors", "geometry"},
    "fitting": {"arrays", "errors", "keypoints", "body_model", "geometry", "optimisers"},
    "request": {"errors"},
    "photo_folder": {"errors"},
    "argument_types": {"errors"},
    "arguments": {"__init__", "argument_types", "convert_arguments", "photo_folder", "request"},
    "convert_arguments": {"argument_types", "request"},
    "conversion": {
        "arrays", "atomic_files", "body_file", "body_model", "errors", "fitting", "geometry", "keypoints", "messages", "outcome",
        "photo", "request", "result", "result_folder",
    },
    "batch_messages": {"messages"},
    "batch": {
        "arguments", "arrays", "atomic_files", "batch_messages", "engine", "errors", "fitting", "messages", "outcome",
        "photo_folder", "pipeline", "request", "result_folder",
    },
    "worker": {
        "__init__", "arguments", "conversion", "convert_arguments", "engine", "errors", "inspection", "messages", "pipeline",
    },
    "previous_result": {"arrays", "body_model", "errors", "fitting"},
    "messages": set(),
    "inspection": {"errors", "keypoints", "messages", "photo", "request"},
    "atomic_files": {"errors"},
    "obj_file": {"atomic_files", "errors"},
    "engine": {"__init__", "arrays", "errors", "request"},
    "body_file": {"arrays", "body_model"},
    "result": {"arrays", "body_model", "fitting", "photo"},
    "quality": {"arrays", "body_model", "fitting", "keypoints", "result"},
    "camera_estimate": {"arrays", "fitting", "messages", "photo"},
    "gender_evidence": set(),
    "outcome": {"body_model", "fitting", "gender_evidence", "photo", "quality", "request", "result"},
    "result_folder": {
        "arrays", "atomic_files", "body_file", "errors", "messages", "obj_file", "outcome", "photo", "request", "result",
    },
    "pipeline": {
        "arrays", "body_model", "camera_estimate", "engine", "errors", "fitting", "gender_evidence", "keypoints", "messages",
        "outcome", "photo", "previous_result", "quality", "request", "result", "result_folder",
    },
    "cli": {
        "arguments", "batch", "batch_messages", "conversion", "convert_arguments", "engine", "errors", "inspection", "messages",
        "pipeline", "worker",
    },
    "__main__": {"cli"},
    "__init__": set(),
}  # fmt: skip
_BPY = {"bpy", "bmesh", "mathutils", "gpu", "gpu_extras", "blf", "bpy_extras"}
_BPY_FREE_ROOMS = ("fit_process", "result", "keypoints")


def _imports(path: Path, package: tuple[str, ...]) -> set[str]:
    """Full dotted names of everything a file imports, relative imports resolved."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*base, *((node.module,) if node.module else ())))
            found.add(module)
            found |= {f"{module}.{alias.name}" for alias in node.names}
    return found


def _files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def _package(path: Path) -> tuple[str, ...]:
    return path.relative_to(_ROOT).parent.parts


def _room(path: Path, base: Path) -> str:
    return path.relative_to(base).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", _files(_CORE), ids=lambda path: str(path.relative_to(_ROOT)))
def test_core_rooms_import_one_way(path: Path) -> None:
    room = _room(path, _CORE)
    assert room in _CORE_ROOMS, f"say in this test what {room} may import"
    allowed = _CORE_ROOMS[room] | {room}
    for name in _imports(path, _package(path)):
        parts = name.split(".")
        assert parts[0] not in _BPY | {"smplify_blender"}, f"{path} imports {name}"
        if (
            parts[0] == "fitting_core"
            and len(parts) > 1
            and (_CORE / parts[1]).is_dir() | (_CORE / f"{parts[1]}.py").is_file()
        ):
            assert parts[1] in allowed, f"{path} imports {name}"


@pytest.mark.parametrize("path", _files(_ADDON), ids=lambda path: str(path.relative_to(_ROOT)))
def test_addon_never_imports_torch_or_the_core(path: Path) -> None:
    names = {name.split(".")[0] for name in _imports(path, _package(path))}
    # The launcher starts the core in a child process; it is the one file that is not part of the add-on's own import tree.
    forbidden = {"torch"} if path.name == "core_launcher.py" else {"torch", "fitting_core"}
    assert not names & forbidden


@pytest.mark.parametrize(
    "path",
    [path for path in _files(_ADDON) if _room(path, _ADDON) in _BPY_FREE_ROOMS],
    ids=lambda path: str(path.relative_to(_ROOT)),
)
def test_bpy_free_rooms_of_the_addon(path: Path) -> None:
    assert not {name.split(".")[0] for name in _imports(path, _package(path))} & _BPY


# Single files of the add-on that are tested without Blender; they must not reach it through one another either.
_BPY_FREE_FILES = {
    "camera_state", "conversion", "core_launcher", "diagnostics", "fit_request", "fit_run", "fit_session",
    "keypoint_search", "panel_state", "photo_inspection", "redraw_pace", "result_store", "stick_figure",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(_BPY_FREE_FILES))
def test_bpy_free_files_of_the_addon(name: str) -> None:
    path = _ADDON / f"{name}.py"
    for imported in _imports(path, _package(path)):
        parts = imported.split(".")
        assert parts[0] not in _BPY, f"{path} imports {imported}"
        inside = parts[1] if parts[0] == _ADDON.name and len(parts) > 1 else name
        is_module = (_ADDON / inside).is_dir() or (_ADDON / f"{inside}.py").is_file()
        assert not is_module or inside in _BPY_FREE_FILES | set(_BPY_FREE_ROOMS), f"{path} imports {imported}"


@pytest.mark.parametrize(
    "path",
    [path for path in _files(_ADDON) if _room(path, _ADDON) in ("result", "scene")],
    ids=lambda path: str(path.relative_to(_ROOT)),
)
def test_rooms_of_the_addon_import_downwards(path: Path) -> None:
    above = {"panels", "operators", "scene"} - ({"scene"} if _room(path, _ADDON) == "scene" else set())
    for imported in _imports(path, _package(path)):
        parts = imported.split(".")
        assert parts[0] != _ADDON.name or len(parts) < 2 or parts[1] not in above, (
            f"{path} imports {imported}"
        )


@pytest.mark.parametrize("path", _files(_ADDON / "panels"), ids=lambda path: path.name)
def test_nothing_but_the_registration_imports_panels(path: Path) -> None:
    users = {
        file.stem
        for file in _files(_ADDON)
        if file.parent.name != "panels"
        and f"{_ADDON.name}.panels.{path.stem}" in _imports(file, _package(file))
    }
    assert users <= {"registration"}


def test_only_the_engine_may_import_torch() -> None:
    users = {
        str(path.relative_to(_CORE))
        for path in _files(_CORE)
        if any(name.split(".")[0] == "torch" for name in _imports(path, _package(path)))
    }
    assert users <= {"engine.py"}
