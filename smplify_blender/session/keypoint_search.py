"""The keypoint file beside a photo, and the photo of a keypoint file, by name."""

from __future__ import annotations

from pathlib import Path

# As detectors name their output: OpenPose writes NAME_keypoints.json, into a folder of its own or beside the photo.
PATTERNS = (
    "{stem}_keypoints.json",
    "keypoints/{stem}_keypoints.json",
    "keypoints/{stem}.json",
    "{stem}.json",
    "{name}_keypoints.json",
    "results_{stem}.json",
    "predictions/{stem}.json",
    "../keypoints/{stem}_keypoints.json",
    "../keypoints/{stem}.json",
)


def find_keypoints(photo: Path) -> Path | None:
    """Return the first of the usual names that is there; None where none is."""
    for pattern in PATTERNS:
        candidate = photo.parent / pattern.format(stem=photo.stem, name=photo.name)
        try:
            if candidate.is_file():
                return candidate
        except OSError:  # a folder that may not be read
            continue
    return None


# As the core reads them, the commonest first.
PHOTO_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp")


# Names of the folder beside a movie that programs write its frames' keypoints to, after the movie's own.
FOLDER_ENDINGS = ("_keypoints", "_json", "_openpose", "")


def find_clip_keypoints(clip: Path) -> Path | None:
    """Return the folder or file with the keypoints of a video's frames; None where there is none.

    A movie's lie beside it; those of numbered images in their folder, or in `keypoints` within it.
    """
    if clip.suffix.lower() in PHOTO_SUFFIXES:
        folders = [clip.parent / "keypoints", clip.parent]
    else:
        folders = [clip.with_name(f"{clip.stem}{ending}") for ending in FOLDER_ENDINGS]
    found = next((folder for folder in folders if _holds_json(folder)), None)
    return found if found is not None or clip.suffix.lower() in PHOTO_SUFFIXES else find_keypoints(clip)


def _holds_json(folder: Path) -> bool:
    try:
        return folder.is_dir() and any(folder.glob("*.json"))
    except OSError:  # a folder that may not be read
        return False


def find_photo(keypoints: Path) -> Path | None:
    """Return the photo that a keypoint file belongs to: `find_keypoints` backwards; None where none is there."""
    stem = keypoints.stem.removesuffix("_keypoints")
    folders = [keypoints.parent] + [keypoints.parent.parent] * (keypoints.parent.name == "keypoints")
    names = [f"{stem}{written}" for suffix in PHOTO_SUFFIXES for written in (suffix, suffix.upper())]
    candidates = [folder / name for folder in folders for name in names]
    return next((candidate for candidate in candidates if candidate.is_file()), None)
