"""Choices for a clip become the core's words; what cannot be fitted is said before anything is done."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from fitting_core.arguments.sequence_parser import sequence_request
from smplify_blender.session.clip_request import (
    ClipChoices,
    FrameSpan,
    clip_options,
    first_image,
    missing_clip_choice,
    numbered_images,
    person_words,
)
from smplify_blender.session.clip_store import clip_folders
from smplify_blender.session.fit_request import EVERYBODY, MAIN_PERSON, CameraChoice, EngineChoice
from smplify_blender.session.keypoint_search import find_clip_keypoints

CHOICES = ClipChoices(clip=Path("/dance.mp4"))
ENGINE = EngineChoice()

SPANS: dict[str, tuple[FrameSpan, int, list[int]]] = {
    "all": (FrameSpan(), 4, [0, 1, 2, 3]),
    "from the second": (FrameSpan(1), 4, [1, 2, 3]),
    "to the third": (FrameSpan(0, 2), 4, [0, 1, 2]),
    "every second": (FrameSpan(1, None, 2), 6, [1, 3, 5]),
    "further than the clip": (FrameSpan(2, 99), 4, [2, 3]),
    "beyond the clip": (FrameSpan(7), 4, []),
}


@pytest.mark.parametrize(("span", "count", "frames"), SPANS.values(), ids=SPANS)
def test_frames(span: FrameSpan, count: int, frames: list[int]) -> None:
    assert list(span.frames(count)) == frames
    if frames:
        request = sequence_request(["clip", "--out", "o", *span.words(count)])
        assert list(range(request.start, (request.end or 0) + 1, request.step)) == frames


def test_every_choice_reaches_the_core() -> None:
    choices = replace(
        CHOICES,
        keypoints=Path("/points").absolute(),
        person=EVERYBODY,
        camera=CameraChoice("FOV", fov_radians=math.radians(50.0)),
        own_body=True,
        gender="female",
        smoothness=2.0,
    )
    engine = EngineChoice(python=Path("/python"), device="cuda", own_model=Path("/own.npz").absolute())
    words = [*clip_options(choices, engine), *person_words(choices.person)]
    request = sequence_request(["clip", "--out", "o", *words])
    assert (request.keypoints, request.person) == (choices.keypoints, "all")
    assert request.focal.fov_deg == pytest.approx(50.0)
    assert (request.model, request.gender, request.device) == (
        str(engine.own_model),
        "female",
        "cuda",
    )
    assert request.smoothness == 2.0


@pytest.mark.parametrize(
    ("person", "chosen"),
    [(MAIN_PERSON, None), (EVERYBODY, "all"), (0, 0), (3, 3)],
    ids=["main", "everybody", "first", "fourth"],
)
def test_person(person: int, chosen: object) -> None:
    assert sequence_request(["clip", "--out", "o", *person_words(person)]).person == chosen


@pytest.mark.parametrize(
    ("camera", "field", "value"),
    [(CameraChoice("PX", px=1234.5), "px", 1234.5), (CameraChoice("MM35", mm35=50.0), "mm35", 50.0)],
    ids=["pixels", "35 mm"],
)
def test_lens(camera: CameraChoice, field: str, value: float) -> None:
    words = clip_options(replace(CHOICES, camera=camera), ENGINE)
    assert getattr(sequence_request(["clip", "--out", "o", *words]).focal, field) == value


MISSING: dict[str, tuple[ClipChoices, EngineChoice, str]] = {
    "nothing": (ClipChoices(), ENGINE, "Choose a movie first"),
    "scene's camera": (replace(CHOICES, camera=CameraChoice("SCENE_CAMERA")), ENGINE, "for photos only"),
    "no motion": (replace(CHOICES, span=FrameSpan(4, 4)), ENGINE, "no motion"),
    "no own body": (replace(CHOICES, own_body=True), ENGINE, "Choose your SMPL-X file"),
    "no engine": (CHOICES, EngineChoice(problem="No Python"), "No Python"),
}


@pytest.mark.parametrize(("choices", "engine", "words"), MISSING.values(), ids=MISSING)
def test_what_is_missing(choices: ClipChoices, engine: EngineChoice, words: str) -> None:
    assert words in missing_clip_choice(choices, engine)


def test_nothing_is_missing() -> None:
    assert missing_clip_choice(CHOICES, ENGINE) == ""


def test_numbered_images(tmp_path: Path) -> None:
    names = [
        "shot_9.png",
        "shot_10.png",
        "shot_011.png",
        "shot_8.jpg",
        "other_9.png",
        "shot.png",
        "notes.txt",
    ]
    for name in names:
        (tmp_path / name).touch()
    found = numbered_images(tmp_path / "shot_9.png")
    assert [path.name for path in found] == ["shot_9.png", "shot_10.png", "shot_011.png"]
    assert [path.name for path in numbered_images(tmp_path / "shot_10.png")] == [
        "shot_10.png",
        "shot_011.png",
    ]
    assert numbered_images(tmp_path / "shot.png") == (tmp_path / "shot.png",)


@pytest.mark.parametrize(
    ("names", "first"),
    [
        (["f_10.png", "f_9.png", "f_100.png"], "f_9.png"),
        (["b_1.png", "a_5.png"], "a_5.png"),
        (["x.png"], "x.png"),
    ],
    ids=["by number", "by kind", "without a number"],
)
def test_first_image(names: list[str], first: str) -> None:
    assert first_image([Path(name) for name in names]).name == first


def test_folders_are_found_again_and_those_of_other_clips_go(tmp_path: Path) -> None:
    clips = [tmp_path / "a.mp4", tmp_path / "b.mp4"]
    for number, clip in enumerate(clips):
        clip.write_bytes(b"x" * (number + 1))
    base = tmp_path / "base"
    first = clip_folders(base, clips[0])
    first.frames.mkdir(parents=True)
    assert clip_folders(base, clips[0]) == first and first.frames.is_dir()
    assert first.frames.name == "a.mp4"
    assert first.result(["--start", "1"]) == first.result(["--start", "1"]) != first.result(["--start", "2"])
    second = clip_folders(base, clips[1])
    assert not first.frames.exists() and second.frames != first.frames
    clips[1].write_bytes(b"another movie")
    assert clip_folders(base, clips[1]) != second


PLACES: dict[str, tuple[str, str, str]] = {
    "OpenPose's folder": ("dance.mp4", "dance_json/a_000000000000_keypoints.json", "dance_json"),
    "a folder of the movie's name": ("dance.mp4", "dance/000.json", "dance"),
    "one file": ("dance.mp4", "dance_keypoints.json", "dance_keypoints.json"),
    "beside images": ("shot_1.png", "shot_1_keypoints.json", "."),
    "in the images' folder": ("shot_1.png", "keypoints/shot_1_keypoints.json", "keypoints"),
    "another movie's": ("dance.mp4", "waltz_keypoints/000.json", ""),
    "none": ("shot_1.png", "notes.txt", ""),
}


@pytest.mark.parametrize(("clip", "file", "found"), PLACES.values(), ids=PLACES)
def test_keypoints_of_a_clip(tmp_path: Path, clip: str, file: str, found: str) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).touch()
    assert find_clip_keypoints(tmp_path / clip) == (tmp_path / found if found else None)
