"""An OpenPose program of the user's own to the people of a picture: it is run on the picture, and writes a keypoint file."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from fitting_core.arrays import NumpyArray
from fitting_core.errors import DetectorError, shown
from fitting_core.keypoints.keypoint_files import read_keypoint_file
from fitting_core.keypoints.keypoints2d import KeypointFile

if TYPE_CHECKING:
    from jaxtyping import UInt8

TIME_LIMIT_S = 300.0
# The variables that the program gets: what finds programs, folders and graphics cards, and nothing that loads other code.
KEPT_VARIABLES = frozenset(
    (
        "PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "TEMP", "TMP", "LANG", "TZ", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR",
        "COMSPEC", "PATHEXT", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "NUMBER_OF_PROCESSORS",
        "CUDA_VISIBLE_DEVICES",
        "CUDA_DEVICE_ORDER", "CUDA_HOME", "CUDA_PATH", "NVIDIA_VISIBLE_DEVICES",
    )
)  # fmt: skip
_OPTIONS = ("--display", "0", "--render_pose", "0", "--hand", "--face", "--number_people_max", "-1")
_LAST_WORDS = 300  # characters of what the program said, in a message


def people_of_program(program: Path, picture: UInt8[NumpyArray, "height width 3"]) -> KeypointFile:
    """Return the people whom the program finds, in its order. Raises DetectorError if it fails, hangs or writes no file."""
    program = program.resolve()
    with tempfile.TemporaryDirectory(prefix="smplify-openpose-") as folder:
        pictures, files = Path(folder) / "pictures", Path(folder) / "keypoints"
        pictures.mkdir()
        files.mkdir()
        height, width = picture.shape[:2]
        (pictures / "photo.ppm").write_bytes(b"P6 %d %d 255\n" % (width, height) + picture.tobytes())
        _run(program, ["--image_dir", str(pictures), "--write_json", str(files), *_OPTIONS])
        written = files / "photo_keypoints.json"
        if not written.is_file():
            raise DetectorError(
                f"--detector {program} has written no photo_keypoints.json. Give OpenPose's own program, or a script that passes "
                "its options on."
            )
        return read_keypoint_file(written, (width, height))


def _run(program: Path, options: list[str]) -> None:
    environment = {name: value for name, value in os.environ.items() if name.upper() in KEPT_VARIABLES}
    try:
        ended = subprocess.run(
            [str(program), *options],
            cwd=_home(program),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=TIME_LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise DetectorError(
            f"--detector {program} was stopped after {TIME_LIMIT_S:.0f} s. Try it by itself, or give a smaller photo."
        ) from error
    except OSError as error:
        raise DetectorError(
            f"--detector {program} cannot be started: {error}. Give an openpose program."
        ) from error
    if ended.returncode:
        said = ended.stderr[-_LAST_WORDS:].decode("utf-8", "replace")
        raise DetectorError(
            f"--detector {program} ended with {ended.returncode}: {shown(said)}. Try it by itself."
        )


def _home(program: Path) -> Path:
    """Return the folder that the program is run in: OpenPose finds its `models` beside it."""
    return next((folder for folder in program.parents if (folder / "models").is_dir()), program.parent)
