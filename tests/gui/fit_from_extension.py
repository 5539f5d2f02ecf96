"""Inside any Blender: the installed extension starts the core in a child Python, fits, and imports what came out.

    BLENDER -b --python-exit-code 1 --python fit_from_extension.py -- ZIP PHOTO KEYPOINTS OUT

or, with the bpy wheel, `python fit_from_extension.py ZIP …`. Prints ALL GOOD as its last line; ends with 1 otherwise.
"""

import importlib
import os
import sys
import time
import traceback
from pathlib import Path

import bpy
import numpy as np

EXTENSION = "bl_ext.user_default.smplify"


def main(archive: str, photo: str, keypoints: str, out: str) -> None:
    print(
        "Blender",
        bpy.app.version_string,
        "Python",
        sys.version.split()[0],
        "NumPy",
        np.__version__,
        flush=True,
    )
    install(archive)
    command = extension_module("fit_process.command")
    session = extension_module("session.fit_session").session()
    messages = extension_module("fit_process.messages")
    root = Path(command.EXTENSION_ROOT)
    assert not (Path.cwd() / "fitting_core").exists() and "smplify" in root.parts[-1], root

    fields = {"photo": photo, "keypoints": keypoints, "folder": out, "person": "all", "write_overlay": False}
    print("child:", " ".join(command.serve_command()), flush=True)
    began = time.perf_counter()
    job = session.request("fit", fields)
    fractions = set()
    while job.running:
        session.poll()
        fractions.add(job.fraction)
        time.sleep(0.02)
    print(f"{time.perf_counter() - began:.2f} s", job.done, job.failed, flush=True)
    assert isinstance(job.done, messages.Done), job.failed
    assert len(fractions) > 2 and job.stage, "no progress was told"
    child = session.process_id

    assert bpy.ops.smplify.import_result(filepath=out) == {"FINISHED"}
    worst_mm = 1000 * max(distances(Path(out)))
    print(f"evaluated mesh against the fit: {worst_mm:.4f} mm", flush=True)
    assert worst_mm < 0.1
    run = extension_module("registration")._run_subcommand
    assert run(["import", out, "--blend", f"{out}/figure.blend"]) == 0
    assert Path(out, "figure.blend").stat().st_size > 1e5
    import_motion(Path(out).with_name("turn.npz"))
    assert bpy.ops.preferences.addon_disable(module=EXTENSION) == {"FINISHED"}
    assert not hasattr(bpy.types, "SMPLIFY_OT_import_result")
    assert session.process_id is None and not Path(f"/proc/{child}/cmdline").exists(), (
        "the child outlives the add-on"
    )


def import_motion(file: Path):
    """An AMASS motion through the installed extension's own core: ten frames at 60 a second, keyed at true time."""
    poses = np.zeros((10, 156))
    poses[:, 0], poses[:, 5] = np.pi / 2, np.linspace(0, 3, 10)
    np.savez(
        file, poses=poses, trans=np.zeros((10, 3)), betas=np.ones(16), gender="male", mocap_framerate=60.0
    )
    assert bpy.ops.smplify.import_result(filepath=str(file)) == {"FINISHED"}
    armature = bpy.context.object
    assert armature.name == "turn", armature.name
    first, last = armature.animation_data.action.frame_range
    assert abs(first - 1) < 1e-4 and abs(last - (1 + 9 * 24 / 60)) < 1e-4, (first, last)


def install(archive: str) -> None:
    """Unless the command line has installed it already."""
    if EXTENSION not in bpy.context.preferences.addons:
        bpy.ops.extensions.package_install_files(
            filepath=archive, repo="user_default", enable_on_install=True, overwrite=True
        )
    assert EXTENSION in bpy.context.preferences.addons, "the extension was not enabled"


def extension_module(name: str):
    return importlib.import_module(f"{EXTENSION}.smplify_blender.{name}")


def distances(folder: Path):
    """Worst distance of each imported figure from its file's vertices, metres."""
    read_result = extension_module("result.read_result").read_result
    figure_name = extension_module("result.figure_names").figure_name
    frame = extension_module("result.upright").upright_frame(read_result(folder)).world_from_camera
    depsgraph = bpy.context.evaluated_depsgraph_get()
    for person in sorted(folder.glob("person_??.npz")):
        fitted = np.load(person, allow_pickle=False)["vertices"] @ frame[:3, :3].T + frame[:3, 3]
        name = figure_name(folder.name, int(person.stem[-2:]))
        evaluated = bpy.data.objects[f"{name} body"].evaluated_get(depsgraph)
        mesh = evaluated.to_mesh()
        shown = np.array([evaluated.matrix_world @ vertex.co for vertex in mesh.vertices])
        evaluated.to_mesh_clear()
        yield float(np.linalg.norm(shown - fitted, axis=1).max())


exit_code = 1
try:
    main(*(sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else sys.argv[1:]))
    print("ALL GOOD", flush=True)
    exit_code = 0
except BaseException:
    traceback.print_exc()
sys.stdout.flush()
sys.stderr.flush()
os._exit(exit_code)
