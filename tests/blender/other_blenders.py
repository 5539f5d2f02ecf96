"""Pythons with another Blender than ours: how each is started, and the tests of this folder that run in them."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.blender.shots import FOLDER_VARIABLE, write_shots
from tests.conftest import shared_folder

ROOT = Path(__file__).resolve().parents[2]
OWN = "4.5"  # the bpy of this environment
# Its wheel is for Python 3.13, which a Debian root of the folder of test tools has.
IN_ROOT = {"5.3": "trixie"}
# The tests of this folder that run in one process with bpy.
IN_PROCESS = (
    "test_import_matches_fit.py",
    "test_scene_is_left_alone.py",
    "test_rig.py",
    "test_bones_to_shape.py",
    "test_operator.py",
    "test_export.py",
    "test_export_targets.py",
    "test_keypoint_mesh.py",
    "test_motion.py",
    "test_reduce_keys.py",
    "test_make_cyclic.py",
    "test_shape_motion.py",
    "test_root_motion.py",
    "test_refit_frame.py",
    "test_sequence.py",
    "test_fit_clip.py",
    "test_floor.py",
    "test_contact.py",
    "test_known_scene.py",
    "test_sidebar_operators.py",
    "test_keypoint_edit_ends.py",
    "test_replaced_figure.py",
    "test_in_place.py",
    "test_photo_scenes.py",
    "test_pose_library.py",
    "test_render_setup.py",
    "test_clothes.py",
    "test_photo_texture.py",
    "test_twist_bones.py",
)
# Of these, tests of what does not change from one Blender to the next: not worth their seconds again.
ONCE_IS_ENOUGH = (
    "test_photo_texture.py::test_other_photos_of_the_person_add_up",
    "test_photo_texture.py::test_what_is_refused_changes_nothing",
    "test_photo_texture.py::test_a_material_of_the_artist_s_in_the_object_s_slot_comes_back",
    "test_photo_texture.py::test_the_photo_lies_where_the_camera_sees_it[True]",
    "test_contact.py::test_buttons_from_standing_on_to_switching_off",
    "test_contact.py::test_a_script_in_a_scene_in_centimetres_before_the_users_camera_and_in_a_file",
    "test_contact.py::test_people_of_one_photo_share_the_ground_and_keep_out_of_each_other",
    "test_sidebar_operators.py::test_a_known_height_is_met",
    "test_sidebar_operators.py::test_a_copy_doubles_figures_only",
    "test_sidebar_operators.py::test_scripts_name_their_files",
    "test_sidebar_operators.py::test_a_fit_lives_in_its_file[photo there]",
    "test_sidebar_operators.py::test_a_path_in_the_file_is_never_refitted_from",
    "test_shape_motion.py::test_anything_at_all_in_a_file",
    "test_root_motion.py::test_anything_at_all_in_a_file",
    "test_root_motion.py::test_what_is_refused_changes_nothing",
    "test_root_motion.py::test_a_rig_walks_along",
    "test_refit_frame.py::test_why_a_frame_cannot_be_mended",
    "test_render_setup.py::test_f12_is_the_photo_with_the_figure_over_it[eevee]",  # a minute without a graphics card
)
# A few of all: what is registered and taken back, imported, exported, keyed in actions without slots, edited as a mesh.
FEW = (
    "test_operator.py",
    "test_rig.py",
    "test_motion.py",
    "test_make_cyclic.py",
    "test_keypoint_mesh.py",
    "test_export.py::test_animation_is_exported",
    "test_export.py::test_nothing_in_the_scene_changes",
    "test_export.py::test_refused",
)
HALVES = ("first half", "second half")
# What the resident core needs beside NumPy; pure Python, so that another Blender's Python can read this environment's.
CORE_MODULES = ("array_api_compat",)
# bpy 4.2 may crash while Python winds down after a glTF export: the tests' own verdict is what counts.
_PYTEST_AND_OUT = (
    "import os, sys, pytest; sys.path.insert(0, os.getcwd()); code = int(pytest.main(sys.argv[1:])); "
    "sys.stdout.flush(); sys.stderr.flush(); os._exit(code)"
)
_PYTEST_OPTIONS = (
    "--confcutdir=tests/blender",
    "-o",
    "addopts=--import-mode=importlib",
    "-p",
    "no:cacheprovider",
    "-q",
)


def run_python(
    version: str, arguments: Sequence[object], folder: Path, variables: Mapping[str, str], seconds: int
) -> subprocess.CompletedProcess[str]:
    """Run the Python with that bpy in the checkout; it sees `folder` and `variables`. Skips the test where it was not set up."""
    words = [str(word) for word in (_python_of(version), *arguments)]
    if version in IN_ROOT:
        words = [*_root_command(version, folder, variables, seconds), *words]
    return subprocess.run(
        words,
        cwd=ROOT if version in IN_ROOT else folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=seconds + 60,
        check=False,
    )


def check_half_of_the_tests(version: str, half: str, folder: Path) -> None:
    """Run every other of the files named above under that Blender: two workers share the work of one Blender."""
    check_tests(version, IN_PROCESS[HALVES.index(half) :: len(HALVES)], folder)


def check_tests(version: str, names: Sequence[str], folder: Path) -> None:
    """Run these tests of this folder under that Blender; none may fail and none be skipped."""
    shots = folder / "shots"
    shots.mkdir()
    write_shots(shots)
    variables = {"PYTHONPATH": str(write_modules(folder / "modules")), FOLDER_VARIABLE: str(shots)}
    tests = [str(ROOT / "tests" / "blender" / name) for name in names]
    options = [f"--deselect=tests/blender/{name}" for name in ONCE_IS_ENOUGH]
    line = [
        "-c",
        f"import os; os.chdir({str(ROOT)!r}); {_PYTEST_AND_OUT}",
        *_PYTEST_OPTIONS,
        *options,
        *tests,
    ]
    done = run_python(version, line, folder, variables, 900)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout and "skipped" not in done.stdout, done.stdout


def check_fit_from_the_zip(version: str, folder: Path) -> None:
    """Install the zip in that Blender, fit a photo through it and import what came out."""
    pytest.importorskip("bpy", reason="the builder of the zip comes with the bpy wheel")
    from tests.photos import synthetic_case, write_photo

    builder = [sys.executable, str(ROOT / "tools" / "build_extension.py"), "--output-dir", str(folder)]
    subprocess.run(builder, check=True, capture_output=True)
    photo, keypoints = write_photo(folder, [synthetic_case(0).subject.keypoints])
    (folder / "user").mkdir()
    # A copy, and another work folder than the checkout: nothing but the installed zip may be imported.
    script = shutil.copy(ROOT / "tests" / "gui" / "fit_from_extension.py", folder)
    line = [
        "-c",
        f"import os, runpy; os.chdir({str(folder)!r}); runpy.run_path({script!r}, run_name='__main__')",
    ]
    line += [str(word) for word in (next(folder.glob("smplify-*.zip")), photo, keypoints, folder / "fit")]
    done = run_python(version, line, folder, {"BLENDER_USER_RESOURCES": str(folder / "user")}, 300)
    assert done.returncode == 0 and "ALL GOOD" in done.stdout, done.stdout + done.stderr


def write_modules(folder: Path) -> Path:
    """A folder with the core's modules, which the other Pythons lack."""
    for name in CORE_MODULES:
        distribution = importlib.metadata.distribution(name)
        for file in distribution.files or ():
            if file.suffix != ".pyc" and ".." not in file.parts:
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(Path(str(distribution.locate_file(file))), folder / file)
    return folder


def _python_of(version: str) -> Path:
    if version == OWN:
        return Path(sys.executable)
    folder = ROOT / ".bpy" / version
    if not (folder / ".ready").is_file():
        pytest.skip(f"no bpy {version} here: run `make {'test-blenders' if version in IN_ROOT else 'bpy'}`")
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _root_command(version: str, folder: Path, variables: Mapping[str, str], seconds: int) -> list[str]:
    shared = shared_folder()
    if shared is None or not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip(f"bpy {version} needs Linux, root and the Debian root of the folder of test tools")
    starter = shared / "tools" / "blender-gui"
    line = ["bash", str(starter), "--suite", IN_ROOT[version], "--project", str(ROOT), "--bind", str(folder)]
    line += [word for name, value in variables.items() for word in ("--env", f"{name}={value}")]
    return [*line, "--offline", "--timeout", str(seconds), "--exec", "--"]
