"""A made-up result folder: a figure of tubes with SMPL-X's 55 joints, posed by an independent forward
function.

Nothing here uses the add-on: the file is written from docs/result-files.md, and the skinning is the
textbook's.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

BODY_JOINTS = [
    "pelvis",
    "left_hip",
    "right_hip",
    "spine1",
    "left_knee",
    "right_knee",
    "spine2",
    "left_ankle",
    "right_ankle",
    "spine3",
    "left_foot",
    "right_foot",
    "neck",
    "left_collar",
    "right_collar",
    "head",
    "left_shoulder",
    "right_shoulder",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
    "jaw",
    "left_eye",
    "right_eye",
]
FINGERS = [
    f"{finger}{segment}" for finger in ("index", "middle", "pinky", "ring", "thumb") for segment in (1, 2, 3)
]
JOINT_NAMES = [*BODY_JOINTS, *(f"left_{name}" for name in FINGERS), *(f"right_{name}" for name in FINGERS)]
PARENTS = [-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 15, 15, 15] + [
    parent
    for wrist, first in ((20, 25), (21, 40))
    for finger in range(5)
    for parent in (wrist, first + 3 * finger, first + 3 * finger + 1)
]

# Rest positions in metres, y up, z forward, x to the left; left side and middle.
LEFT_AND_MIDDLE = {
    "pelvis": (0.0, 0.0, 0.0), "left_hip": (0.09, -0.08, 0.0),
    "spine1": (0.0, 0.11, -0.01), "left_knee": (0.11, -0.46, 0.0),
    "spine2": (0.0, 0.24, 0.0), "left_ankle": (0.10, -0.87, -0.03), "spine3": (0.0, 0.30, 0.02),
    "left_foot": (0.12, -0.93, 0.09), "neck": (0.0, 0.48, -0.02), "left_collar": (0.06, 0.42, -0.01),
    "head": (0.0, 0.58, 0.03), "left_shoulder": (0.17, 0.43, -0.02), "left_elbow": (0.43, 0.42, -0.03),
    "left_wrist": (0.68, 0.43, -0.03), "jaw": (0.0, 0.57, 0.04), "left_eye": (0.03, 0.64, 0.09),
}  # fmt: skip
FINGER_SPREAD = {"index": 0.025, "middle": 0.003, "ring": -0.018, "pinky": -0.038, "thumb": 0.035}
RINGS, CORNERS = 4, 8


def rotation_matrix(vector: np.ndarray) -> np.ndarray:
    """Matrix exponential of [v]ₓ by its power series, squared up: nothing in common with the add-on's
    formula.
    """
    x, y, z = np.asarray(vector, dtype=np.float64) / 1024
    step = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    matrix = np.eye(3) + step + step @ step / 2 + step @ step @ step / 6
    for _ in range(10):
        matrix = matrix @ matrix
    return matrix


def rest_joints() -> np.ndarray:
    positions = dict(LEFT_AND_MIDDLE)
    for finger, forward in FINGER_SPREAD.items():
        start, step = (0.04, 0.025) if finger == "thumb" else (0.10, 0.03)
        for segment in (1, 2, 3):
            x = 0.68 + start + step * (segment - 1)
            lean = 0.02 * (segment - 1) if finger == "thumb" else 0.0
            positions[f"left_{finger}{segment}"] = (x, 0.42 - lean / 2, -0.03 + forward + lean)
    for name, (x, y, z) in list(positions.items()):
        if name.startswith("left_"):
            positions[name.replace("left_", "right_")] = (-x, y, z)
    return np.array([positions[name] for name in JOINT_NAMES])


@dataclass
class SyntheticBody:
    arrays: dict[str, np.ndarray]

    @classmethod
    def make(
        cls, seed: int = 7, shape_count: int = 10, with_posedirs: bool = False, gender: str = "neutral"
    ) -> SyntheticBody:
        generator = np.random.default_rng(seed)
        joints = rest_joints()
        vertices, weights, quads, triangles, uv = tubes(joints)
        count = len(vertices)

        def directions(points: np.ndarray, number: int, size: float) -> np.ndarray:
            """Smooth fields: affine in the position, so that joints move with the skin around them."""
            linear = generator.normal(0, size, (number, 3, 3))
            return np.einsum("nij,vj->vin", linear, points)

        state = generator.bit_generator.state
        shape = directions(vertices, shape_count, 0.02)
        generator.bit_generator.state = state
        joint_shape = directions(joints, shape_count, 0.02)
        arrays = {
            "schema_version": np.array(1), "model": np.array("tubes"), "gender": np.array(gender),
            "model_sha256": np.array("0" * 64), "licence_notice": np.array("none needed"),
            "shareable_shape": np.array(1),
            "joint_names": np.array(JOINT_NAMES), "parents": np.array(PARENTS),
            "v_template": vertices.astype(np.float32), "joints_template": joints.astype(np.float32),
            "shape_directions": shape.astype(np.float32),
            "joint_shape_directions": joint_shape.astype(np.float32),
            "expression_directions": generator.normal(0, 0.003, (count, 3, 10)).astype(np.float32),
            "joint_expression_directions": np.zeros((55, 3, 10), np.float32),
            "weights": weights.astype(np.float32), "triangles": triangles, "quads": quads,
            "uv": uv.astype(np.float32), "uv_quads": quads.copy(), "uv_triangles": triangles.copy(),
            "action_names": np.array(["jawOpen", "eyeBlinkLeft"]),
            "action_directions": generator.normal(0, 0.002, (count, 3, 2)).astype(np.float32),
        }  # fmt: skip
        body = cls(arrays)
        body.posedirs = generator.normal(0, 0.002, (count, 3, 9 * 54)) if with_posedirs else None
        return body

    posedirs: np.ndarray | None = None

    def pose(self, person: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray | None]:
        """(vertices in the camera frame, pose offsets in the body frame or None) of a person's parameters."""
        arrays = {
            key: value.astype(np.float64) for key, value in self.arrays.items() if value.dtype.kind == "f"
        }
        keys = (
            "global_orient",
            "body_pose",
            "jaw_pose",
            "leye_pose",
            "reye_pose",
            "left_hand_pose",
            "right_hand_pose",
        )
        vectors = np.concatenate([person[key].reshape(-1, 3) for key in keys])
        local = np.stack([rotation_matrix(vector) for vector in vectors])
        rest = (
            arrays["v_template"]
            + arrays["shape_directions"] @ person["betas"]
            + arrays["expression_directions"] @ person["expression"]
        )
        joints = arrays["joints_template"] + arrays["joint_shape_directions"] @ person["betas"]
        offsets = None
        if self.posedirs is not None:
            offsets = self.posedirs @ (local[1:] - np.eye(3)).ravel()
            rest = rest + offsets
        transforms = np.zeros((55, 4, 4))
        for joint, parent in enumerate(PARENTS):
            step = np.eye(4)
            step[:3, :3] = local[joint]
            step[:3, 3] = joints[joint] - (joints[parent] if parent >= 0 else 0)
            transforms[joint] = step if parent < 0 else transforms[parent] @ step
        for joint in range(55):
            transforms[joint, :3, 3] -= transforms[joint, :3, :3] @ joints[joint]
        blended = np.einsum("vj,jab->vab", arrays["weights"], transforms)
        vertices = np.einsum("vab,vb->va", blended[:, :3, :3], rest) + blended[:, :3, 3] + person["transl"]
        return vertices, offsets


