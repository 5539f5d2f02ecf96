"""The same tests under Blender 4.2 and 5.0, and a fit from the installed zip under all three bpy wheels."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.blender.shots import FOLDER_VARIABLE, write_shots

ROOT = Path(__file__).parents[2]
# The tests of this folder that run in one process with bpy; this file itself would start them again.
IN_PROCESS = (
    "test_import_matches_fit.py",
    "test_scene_is_left_alone.py",
    "test_rig.py",
    "test_bones_to_shape.py",
    "test_operator.py",
    "test_export.py",
    "test_keypoint_mesh.py",
    "test_motion.py",
    "test_floor.py",
    "test_known_scene.py",
    "test_sidebar_operators.py",
    "test_keypoint_edit_ends.py",
    "test_replaced_figure.py",
)
# Of these, tests of what does not change from one Blender to the next: not worth their seconds twice more.
ONCE_IS_ENOUGH = (
    "test_sidebar_operators.py::test_a_known_height_is_met",
    "test_sidebar_operators.py::test_a_second_fit_doubles_figures_only",
    "test_sidebar_operators.py::test_scripts_name_their_files",
    "test_sidebar_operators.py::test_a_path_in_the_file_is_never_refitted_from",
)
# What the resident core needs beside NumPy; pure Python, so that another Blender's Python can read this environment's.
CORE_MODULES = ("array_api_compat", "jaxtyping", "wadler_lindig")

# bpy 4.2 may crash while Python winds down after a glTF export: the tests' own verdict is what counts.
_PYTEST_AND_OUT = (
    "import os, sys, pytest; sys.path.insert(0, os.getcwd()); code = int(pytest.main(sys.argv[1:])); "
    "sys.stdout.flush(); sys.stderr.flush(); os._exit(code)"
)

pytestmark = pytest.mark.slow


def python_of(version: str) -> Path:
    """The Python with that bpy; the test is skipped where it was not set up."""
    folder = ROOT / ".bpy" / version
    if not (folder / ".ready").is_file():
        pytest.skip(f"no bpy {version} here: run tools/setup_bpy.py {version}")
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the other Pythons lack: the core's modules, and photos, which need Pillow to be written."""
    modules, shots = tmp_path_factory.mktemp("modules"), tmp_path_factory.mktemp("shots")
    for name in CORE_MODULES:
        distribution = importlib.metadata.distribution(name)
        for file in distribution.files or ():
            if file.suffix != ".pyc" and ".." not in file.parts:
                (modules / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(Path(str(distribution.locate_file(file))), modules / file)
    write_shots(shots)
    return {**os.environ, "PYTHONPATH": str(modules), FOLDER_VARIABLE: str(shots)}


@pytest.mark.parametrize("version", ["4.2", "5.0"])
def test_blender_tests(version: str, environment: dict[str, str]) -> None:
    tests = [f"tests/blender/{name}" for name in IN_PROCESS]
    options = [f"--deselect=tests/blender/{name}" for name in ONCE_IS_ENOUGH]
    options += [
        "--confcutdir=tests/blender",
        "-o",
        "addopts=--import-mode=importlib",
        "-p",
        "no:cacheprovider",
        "-q",
    ]
    line = [str(python_of(version)), "-c", _PYTEST_AND_OUT, *options, *tests]
    done = subprocess.run(
        line, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout and "skipped" not in done.stdout, done.stdout


@pytest.mark.parametrize("version", ["4.2", "4.5", "5.0"])
def test_fit_from_the_installed_zip(version: str, tmp_path: Path) -> None:
    pytest.importorskip("bpy", reason="the builder of the zip comes with the bpy wheel")
    from tests.photos import synthetic_case, write_photo

    python = Path(sys.executable) if version == "4.5" else python_of(version)
    builder = [sys.executable, str(ROOT / "tools" / "build_extension.py"), "--output-dir", str(tmp_path)]
    subprocess.run(builder, check=True, capture_output=True)
    photo, keypoints = write_photo(tmp_path, [synthetic_case(0).subject.keypoints])
    (tmp_path / "user").mkdir()
    script = ROOT / "tests" / "gui" / "fit_from_extension.py"
    line = [python, script, next(tmp_path.glob("smplify-*.zip")), photo, keypoints, tmp_path / "fit"]
    environment = {**os.environ, "BLENDER_USER_RESOURCES": str(tmp_path / "user")}
    done = subprocess.run(
        [str(word) for word in line],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0 and "ALL GOOD" in done.stdout, done.stdout + done.stderr
