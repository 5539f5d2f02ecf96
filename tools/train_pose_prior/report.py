"""The table in docs/pose-prior.md: how likely each prior holds poses that it has not seen."""

from dataclasses import dataclass, replace

import numpy as np

from tools.train_pose_prior.augmentation import seated_poses
from tools.train_pose_prior.mixture import Mixture, MixtureSettings
from tools.train_pose_prior.mocap import Array, MocapPoses
from tools.train_pose_prior.split import Split
from tools.train_pose_prior.training import SEED, Recipe, train

SEATED_PROBES = 1000


def _plain(components: int, shrinkage: float = 100.0, rank: int | None = None) -> Recipe:
    settings = MixtureSettings(components, shrinkage, rank=rank)
    return Recipe(settings, density_exponent=0.0, mixed_share=0.0, seated_share=0.0, broad=False)


def compared_recipes() -> list[tuple[str, Recipe]]:
    """Return every recipe of the table, each a step away from another, with its description."""
    chosen = Recipe()
    broad = replace(_plain(32), broad=True)
    return [
        ("8 plain", _plain(8)),
        ("16 plain", _plain(16)),
        ("32 plain", _plain(32)),
        ("64 plain", _plain(64)),
        ("32 plain, shrinkage 30", _plain(32, 30.0)),
        ("32 plain, shrinkage 300", _plain(32, 300.0)),
        ("32 plain, 12 factors", _plain(32, rank=12)),
        ("32 + density weights ρ^−0.5", replace(_plain(32), density_exponent=0.5)),
        ("32 + broad components", broad),
        ("32 + broad + 3 % seated", replace(broad, seated_share=0.03)),
        ("32 + broad + 40 % mixed limbs", replace(broad, mixed_share=0.4)),
        ("**32 + all, ρ^−0.3 (shipped)**", chosen),
        ("32 + all, ρ^−0.5", replace(chosen, density_exponent=0.5)),
        ("8 + all", replace(chosen, mixture=MixtureSettings(8, 100.0))),
        ("64 + all", replace(chosen, mixture=MixtureSettings(64, 100.0))),
        ("64 + all, shrinkage 200", replace(chosen, mixture=MixtureSettings(64, 200.0))),
    ]


@dataclass(frozen=True)
class Likelihoods:
    """Log-likelihood in nats of unseen poses: mean over poses, mean over clips, 5th and 1st percentile."""

    mean: float
    clip_mean: float
    fifth: float
    first: float

    def cells(self) -> str:
        """Return the numbers as cells of a Markdown table."""
        return f"{self.mean:.1f} | {self.clip_mean:.1f} | {self.fifth:.1f} | {self.first:.1f}"


def likelihoods(mixture: Mixture, poses: MocapPoses) -> Likelihoods:
    """Measure a mixture on poses of whole clips."""
    values = mixture.log_likelihood(poses.body)
    by_clip = [values[poses.clip == name].mean() for name in np.unique(poses.clip)]
    fifth, first = np.percentile(values, [5, 1])
    return Likelihoods(float(values.mean()), float(np.mean(by_clip)), float(fifth), float(first))


def seated_probes(poses: MocapPoses) -> Array:
    """Return seated poses (n,63) with the upper bodies of unseen clips."""
    generator = np.random.default_rng(SEED + 1)
    return seated_poses(poses.body, np.ones(len(poses.body)), SEATED_PROBES, generator)


def comparison_table(split: Split) -> list[str]:
    """Train every recipe without the validation clips; return the table's lines (minutes of work)."""
    lines = [
        "| components, recipe | validation mean | per clip | 5 % | 1 % | held-out mean | per clip | 5 % "
        "| 1 % | seated mean | 5 % |",
        "|---" * 11 + "|",
    ]
    probes = seated_probes(split.validation)
    for description, recipe in compared_recipes():
        mixture = train(split.train.body, recipe)
        seated = mixture.log_likelihood(probes)
        cells = (likelihoods(mixture, part).cells() for part in (split.validation, split.held_out))
        lines.append(
            f"| {description} | {' | '.join(cells)} | {seated.mean():.1f} | {np.percentile(seated, 5):.1f} |"
        )
        print(lines[-1], flush=True)
    return lines
