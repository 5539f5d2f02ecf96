"""The kinds of work that an artist puts into a figure, each made and read again; and the figure that they are made of."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from tests.blender.synthetic_result import random_person, write_result

REFITTED = 5  # seed of the person who is the second solution


def with_takes(folder: Path, people: int = 1, takes: int = 2) -> Path:
    """Let summary.json tell of takes: the people's own, and copies of them under their names."""
    rows = []
    for number in range(people):
        names = [
            f"person_{number:02d}.npz",
            *(f"person_{number:02d}_take_{take}.npz" for take in range(1, takes)),
        ]
        rows.append({
            "file": names[0], "number_in_keypoint_file": number, "quality": "good", "reasons": [], "takes": names,
            "size_px": 500.0,
        })  # fmt: skip
    (folder / "summary.json").write_text(json.dumps({"people": rows, "image_size": [600, 800]}))
    return folder


def two_takes(folder: Path) -> Path:
    """A folder with one person and another solution, with another shape, as their second take."""
    other = write_result(folder.parent / f"{folder.name} other", [random_person(REFITTED)])
    write_result(folder, [random_person(1)])
    (folder / "person_00_take_1.npz").write_bytes((other / "person_00.npz").read_bytes())
    return with_takes(folder)


@dataclass
class Stage:
    """A figure of two takes in an empty scene, as the artist finds it."""

    bpy: ModuleType
    figure: Any
    folder: Path

    @property
    def armature(self) -> Any:
        return self.figure.armature

    @property
    def mesh(self) -> Any:
        return self.figure.mesh

    @property
    def bones(self) -> Any:
        return self.armature.pose.bones

    def bone(self, joint: str) -> str:
        from smplify_blender.scene.figure.bone_joints import bones_by_joint

        return bones_by_joint(self.armature)[joint]

    def link(self, thing: Any) -> Any:
        self.bpy.context.scene.collection.objects.link(thing)
        return thing

    def empty(self, name: str) -> Any:
        return self.link(self.bpy.data.objects.new(name, None))

    def update(self) -> None:
        self.bpy.context.view_layer.update()

    def take(self) -> None:
        self.take_notes()

    def take_notes(self) -> tuple[str, ...]:
        from smplify_blender.scene.placing.show_take import show_take

        context = self.bpy.context
        return show_take(context.scene, context.view_layer, self.armature, "person_00_take_1.npz").notes

    def refit(self) -> None:
        self._refit(self.folder.parent / f"{self.folder.name} other")

    def refit_first(self) -> None:
        self._refit(self.folder)

    def _refit(self, folder: Path) -> None:
        from smplify_blender.scene.placing.place_fit import FitPlacement, place_fit

        context = self.bpy.context
        placement = FitPlacement(with_takes(folder, takes=1), "again", replaces=self.armature)
        place_fit(context.scene, context.view_layer, placement)

    def shown(self) -> np.ndarray:
        from smplify_blender.scene.figure.build import evaluated_vertices

        self.update()
        return evaluated_vertices(self.figure, self.bpy.context.evaluated_depsgraph_get())


# Kinds of an artist's work: each makes something of the figure and returns what it is, read again after the change.
Work = Callable[[Stage], Callable[[], Any]]


def subdivision(stage: Stage) -> Callable[[], Any]:
    modifiers = stage.mesh.modifiers
    modifiers.new("Smooth", "SUBSURF").levels = 2
    modifiers.new("Thick", "SOLIDIFY").thickness = 0.02
    modifiers[0].use_deform_preserve_volume = True
    return lambda: [
        *((one.name, one.type) for one in modifiers),
        modifiers["Smooth"].levels,
        round(modifiers["Thick"].thickness, 5),
        modifiers[0].use_deform_preserve_volume,
        modifiers[0].object.name,
    ]


def bone_constraints(stage: Stage) -> Callable[[], Any]:
    target = stage.empty("Pole")
    bone = stage.bones[stage.bone("left_wrist")]
    ik = bone.constraints.new("IK")
    ik.target, ik.chain_count, ik.influence = target, 2, 0.0
    return lambda: [
        (one.type, one.influence, getattr(one, "target", None), getattr(one, "chain_count", 0))
        for one in bone.constraints
    ]


def hat_on_the_head(stage: Stage) -> Callable[[], Any]:
    hat = stage.empty("Hat")
    hat.parent, hat.parent_type, hat.parent_bone = stage.armature, "BONE", stage.bone("head")
    hat.location = (0.0, 0.1, 0.05)

    def read() -> Any:
        stage.update()
        head = stage.armature.matrix_world @ stage.bones[stage.bone("head")].matrix
        above = head.inverted() @ hat.matrix_world.translation
        length = stage.bones[stage.bone("head")].length
        return (
            hat.parent,
            hat.parent_bone,
            [round(value, 4) for value in (above.x, above.y - length, above.z)],
        )

    return read


def things_on_the_objects(stage: Stage) -> Callable[[], Any]:
    shadow, lamp = stage.empty("Shadow"), stage.empty("Lamp")
    shadow.parent, lamp.parent = stage.armature, stage.mesh
    shadow.location, lamp.location = (0.1, 0.2, 0.0), (0.0, 0.0, 2.0)
    return lambda: (shadow.parent, lamp.parent, tuple(shadow.location), tuple(lamp.location))


