"""Which keypoint file is a photo's, by the names that programs give."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest

from fitting_core.arguments import keypoint_names
from fitting_core.arguments.folder_listing import name_endings
from fitting_core.arguments.photo_folder import keypoints_of_photo, other_keypoints, photos_in
from fitting_core.errors import RequestError


def _files(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"{}")


_FOUND: dict[str, tuple[str, tuple[str, ...], str]] = {
    "OpenPose": ("x.jpg", ("x_keypoints.json",), "x_keypoints.json"),
    "the photo's ending kept": ("x.jpg", ("x.jpg_keypoints.json",), "x.jpg_keypoints.json"),
    "MMPose": ("x.jpg", ("results_x.json",), "results_x.json"),
    "MMPose's folder": ("x.jpg", ("predictions/x.json",), "predictions/x.json"),
    "upper case": ("X.JPG", ("x_Keypoints.JSON",), "x_Keypoints.JSON"),
    "a drawn photo": ("x_rendered.png", ("x_keypoints.json",), "x_keypoints.json"),
    "composed and decomposed": (
        "café.jpg",
        (unicodedata.normalize("NFD", "café_keypoints.json"),),
        "café_keypoints.json",
    ),
    "SMPLify-X's folders": ("images/a.jpg", ("keypoints/a_keypoints.json",), "keypoints/a_keypoints.json"),
    "frames by number": (
        "f_2.jpg",
        ("f_1.jpg", "f_000000000001_keypoints.json", "f_000000000002_keypoints.json"),
        "f_000000000002_keypoints.json",
    ),
    "frames by place": (
        "f_0001.jpg",
        ("f_0002.jpg", "f_000000000000_keypoints.json", "f_000000000001_keypoints.json"),
        "f_000000000000_keypoints.json",
    ),
    "a program's prefix": ("x.jpg", ("dwpose_x.json", "y.jpg", "dwpose_y.json"), "dwpose_x.json"),
    "a prefix of several words": (
        "x 1.jpg",
        ("rtmw-l_384_x 1_keypoints.json",),
        "rtmw-l_384_x 1_keypoints.json",
    ),
    "a prefix, and the ending kept": ("X.jpg", ("openpose_x.jpg.json",), "openpose_x.jpg.json"),
    "a prefix, JSON first": (
        "x.jpg",
        ("dwpose_x_keypoints.npz", "dwpose_x_keypoints.json"),
        "dwpose_x_keypoints.json",
    ),
    "a name that ends as programs' do": ("x_pose.jpg", ("dwpose_x_pose.json", "x.jpg"), "dwpose_x_pose.json"),
    "the whole name before a prefix": ("x.jpg", ("a_x.json", "pose_x.json"), "pose_x.json"),
    "predictions": ("x.jpg", ("pred/dwpose_x.json",), "pred/dwpose_x.json"),
    "predictions beside images": ("images/x.jpg", ("predictions/x.json",), "predictions/x.json"),
    "JSON beside images": ("images/x.jpg", ("json/x.json",), "json/x.json"),
    "arrays": ("x.jpg", ("x_keypoints.npz",), "x_keypoints.npz"),
    "JSON first": ("x.jpg", ("x.npz", "x.json"), "x.json"),
}


@pytest.mark.parametrize("name", _FOUND)
def test_file_of_a_photo(tmp_path: Path, name: str) -> None:
    photo, others, wanted = _FOUND[name]
    _files(tmp_path, photo, *others)
    found = keypoints_of_photo(tmp_path / photo)
    assert found is not None
    assert unicodedata.normalize("NFC", str(found.resolve())) == str((tmp_path / wanted).resolve())


_NOT_FOUND: dict[str, tuple[str, ...]] = {
    "another name": ("y_keypoints.json",),
    "more files than photos": ("x_000_keypoints.json", "x_001_keypoints.json"),
    "another beginning": ("z_0001_keypoints.json",),
}


@pytest.mark.parametrize("names", _NOT_FOUND.values(), ids=_NOT_FOUND)
def test_what_does_lie_there_is_listed(tmp_path: Path, names: tuple[str, ...]) -> None:
    _files(tmp_path, "x_7.jpg", *names)
    assert keypoints_of_photo(tmp_path / "x_7.jpg") is None
    assert other_keypoints(tmp_path / "x_7.jpg") == names


def test_of_two_files_that_end_so_none_is_taken_and_both_are_listed(tmp_path: Path) -> None:
    _files(tmp_path, "x.jpg", "dwpose_x.json", "rtmw_x.json", "y.jpg", "dwpose_y.json", "z.json")
    assert keypoints_of_photo(tmp_path / "x.jpg") is None
    assert other_keypoints(tmp_path / "x.jpg") == ("dwpose_x.json", "rtmw_x.json", "z.json")


@pytest.mark.parametrize(
    "names",
    [
        ("my_x.jpg", "my_x_keypoints.json"),
        ("my_x.jpg", "dwpose_my_x.json"),
        ("maxx.json",),
        ("dwpose_x.npz",),
    ],
    ids=["another photo's", "another photo's with a prefix", "no word of its own", "arrays of what"],
)
def test_an_ending_that_is_not_the_photos_alone(tmp_path: Path, names: tuple[str, ...]) -> None:
    _files(tmp_path, "x.jpg", *names)
    assert keypoints_of_photo(tmp_path / "x.jpg") is None


@pytest.mark.parametrize("pattern", ["dwpose_p_{}.json", "a_b_p_{}_keypoints.json", "{}_of_another.json"])
def test_every_name_is_taken_apart_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pattern: str
) -> None:
    count = 2000
    _files(tmp_path, *(f"p_{number}.jpg" for number in range(count)))
    _files(tmp_path, *(pattern.format(number) for number in range(count)))
    os.utime(tmp_path, (1e9, 1e9))
    taken_apart: list[str] = []
    monkeypatch.setattr(
        keypoint_names, "name_endings", lambda name: taken_apart.append(name) or name_endings(name)
    )
    for number in range(count):
        photo = tmp_path / f"p_{number}.jpg"
        assert (keypoints_of_photo(photo) is not None) == ("p_{}" in pattern)
    other_keypoints(tmp_path / "p_0.jpg")
    assert len(taken_apart) == count


def test_files_of_other_photos_are_not_listed(tmp_path: Path) -> None:
    _files(tmp_path, "a.jpg", "b.jpg", "b_keypoints.json", "summary.json")
    assert other_keypoints(tmp_path / "a.jpg") == ()


def test_a_folder_of_folders_names_the_one_with_photos(tmp_path: Path) -> None:
    _files(tmp_path, "images/a.jpg", "keypoints/a_keypoints.json")
    with pytest.raises(RequestError, match="but images/ in it does: name that"):
        photos_in(tmp_path)


@pytest.mark.parametrize(
    "keypoints", ["", "results_p_{}.json", "p_{:012d}_keypoints.json"], ids=["none", "MMPose", "numbers"]
)
def test_a_folder_is_listed_once_for_all_its_photos(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keypoints: str
) -> None:
    _files(tmp_path, *(f"p_{number}.jpg" for number in range(40)))
    if keypoints:
        _files(tmp_path, *(keypoints.format(number) for number in range(40)))
    os.utime(tmp_path, (1e9, 1e9))
    listed: list[object] = []
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda folder: listed.append(folder) or scandir(folder))
    for number in range(40):
        photo = tmp_path / f"p_{number}.jpg"
        assert (keypoints_of_photo(photo) is not None) == bool(keypoints)
        other_keypoints(photo)
    assert len(listed) == 1
    _files(tmp_path, "p_0.json")  # a folder that changes is looked at again
    assert keypoints_of_photo(tmp_path / "p_0.jpg") == tmp_path / "p_0.json"
