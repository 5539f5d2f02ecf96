"""Reads all points of one person from one array, as COCO, AlphaPose, MMPose and their like write them."""

from __future__ import annotations

from dataclasses import dataclass

from fitting_core.errors import KeypointFileError
from fitting_core.files.json_document import JsonValue
from fitting_core.keypoints.detector_habits import DetectorName
from fitting_core.keypoints.other_layouts import COUNTS, PointLayout, layouts_of, likeliest_layout
from fitting_core.keypoints.point_arrays import point_count, read_points
from fitting_core.keypoints.raw_people import Points, RawKeypoints, RawPerson

# OpenPose itself stops at 127 people (its POSE_MAX_PEOPLE).
MAXIMUM_PEOPLE = 500


@dataclass(frozen=True, eq=False)
class WholePerson:
    """One person, the layout that the array was read in, and what was odd about it in words."""

    person: RawPerson
    layout: PointLayout
    oddities: tuple[str, ...] = ()


def read_whole_person(value: JsonValue, where: str, scores: JsonValue = None) -> WholePerson | None:
    """Read one array of all points; None when it is null or empty.

    Raises KeypointFileError for a number of points that no layout has.
    """
    array = read_points(value, COUNTS, where, lambda count: layouts_of(count)[0].body.names, scores)
    if array is None:
        return None
    layout = likeliest_layout(array.points, layouts_of(len(array.points)))
    return WholePerson(person_in(array.points, layout), layout, array.oddities)


def person_in(table: Points, layout: PointLayout) -> RawPerson:
    """Return the body, hands and face of one table of points."""

    def part(places: tuple[int, ...]) -> Points | None:
        return table[list(places)] if places else None

    return RawPerson(
        table[: layout.body.count],
        part(layout.left_hand),
        part(layout.right_hand),
        part(layout.face),
        layout.body,
    )


def is_whole_person(value: JsonValue) -> bool:
    """Return True if a list holds as many points as some layout has."""
    return point_count(value, COUNTS) is not None


def check_people_count(count: int) -> None:
    """Raise KeypointFileError for more people than any photo shows."""
    if count > MAXIMUM_PEOPLE:
        raise KeypointFileError(
            f"it holds {count} people; {MAXIMUM_PEOPLE} are the limit. Crop the photo and detect again."
        )


def raw_keypoints(
    people: list[WholePerson | None],
    program: str,
    canvas: tuple[float, float] | None = None,
    detector: DetectorName | None = None,
) -> RawKeypoints:
    """Return the people of one frame, with the layout's name and the habits that go with it."""
    found = [person for person in people if person is not None]
    names = " and ".join(sorted({person.layout.name for person in found}))
    habits: DetectorName = found[0].layout.detector if found else "openpose"
    return RawKeypoints(
        people=tuple(RawPerson() if person is None else person.person for person in people),
        dialect=f"{program}, {names}" if names else program,
        canvas=canvas,
        warnings=tuple(words for person in found for words in person.oddities),
        detector=habits if detector is None else detector,
    )
