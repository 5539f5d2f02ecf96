# pyright: basic
"""A figure before its photo in, the photo on its body out: one image, packed into the file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import bpy
import numpy as np

from ...result.errors import ResultError
from ...result.result_folder import Array
from ..created import Created, all_or_nothing
from ..figure.lookup import body_of, camera_of, stored_report
from ..figure.material import MARK as MATERIAL_MARK
from ..figure.mesh import UV_NAME, coordinates, group_weights
from ..figure.shape_keys import BASIS
from ..figure.update_mesh import nearest_points
from ..looks.photo_light import PhotoLight
from ..looks.render_setup import figures_before, photo_behind, reason_against_setup
from ..looks.seen_surface import light_on, photo_projection, surface_of
from ..photo.plate import scaled_pixels, size_px
from .make import make_texture
from .seen import TexturePhoto
from .values import Flags, Integers, PosedSurface, TextureChoices, TexturedSurface
from .worn_texture import MARK, textured_slots, wear_texture

SIDES_PX = (1024, 2048, 4096)
MOST_PHOTO_PX = 2  # pixels of the photo's longer side for one of the texture's
LONG_PARTS = ("hips", "spine", "thigh", "shin", "upper_arm", "forearm")  # bones with clothes around them
LIMB_BONES = {
    "Head": ("head", "neck", "jaw", "eye"),
    "arm": ("upper_arm", "forearm"),
    "hand": ("hand", "f_", "thumb"),
    "leg": ("thigh", "shin", "foot", "toe"),
}
WRONG_WORDS = ("guessed", "poor")  # of a limb in the report
MIRROR_TOLERANCE = 0.01  # of the body's height: a vertex farther from its twin has none


def reason_against_texture(armature: bpy.types.Object | None) -> str:
    """Return why a figure cannot be given its photo as a texture; empty if it can."""
    reason = reason_against_setup(armature)
    if reason:
        return reason
    body = cast("bpy.types.Object", body_of(cast("bpy.types.Object", armature)))
    if _uv_layer(body) is None:
        return "The body has no UV map: your model file has none, or it was removed"
    if not textured_slots(body):
        return "The body has no material slot for a photo: add one to it"
    return ""


def add_photo_texture(
    armature: bpy.types.Object,
    others: Sequence[bpy.types.Object],
    scene: bpy.types.Scene,
    view_layer: bpy.types.ViewLayer,
    choices: TextureChoices,
) -> tuple[str, ...]:
    """Give a figure its photo as a texture, in the place of the one that it wears; return sentences for its user.

    The body is taken as it stands now. `others` are figures of the same person before other photos, which add what they show.
    Raises `ResultError`, and has changed nothing then.
    """
    reason = reason_against_texture(armature)
    if reason:
        raise ResultError(f"{reason}.")
    view_layer.update()
    body = cast("bpy.types.Object", body_of(armature))
    surface = _textured_surface(armature, body)
    usable, notes = _usable(armature, others)
    photos = [_photo_of(figure, scene, view_layer, choices) for figure in (armature, *usable)]
    picture, shown = make_texture(surface, photos, choices)
    if not shown > 0.0:
        raise ResultError(
            "The photo shows nothing of this figure: bring it before its camera, or fit the photo again."
        )
    with all_or_nothing(view_layer) as created:
        image = _packed(f"{body.name} photo", picture, created)
        wear_texture(body, image, (armature, *usable), created)
    said = f"{'The photo shows' if not usable else f'{len(photos)} photos show'} {shown:.0%} of the body; the rest is filled in"
    return (f"{said}.", *notes)


def _usable(
    armature: bpy.types.Object, others: Sequence[bpy.types.Object]
) -> tuple[list[bpy.types.Object], list[str]]:
    """Return the other figures whose photos add something, and sentences on those whose do not."""
    usable: list[bpy.types.Object] = []
    notes: list[str] = []
    cameras = {camera_of(armature)}
    faces = _corner_vertices(cast("bpy.types.Object", body_of(armature)))
    for other in others:
        reason = reason_against_texture(other)
        if not reason and camera_of(other) in cameras:
            reason = "It stands in the same photo: it is somebody else"
        if not reason and not np.array_equal(
            _corner_vertices(cast("bpy.types.Object", body_of(other))), faces
        ):
            reason = "It has another body"
        if reason:
            notes.append(f"“{other.name}” adds nothing. {reason}.")
        else:
            usable.append(other)
            cameras.add(camera_of(other))
    return usable, notes


def _photo_of(
    figure: bpy.types.Object, scene: bpy.types.Scene, view_layer: bpy.types.ViewLayer, choices: TextureChoices
) -> TexturePhoto:
    camera = cast("bpy.types.Object", camera_of(figure))
    image = cast("bpy.types.Image", photo_behind(camera))
    depsgraph = cast("bpy.types.Depsgraph", view_layer.depsgraph)
    bodies = [body for body in map(body_of, figures_before(scene, camera)) if body is not None]
    own = cast("bpy.types.Object", body_of(figure))
    points, normals = _posed(own, depsgraph)
    hiding = [_posed(body, depsgraph)[0][_triangles(body)] for body in {*bodies, own}]
    width, height = size_px(image)
    share = min(1.0, MOST_PHOTO_PX * choices.side_px / max(width, height))
    size = (max(1, round(width * share)), max(1, round(height * share)))
    colours = np.clip(scaled_pixels(image, *size), 0.0, 1.0)
    shade = _shade(light_on(bodies or [own], camera, image, depsgraph)) if choices.divides_light else None
    posed = PosedSurface(points, normals, np.concatenate(hiding), _is_right(figure, own))
    return TexturePhoto(colours, photo_projection(camera, size, depsgraph), posed, shade)


def _shade(light: PhotoLight) -> Callable[[Array], Array]:
    """Return the light (N, 3) on white surfaces by their normals (N, 3)."""

    def shade(normals: Array) -> Array:
        bright = light.sky + light.sun * np.maximum(normals @ light.towards, 0.0)
        lit: Array = bright[:, None] * light.colour
        return lit

    return shade


def _posed(body: bpy.types.Object, depsgraph: bpy.types.Depsgraph) -> tuple[Array, Array]:
    """Return points and normals (V, 3) in the world of the mesh's own vertices; what modifiers have added stands after them."""
    count = len(cast("bpy.types.Mesh", body.data).vertices)
    points, normals = surface_of(body, depsgraph)
    if len(points) < count:
        raise ResultError(
            f"A modifier of “{body.name}” takes vertices away: switch it off in the viewport while the texture is made."
        )
    return points[:count], normals[:count]


