"""The pages of the sheet: each turns a body into one picture (NumPy, H × W × 3)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from fitting_core.body_model.joints import SMPLX_JOINT_NAMES, SMPLX_PARENTS, joint_index
from tools.open_body_sheet.posed_body import Body, hand_pose, mirrored, on_surface, posed, shaped
from tools.open_body_sheet.raster import Picture, View, draw_mesh, turned_view

Floats = npt.NDArray[np.float64]
Pose = dict[str, tuple[float, float, float]]

_RED, _BLUE, _INK = (200, 0, 0), (0, 0, 220), (40, 40, 40)

_FIST: Pose = {
    f"left_{f}{i}": (0.0, 0.0, -80.0) for f in ("index", "middle", "ring", "pinky") for i in (1, 2, 3)
} | {
    "left_thumb1": (20.0, 20.0, -10.0),
    "left_thumb2": (0.0, 40.0, -20.0),
    "left_thumb3": (0.0, 60.0, -30.0),
}
# Degrees; left side, mirrored to the right.
POSES: dict[str, Pose] = {
    "arms down": mirrored({"left_shoulder": (0, 0, -78)}),
    "arms down, collars": mirrored({"left_shoulder": (0, 0, -68), "left_collar": (0, 0, -10)}),
    "arms up": mirrored({"left_shoulder": (0, 0, 65), "left_collar": (0, 0, 20)}),
    "arms forward": mirrored({"left_shoulder": (0, -75, 0), "left_collar": (0, -12, 0)}),
    "elbows bent": mirrored({"left_shoulder": (0, 0, -70), "left_elbow": (0, -130, 0)}),
    "palms up": mirrored({"left_wrist": (-60, 0, 0), "left_elbow": (-60, 0, 0), "left_shoulder": (-40, 0, 0)}),
    "squat": mirrored({"left_hip": (-115, 0, 20), "left_knee": (130, 0, 0), "left_ankle": (-25, 0, 0), "spine1": (25, 0, 0)}),
    "sitting": mirrored({"left_hip": (-90, 0, 8), "left_knee": (90, 0, 0), "left_shoulder": (0, 0, -70)}),
    "astride": mirrored({"left_hip": (0, 0, 45)}),
    "lunge": {"left_hip": (-80, 0, 0), "left_knee": (85, 0, 0), "right_hip": (35, 0, 0), "right_knee": (40, 0, 0)},
    "bow": {"spine1": (40, 0, 0), "spine2": (20, 0, 0), "spine3": (20, 0, 0), "neck": (20, 0, 0), "head": (20, 0, 0)},
    "twist": {"spine1": (0, 20, 0), "spine2": (0, 20, 0), "spine3": (0, 20, 0), "neck": (0, 30, 0), "head": (0, 30, 0)},
}  # fmt: skip
_ACTIONS_SHOWN = (
    "jawOpen",
    "mouthSmileLeft",
    "eyeBlinkLeft",
    "browInnerUp",
    "mouthPucker",
    "cheekPuff",
    "tongueOut",
)


def rest_page(body: Body) -> Picture:
    """Front, side and back of the rest pose, with the joints."""
    vertices = shaped(body)
    centre = np.array([0.0, vertices[:, 1].min() / 2 + vertices[:, 1].max() / 2, 0.0])
    span = 1.06 * float(np.ptp(vertices[:, 1]))
    parts: list[Picture] = []
    for yaw, width in ((0, 1000), (90, 420), (180, 1000)):
        view = turned_view(yaw, 0, centre, span, (width, 1000))
        picture = draw_mesh(vertices, body.triangles, view)[0]
        parts.append(_bones(picture, view, body.regressor @ vertices, range(1, 25)) if yaw < 180 else picture)
    return np.concatenate(parts, axis=1)


def face_page(body: Body) -> Picture:
    """Draw the face from the front with numbered landmarks and contour, then from four sides with those sides' contour rows."""
    vertices = shaped(body)
    parts = [_face(body, vertices, 0, (900, 1000), numbers=True)]
    turned = [_face(body, vertices, yaw, (450, 500), numbers=False) for yaw in (-35, -18, 18, 35)]
    parts.append(np.concatenate([np.concatenate(turned[:2], axis=1), np.concatenate(turned[2:], axis=1)]))
    return np.concatenate(parts, axis=1)


def hands_page(body: Body) -> Picture:
    """Draw both hands flat, at the mean, and as fists, with the joints."""
    rest = shaped(body)
    rows: list[Picture] = []
    means = hand_pose(body.hand_means[0], "left") | hand_pose(body.hand_means[1], "right")
    for pose in ({}, means, mirrored(_FIST)):
        vertices, joints = posed(body, rest, pose)
        parts: list[Picture] = []
        for side, first in (("left", 25), ("right", 40)):
            centre = joints[first : first + 15].mean(axis=0)
            for yaw, pitch in ((0, 80), (0, -80), (60 if side == "left" else -60, 0)):
                view = turned_view(yaw, pitch, centre, 0.24, (420, 360))
                picture = draw_mesh(vertices, body.triangles, view)[0]
                parts.append(_bones(picture, view, joints, range(first, first + 15)))
        rows.append(np.concatenate(parts, axis=1))
    return np.concatenate(rows)


