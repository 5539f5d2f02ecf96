"""The pelvis of the mean neutral body of each kind in its own frame, metres.

A translation in a file counts from there; it is needed where another body stands in, whose pelvis may be elsewhere (the open
body's is at the origin).
"""

from __future__ import annotations

from fitting_core.body_model.joints import ModelKind

PELVIS_OF_KIND: dict[ModelKind, tuple[float, float, float]] = {
    "smplx": (0.0031, -0.3514, 0.0120),
    "smplh": (-0.0018, -0.2233, 0.0282),
    "smpl": (-0.0018, -0.2233, 0.0282),
}
