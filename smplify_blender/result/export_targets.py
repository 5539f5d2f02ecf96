"""Programs that figures are exported for, and the form in which each wants a skeleton.

Sources: Epic's documentation of FBX import (centimetres, a bone `root` on the floor, eight bones a vertex; an armature object of
Blender's is no bone if it is called “Armature”); Unity's manual on importing models and on quality (metres as the file says, four
bones a vertex, nodes that are not turned); Godot's `SkeletonProfileHumanoid` (a bone `Root`) and its eight weights a vertex;
mixamo.com's own downloads (centimetres, Y up); the specification of VRM 1.0 (humanoid bones, T-pose, at the origin).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .bone_names import Naming

CENTIMETRES = 100.0


@dataclass(frozen=True)
class SkeletonForm:
    """The form of a skeleton in a file.

    `root_bone` is a bone on the floor above all others that carries where the figure stands (empty: none, the object carries
    it). It points ahead, or up for files with Y up whose joints are turned into their axes. `units_per_metre` scales bones and
    vertices themselves, no object. `has_upright_nodes` turns them as well, so that the objects of a file with Y up are not
    turned. `armature_name` is the name of the armature object (empty: the figure's). `stands_at_origin` leaves out where the
    figure stands.
    """

    root_bone: str = ""
    root_points_up: bool = False
    units_per_metre: float = 1.0
    has_upright_nodes: bool = False
    armature_name: str = ""
    stands_at_origin: bool = False


@dataclass(frozen=True)
class ExportTarget:
    """The wishes of one program: the kind of file, bone names, bones a vertex at most (0: all) and the skeleton's form."""

    label: str
    suffix: str
    naming: Naming
    influences: int
    note: str
    form: SkeletonForm = field(default_factory=SkeletonForm)
    has_shape_keys: bool = True
    is_at_rest: bool = False

    @property
    def in_words(self) -> str:
        """An export for this program in a few words."""
        bones = f"{self.influences} bones a vertex" if self.influences else "all bones of a vertex"
        return f"{self.suffix}: {self.note}, {bones}"


EXPORT_TARGETS: dict[str, ExportTarget] = {
    "unreal": ExportTarget(
        "Unreal Engine", ".fbx", "unreal", 8, "mannequin's bone names, bone “root”, centimetres",
        SkeletonForm(root_bone="root", units_per_metre=CENTIMETRES, armature_name="Armature"),
    ),
    "unity": ExportTarget(
        "Unity Humanoid", ".fbx", "humanoid", 4, "humanoid bone names, metres, nodes not turned",
        SkeletonForm(has_upright_nodes=True),
    ),
    "godot": ExportTarget(
        "Godot", ".glb", "humanoid", 8, "humanoid bone names, bone “Root”, metres",
        SkeletonForm(root_bone="Root", root_points_up=True),
    ),
    "mixamo": ExportTarget(
        "Mixamo", ".fbx", "mixamo", 4, "Mixamo's bone names, centimetres, nodes not turned",
        SkeletonForm(units_per_metre=CENTIMETRES, has_upright_nodes=True),
    ),
    "vrm": ExportTarget(
        "VRM 1.0", ".vrm", "humanoid", 4, "humanoid avatar at rest at the origin, by the VRM add-on",
        SkeletonForm(stands_at_origin=True), is_at_rest=True,
    ),
    "web": ExportTarget(
        "Web", ".glb", "smplx", 4, "small: shape baked, bone “root”, metres",
        SkeletonForm(root_bone="root", root_points_up=True), has_shape_keys=False,
    ),
    "usd": ExportTarget("USD", ".usdc", "smplx", 0, "SMPL-X's bone names, metres, Z up"),
}  # fmt: skip
