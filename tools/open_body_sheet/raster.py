"""Draws triangles with a z-buffer and Lambert shading into a NumPy picture: enough to look at a body."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Picture = npt.NDArray[np.uint8]

BACKGROUND = 235
LIGHTS = ((0.35, 0.5, 0.8), (-0.6, 0.1, 0.45))  # directions towards two lights in the viewer's frame
_SKIN = np.array([222.0, 190.0, 170.0])


@dataclass(frozen=True)
class View:
    """An orthographic camera: `rotation` (3, 3) takes body axes to the viewer's x right, y up, z towards the viewer."""

    rotation: Floats
    centre: Floats  # (3,) body point in the middle of the picture
    metres_per_pixel: float
    width: int
    height: int

    def project(self, points: Floats) -> Floats:
        """Pixels and depth (N, 3); depth grows towards the viewer."""
        seen = (points - self.centre) @ self.rotation.T
        x = self.width / 2 + seen[:, 0] / self.metres_per_pixel
        y = self.height / 2 - seen[:, 1] / self.metres_per_pixel
        return np.stack([x, y, seen[:, 2]], axis=1)


def turned_view(
    yaw_deg: float, pitch_deg: float, centre: Floats, span_m: float, size: tuple[int, int]
) -> View:
    """Return a viewer in front of the body (on +z) who walks `yaw_deg` towards the body's left and `pitch_deg` upwards."""
    yaw, pitch = float(np.radians(yaw_deg)), float(np.radians(pitch_deg))
    around = np.array([[np.cos(yaw), 0, -np.sin(yaw)], [0, 1, 0], [np.sin(yaw), 0, np.cos(yaw)]])
    over = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    rotation: Floats = np.asarray(over @ around, dtype=np.float64)
    return View(rotation, centre, span_m / size[1], size[0], size[1])


def draw_mesh(
    vertices: Floats, triangles: Integers, view: View, colours: Floats | None = None
) -> tuple[Picture, Floats]:
    """Draw a shaded picture (H, W, 3) and the depth (H, W) of the surface nearest to the viewer; `colours` (V, 3) 0…255."""
    screen = view.project(vertices)
    corners = screen[triangles]
    edges = corners[:, 1:] - corners[:, :1]
    pixel = np.array([view.metres_per_pixel, view.metres_per_pixel, 1.0])
    normals = np.cross(edges[:, 0] * pixel * [1, -1, 1], edges[:, 1] * pixel * [1, -1, 1])
    vertex_normals = np.zeros_like(vertices)
    for corner in range(3):
        np.add.at(vertex_normals, triangles[:, corner], normals)
    vertex_normals /= np.linalg.norm(vertex_normals, axis=1, keepdims=True) + 1e-12
    depth = np.full((view.height, view.width), -np.inf)
    owner = np.full((view.height, view.width), -1, dtype=np.int64)
    share = np.zeros((view.height, view.width, 3))
    for chunk in np.array_split(np.arange(len(triangles)), max(1, len(triangles) // 4000)):
        _fill(corners[chunk], chunk, (depth, owner, share))
    hit = owner >= 0
    normal = np.einsum("nc,ncd->nd", share[hit], vertex_normals[triangles[owner[hit]]])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-12
    light = sum(
        np.clip(normal @ (np.array(way) / np.linalg.norm(way)), 0, 1) * power
        for way, power in zip(LIGHTS, (0.7, 0.25), strict=True)
    )
    base = _SKIN if colours is None else np.einsum("nc,ncd->nd", share[hit], colours[triangles[owner[hit]]])
    back = normal[:, 2] < 0
    shade = np.clip(0.22 + light, 0, 1.05)[:, None] * base
    shade[back] = [120, 120, 200]
    picture = np.full((view.height, view.width, 3), BACKGROUND, dtype=np.uint8)
    picture[hit] = np.clip(shade, 0, 255).astype(np.uint8)
    return picture, depth


def _fill(corners: Floats, ids: Integers, buffers: tuple[Floats, Integers, Floats]) -> None:
    depth, owner, share = buffers
    height, width = depth.shape
    low = np.clip(np.floor(corners[:, :, :2].min(axis=1)).astype(int), 0, [width - 1, height - 1])
    high = np.clip(np.ceil(corners[:, :, :2].max(axis=1)).astype(int), 0, [width - 1, height - 1])
    spans = high - low + 1
    counts = spans[:, 0] * spans[:, 1]
    triangle = np.repeat(np.arange(len(corners)), counts)
    step = np.arange(len(triangle)) - np.repeat(np.cumsum(counts) - counts, counts)
    x = low[triangle, 0] + step % spans[triangle, 0]
    y = low[triangle, 1] + step // spans[triangle, 0]
    a, b, c = (corners[triangle, i] for i in range(3))
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    area = np.where(np.abs(area) < 1e-12, 1e-12, area)
    second = ((x - a[:, 0]) * (c[:, 1] - a[:, 1]) - (y - a[:, 1]) * (c[:, 0] - a[:, 0])) / area
    third = ((b[:, 0] - a[:, 0]) * (y - a[:, 1]) - (b[:, 1] - a[:, 1]) * (x - a[:, 0])) / area
    first = 1.0 - second - third
    inside = (first >= -1e-9) & (second >= -1e-9) & (third >= -1e-9)
    z = first * a[:, 2] + second * b[:, 2] + third * c[:, 2]
    x, y, z, triangle = x[inside], y[inside], z[inside], triangle[inside]
    parts = np.stack([first[inside], second[inside], third[inside]], axis=1)
    order = np.argsort(z, kind="stable")  # nearest last: it wins the assignment
    x, y, z, triangle, parts = x[order], y[order], z[order], triangle[order], parts[order]
    wins = z > depth[y, x]
    x, y, z, triangle, parts = x[wins], y[wins], z[wins], triangle[wins], parts[wins]
    depth[y, x], owner[y, x], share[y, x] = z, ids[triangle], parts
