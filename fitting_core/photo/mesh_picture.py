"""Draw triangles before a pinhole camera as a shaded picture with depth, in NumPy alone.

Every triangle is cut into pixel rows and every row into pixels, all at once; of the fragments that fall on a
pixel the nearest stays (a z-buffer), and only those are shaded. Camera frame: metres, x right, y down, z
forward.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from fitting_core.arrays import NumpyArray

if TYPE_CHECKING:
    from jaxtyping import Bool, Float, Float32, Integer, UInt8

Array: TypeAlias = NumpyArray
Colour: TypeAlias = tuple[float, float, float]

# Triangles that come nearer to the camera than this are left out rather than cut: on a body they are small.
NEAREST_DEPTH_M = 0.05
# About so many fragments are worked on at once, of some 50 bytes each.
_FRAGMENTS_AT_ONCE = 4_000_000
# A triangle of less than this, in square pixels, is seen edge-on.
_MINIMUM_AREA_PX = 1e-6
# Projected coordinates beyond this are not drawn: float32 has no subpixels there.
_FARTHEST_PIXEL = 1e6

# The light comes over the viewer's left shoulder; the ambient part keeps shaded sides readable.
_LIGHT = np.array([-0.45, -0.65, -0.75]) / np.linalg.norm([-0.45, -0.65, -0.75])
_AMBIENT = 0.4


@dataclass(frozen=True, eq=False)
class PinholeCamera:
    """Focal length and principal point in pixels (origin at the top left corner, y down)."""

    focal_px: float
    principal_point: Float[Array, " 2"]

    def scaled(self, factor: float) -> PinholeCamera:
        """Return the same camera for a picture scaled by `factor`."""
        return PinholeCamera(self.focal_px * factor, self.principal_point * factor)

    def project(self, points: Float[Array, "N 3"]) -> Float[Array, "N 2"]:
        """Pixels of camera-frame points, f · x / z + c; NaN where nearer than NEAREST_DEPTH_M."""
        usable = (points[:, 2:] >= NEAREST_DEPTH_M) & np.isfinite(points)
        sound = np.where(usable, points, np.nan)
        return self.focal_px * sound[:, :2] / sound[:, 2:] + self.principal_point


@dataclass(frozen=True, eq=False)
class MeshPicture:
    """A shaded mesh: colours, and depth along the viewing direction in metres (infinite where nothing is)."""

    rgb: UInt8[Array, "H W 3"]
    depth: Float32[Array, "H W"]


@dataclass(frozen=True, eq=False)
class _ScreenTriangles:
    """Triangles in pixels: corner coordinates, inverse depths, and their vertices' numbers."""

    x: Float32[Array, "T 3"]
    y: Float32[Array, "T 3"]
    inverse_depth: Float32[Array, "T 3"]
    corners: Integer[Array, "T 3"]

    def doubled_area(self) -> Float32[Array, " T"]:
        x, y = self.x, self.y
        return (x[:, 1] - x[:, 0]) * (y[:, 2] - y[:, 0]) - (x[:, 2] - x[:, 0]) * (y[:, 1] - y[:, 0])

    def weights(self, index: Array, column: Array, row: Array) -> tuple[Array, Array]:
        """Weights (in the picture plane) of the second and third corner at the centres of pixels."""
        x, y = self.x[index], self.y[index]
        dx, dy = column + np.float32(0.5) - x[:, 0], row + np.float32(0.5) - y[:, 0]
        x1, y1, x2, y2 = x[:, 1] - x[:, 0], y[:, 1] - y[:, 0], x[:, 2] - x[:, 0], y[:, 2] - y[:, 0]
        area = x1 * y2 - x2 * y1
        return (dx * y2 - x2 * dy) / area, (x1 * dy - dx * y1) / area

    def selected(self, mask: Bool[Array, " T"] | slice) -> _ScreenTriangles:
        return _ScreenTriangles(self.x[mask], self.y[mask], self.inverse_depth[mask], self.corners[mask])


def draw_mesh(
    vertices: Float[Array, "V 3"],
    triangles: Integer[Array, "F 3"],
    camera: PinholeCamera,
    size: tuple[int, int],
    colour: Colour = (200.0, 200.0, 200.0),
) -> MeshPicture:
    """Draw a mesh (metres, camera frame) into a picture of (width, height) with smooth Lambert shading.

    Both sides of a triangle are seen. Pixel (0, 0) has its centre at (0.5, 0.5). Triangles nearer than
    NEAREST_DEPTH_M or with coordinates that are not finite are left out.
    """
    seen = _seen(vertices, triangles, camera, size)
    brightness = _brightness(vertices, triangles, camera, seen)
    return _picture(seen, size, brightness[:, None] * np.asarray(colour, dtype=np.float32))


