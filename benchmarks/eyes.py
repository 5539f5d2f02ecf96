"""Measure the duration of the eyes and the distance of their points from those of MediaPipe's own program; prints two tables.

    python -m benchmarks.eyes [PHOTO …] [--mediapipe PYTHON] [--repeat 4]
    python -m benchmarks.eyes [PHOTO …] --batch N [--engine numpy|torch] [--device cpu|cuda|mps]
    python -m benchmarks.eyes [PHOTO …] --people 1 2 3 5

Without photos: the demo photo. Processor seconds of one core, the least of the repetitions. PYTHON is a Python with
`mediapipe==0.10.21`; its holistic program (static images, model complexity 1) then looks at the same photos, and once more at
each with every value changed by at most one of 255: how far that moves its own points is how near to them others can be.

With --batch: how many people a second the networks look at, N at a time, in seconds of the clock. A person is one region for the
body and for the face, and two for hands and pupils. The pixels' way to the device and the points' way back are counted.

With --people: how the time grows with the people of a photo. The photo, half as large, stands so many times side by side.
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
from time import perf_counter, process_time
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from fitting_core.arrays import NumpyArray
from fitting_core.engine import choose_engine
from fitting_core.eyes.arithmetic import Arithmetic, arithmetic_of
from fitting_core.eyes.body import see_body
from fitting_core.eyes.detector import see_people
from fitting_core.eyes.face import see_face
from fitting_core.eyes.find_people import find_people
from fitting_core.eyes.hands import see_hand
from fitting_core.eyes.networks import NetworkName, network
from fitting_core.eyes.openpose_points import SeenPerson
from fitting_core.eyes.pupils import see_pupils
from fitting_core.eyes.regions import sample

DEMO_PHOTO = Path(__file__).parents[1] / "docs" / "demo" / "demo_photo.jpg"
# How many regions of a person each network looks at.
REGIONS: dict[NetworkName, int] = {"body": 1, "find_hand": 2, "hand": 2, "find_face": 1, "face": 1, "iris": 2}
_PARTS = ("body", "left_hand", "right_hand", "face")
_NOISY = ", with noise"
# Run by the other Python: pictures as .npy in, points in px as .npz out.
_ORACLE = """
import sys
import numpy as np, mediapipe
for path in sys.argv[1:]:
    picture = np.load(path)
    # A new program a picture: it looks for hands and faces where they were in the picture before, static images or not.
    with mediapipe.solutions.holistic.Holistic(static_image_mode=True, model_complexity=1) as program:
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
    parser.add_argument("--batch", type=int, help="measure so many people at a time")
    parser.add_argument("--people", type=int, nargs="+", help="measure photos with so many people")
    parser.add_argument("--engine", choices=("numpy", "torch"), default="numpy")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto")
    options = parser.parse_args(arguments)
    pictures = {photo.stem: _picture(photo) for photo in options.photos}
    if options.batch is not None:
        engine = choose_engine(options.engine, options.device)
        print(f"{engine.name} on {engine.device}, {options.batch} people at a time\n")
        _print_rates(pictures, arithmetic_of(engine), options.batch, options.repeat)
        return
    if options.people is not None:
        _print_growth(pictures, options.people, options.repeat)
        return
    print("| photo | px | people | find people, s | body, s | a hand, s | face and pupils, s | all, s |")
    print("|---" * 8 + "|")
    for name, picture in pictures.items():
        print(_times(name, picture, options.repeat), flush=True)
    print(f"\nPeak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB\n")
    if options.mediapipe is not None:
        print("| photo | body, px: mean (largest) | left hand | right hand | face |")
        print("|---" * 5 + "|")
        noisy = {f"{name}{_NOISY}": _with_noise(picture) for name, picture in pictures.items()}
        found = _mediapipe_points(options.mediapipe, pictures | noisy)
        for name, picture in pictures.items():
            print(_agreement(name, picture, found[name]), flush=True)
            print(_own_change(found[name], found[f"{name}{_NOISY}"]), flush=True)


def _picture(photo: Path) -> Any:
    with Image.open(photo) as opened:
        return np.asarray(ImageOps.exif_transpose(opened).convert("RGB"))


def _with_noise(picture: Any) -> Any:
    """Return a picture whose values are changed by −1, 0 or 1 each, always in the same way."""
    values: NumpyArray = np.asarray(picture, dtype=np.int64)
    noise = np.random.default_rng(0).integers(-1, 2, size=tuple(map(int, values.shape)))
    return np.asarray(np.clip(values + noise, 0, 255), dtype=np.uint8)


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


def _print_growth(pictures: dict[str, Any], counts: Sequence[int], repeat: int) -> None:
    """Print the time of photos with the same person several times over."""
    print("| photo | copies side by side | px | people found | all, s | s a person |")
    print("|---" * 6 + "|")
    for name, picture in pictures.items():
        for count in counts:
            crowd = np.concatenate([picture[::2, ::2]] * count, axis=1)
            found = len(see_people(crowd))
            seconds = _least(lambda crowd=crowd: see_people(crowd), repeat)
            print(
                f"| {name} | {count} | {crowd.shape[1]} × {crowd.shape[0]} | {found} | {seconds} "
                f"| {float(seconds) / max(found, 1):.3f} |",
                flush=True,
            )


def _print_rates(pictures: dict[str, Any], arithmetic: Arithmetic, batch: int, repeat: int) -> None:
    """Print for each network, and for all of them, how many people a second it looks at."""
    regions = [
        (picture, person.body.region) for picture in pictures.values() for person in see_people(picture)
    ]
    print("| network | people a second | agrees with NumPy to, of the range |")
    print("|---" * 3 + "|")
    seconds_of_all = 0.0
    for name, count in REGIONS.items():
        net, plain = network(name, arithmetic), network(name)
        crops = [sample(picture, region, net.side) / 255.0 for picture, region in regions]
        pixels = np.stack([crops[number % len(crops)] for number in range(batch * count)]).astype(np.float32)
        found = {output: values[:1] for output, values in net.evaluate(pixels).items()}  # and it is warm now
        apart = max(
            float(np.abs(found[output] - values).max() / max(1.0, np.ptp(values)))
            for output, values in plain.evaluate(pixels[:1]).items()
        )
        seconds = _least_seconds(lambda net=net, pixels=pixels: net.evaluate(pixels), repeat)
        seconds_of_all += seconds
        print(f"| {name} | {batch / seconds:.1f} | {apart:.1e} |", flush=True)
    print(f"| all | {batch / seconds_of_all:.1f} | |")


def _least_seconds(work: Callable[[], object], repeat: int) -> float:
    times: list[float] = []
    for _ in range(repeat):
        started = perf_counter()
        work()
        times.append(perf_counter() - started)
    return min(times)


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
    for part in _PARTS[1:]:
        seen = getattr(person, part)
        columns.append(_apart(None if seen is None else seen.pixels, theirs.get(part)))
    return f"| {' | '.join(columns)} |"


def _own_change(found: dict[str, Any], with_noise: dict[str, Any]) -> str:
    """Return the row that says how far noise moves the program's own points."""
    columns = ["… its own, with noise"]
    columns += [_apart(found.get(part), with_noise.get(part)) for part in _PARTS]
    return f"| {' | '.join(columns)} |"


def _apart(ours: Any, theirs: Any) -> str:
    if ours is None or theirs is None:
        return "both unseen" if ours is None and theirs is None else "seen by one"
    apart = np.linalg.norm(ours - theirs[: len(ours)], axis=1)
    return f"{apart.mean():.2f} ({apart.max():.1f})"


if __name__ == "__main__":
    main()
