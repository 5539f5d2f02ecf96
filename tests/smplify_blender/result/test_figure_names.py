"""Names of a photo's people."""

from __future__ import annotations

import pytest

from smplify_blender.result.figure_names import figure_name, number_in

MOST_BYTES = 63  # of a name in Blender

NAMES = {
    "first": ("beam_20", 0, "beam_20"),
    "second": ("beam_20", 1, "beam_20.person_2"),
    "dots": ("a.b", 9, "a.b.person_10"),
    "no text": ("", 0, "Photo"),
    "long": ("x" * 100, 1, f"{'x' * 44}.person_2"),
    "long in another script": ("日" * 100, 0, "日" * 14),
}


@pytest.mark.parametrize(("photo", "number", "name"), NAMES.values(), ids=NAMES)
def test_a_figure_is_named_for_its_photo(photo: str, number: int, name: str) -> None:
    assert figure_name(photo, number) == name
    assert len(f"{name} body.001".encode()) <= MOST_BYTES


FILES = {"person_00.npz": 0, "person_12.npz": 12, "person_03_take_2.npz": 3, "body.npz": 0, "person_1.npz": 0}


@pytest.mark.parametrize(("file_name", "number"), FILES.items(), ids=FILES)
def test_the_number_in_a_files_name(file_name: str, number: int) -> None:
    assert number_in(file_name) == number
