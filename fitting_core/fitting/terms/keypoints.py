"""The reprojection term: the body's points against the keypoints of the photo.

½ Σ_i w_i² ρ(‖Π(X_i) − x_i‖) with the Geman–McClure cost ρ(r) = σ² r² / (σ² + r²), as iteratively reweighted squares: w_i² is
multiplied by (σ² / (σ² + r²))². Lengths in the picture are measured in thousandths of the person's size, so that no
threshold depends on the photo's resolution.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import Array, NumpyArray, array_namespace
from fitting_core.body_model import landmarks
from fitting_core.body_model.body_model import BodyModel
from fitting_core.body_model.posed_points import PosedPoints, point_jacobian
from fitting_core.geometry.camera import project, projection_jacobian
from fitting_core.keypoints.detector_habits import HABITS, DetectorName
from fitting_core.keypoints.layouts import BODY_25

from .. import stages
from ..stages import DataTerm, Stage
from ..subject import Subject, stature
from .term import Contribution, StageContext, normal_equations

if TYPE_CHECKING:
    from jaxtyping import Float, Int


@dataclass(frozen=True, eq=False)
class Observations:
    """The keypoints of every element of a batch, and its camera.

    `targets` are pixels, `weights` inverse deviations and `robust_widths` the scales σ of the Geman–McClure cost, both in
    thousandths of the person's size; `permille_px` is such a thousandth in pixels.
    """

    targets: Float[Array, "batch points 2"]
    weights: Float[Array, "batch points"]
    permille_px: Float[Array, " batch"]
    focal_px: Float[Array, " batch"]
    principal_point: Float[Array, "batch 2"]
    robust_widths: Float[Array, "batch points"]
    per_coordinate: bool = False  # the robust cost on u and v, each for itself, instead of on their distance

    def subset(self, elements: Int[Array, " elements"]) -> Observations:
        """Select elements of the batch."""
        return Observations(
            targets=self.targets[elements],
            weights=self.weights[elements],
            permille_px=self.permille_px[elements],
            focal_px=self.focal_px[elements],
            principal_point=self.principal_point[elements],
            robust_widths=self.robust_widths[elements],
            per_coordinate=self.per_coordinate,
        )


@dataclass(frozen=True, eq=False)
class KeypointTerm:
    """The reprojection term of a batch; a `Term`."""

    observations: Observations
    name: str = "keypoints"
    every_joint: bool = False

    def residuals(self, points: Float[Array, "batch points 3"]) -> Float[Array, "batch 2 points"]:
        """Unweighted distances of camera-frame points (m) to their keypoints, in thousandths of the person's size."""
        xp = array_namespace(points)
        observed = self.observations
        pixels = project(points, observed.focal_px, observed.principal_point)
        return xp.permute_dims((pixels - observed.targets) / observed.permille_px[:, None, None], (0, 2, 1))

    def jacobian(
        self, posed: PosedPoints, factors: Float[Array, "batch coordinates points"]
    ) -> Float[Array, "batch rows steps"]:
        """∂residuals/∂step times `factors`, one for each residual or for both coordinates of a point; rows are (2, points)."""
        scale = factors / self.observations.permille_px[:, None, None]
        rows = projection_jacobian(posed.points, self.observations.focal_px) * scale[..., None]
        return point_jacobian(posed, rows)

    def evaluate(self, x: Float[Array, "batch columns"], posed: PosedPoints) -> Contribution:
        """See `Term.evaluate`."""
        xp = array_namespace(x)
        residuals = self.residuals(posed.points)
        cost, influence = _geman_mcclure(residuals, self.observations)
        root = xp.sqrt(influence)
        weighted = xp.reshape(residuals * root, (x.shape[0], -1))
        return Contribution(cost, *normal_equations(self.jacobian(posed, root), weighted))

    def subset(self, elements: Int[Array, " elements"]) -> KeypointTerm:
        """See `Term.subset`."""
        return replace(self, observations=self.observations.subset(elements))


def _geman_mcclure(
    residuals: Float[Array, "batch 2 points"], observed: Observations
) -> tuple[Float[Array, " batch"], Float[Array, "batch coordinates points"]]:
    """Cost ½ Σ w² σ²r²/(r²+σ²) and influence w² σ⁴/(r²+σ²)².

    r is a point's distance, the influence then one for both coordinates, or each coordinate's for itself.
    """
    xp = array_namespace(residuals)
    squared = residuals * residuals
    if not observed.per_coordinate:
        squared = xp.sum(squared, axis=1, keepdims=True)
    width = (observed.robust_widths * observed.robust_widths)[:, None]
    share = width / (squared + width)
    strength = (observed.weights * observed.weights)[:, None]
    return 0.5 * xp.sum(strength * squared * share, axis=(1, 2)), strength * share * share


