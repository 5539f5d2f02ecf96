"""Command line: train the pose prior and the start modes, or compare recipes.

python -m tools.train_pose_prior --mocap DIR            writes fitting_core/data/priors/
python -m tools.train_pose_prior --mocap DIR --compare  prints the table of docs/pose-prior.md
"""

import argparse
from pathlib import Path

import numpy as np

from tools.train_pose_prior.mixture import Mixture
from tools.train_pose_prior.mocap import load_mocap
from tools.train_pose_prior.report import comparison_table, likelihoods, seated_probes
from tools.train_pose_prior.skeleton import OPEN_BODY_FILE, open_body_joints
from tools.train_pose_prior.split import Split, split_clips
from tools.train_pose_prior.start_modes import pose_modes
from tools.train_pose_prior.training import SEED, Recipe, train, training_poses

PRIORS_FOLDER = Path("fitting_core/data/priors")
NOTICE = (
    "The data used in this project was obtained from mocap.cs.cmu.edu. "
    "The database was created with funding from NSF EIA-0196217."
)
"""The acknowledgement that mocap.cs.cmu.edu asks for, word for word."""


def main() -> None:
    """Read the arguments and do what they ask."""
    parser = argparse.ArgumentParser(description="Train the open pose prior from motion capture.")
    parser.add_argument("--mocap", type=Path, required=True, help="folder with cmu_body_poses.npz")
    parser.add_argument("--compare", action="store_true", help="compare recipes instead of writing files")
    parser.add_argument("--output", type=Path, default=PRIORS_FOLDER)
    arguments = parser.parse_args()
    split = split_clips(load_mocap(arguments.mocap))
    if arguments.compare:
        comparison_table(split)
        return
    write_pose_prior(split, arguments.output)
    write_start_modes(split, arguments.output)


def write_pose_prior(split: Split, folder: Path) -> None:
    """Train on everything but the held-out clips and write body_pose_mixture.npz."""
    mixture = train(split.all_training.body, Recipe())
    np.savez_compressed(
        folder / "body_pose_mixture.npz",
        means=mixture.means.astype(np.float32),
        covars=mixture.covars.astype(np.float32),
        weights=mixture.weights.astype(np.float32),
        notice=np.array(NOTICE),
    )
    print_summary(split, mixture)


def write_start_modes(split: Split, folder: Path) -> None:
    """Choose the start modes from the same poses and write pose_modes.npz."""
    poses, weight = training_poses(split.all_training.body, Recipe(mixed_share=0.0))
    chosen = pose_modes(poses, weight, open_body_joints(OPEN_BODY_FILE), SEED)
    np.savez_compressed(
        folder / "pose_modes.npz",
        modes=chosen.modes.astype(np.float32),
        frequency=chosen.frequency.astype(np.float32),
        notice=np.array(NOTICE),
    )
    print("start modes, frequency:", np.round(chosen.frequency, 3))


def print_summary(split: Split, mixture: Mixture) -> None:
    """Print what the shipped prior makes of poses that it has not seen."""
    seated = mixture.log_likelihood(seated_probes(split.held_out))
    print(f"trained on {len(split.all_training.body)} poses, {len(split.twins)} twin clips left out")
    print("held-out: mean | per clip | 5 % | 1 %:", likelihoods(mixture, split.held_out).cells())
    print(f"seated probes: mean {seated.mean():.1f}, 5 % {np.percentile(seated, 5):.1f}")


if __name__ == "__main__":
    main()
