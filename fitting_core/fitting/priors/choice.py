"""Make the pose prior that a user names: the shipped mixture, none, plain deviations, or a file of the user's own."""

from __future__ import annotations

from pathlib import Path

from fitting_core.errors import PriorFileError

from ..setup import PosePrior
from ..stages import POSE_DEVIATION
from .distributions import NormalPose
from .open import open_pose_prior
from .user_files import SNAPSHOT_SUFFIXES, read_pose_mixture, read_vposer

_MIXTURE_SUFFIXES = (".pkl", ".npz")


def chosen_pose_prior(choice: str) -> PosePrior:
    """Return the prior for "open", "none", "l2", or the path of a mixture (.pkl, .npz) or of VPoser (a snapshot or its folder).

    Raises PriorFileError naming the path, what is wrong with it and the next step.
    """
    if choice == "open":
        return open_pose_prior()
    if choice == "none":
        return None
    if choice == "l2":
        return NormalPose(POSE_DEVIATION)
    path = Path(choice)
    if not path.exists():
        raise PriorFileError(
            f"--pose-prior {choice}: there is no such file or folder. Give open, none, l2, a gmm_08.pkl or a VPoser folder."
        )
    if path.is_dir() or path.suffix.lower() in SNAPSHOT_SUFFIXES:
        return read_vposer(path)
    if path.suffix.lower() in _MIXTURE_SUFFIXES:
        return read_pose_mixture(path)
    raise PriorFileError(
        f"--pose-prior {choice}: a mixture ends in .pkl or .npz, a VPoser snapshot in .pt or .ckpt. Choose one of those."
    )
