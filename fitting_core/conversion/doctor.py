"""Says in plain words what any file holds, how it is read, what looks wrong, and what to do with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import cast

from fitting_core.arguments.folder_listing import PHOTO_SUFFIXES
from fitting_core.arguments.request import InspectRequest
from fitting_core.errors import ConversionError, FittingError, shown
from fitting_core.files.border import RefusedError, reader_border
from fitting_core.files.budget import Budget
from fitting_core.files.plain_file import PICTURE_STARTS, PlainFile, read_plain_file
from fitting_core.files.regular_file import open_regular
from fitting_core.keypoints.keypoint_files import ReadingOptions, read_frames, read_keypoint_file
from fitting_core.keypoints.keypoints2d import Keypoints2D
from fitting_core.keypoints.natural_size import natural_size, raw_frame
from fitting_core.keypoints.people import describe_people
from fitting_core.messages import Messenger
from fitting_core.photo.inspection import inspect_photo

from .dialects import read_pose
from .foreign_file import read_foreign_file
from .foreign_pose import ForeignPose
from .pose_tables import in_words

_MOST_PEOPLE = 10
_PERSON, _NO_POINTS = "Person", "no points"
_BODY_MODEL_KEYS = ("v_template", "shapedirs", "weights")
_KINDS = {"smplx": "SMPL-X", "smplh": "SMPL-H", "smpl": "SMPL"}
_AXES = {"z": "z up", "y": "y up", "camera": "a camera's frame (y down)", None: "before a photo's camera"}


def inspect_anything(request: InspectRequest, messenger: Messenger) -> None:
    """Inspect a photo with its keypoints, or explain any other file or folder in words.

    Raises a FittingError where the file cannot be opened at all.
    """
    if request.keypoints is not None or request.detect or _is_picture(request.photo):
        inspect_photo(request, messenger)
        return
    messenger.explained(explanation(request.photo, request.reading.frame))


def _is_picture(path: Path) -> bool:
    try:
        with open_regular(path) as file:
            start = file.read(16)
    except (OSError, RefusedError):
        return not path.is_dir()  # the reader of photos says what is wrong
    return start.startswith(PICTURE_STARTS) or path.suffix.lower() in PHOTO_SUFFIXES


def explanation(path: Path, frame: int | None = None) -> list[str]:
    """Return what a file or folder is, in sentences, the most important first."""
    if path.is_dir():
        return _of_folder(path)
    refusals: list[str] = []
    points = _read(_as_keypoints, path, frame, refusals)
    pose = _read(_as_pose, path, frame, refusals)
    if pose and all(_NO_POINTS in line for line in points if line.startswith(_PERSON)):
        points = []  # what looks like points in a file of poses, and is none
    if points or pose:
        return [f"{path.name}: {path.stat().st_size:,} bytes.", *points, *pose]
    plain = _plain(path)
    if isinstance(plain, str):
        return [f"{path.name} is not read: {plain}."]
    return [f"{path.name} is {plain.format}.", *_of_other(plain, refusals)]


def _read(
    read: Callable[[Path, int | None], list[str]], path: Path, frame: int | None, refusals: list[str]
) -> list[str]:
    """Return a reader's sentences; nothing, with its refusal added to the others, for a file that it does not read."""
    try:
        return read(path, frame)
    except FittingError as problem:
        refusals.append(str(problem))
        return []


def _plain(path: Path) -> PlainFile | str:
    """Return what the file holds, or the reason why it cannot be read."""
    try:
        with reader_border(path, ConversionError, "file", ""):
            return read_plain_file(path, Budget())
    except ConversionError as problem:
        return str(problem).removeprefix(f"{path}: ").strip(" .")


def _as_keypoints(path: Path, frame: int | None) -> list[str]:
    frames = read_frames(path)
    options = ReadingOptions(frame=frame if frame is not None else 0)
    raw = raw_frame(path, options)
    size = natural_size(raw)
    file = read_keypoint_file(path, size or (1000, 1000), options=options)
    count = len(frames.frames)
    lines = [f"Keypoints: {file.dialect}; {describe_people(file.people)}."]
    if count > 1:
        names = ", ".join(shown(name) for name, _ in frames.frames[:3] if name)
        known = f" ({names} …)" if names else ""
        lines.append(f"It holds {count} frames{known}; this is frame {options.frame} (another: --frame N).")
    if raw.canvas is not None:
        lines.append(f"Its points are of a picture of {raw.canvas[0]:g} × {raw.canvas[1]:g}.")
    elif size is None:
        lines.append("Its points are from 0 to 1 of the photo's sides.")
    else:
        lines.append("It names no size of the picture; its points are taken for pixels of the photo.")
    lines += [_person(person, number) for number, person in enumerate(file.people[:_MOST_PEOPLE])]
    lines += [f"Look at this: {warning}." for warning in file.warnings]
    if file.empty_frame_note:
        lines.append(file.empty_frame_note)
    if any(depths is not None for depths in file.depths):
        lines.append("It says the depths of the body's points, which the fit takes, too.")
    if file.focal_px is not None:
        lines.append(f"It says a focal length of {file.focal_px:.0f} px, which the fit takes.")
    lines.append(
        f"What to do: smplify-fit fit PHOTO {path.name} --out DIR, with the photo that the points are of."
    )
    return lines


