# pyright: basic
"""The photo behind a render, by nodes of ours in the scene's compositor; an artist's own nodes stay and go on working.

Blender before 5.0 has one tree in each scene, from 5.0 on a node group that scenes may share.
"""

from __future__ import annotations

from typing import Any

import bpy

from ..created import remove_block

MARK = "smplify_plate"  # on a node of ours, and on a node group that is ours as a whole
ORIGINAL = "smplify_compositor"  # on a scene: its node group, while it has a copy with the plate
TREE_NAME = "SMPLify render"
HAS_GROUPS = "compositing_node_group" in bpy.types.Scene.bl_rna.properties
OUTPUTS = ("CompositorNodeComposite", "NodeGroupOutput")


def add_plate(scene: Any, image: bpy.types.Image) -> None:
    """Put an image behind what the scene's compositor gives, or behind the bare render where it has none."""
    is_in_use = _is_in_use(scene)
    tree = _own_tree(scene)
    plate = _ours(tree, "CompositorNodeImage", (-520, -260))
    plate.image = image
    size = _ours(tree, "CompositorNodeScale", (-300, -260))
    _fit_to_render(size)
    tree.links.new(plate.outputs["Image"], size.inputs["Image"])
    for output in _outputs(tree):
        before = output.inputs[0].links
        source = before[0].from_socket if before and is_in_use else _bare_render(tree)
        over = _ours(tree, "CompositorNodeAlphaOver", (output.location.x - 200, output.location.y - 160))
        if before and not is_in_use:  # an artist's tree that is switched off is left out, and comes back
            tree.links.new(before[0].from_socket, _ours(tree, "NodeReroute", (0, 0)).inputs[0])
        colours = [socket for socket in over.inputs if socket.type == "RGBA"]
        tree.links.new(size.outputs["Image"], colours[0])
        tree.links.new(source, colours[1])
        tree.links.new(over.outputs["Image"], output.inputs[0])


def remove_plate(scene: Any) -> None:
    """Take the nodes of ours out again; what they stood between is linked as before."""
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
        tree: Any = bpy.data.node_groups.new(TREE_NAME, "CompositorNodeTree")
        tree[MARK] = "whole"
        tree.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
        tree.nodes.new("NodeGroupOutput").location = (300, 0)
        scene.compositing_node_group = tree
    elif tree.library is not None or tree.users - tree.use_fake_user > 1:
        scene[ORIGINAL] = tree
        tree = scene.compositing_node_group = tree.copy()
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


def _fit_to_render(size: Any) -> None:
    if hasattr(size, "space"):
        size.space, size.frame_method = "RENDER_SIZE", "FIT"
    else:  # Blender 5.0
        size.inputs["Type"].default_value = "Render Size"
        size.inputs["Frame Type"].default_value = "Fit"


def _ours(tree: Any, kind: str, place: tuple[float, float]) -> Any:
    node = tree.nodes.new(kind)
    node.location = place
    node[MARK] = True
    return node


def _marked(tree: Any, kind: str) -> list[Any]:
    return [node for node in tree.nodes if node.bl_idname == kind and MARK in node]
