"""MakeHuman's blinks in, blinks that just close the eye out: its own go on past that, and the lid bulges over the cheek."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Arrays = dict[str, npt.NDArray[Any]]

BLINKS = {"eyeBlinkLeft": 23, "eyeBlinkRight": 24}  # and the joints of their eyes
EYE_SHARE = 0.5  # of a vertex's weight on its eye's joint
NEAR_METRES = 0.04  # of a lid's vertices from the middle of the eye
CONE_DEGREES, RAYS_ACROSS = 55.0, 60  # that look out of the eye
SEALED = 0.01  # of the rays that see out of the open eye may still do so when it is shut
STEPS = 100


def with_closing_blinks(arrays: Arrays, step: float) -> Arrays:
    """Return the file's arrays with blinks that just close at 1, in whole steps (m) as all actions are."""
    actions = arrays["action_directions"].copy()
    for name, share in closing_shares(arrays).items():
        column = list(arrays["action_names"]).index(name)
        scaled = actions[:, :, column].astype(np.float64) * share
        actions[:, :, column] = (np.round(scaled / step) * step + 0.0).astype(actions.dtype)
    return {**arrays, "action_directions": actions}


def closing_shares(arrays: Arrays) -> dict[str, float]:
    """Return for each blink the least share of it, in hundredths, at which no ray from the middle of the eye gets out.

    Left and right are mirror images; both get the larger one.
    """
    joints = arrays["J_regressor"] @ arrays["v_template"].astype(np.float64)
    shares = [_closing_share(arrays, name, joint, joints[joint]) for name, joint in BLINKS.items()]
    return dict.fromkeys(BLINKS, max(shares))


def _closing_share(arrays: Arrays, name: str, joint: int, centre: Floats) -> float:
    rest = arrays["v_template"].astype(np.float64) - centre
    action = list(arrays["action_names"]).index(name)
    blink = arrays["action_directions"][:, :, action].astype(np.float64)
    is_lid = (np.linalg.norm(rest, axis=1) < NEAR_METRES) & (arrays["weights"][:, joint] <= EYE_SHARE)
    triangles = arrays["f"][is_lid[arrays["f"]].all(axis=1)]
    rays = _rays()
    rays = rays[~_is_covered(rays, rest[triangles])]
    low, high = 0, STEPS
    while high - low > 1:
        middle = (low + high) // 2
        covered = _is_covered(rays, (rest + middle / STEPS * blink)[triangles])
        low, high = (low, middle) if (~covered).mean() <= SEALED else (middle, high)
    return high / STEPS


def _rays() -> Floats:
    """Return unit vectors (R, 3) within a cone about straight ahead, +z."""
    reach = float(np.tan(np.radians(CONE_DEGREES)))
    across: Floats = np.linspace(-reach, reach, RAYS_ACROSS)
    x, y = (grid.ravel() for grid in np.meshgrid(across, across))
    rays = np.stack([x, y, np.ones_like(x)], axis=1)[np.hypot(x, y) < reach]
    unit: Floats = rays / np.linalg.norm(rays, axis=1, keepdims=True)
    return unit


def _is_covered(rays: Floats, corners: Floats) -> npt.NDArray[np.bool_]:
    """Return which rays (R, 3) from the origin hit any of the triangles (T, 3, 3) (Möller and Trumbore, 1997)."""
    first, along, across = corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    turned = np.cross(rays[:, None], across[None])  # (R, T, 3)
    volume = np.einsum("rtx,tx->rt", turned, along)
    with np.errstate(divide="ignore", invalid="ignore"):
        u = np.einsum("rtx,tx->rt", turned, -first) / volume
        normal = np.cross(-first, along)
        v = (rays @ normal.T) / volume
        distance = np.einsum("tx,tx->t", across, normal) / volume
    hits: npt.NDArray[np.bool_] = ((u >= 0) & (v >= 0) & (u + v <= 1) & (distance > 0)).any(axis=1)
    return hits