def clothes(stage: Stage) -> Callable[[], Any]:
    shirt = stage.link(stage.bpy.data.objects.new("Shirt", stage.bpy.data.meshes.new("Shirt")))
    modifier = shirt.modifiers.new("Rig", "ARMATURE")
    modifier.object, shirt.parent = stage.armature, stage.armature
    return lambda: (modifier.object, shirt.parent, shirt.name)


def shirt_and_shorts(stage: Stage) -> Callable[[], Any]:
    """The product's own clothes, with a material, a modifier and a vertex group of the artist's."""
    from smplify_blender.scene.looks.clothes import add_clothes

    shirt, shorts = add_clothes(stage.armature, stage.bpy.context.view_layer)
    shirt.material_slots[0].material = stage.bpy.data.materials.new("Linen")
    shirt.modifiers.new("Fold", "SMOOTH").factor = 0.25
    shirt.vertex_groups.new(name="Print").add([1, 2], 0.5, "REPLACE")
    return lambda: [
        (one.name, one.parent, [modifier.name for modifier in one.modifiers], one.material_slots[0].material,
         one.modifiers[0].object, "Print" in one.vertex_groups, len(one.data.shape_keys.key_blocks))
        for one in (shirt, shorts)
    ]  # fmt: skip


def vertex_groups(stage: Stage) -> Callable[[], Any]:
    group = stage.mesh.vertex_groups.new(name="Tattoo")
    group.add(list(range(40)), 0.75, "REPLACE")
    painted = stage.mesh.vertex_groups[stage.bone("left_elbow")]
    painted.add([3], 0.3, "REPLACE")
    return lambda: (
        [one.name for one in stage.mesh.vertex_groups],
        [round(group.weight(vertex), 5) for vertex in range(40)],
        round(painted.weight(3), 5),
    )


def custom_properties(stage: Stage) -> Callable[[], Any]:
    stage.armature["shot"], stage.mesh["mood"] = "sc_010", 3
    stage.armature.data["asset"] = [1.0, 2.0]
    stage.bones[stage.bone("head")]["look_at"] = 0.5
    return lambda: (
        stage.armature["shot"],
        stage.mesh["mood"],
        list(stage.armature.data["asset"]),
        stage.bones[stage.bone("head")]["look_at"],
    )


def other_keys(stage: Stage) -> Callable[[], Any]:
    bone = stage.bones[stage.bone("left_knee")]
    bone.rotation_quaternion = (0.8, 0.6, 0.0, 0.0)
    bone.keyframe_insert("rotation_quaternion", frame=24)
    stage.armature.location = (0.0, 0.0, 0.0)
    stage.armature.keyframe_insert("location", frame=24)
    name = bone.name

    def read() -> Any:
        """What the key does to the limb, whatever the rest axes of its bone are."""
        from smplify_blender.scene.motion.action_curves import bone_curves, object_curves

        stage.bpy.context.scene.frame_set(24)
        shown = stage.bones[name]
        rest = np.array(shown.bone.matrix_local)[:3, :3]
        turn = rest @ np.array(shown.matrix_basis)[:3, :3] @ rest.T
        curves = bone_curves(object_curves(stage.armature), name, "rotation_quaternion")
        stage.bpy.context.scene.frame_set(1)
        return turn.tolist(), [
            [round(key.co[0]) for key in curve.keyframe_points] for curve in curves.values()
        ]

    return read


def strips(stage: Stage) -> Callable[[], Any]:
    animation = stage.armature.animation_data
    track = animation.nla_tracks.new()
    track.name = "Idle"
    idle = animation.action.copy()
    idle.name = "Idle"
    strip = track.strips.new("Idle", 40, idle)
    strip.blend_type = "ADD"
    track.mute = True
    return lambda: (
        [(one.name, one.mute) for one in animation.nla_tracks],
        [(one.name, one.action.name, one.frame_start, one.blend_type) for one in track.strips],
    )


def drivers(stage: Stage) -> Callable[[], Any]:
    key = stage.mesh.data.shape_keys.key_blocks["jawOpen"]
    curve = key.driver_add("value")
    curve.driver.expression = "0.25"
    bone = stage.bones[stage.bone("jaw")]
    curves = bone.driver_add("scale")
    return lambda: (
        [one.data_path for one in stage.mesh.data.shape_keys.animation_data.drivers],
        curve.driver.expression,
        [one.data_path for one in stage.armature.animation_data.drivers],
        len(curves),
    )


def materials(stage: Stage) -> Callable[[], Any]:
    gold = stage.bpy.data.materials.new("Gold")
    stage.mesh.data.materials.append(gold)
    stage.mesh.data.polygons[7].material_index = 1
    stage.mesh.material_slots[0].link = "OBJECT"
    stage.mesh.material_slots[0].material = gold
    return lambda: (
        [(slot.name, slot.link) for slot in stage.mesh.material_slots],
        stage.mesh.data.polygons[7].material_index,
    )


