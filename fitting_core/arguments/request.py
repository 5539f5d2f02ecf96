"""A user's request of one fit, inspection or conversion: checked for sense, not yet read from disk.

Every field can come as JSON under its own name (`request_fields.py`), so what is no sense is refused here, not by a parser.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from fractions import Fraction
from math import isfinite
from pathlib import Path
from typing import Literal

from fitting_core.arguments.scene_request import NO_SCENE, SceneRequest
from fitting_core.errors import RequestError, shown

Engine = Literal["auto", "numpy", "torch"]
Device = Literal["auto", "cpu", "cuda", "mps"]
PresetChoice = Literal["default", "smplify", "smplifyx"]
ENGINES: tuple[Engine, ...] = ("auto", "numpy", "torch")
UpAxis = Literal["z", "y", "camera", "x", "x-down", "z-down"]  # of a camera y points down
UP_AXES: tuple[UpAxis, ...] = ("z", "y", "camera", "x", "x-down", "z-down")
BodyOrder = Literal["BODY_25", "BODY_25B"]
BODY_ORDERS: tuple[BodyOrder, ...] = ("BODY_25", "BODY_25B")
Gender = Literal["neutral", "female", "male", "child"]
GENDERS: tuple[Gender, ...] = ("neutral", "female", "male", "child")
FitGender = Literal["automatic", "neutral", "female", "male", "child"]
FIT_GENDERS: tuple[FitGender, ...] = ("automatic", *GENDERS)
DEVICES: tuple[Device, ...] = ("auto", "cpu", "cuda", "mps")
PRESETS: tuple[PresetChoice, ...] = ("default", "smplify", "smplifyx")
MOST_TAKES = 16
MOST_PIXELS = 1_000_000  # of a side of a picture
MOST_BETAS = 300  # of any body model file that there is


def _check_positive(value: float | None, option: str) -> None:
    if value is not None and not (isfinite(value) and value > 0):
        raise RequestError(f"{option} {value}: give a positive number, or leave it out.")


@dataclass(frozen=True)
class FocalRequest:
    """A focal length given by the user: at most one of pixels, 35-mm equivalent, degrees over the longer side."""

    px: float | None = None
    mm35: float | None = None
    fov_deg: float | None = None


@dataclass(frozen=True)
class CameraRequest:
    """The known part of a camera beside the focal length: its principal point (px), or all of it in a file.

    `entry` is the name of the photo in a file of several cameras. With `estimate_focal` the focal length is a guess that the
    photo may correct.
    """

    principal_point: tuple[float, float] | None = None
    file: Path | None = None
    estimate_focal: bool = False
    entry: str = ""


@dataclass(frozen=True)
class ShapeRequest:
    """The known measures of the person's body; with `compare_genders` every gender is fitted and reported."""

    height_cm: float | None = None
    weight_kg: float | None = None
    compare_genders: bool = False

    def __post_init__(self) -> None:
        _check_positive(self.height_cm, "--height-cm")
        _check_positive(self.weight_kg, "--weight-kg")


@dataclass(frozen=True)
class ReadingRequest:
    """The user's word on a keypoint file: its frame, and the size in pixels of the picture that its points were made on."""

    frame: int | None = None
    points_size: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        if self.frame is not None and self.frame < 0:
            raise RequestError(f"--frame {shown(self.frame)}: frames are numbered from 0.")
        if self.points_size is not None and not all(1 <= side <= MOST_PIXELS for side in self.points_size):
            width, height = self.points_size
            raise RequestError(
                f"--points-size {shown(width)}x{shown(height)}: give width and height in pixels, such as 768x1024."
            )


@dataclass(frozen=True)
class InspectRequest:
    """A photo to look at, its keypoint file if there is one, and a focal length if the user gives one.

    With `detect` and without a file, people are looked for in the photo itself, in `pixels` if they are given (see `FitRequest`).
    `detector` is the user's own for that, None the eyes. `reading` is what the user says of the keypoint file.
    """

    photo: Path
    keypoints: Path | None = None
    focal: FocalRequest = FocalRequest()
    detect: bool = False
    pixels: Path | None = None
    detector: Path | None = None
    reading: ReadingRequest = ReadingRequest()


