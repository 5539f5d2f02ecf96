"""Settings of a fit → the command line and environment of its child process. Free of bpy."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

EXTENSION_ROOT = Path(__file__).resolve().parents[2]  # holds smplify_blender/ and fitting_core/ side by side
LAUNCHER = Path(__file__).with_name("core_launcher.py").resolve()

# What fitting_core needs beyond NumPy and the standard library; bundled with the extension as wheels.
CORE_REQUIREMENTS = ("array_api_compat", "jaxtyping", "wadler_lindig")

# The fit works on many small arrays: threads inside one product only cost time.
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
BLAS_THREADS = 1


class FitProcessError(Exception):
    """A fit cannot be started here; the text says why and what to do."""


@dataclass(frozen=True)
class FitSettings:
    """What is fitted and how; None leaves the choice to the core (see `smplify-fit fit --help`).

    `person` counts from 0 as in the keypoint file, or is "all". `start` is an earlier person_NN.npz to refit from; with
    `preview` every Progress carries the body points; `principal_point` is x, y in px of the upright photo.
    """

    photo: Path
    keypoints: Path
    folder: Path
    person: int | str | None = None
    model: str | None = None
    gender: str | None = None
    focal_px: float | None = None
    engine: str | None = None
    device: str | None = None
    focal_mm35: float | None = None
    fov_deg: float | None = None
    principal_point: tuple[float, float] | None = None
    prior: Path | None = None
    height_cm: float | None = None
    takes: int | None = None
    start: Path | None = None
    preview: bool = False
    overlay: bool = True
    interpenetration: bool = True
    pinned: tuple[str, ...] = ()
    estimate_focal: bool = False


def fit_request_arguments(settings: FitSettings) -> list[str]:
    """The arguments of a `fit` request to the resident process."""
    arguments = [str(settings.photo.absolute()), str(settings.keypoints.absolute())]
    arguments += ["--out", str(settings.folder.absolute())]
    arguments += camera_arguments(settings.focal_px, settings.focal_mm35, settings.fov_deg)
    if settings.principal_point is not None:
        arguments.append("--principal-point={:.4f},{:.4f}".format(*settings.principal_point))
    options: dict[str, object] = {
        "--person": settings.person,
        "--model": settings.model,
        "--gender": settings.gender,
        "--pose-prior": settings.prior,
        "--height-cm": settings.height_cm,
        "--engine": settings.engine,
        "--device": settings.device,
        "--takes": settings.takes,
        "--start": settings.start,
        "--pin": ",".join(settings.pinned) or None,
    }
    for option, value in options.items():
        if value is not None:
            arguments += [option, str(value)]
    switches = {
        "--preview": settings.preview,
        "--no-overlay": not settings.overlay,
        "--no-interpenetration": not settings.interpenetration,
        "--estimate-focal": settings.estimate_focal,
    }
    return arguments + [switch for switch, chosen in switches.items() if chosen]


def camera_arguments(
    focal_px: float | None = None, focal_mm35: float | None = None, fov_deg: float | None = None
) -> list[str]:
    """The options of `fit` and `inspect` that name a focal length; none where the photo is to say it."""
    options = {"--focal-px": focal_px, "--focal-mm35": focal_mm35, "--fov-deg": fov_deg}
    return [
        word
        for option, value in options.items()
        if value is not None
        for word in (option, repr(float(value)))
    ]


def inspect_request_arguments(photo: Path, keypoints: Path | None, camera: Sequence[str]) -> list[str]:
    """The arguments of an `inspect` request to the resident process."""
    files = [photo] if keypoints is None else [photo, keypoints]
    return [*(str(file.absolute()) for file in files), *camera]


@dataclass(frozen=True)
class ConvertSettings:
    """A file of another program and how it is read; None leaves the choice to the core (see `smplify-fit convert --help`)."""

    file: Path
    model: Path | None = None
    gender: str | None = None
    vposer: Path | None = None
    photo: Path | None = None
    focal_px: float | None = None
    fps: float | None = None
    up: str | None = None
    add_hand_mean: bool = False


def convert_request_arguments(settings: ConvertSettings) -> list[str]:
    """The arguments of a `convert` request to the resident process, all but where the results go."""
    options: dict[str, object] = {
        "--model": settings.model,
        "--gender": settings.gender,
        "--vposer": settings.vposer,
        "--photo": settings.photo,
        "--focal-px": settings.focal_px,
        "--fps": settings.fps,
        "--up": settings.up,
    }
    arguments = [str(settings.file.absolute())]
    for option, value in options.items():
        if value is not None:
            arguments += [option, str(value)]
    return [*arguments, "--add-hand-mean"] if settings.add_hand_mean else arguments


def serve_command(python: Path | None = None) -> list[str]:
    """The resident process's whole command line.

    Another Python than Blender's reads the core's requirements straight from the extension's own pure wheels: the folder
    into which Blender unpacks wheels may also hold compiled ones of other extensions, made for Blender's Python.
    """
    wheels = sorted((EXTENSION_ROOT / "wheels").glob("*.whl"))
    return child_command(["serve"], python, wheels if python is not None and wheels else None)


def child_command(
    arguments: Sequence[str], python: Path | None = None, module_folders: Sequence[Path] | None = None
) -> list[str]:
    """The child's whole command line: this Python (or `python`), isolated, through the launcher.

    `module_folders` are where the core's requirements lie; by default where this process finds them. Another
    Python that has them itself needs none. Raises `FitProcessError` where either is missing.
    """
    interpreter = python if python is not None else own_python()
    folders = requirement_folders() if module_folders is None else module_folders
    paths = [str(folder) for folder in (EXTENSION_ROOT, *folders)]
    return [str(interpreter), "-I", "-u", "-X", "utf8", str(LAUNCHER), *paths, "--", *arguments]


def own_python() -> Path:
    """The Python that this process runs on, if it is one that can be started."""
    path = Path(sys.executable or "")
    if not path.is_file() or not path.name.lower().startswith("python"):
        raise FitProcessError(
            f"Blender names no Python to start ({sys.executable or 'nothing'}). "
            "Use the Blender from blender.org, or choose a Python in the add-on's preferences."
        )
    return path


def requirement_folders() -> tuple[Path, ...]:
    """The folders in which this process finds what the core needs, each once."""
    folders: dict[Path, None] = {}
    for name in CORE_REQUIREMENTS:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise FitProcessError(f"The extension's module {name} is missing. Install the extension again.")
        folders[Path(spec.origin).parents[1]] = None
    return tuple(folders)


def child_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` (usually `os.environ`) with the thread counts of the number libraries set."""
    return {**environment, **dict.fromkeys(THREAD_VARIABLES, str(BLAS_THREADS))}


def default_environment() -> dict[str, str]:
    """The child's environment made from this process's own."""
    return child_environment(os.environ)