def shapes_pages(body: Body, size: float = 2.0, per_page: int = 5) -> list[Picture]:
    """Draw each shape component at −size, 0 and +size from the front and from the side, one component a row."""
    rows: list[Picture] = []
    low, high = body.template[:, 1].min(), body.template[:, 1].max()
    centre = np.array([0.0, 0.5 * (low + high), 0.0])
    span = 1.22 * float(high - low)
    for index in range(body.shape_count):
        parts: list[Picture] = []
        for yaw in (0, 90):
            for value in (-size, 0.0, size):
                vertices = posed(body, shaped(body, {index: value}), POSES["arms down"])[0]
                view = turned_view(yaw, 0, centre, span, (260, 440))
                picture = draw_mesh(vertices, body.triangles, view)[0]
                parts.append(_caption(picture, f"{body.names[index]} {value:+.0f}"))
        rows.append(np.concatenate(parts, axis=1))
    return [np.concatenate(rows[start : start + per_page]) for start in range(0, len(rows), per_page)]


def expressions_page(body: Body, count: int = 8, size: float = 2.0) -> Picture:
    """Draw expressions of the face at +size (above) and −size (below)."""
    rows: list[Picture] = []
    for sign in (1.0, -1.0):
        parts: list[Picture] = []
        for index in range(body.shape_count, body.shape_count + count):
            vertices = shaped(body, {index: sign * size})
            picture = draw_mesh(vertices, body.triangles, _head_view(body, vertices, 0, (300, 340)))[0]
            parts.append(_caption(picture, f"{body.names[index]} {sign * size:+.0f}"))
        rows.append(np.concatenate(parts, axis=1))
    return np.concatenate(rows)


def poses_page(body: Body, yaw: float = 25.0, coefficients: dict[int, float] | None = None) -> Picture:
    """Extreme poses, six a row."""
    rest = shaped(body, coefficients)
    parts: list[Picture] = []
    for name, pose in POSES.items():
        vertices = posed(body, rest, pose)[0]
        centre = 0.5 * (vertices.min(axis=0) + vertices.max(axis=0))
        view = turned_view(yaw, 5, centre, max(1.5, 1.06 * float(np.ptp(vertices[:, 1]))), (460, 560))
        parts.append(_caption(draw_mesh(vertices, body.triangles, view)[0], name))
    rows = [np.concatenate(parts[start : start + 6], axis=1) for start in range(0, len(parts), 6)]
    return np.concatenate(rows)


def actions_page(body: Body) -> Picture:
    """Some named face actions, and the jaw joint opened."""
    rest = shaped(body)
    parts: list[Picture] = []
    for name in _ACTIONS_SHOWN:
        vertices = rest + body.action_directions[:, :, body.action_names.index(name)]
        parts.append(
            _caption(draw_mesh(vertices, body.triangles, _head_view(body, rest, 20, (360, 400)))[0], name)
        )
    vertices = posed(body, rest, {"jaw": (22, 0, 0)})[0]
    parts.append(
        _caption(draw_mesh(vertices, body.triangles, _head_view(body, rest, 20, (360, 400)))[0], "jaw 22 deg")
    )
    vertices = posed(body, rest, {"left_eye": (0, 25, 0), "right_eye": (0, 25, 0)})[0]
    parts.append(
        _caption(
            draw_mesh(vertices, body.triangles, _head_view(body, rest, 20, (360, 400)))[0], "eyes 25 deg"
        )
    )
    return np.concatenate(parts, axis=1)


def family_page(bodies: dict[str, Body]) -> Picture:
    """Draw all bodies side by side at one scale."""
    parts: list[Picture] = []
    for name, body in bodies.items():
        vertices, _ = posed(body, shaped(body), POSES["arms down"])
        centre = np.array([0.0, vertices[:, 1].min() + 0.95, 0.0])
        parts += [
            _caption(
                draw_mesh(vertices, body.triangles, turned_view(yaw, 0, centre, 2.0, (400, 900)))[0], name
            )
            for yaw in (0, 60)
        ]
    return np.concatenate(parts, axis=1)


def _head_view(body: Body, vertices: Floats, yaw: float, size: tuple[int, int]) -> View:
    joints = body.regressor @ vertices
    eyes = joints[[joint_index("left_eye"), joint_index("right_eye")]].mean(axis=0)
    return turned_view(yaw, 0, eyes - [0.0, 0.035, 0.07], 0.21, size)


def _face(body: Body, vertices: Floats, azimuth: int, size: tuple[int, int], numbers: bool) -> Picture:
    view = _head_view(body, vertices, azimuth, size)
    image = Image.fromarray(draw_mesh(vertices, body.triangles, view)[0])
    drawing = ImageDraw.Draw(image)
    row = azimuth if azimuth >= 0 else 39 - azimuth
    contour = (body.contour[0][row], body.contour[1][row])
    for places, colour, first in ((body.landmarks, _RED, 17), (contour, _BLUE, 0)):
        for number, (x, y, _) in enumerate(
            view.project(on_surface(vertices, body.triangles, places)).tolist()
        ):
            drawing.ellipse([x - 3, y - 3, x + 3, y + 3], fill=colour)
            if numbers:
                drawing.text((x + 4, y - 6), str(number + first), fill=colour)
    return np.asarray(image)


def _bones(picture: Picture, view: View, joints: Floats, shown: range) -> Picture:
    image = Image.fromarray(picture)
    drawing = ImageDraw.Draw(image)
    screen = view.project(joints)
    for joint in shown:
        x, y = (float(value) for value in screen[joint, :2])
        parent_x, parent_y = (float(value) for value in screen[SMPLX_PARENTS[joint], :2])
        drawing.line([x, y, parent_x, parent_y], fill=_BLUE)
        drawing.ellipse([x - 3, y - 3, x + 3, y + 3], fill=_RED)
    drawing.text((6, 6), SMPLX_JOINT_NAMES[shown.start], fill=_INK)
    return np.asarray(image)


def _caption(picture: Picture, text: str) -> Picture:
    image = Image.fromarray(picture)
    ImageDraw.Draw(image).text((6, 6), text, fill=_INK)
    return np.asarray(image)
