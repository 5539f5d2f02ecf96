"""The setup that everyone's fits share: the body, its priors, the stages, and whatever else is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fitting_core.arrays import NumpyArray
from fitting_core.body_model.capsules.posed_capsules import BodyCapsules
from fitting_core.body_model.point_model import PointModel

from .parameters import ParameterLayout
from .priors.distributions import GaussianMixture, HandPrior, NormalPose
from .priors.measurements import Measurements
from .priors.vposer import VPoserDecoder
from .scene.contacts import SceneContacts
from .stages import SIZE_RELATIVE, STAGES, WARM_STAGES, YAW_COUNT, DataTerm, Stage
from .starts.lifter import Lifter
from .starts.torso_start import TorsoStart

if TYPE_CHECKING:
    from jaxtyping import Float

# What is known about body poses; None: nothing.
PosePrior = GaussianMixture | NormalPose | VPoserDecoder | None


@dataclass(frozen=True, eq=False)
class FitSetup:
    """The body, priors and stages of a fit: all that it depends on besides its subjects.

    `start_poses` are the body poses to start from, radians. With `capsules` the last stages keep the body from passing through
    itself; `measurements` are a known height or weight; a `torso_start` gives the presets' starts in place of the headings.
    `take_stages` are those of a second, wider search where several takes are wanted. In the stages of `with_scene`
    the body meets the things of a `scene`.
    """

    points: PointModel
    pose_prior: PosePrior
    hand_prior: HandPrior
    start_poses: Float[NumpyArray, "poses 63"]
    lifter: Lifter | None = None
    stages: tuple[Stage, ...] = STAGES
    warm_stages: tuple[Stage, ...] = WARM_STAGES
    take_stages: tuple[Stage, ...] = ()
    data: DataTerm = SIZE_RELATIVE
    torso_start: TorsoStart | None = None
    yaw_count: int = YAW_COUNT
    capsules: BodyCapsules | None = None
    measurements: Measurements | None = None
    scene: SceneContacts | None = None

    @property
    def layout(self) -> ParameterLayout:
        """Column layout of the parameter vector of this body."""
        model = self.points.model
        return ParameterLayout(model.joint_count, model.beta_count, model.expression_count)
