# pyright: basic
"""A figure written for every program, and each file read again: how far joints and vertices are from the figure's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import bpy
import numpy as np
import numpy.typing as npt
from mathutils.kdtree import KDTree

from smplify_blender import api
from smplify_blender.result.bone_names import JOINT_PROPERTY, bone_name_of
from smplify_blender.result.export_targets import EXPORT_TARGETS, ExportTarget
from smplify_blender.scene.figure.lookup import body_of

Floats = npt.NDArray[np.float64]
VRM = ".vrm"  # by an add-on that is not part of Blender


@dataclass(frozen=True)
class Shown:
    """Joints (J, 3) by their names and vertices (V, 3) of a figure as it is shown, world."""

    joints: dict[str, Floats]
    vertices: Floats


def shown_figure(figure: bpy.types.Object) -> Shown:
    """Return a figure as it is shown now."""
    bones = cast("bpy.types.Armature", figure.data).bones
    own = {bone[JOINT_PROPERTY]: bone.name for bone in bones if JOINT_PROPERTY in bone}
    return Shown(
        _heads(figure, own.__getitem__, tuple(own)), _vertices(cast("bpy.types.Object", body_of(figure)))
    )


def write_all(figure: bpy.types.Object, folder: Path) -> dict[str, tuple[Path, float]]:
    """Export a figure for every program but VRM; return by program the file, and how far fewer bones a vertex move it, mm."""
    files: dict[str, tuple[Path, float]] = {}
    for name, target in EXPORT_TARGETS.items():
        if target.suffix != VRM:
            path = folder / f"figure.{name}{target.suffix}"
            report = api.export_figure(figure, path, api.export_settings(name))
            files[name] = path, report.deviation_mm
    return files


def differences_mm(path: Path, target: ExportTarget, frame: int, wanted: Shown) -> tuple[float, float]:
    """Read a file into an empty one, and return the farthest joint and the farthest vertex, mm."""
    armature, mesh = read(path)
    cast("Any", bpy.context.scene).frame_set(frame)
    found = _heads(armature, lambda joint: bone_name_of(target.naming, joint), tuple(wanted.joints))
    joints = max(float(np.linalg.norm(found[name] - place)) for name, place in wanted.joints.items())
    vertices = _vertices(mesh)
    return 1000 * joints, 1000 * max(
        _farthest(vertices, wanted.vertices), _farthest(wanted.vertices, vertices)
    )


def read(path: Path) -> tuple[bpy.types.Object, bpy.types.Object]:
    """Read a file with one figure into an empty file, at the rate of the open one; return its armature and its mesh."""
    rate = cast("Any", bpy.context.scene).render.fps
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    append(path)
    cast("Any", bpy.context.scene).render.fps = rate
    things = list(cast("Any", bpy.context.scene).objects)
    armature = next(thing for thing in things if thing.type == "ARMATURE")
    return armature, next(thing for thing in things if thing.type == "MESH" and thing.vertex_groups)


def append(path: Path) -> None:
    """Read a file into the scene."""
    readers: dict[str, Callable[[], Any]] = {
        ".glb": lambda: bpy.ops.import_scene.gltf(filepath=str(path)),
        ".fbx": lambda: bpy.ops.import_scene.fbx(filepath=str(path), anim_offset=0.0),
        ".usdc": lambda: bpy.ops.wm.usd_import(filepath=str(path)),
    }
    readers[path.suffix]()


def _heads(
    armature: bpy.types.Object, name_of: Callable[[str], str], joints: tuple[str, ...]
) -> dict[str, Floats]:
    bones, world = cast("Any", armature.pose).bones, armature.matrix_world
    return {joint: np.array(world @ bones[name_of(joint)].head) for joint in joints}


def _vertices(thing: bpy.types.Object) -> Floats:
    evaluated: Any = thing.evaluated_get(cast("Any", bpy.context).evaluated_depsgraph_get())
    flat = np.empty(3 * len(evaluated.data.vertices), dtype=np.float32)
    evaluated.data.vertices.foreach_get("co", flat)
    world = np.array(evaluated.matrix_world)
    return flat.reshape(-1, 3) @ world[:3, :3].T + world[:3, 3]


def _farthest(points: Floats, cloud: Floats) -> float:
    """Return the largest distance of any point from the nearest of a cloud: files may split and reorder vertices."""
    tree = KDTree(len(cloud))
    for index, place in enumerate(cloud.tolist()):
        tree.insert(place, index)
    tree.balance()
    return max(cast("float", tree.find(point)[2]) for point in points.tolist())
