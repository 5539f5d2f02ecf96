"""Made-up scenes for tests: boxes and floors as distance grids, and as scene files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fitting_core.fitting.scene.distance_grid import DistanceGrid


def box(
    name: str, low: list[float], high: list[float], spacing: float = 0.05, margin: float = 0.5
) -> DistanceGrid:
    """The exact distances of a box along the axes of the camera's frame."""
    least, most = np.array(low), np.array(high)
    counts = np.ceil((most - least + 2 * margin) / spacing).astype(int) + 1
    axes = [first - margin + spacing * np.arange(count) for first, count in zip(least, counts, strict=True)]
    apart = (
        np.abs(np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1) - (least + most) / 2) - (most - least) / 2
    )
    distance = np.linalg.norm(np.maximum(apart, 0), axis=-1) + np.minimum(apart.max(axis=-1), 0)
    return DistanceGrid(name, least - margin, np.full(3, spacing), distance, np.eye(4))


def ball(
    name: str, centre: np.ndarray, radius: float, spacing: float = 0.02, margin: float = 0.3
) -> DistanceGrid:
    """The exact distances of a ball in the camera's frame."""
    count = int(np.ceil(2 * (radius + margin) / spacing)) + 1
    origin = centre - radius - margin
    steps = spacing * np.arange(count)
    corners = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1) + origin - centre
    return DistanceGrid(
        name, origin, np.full(3, spacing), np.linalg.norm(corners, axis=-1) - radius, np.eye(4)
    )


def floor(height: float, name: str = "floor") -> DistanceGrid:
    """All that lies below y = `height` of the camera's frame, in which y points down."""
    below = height - np.array([-50.0, 50.0])
    return DistanceGrid(
        name,
        np.full(3, -50.0),
        np.full(3, 100.0),
        np.broadcast_to(below[:, None], (2, 2, 2)).copy(),
        np.eye(4),
    )


def scene_entries(*things: DistanceGrid) -> dict[str, np.ndarray]:
    """The entries of a scene file of these things, before the camera as they are."""
    return {
        "scene_version": np.array(1),
        "names": np.array([thing.name for thing in things]),
        "origins": np.stack([thing.origin for thing in things]),
        "spacings": np.stack([thing.spacing for thing in things]),
        "sizes": np.array([thing.distances.shape for thing in things]),
        "distances": np.concatenate([thing.distances.ravel() for thing in things]).astype(np.float32),
        "camera_from_scene": np.eye(4),
        "people": np.array([thing.is_person for thing in things]),
    }


def write_scene(path: Path, *things: DistanceGrid) -> Path:
    """Write a scene file."""
    np.savez(path, **scene_entries(*things))  # type: ignore[arg-type]
    return path