def _textured_surface(armature: bpy.types.Object, body: bpy.types.Object) -> TexturedSurface:
    mesh: Any = body.data
    layer = cast("Any", _uv_layer(body))
    uv = np.empty(2 * len(mesh.loops), dtype=np.float32)
    layer.uv.foreach_get("vector", uv)
    uv = uv.reshape(-1, 2).astype(np.float64)
    vertices = _triangles(body)
    count = len(vertices)
    loops, polygons = np.empty(3 * count, dtype=np.int32), np.empty(count, dtype=np.int32)
    mesh.loop_triangles.foreach_get("loops", loops)
    mesh.loop_triangles.foreach_get("polygon_index", polygons)
    slots = np.empty(len(mesh.polygons), dtype=np.int32)
    mesh.polygons.foreach_get("material_index", slots)
    rest = _rest(body)
    other_side = _other_side(rest)
    corners = loops.reshape(-1, 3)
    return TexturedSurface(
        vertices,
        uv[corners],
        _mirrored_uv(body, uv, other_side)[corners],
        other_side,
        np.isin(slots, textured_slots(body))[polygons],
        rest,
        _along(armature, body),
    )


def _rest(body: bpy.types.Object) -> Array:
    mesh: Any = body.data
    keys = mesh.shape_keys.key_blocks if mesh.shape_keys is not None else {}
    return coordinates(keys[BASIS].points if BASIS in keys else mesh.vertices)


def _along(armature: bpy.types.Object, body: bpy.types.Object) -> Array:
    """Return the directions (V, 3) at rest, in the mesh's frame, of the bones that move the vertices most, if of `LONG_PARTS`."""
    bones = cast("bpy.types.Armature", armature.data).bones
    into_body = np.array(body.matrix_world.inverted_safe() @ armature.matrix_world, dtype=np.float64)[:3, :3]
    names, strongest = _strongest_groups(body)
    directions = np.zeros((len(names), 3))
    for number, name in enumerate(names):
        bone = bones.get(name)
        if bone is not None and name.startswith(LONG_PARTS):
            way = into_body @ np.array(bone.tail_local - bone.head_local)
            directions[number] = way / max(float(np.linalg.norm(way)), 1e-12)
    return directions[strongest]