def paint_mesh(
    vertices: Float[Array, "V 3"],
    triangles: Integer[Array, "F 3"],
    colours: Float[Array, "V 3"],
    camera: PinholeCamera,
    size: tuple[int, int],
) -> MeshPicture:
    """Draw a mesh like `draw_mesh`, in its vertices' own colours (0 to 255), mixed between them and unshaded."""
    seen = _seen(vertices, triangles, camera, size)
    return _picture(seen, size, np.rint(seen.mixed(colours)))


@dataclass(frozen=True, eq=False)
class _Seen:
    """The pixels (numbers row by row) that show something: the triangle nearest there, and the inverse of its depth."""

    on_screen: _ScreenTriangles
    pixel: Integer[Array, " N"]
    triangle: Integer[Array, " N"]
    inverse_depth: Float32[Array, " N"]
    width: int

    def mixed(self, values: Float[Array, "V 3"]) -> Float32[Array, "N 3"]:
        """Return the vertices' values at the pixels, interpolated in space."""
        row, column = np.divmod(self.pixel, self.width)
        second, third = self.on_screen.weights(self.triangle, column, row)
        found = np.zeros((len(self.pixel), 3), dtype=np.float32)
        total = np.zeros((len(self.pixel), 1), dtype=np.float32)
        for corner, weight in enumerate((1.0 - second - third, second, third)):
            space = (weight * self.on_screen.inverse_depth[self.triangle, corner])[:, None]
            found += space * values[self.on_screen.corners[self.triangle, corner]]
            total += space
        return found / total


def _seen(
    vertices: Float[Array, "V 3"],
    triangles: Integer[Array, "F 3"],
    camera: PinholeCamera,
    size: tuple[int, int],
) -> _Seen:
    """Find the nearest triangle of every pixel."""
    width, height = size
    on_screen = _on_screen(vertices, triangles, camera, size)
    nearest = np.zeros(height * width, dtype=np.float32)
    owner = np.full(height * width, -1, dtype=np.int32)
    for pixel, inverse_depth, index in _fragments(on_screen, size):
        _keep_nearest(nearest, owner, (pixel, inverse_depth, index))
    drawn = np.flatnonzero(owner >= 0)
    return _Seen(on_screen, drawn, owner[drawn], nearest[drawn], width)


def _picture(seen: _Seen, size: tuple[int, int], colours: Float[Array, "N 3"]) -> MeshPicture:
    width, height = size
    rgb = np.zeros((height * width, 3), dtype=np.uint8)
    rgb[seen.pixel] = np.clip(colours, 0, 255).astype(np.uint8)
    depth = np.full(height * width, np.inf, dtype=np.float32)
    depth[seen.pixel] = 1.0 / seen.inverse_depth
    return MeshPicture(rgb.reshape(height, width, 3), depth.reshape(height, width))


def _on_screen(
    vertices: Float[Array, "V 3"],
    triangles: Integer[Array, "F 3"],
    camera: PinholeCamera,
    size: tuple[int, int],
) -> _ScreenTriangles:
    """Return the triangles that can be seen."""
    pixels = camera.project(vertices.astype(np.float64))
    sound = np.all(np.abs(pixels) < _FARTHEST_PIXEL, axis=1)  # false for NaN
    kept = triangles[np.all(sound[triangles], axis=1)]
    corners = pixels[kept].astype(np.float32)
    inverse_depth = (1.0 / vertices[kept, 2]).astype(np.float32)
    found = _ScreenTriangles(corners[..., 0], corners[..., 1], inverse_depth, kept)
    inside = (
        (_most(found.x) > 0)
        & (_least(found.x) < size[0])
        & (_most(found.y) > 0)
        & (_least(found.y) < size[1])
        & (np.abs(found.doubled_area()) > _MINIMUM_AREA_PX)
    )
    return found.selected(inside)


