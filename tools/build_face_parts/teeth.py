"""Teeth and gums on MakeHuman's bands."""

from __future__ import annotations

import numpy as np

from tools.build_face_parts.makehuman_mesh import Floats, MakeHumanMesh
from tools.build_face_parts.parts import Part, along, joined

# Widths from the middle to the back, of an adult's teeth in millimetres (Wheeler's Dental Anatomy).
UPPER_WIDTHS = (8.5, 6.5, 7.5, 7.0, 7.0, 10.0)
LOWER_WIDTHS = (5.0, 5.5, 7.0, 7.0, 7.0, 11.0)
COLUMNS, ROWS = 9, 6
DEPTH_M = 0.0022  # from a tooth's front to its sides
GUM_SHARE = 0.42  # of the band's height from its gum edge
GUM_INSET_M = 0.0012


def teeth(mesh: MakeHumanMesh, group: str, widths: tuple[float, ...]) -> Part:
    """Return a row of teeth: each a bulged plate as wide as its share of the band."""
    band = mesh.vertices[mesh.band(group)][:3]  # gum edge, middle, biting edge
    order = [*reversed(widths), *widths]
    edges = np.concatenate([[0.0], np.cumsum(order)]) / np.sum(order)
    return joined([_tooth(band, edges[index], edges[index + 1]) for index in range(len(order))])


def gum(mesh: MakeHumanMesh, group: str) -> Part:
    """Return the gum: the upper part of the band, behind the teeth at its lower end and over them at its edge."""
    band = mesh.vertices[mesh.band(group)][:3]
    us, vs = np.linspace(0.0, 1.0, 49), np.linspace(0.0, GUM_SHARE, 5)
    lobes = 0.06 * np.abs(np.sin(np.pi * 12 * us))  # between two teeth it reaches farther
    points = np.array(
        [
            [along(band, u, max(0.0, v - lobe * v / GUM_SHARE)) for u, lobe in zip(us, lobes, strict=True)]
            for v in vs
        ]
    )
    outward = _outward(points)
    over = np.linspace(0.0008, -GUM_INSET_M * 0.2, len(vs))[:, None, None]
    return _sheet(points + over * outward)


def _tooth(band: Floats, first: float, last: float) -> Part:
    us, vs = np.linspace(first, last, COLUMNS), np.linspace(0.12, 1.0, ROWS)
    points = np.array([[along(band, u, v) for u in us] for v in vs])
    outward = _outward(points)
    s = np.linspace(-1.0, 1.0, COLUMNS)[None, :, None]
    t = np.linspace(0.0, 1.0, ROWS)[:, None, None]
    bulge = 0.0006 * (1 - s**2) * np.sin(np.pi * (0.25 + 0.6 * t))
    sides = -DEPTH_M * np.abs(s) ** 10
    narrowed = (
        points + (points.mean(axis=1, keepdims=True) - points) * (0.01 + 0.06 * (1 - t) ** 2) * np.abs(s) ** 2
    )
    rounded = narrowed - (narrowed[-1:] - narrowed[-2:-1]) * 0.3 * (t == 1.0) * np.abs(s) ** 4
    return _sheet(rounded + (bulge + sides) * outward)


def _outward(points: Floats) -> Floats:
    """Return unit vectors (R, C, 3) out of the mouth, level and across the row."""
    ahead = np.gradient(points, axis=1)
    out = np.stack([-ahead[..., 2], np.zeros(ahead.shape[:2]), ahead[..., 0]], axis=-1)
    out /= np.maximum(np.linalg.norm(out, axis=-1, keepdims=True), 1e-12)
    middle = np.array([0.0, 0.0, 0.11])
    away = ((points - middle) * out)[..., [0, 2]].sum(axis=-1).mean()
    return out if away > 0 else -out


def _sheet(points: Floats) -> Part:
    rows, columns = points.shape[:2]
    numbers = np.arange(rows * columns).reshape(rows, columns)
    quads = np.stack([numbers[:-1, :-1], numbers[:-1, 1:], numbers[1:, 1:], numbers[1:, :-1]], axis=-1)
    return Part(points.reshape(-1, 3), quads.reshape(-1, 4))
