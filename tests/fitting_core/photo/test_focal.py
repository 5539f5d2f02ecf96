"""The focal length: given, read, or assumed, with its source in words."""

from __future__ import annotations

import math

import pytest

from fitting_core.arguments.request import FocalRequest
from fitting_core.errors import RequestError
from fitting_core.photo.focal import focal_length
from fitting_core.photo.header import PhotoHeader


def _header(mm35: float | None = None, px: float | None = None) -> PhotoHeader:
    return PhotoHeader((3000, 4000), (4000, 3000), 6, mm35, px, ".jpg")


@pytest.mark.parametrize(
    ("header", "request_", "px", "source"),
    [
        (_header(), FocalRequest(px=3210.0), 3210, "3210 px, as given"),
        (_header(26, 2889), FocalRequest(mm35=36.0), 4000, "36 mm (35-mm equivalent), as given"),
        (_header(), FocalRequest(fov_deg=90.0), 2000, "90° across the longer side, as given"),
        (_header(), FocalRequest(fov_deg=53.1301), 4000, "53.1301° across the longer side, as given"),
        (_header(26.0, 2889.0), FocalRequest(), 2889, "26 mm (35-mm equivalent), from the photo's EXIF"),
        (_header(None, 2500.0), FocalRequest(), 2500, "lens and sensor size, from the photo's EXIF"),
        (
            _header(),
            FocalRequest(),
            35 * 4000 / 36,
            "35 mm (35-mm equivalent), assumed: the photo does not say",
        ),
    ],
    ids=["px", "mm35", "fov 90", "fov 53", "EXIF mm35", "EXIF sensor", "assumed"],
)
def test_sources(header: PhotoHeader, request_: FocalRequest, px: float, source: str) -> None:
    found = focal_length(header, request_)
    assert found.px == pytest.approx(px, rel=1e-5)
    assert found.source == source
    assert found.is_assumed == ("assumed" in source)


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (FocalRequest(px=1000.0, mm35=35.0), "in two ways"),
        (FocalRequest(mm35=35.0, fov_deg=60.0), "in two ways"),
        (FocalRequest(px=0.0), "focal length of 0 is not one of a lens. Give 556 to 222222 px"),
        (FocalRequest(px=math.nan), "focal length of nan"),
        (FocalRequest(px=math.inf), "focal length of inf"),
        (FocalRequest(mm35=-50.0), "focal length of -50"),
        (FocalRequest(mm35=3.0), "5 to 2000 mm"),
        (FocalRequest(fov_deg=180.0), "field of view of 180"),
        (FocalRequest(fov_deg=0.0), "1 to 170 degrees"),
    ],
)
def test_refusals(request_: FocalRequest, words: str) -> None:
    with pytest.raises(RequestError, match=words):
        focal_length(_header(), request_)
