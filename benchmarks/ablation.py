"""Measure the gain from each part of the fit: the accuracy benchmark with one part changed at a time; prints a table.

python -m benchmarks.ablation [--mocap DIR] [--cases N] [--only WORDS]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.accuracy import Errors, fitted_errors
from benchmarks.cases import add_bones_option, make_cases
from fitting_core.fitting.presets import PresetName, with_preset
from fitting_core.fitting.priors.distributions import NormalPose
from fitting_core.fitting.priors.open import open_start_poses
from fitting_core.fitting.setup import FitSetup, PosePrior
from fitting_core.fitting.stages import Stage
from fitting_core.pipeline.setups import fit_setup

_FAR_MM = 100.0
# The papers' bend priors for a pose prior of weight 1, which is ½ λθ² of theirs: 3.17 λθ at λθ = 4.78, and (3.17 λθ)².
_BEND_SMPLIFYX = 2 * 3.17 / 4.78
_BEND_SMPLIFY = 2 * 3.17**2


def main(arguments: Sequence[str] | None = None) -> None:
    """Fit the cases once for every variant."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mocap", type=Path, default=None)
    add_bones_option(parser)
    parser.add_argument("--cases", type=int, default=100)
    parser.add_argument("--only", default="", help="variants whose name has this in it")
    options = parser.parse_args(arguments)
    setup = fit_setup()
    cases = make_cases(setup.points.model, options.mocap, options.cases, own_bones=options.own_bones)
    print("| variant | pelvis-aligned, mm | after Procrustes, mm | hands, mm | over 100 mm | s per fit |")
    print("|---" * 6 + "|")
    for name, vary in _VARIANTS.items():
        if options.only not in name:
            continue
        errors, seconds = fitted_errors(vary(setup), cases)
        print(f"| {name} | {_row(errors)} | {seconds:.3f} |", flush=True)


def _row(errors: Sequence[Errors]) -> str:
    pelvis = np.array([error.pelvis for error in errors])
    procrustes = np.array([error.procrustes for error in errors])
    hands = np.mean([[error.left_hand, error.right_hand] for error in errors])
    far = 100 * np.mean(pelvis > _FAR_MM)
    return (
        f"{pelvis.mean():.1f} ({np.median(pelvis):.1f}) | {procrustes.mean():.1f} ({np.median(procrustes):.1f}) "
        f"| {hands:.1f} | {far:.1f} %"
    )


def _stages(setup: FitSetup, change: Callable[[Stage], Stage | None]) -> FitSetup:
    changed = [change(stage) for stage in setup.stages]
    return replace(setup, stages=tuple(stage for stage in changed if stage is not None))


def _as_built(setup: FitSetup) -> FitSetup:
    return setup


def _without_lifter(setup: FitSetup) -> FitSetup:
    return replace(setup, lifter=None)


def _with_start_poses(count: int) -> Callable[[FitSetup], FitSetup]:
    def vary(setup: FitSetup) -> FitSetup:
        return replace(setup, lifter=None, start_poses=open_start_poses()[:count])

    return vary


def _without_mirrored_limbs(setup: FitSetup) -> FitSetup:
    return _stages(setup, lambda stage: None if stage.mirror_limbs else stage)


def _without_robustness(setup: FitSetup) -> FitSetup:
    return _stages(setup, lambda stage: replace(stage, robust_width=1e4))


def _prior_weight(factor: float) -> Callable[[FitSetup], FitSetup]:
    def vary(setup: FitSetup) -> FitSetup:
        return _stages(
            setup,
            lambda stage: replace(stage, terms=replace(stage.terms, pose=factor * stage.terms.pose)),
        )

    return vary


def _bend(weight: float) -> Callable[[FitSetup], FitSetup]:
    """With a bend prior of so much for every unit of the pose prior's weight."""

    def vary(setup: FitSetup) -> FitSetup:
        return _stages(
            setup,
            lambda stage: replace(stage, terms=replace(stage.terms, bend=weight * stage.terms.pose)),
        )

    return vary


def _pose_prior(prior: PosePrior, bend: float = 0.0) -> Callable[[FitSetup], FitSetup]:
    def vary(setup: FitSetup) -> FitSetup:
        return _bend(bend)(replace(setup, pose_prior=prior))

    return vary


def _preset(name: PresetName) -> Callable[[FitSetup], FitSetup]:
    def vary(setup: FitSetup) -> FitSetup:
        return with_preset(setup, name, side_view=False)

    return vary


_VARIANTS: dict[str, Callable[[FitSetup], FitSetup]] = {
    "as built: 8 headings + 3 lifted starts": _as_built,
    "without the lifter: 8 headings × 1 pose": _without_lifter,
    "without the lifter: 8 headings × 4 poses": _with_start_poses(4),
    "without the lifter: 8 headings × 12 poses": _with_start_poses(12),
    "without mirrored limbs": _without_mirrored_limbs,
    "without robustness": _without_robustness,
    "pose prior halved": _prior_weight(0.5),
    "pose prior doubled": _prior_weight(2.0),
    "bend prior, weight 1": _bend(1.0),
    "bend prior as in SMPLify-X's last stage": _bend(_BEND_SMPLIFYX),
    "bend prior as in SMPLify": _bend(_BEND_SMPLIFY),
    "no pose prior": _pose_prior(None),
    "no pose prior, bend prior, weight 1": _pose_prior(None, 1.0),
    "no pose prior, bend prior, weight 10": _pose_prior(None, 10.0),
    **{
        f"pose prior l2, deviation {d:g} rad": _pose_prior(NormalPose(d))
        for d in (0.2, 0.3, 0.4, 0.5, 0.6, 0.8)
    },
    "pose prior l2, deviation 0.4 rad, bend prior, weight 1": _pose_prior(NormalPose(0.4), 1.0),
    "preset smplifyx (photo's own focal length)": _preset("smplifyx"),
    "preset smplify (photo's own focal length)": _preset("smplify"),
}


if __name__ == "__main__":
    main()