@dataclass(frozen=True)
class ConvertRequest:
    """A file of another program, the body that shall carry its pose, and the folder of the results.

    `gender` None is the file's own. `up` None is the axis that is usual for its kind of file. `add_hand_mean`: full hand poses
    of the file are relative to the model's mean hand. `focal_px` and `photo` are of results that have a camera, `fps` of motions.
    `person` is the one of several people in the file; None: the one of most frames.
    """

    file: Path
    folder: Path
    model: str = "open"
    gender: Gender | None = None
    vposer: Path | None = None
    photo: Path | None = None
    focal_px: float | None = None
    fps: float | None = None
    up: UpAxis | None = None
    add_hand_mean: bool = False
    person: int | None = None

    def __post_init__(self) -> None:
        _check_positive(self.focal_px, "--focal-px")
        _check_positive(self.fps, "--fps")
        if self.person is not None and self.person < 0:
            raise RequestError(f"--person {shown(self.person)}: people are numbered from 0.")


@dataclass(frozen=True)
class KeypointConversionRequest:
    """A keypoint file, and the OpenPose file or the folder of such files that is made of it; the photo if it is at hand."""

    file: Path
    out: Path
    photo: Path | None = None
    reading: ReadingRequest = ReadingRequest()


@dataclass(frozen=True)
class KeypointEmphasis:
    """Keypoints to leave out, to meet at any price, and factors from a JSON file; names as in keypoints/layouts.py."""

    ignored: tuple[str, ...] = ()
    pinned: tuple[str, ...] = ()
    weights_file: Path | None = None


@dataclass(frozen=True)
class ObjectiveRequest:
    """The objective of a fit: the preset, the pose prior ("open", "none", "l2" or a path), the number of shape coefficients.

    `betas` None: all that the body names, as the open body does, and ten of others.
    `side_view` belongs to the presets: every figure is also tried turned by 180°.
    """

    preset: PresetChoice = "default"
    pose_prior: str = "open"
    betas: int | None = None
    side_view: bool = False
    bend_prior: bool = False  # elbows and knees bent against nature cost extra; the presets have their own

    def __post_init__(self) -> None:
        if self.betas is not None and not 1 <= self.betas <= MOST_BETAS:
            raise RequestError(f"--betas {shown(self.betas)}: ask for 1 to {MOST_BETAS} shape coefficients.")
        if self.side_view and self.preset == "default":
            raise RequestError(
                "--side-view belongs to --preset smplify and smplifyx: the default fit tries eight headings anyway."
            )
        if self.bend_prior and self.preset != "default":
            raise RequestError(
                "--bend-prior belongs to the default fit: the presets have their paper's own. Leave it out."
            )

    @property
    def is_default(self) -> bool:
        """True if the quality thresholds were calibrated for this objective."""
        return self.preset == "default" and self.pose_prior == "open" and not self.bend_prior


DEFAULT_OBJECTIVE = ObjectiveRequest()


@dataclass(frozen=True)
class DetectRequest:
    """A photo to find people in, the keypoint file that is written, and the picture of what was found if one is wanted."""

    photo: Path
    out: Path
    picture: Path | None = None
    detector: Path | None = None


