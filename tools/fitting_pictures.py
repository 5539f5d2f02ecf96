"""The pictures of docs/fitting.md: what options of the fit do to the demo picture.

`python -m tools.fitting_pictures --out docs/images`
"""

from __future__ import annotations

import argparse
import io
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.penetration import fitted, penetrating_cases
from fitting_core.arguments.parser import fit_request
from fitting_core.arrays import NumpyArray
from fitting_core.geometry.rotations import matrix_from_vector
from fitting_core.keypoints.layouts import BODY_25
from fitting_core.messages import TextMessenger
from fitting_core.photo.mesh_picture import PinholeCamera, draw_mesh
from fitting_core.pipeline.fit_photo import fit_photo
from fitting_core.pipeline.setups import fit_setup
from fitting_core.results.outcome import FitOutcome

PHOTO = Path("docs/demo/demo_photo.jpg")
KEYPOINTS = Path("docs/demo/demo_photo_keypoints.json")
HEIGHT_PX = 460
JPEG_QUALITY = 85
_WHITE = 255
# What a photo from the waist up would have: everything below the hips is left out.
_LOWER_BODY = [name for name in BODY_25.names if any(p in name for p in ("knee", "ankle", "toe", "heel"))]


def main() -> None:
    """Fit, draw and write them all."""
    parser = argparse.ArgumentParser(prog="python -m tools.fitting_pictures", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    folder = parser.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    _save(
        folder / "fit_gender.jpg", [_over_photo(_fitted("--gender", g)) for g in ("female", "male", "child")]
    )
    lenses = [_fitted("--focal-mm35", lens) for lens in ("24", "50", "200")]
    _save(folder / "fit_lens.jpg", [_turned(outcome, 90.0) for outcome in lenses])
    takes = _fitted("--takes", "3")
    count = len(takes.people[0].takes)
    _save(
        folder / "fit_takes.jpg", [_over_photo(takes), *(_turned(takes, 70.0, take) for take in range(count))]
    )
    half = _fitted("--ignore", ",".join(_LOWER_BODY))
    _save(folder / "fit_unseen.jpg", [_over_photo(_fitted()), _over_photo(half), _turned(half, 60.0)])
    _save(folder / "fit_penetration.jpg", _penetration())


def _fitted(*options: str) -> FitOutcome:
    with tempfile.TemporaryDirectory() as folder:
        request = fit_request([str(PHOTO), str(KEYPOINTS), "--out", folder, "--no-overlay", *options])
        return fit_photo(request, TextMessenger(io.StringIO()))


def _camera(outcome: FitOutcome) -> PinholeCamera:
    subject = outcome.people[0].subject
    return PinholeCamera(subject.focal_px, np.asarray(subject.principal_point))


def _over_photo(outcome: FitOutcome) -> NumpyArray:
    photo = np.asarray(Image.open(PHOTO).convert("RGB"))
    picture = draw_mesh(
        outcome.people[0].takes[0].vertices, outcome.model.triangles, _camera(outcome), outcome.header.size
    )
    seen = ~np.isinf(picture.depth)[..., None]
    return np.where(seen, 0.25 * photo + 0.75 * picture.rgb, photo).astype(np.uint8)


def _turned(outcome: FitOutcome, degrees: float, take: int = 0) -> NumpyArray:
    """Return a take turned about the vertical through its middle, by the same camera, on white."""
    mesh = outcome.people[0].takes[take].vertices
    turn = matrix_from_vector(np.array([0.0, np.radians(degrees), 0.0]))
    centre = mesh.mean(axis=0)
    return _on_white(
        (mesh - centre) @ turn.T + centre, outcome.model.triangles, _camera(outcome), outcome.header.size
    )


def _on_white(
    mesh: NumpyArray, triangles: NumpyArray, camera: PinholeCamera, size: tuple[int, int]
) -> NumpyArray:
    picture = draw_mesh(mesh, triangles, camera, size)
    return np.where(np.isinf(picture.depth)[..., None], _WHITE, picture.rgb).astype(np.uint8)


def _penetration() -> list[NumpyArray]:
    """Two poses that pass through themselves: without and with the capsules' cost."""
    setup = fit_setup()
    model = setup.points.model
    chosen = [case for case in penetrating_cases(model) if case.name in ("forearm in belly", "crossed legs")][
        1::3
    ]
    found: list[NumpyArray] = []
    for option in (False, True):
        people = fitted(fit_setup(interpenetration=option), [case.subject for case in chosen])
        for case, person in zip(chosen, people, strict=True):
            camera = PinholeCamera(case.subject.focal_px, np.asarray(case.subject.principal_point))
            size = (int(2 * camera.principal_point[0]), int(2 * camera.principal_point[1]))
            picture = _on_white(person.vertices, model.triangles, camera, size)
            found.append(picture[:, size[0] // 5 : -size[0] // 5])
    return [found[0], found[2], found[1], found[3]]


def _save(path: Path, pictures: Sequence[NumpyArray]) -> None:
    scaled = [
        Image.fromarray(picture).resize(
            (round(picture.shape[1] * HEIGHT_PX / picture.shape[0]), HEIGHT_PX), Image.Resampling.LANCZOS
        )
        for picture in pictures
    ]
    joined = Image.new("RGB", (sum(picture.width for picture in scaled), HEIGHT_PX), "white")
    left = 0
    for picture in scaled:
        joined.paste(picture, (left, 0))
        left += picture.width
    joined.save(path, quality=JPEG_QUALITY, optimize=True)


if __name__ == "__main__":
    main()