def _person(person: Keypoints2D, number: int) -> str:
    points = person.stacked()
    seen = points[points[:, 2] > 0]
    if not len(seen):
        return f"{_PERSON} {number}: {_NO_POINTS}."
    low, high = seen[:, :2].min(axis=0), seen[:, :2].max(axis=0)
    return (
        f"{_PERSON} {number}: {len(seen)} points, x {low[0]:.0f} to {high[0]:.0f}, y {low[1]:.0f} to {high[1]:.0f}, confidences "
        f"{seen[:, 2].min():.2f} to {seen[:, 2].max():.2f}."
    )


def _as_pose(path: Path, _frame: int | None) -> list[str]:
    file = read_foreign_file(path)
    pose = read_pose(file)
    frames = f"{pose.frame_count} frame" + ("" if pose.frame_count == 1 else "s")
    lines = [f"Poses: {pose.dialect}, {frames}, of an {_KINDS[pose.kind]} body."]
    lines.append(f"Its world is read as {_AXES[pose.up]}, unless the figure shows that it is another (--up).")
    lines += _place(pose)
    lines += [f"Look at this: {warning.strip()}" for warning in pose.warnings]
    if file.focal_px is not None and pose.camera is None:
        lines.append(
            f"It names a focal length of {file.focal_px:.0f} px, as a rule its program's guess from the picture's size. A fit "
            f"takes it with --focal-px {file.focal_px:.0f}."
        )
    photo = " --photo PHOTO" if pose.camera is not None else ""
    lines.append(
        f"What to do: drop it onto Blender's 3D view, or smplify-fit convert {path.name} --out DIR{photo}."
    )
    return lines


def _place(pose: ForeignPose) -> list[str]:
    if pose.translation is None:
        return [] if pose.camera is not None else ["It says no place: the figure will stand on the floor."]
    low, high = pose.translation.min(axis=0), pose.translation.max(axis=0)
    spans = ", ".join(f"{axis} {a:.2f} to {b:.2f}" for axis, a, b in zip("xyz", low, high, strict=True))
    rate = "its frame rate it does not say" if pose.fps is None else f"{pose.fps:g} frames a second"
    return [f"Places in metres: {spans}; {rate}."]


def _of_other(plain: PlainFile, refusals: list[str]) -> list[str]:
    lines = [f"It holds {in_words(plain.value)}."]
    if isinstance(plain.value, dict):
        names = list(cast("dict[str, object]", plain.value))
        if all(key in names for key in _BODY_MODEL_KEYS):
            return [*lines, "It is a body model: choose it as Model in the preferences, or with --model."]
        if any("decoder" in name or "bodyprior" in name for name in names):
            return [
                *lines,
                "It looks like VPoser: choose it as Pose Prior in the preferences, or with --vposer.",
            ]
        if "means" in names and "covars" in names:
            return [*lines, "It is a mixture of poses: --pose-prior takes it."]
        if "body_sha256" in names:
            return [*lines, "It belongs to a result folder of smplify-fit: import that folder."]
    return [
        *lines,
        "It holds neither keypoints nor poses that are known here.",
        *(refusals[:1] if plain.format == "JSON" else refusals[-1:]),
    ]


def _of_folder(path: Path) -> list[str]:
    if (path / "summary.json").is_file() and (path / "body.npz").is_file():
        return [f"{path.name} is a result folder of smplify-fit: File ▸ Import in Blender takes it."]
    counts: dict[str, int] = {}
    for entry in path.iterdir():
        kind = "folders" if entry.is_dir() else entry.suffix.lower() or "without an ending"
        counts[kind] = counts.get(kind, 0) + 1
    what = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())) or "nothing"
    photos = sum(counts.get(suffix, 0) for suffix in PHOTO_SUFFIXES)
    lines = [f"{path.name} is a folder with {what}."]
    return [*lines, f"What to do: smplify-fit batch {path.name} --out DIR."] if photos else lines