@dataclass(frozen=True)
class FitRequest:
    """One photo with its keypoints, the options of its fit, and the folder of its results.

    Without `keypoints` people are looked for in the photo itself. `pixels` is a copy of the photo's pixels as stored, a binary
    portable pixmap, for a Python that cannot decode photos. `depth_cue`: look in the photo which limbs are nearer the camera;
    `width_cue`: how wide trunk and limbs are in it.
    `detector` is the user's own for people in photos, an ONNX file or an openpose program; None: the eyes. `reading` is the
    user's word on the keypoint file. The gender "automatic" takes the body that the person's proportions ask for, neutral where
    they do not tell. Where several takes are wanted, the result with everybody's best one alone goes to `first_folder` as soon as
    it is known, and a message says so; the other takes are looked for then.
    """

    photo: Path
    folder: Path
    keypoints: Path | None = None
    model: str = "open"
    gender: FitGender = "automatic"
    person: int | Literal["all"] | None = None
    focal: FocalRequest = FocalRequest()
    engine: Engine = "auto"
    device: Device = "auto"
    takes: int = 1
    write_obj: bool = False
    write_overlay: bool = True
    write_views: bool = False  # also a small picture from the front and from the side
    emphasis: KeypointEmphasis = KeypointEmphasis()
    start: Path | None = None
    start_frame: int | None = None  # of a start that holds several poses
    preview: bool = False
    interpenetration: bool = True  # keep the body from passing through itself
    objective: ObjectiveRequest = DEFAULT_OBJECTIVE
    camera: CameraRequest = CameraRequest()
    shape: ShapeRequest = ShapeRequest()
    gaze: bool = True  # turn the eyes to the pupils
    body_order: BodyOrder | None = None  # of 25 body points; None takes that in which the bones are short
    pixels: Path | None = None
    detect: bool = False  # look in the photo and say nothing of keypoint files beside it
    depth_cue: bool = True
    width_cue: bool = True
    detector: Path | None = None
    reading: ReadingRequest = ReadingRequest()
    scene: SceneRequest = NO_SCENE
    bodies: Path | None = None  # folder that keeps one body.npz for many results
    first_folder: Path | None = None  # for programs that hear the messages

    def __post_init__(self) -> None:
        if not 1 <= self.takes <= MOST_TAKES:
            raise RequestError(f"--takes {shown(self.takes)}: ask for 1 to {MOST_TAKES} takes.")
        if isinstance(self.person, int) and self.person < 0:
            raise RequestError(
                f"--person {shown(self.person)}: people are numbered from 0. Give a number or 'all'."
            )
        if self.start is not None and (self.person == "all" or self.takes > 1):
            raise RequestError(
                "--start refits one solution of one person: leave out --person all and --takes."
            )
        if self.start_frame is not None and (self.start is None or self.start_frame < 0):
            raise RequestError(
                f"--start-frame {shown(self.start_frame)}: give a number from 0 on, with the file of --start."
            )
        _check_camera(self.focal, self.camera)
        _check_shape(self)
        _check_preset(self)
        _check_scene(self)
        _check_first_folder(self)

    @property
    def has_first(self) -> bool:
        """True if everybody's best take is told before the others: where they change nothing of it, nor of camera and body."""
        alone = self.start is None and not self.camera.estimate_focal and not self.shape.compare_genders
        return self.first_folder is not None and self.takes > 1 and alone and self.scene == NO_SCENE


