"""Measure the duration of the eyes and the distance of their points from those of MediaPipe's own program; prints two tables.

    python -m benchmarks.eyes [PHOTO …] [--mediapipe PYTHON] [--repeat 4]

Without photos: the demo photo. Processor seconds of one core, the least of the repetitions. PYTHON is a Python with
`mediapipe==0.10.21`; its holistic program (static images, model complexity 1) then looks at the same photos.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is loaded

import argparse
import resource
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from fitting_core.eyes.body import see_body
from fitting_core.eyes.detector import see_people
from fitting_core.eyes.face import see_face
from fitting_core.eyes.find_people import find_people
from fitting_core.eyes.hands import see_hand
from fitting_core.eyes.openpose_points import SeenPerson
from fitting_core.eyes.pupils import see_pupils

DEMO_PHOTO = Path(__file__).parents[1] / "docs" / "demo" / "demo_photo.jpg"
# Run by the other Python: pictures as .npy in, points in px as .npz out.
_ORACLE = """
import sys
import numpy as np, mediapipe
program = mediapipe.solutions.holistic.Holistic(static_image_mode=True, model_complexity=1)
for path in sys.argv[1:]:
    picture = np.load(path)
    found = program.process(picture)
    size = picture.shape[1], picture.shape[0]
    parts = dict(body=found.pose_landmarks, left_hand=found.left_hand_landmarks, right_hand=found.right_hand_landmarks,
                 face=found.face_landmarks)
    np.savez(path + ".npz", **{name: np.array([(p.x, p.y) for p in part.landmark]) * size
                               for name, part in parts.items() if part is not None})
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photos", type=Path, nargs="*", default=[DEMO_PHOTO])
    parser.add_argument("--mediapipe", type=Path, help="a Python with mediapipe 0.10.21")
    parser.add_argument("--repeat", type=int, default=4)
    options = parser.parse_args(arguments)
    pictures = {photo.stem: _picture(photo) for photo in options.photos}
    print("| photo | px | people | find people, s | body, s | a hand, s | face and pupils, s | all, s |")
    print("|---" * 8 + "|")
    for name, picture in pictures.items():
        print(_times(name, picture, options.repeat), flush=True)
    print(f"\nPeak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB\n")
    if options.mediapipe is not None:
        print("| photo | body, px: mean (largest) | left hand | right hand | face |")
        print("|---" * 5 + "|")
        for name, points in _mediapipe_points(options.mediapipe, pictures).items():
            print(_agreement(name, pictures[name], points), flush=True)


def _picture(photo: Path) -> Any:
    with Image.open(photo) as opened:
        return np.asarray(ImageOps.exif_transpose(opened).convert("RGB"))


def _least(work: Callable[[], object], repeat: int) -> str:
    times: list[float] = []
    for _ in range(repeat):
        started = process_time()
        work()
        times.append(process_time() - started)
    return f"{min(times):.3f}"


def _times(name: str, picture: Any, repeat: int) -> str:
    height, width = picture.shape[:2]
    people = see_people(picture)
    columns = [name, f"{width} × {height}", str(len(people)), _least(lambda: find_people(picture), repeat)]
    if people:
        body = people[0].body
        columns += [
            _least(lambda: see_body(picture, body.region), repeat),
            _least(lambda: see_hand(picture, body, "left_hand"), repeat),
            _least(lambda: _face_and_pupils(picture, people[0]), repeat),
        ]
    return f"| {' | '.join([*columns, _least(lambda: see_people(picture), repeat)])} |"


def _face_and_pupils(picture: Any, person: SeenPerson) -> None:
    face = see_face(picture, person.body)
    if face is not None:
        see_pupils(picture, face)


def _mediapipe_points(python: Path, pictures: dict[str, Any]) -> dict[str, dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        files = {name: Path(folder) / f"{number}.npy" for number, name in enumerate(pictures)}
        for name, file in files.items():
            np.save(file, pictures[name])
        command = [str(python), "-c", _ORACLE, *map(str, files.values())]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        points: dict[str, dict[str, Any]] = {}
        for name, file in files.items():
            with np.load(f"{file}.npz") as data:
                points[name] = {part: data[part] for part in data.files}
        return points


def _agreement(name: str, picture: Any, theirs: dict[str, Any]) -> str:
    """Compare with the person of ours who is nearest to the one whom the program sees."""
    people = see_people(picture)
    if not people or "body" not in theirs:
        return f"| {name} | {len(people)} people, MediaPipe {'one' if 'body' in theirs else 'none'} | | | |"
    person = min(
        people, key=lambda one: float(np.linalg.norm(one.body.pixels - theirs["body"], axis=1).mean())
    )
    columns = [name, _apart(person.body.pixels, theirs["body"])]
    for part in ("left_hand", "right_hand", "face"):
        seen = getattr(person, part)
        columns.append(_apart(None if seen is None else seen.pixels, theirs.get(part)))
    return f"| {' | '.join(columns)} |"


def _apart(ours: Any, theirs: Any) -> str:
    if ours is None or theirs is None:
        return "both unseen" if ours is None and theirs is None else "seen by one"
    apart = np.linalg.norm(ours - theirs[: len(ours)], axis=1)
    return f"{apart.mean():.2f} ({apart.max():.1f})"


if __name__ == "__main__":
    main()
