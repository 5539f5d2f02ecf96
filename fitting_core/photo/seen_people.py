"""A photo's file to the people whom the eyes see in it, and what else it shows of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.errors import PhotoError, printable
from fitting_core.eyes.body import LEAST_PRESENCE, SeenBody, see_body
from fitting_core.eyes.detector import see_people
from fitting_core.eyes.openpose_points import body_depths, openpose_body, openpose_points
from fitting_core.eyes.regions import Region, aligned_region
from fitting_core.eyes.widths import seen_widths
from fitting_core.keypoints.checks import CONFIDENT
from fitting_core.keypoints.keypoints2d import KeypointFile, Keypoints2D
from fitting_core.keypoints.layouts import BODY_25
from fitting_core.keypoints.photo_cues import NO_CUES, PhotoCues
from fitting_core.photo.detectors.chosen import check_detector, people_of_detector
from fitting_core.photo.encoding import has_pillow
from fitting_core.photo.header import PhotoHeader
from fitting_core.photo.pixels import copied_pixels, decoded_pixels, upright
from fitting_core.photo.remarks import is_doubtful, remarks

if TYPE_CHECKING:
    from jaxtyping import Float, UInt8

DIALECT = "found in the photo"
# The networks look at regions of 256 pixels: more than this many across the photo show them nothing new of a person in it.
LONGEST_SIDE_PX = 2048
# A body that is seen where a keypoint file has one lies on its points, within this share of the region's side.
_SAME_BODY = 0.1
_REACH = 1.25  # of the farthest keypoint from the hips: half the side of the body network's region
MOST_LOOKED_AT = 30  # people of a keypoint file whose depths are looked for; a fifth of a second each


@dataclass(frozen=True, eq=False)
class SeenPhoto:
    """The people of a photo, and what else it shows of each."""

    people: tuple[Keypoints2D, ...]
    cues: tuple[PhotoCues, ...]
    dialect: str = DIALECT

    def as_file(self) -> KeypointFile:
        """Return the people as if a keypoint file had held them."""
        warnings = remarks(self.people, [cues.is_doubtful for cues in self.cues])
        return KeypointFile(self.people, self.dialect, warnings)


def see_photo(
    path: Path, header: PhotoHeader, copy: Path | None = None, detector: Path | None = None
) -> SeenPhoto:
    """Look for people in a photo; points are in pixels of the upright photo, the largest person comes first.

    `copy` is a portable pixmap of the photo as stored, of any size, for a Python without Pillow. What was seen is remembered as
    long as the files stay the same. `detector` is the user's own, None the eyes. Raises PhotoError if the photo cannot be
    decoded, and DetectorError.
    """
    if detector is not None:
        check_detector(detector)
    if copy is None and not has_pillow():
        raise PhotoError(
            f"{path}: this Python cannot decode photos, so nobody can be looked for in it. Install Pillow (pip install pillow), "
            "or give a keypoint file."
        )
    files = (path, copy, detector)
    versions = tuple(None if file is None else _version(file) for file in files)
    return _seen(path, header, copy, detector, versions)


def see_cues(
    path: Path, header: PhotoHeader, people: Sequence[Keypoints2D], copy: Path | None = None
) -> tuple[PhotoCues, ...]:
    """Look at people whose keypoints are known, for what else the photo shows of them; no cues for whom it does not show there.

    A photo that cannot be decoded, or that too many people are in, shows nobody: cues are a help, and no more.
    """
    if len(people) > MOST_LOOKED_AT or (copy is None and not has_pillow()):
        return (NO_CUES,) * len(people)
    try:
        photo = _read(path, header, copy)
    except PhotoError:
        return (NO_CUES,) * len(people)
    scale = photo.scale
    return tuple(
        _scaled_cues(_cues_at(photo, _scaled(person, _with_one(1.0 / scale))), scale) for person in people
    )


def see_body_near(
    path: Path, header: PhotoHeader, person: Keypoints2D, copy: Path | None = None
) -> Keypoints2D | None:
    """Return the body that the photo shows about where a person's keypoints are; None where it shows none or cannot be decoded.

    Keypoints of a somewhat smaller or larger copy of the photo are still near enough for it.
    """
    if copy is None and not has_pillow():
        return None
    try:
        photo = _read(path, header, copy)
    except PhotoError:
        return None
    points = person.body * _with_one(1.0 / photo.scale)
    region = _region_of(points[:, :2], points[:, 2])
    body = None if region is None else photo.body_in(region)
    if body is None or body.presence < LEAST_PRESENCE:
        return None
    nothing = np.zeros_like
    return _scaled(
        Keypoints2D(
            openpose_body(body),
            nothing(person.left_hand),
            nothing(person.right_hand),
            nothing(person.face),
            "eyes",
        ),
        _with_one(photo.scale),
    )


@dataclass(frozen=True, eq=False)
class _ReadPhoto:
    """The pixels of a photo, their scale to the photo's own, and the bodies that were seen in its regions."""

    picture: UInt8[NumpyArray, "height width 3"]
    scale: Float[NumpyArray, "2"]
    _bodies: dict[Region, SeenBody] = field(default_factory=dict[Region, SeenBody])

    def body_in(self, region: Region) -> SeenBody:
        """Return the body in a region, looked at once."""
        if region not in self._bodies:
            self._bodies[region] = see_body(self.picture, region)
        return self._bodies[region]


def _read(path: Path, header: PhotoHeader, copy: Path | None) -> _ReadPhoto:
    """Read a photo's pixels, remembered as long as the files stay the same. Raises PhotoError."""
    return _read_version(path, header, copy, (_version(path), None if copy is None else _version(copy)))


