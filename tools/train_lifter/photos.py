# pyright: basic
"""Imaginary photos of posed bodies: cameras, framing, and a keypoint detector's faults.

`benchmark_views` follows the accuracy benchmark's rules (yaw, pitch, focal, figure height, noise);
`training_views` spreads wider: any heading, rolled and tilted cameras, lying people, close-ups cut by the picture's
border, missing limbs, faces that turn away. Pixels of a picture 1000 high.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

PICTURE_HEIGHT = 1000.0
NOISE_SHARE = 0.006
"""A detector's standard deviation at confidence 0.8 is about this share of the figure's height, times 0.75."""
ARMS = ((2, 3, 4), (5, 6, 7))
LEGS = ((9, 10, 11, 22, 23, 24), (12, 13, 14, 19, 20, 21))
KNEES_DOWN = ((10, 11, 22, 23, 24), (13, 14, 19, 20, 21))
FEET = (19, 20, 21, 22, 23, 24)
FACE_SIGHT = {0: (0.0, 1.0), 15: (-0.6, 0.8), 16: (0.6, 0.8), 17: (-1.0, 0.0), 18: (1.0, 0.0)}
"""The directions, in (x, z) of the head, in which nose, eyes and ears look: right ones have negative x."""


@dataclass(frozen=True)
class Views:
    """N cameras: `camera_from_world (N,3,3)`, `focal_px (N)`, `share (N)` of the picture's height that the body
    takes, `place (N,2)` of its middle in pixels from the principal point, and how faulty the detector is."""

    camera_from_world: Tensor
    focal_px: Tensor
    share: Tensor
    place: Tensor
    wide: bool


def axis_rotation(angle: Tensor, axis: int) -> Tensor:
    """Rotations (N,3,3) by angles (N) in radians about axis 0, 1 or 2."""
    cosine, sine = torch.cos(angle), torch.sin(angle)
    following, last = (axis + 1) % 3, (axis + 2) % 3
    rotation = torch.zeros(len(angle), 3, 3)
    rotation[:, axis, axis] = 1.0
    rotation[:, following, following] = cosine
    rotation[:, last, last] = cosine
    rotation[:, following, last] = -sine
    rotation[:, last, following] = sine
    return rotation


def _uniform(count: int, low: float, high: float, generator: torch.Generator) -> Tensor:
    return low + (high - low) * torch.rand(count, generator=generator)


def _towards_camera(yaw: Tensor, pitch: Tensor, roll: Tensor) -> Tensor:
    """Return the rotation from world (y up, body facing z) to camera (y down, z forward); at yaw 0 the body faces the camera."""
    flip = torch.diag(torch.tensor([1.0, -1.0, -1.0]))
    return axis_rotation(roll, 2) @ axis_rotation(pitch, 0) @ flip @ axis_rotation(yaw, 1)


def benchmark_views(count: int, generator: torch.Generator) -> Views:
    """Cameras as the accuracy benchmark has them."""
    any_yaw = torch.arange(count) % 3 == 0
    yaw = torch.where(
        any_yaw, _uniform(count, -torch.pi, torch.pi, generator), _uniform(count, -0.9, 0.9, generator)
    )
    camera = _towards_camera(yaw, _uniform(count, -0.25, 0.15, generator), torch.zeros(count))
    focal = torch.tensor([1100.0, 1600.0, 2600.0])[torch.randint(3, (count,), generator=generator)]
    return Views(camera, focal, _uniform(count, 0.62, 0.82, generator), torch.zeros(count, 2), wide=False)


def training_views(count: int, generator: torch.Generator) -> Views:
    """Cameras for training: wider than any benchmark."""
    front = torch.rand(count, generator=generator) < 0.4
    yaw = torch.where(
        front, _uniform(count, -1.0, 1.0, generator), _uniform(count, -torch.pi, torch.pi, generator)
    )
    rolled = torch.rand(count, generator=generator) < 0.35
    roll = torch.where(
        rolled, _uniform(count, -0.5, 0.5, generator), 0.04 * torch.randn(count, generator=generator)
    )
    level = torch.rand(count, generator=generator) < 0.5
    pitch = torch.where(level, _uniform(count, -0.25, 0.2, generator), _uniform(count, -0.6, 0.6, generator))
    camera = _towards_camera(yaw, pitch, roll)
    lying = torch.rand(count, generator=generator) < 0.06
    camera = torch.where(lying[:, None, None], _any_rotations(count, generator), camera)
    focal = torch.exp(_uniform(count, 6.6, 8.1, generator))  # 735 … 3300 px
    close = torch.rand(count, generator=generator) < 0.2
    share = torch.where(close, _uniform(count, 0.9, 1.8, generator), _uniform(count, 0.3, 0.92, generator))
    place = _uniform(2 * count, -1.0, 1.0, generator).reshape(count, 2) * torch.tensor([450.0, 250.0])
    place = place * torch.clip(1.0 - share, 0.0, 1.0)[:, None]
    cut = (share - 1.0).clip(0.0) * 0.5 * PICTURE_HEIGHT  # a close-up keeps the head in the picture
    place[:, 1] += cut
    return Views(camera, focal, share, place, wide=True)


def _any_rotations(count: int, generator: torch.Generator) -> Tensor:
    """Rotations (N,3,3) drawn evenly: two normal vectors made orthonormal, and their cross product."""
    first, second = torch.nn.functional.normalize(torch.randn(2, count, 3, generator=generator), dim=-1)
    second = torch.nn.functional.normalize(
        second - (first * second).sum(dim=-1, keepdim=True) * first, dim=-1
    )
    return torch.stack([first, second, torch.linalg.cross(first, second)], dim=1)


def pelvis_place(views: Views, points: Tensor) -> Tensor:
    """Return the pelvis (N,3) in the camera frame at which keypoints (N,25,3) about it fill their share.

    Three rounds of setting the depth by the projected height and the shift by the projected middle.
    """
    depth = views.focal_px * 1.75 / (views.share * PICTURE_HEIGHT)
    place = torch.stack([torch.zeros_like(depth), torch.zeros_like(depth), depth], dim=1)
    for _ in range(3):
        pixels = _project(points + place[:, None], views.focal_px)
        low, high = pixels.amin(dim=1), pixels.amax(dim=1)
        extent = torch.linalg.norm(high - low, dim=1)
        wanted = views.share * PICTURE_HEIGHT
        place = place * (extent / wanted)[:, None].clip(0.3, 3.0)
        place[:, 2] = torch.maximum(place[:, 2], 0.35 - points[..., 2].amin(dim=1))
        pixels = _project(points + place[:, None], views.focal_px)
        middle = (pixels.amin(dim=1) + pixels.amax(dim=1)) / 2.0
        shift = (views.place - middle) * place[:, 2:] / views.focal_px[:, None]
        place = place + torch.cat([shift, torch.zeros_like(shift[:, :1])], dim=1)
    return place


def _project(points: Tensor, focal_px: Tensor) -> Tensor:
    return points[..., :2] / points[..., 2:].clip(0.1) * focal_px[:, None, None]


def detect(points: Tensor, head_to_camera: Tensor, views: Views, generator: torch.Generator) -> Tensor:
    """Keypoints (N,25,3), pixels from the principal point and confidence, of points (N,25,3) in the camera frame.

    `head_to_camera (N,3,3)` is the head's rotation in the camera frame, for faces that turn away.
    """
    count, number = points.shape[:2]
    pixels = _project(points, views.focal_px)
    extent = (pixels.amax(dim=1) - pixels.amin(dim=1))[:, 1]
    confidence = (0.8 + 0.12 * torch.randn(count, number, generator=generator)).clip(0.2, 1.0)
    scale = NOISE_SHARE * extent
    if views.wide:
        scale = scale * torch.exp(0.5 * torch.randn(count, generator=generator))
    spread = 1.5 * (1.3 - confidence) * scale[:, None]
    noisy = pixels + spread[..., None] * torch.randn(count, number, 2, generator=generator)
    moved = torch.rand(count, number, generator=generator) < 0.02
    outlier = 0.05 * extent[:, None, None] * torch.randn(count, number, 2, generator=generator)
    noisy = torch.where(moved[..., None], pixels + outlier, noisy)
    confidence = torch.where(moved, torch.full_like(confidence, 0.35), confidence)
    missing = torch.rand(count, number, generator=generator) < 0.04
    if views.wide:
        missing |= _hidden(points, noisy, head_to_camera, views, generator)
        confidence = _varied(confidence, generator)
    seen = (~missing).float()
    return torch.cat([noisy * seen[..., None], (confidence * seen)[..., None]], dim=2)


def _varied(confidence: Tensor, generator: torch.Generator) -> Tensor:
    """Other detectors have other habits: confidence to a power of 0.6 … 1.8."""
    power = torch.exp(_uniform(len(confidence), -0.5, 0.6, generator))
    return confidence ** power[:, None]


def _hidden(
    points: Tensor, pixels: Tensor, head_to_camera: Tensor, views: Views, generator: torch.Generator
) -> Tensor:
    """Return True for the keypoints (N,25) that a picture does not show: cut off, covered, or on the far side of the head."""
    count = len(points)
    hidden = (pixels[..., 1].abs() > PICTURE_HEIGHT / 2.0) | (pixels[..., 0].abs() > 0.75 * PICTURE_HEIGHT)

    def sometimes(chance: float) -> Tensor:
        return torch.rand(count, generator=generator) < chance

    for group, chance in ((ARMS, 0.05), (LEGS, 0.04), (KNEES_DOWN, 0.04)):
        for limb in group:
            hidden[:, list(limb)] |= sometimes(chance)[:, None]
    both_legs = [*LEGS[0], *LEGS[1]]
    hidden[:, both_legs] |= sometimes(0.06)[:, None]
    hidden[:, [*KNEES_DOWN[0], *KNEES_DOWN[1]]] |= sometimes(0.04)[:, None]
    hidden[:, list(FEET)] |= sometimes(0.12)[:, None]
    turned_away = sometimes(0.7)
    for keypoint, (x, z) in FACE_SIGHT.items():
        sight = head_to_camera @ torch.tensor([x, 0.0, z])
        away = (sight * points[:, keypoint]).sum(dim=1) > 0.35 * torch.linalg.norm(points[:, keypoint], dim=1)
        hidden[:, keypoint] |= turned_away & away
    emptied = (~hidden).sum(dim=1) < 6
    hidden[emptied] = False
    return hidden
