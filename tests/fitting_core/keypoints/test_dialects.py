"""Every detector's layout in every file that people save it in: the same person stands there."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fitting_core.errors import KeypointFileError
from fitting_core.keypoints.keypoint_files import ReadingOptions, read_keypoint_file
from fitting_core.keypoints.keypoints2d import KeypointFile
from fitting_core.keypoints.layouts import BODY_25, BODY_25B
from fitting_core.keypoints.mediapipe import FACE_POINTS
from fitting_core.keypoints.other_layouts import POINT_LAYOUTS, PointLayout, layouts_of
from tests.fitting_core.keypoints.documents import SIZE, STANDING, body, face, hand, whole, write

_READ = [layout for layout in POINT_LAYOUTS if layout.body is not BODY_25B]
_WHOLE_BODY = layouts_of(133)[0]
_COCO_17 = layouts_of(17)[0]
_HALPE_136 = layouts_of(136)[0]
_MHR_70 = layouts_of(70)[0]
# Made of pairs where a layout lacks them; BODY_25's own where it has them.
_LIMBS = [
    f"{side}_{joint}"
    for side in ("left", "right")
    for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
]


def read(folder: Path, document: object, **options: Any) -> KeypointFile:
    return read_keypoint_file(write(folder, document), SIZE, options=ReadingOptions(**options))


def stands(found: KeypointFile, layout: PointLayout | None = None, number: int = 0) -> None:
    """The standing person is there: limbs, neck and mid-hip, and the hands and the face that the layout has."""
    person = found.people[number]
    for name in (*_LIMBS, "neck", "mid_hip"):
        np.testing.assert_allclose(
            person.body[BODY_25.index(name), :2], STANDING[name], atol=1e-6, err_msg=name
        )
    if layout is not None and layout.left_hand:
        np.testing.assert_allclose(person.left_hand[1:, :2], hand("left")[1:, :2])
        np.testing.assert_allclose(person.right_hand[1:, :2], hand("right")[1:, :2])
    if layout is not None and layout.face:
        np.testing.assert_allclose(person.face[: len(layout.face), :2], face(len(layout.face))[:, :2])


def _rows(table: np.ndarray, columns: int = 2) -> list[list[float]]:
    return table[:, :columns].tolist()


def _flat(table: np.ndarray) -> list[float]:
    return table.reshape(-1).tolist()


_WRAPPERS: dict[str, Callable[[np.ndarray], object]] = {
    "OpenPose's people": lambda table: {"people": [{"pose_keypoints_2d": _flat(table)}]},
    "COCO results": lambda table: [{"image_id": "photo.jpg", "category_id": 1, "keypoints": _flat(table), "score": 2.9}],
    "MMPose": lambda table: {
        "meta_info": {},
        "instance_info": [{"keypoints": _rows(table), "keypoint_scores": table[:, 2].tolist(), "bbox": [[1, 2, 3, 4]]}],
    },
    "MMPose's video": lambda table: {
        "instance_info": [{"frame_id": 1, "instances": [{"keypoints": _rows(table), "keypoint_scores": table[:, 2].tolist()}]}]
    },
    "MMPose's inferencer": lambda table: [[{"keypoints": _rows(table), "keypoint_scores": table[:, 2].tolist()}]],
    "MMPose's predictions": lambda table: {"predictions": [[{"keypoints": _rows(table)}]], "visualization": []},
    "ViTPose's dict": lambda table: {"keypoints": _rows(table, 3), "bbox": [0, 0, 1, 1]},
    "rtmlib": lambda table: {"keypoints": [_rows(table)], "scores": [table[:, 2].tolist()]},
    "an array": lambda table: _rows(table, 3),
    "people in an array": lambda table: [_rows(table, 3)],
    "points as objects": lambda table: [{"keypoints": [{"x": x, "y": y, "score": c} for x, y, c in table.tolist()]}],
    "an interface's reply": lambda table: {"status": "ok", "output": [{"people": [{"pose_keypoints_2d": _flat(table)}]}]},
    "columns of Ultralytics": lambda table: [
        {"name": "person", "keypoints": dict(zip(("x", "y", "visible"), table.T.tolist(), strict=True))}
    ],
    "numbers in words": lambda table: {"people": [{"pose_keypoints_2d": [str(number) for number in _flat(table)]}]},
    "a string": lambda table: {"result": json.dumps({"people": [{"pose_keypoints_2d": _flat(table)}]})},
}  # fmt: skip


@pytest.mark.parametrize("wrapper", _WRAPPERS)
@pytest.mark.parametrize("layout", _READ, ids=lambda layout: layout.name)
def test_layouts_in_wrappers(tmp_path: Path, layout: PointLayout, wrapper: str) -> None:
    if layout.count == 33 and wrapper in ("an array", "people in an array"):
        pytest.skip("33 rows alone are MediaPipe's, with a depth in the third place")
    found = read(tmp_path, _WRAPPERS[wrapper](whole(layout)))
    stands(found, layout)
    assert len(found.people) == 1
    assert layout.name in found.dialect


@pytest.mark.parametrize(
    ("layout", "detector"),
    [(_COCO_17, "coco"), (_WHOLE_BODY, "coco"), (layouts_of(25)[0], "openpose"), (layouts_of(33)[0], "eyes")],
    ids=lambda value: getattr(value, "name", value),
)
def test_habits_are_those_of_the_detector(tmp_path: Path, layout: PointLayout, detector: str) -> None:
    assert read(tmp_path, _WRAPPERS["COCO results"](whole(layout))).people[0].detector == detector


def _alphapose_list() -> list[dict[str, Any]]:
    table, moved = whole(_HALPE_136), whole(_HALPE_136)
    moved[:, 0] += 40
    pictures = {"1.jpg": [table], "photo.jpg": [moved, table]}
    return [
        {"image_id": name, "keypoints": _flat(points), "score": 2.1}
        for name, tables in pictures.items()
        for points in tables
    ]


def test_alphapose_list_gives_the_people_of_the_photo(tmp_path: Path) -> None:
    found = read(tmp_path, _alphapose_list(), photo_name="photo.jpg")
    assert len(found.people) == 2
    np.testing.assert_allclose(found.people[0].body[4, :2], np.add(STANDING["right_wrist"], (40, 0)))
    stands(found, _HALPE_136, 1)
    with pytest.raises(KeypointFileError, match=r"2 pictures \(1.jpg, photo.jpg …\), none of them other.jpg"):
        read(tmp_path, _alphapose_list(), photo_name="other.jpg")


@pytest.mark.parametrize("form", ["cmu", "open"])
def test_alphapose_files_of_all_pictures(tmp_path: Path, form: str) -> None:
    points = _flat(whole(layouts_of(18)[0]))
    entry = {"bodies": [{"joints": points}]} if form == "cmu" else {"people": [{"pose_keypoints_2d": points}]}
    other = {"bodies": [], "people": []}
    found = read(
        tmp_path, {"a.jpg": other, "b.jpg": {"version": "AlphaPose v0.3", **entry}}, photo_name="b.jpg"
    )
    stands(found)
    assert found.dialect == "AlphaPose, COCO_18"


def test_coco_annotations_of_a_collection(tmp_path: Path) -> None:
    table = whole(_WHOLE_BODY)
    entry = {
        "image_id": 7, "keypoints": _flat(table[:17]), "foot_kpts": _flat(table[17:23]), "face_kpts": _flat(table[23:91]),
        "lefthand_kpts": _flat(table[91:112]), "righthand_kpts": _flat(table[112:]),
    }  # fmt: skip
    document = {
        "images": [{"id": 3, "file_name": "train/other.jpg"}, {"id": 7, "file_name": "train/photo.jpg"}],
        "annotations": [entry],
    }
    stands(read(tmp_path, document, photo_name="photo.jpg"), _WHOLE_BODY)


def _landmarks(table: np.ndarray, **more: float) -> list[dict[str, float]]:
    return [{"x": x / SIZE[0], "y": y / SIZE[1], "z": 0.1, **more} for x, y, _ in table.tolist()]


def _mesh() -> np.ndarray:
    mesh = np.full((478, 3), 300.0)
    mesh[list(FACE_POINTS)] = face(68)
    return mesh


_MEDIAPIPE: dict[str, Any] = {
    "list of 33": _landmarks(whole(layouts_of(33)[0]), visibility=0.9),
    "rows of 33": [[x / SIZE[0], y / SIZE[1], -0.2, 0.9] for x, y, _ in whole(layouts_of(33)[0]).tolist()],
    "JavaScript": {"poseLandmarks": _landmarks(whole(layouts_of(33)[0]), visibility=0.9)},
    "protobuf": {"pose_landmarks": {"landmark": _landmarks(whole(layouts_of(33)[0]), visibility=0.9)}},
    "Tasks": {"landmarks": [_landmarks(whole(layouts_of(33)[0]), visibility=0.9, presence=0.99)], "worldLandmarks": []},
    "frames": [{"frame": n, "pose_landmarks": _landmarks(whole(layouts_of(33)[0]), visibility=0.9)} for n in range(2)],
    "no visibility": {"pose_landmarks": _landmarks(whole(layouts_of(33)[0]))},
    "zero visibility": {"pose_landmarks": _landmarks(whole(layouts_of(33)[0]), visibility=0.0)},
}  # fmt: skip


@pytest.mark.parametrize("document", _MEDIAPIPE.values(), ids=_MEDIAPIPE)
def test_mediapipe(tmp_path: Path, document: object) -> None:
    found = read(tmp_path, document)
    stands(found)
    assert found.people[0].detector == "eyes" and "MediaPipe" in found.dialect


def test_mediapipe_holistic(tmp_path: Path) -> None:
    document = {
        "pose_landmarks": _landmarks(whole(layouts_of(33)[0]), visibility=0.9),
        "left_hand_landmarks": _landmarks(hand("left"), visibility=0.0),
        "right_hand_landmarks": _landmarks(hand("right")),
        "face_landmarks": _landmarks(_mesh()),
    }
    found = read(tmp_path, document)
    np.testing.assert_allclose(found.people[0].left_hand[:, :2], hand("left")[:, :2])
    np.testing.assert_allclose(found.people[0].right_hand[:, :2], hand("right")[:, :2])
    np.testing.assert_allclose(found.people[0].face[:68, :2], face(68)[:, :2])
    assert found.warnings == ()


def test_dwpose_candidates(tmp_path: Path) -> None:
    table = whole(layouts_of(18)[0])[:, :2] / SIZE
    hands = [(part[:, :2] / SIZE).tolist() for part in (hand("left"), hand("right"))]
    document = {
        "bodies": {"candidate": table.tolist(), "subset": [[*range(17), -1, 0.9, 18]]},
        "hands": hands,
        "faces": [(face(68)[:, :2] / SIZE).tolist()],
    }
    found = read(tmp_path, document)
    stands(found)
    np.testing.assert_allclose(found.people[0].left_hand[:, :2], hand("left")[:, :2])
    assert not found.people[0].body[BODY_25.index("left_ear")].any()  # −1 in the subset


def _sam3d() -> dict[str, Any]:
    table = whole(_MHR_70)
    space = np.zeros((70, 3))
    space[_MHR_70.body.index("left_wrist"), 2] = -0.4
    return {
        "bbox": np.array([1.0, 2.0, 3.0, 4.0]), "focal_length": np.float32(1234.0), "pred_keypoints_3d": space,
        "pred_cam_t": np.array([0.0, 0.1, 3.0]), "pred_keypoints_2d": table[:, :2], "pred_vertices": np.zeros((200_000, 3)),
        "mask": None, "shape_params": np.zeros(45),
    }  # fmt: skip


def _write_sam3d(path: Path) -> Path:
    people = [_sam3d()]
    if path.name == "one.npz":
        np.savez(path, **{key: value for key, value in people[0].items() if value is not None})
    elif path.suffix == ".npz":
        np.savez(path, outputs=np.array(people, dtype=object))
    elif path.suffix == ".npy":
        np.save(path, np.array(people, dtype=object), allow_pickle=True)
    elif path.suffix == ".pkl":
        path.write_bytes(pickle.dumps(people))
    else:
        plain = {
            key: value.tolist()
            for key, value in people[0].items()
            if isinstance(value, np.ndarray | np.generic)
        }
        path.write_text(json.dumps([plain]))
    return path  # fmt: skip


@pytest.mark.parametrize("name", ["one.npz", "many.npz", "people.npy", "people.pkl", "people.json"])
def test_sam3d_gives_points_depths_and_focal_length(tmp_path: Path, name: str) -> None:
    found = read_keypoint_file(_write_sam3d(tmp_path / name), SIZE)
    stands(found, _MHR_70)
    assert found.focal_px == 1234.0 and found.warnings == ()
    (depths,) = found.depths
    assert depths is not None
    assert depths[BODY_25.index("left_wrist")].tolist() == pytest.approx([2.6, 1.0])
    assert depths[BODY_25.index("right_wrist"), 0] == pytest.approx(3.0)
    assert depths[BODY_25.index("mid_hip"), 1] == 0.0  # a point that it does not have


@pytest.mark.parametrize("rows", [3, 5])
def test_est_joints_of_smplify(tmp_path: Path, rows: int) -> None:
    joints = np.zeros((rows, 14, 2))
    joints[:3, :, 0] = [[100.0], [100.0], [0.5]]
    joints[:3, :, 1] = body(layouts_of(14)[0].body).T
    path = tmp_path / "est_joints.npz"
    np.savez(path, est_joints=joints)
    found = read_keypoint_file(path, SIZE, options=ReadingOptions(frame=1))
    stands(found)
    assert found.frame_count == 2


@pytest.mark.parametrize("photos", [2, 3, 5])
def test_est_joints_photo_by_photo(tmp_path: Path, photos: int) -> None:
    joints = np.stack([body(layouts_of(14)[0].body)] * photos)  # 3 and 5 are numbers of channels, too
    path = tmp_path / "est_joints.npz"
    np.savez(path, est_joints=joints)
    found = read_keypoint_file(path, SIZE, options=ReadingOptions(frame=1))
    stands(found)
    assert found.frame_count == photos


# Its order of 25 points, which is nobody else's.
_EASY_VITPOSE_25 = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "neck", "left_shoulder", "right_shoulder", "left_elbow",
    "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "hip", "left_knee", "right_knee", "left_ankle",
    "right_ankle", "left_big_toe", "left_small_toe", "left_heel", "right_big_toe", "right_small_toe", "right_heel",
)  # fmt: skip


@pytest.mark.parametrize("names", [_COCO_17.body.names, _EASY_VITPOSE_25], ids=["17", "25"])
@pytest.mark.parametrize("is_video", [False, True], ids=["photo", "video"])
def test_easy_vitpose_has_y_before_x_and_names(
    tmp_path: Path, names: tuple[str, ...], is_video: bool
) -> None:
    places = [STANDING["mid_hip" if name == "hip" else name] for name in names]
    people = {"0": [[y, x, 0.9] for x, y in places]}
    document = {"keypoints": [{}, people] if is_video else [people], "skeleton": dict(enumerate(names))}
    found = read(tmp_path, document, frame=len(document["keypoints"]) - 1)
    stands(found)
    assert found.dialect.startswith("easy_ViTPose") and found.frame_count == 1 + is_video


def test_a_collection_of_smaller_pictures_says_their_size(tmp_path: Path) -> None:
    table = whole(_COCO_17)
    table[:, :2] /= 2
    document = {
        "images": [{"id": 7, "file_name": "photo.jpg", "width": SIZE[0] // 2, "height": SIZE[1] // 2}],
        "annotations": [{"image_id": 7, "keypoints": _flat(table)}],
    }
    found = read(tmp_path, document, photo_name="photo.jpg")
    stands(found)
    assert "400 × 500 was scaled" in found.warnings[0]


def test_mediapipe_in_one_run_of_numbers(tmp_path: Path) -> None:
    rows = [[x / SIZE[0], y / SIZE[1], -0.2, 0.9] for x, y, _ in whole(layouts_of(33)[0]).tolist()]
    stands(read(tmp_path, [number for row in rows for number in row]))


@pytest.mark.parametrize("frames", [0, 3], ids=["a photo", "a list of frames"])
def test_the_pair_that_rtmlib_returns_keeps_its_scores(tmp_path: Path, frames: int) -> None:
    table = whole(_WHOLE_BODY)
    pair = (table[None, :, :2], np.full((1, 133), 0.4))
    path = tmp_path / "points.pkl"
    path.write_bytes(pickle.dumps([pair] * frames if frames else pair))
    found = read_keypoint_file(path, SIZE, options=ReadingOptions(frame=max(0, frames - 1)))
    stands(found, _WHOLE_BODY)
    assert found.frame_count == max(1, frames) and np.all(found.people[0].body[:5, 2] == 0.4)


def _in_space(layout: PointLayout, z_up: bool = False) -> np.ndarray:
    """The standing person in metres about the hips (z up: over the floor), as lifters to space write it."""
    across, down = ((whole(layout)[:, :2] - STANDING["mid_hip"]) / 450).T
    forwards = 0.2 * np.sin(np.arange(layout.count))
    return np.column_stack([across, forwards, 1 - down] if z_up else [across, down, forwards])


_H36M_17 = layouts_of(17)[1]
_SPACE: dict[str, Any] = {
    "MMPose": [{"keypoints": _in_space(_COCO_17).tolist(), "keypoint_scores": [0.9] * 17}],
    "MMPose, z up": [{"keypoints": _in_space(_H36M_17, z_up=True).tolist(), "keypoint_scores": [0.9] * 17}],
    "MotionBERT": [_in_space(_H36M_17).tolist()] * 3,
    "an array": _in_space(_COCO_17).tolist(),
    "MediaPipe's world": [
        {"x": x, "y": y, "z": z, "visibility": 0.9} for x, y, z in _in_space(layouts_of(33)[0]).tolist()
    ],
}


@pytest.mark.parametrize("document", _SPACE.values(), ids=_SPACE)
def test_places_in_space_are_no_points_of_a_photo(tmp_path: Path, document: object) -> None:
    with pytest.raises(KeypointFileError, match="holds places in space"):
        read(tmp_path, document)


def test_a_foot_outside_the_picture_is_no_place_in_space(tmp_path: Path) -> None:
    table = whole(_COCO_17)
    table[15:, 0] = -60  # both ankles left of the picture
    rows = [[x / SIZE[0], y / SIZE[1], c] for x, y, c in table.tolist()]
    found = read(tmp_path, [{"keypoints": rows, "keypoint_scores": [0.9] * 17}])
    np.testing.assert_allclose(found.people[0].body[BODY_25.index("left_ankle"), 0], -60)


def test_depths_beside_pixels_are_no_confidences(tmp_path: Path) -> None:
    table = whole(_COCO_17)
    table[:, 2] = 150 * np.sin(np.arange(1, 18))
    found = read(tmp_path, [{"keypoints": _flat(table)}])
    stands(found)
    assert "likely depths" in found.warnings[0]


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".pkl"])
def test_rtmlib_arrays_as_people_save_them(tmp_path: Path, suffix: str) -> None:
    table = whole(_WHOLE_BODY)
    values = {"keypoints": table[None, :, :2].astype(np.float32), "scores": table[None, :, 2]}
    path = tmp_path / f"points{suffix}"
    if suffix == ".npz":
        np.savez(path, **values)
    elif suffix == ".npy":
        np.save(path, table[None])
    else:
        path.write_bytes(pickle.dumps(values))
    stands(read_keypoint_file(path, SIZE), _WHOLE_BODY)


def test_two_orders_of_as_many_points_are_told_by_their_bones(tmp_path: Path) -> None:
    for count in (14, 17):
        for layout in layouts_of(count):
            found = read(tmp_path, [{"keypoints": _flat(whole(layout))}])
            assert layout.name in found.dialect
            stands(found)


@pytest.mark.parametrize("style", ["left_wrist", "LeftWrist", "wrist_left", "LEFT WRIST", "l_wrist"])
def test_points_by_their_names(tmp_path: Path, style: str) -> None:
    def named(name: str) -> str:
        side, _, rest = name.partition("_")
        if side not in ("left", "right"):
            return name
        forms = {
            "left_wrist": name, "LeftWrist": name.title().replace("_", ""), "wrist_left": f"{rest}_{side}",
            "LEFT WRIST": name.upper().replace("_", " "), "l_wrist": f"{side[0]}_{rest}",
        }  # fmt: skip
        return forms[style]

    points = {
        named(name): {"x": STANDING[name][0], "y": STANDING[name][1], "confidence": 0.8}
        for name in _COCO_17.body.names
    }
    stands(read(tmp_path, points))
    stands(read(tmp_path, {"people": [{"keypoints": points}]}))


def test_a_document_a_line_is_a_frame_a_line(tmp_path: Path) -> None:
    path = tmp_path / "frames.json"
    documents = [{"people": []}, {"people": [{"pose_keypoints_2d": _flat(whole(_COCO_17))}]}]
    path.write_text("\n".join(map(json.dumps, documents)))
    found = read_keypoint_file(path, SIZE, options=ReadingOptions(frame=1))
    stands(found)
    assert found.frame_count == 2


@pytest.mark.parametrize("keys", [("image_width", "image_height"), ("width", "height")])
def test_other_names_of_the_canvas(tmp_path: Path, keys: tuple[str, str]) -> None:
    table = whole(_COCO_17)
    table[:, :2] /= 2
    document = {"people": [{"pose_keypoints_2d": _flat(table)}], keys[0]: 400, keys[1]: 500}
    stands(read(tmp_path, document))
