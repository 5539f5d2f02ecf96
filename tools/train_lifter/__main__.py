# pyright: basic
"""Command line: train the lifter and print how it does on held-out clips.

python -m tools.train_lifter --mocap DIR --minutes 25
python -m tools.train_lifter --mocap DIR --minutes 0    only prints how the file does
"""

import argparse
import math
import time
from pathlib import Path

import numpy as np
import torch
from array_api_compat import array_namespace
from torch import Tensor

from fitting_core.arrays import ArrayMaker
from fitting_core.fitting.starts.lifter import LIFTER_FILE, read_lifter
from fitting_core.geometry.rotations import matrix_from_vector
from tools.train_lifter.evaluation import evaluate
from tools.train_lifter.losses import training_loss
from tools.train_lifter.network import LifterNetwork, save_network
from tools.train_lifter.photos import benchmark_views, training_views
from tools.train_lifter.samples import PoseSource, draw_sample, pose_source
from tools.train_lifter.torch_body import TorchBody, load_torch_body
from tools.train_pose_prior.__main__ import NOTICE
from tools.train_pose_prior.mocap import Array, load_mocap
from tools.train_pose_prior.skeleton import OPEN_BODY_FILE
from tools.train_pose_prior.split import Split, split_clips
from tools.train_pose_prior.training import Recipe, training_poses

BATCH = 192
HIGHEST_RATE = 1e-3
WARM_UP_STEPS = 300
WEIGHT_DECAY = 1e-4
LARGEST_GRADIENT = 5.0
SHARES_OF_OTHERS = (0.5, 0.05)
"""The share of the loss that guesses other than the best pay, at the start and at the end."""
AVERAGING = 0.999
RECIPE = Recipe(density_exponent=0.5, mixed_share=0.3, seated_share=0.08)
SEED = 2026


def main() -> None:
    """Read the arguments, train, write, report."""
    parser = argparse.ArgumentParser(description="Train the lifter from projected motion capture.")
    parser.add_argument("--mocap", type=Path, required=True, help="folder with cmu_body_poses.npz")
    parser.add_argument("--body", type=Path, default=OPEN_BODY_FILE)
    parser.add_argument("--minutes", type=float, default=25.0, help="how long to train")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--device", default="cpu", help="of PyTorch: cpu or cuda, which is some twenty times as quick"
    )
    parser.add_argument("--batch", type=int, default=BATCH)
    parser.add_argument("--output", type=Path, default=LIFTER_FILE)
    arguments = parser.parse_args()
    torch.manual_seed(SEED)
    torch.set_num_threads(arguments.threads)
    torch.set_default_device(arguments.device)
    split = split_clips(load_mocap(arguments.mocap))
    body = load_torch_body(arguments.body)
    poses, weight = training_poses(split.all_training.body, RECIPE)
    mean_rotations = facing_mean(poses, weight)
    if arguments.minutes > 0:
        network = LifterNetwork(mean_rotations)
        source = pose_source(split.all_training, poses, weight)
        averaged = train(network, source, body, (arguments.minutes * 60.0, arguments.batch))
        save_network(averaged, arguments.output, NOTICE)
    print_table(arguments.output, split, body, mean_rotations)


def facing_mean(poses: Array, weight: Array) -> Tensor:
    """Return the mean pose as rotations (22,3,3), upright and facing the camera."""
    mean = np.average(poses, axis=0, weights=weight).reshape(-1, 3)
    local = torch.tensor(np.asarray(matrix_from_vector(mean)), dtype=torch.float32)
    return torch.cat([torch.diag(torch.tensor([1.0, -1.0, -1.0]))[None], local])


def train(
    network: LifterNetwork, source: PoseSource, body: TorchBody, extent: tuple[float, int]
) -> LifterNetwork:
    """Train for some seconds with batches of some size; return the running average of the parameters."""
    seconds, batch = extent
    generator = torch.Generator(torch.get_default_device()).manual_seed(SEED)
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=HIGHEST_RATE, weight_decay=WEIGHT_DECAY, betas=(0.9, 0.99)
    )
    averaged = torch.optim.swa_utils.AveragedModel(
        network, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(AVERAGING)
    )
    begin, step, recent = time.monotonic(), 0, 0.0
    while (done := (time.monotonic() - begin) / seconds) < 1.0:
        rate = HIGHEST_RATE * min(1.0, (step + 1) / WARM_UP_STEPS) * (0.5 + 0.5 * math.cos(math.pi * done))
        for group in optimiser.param_groups:
            group["lr"] = max(rate, 1e-6)
        share = SHARES_OF_OTHERS[0] * (1.0 - done) ** 3 + SHARES_OF_OTHERS[1]
        sample = draw_sample(source, body, batch, training_views, generator)
        loss, error = training_loss(network, sample, body, share, generator)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), LARGEST_GRADIENT)
        optimiser.step()
        averaged.update_parameters(network)
        recent = 0.99 * recent + 0.01 * error  # a tensor: reading it would make the host wait for the card
        step += 1
        if step % 500 == 0:
            print(
                f"step {step}, {100 * done:.0f} %, loss {float(loss.detach()):.3f}, best guess {1000 * float(recent):.0f} mm",
                flush=True,
            )
    assert isinstance(averaged.module, LifterNetwork)
    return averaged.module


def print_table(lifter_file: Path, split: Split, body: TorchBody, mean_rotations: Tensor) -> None:
    """Print the errors of a file on held-out clips."""
    device = torch.get_default_device()
    lifter = read_lifter(ArrayMaker(array_namespace(torch.zeros(1)), torch.float32, device), lifter_file)
    held_out = split.held_out
    source = pose_source(held_out, held_out.body, np.ones(len(held_out.body)))
    for name, views in (("benchmark's views", benchmark_views), ("wide views", training_views)):
        print(
            f"| held-out clips, {name} | pelvis-aligned mm, mean (median) | Procrustes mm | over 150 mm |\n|---|---|---|---|"
        )
        print("\n".join(evaluate(lifter.forward, source, body, views, mean_rotations)), flush=True)


if __name__ == "__main__":
    main()
