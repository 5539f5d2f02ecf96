"""What a user is told of the shots of a clip, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fitting_core.arrays import NumpyArray

from .camera_motion import CameraMotion
from .watching import Shot

_MOST_NAMED = 6  # shots in one sentence
_NEXT_STEP = (
    "A still camera is assumed, so people slide over the floor as it moves. Give a part in which it stands still (--start, "
    "--end), or steady the clip on its background first."
)


def remarks_on_shots(shots: Sequence[Shot], numbers: NumpyArray, fitted: Shot | None = None) -> Iterator[str]:
    """Yield what there is to say of cuts, and of the cameras of the shot that is fitted, or of all; `numbers` are the frames'."""
    if len(shots) > 1:
        named = ", ".join(_span(shot, numbers) for shot in shots[:_MOST_NAMED])
        more = f" and {len(shots) - _MOST_NAMED} more" if len(shots) > _MOST_NAMED else ""
        held = "" if fitted is None else f": this one holds frames {_span(fitted, numbers)}"
        yield (
            f"The clip is cut into {len(shots)} shots: frames {named}{more}. A result has one camera and one shot{held}. Fit the "
            "others with --start and --end."
        )
    for shot in shots if fitted is None else (fitted,):
        if shot.camera_motion is not None:
            yield _camera_remark(shot.camera_motion, numbers)


def _camera_remark(motion: CameraMotion, numbers: NumpyArray) -> str:
    far = "too fast to be followed"
    if motion.largest_shift is not None:
        far = f"by up to {100 * motion.largest_shift:.0f} % of the picture"
    first, last = numbers[motion.first_frame], numbers[motion.last_frame]
    return f"The camera moves from frame {first} to {last}, {far}. {_NEXT_STEP}"


def _span(shot: Shot, numbers: NumpyArray) -> str:
    return f"{numbers[shot.first_frame]} to {numbers[shot.last_frame]}"
