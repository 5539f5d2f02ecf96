"""Measure the duration of the eyes and the distance of their points from those of MediaPipe's own program; prints tables.

    python -m benchmarks.eyes [PHOTO …] [--mediapipe PYTHON] [--repeat 4]
    python -m benchmarks.eyes [PHOTO …] --batch N [--engine numpy|torch] [--device cpu|cuda|mps]
    python -m benchmarks.eyes [PHOTO …] --people 1 2 3 5

Without photos: the demo photo. Processor seconds of one core, the least of the repetitions. PYTHON is a Python with
`mediapipe==0.10.21`; its holistic program (static images, model complexity 1) then looks at the same photos, and once more at
each with every value changed by at most one of 255, to show how far that moves its own points.

With --batch: how many people a second the networks look at, N at a time, in seconds of the clock. A person is one region for the
body and for the face, and two for hands and pupils. The pixels' way to the device and the points' way back are counted.

With --people: how the time grows with the people of a photo, of which finding them is a part that does not grow for each of
them, but with the looks in larger copies of the picture. The photo, half as large, stands so many times side by side.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is loaded

import argparse
import resource
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from benchmarks.eyes_agreement import print_agreement
from fitting_core.engine import choose_engine
from fitting_core.eyes.arithmetic import Arithmetic, arithmetic_of
from fitting_core.eyes.body import SeenBody, see_body
from fitting_core.eyes.detector import see_bodies, see_people, see_person
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
        print_agreement(options.mediapipe, pictures)


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


def _print_growth(pictures: dict[str, Any], counts: Sequence[int], repeat: int) -> None:
    """Print the time of photos with the same person several times over, in two parts: finding people, and looking at each."""
    print(
        "| photo | copies side by side | px | people found | all, s | finding them, s | looking at each, s |"
    )
    print("|---" * 7 + "|")
    for name, picture in pictures.items():
        for count in counts:
            crowd = np.concatenate([picture[::2, ::2]] * count, axis=1)
            bodies = see_bodies(crowd)
            everything = float(_least(lambda crowd=crowd: see_people(crowd), repeat))
            looking = float(_least(lambda crowd=crowd, bodies=bodies: _look_at(crowd, bodies), repeat))
            print(
                f"| {name} | {count} | {crowd.shape[1]} × {crowd.shape[0]} | {len(bodies)} | {everything:.2f} "
                f"| {everything - looking:.2f} | {looking / max(len(bodies), 1):.2f} |",
                flush=True,
            )


def _look_at(picture: Any, bodies: Sequence[SeenBody]) -> None:
    """Look at known people as a search that has found them does: at the body, then at hands and face."""
    for body in bodies:
        see_person(picture, see_body(picture, body.region))


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


if __name__ == "__main__":
    main()
