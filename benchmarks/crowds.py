"""Count the people whom the eyes find in annotated pictures, those whom they miss, and bodies where the annotation has nobody.

    python -m benchmarks.crowds ANNOTATIONS.json:FOLDER … [--drawn FOLDER]

ANNOTATIONS.json is in COCO's format (any set of named keypoints), FOLDER holds its pictures. A person is found if the median
distance between annotated and found shoulders, elbows, wrists, hips, knees and ankles is less than 0.15 of the longer side of the
person's box. Annotations leave people out: look at the drawn pictures before calling a body without one a ghost.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

from fitting_core.eyes.body import SeenBody
from fitting_core.eyes.detector import see_people
from fitting_core.eyes.openpose_points import BODY_POINTS
from fitting_core.photo.header import read_photo_header
from fitting_core.photo.pixels import decoded_pixels
from fitting_core.photo.seen_people import LONGEST_SIDE_PX

LIMBS = [
    f"{side}_{joint}"
    for side in ("left", "right")
    for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
]
LEAST_POINTS = 5  # of an annotated person
NEAR = 0.15
BONES = [("shoulder", "elbow"), ("elbow", "wrist"), ("shoulder", "hip"), ("hip", "knee"), ("knee", "ankle")]


def main(arguments: Sequence[str] | None = None) -> None:
    """Look at every picture and print a line for each, and their sum."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sets", nargs="+", metavar="ANNOTATIONS.json:FOLDER")
    parser.add_argument("--drawn", type=Path, help="draw what was found into this folder")
    options = parser.parse_args(arguments)
    print("| picture | px | annotated | found | others | s |")
    print("|---" * 6 + "|")
    total = np.zeros(4)
    for text in options.sets:
        annotations, folder = text.rsplit(":", 1)
        for photo, people in annotated_people(Path(annotations), Path(folder)):
            total += _look(photo, people, options.drawn)
    print(f"| all | | {total[0]:.0f} | {total[1]:.0f} | {total[2]:.0f} | {total[3]:.1f} |")


def annotated_people(
    annotations: Path, folder: Path
) -> list[tuple[Path, list[tuple[dict[str, Any], float]]]]:
    """Return each picture that is there with its people: limbs' points (px) by name, and the longer side of the box."""
    document = json.loads(annotations.read_text(encoding="utf-8"))
    names = [name.lower().replace(" ", "_") for name in document["categories"][0]["keypoints"]]
    pictures: list[tuple[Path, list[tuple[dict[str, Any], float]]]] = []
    for image in document["images"]:
        people: list[tuple[dict[str, Any], float]] = []
        for entry in document["annotations"]:
            if entry["image_id"] != image["id"] or not entry.get("keypoints"):
                continue
            points = np.array(entry["keypoints"], dtype=float).reshape(-1, 3)
            limbs = {
                name: point[:2]
                for name, point in zip(names, points, strict=True)
                if name in LIMBS and point[2] > 0
            }
            if len(limbs) >= LEAST_POINTS:
                people.append((limbs, float(max(entry["bbox"][2:]))))
        if (folder / image["file_name"]).is_file():
            pictures.append((folder / image["file_name"], people))
    return pictures


def _look(
    photo: Path, people: list[tuple[dict[str, Any], float]], drawn: Path | None
) -> tuple[int, int, int, float]:
    header = read_photo_header(photo)
    picture = decoded_pixels(photo, header, LONGEST_SIDE_PX)
    started = process_time()
    bodies = [person.body for person in see_people(picture)]
    seconds = process_time() - started
    scale = header.size[0] / picture.shape[1]
    free = list(bodies)
    for limbs, size in people:
        apart = [_apart(body, limbs, scale) / size for body in free]
        if apart and min(apart) < NEAR:
            del free[int(np.argmin(apart))]
    found = len(bodies) - len(free)
    print(
        f"| {photo.name} | {header.size[0]} × {header.size[1]} | {len(people)} | {found} | {len(free)} | {seconds:.2f} |",
        flush=True,
    )
    if drawn is not None:
        _draw(picture, bodies, drawn / f"{photo.parent.name}_{photo.stem}.png")
    return len(people), found, len(free), seconds


def _apart(body: SeenBody, limbs: dict[str, Any], scale: float) -> float:
    return float(
        np.median(
            [np.linalg.norm(body.pixels[BODY_POINTS[name]] * scale - point) for name, point in limbs.items()]
        )
    )


def _draw(picture: Any, bodies: list[SeenBody], path: Path) -> None:
    from PIL import Image, ImageDraw

    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(picture)
    draw = ImageDraw.Draw(image)
    for number, body in enumerate(bodies):
        colour = ("red", "lime", "deepskyblue", "yellow", "cyan", "magenta")[number % 6]
        for side in ("left", "right"):
            for first, second in BONES:
                ends = [
                    tuple(body.pixels[BODY_POINTS[f"{side}_{joint}"]].tolist()) for joint in (first, second)
                ]
                draw.line(ends, fill=colour, width=3)
    image.save(path)


if __name__ == "__main__":
    main()
