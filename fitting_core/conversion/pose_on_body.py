"""Puts a foreign pose on a body model: its shape, VPoser's values, its hands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fitting_core.arguments.request import ConvertRequest
from fitting_core.arrays import NumpyArray
from fitting_core.body_model.body_model import BodyModel, rest_joints
from fitting_core.body_model.joints import BODY_POSE, LEFT_HAND, RIGHT_HAND, SMPLX_JOINT_NAMES, ModelKind
from fitting_core.body_model.model_components import USUAL_COUNT
from fitting_core.body_model.model_entries import ModelEntries, read_entries
from fitting_core.body_model.model_file import OPEN_BODY, load_body_model
from fitting_core.body_model.model_paths import model_path, offered_genders
from fitting_core.errors import ConversionError, RequestError
from fitting_core.files.budget import BODY_MODEL_BUDGET_BYTES, Budget
from fitting_core.fitting.priors.open import open_hand_prior
from fitting_core.fitting.priors.user_files import SNAPSHOT_SUFFIXES, read_vposer

from .dialects import HAND_SIZE
from .foreign_pose import ForeignPose
from .pelvis import PELVIS_OF_KIND

_SIDES = (("left", LEFT_HAND), ("right", RIGHT_HAND))
# Which kinds share their shape coefficients: SMPL-H took over SMPL's.
_SHAPE_FAMILIES: dict[ModelKind, str] = {"smplx": "SMPL-X", "smplh": "SMPL", "smpl": "SMPL"}
_VPOSER_OF_RESULTS = 1  # the version that SMPLify-X runs with


@dataclass(frozen=True, eq=False)
class BodyPose:
    """N frames of a body model: `rotations` (N, 55, 3) of SMPL-X's joints, `shape` (S,).

    `pelvis` (3,) is where the pelvis of the file's own body is at rest, metres. `has_own_shape`: the file's shape
    coefficients are this body's.
    """

    model: BodyModel
    rotations: NumpyArray
    shape: NumpyArray
    pelvis: NumpyArray
    has_own_shape: bool
    warnings: tuple[str, ...]

    def model_rotations(self, frame: int) -> NumpyArray:
        """Return (J, 3) of the model's own joints; those that SMPL-X has not stay at rest."""
        row_of = {name: joint for joint, name in enumerate(SMPLX_JOINT_NAMES)}
        rotations = np.zeros((self.model.joint_count, 3))
        for joint, name in enumerate(self.model.joint_names):
            if name in row_of:
                rotations[joint] = self.rotations[frame, row_of[name]]
        return rotations


def pose_on_body(pose: ForeignPose, request: ConvertRequest) -> BodyPose:
    """Put the file's pose on the body that the request names. Raises FittingError for a body or VPoser that cannot be used."""
    warnings = list(pose.warnings)
    gender = _gender(pose, request, warnings)
    model = _body(pose, request, gender)
    # a motion in the precision of its file: an hour of it takes 240 MB in the other
    rotations = pose.rotations.astype(np.float32 if pose.camera is None else np.float64)
    if pose.latent is not None:
        rotations[:, BODY_POSE] = _decoded(pose, request, warnings)
    _place_hands(pose, request, gender, rotations, warnings)
    shape, is_own = _shape(pose, request, model, warnings)
    pelvis = rest_joints(model, shape)[0] if is_own else np.array(PELVIS_OF_KIND[pose.kind])
    return BodyPose(model, rotations, shape, pelvis, is_own, tuple(warnings))


def _gender(pose: ForeignPose, request: ConvertRequest, warnings: list[str]) -> str:
    """Choose the user's gender or else the file's own; another one if the model folder lacks it."""
    if request.gender is not None:
        return request.gender
    wanted = pose.gender or "neutral"
    offered = offered_genders(request.model)
    if not offered or wanted in offered:
        return wanted
    taken = "neutral" if "neutral" in offered else offered[0]
    warnings.append(
        f"{request.model} has no {wanted} body, which the file asks for: the {taken} one is taken."
    )
    return taken


def _body(pose: ForeignPose, request: ConvertRequest, gender: str) -> BodyModel:
    if request.model == OPEN_BODY:
        return load_body_model(OPEN_BODY, gender)
    path = model_path(request.model, gender, pose.kind)
    return load_body_model(str(path), gender, max(USUAL_COUNT, len(pose.betas)), at_most=True)


