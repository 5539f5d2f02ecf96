"""Lashes on MakeHuman's bands, and brows on the skin above the eyes."""

from __future__ import annotations

from typing import cast

import numpy as np

from tools.build_face_parts.makehuman_mesh import Floats, Integers, MakeHumanMesh
from tools.build_face_parts.parts import Part, along, joined, ribbon

SEED = 12
UPPER_LASHES, LOWER_LASHES = 46, 26
LASH_WIDTH_M, BROW_WIDTH_M = 0.0005, 0.00042
LASH_STEPS = 4
BROW_HAIRS, BROW_STEPS = 240, 4
BROW_LENGTH_M = 0.0088
ABOVE_SKIN_M = (-0.0003, 0.0009, 0.0012, 0.0007)  # of a brow hair from its root to its tip
# The left brow from its inner to its outer end: places before the face, metres, and half its height there.
BROW_LINE = np.array([(0.0135, 0.7455), (0.023, 0.7490), (0.034, 0.7520), (0.044, 0.7505), (0.0525, 0.7450)])
BROW_HALF_HEIGHT = np.array((0.0032, 0.0034, 0.0030, 0.0020, 0.0008))


def lashes(mesh: MakeHumanMesh) -> Part:
    """Return the lashes of the left eye: each a hair from the edge of the lid across a band, the longest in its middle."""
    random = np.random.default_rng(SEED)
    hairs: list[Part] = []
    for group, count, longest in (
        ("helper-l-eyelashes-2", UPPER_LASHES, 1.0),
        ("helper-l-eyelashes-1", LOWER_LASHES, 0.75),
    ):
        band = mesh.vertices[mesh.band(group)[1:]]
        for u in np.linspace(0.02, 0.98, count) + random.uniform(-0.004, 0.004, count):
            reach = float(longest * (0.75 + 0.25 * np.sin(np.pi * u)) * random.uniform(0.85, 1.0))
            steps: list[float] = np.linspace(0.0, reach, LASH_STEPS).tolist()
            spine = np.array([along(band, float(np.clip(u, 0, 1)), step) for step in steps])
            ahead = along(band, min(float(u) + 0.02, 1.0), 0.0) - along(band, max(float(u) - 0.02, 0.0), 0.0)
            hairs.append(ribbon(spine, ahead, LASH_WIDTH_M))
    return joined(hairs)


def brow(skin: Floats, triangles: Integers) -> Part:
    """Return the left brow: hairs that lie on the skin, upright at its inner end and outward along it beyond.

    `skin` (V, 3) are the vertices of the body, `triangles` (F, 3) those of its face.
    """
    random = np.random.default_rng(SEED)
    places = np.linspace(0.0, 1.0, len(BROW_LINE))
    hairs: list[Part] = []
    for u, height in zip(
        np.sort(random.uniform(0.0, 1.0, BROW_HAIRS)), random.uniform(-1.0, 1.0, BROW_HAIRS), strict=True
    ):
        x, y = _on_line(places, float(u))
        half = float(np.interp(u, places, BROW_HALF_HEIGHT))
        ahead = np.subtract(_on_line(places, float(u) + 0.05), _on_line(places, float(u) - 0.05))
        turn = np.interp(u, [0.0, 0.25, 1.0], [58.0, 20.0, 2.0]) - 22.0 * height + random.normal(0.0, 5.0)
        angle = np.arctan2(ahead[1], ahead[0]) + np.radians(turn)
        share = float(np.interp(u, [0.0, 0.3, 1.0], [0.75, 1.0, 0.7]) * random.uniform(0.8, 1.05))
        way = np.array([np.cos(angle), np.sin(angle)])
        steps = np.outer(np.linspace(0.0, share * BROW_LENGTH_M, BROW_STEPS), way)
        root = np.array([x, y + half * height])
        spine = on_skin(root + steps, skin, triangles, np.array(ABOVE_SKIN_M))
        across = np.array([-np.sin(angle), np.cos(angle), 0.0])
        hairs.append(ribbon(spine, across, BROW_WIDTH_M))
    return joined(hairs)


def _on_line(places: Floats, u: float) -> tuple[float, float]:
    return float(np.interp(u, places, BROW_LINE[:, 0])), float(np.interp(u, places, BROW_LINE[:, 1]))


def on_skin(places: Floats, skin: Floats, triangles: Integers, above: Floats) -> Floats:
    """Return the foremost skin (N, 3) behind places (N, 2) seen from the front, each raised along the skin's normal."""
    corners = skin[triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    forward = normals[:, 2] > 0
    corners, normals = corners[forward], normals[forward]
    found: list[Floats] = []
    for place, height in zip(places, above, strict=True):
        sides = corners[:, [1, 2], :2] - corners[:, :1, :2]
        from_corner = (place - corners[:, 0, :2])[..., None]
        shares = cast("Floats", np.linalg.solve(np.swapaxes(sides, 1, 2), from_corner)[..., 0])
        inside = (shares >= -1e-9).all(axis=1) & (shares.sum(axis=1) <= 1 + 1e-9)
        rise = cast("Floats", (corners[:, 1:, 2] - corners[:, :1, 2]) * shares)
        depth = corners[:, 0, 2] + rise.sum(axis=1)
        nearest = int(np.argmax(np.where(inside, depth, -np.inf)))
        normal = normals[nearest] / np.linalg.norm(normals[nearest])
        found.append(np.array([*place, depth[nearest]]) + height * normal)
    return np.array(found)
