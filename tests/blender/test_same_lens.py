"""When a camera has a photo's lens: the same lens may have been rounded on its way, another lens may not pass for it."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType

import numpy as np
import pytest

from smplify_blender.result.camera_match import BlenderLens

LENS = BlenderLens(36.5991134, "HORIZONTAL", 36.0, 24.0, 0.0123456, -0.0004, (1920, 1280))

SAME: dict[str, tuple[BlenderLens, bool]] = {
    "the lens itself": (LENS, True),
    "rounded to four places by a report": (replace(LENS, lens_mm=36.5991), True),
    "a tenth of a pixel longer in 1000 px": (replace(LENS, lens_mm=LENS.lens_mm * 1.0001), False),
    "a shift of a tenth of a pixel": (replace(LENS, shift_x=LENS.shift_x + 1e-4), False),
    "another side that counts": (replace(LENS, sensor_fit="VERTICAL"), False),
}


@pytest.mark.parametrize(("lens", "same"), SAME.values(), ids=SAME.keys())
def test_which_lens_counts_as_the_same(bpy: ModuleType, lens: BlenderLens, same: bool) -> None:
    from smplify_blender.scene.created import Created
    from smplify_blender.scene.photo.camera import has_lens, new_camera

    camera = new_camera(LENS, np.eye(4), None, bpy.context.scene.collection, Created())
    assert has_lens(camera.data, lens) is same
