"""Writes the true points of a scene as an OpenPose file, with the habits of a detector.

Detectors' points mean other places than the joints of a body model. In thousandths of the person's stature, measured over 45
people in photos: a detector's neck is the middle of the shoulders (the neck joint lies 38 above it), its mid-hip the middle
of the hips (the pelvis joint lies 43 above), its hips stand 20 farther out each; the small toe's point is 10 off.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.cases import detected
from benchmarks.rendered.scenes import Scene
from fitting_core.arrays import NumpyArray
from fitting_core.body_model import landmarks
from fitting_core.body_model.body_model import points
from fitting_core.keypoints.layouts import BODY_25
from fitting_core.photo.mesh_picture import PinholeCamera, draw_mesh
from fitting_core.results.person import contour_row_of
from tools.render_demo_photo.keypoint_file import write_keypoints

HIPS_FARTHER_OUT = 0.020  # of the stature
SMALL_TOE_OFF = 0.010  # of the stature, towards the big toe
_SIDES = ("left", "right")
# A point this far behind the surface that is seen there, as a share of the stature, is hidden: joints lie inside the body.
_HIDDEN_BODY, _HIDDEN_SKIN = 0.09, 0.03
_HIDDEN_CLARITY = 0.55
_HEAD = [BODY_25.index(name) for name in ("nose", "left_eye", "right_eye", "left_ear", "right_ear")]
_PARTS_SEEN_WHOLE = (landmarks.LEFT_HAND_KEYPOINTS, landmarks.RIGHT_HAND_KEYPOINTS, landmarks.FACE_KEYPOINTS)
_LEAST_SEEN = 0.5  # share of a hand's or a face's points, else nothing of it is found


def write_points(scene: Scene, path: Path) -> None:
    """Write the keypoints of a scene as OpenPose would find them, the same at every call."""
    random = np.random.default_rng((*scene.seed[:2], 2))
    pose = scene.camera_pose()
    placed = points(scene.model, pose, contour_row_of(scene.model, pose))
    stature = float(np.ptp(scene.model.v_template[:, 1]))
    where = meant_by_detectors(placed, stature)
    view = scene.view
    pixels = view.focal_px * where[:, :2] / where[:, 2:] + view.principal_point
    clarity, seen = _visibility(scene, where, pixels, stature)
    known = (landmarks.POINT_OF_KEYPOINT >= 0) & seen
    height_px = float(np.ptp(view.pixels(scene.mesh)[:, 1]))
    found = detected(pixels, known, max(height_px, _shortest_px(scene, stature)), random, clarity)
    write_keypoints(found.stacked(), path)


def meant_by_detectors(placed: NumpyArray, stature: float) -> NumpyArray:
    """Return the places (137, 3) that a detector means by the keypoints of a body's points (144, 3)."""
    where = placed[landmarks.POINT_OF_KEYPOINT].copy()
    row = {name: where[BODY_25.index(name)] for name in BODY_25.names}  # views
    across = row["left_hip"] - row["right_hip"]
    across = across / np.linalg.norm(across)
    row["left_hip"] += HIPS_FARTHER_OUT * stature * across
    row["right_hip"] -= HIPS_FARTHER_OUT * stature * across
    row["mid_hip"][:] = 0.5 * (row["left_hip"] + row["right_hip"])
    row["neck"][:] = 0.5 * (row["left_shoulder"] + row["right_shoulder"])
    for side in _SIDES:
        inward = row[f"{side}_big_toe"] - row[f"{side}_small_toe"]
        row[f"{side}_small_toe"] += SMALL_TOE_OFF * stature * inward / np.linalg.norm(inward)
    return where


def _visibility(
    scene: Scene, where: NumpyArray, pixels: NumpyArray, stature: float
) -> tuple[NumpyArray, NumpyArray]:
    """Return factors (137,) on confidences, and which points (137,) are found: not behind the head nor outside."""
    view = scene.view
    seen_from = (scene.mesh - view.position) @ view.camera_from_studio.T
    camera = PinholeCamera(view.focal_px, view.principal_point)
    depth = draw_mesh(seen_from, scene.model.triangles, camera, view.size).depth
    inside = np.all((pixels >= 0) & (pixels < view.size), axis=1)
    column, line = np.clip(pixels, 0, np.array(view.size) - 1).astype(int).T
    behind = where[:, 2] - depth[line, column]
    hidden = (
        behind > np.where(np.arange(len(where)) < len(BODY_25.names), _HIDDEN_BODY, _HIDDEN_SKIN) * stature
    )
    seen = inside.copy()
    seen[_HEAD] &= behind[_HEAD] <= _HIDDEN_SKIN * stature
    for part in _PARTS_SEEN_WHOLE:
        seen[part] &= bool(np.mean(~hidden[part]) >= _LEAST_SEEN)
    return np.where(hidden, _HIDDEN_CLARITY, 1.0), seen


def _shortest_px(scene: Scene, stature: float) -> float:
    """Return 60 % of the stature in the picture: the size of somebody who lies is not the height of the figure."""
    distance = float(((scene.mesh.mean(axis=0) - scene.view.position) @ scene.view.camera_from_studio.T)[2])
    return 0.6 * scene.view.focal_px * stature / distance