def tubes(joints: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """One closed tube a joint, with weights blended at both ends: vertices, weights, quads, triangles, uv."""
    vertices, weights, quads, uv = [], [], [], []
    for joint in range(len(PARENTS)):
        quads += [tuple(len(vertices) + corner for corner in quad) for quad in TUBE_QUADS]
        vertices += tube_points(joints, joint)
        for ring in range(RINGS):
            weights += [tube_weights(joint, ring)] * CORNERS
            uv += [(corner / CORNERS, (joint + ring / (RINGS - 1)) / 56) for corner in range(CORNERS)]
    triangles = [(a, b, c) for a, b, c, _ in quads] + [(a, c, d) for a, _, c, d in quads if c != d]
    arrays = (vertices, weights, np.array(quads, np.int32), np.array(triangles, np.int32), uv)
    return tuple(np.asarray(array) for array in arrays)


def tube_quads() -> list[tuple[int, int, int, int]]:
    """Sides and two end caps; a triangle repeats its last corner."""
    quads = []
    for ring in range(RINGS - 1):
        for corner in range(CORNERS):
            a, b = ring * CORNERS + corner, ring * CORNERS + (corner + 1) % CORNERS
            quads.append((a, a + CORNERS, b + CORNERS, b))
    last = (RINGS - 1) * CORNERS
    quads += [(0, i, i + 1, i + 1) for i in range(1, CORNERS - 1)]
    return quads + [(last, last + i + 1, last + i, last + i) for i in range(1, CORNERS - 1)]


TUBE_QUADS = tube_quads()


def children_of(joint: int) -> list[int]:
    return [child for child, parent in enumerate(PARENTS) if parent == joint]


def tube_tail(joints: np.ndarray, joint: int) -> np.ndarray:
    name, children = JOINT_NAMES[joint], children_of(joint)
    if name == "pelvis" or len(children) == 1:
        return joints[children[-1]]
    if name in ("spine3", "left_wrist", "right_wrist"):
        return joints[children[0]]
    if joint >= 25:
        return joints[joint] + (joints[joint] - joints[PARENTS[joint]]) * 0.9
    beyond = {"head": (0, 0.2, 0.02), "left_foot": (0, -0.01, 0.08), "right_foot": (0, -0.01, 0.08)}
    return joints[joint] + beyond.get(name, (0, -0.01, 0.03))


def tube_points(joints: np.ndarray, joint: int) -> list[np.ndarray]:
    along = tube_tail(joints, joint) - joints[joint]
    length = np.linalg.norm(along)
    across = np.cross(along, (0.3, 0.2, 0.9))
    across /= np.linalg.norm(across)
    third = np.cross(along / length, across)
    radius = min(0.25 * length, 0.07)
    angles = 2 * np.pi * np.arange(CORNERS) / CORNERS
    circle = radius * (np.cos(angles)[:, None] * across + np.sin(angles)[:, None] * third)
    return [joints[joint] + ring / (RINGS - 1) * along + point for ring in range(RINGS) for point in circle]


def tube_weights(joint: int, ring: int) -> np.ndarray:
    row = np.zeros(55)
    row[joint] = 1.0
    if ring == 0 and PARENTS[joint] >= 0:
        row[[joint, PARENTS[joint]]] = 0.5
    if ring == RINGS - 1 and len(children_of(joint)) == 1:
        row[[joint, children_of(joint)[0]]] = 0.6, 0.4
    return row


def random_person(seed: int, depth: float = 3.2, sideways: float = 0.0) -> dict[str, np.ndarray]:
    """Parameters of somebody on their feet, facing the camera more or less, every joint turned a little."""
    generator = np.random.default_rng(seed)
    facing = rotation_matrix(np.array([np.pi, 0, 0])) @ rotation_matrix(
        generator.normal(0, (0.05, 0.4, 0.05))
    )
    return {
        "betas": generator.normal(0, 1, 10), "expression": generator.normal(0, 1, 10),
        "global_orient": rotation_vector(facing), "body_pose": generator.normal(0, 0.25, 63),
        "jaw_pose": np.array([0.15, 0, 0]),
        "leye_pose": generator.normal(0, 0.1, 3), "reye_pose": generator.normal(0, 0.1, 3),
        "left_hand_pose": generator.normal(0, 0.3, 45), "right_hand_pose": generator.normal(0, 0.3, 45),
        "transl": np.array([sideways, 0.15, depth]),
    }  # fmt: skip


def rotation_vector(matrix: np.ndarray) -> np.ndarray:
    """Of a rotation that may be near a half turn."""
    values, vectors = np.linalg.eig(matrix)
    axis = np.real(vectors[:, np.argmin(np.abs(values - 1))])
    cosine = (np.trace(matrix) - 1) / 2
    angle = np.arccos(np.clip(cosine, -1, 1))
    candidates = [axis * angle, -axis * angle]
    return min(candidates, key=lambda vector: float(np.abs(rotation_matrix(vector) - matrix).max()))


def write_result(
    folder: Path,
    people: list[dict[str, np.ndarray]] | None = None,
    *,
    body: SyntheticBody | None = None,
    focal_px: float = 900.0,
    principal_point: tuple[float, float] = (300.0, 420.0),
    image_size: tuple[int, int] = (600, 800),
    orientation: int = 1,
    legs_seen: bool = True,
    others: dict[int, SyntheticBody] | None = None,
) -> Path:
    """Write a whole result folder and return it. `others` are the bodies of people who have another one, by their number."""
    folder.mkdir(parents=True, exist_ok=True)
    body = body or SyntheticBody.make()
    np.savez(folder / "body.npz", **body.arrays)
    keypoints = np.zeros((137, 3))
    keypoints[: 25 if legs_seen else 9, 2] = 0.8
    for number, person in enumerate(people or [random_person(1)]):
        own, name = body, "body.npz"
        if others is not None and number in others:
            own = others[number]
            name = f"body_{own.arrays['gender']}.npz"
            np.savez(folder / name, **own.arrays)
        body_sha256 = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        vertices, offsets = own.pose(person)
        joints = np.full((144, 3), np.nan)
        arrays = {
            key: value.astype(np.float32) if value.dtype.kind == "f" else value
            for key, value in person.items()
        }
        if offsets is not None:
            arrays["pose_offsets"] = offsets.astype(np.float32)
        np.savez(
            folder / f"person_{number:02d}.npz", schema_version=1, vertices=vertices.astype(np.float32),
            joints=joints.astype(np.float32), focal_px=focal_px, principal_point=np.array(principal_point),
            image_size=np.array(image_size), photo_orientation=orientation, gender="neutral", model="tubes",
            model_sha256="0" * 64, body_sha256=body_sha256, keypoints=keypoints,
            keypoint_residual_px=np.full(137, np.nan), loss=1.0, **arrays,
        )  # fmt: skip
    write_photo(folder / "photo.png", image_size, orientation)
    (folder / "summary.json").write_text(json.dumps({"status": "done"}))
    return folder


def random_motion(frames: int, seed: int = 0) -> list[dict[str, np.ndarray]]:
    """Somebody upright in a world with z up who moves a little and turns about himself three times."""
    generator = np.random.default_rng(seed)
    upright = rotation_matrix(np.array([np.pi / 2, 0.0, 0.0]))
    shape = generator.normal(0, 1, 10)
    still = random_person(seed)
    people = []
    for frame in range(frames):
        turn = rotation_matrix(np.array([0.0, 0.0, 6 * np.pi * frame / frames]))
        person = {key: value.copy() for key, value in still.items()}
        person["betas"], person["expression"] = shape, np.zeros(10)
        person["global_orient"] = rotation_vector(turn @ upright)
        person["body_pose"] = still["body_pose"] * np.cos(0.3 * frame) * 4
        person["transl"] = np.array([0.1 * frame, -0.05 * frame, 1.0 + 0.02 * np.sin(frame)])
        people.append(person)
    return people


def smooth_motion(frames: int, period: int = 48) -> list[dict[str, np.ndarray]]:
    """Somebody who walks on with swings of `period` frames: every pose comes again a period later, further on."""
    people = random_motion(frames)
    still = random_person(0)["body_pose"]
    for frame, person in enumerate(people):
        phase = 2 * np.pi * frame / period
        person["body_pose"] = still + 0.4 * np.sin(phase + np.arange(63)) + 0.1 * np.sin(2 * phase)
        turn = rotation_matrix(np.array([0.0, 0.0, 0.3 * np.sin(phase)]))
        person["global_orient"] = rotation_vector(turn @ rotation_matrix(np.array([np.pi / 2, 0.0, 0.0])))
        person["transl"] = np.array([0.04 * frame, 0.02 * np.cos(phase), 1.0 + 0.03 * np.sin(2 * phase)])
    return people


def write_motion(
    folder: Path, people: list[dict[str, np.ndarray]], body: SyntheticBody | None = None, **changes: object
) -> Path:
    """Write body.npz and motion.npz and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    body = body or SyntheticBody.make()
    np.savez(folder / "body.npz", **body.arrays)
    keys = (
        "global_orient",
        "body_pose",
        "jaw_pose",
        "leye_pose",
        "reye_pose",
        "left_hand_pose",
        "right_hand_pose",
    )
    rotations = np.stack([np.concatenate([person[key].reshape(-1, 3) for key in keys]) for person in people])
    values: dict[str, object] = {
        "schema_version": 1,
        "joint_names": np.array(JOINT_NAMES),
        "rotations": rotations.astype(np.float32),
        "transl": np.stack([person["transl"] for person in people]).astype(np.float32),
        "betas": people[0]["betas"].astype(np.float32),
        "expression": people[0]["expression"].astype(np.float32),
        "fps": 60.0,
        "has_floor": True,
        "has_own_shape": True,
        "sole_height": 0.04,
        "gender": "neutral",
        "model": "tubes",
        "model_sha256": "0" * 64,
        "body_sha256": hashlib.sha256((folder / "body.npz").read_bytes()).hexdigest(),
    }
    values |= changes
    np.savez(folder / "motion.npz", **{k: v for k, v in values.items() if v is not None})  # type: ignore[arg-type]
    return folder


def photo_pixels(image_size: tuple[int, int]) -> np.ndarray:
    """(H, W, 3) uint8, upright: red grows to the right, green downwards, one blue corner at the top left."""
    width, height = image_size
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[..., 0] = np.linspace(0, 255, width).astype(np.uint8)[None, :]
    pixels[..., 1] = np.linspace(0, 255, height).astype(np.uint8)[:, None]
    pixels[: height // 4, : width // 4, 2] = 255
    return pixels


def write_photo(path: Path, image_size: tuple[int, int], orientation: int) -> None:
    """A PNG stored so that EXIF `orientation` makes it upright (written with the standard library alone)."""
    import struct
    import zlib

    upright = photo_pixels(image_size)
    # what has to be stored, by what the orientation does to it: the inverse of turning upright
    stored = {
        1: upright, 2: upright[:, ::-1], 3: upright[::-1, ::-1], 4: upright[::-1], 5: upright.swapaxes(0, 1),
        6: np.rot90(upright, 1), 7: np.rot90(upright, 2).swapaxes(0, 1), 8: np.rot90(upright, -1),
    }[orientation]  # fmt: skip
    height, width = stored.shape[:2]
    rows = b"".join(b"\0" + row.tobytes() for row in np.ascontiguousarray(stored))

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def write_sequence(
    folder: Path,
    people: list[list[dict[str, np.ndarray]]],
    body: SyntheticBody | None = None,
    changes: dict[str, object] | None = None,
    frame_rate: tuple[int, int] = (30000, 1001),
    first_clip_frame: int = 0,
    clip_name: str = "dance.mp4",
) -> Path:
    """Write a clip's result folder: a list of frames a person, the second of whom comes three frames after the first."""
    folder.mkdir(parents=True, exist_ok=True)
    fps = frame_rate[0] / frame_rate[1]
    for number, frames in enumerate(people):
        count, late = len(frames), 3 * number
        clip_frames = first_clip_frame + late + np.arange(count)
        values: dict[str, object] = {
            "first_frame": late,
            "fps": fps,
            "sole_height": 0.0,
            "clip_frames": clip_frames,
            "times": clip_frames / fps,
            "frame_rate": np.array(frame_rate),
            "states": np.zeros(count, np.uint8),
            "frame_words": np.zeros(count, np.uint8),
            "contacts": np.zeros((count, 4), bool),
            "keypoint_error_px": np.full(count, 2.0, np.float32),
            "keypoints": np.zeros((count, 137, 3), np.float32),
            "detector": "openpose",
            "expressions": np.stack([frame["expression"] for frame in frames]).astype(np.float32),
            "focal_px": 900.0,
            "principal_point": np.array([300.0, 420.0]),
            "image_size": np.array([600, 800]),
            "world_from_camera": LOOKING_ALONG_Y,
            "world_up": "z",
        }
        write_motion(folder, frames, body, **{**values, **(changes or {})})
        (folder / "motion.npz").replace(folder / f"person_{number:02d}_motion.npz")
    entries = [
        {"file": f"person_{n:02d}_motion.npz", "quality": {"word": "good"}} for n in range(len(people))
    ]
    summary = {"status": "done", "kind": "sequence", "source": clip_name, "people": entries}
    (folder / "summary.json").write_text(json.dumps(summary))
    return folder


# 1.5 m above the floor and 4 m before the world's origin, level.
LOOKING_ALONG_Y = np.array([[1.0, 0, 0, 0], [0, 0, 1, -4], [0, -1, 0, 1.5], [0, 0, 0, 1]])
