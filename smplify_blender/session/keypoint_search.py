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


# Names of the folder beside a movie that programs write its frames' keypoints to, after the movie's own.
FOLDER_ENDINGS = ("_keypoints", "_json", "_openpose", "")


def find_clip_keypoints(clip: Path) -> Path | None:
    """Return the folder or file with the keypoints of a clip's frames beside it; None where there is none."""
    folders = [clip.with_name(f"{clip.stem}{ending}") for ending in FOLDER_ENDINGS]
    folders = [folder for folder in folders if folder.is_dir() and any(folder.glob("*.json"))]
    return next(iter(folders), None) or find_keypoints(clip)


# As the core reads them, the commonest first.
PHOTO_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp")


def find_photo(keypoints: Path) -> Path | None:
    """Return the photo that a keypoint file belongs to: `find_keypoints` backwards; None where none is there."""
    stem = keypoints.stem.removesuffix("_keypoints")
    folders = [keypoints.parent] + [keypoints.parent.parent] * (keypoints.parent.name == "keypoints")
    names = [f"{stem}{written}" for suffix in PHOTO_SUFFIXES for written in (suffix, suffix.upper())]
    candidates = [folder / name for folder in folders for name in names]
    return next((candidate for candidate in candidates if candidate.is_file()), None)
