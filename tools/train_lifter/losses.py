"""The cost of a guess: joints, rotations, image, shape, and honest deviations; the best guess pays most.

All in the virtual camera's frame of `fitting_core.fitting.starts.lifter`.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from fitting_core.fitting.starts.lifter import (
    JOINT_COUNT,
    SHAPE_COUNT,
    NormalisedKeypoints,
    RawGuesses,
    normalise,
    unpack,
)
from tools.train_lifter.network import LifterNetwork
from tools.train_lifter.samples import Sample
from tools.train_lifter.torch_body import TorchBody

JOINT_WEIGHT = 10.0
ROTATION_WEIGHT = 1.0
PELVIS_WEIGHT = 0.5
IMAGE_WEIGHT = 1.0
SHAPE_WEIGHT = 0.02
DEVIATION_WEIGHT = 0.05
SCORE_WEIGHT = 0.1
FOCAL_NOISE = 0.1
"""Standard deviation of log(focal given / focal true) in half of the training photos."""
_SMALL = 1e-4


@dataclass(frozen=True)
class Truth:
    """The sample in the virtual camera's frame, with an axis of size 1 for the guesses."""

    rotations: Tensor
    joints: Tensor
    pelvis: Tensor
    betas: Tensor


def look(sample: Sample, generator: torch.Generator | None = None) -> NormalisedKeypoints:
    """Return the network's input; with a generator, made with a wrongly guessed focal length half of the time."""
    focal = sample.focal_px
    if generator is not None:
        count = len(focal)
        wrong = (torch.rand(count, generator=generator) < 0.5).float()
        focal = focal * torch.exp(FOCAL_NOISE * wrong * torch.randn(count, generator=generator))
    return normalise(sample.keypoints, focal, torch.zeros(len(focal), 2))


def truth_in_view(sample: Sample, seen: NormalisedKeypoints) -> Truth:
    """Turn the truth into the virtual camera."""
    turn = seen.virtual_from_camera
    root = (turn @ sample.rotations[:, 0])[:, None]
    place = (turn @ sample.pelvis[..., None])[..., 0]
    plane = (place[:, :2] / place[:, 2:] - seen.centre) / seen.size[:, None]
    pelvis = torch.cat([plane, torch.log(place[:, 2:] * seen.size[:, None])], dim=1)
    joints = sample.joints @ turn.transpose(1, 2)
    return Truth(
        torch.cat([root, sample.rotations[:, 1:]], dim=1)[:, None],
        joints[:, None],
        pelvis[:, None],
        sample.betas[:, None, :SHAPE_COUNT],
    )


def guessed_joints(guesses: RawGuesses, body: TorchBody) -> Tensor:
    """Joints (N,M,22,3) from the pelvis of every guess."""
    people, count = guesses.logits.shape
    rotations = guesses.rotations.reshape(people * count, JOINT_COUNT, 3, 3)
    joints, _ = body.posed_joints(rotations, guesses.betas.reshape(people * count, -1))
    return joints.reshape(people, count, JOINT_COUNT, 3)


def training_loss(
    network: LifterNetwork,
    sample: Sample,
    body: TorchBody,
    share_of_others: float,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Return the loss and the best guess's mean joint error in metres.

    Every guess pays `share_of_others / M` of its cost, the best one the rest (relaxed winner-takes-all,
    Rupprecht et al. 2017).
    """
    seen = look(sample, generator)
    truth = truth_in_view(sample, seen)
    guesses = unpack(network(seen.features))
    joints = guessed_joints(guesses, body)
    joint_error = torch.sqrt(((joints - truth.joints) ** 2).sum(dim=-1) + _SMALL**2)
    cost = JOINT_WEIGHT * joint_error.mean(dim=-1) + _parameter_cost(guesses, truth)
    cost = cost + IMAGE_WEIGHT * _image_cost(guesses, joints, truth)
    best = cost.detach().argmin(dim=1)
    person = torch.arange(len(best))
    loss = (1.0 - share_of_others) * cost[person, best].mean() + share_of_others * cost.mean()
    loss = loss + DEVIATION_WEIGHT * _deviation_cost(guesses, truth)[person, best].mean()
    loss = loss + SCORE_WEIGHT * _score_cost(guesses.logits, cost.detach())
    return loss, joint_error.detach().mean(dim=-1)[person, best].mean()


def _parameter_cost(guesses: RawGuesses, truth: Truth) -> Tensor:
    rotation = ((guesses.rotations - truth.rotations) ** 2).sum(dim=(-1, -2))
    pelvis = (guesses.pelvis - truth.pelvis).abs().sum(dim=-1)
    shape = ((guesses.betas - truth.betas) ** 2).sum(dim=-1)
    turned = rotation[..., 1:].mean(dim=-1) + 0.5 * rotation[..., 0]
    return ROTATION_WEIGHT * turned + PELVIS_WEIGHT * pelvis + SHAPE_WEIGHT * shape


def _image_cost(guesses: RawGuesses, joints: Tensor, truth: Truth) -> Tensor:
    """Mean distance in person sizes between joints where guess and truth project, as seen from far away.

    Weak perspective: (x, y) / (depth × size) + the pelvis's place, which needs no guard against small depths.
    """

    def places(points: Tensor, pelvis: Tensor) -> Tensor:
        return points[..., :2] * torch.exp(-pelvis[..., 2:, None]) + pelvis[..., None, :2]

    apart = places(joints, guesses.pelvis) - places(truth.joints, truth.pelvis)
    return apart.abs().sum(dim=-1).mean(dim=-1)


def _deviation_cost(guesses: RawGuesses, truth: Truth) -> Tensor:
    """Negative log-likelihood of rotations and shape under the guess's own deviations; moves only those."""
    relative = guesses.rotations.detach().transpose(-1, -2) @ truth.rotations
    trace = torch.diagonal(relative, dim1=-2, dim2=-1).sum(dim=-1)
    angle = torch.arccos(((trace - 1.0) / 2.0).clip(-1.0, 1.0))
    log_rotation = guesses.log_deviation[..., :JOINT_COUNT]
    log_shape = guesses.log_deviation[..., JOINT_COUNT:]
    rotation = 0.5 * angle**2 * torch.exp(-2.0 * log_rotation) + 3.0 * log_rotation
    shape = 0.5 * (guesses.betas.detach() - truth.betas) ** 2 * torch.exp(-2.0 * log_shape) + log_shape
    return rotation.sum(dim=-1) + shape.sum(dim=-1)


def _score_cost(logits: Tensor, cost: Tensor) -> Tensor:
    """Cross-entropy of the guess probabilities to the softly best guess."""
    wanted = torch.softmax(-8.0 * cost, dim=1)
    return -(wanted * torch.log_softmax(logits, dim=1)).sum(dim=1).mean()