def where_it_is(stage: Stage) -> Callable[[], Any]:
    stage.armature.location = (4.0, -3.0, 0.5)
    stage.armature.rotation_euler = (0.0, 0.0, 1.2)
    stage.armature.scale = (1.5, 1.5, 1.5)
    stage.mesh.location = (0.0, 0.0, 0.0)
    return lambda: [tuple(getattr(stage.armature, name)) for name in ("location", "rotation_euler", "scale")]


def parents(stage: Stage) -> Callable[[], Any]:
    cart = stage.empty("Cart")
    cart.location = (1.0, 0.0, 0.0)
    stage.armature.parent = cart
    stage.armature.matrix_parent_inverse = cart.matrix_world.inverted()
    return lambda: (stage.armature.parent, [list(row) for row in stage.armature.matrix_parent_inverse])


def collections_and_visibility(stage: Stage) -> Callable[[], Any]:
    mine = stage.bpy.data.collections.new("Cast")
    stage.bpy.context.scene.collection.children.link(mine)
    mine.objects.link(stage.armature)
    mine.objects.link(stage.mesh)
    stage.mesh.hide_render = True
    stage.armature.hide_set(True)
    stage.armature.data.collections["Fingers"].is_visible = False
    return lambda: (
        [home.name for home in stage.armature.users_collection],
        [home.name for home in stage.mesh.users_collection],
        stage.mesh.hide_render,
        stage.armature.hide_get(),
        stage.armature.data.collections["Fingers"].is_visible,
    )


def selection(stage: Stage) -> Callable[[], Any]:
    other, layer = stage.empty("Other"), stage.bpy.context.view_layer
    for thing in layer.objects:
        thing.select_set(False)
    other.select_set(True)
    stage.mesh.select_set(True)
    layer.objects.active = other
    return lambda: (
        [thing.name for thing in layer.objects if thing.select_get()],
        layer.objects.active.name,
        other.mode,
    )


def own_shape_keys(stage: Stage) -> Callable[[], Any]:
    key = stage.mesh.shape_key_add(name="Scar", from_mix=False)
    key.value = 0.4
    basis = stage.mesh.data.shape_keys.key_blocks["Basis"]
    moved = [5, 6, 7]
    for vertex in moved:
        key.points[vertex].co = basis.points[vertex].co + key.points[vertex].co.__class__((0.0, 0.02, 0.0))
    return lambda: (
        round(key.value, 5),
        [[round(value, 5) for value in key.points[vertex].co - basis.points[vertex].co] for vertex in moved],
        [block.name for block in stage.mesh.data.shape_keys.key_blocks][-1],
    )


def sculpted_basis(stage: Stage) -> Callable[[], Any]:
    from smplify_blender.scene.figure.mesh import coordinates

    blocks = stage.mesh.data.shape_keys.key_blocks
    straight = coordinates(blocks["Basis"].points)
    for block in blocks:
        block.points[9].co.x += 0.05
    return lambda: np.round(
        coordinates(blocks["Basis"].points)[9]
        - coordinates(blocks["Basis"].points)[8]
        - straight[9]
        + straight[8],
        4,
    ).tolist()


def rotation_modes(stage: Stage) -> Callable[[], Any]:
    stage.bones[stage.bone("right_elbow")].rotation_mode = "XYZ"
    stage.bones[stage.bone("head")].lock_rotation = (True, False, False)
    return lambda: [
        (bone.name, bone.rotation_mode, tuple(bone.lock_rotation), tuple(bone.lock_location))
        for bone in stage.bones
    ]


def edited_bones(stage: Stage) -> Callable[[], Any]:
    """A bone of the artist's own on the hand, a tail that was pulled, a roll, and a bone that was disconnected."""
    from smplify_blender.scene.figure.armature import edited

    hand, neck = stage.bone("left_wrist"), stage.bone("neck")
    with edited(stage.armature, stage.bpy.context.view_layer):
        bones = stage.armature.data.edit_bones
        sword = bones.new("Sword")
        sword.parent = bones[hand]
        sword.head = bones[hand].tail
        sword.tail = bones[hand].tail + (bones[hand].tail - bones[hand].head) * 3
        bones[neck].roll += 0.5
        bones[stage.bone("left_foot")].use_connect = False
        bones[stage.bone("left_eye")].tail.z += 0.03

    def read() -> Any:
        bones = stage.armature.data.bones
        inside = bones[hand].matrix_local.inverted() @ bones["Sword"].head_local
        return (
            [round(value, 3) for value in (inside.x, inside.y - bones[hand].length, inside.z)],
            bones["Sword"].parent.name,
            bones[stage.bone("left_foot")].use_connect,
            sum(bone.use_connect for bone in bones),
        )

    return read


KINDS: dict[str, Work] = {
    work.__name__: work
    for work in (
        subdivision, bone_constraints, hat_on_the_head, things_on_the_objects, clothes, shirt_and_shorts,
        vertex_groups, custom_properties,
        other_keys, strips, drivers, materials, where_it_is, parents, collections_and_visibility, selection, own_shape_keys,
        sculpted_basis, rotation_modes, edited_bones,
    )
}  # fmt: skip