@lru_cache(maxsize=1)
def _read_version(
    path: Path, header: PhotoHeader, copy: Path | None, _versions: tuple[tuple[int, int] | None, ...]
) -> _ReadPhoto:
    picture = _picture(path, header, copy)
    return _ReadPhoto(picture, header.size / np.array([picture.shape[1], picture.shape[0]]))


def _version(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        raise PhotoError(f"{path} cannot be read: {error}. Check the path.") from error
    return status.st_mtime_ns, status.st_size


@lru_cache(maxsize=8)
def _seen(
    path: Path,
    header: PhotoHeader,
    copy: Path | None,
    detector: Path | None,
    _versions: tuple[tuple[int, int] | None, ...],
) -> SeenPhoto:
    picture = _picture(path, header, copy)
    scale = header.size / np.array([picture.shape[1], picture.shape[0]])
    if detector is not None:
        return _seen_by(detector, picture, scale)
    people = see_people(picture)
    size = (picture.shape[1], picture.shape[0])
    return SeenPhoto(
        people=tuple(_scaled(openpose_points(person, size), _with_one(scale)) for person in people),
        cues=tuple(
            replace(_scaled_cues(cues_of(person.body, picture), scale), is_doubtful=is_doubtful(person, size))
            for person in people
        ),
    )


def _seen_by(detector: Path, picture: UInt8[NumpyArray, "height width 3"], scale: NumpyArray) -> SeenPhoto:
    """Return the people whom the user's detector finds; the eyes add what else the photo shows of them."""
    found = people_of_detector(detector, picture)
    photo = _ReadPhoto(picture, scale)
    cues = [_scaled_cues(_cues_at(photo, person), scale) for person in found.people[:MOST_LOOKED_AT]]
    cues += [NO_CUES] * (len(found.people) - len(cues))
    return SeenPhoto(
        people=tuple(_scaled(person, _with_one(scale)) for person in found.people),
        cues=tuple(cues),
        dialect=f"found in the photo by {printable(detector.name)}",
    )


def _with_one(scale: Float[NumpyArray, "2"]) -> Float[NumpyArray, "3"]:
    """Return the scale of x, y and confidence."""
    return np.append(scale, 1.0)


def _scaled(person: Keypoints2D, scale: Float[NumpyArray, "3"]) -> Keypoints2D:
    parts = (person.body, person.left_hand, person.right_hand, person.face)
    return Keypoints2D(*(part * scale for part in parts), detector=person.detector)


def _picture(path: Path, header: PhotoHeader, copy: Path | None) -> UInt8[NumpyArray, "height width 3"]:
    if copy is None:
        return decoded_pixels(path, header, LONGEST_SIDE_PX)
    picture = copied_pixels(copy)
    width, height = header.stored_size
    scale = max(picture.shape[1] / width, picture.shape[0] / height)
    if abs(picture.shape[1] - scale * width) > 1.0 or abs(picture.shape[0] - scale * height) > 1.0:
        raise PhotoError(
            f"{copy} is {picture.shape[1]} × {picture.shape[0]} pixels, another shape than {path} ({width} × {height}). Hand "
            "over the photo's pixels again."
        )
    return upright(picture, header.orientation)


def _scaled_cues(cues: PhotoCues, scale: Float[NumpyArray, "2"]) -> PhotoCues:
    if cues.widths is None:
        return cues
    return replace(cues, widths=cues.widths * np.append(np.tile(scale, 2), 1.0))


def _cues_at(photo: _ReadPhoto, person: Keypoints2D) -> PhotoCues:
    """Return what the photo shows of a person whose keypoints are known."""
    points = person.body[:, :2]
    region = _region_of(points, person.body[:, 2])
    if region is None:
        return NO_CUES
    body = photo.body_in(region)
    return cues_of(body, photo.picture) if _is_on(body, points, person.body[:, 2]) else NO_CUES


def cues_at(picture: UInt8[NumpyArray, "height width 3"], person: Keypoints2D) -> PhotoCues:
    """Return what an upright picture shows of a person whose keypoints are known."""
    return _cues_at(_ReadPhoto(picture, np.ones(2)), person)


def cues_of(body: SeenBody, picture: UInt8[NumpyArray, "height width 3"]) -> PhotoCues:
    """Return what a picture shows of a person beside keypoints, as the body network has seen them."""
    return PhotoCues(body_depths(body), seen_widths(body, (picture.shape[1], picture.shape[0])))


def _region_of(points: Float[NumpyArray, "25 2"], confidence: Float[NumpyArray, "25"]) -> Region | None:
    """Return the square that the body network takes for a person: about the hips, upright along the trunk."""
    hip, neck = BODY_25.index("mid_hip"), BODY_25.index("neck")
    seen = confidence >= CONFIDENT
    if not (seen[hip] and seen[neck]):
        return None
    reach = float(np.linalg.norm(points[seen] - points[hip], axis=1).max())
    trunk = aligned_region(points[hip], points[neck])
    return Region(trunk.x, trunk.y, 2.0 * _REACH * max(reach, 1.0), trunk.turn)


def _is_on(body: SeenBody, points: Float[NumpyArray, "25 2"], confidence: Float[NumpyArray, "25"]) -> bool:
    """True if a body is there, and the one whose keypoints these are."""
    if body.presence < LEAST_PRESENCE:
        return False
    found = openpose_body(body)
    both = (confidence >= CONFIDENT) & (found[:, 2] >= CONFIDENT)
    apart: NumpyArray = np.linalg.norm(found[both, :2] - points[both], axis=1)
    return bool(both.any()) and float(np.median(apart)) < _SAME_BODY * body.region.side