def _decoded(pose: ForeignPose, request: ConvertRequest, warnings: list[str]) -> NumpyArray:
    """Decode VPoser's values (N, 32) to rotation vectors (N, 21, 3)."""
    assert pose.latent is not None
    path = request.vposer
    if path is None or not (path.is_dir() or path.suffix.lower() in SNAPSHOT_SUFFIXES):
        given = "" if path is None else f" ({path.name} is none)"
        raise ConversionError(
            f"{request.file}: 'body_pose' holds 32 values of VPoser, and only VPoser can turn them into a pose{given}. Choose "
            "VPoser v1 (its folder or snapshot) as Pose Prior in the preferences, or with --vposer."
        )
    decoder = read_vposer(path)
    if decoder.version != _VPOSER_OF_RESULTS:
        warnings.append(
            f"{path.name} is VPoser v{decoder.version}, and SMPLify-X runs with v1, whose values mean other poses. If the pose "
            "looks wrong, choose VPoser v1."
        )
    vectors = np.asarray(decoder.pose(pose.latent), dtype=np.float64)
    return vectors.reshape(len(vectors), -1, 3)


def _place_hands(
    pose: ForeignPose, request: ConvertRequest, gender: str, rotations: NumpyArray, warnings: list[str]
) -> None:
    """Fingers from PCA coefficients, with the model's mean hand where the file leaves it out, or at rest."""
    entries = _hand_entries(pose, request, gender)
    prior = open_hand_prior()
    resting = {"left": prior.mean_left, "right": prior.mean_right}
    for side, joints in _SIDES:
        if side in pose.hands and entries is not None:
            components = entries.floats(f"hands_components{side[0]}", (HAND_SIZE, HAND_SIZE))
            mean = entries.floats(f"hands_mean{side[0]}", (HAND_SIZE,))
            vectors = pose.hands[side] @ components[: pose.hands[side].shape[1]] + mean
            rotations[:, joints] = vectors.reshape(len(vectors), -1, 3)
        elif side not in pose.known_hands or side in pose.hands:
            rotations[:, joints] = resting[side].reshape(-1, 3)
        elif request.add_hand_mean and entries is not None:
            rotations[:, joints] += entries.floats(f"hands_mean{side[0]}", (HAND_SIZE,)).reshape(-1, 3)
    if pose.hands and entries is None:
        warnings.append(
            "The hands are stored as PCA coefficients, which need your own SMPL-X or SMPL-H model file (preferences, or "
            "--model): they rest."
        )


def _hand_entries(pose: ForeignPose, request: ConvertRequest, gender: str) -> ModelEntries | None:
    """Return the hand space of the user's model file; None where it has none (SMPL's) or is not needed."""
    wanted = ("hands_componentsl", "hands_componentsr", "hands_meanl", "hands_meanr")
    if request.model == OPEN_BODY:
        if request.add_hand_mean:
            raise RequestError("--add-hand-mean needs your own model file, which holds that mean: --model.")
        return None
    if not (pose.hands or request.add_hand_mean):
        return None
    path = model_path(request.model, gender, pose.kind)
    budget = Budget(BODY_MODEL_BUDGET_BYTES)
    entries = ModelEntries(path, read_entries(path, wanted, budget), budget)
    return entries if entries.has(wanted) else None


def _shape(
    pose: ForeignPose, request: ConvertRequest, model: BodyModel, warnings: list[str]
) -> tuple[NumpyArray, bool]:
    """(S,), and True if the file's coefficients are this body's; cut or filled up with zeros to as many as the body has."""
    shape = np.zeros(model.shape_directions.shape[2])
    fits = request.model != OPEN_BODY and _SHAPE_FAMILIES[pose.kind] == _SHAPE_FAMILIES[model.kind]
    family = _SHAPE_FAMILIES[pose.kind]
    if not fits:
        if np.any(pose.betas) or np.any(pose.expression):
            body = "the open body" if request.model == OPEN_BODY else f"{model.name}"
            warnings.append(
                f"The file's shape (betas) means nothing on {body} and is left out, the pose is kept. For the person's own shape "
                f"choose your {family} model file in the preferences, or with --model."
            )
        return shape, False
    if len(pose.betas) > model.beta_count and np.any(pose.betas[model.beta_count :]):
        warnings.append(
            f"The file has {len(pose.betas)} betas and {model.name} {model.beta_count}: the rest is left out."
        )
    betas = pose.betas[: model.beta_count]
    expression = pose.expression[: model.expression_count]
    shape[: len(betas)] = betas
    shape[model.beta_count : model.beta_count + len(expression)] = expression
    return shape, True
