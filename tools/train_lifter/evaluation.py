# pyright: basic
"""The errors of the guesses on held-out clips: of the likeliest, of the best, and of guessing without a network.

Errors in millimetres over 22 joints: pelvis-aligned, and after Procrustes.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from fitting_core.fitting.starts.lifter import unpack
from tools.train_lifter.losses import guessed_joints, look, truth_in_view
from tools.train_lifter.photos import Views
from tools.train_lifter.samples import PoseSource, draw_sample
from tools.train_lifter.torch_body import TorchBody

TEST_COUNT = 2000
TEST_SEED = 2026


def evaluate(
    forward: Callable[[Tensor], Tensor],
    source: PoseSource,
    body: TorchBody,
    make_views: Callable[[int, torch.Generator], Views],
    mean_rotations: Tensor,
) -> list[str]:
    """Return the rows of a table for one kind of views; `forward` is the network: features in, output out."""
    sample = draw_sample(
        source,
        body,
        TEST_COUNT,
        make_views,
        torch.Generator(torch.get_default_device()).manual_seed(TEST_SEED),
    )
    with torch.no_grad():
        seen = look(sample)
        truth = truth_in_view(sample, seen).joints[:, 0]
        guesses = unpack(forward(seen.features))
        joints = guessed_joints(guesses, body)
        person = torch.arange(TEST_COUNT)
        likeliest = joints[person, guesses.logits.argmax(dim=1)]
        frontal = mean_rotations.expand(TEST_COUNT, -1, -1, -1)
        turned = torch.cat([sample.rotations[:, :1], frontal[:, 1:]], dim=1)
        zero = torch.zeros(TEST_COUNT, sample.betas.shape[1])
        mean_pose, mean_turned = body.posed_joints(frontal, zero)[0], body.posed_joints(turned, zero)[0]
    errors = pelvis_aligned(joints, truth[:, None])
    procrustes = torch.stack([procrustes_aligned(joints[:, m], truth) for m in range(joints.shape[1])], dim=1)
    return [
        _row(
            "mean pose, facing the camera",
            pelvis_aligned(mean_pose, sample.joints),
            procrustes_aligned(mean_pose, sample.joints),
        ),
        _row(
            "mean pose, true heading",
            pelvis_aligned(mean_turned, sample.joints),
            procrustes_aligned(mean_turned, sample.joints),
        ),
        _row(
            "lifter, likeliest guess", pelvis_aligned(likeliest, truth), procrustes_aligned(likeliest, truth)
        ),
        _row(f"lifter, best of {joints.shape[1]}", errors.amin(dim=1), procrustes.amin(dim=1)),
    ]


def pelvis_aligned(joints: Tensor, truth: Tensor) -> Tensor:
    """Mean distance (…) in millimetres of joints (…,22,3) that are relative to the pelvis."""
    return 1000.0 * torch.linalg.norm(joints - truth, dim=-1).mean(dim=-1)


def procrustes_aligned(joints: Tensor, truth: Tensor) -> Tensor:
    """Mean distance (N) in millimetres after the best similarity (Umeyama 1991)."""
    source, target = joints - joints.mean(dim=1, keepdim=True), truth - truth.mean(dim=1, keepdim=True)
    left, values, right = torch.linalg.svd(target.transpose(1, 2) @ source)
    sign = torch.sign(torch.linalg.det(left @ right))
    values = torch.cat([values[:, :2], values[:, 2:] * sign[:, None]], dim=1)
    left = torch.cat([left[:, :, :2], left[:, :, 2:] * sign[:, None, None]], dim=2)
    scale = values.sum(dim=1) / (source**2).sum(dim=(1, 2))
    aligned = scale[:, None, None] * (source @ (left @ right).transpose(1, 2))
    return 1000.0 * torch.linalg.norm(aligned - target, dim=-1).mean(dim=-1)


def _row(name: str, pelvis: Tensor, procrustes: Tensor) -> str:
    cells = [f"{values.mean():.0f} ({values.median():.0f})" for values in (pelvis, procrustes)]
    far = 100.0 * (pelvis > 150.0).float().mean()
    return f"| {name} | {cells[0]} | {cells[1]} | {far:.0f} % |"