def _is_right(armature: bpy.types.Object, body: bpy.types.Object) -> Flags:
    """Return for each vertex (V,) if its limb is where the photo has it: neither guessed nor far from its keypoints.

    A report that knows of no keypoint says nothing against any limb.
    """
    report = stored_report(armature)
    limbs = report.limbs if report is not None else ()
    is_judged = any(limb.residual is not None for limb in limbs)
    wrong = {limb.name for limb in limbs if is_judged and limb.word in WRONG_WORDS}
    names, strongest = _strongest_groups(body)
    return np.array([_limb_of(name) not in wrong for name in names])[strongest]


def _limb_of(bone: str) -> str:
    """Return the limb of the report that a bone belongs to."""
    limb = next((limb for limb, beginnings in LIMB_BONES.items() if bone.startswith(beginnings)), "Trunk")
    side = {"L": "Left", "R": "Right"}.get(bone[-1:])
    return f"{side} {limb}" if side is not None and limb not in ("Head", "Trunk") else limb


def _strongest_groups(body: bpy.types.Object) -> tuple[list[str], Integers]:
    """Return the names of the body's vertex groups, an empty one at the end, and the place of each vertex's strongest (V,)."""
    names = [*(group.name for group in body.vertex_groups), ""]
    weights = group_weights(body)
    return names, weights.argmax(axis=1) if weights.shape[1] else np.zeros(len(weights), dtype=np.int64)


def _other_side(rest: Array) -> Integers:
    """Return for each vertex (V,) at rest (V, 3) the one at its place across x = 0; −1 where there is none."""
    mirrored = rest * (-1.0, 1.0, 1.0)
    found = nearest_points(rest, mirrored)
    apart = np.linalg.norm(rest[found] - mirrored, axis=1)
    return np.where(apart <= MIRROR_TOLERANCE * np.ptp(rest, axis=0).max(), found, -1)


def _mirrored_uv(body: bpy.types.Object, uv: Array, other_side: Integers) -> Array:
    """Return for each face's corner (L, 2) the UV of the same corner of the face on the other side; NaN where there is none."""
    mesh: Any = body.data
    starts = np.empty(len(mesh.polygons), dtype=np.int32)
    mesh.polygons.foreach_get("loop_start", starts)
    corners = _corner_vertices(body)
    faces = np.split(np.arange(len(corners)), starts[1:])
    by_vertices = {frozenset(corners[loops].tolist()): loops for loops in faces}
    found = np.full((len(corners), 2), np.nan)
    for loops in faces:
        wanted = other_side[corners[loops]].tolist()
        twin = by_vertices.get(frozenset(wanted))
        if twin is not None:
            places = dict(zip(corners[twin].tolist(), twin.tolist(), strict=True))
            found[loops] = uv[[places[vertex] for vertex in wanted]]
    return found


def _corner_vertices(body: bpy.types.Object) -> Integers:
    mesh = cast("bpy.types.Mesh", body.data)
    corners = np.empty(len(mesh.loops), dtype=np.int32)
    mesh.loops.foreach_get("vertex_index", corners)
    return corners.astype(np.int64)


def _triangles(body: bpy.types.Object) -> Integers:
    mesh = cast("bpy.types.Mesh", body.data)
    mesh.calc_loop_triangles()
    found = np.empty(3 * len(mesh.loop_triangles), dtype=np.int32)
    mesh.loop_triangles.foreach_get("vertices", found)
    return found.reshape(-1, 3).astype(np.int64)


def _uv_layer(body: bpy.types.Object) -> bpy.types.MeshUVLoopLayer | None:
    return cast("bpy.types.Mesh", body.data).uv_layers.get(UV_NAME)


def _packed(name: str, picture: Array, created: Created) -> bpy.types.Image:
    side = len(picture)
    image = created.add(bpy.data.images.new(name, side, side))
    pixels = np.ones((side, side, 4), dtype=np.float32)
    pixels[..., :3] = picture
    cast("Any", image.pixels).foreach_set(pixels.ravel())
    image[MATERIAL_MARK] = MARK
    image.pack()
    image.filepath_raw = (
        f"//{bpy.path.clean_name(name)}.png"  # unpacked there, and told from other packed images in an FBX
    )
    return image
