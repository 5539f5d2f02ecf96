# pyright: basic
"""The photo behind a render, by nodes of ours in the scene's compositor; an artist's own nodes stay and go on working.

Blender before 5.0 has one tree in each scene, from 5.0 on a node group that scenes may share, from 5.3 on a list of such groups,
each of which takes the picture of the one before.
"""

from __future__ import annotations

from typing import Any

import bpy

from ..created import remove_block

MARK = "smplify_plate"  # on a node of ours, and on a node group that is ours as a whole
ORIGINAL = "smplify_compositor"  # on a scene: its node group, while it has a copy with the plate
TREE_NAME = "SMPLify render"
HAS_EFFECTS = "compositor_effects" in bpy.types.Scene.bl_rna.properties
HAS_GROUPS = (
    "compositing_node_group" in bpy.types.Scene.bl_rna.properties
)  # deprecated where there are effects
OUTPUTS = ("CompositorNodeComposite", "NodeGroupOutput")


def add_plate(scene: Any, image: bpy.types.Image) -> None:
    """Put an image behind what the scene's compositor gives, or behind the bare render where it has none."""
    if HAS_EFFECTS:
        _add_effect(scene, image)
        return
    is_in_use = _is_in_use(scene)
    tree = _own_tree(scene)
    plate = _plate(tree, image)
    for output in _outputs(tree):
        before = output.inputs[0].links
        source = before[0].from_socket if before and is_in_use else _bare_render(tree)
        over = _ours(tree, "CompositorNodeAlphaOver", (output.location.x - 200, output.location.y - 160))
        if before and not is_in_use:  # an artist's tree that is switched off is left out, and comes back
            tree.links.new(before[0].from_socket, _ours(tree, "NodeReroute", (0, 0)).inputs[0])
        _link_over(tree, over, plate, source)
        tree.links.new(over.outputs["Image"], output.inputs[0])


def remove_plate(scene: Any) -> None:
    """Take the nodes of ours out again; what they stood between is linked as before."""
    if HAS_EFFECTS:
        _remove_effects(scene)
        return
    tree = _tree(scene)
    if tree is None or tree.library is not None:
        return
    if HAS_GROUPS and tree.get(MARK) == "whole":
        scene.compositing_node_group = None
        if not tree.users:
            remove_block(tree)
        return
    original = scene.get(ORIGINAL)
    if HAS_GROUPS and isinstance(original, bpy.types.NodeTree):
        scene.compositing_node_group = original
    else:
        _unlink(tree)
    if ORIGINAL in scene:
        del scene[ORIGINAL]


def _add_effect(scene: Any, image: bpy.types.Image) -> None:
    """Add an effect after the scene's own ones; the active one stays active."""
    tree = _new_tree()
    tree.interface.new_socket("Image", in_out="INPUT", socket_type="NodeSocketColor")
    incoming = tree.nodes.new("NodeGroupInput")
    incoming.location = (-520, 160)
    over = _ours(tree, "CompositorNodeAlphaOver", (60, 0))
    _link_over(tree, over, _plate(tree, image), incoming.outputs["Image"])
    tree.links.new(over.outputs["Image"], _outputs(tree)[0].inputs[0])
    active = scene.compositor_effects.active
    scene.compositor_effects.new("Photo behind").node_group = tree
    if active is not None:
        scene.compositor_effects.active = active


def _remove_effects(scene: Any) -> None:
    for effect in list(scene.compositor_effects):
        tree = effect.node_group
        if tree is not None and MARK in tree:
            scene.compositor_effects.remove(effect)
            if not tree.users:
                remove_block(tree)


def _unlink(tree: Any) -> None:
    kept_off = [
        node.inputs[0].links[0].from_socket for node in _marked(tree, "NodeReroute") if node.inputs[0].links
    ]
    for number, over in enumerate(_marked(tree, "CompositorNodeAlphaOver")):
        front = [socket for socket in over.inputs if socket.type == "RGBA"][1].links
        source = kept_off[number] if number < len(kept_off) else front[0].from_socket if front else None
        for link in list(over.outputs["Image"].links):
            target = link.to_socket
            tree.links.remove(link)
            if source is not None and MARK not in source.node:
                tree.links.new(source, target)
    for node in [node for node in tree.nodes if MARK in node]:
        tree.nodes.remove(node)


def _tree(scene: Any) -> Any:
    return scene.compositing_node_group if HAS_GROUPS else scene.node_tree


def _is_in_use(scene: Any) -> bool:
    return scene.render.use_compositing and _tree(scene) is not None and (HAS_GROUPS or scene.use_nodes)


def _own_tree(scene: Any) -> Any:
    """Return the scene's tree, or one of ours; a node group that other scenes use, too, is left alone and copied."""
    if not HAS_GROUPS:
        scene.use_nodes = True
        return scene.node_tree
    tree = scene.compositing_node_group
    if tree is None:
        tree = _new_tree()
        scene.compositing_node_group = tree
    elif tree.library is not None or tree.users - tree.use_fake_user > 1:
        scene[ORIGINAL] = tree
        tree = scene.compositing_node_group = tree.copy()
    return tree


def _new_tree() -> Any:
    tree: Any = bpy.data.node_groups.new(TREE_NAME, "CompositorNodeTree")
    tree[MARK] = "whole"
    tree.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
    tree.nodes.new("NodeGroupOutput").location = (300, 0)
    return tree


def _outputs(tree: Any) -> list[Any]:
    """Return the nodes that say what the picture is; one is made where there is none."""
    found = [node for node in tree.nodes if node.bl_idname in OUTPUTS and len(node.inputs) > 0]
    if not found:
        found = [_ours(tree, OUTPUTS[HAS_GROUPS], (300, 0))]
    return found


def _bare_render(tree: Any) -> Any:
    made = _marked(tree, "CompositorNodeRLayers")
    return (made[0] if made else _ours(tree, "CompositorNodeRLayers", (-520, 160))).outputs["Image"]


def _plate(tree: Any, image: bpy.types.Image) -> Any:
    """Make the nodes that give an image in the size of the render; return their socket."""
    plate, size = (
        _ours(tree, "CompositorNodeImage", (-520, -260)),
        _ours(tree, "CompositorNodeScale", (-300, -260)),
    )
    plate.image = image
    tree.links.new(plate.outputs["Image"], size.inputs["Image"])
    if hasattr(size, "space"):
        size.space, size.frame_method = "RENDER_SIZE", "FIT"
    else:  # Blender 5.0
        size.inputs["Type"].default_value = "Render Size"
        size.inputs["Frame Type"].default_value = "Fit"
    return size.outputs["Image"]


def _link_over(tree: Any, over: Any, plate: Any, render: Any) -> None:
    behind, before = [socket for socket in over.inputs if socket.type == "RGBA"]
    tree.links.new(plate, behind)
    tree.links.new(render, before)


def _ours(tree: Any, kind: str, place: tuple[float, float]) -> Any:
    node = tree.nodes.new(kind)
    node.location = place
    node[MARK] = True
    return node


def _marked(tree: Any, kind: str) -> list[Any]:
    return [node for node in tree.nodes if node.bl_idname == kind and MARK in node]