def keypoint_term(context: StageContext) -> list[KeypointTerm]:
    """Build the reprojection term of a stage."""
    setup, subjects, chosen = context.setup, context.subjects, context.chosen
    keypoints = context.keypoints[:, chosen]
    height = stature(setup.points.model)
    unit = np.array([permille_px(setup.data, subject, height) for subject in subjects])
    width = context.stage.robust_width / (unit[:, None] if setup.data.widths_in_px else 1.0)
    deviation = keypoint_deviations(setup.data, context.stage, subjects[0].keypoints.detector)
    unpinned = np.zeros(len(deviation), dtype=bool)
    pinned = np.stack([unpinned if s.pinned is None else s.pinned for s in subjects])[:, chosen]
    # Whoever pins a point vouches for it: the detector's confidence and the trust in such points no longer count.
    vouched = pinned & (keypoints[:, :, 2] > 0)
    strength = np.where(
        vouched, stages.PINNED_FACTOR / setup.data.body_deviation, keypoints[:, :, 2] / deviation[chosen]
    )

    def per_start(values: NumpyArray) -> Array:
        return context.make.repeated(values, context.starts)

    observations = Observations(
        targets=per_start(keypoints[:, :, :2]),
        weights=per_start(strength),
        permille_px=per_start(unit),
        focal_px=per_start(np.array([subject.focal_px for subject in subjects])),
        principal_point=per_start(np.array([subject.principal_point for subject in subjects])),
        robust_widths=per_start(np.where(pinned, stages.PINNED_WIDTH, width)),
        per_coordinate=setup.data.per_coordinate,
    )
    return [KeypointTerm(observations)]


def chosen_keypoints(
    keypoints: Float[NumpyArray, "subjects 137 3"], stage: Stage, model: BodyModel
) -> Int[NumpyArray, " chosen"]:
    """Keypoints (among the 137) that a stage looks at and at least one subject has."""
    confidence = keypoints[:, :, 2].max(axis=0)
    usable = (model.points_of_keypoints >= 0) & (confidence > 0)
    if not stage.hands_and_face:
        early = np.zeros_like(usable)
        early[landmarks.BODY_KEYPOINTS] = True
        early[landmarks.KNUCKLE_KEYPOINTS] = stage.pose  # they orient the wrists while the fingers still rest
        usable &= early
    return np.nonzero(usable)[0]


def keypoint_deviations(data: DataTerm, stage: Stage, detector: DetectorName) -> Float[NumpyArray, "137"]:
    """Deviation of every keypoint of full confidence in the data term's units; infinite for those left out."""
    habits = HABITS[detector]
    deviation = np.full(landmarks.POINT_OF_KEYPOINT.shape, data.body_deviation)
    if data.by_detector:
        deviation[landmarks.BODY_KEYPOINTS] = [habits.of(name).deviation for name in BODY_25.names]
    for name, trust in data.trust:
        deviation[BODY_25.index(name)] = _divided(deviation[BODY_25.index(name)], trust)
    for index, name in enumerate(BODY_25.names):
        if stage.body_keypoints and name not in stage.body_keypoints:
            deviation[index] = np.inf
    hand_deviation = habits.hand_deviation if data.by_detector else data.hand_deviation
    face_deviation = habits.face_deviation if data.by_detector else data.face_deviation
    hand = _divided(hand_deviation, stage.terms.hand_keypoints)
    deviation[landmarks.LEFT_HAND_KEYPOINTS] = hand
    deviation[landmarks.RIGHT_HAND_KEYPOINTS] = hand
    deviation[landmarks.FACE_KEYPOINTS] = _divided(face_deviation, stage.terms.face_keypoints)
    return deviation


def _divided(deviation: float, factor: float) -> float:
    return deviation / factor if factor else np.inf


def permille_px(data: DataTerm, subject: Subject, stature_m: float) -> float:
    """Return the data term's unit in pixels of the subject's photo."""
    if data.unit == "person":
        return subject.permille_px(stature_m)
    return 1.0 if data.unit == "pixel" else subject.photo_height_px / 1000.0
