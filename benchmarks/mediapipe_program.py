"""MediaPipe 0.10.21's own program, in a Python of its own: pictures in, the points and squares that it finds out."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.eyes.regions import Picture, Region

PARTS = ("body", "left_hand", "right_hand", "face")
# Run by the other Python: pictures as .npy in; points in px, and squares (x, y, side in px, turn), as .npz out.
_PROGRAM = """
import sys
import numpy as np, mediapipe
from mediapipe.python import packet_creator, packet_getter
from mediapipe.python._framework_bindings import calculator_graph
POINTS = {part: part.replace("body", "pose") + "_landmarks" for part in ("body", "left_hand", "right_hand", "face")}
SQUARES = {"body": "poselandmarkcpu__pose_rect", "face": "facelandmarksfromposecpu__face_tracking_roi"}
SQUARES |= {hand: f"handlandmarksleftandrightcpu__{hand}_tracking_roi" for hand in ("left_hand", "right_hand")}
SWITCHES = "smooth_landmarks", "enable_segmentation", "smooth_segmentation", "refine_face_landmarks", "use_prev_landmarks"
with mediapipe.solutions.holistic.Holistic(static_image_mode=True, model_complexity=1) as program:
    text = program._graph.text_config  # with the options as the program has read them
for path in sys.argv[1:]:
    picture, found = np.load(path), {}
    height, width = picture.shape[:2]
    def keep(name, packet):
        if not packet.is_empty():
            found[name] = packet_getter.get_proto(packet)
    # A new one a picture: it looks for hands and faces where they were in the picture before, static images or not.
    graph = calculator_graph.CalculatorGraph(graph_config=text)
    for stream in (*POINTS.values(), *SQUARES.values()):
        graph.observe_output_stream(stream, keep)
    switches = {name: packet_creator.create_bool(False) for name in SWITCHES}
    graph.start_run({"model_complexity": packet_creator.create_int(1), **switches})
    image = packet_creator.create_image_frame(image_format=mediapipe.ImageFormat.SRGB, data=picture)
    graph.add_packet_to_input_stream("image", image.at(1))
    graph.close_all_packet_sources()
    graph.wait_until_done()
    result = {part: np.array([(p.x, p.y) for p in found[stream].landmark]) * (width, height)
              for part, stream in POINTS.items() if stream in found}
    squares = {part: found[stream] for part, stream in SQUARES.items() if stream in found}
    result |= {"square of " + part: np.array([r.x_center * width, r.y_center * height, r.width * width, r.rotation])
               for part, r in squares.items()}
    np.savez(path + ".npz", **result)
"""


@dataclass(frozen=True, eq=False)
class ProgramSight:
    """The points (px) of the one person whom the program sees, and the squares that it looks at; unseen parts are absent."""

    points: Mapping[str, NumpyArray]
    squares: Mapping[str, Region]


def look_with_mediapipe(python: Path, pictures: Mapping[str, Picture]) -> dict[str, ProgramSight]:
    """Return what the holistic program of a Python with `mediapipe==0.10.21` sees in each picture."""
    with tempfile.TemporaryDirectory() as folder:
        files = {name: Path(folder) / f"{number}.npy" for number, name in enumerate(pictures)}
        for name, file in files.items():
            np.save(file, pictures[name])
        command = [str(python), "-c", _PROGRAM, *map(str, files.values())]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        return {name: _read(file.with_name(f"{file.name}.npz")) for name, file in files.items()}


def _read(file: Path) -> ProgramSight:
    with np.load(file) as data:
        squares = {part: data[f"square of {part}"] for part in PARTS if f"square of {part}" in data}
        return ProgramSight(
            {part: data[part] for part in PARTS if part in data},
            {part: Region(*map(float, square)) for part, square in squares.items()},
        )