@dataclass(frozen=True)
class SequenceRequest:
    """A clip with the keypoints of its frames, the options of its fit, and the folder of its results.

    `clip` is a movie, a folder of pictures or a pattern of their names. `keypoints` is a folder of files or one file; None: those
    beside the clip, else people are looked for in its pictures; with `detect` they are in any case. `start` and `end` are frames
    of the clip, both counted in; every `step`-th is taken. `fps` overrules the clip's rate. `person` counts the tracks, the most
    prominent first; None is that one. `smoothness` divides the accelerations that are expected. With `list_people` it is said
    who is followed, and nobody is fitted; the same request without it goes on from there.
    """

    clip: Path
    folder: Path
    keypoints: Path | None = None
    start: int = 0
    end: int | None = None
    step: int = 1
    fps: Fraction | None = None
    person: int | Literal["all"] | None = None
    model: str = "open"
    gender: FitGender = "automatic"
    focal: FocalRequest = FocalRequest()
    camera: CameraRequest = CameraRequest()
    engine: Engine = "auto"
    device: Device = "auto"
    smoothness: float = 1.0
    body_order: BodyOrder | None = None
    points_size: tuple[int, int] | None = None
    detect: bool = False
    depth_cue: bool = False  # with keypoints: look in the pictures which limbs are nearer, too
    write_overlay: bool = False
    write_bvh: bool = False
    write_amass: bool = False
    list_people: bool = False
    bodies: Path | None = None  # folder that keeps one body.npz for many results

    def __post_init__(self) -> None:
        if self.start < 0 or (self.end is not None and self.end < self.start):
            raise RequestError(
                f"--start {shown(self.start)} --end {shown(self.end)}: frames are numbered from 0, and the end comes after the "
                "start."
            )
        if self.step < 1:
            raise RequestError(
                f"--step {shown(self.step)}: take every frame (1), every second (2), and so on."
            )
        if isinstance(self.person, int) and self.person < 0:
            raise RequestError(
                f"--person {shown(self.person)}: people are numbered from 0. Give a number or 'all'."
            )
        if self.detect and self.keypoints is not None:
            raise RequestError("--detect looks in the pictures: leave out --keypoints.")
        _check_positive(self.smoothness, "--smoothness")
        _check_camera(self.focal, self.camera)


def _check_first_folder(request: FitRequest) -> None:
    if request.first_folder is None:
        return
    first, whole = (Path(os.path.realpath(folder)) for folder in (request.first_folder, request.folder))
    if first.is_relative_to(whole) or whole.is_relative_to(first):
        raise RequestError(
            f"first_folder {request.first_folder}: it holds the folder {request.folder} of the whole result, or lies in it. Name "
            "one beside it."
        )


def _check_camera(focal: FocalRequest, camera: CameraRequest) -> None:
    if camera.file is None:
        return
    if focal != FocalRequest() or camera.principal_point is not None or camera.estimate_focal:
        raise RequestError(
            "--camera says all of the camera: leave out --focal-px, --focal-mm35, --fov-deg, --principal-point and "
            "--estimate-focal."
        )


def _check_preset(request: FitRequest) -> None:
    shape, preset = request.shape, request.objective.preset
    known = shape.height_cm is not None or shape.weight_kg is not None
    if preset != "default" and (known or request.camera.estimate_focal):
        raise RequestError(
            f"--height-cm, --weight-kg and --estimate-focal need losses that are likelihoods, and those of --preset {preset} are "
            f"the paper's. Leave them out."
        )


def _check_scene(request: FitRequest) -> None:
    if request.scene.file is None:
        return
    if request.objective.preset != "default":
        raise RequestError(
            f"--scene belongs to the default fit: leave it out, or --preset {request.objective.preset}."
        )
    if request.camera.estimate_focal:
        raise RequestError("--scene stands before a camera that is known: leave out --estimate-focal.")


def _check_shape(request: FitRequest) -> None:
    shape = request.shape
    if request.person == "all" and (shape.height_cm is not None or shape.weight_kg is not None):
        raise RequestError("--height-cm and --weight-kg are those of one person: choose it with --person N.")
    if shape.compare_genders and request.start is not None:
        raise RequestError(
            "--compare-genders searches anew with every body, --start refits a solution of one: leave out one of them."
        )


@dataclass(frozen=True)
class RefitRequest:
    """A person's motion, other keypoints for one frame of it, and the folder of the motion that is fitted again around the frame.

    `motion` is a person_NN_motion.npz, `keypoints` an OpenPose file whose first person is meant, `frame` a number in the clip.
    `pinned` are the names of keypoints that must be met. `reach_s` are the
    seconds before and after the frame that may change.
    """

    motion: Path
    keypoints: Path
    frame: int
    folder: Path
    pinned: tuple[str, ...] = ()
    reach_s: float = 0.5
    smoothness: float = 1.0
    model: str = "open"
