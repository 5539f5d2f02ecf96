"""Result folders: a sound one is read whole, anything else is refused with the file, the key and the next step."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from smplify_blender.result.errors import ResultError
from smplify_blender.result.read_result import read_person, read_result
from smplify_blender.result.result_folder import Body
from tests.blender.synthetic_result import JOINT_NAMES, SyntheticBody, random_person, write_result


def changed(file: str, **values: Any) -> Callable[[Path], None]:
    """A change of some keys of one file of the folder; None takes the key out."""

    def change(folder: Path) -> None:
        with np.load(folder / file) as data:
            arrays = {**data, **values}
        np.savez(folder / file, **{key: value for key, value in arrays.items() if value is not None})

    return change


def changed_body(**values: Any) -> Callable[[Path], None]:
    """The whole folder written again with another body, so that the hashes fit."""

    def change(folder: Path) -> None:
        body = SyntheticBody.make()
        arrays = {**body.arrays, **values}
        body.arrays = {key: value for key, value in arrays.items() if value is not None}
        posed = SyntheticBody.make()
        body.pose = posed.pose  # type: ignore[method-assign]
        write_result(folder, body=body)

    return change


def _body(folder: Path) -> Body:
    result = read_result(folder)
    return result.body_of(result.people[0])


def test_sound_folder(tmp_path: Path) -> None:
    people = [random_person(1), random_person(2)]
    result = read_result(write_result(tmp_path / "my fit", people, orientation=6))
    assert result.name == "my fit"
    assert [person.name for person in result.people] == ["person_00", "person_01"]
    assert result.photo == result.folder / "photo.png"
    assert (result.camera.focal_px, result.camera.photo_orientation) == (900.0, 6)
    assert list(result.body_of(result.people[0]).joint_names) == JOINT_NAMES
    second = result.people[1]
    np.testing.assert_allclose(second.rotations["pelvis"], people[1]["global_orient"], rtol=1e-6)
    np.testing.assert_allclose(second.rotations["right_wrist"], people[1]["body_pose"][60:], rtol=1e-6)
    np.testing.assert_allclose(second.rotations["left_thumb3"], people[1]["left_hand_pose"][42:], rtol=1e-6)
    assert len(second.rotations) == 55 and second.legs_seen and second.pose_offsets is None


def test_the_scene_of_a_camera_file_is_everybodys(tmp_path: Path) -> None:
    world = np.eye(4)
    world[:3, 3] = (1.0, 2.0, 3.0)
    people = [{**random_person(seed), "world_from_camera": world} for seed in (1, 2)]
    folder = write_result(tmp_path / "fit", people)
    np.testing.assert_array_equal(read_result(folder).camera.world_from_camera, world.ravel())
    changed("person_01.npz", world_from_camera=np.eye(4))(folder)
    with pytest.raises(ResultError, match="another camera"):
        read_result(folder)
    changed("person_01.npz", world_from_camera=None)(folder)
    with pytest.raises(ResultError, match="another camera"):
        read_result(folder)


def test_quads_come_first_and_triangles_are_fine(tmp_path: Path) -> None:
    with_quads = _body(write_result(tmp_path / "a"))
    changed_body(quads=None, uv_quads=None)(tmp_path / "b")
    without = _body(tmp_path / "b")
    assert set(with_quads.faces.sizes.tolist()) == {3, 4}
    assert set(without.faces.sizes.tolist()) == {3}
    assert without.faces.uv_corners is not None
    assert len(without.faces.uv_corners) == len(without.faces.corners)
    assert len(without.faces.sizes) > len(with_quads.faces.sizes)


def test_body_without_optional_keys(tmp_path: Path) -> None:
    optional = ("quads", "uv_quads", "uv_triangles", "uv", "action_names", "action_directions")
    changed_body(**dict.fromkeys(optional))(tmp_path / "fit")
    body = _body(tmp_path / "fit")
    assert (
        body.uv is None
        and body.faces.uv_corners is None
        and body.action_directions is None
        and not body.action_names
    )


def test_a_take_stands_in_for_its_person(tmp_path: Path) -> None:
    folder = write_result(tmp_path / "fit", [random_person(1), random_person(2)])
    (folder / "person_01.npz").rename(folder / "person_00_take_1.npz")
    assert [person.name for person in read_result(folder).people] == ["person_00"]
    taken = read_result(folder, "person_00_take_1.npz").people
    assert [person.name for person in taken] == ["person_00_take_1"]
    assert read_result(folder, "person_00_take_2.npz").people[0].name == "person_00"


def test_unseen_legs(tmp_path: Path) -> None:
    assert not read_result(write_result(tmp_path / "fit", legs_seen=False)).people[0].legs_seen


P, B = "person_00.npz", "body.npz"
faces = SyntheticBody.make().arrays["quads"]
REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "no body": (lambda folder: (folder / B).unlink(), "holds no body.npz"),
    "no people": (lambda folder: (folder / P).unlink(), "holds no person_00.npz"),
    "schema 2": (changed(P, schema_version=2), "schema_version 2"),
    "body schema 2": (changed_body(schema_version=np.array(2)), "body.npz has schema_version 2"),
    "another body": (changed(P, body_sha256="ab" * 32), "written with another body.npz (body_sha256 abababababab"),
    "fewer betas": (changed(P, betas=np.zeros(9)), "“betas” of shape (9,), expected (10,)"),
    "beta out of reach": (changed(P, betas=np.full(10, 10.5)), "has 10.5 in “betas”, beyond ±10"),
    "far away": (changed(P, vertices=None), "no key “vertices”"),
    "vertices of another body": (changed(P, vertices=np.zeros((5, 3))), "“vertices” of shape (5, 3)"),
    "transl in mm": (changed(P, transl=np.array([0, 0, 3e7])), "“transl”"),
    "no picture": (changed(P, image_size=np.array([0, 800])), "“image_size” 0 × 800"),
    "world that mirrors": (
        changed(P, world_from_camera=np.diag([1.0, 1.0, -1.0, 1.0])),
        "“world_from_camera” that is no rotation",
    ),
    "world that scales": (
        changed(P, world_from_camera=np.diag([2.0, 2.0, 2.0, 1.0])),
        "“world_from_camera” that is no rotation",
    ),
    "world that is a projection": (
        changed(P, world_from_camera=np.eye(4) + np.outer([0, 0, 0, 1], [1, 0, 0, 0])),
        "“world_from_camera”",
    ),
    "world beyond the horizon": (
        changed(P, world_from_camera=np.eye(4) + 1e6 * np.outer([1, 0, 0, 0], [0, 0, 0, 1])),
        "“world_from_camera”",
    ),
    "world of no up": (changed(P, world_from_camera=np.eye(4), world_up="w"), "“world_up” 'w'"),
    "world of another size": (changed(P, world_from_camera=np.eye(3)), "world_from_camera"),
    "no lens": (changed(P, focal_px=0.0), "“focal_px” 0"),
    "absurd centre": (changed(P, principal_point=np.array([1e6, 0])), "“principal_point”"),
    "orientation 9": (changed(P, photo_orientation=9), "“photo_orientation” 9"),
    "NaN pose": (changed(P, body_pose=np.full(63, np.nan)), "not finite under “body_pose”"),
    "weights": (changed_body(weights=SyntheticBody.make().arrays["weights"] * 2), "“weights” whose rows"),
    "parents": (changed_body(parents=np.roll(SyntheticBody.make().arrays["parents"], 1)), "not a tree"),
    "face index": (changed_body(quads=faces + 10**6), "outside 0…"),
    "negative index": (changed_body(quads=faces - 1), "outside 0…"),
    "same joint twice": (changed_body(joint_names=np.array(["pelvis"] * 55)), "same name twice in “joint_names”"),
    "nameless joint": (changed_body(joint_names=np.array(["", *JOINT_NAMES[1:]])), "unusable name ''"),
    "long joint name": (changed_body(joint_names=np.array(["ü" * 40, *JOINT_NAMES[1:]])), "unusable name"),
}  # fmt: skip


@pytest.mark.parametrize(("damage", "words"), REFUSED.values(), ids=REFUSED)
def test_refused(tmp_path: Path, damage: Callable[[Path], object], words: str) -> None:
    folder = write_result(tmp_path / "fit")
    damage(folder)
    with pytest.raises(ResultError) as caught:
        read_result(folder)
    assert words in str(caught.value)
    assert any(step in str(caught.value) for step in ("Run the fit", "Choose", "Use the fit"))


def test_two_cameras(tmp_path: Path) -> None:
    folder = write_result(tmp_path / "fit", [random_person(1), random_person(2)])
    changed("person_01.npz", focal_px=901.0)(folder)
    with pytest.raises(ResultError, match=r"person_01\.npz has another camera than person_00\.npz"):
        read_result(folder)


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_links_out_of_the_folder_are_not_read(tmp_path: Path) -> None:
    folder = write_result(tmp_path / "fit")
    (folder / "photo.png").rename(tmp_path / "elsewhere.png")
    (folder / "photo.png").symlink_to(tmp_path / "elsewhere.png")
    assert read_result(folder).photo is None


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(ResultError, match="is not a folder"):
        read_result(tmp_path / "nowhere")


FEMALE = "body_female.npz"


def test_everybody_has_the_body_that_their_file_names(tmp_path: Path) -> None:
    people = [random_person(seed) for seed in (1, 2, 3)]
    people[1]["betas"] = people[1]["betas"][:6]
    female = SyntheticBody.make(8, shape_count=6, gender="female")
    result = read_result(write_result(tmp_path / "fit", people, others={1: female}))
    bodies = [result.body_of(person) for person in result.people]
    assert [body.gender for body in bodies] == ["neutral", "female", "neutral"]
    assert bodies[0] is bodies[2], "a body is read once"
    assert [body.shape_directions.shape[2] for body in bodies] == [10, 6, 10]
    again = read_result(result.folder)
    assert [again.body_of(person) for person in again.people] == bodies, "both are remembered"
    assert read_person(result.folder, "person_01.npz", bodies[1]).name == "person_01"
    with pytest.raises(ResultError, match=r"person_01\.npz was written with another body\.npz"):
        read_person(result.folder, "person_01.npz", bodies[0])


BODIES_REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "theirs is gone": (
        lambda folder: (folder / FEMALE).unlink(),
        r"person_01\.npz was written with another body",
    ),
    "theirs is of another fit": (
        changed(FEMALE, model="other"),
        r"person_01\.npz was written.*the files beside it have \w{12}… and \w{12}…",
    ),
    "theirs is damaged": (
        lambda folder: (folder / FEMALE).write_bytes(b"PK"),
        r"body_female\.npz is not an .npz file",
    ),
    "it has a name that no body has": (
        lambda folder: (folder / FEMALE).rename(folder / "body_other.npz"),
        r"person_01\.npz was written with another body",
    ),
}


@pytest.mark.parametrize(("damage", "words"), BODIES_REFUSED.values(), ids=BODIES_REFUSED)
def test_somebody_whose_body_is_not_there(
    tmp_path: Path, damage: Callable[[Path], object], words: str
) -> None:
    people = [random_person(seed) for seed in (1, 2)]
    folder = write_result(tmp_path / "fit", people, others={1: SyntheticBody.make(8, gender="female")})
    damage(folder)
    with pytest.raises(ResultError, match=words):
        read_result(folder)


def test_a_body_that_nobody_names_is_not_read(tmp_path: Path) -> None:
    folder = write_result(tmp_path / "fit")
    (folder / FEMALE).write_bytes(b"anything")
    assert len(read_result(folder).people) == 1
