"""The known facts of the photo and its keypoints when the sidebar is drawn."""

from __future__ import annotations

from dataclasses import dataclass

from .edited import EditedKeypoints

EDITING_KEYPOINTS = "EDITING_KEYPOINTS"  # the mode while points are edited, in place of Blender's EDIT_MESH


@dataclass(frozen=True)
class KeypointsFacts:
    """The facts that the panel is drawn from. `keypoints` None: nobody's points are edited for this photo, or (`damaged` says
    so) they cannot be read.
    """

    photo_problem: str  # why there is no photo to set points on
    people_found: int | None  # in the photo's keypoint file; None: nobody has looked yet
    has_figure: bool  # of this photo, fitted in this session
    keypoints: EditedKeypoints | None = None
    damaged: str = ""
    number: int = 0
    people: int = 0  # in the file with those who were added by hand
    editing: bool = False
    selected: int = 0
    mode: str = "OBJECT"
    fit_problem: str = ""  # why nothing can be fitted, whatever the points
    running: bool = False
    frame: int | None = None  # of the scene, where the points are those of a video's frame
