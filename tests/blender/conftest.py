"""What the tests inside Blender share: everything here needs a bpy wheel and starts from an empty file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

HERE = Path(__file__).parent


OTHER_BLENDERS = (
    "test_other_blenders.py",
    "test_every_blender.py",
)  # each of their tests starts another Blender
# The files that take longest begin: one that came last would keep one core busy while the other has nothing to do.
LONGEST = (
    *OTHER_BLENDERS,
    "test_headless.py",
    "test_render_setup.py",
    "test_sidebar_operators.py",
    "test_crafted_properties.py",
    "test_import_file.py",
    "test_safety.py",
    "test_keypoints.py",
    "test_export.py",
    "test_photo_texture.py",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the tests here; the longest begin, one other Blender a worker, and the tests of a file share a worker."""
    own = [item for item in items if HERE in item.path.parents]
    for item in own:
        item.add_marker(pytest.mark.blender)
        if config.pluginmanager.hasplugin("xdist"):
            name = item.path.name
            item.add_marker(pytest.mark.xdist_group(item.nodeid if name in OTHER_BLENDERS else name))
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.name, len(places)))


@pytest.fixture
def bpy() -> ModuleType:
    """bpy with an empty file."""
    module = pytest.importorskip("bpy", reason="needs the bpy wheel: pip install -e .[blender]")
    module.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    return module


@pytest.fixture
def addon(bpy: ModuleType) -> Iterator[ModuleType]:
    """bpy with the add-on registered, until the test ends."""
    from smplify_blender import registration

    registration.register("smplify_blender")
    yield bpy
    registration.unregister()


@pytest.fixture(scope="module")
def registered() -> Iterator[None]:
    """The add-on registered once for all tests of a file, so that the resident core stays warm from one to the next."""
    pytest.importorskip("bpy", reason="needs the bpy wheel: pip install -e .[blender]")
    from smplify_blender import registration

    registration.register("smplify_blender")
    yield
    registration.unregister()


@pytest.fixture
def build(bpy: ModuleType) -> Callable[..., Any]:
    """Reads a folder and builds all its people in the open file's scene."""
    from smplify_blender.result.read_result import read_result
    from smplify_blender.scene.figure.build import build_result

    def build_folder(folder: Path, set_camera: bool = True) -> Any:
        result = read_result(folder)
        return build_result(result, result.people, bpy.context.scene, bpy.context.view_layer, set_camera)

    return build_folder


@pytest.fixture(scope="module")
def core() -> Iterator[None]:
    """The resident core, which the tests of a file share, and which ends with the last of them."""
    from smplify_blender.session.fit_session import session

    yield
    session().stop()


@pytest.fixture
def command(bpy: ModuleType, core: None) -> Callable[..., int]:
    """Runs `blender --command smplify` with these words and returns its exit code."""
    from smplify_blender.headless.command import run_subcommand

    return lambda *words: run_subcommand([str(word) for word in words], "smplify")


@pytest.fixture(scope="session")
def demo_fit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The result folder of the demo photo; beside it `male`, with the male body."""
    pytest.importorskip("bpy", reason="needs the bpy wheel: pip install -e .[blender]")
    from smplify_blender.api import run_fit
    from smplify_blender.session.fit_session import session

    folder = tmp_path_factory.mktemp("fit") / "demo"
    photo = HERE.parents[1] / "docs" / "demo" / "demo_photo.jpg"
    words = [str(photo), str(photo.with_name("demo_photo_keypoints.json")), "--takes", "2"]
    run_fit(words, folder)
    run_fit([*words, "--gender", "male"], folder.with_name("male"))
    session().stop()
    return folder