def _fragments(triangles: _ScreenTriangles, size: tuple[int, int]) -> Iterator[tuple[Array, Array, Array]]:
    """Yield (pixel, inverse depth, triangle) of every pixel centre inside every triangle, in portions."""
    width, height = size
    wide, high = (_most(corners) - _least(corners) for corners in (triangles.x, triangles.y))
    boxes = (np.minimum(wide, width) + 1) * (np.minimum(high, height) + 1)
    portion = (np.cumsum(boxes, dtype=np.float64) // _FRAGMENTS_AT_ONCE).astype(np.int64)
    bounds = np.flatnonzero(np.diff(portion, prepend=-1, append=np.inf))
    for first, last in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        part = triangles.selected(slice(first, last))
        index, row, column = _covered_pixels(part, size)
        second, third = part.weights(index, column, row)
        first_inverse, second_inverse, third_inverse = part.inverse_depth[index].T
        inverse = first_inverse + second * (second_inverse - first_inverse)
        inverse += third * (third_inverse - first_inverse)
        yield row * width + column, inverse.astype(np.float32), index + first


def _covered_pixels(triangles: _ScreenTriangles, size: tuple[int, int]) -> tuple[Array, Array, Array]:
    """Return (triangle, row, column) of every pixel whose centre is covered."""
    width, height = size
    first_row = np.clip(np.ceil(_least(triangles.y) - 0.5), 0, height).astype(np.int64)
    last_row = np.clip(np.floor(_most(triangles.y) - 0.5), -1, height - 1).astype(np.int64)
    index, row = _runs(first_row, last_row)
    left, right = _row_ends(triangles, index, row)
    first_column = np.clip(np.ceil(left - 0.5), 0, width).astype(np.int64)
    last_column = np.clip(np.floor(right - 0.5), -1, width - 1).astype(np.int64)
    run, column = _runs(first_column, last_column)
    return index[run], row[run], column


def _least(corners: Float32[Array, "T 3"]) -> Float32[Array, " T"]:
    """Return the least of each row; column by column, which takes a tenth of the time of NumPy's along so short an axis."""
    return np.minimum(np.minimum(corners[:, 0], corners[:, 1]), corners[:, 2])


def _most(corners: Float32[Array, "T 3"]) -> Float32[Array, " T"]:
    return np.maximum(np.maximum(corners[:, 0], corners[:, 1]), corners[:, 2])


def _runs(first: Integer[Array, " N"], last: Integer[Array, " N"]) -> tuple[Array, Array]:
    """Return all whole numbers first … last of each run, with the number of their run."""
    counts = np.maximum(last - first + 1, 0)
    run = np.repeat(np.arange(len(counts)), counts)
    starts = np.cumsum(counts) - counts
    return run, np.arange(len(run)) - starts[run] + first[run]


def _row_ends(triangles: _ScreenTriangles, index: Array, row: Array) -> tuple[Array, Array]:
    """Return the first and last x of each triangle on the centre line of a pixel row, in pixels."""
    x, y = triangles.x[index], triangles.y[index]
    line = row + np.float32(0.5)
    left = np.full(len(index), np.inf, dtype=np.float32)
    right = np.full(len(index), -np.inf, dtype=np.float32)
    for start, end in ((0, 1), (1, 2), (2, 0)):
        rise = y[:, end] - y[:, start]
        with np.errstate(divide="ignore", invalid="ignore"):  # a level edge: the other two give the ends
            along = (line - y[:, start]) / rise
        crossed = (along >= 0) & (along <= 1)
        crossing = x[:, start] + along * (x[:, end] - x[:, start])
        left = np.where(crossed, np.minimum(left, crossing), left)
        right = np.where(crossed, np.maximum(right, crossing), right)
    return left, right


def _keep_nearest(
    nearest: Float32[Array, " P"], owner: Integer[Array, " P"], fragments: tuple[Array, Array, Array]
) -> None:
    """Enter fragments into the z-buffer in place.

    Of several for one pixel NumPy keeps one; those that are nearer still are entered again, which takes a few rounds.
    """
    pixel, inverse_depth, index = fragments  # in single precision, as the buffer is
    while len(pixel):
        nearer = np.flatnonzero(inverse_depth > nearest[pixel])
        pixel, inverse_depth, index = pixel[nearer], inverse_depth[nearer], index[nearer]
        nearest[pixel] = inverse_depth
        owner[pixel] = index


def _brightness(
    vertices: Float[Array, "V 3"],
    triangles: Integer[Array, "F 3"],
    camera: PinholeCamera,
    seen: _Seen,
) -> Float[Array, " N"]:
    """Lambert's cosine with perspectively interpolated vertex normals, turned towards the viewer."""
    row, column = np.divmod(seen.pixel, seen.width)
    normal = seen.mixed(_vertex_normals(vertices, triangles))
    normal /= np.maximum(np.sqrt(np.einsum("nx,nx->n", normal, normal)), 1e-12)[:, None]
    towards = np.column_stack([column, row]) + 0.5 - camera.principal_point
    away = normal[:, :2] * towards
    facing_away = away.sum(axis=1) + normal[:, 2] * camera.focal_px > 0
    cosine = np.where(facing_away, -1.0, 1.0) * (normal @ _LIGHT.astype(np.float32))
    return _AMBIENT + (1.0 - _AMBIENT) * np.clip(cosine, 0.0, 1.0)


def _vertex_normals(vertices: Float[Array, "V 3"], triangles: Integer[Array, "F 3"]) -> Float32[Array, "V 3"]:
    """Mean normal of the triangles around each vertex, weighted by their areas; not of unit length."""
    corners = np.where(np.isfinite(vertices), vertices, 0.0).astype(np.float64)[triangles]
    faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    count = len(vertices)
    sums = [
        np.bincount(triangles.ravel(), weights=np.repeat(faces[:, axis], 3), minlength=count)
        for axis in range(3)
    ]
    normals = np.stack(sums, axis=1)
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    return (normals / np.maximum(lengths, 1e-20)).astype(np.float32)
