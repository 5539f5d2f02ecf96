"""Reads the entries of an untrusted file of another program under SMPL-X's and AMASS's names, each checked as it is taken."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import numpy as np

from fitting_core.arrays import NumpyArray
from fitting_core.errors import ConversionError, shown
from fitting_core.files.border import RefusedError, reader_border
from fitting_core.files.budget import Budget
from fitting_core.files.plain_file import PlainFile, read_plain_file
from fitting_core.files.plain_values import PlainValue, Unread, as_array, numbers_of_list

from .gaps import MOST_GAPS
from .named_focal import FOCAL_NAMES, named_focal_px
from .plain_arrays import ALONE, table_of_array
from .pose_tables import find_tracks, in_words
from .programs import PROGRAMS, Program, is_worth_naming, program_of
from .rotation_forms import joints_and_size, rotation_vectors
from .tracks import Table, Track

# Every entry that is read, under the names that `programs.py` gives it. Other entries of a file are named, and left out.
KEYS = (
    "poses", "trans", "root_orient", "pose_body", "pose_hand", "pose_jaw", "pose_eye",
    "mocap_framerate", "mocap_frame_rate", "fps", "frame_rate", "gender", "surface_model_type",
    "global_orient", "body_pose", "jaw_pose", "leye_pose", "reye_pose", "left_hand_pose", "right_hand_pose",
    "transl", "betas", "expression", "camera_rotation", "camera_translation",
    "pose", "cam_t", "f", "body_sha256", "smpl_scaling",
)  # fmt: skip
# Fourteen minutes at 120 Hz; the scene holds a key a frame and bone.
MOST_FRAMES = 100_000
# All entries of a file together: MOST_FRAMES of the widest dialect twice over.
_MOST_NUMBERS = 2 * MOST_FRAMES * 200
_MOST_TEXT = 64
_VECTOR = 3  # numbers of a rotation vector
_MOST_NAMED = 8
_WHAT = "file of poses"
NEXT_STEP = "Export it again from the program that made it."
_SAVE_PLAINLY = (
    "Nothing of it was run. Open it in the Python of the program that made it and save plain arrays: "
    "np.savez('pose.npz', **{key: np.asarray(value) for key, value in result.items()})."
)
_KNOWN = (
    "a SMPLify-X result (camera_translation, global_orient, body_pose …), a SMPLify result (pose, cam_t), an AMASS motion "
    "(poses, trans), SMPL-X parameters (global_orient, body_pose) or what another program is known to write"
)


@dataclass(frozen=True, eq=False)
class ForeignFile:
    """Arrays and texts by name. Every method raises ConversionError naming the file, the entry and the next step.

    `program` is whose entries they are, `notes` what was chosen or left out in words, `unusable` why an entry cannot be read,
    `focal_px` the focal length that the file names.
    """

    path: Path
    arrays: dict[str, NumpyArray]
    texts: dict[str, str]
    budget: Budget = field(default_factory=Budget)
    program: Program | None = None
    notes: tuple[str, ...] = ()
    unusable: dict[str, str] = field(default_factory=dict[str, str])
    focal_px: float | None = None

    def has(self, *keys: str) -> bool:
        """Return True if all of these are there, whether they can be read or not."""
        return all(key in self.arrays or key in self.texts or key in self.unusable for key in keys)

    def rows(self, key: str, sizes: Collection[int]) -> NumpyArray:
        """Return an entry as (N, size) float64, whatever extra axes the file gives it; one row for a plain vector.

        Rows that are not finite are NaN throughout; there are fewer of them than of the others.
        """
        value = self._numbers(key)
        rows = value.reshape(1, -1) if value.ndim < 2 else value.reshape(len(value), -1)
        if rows.shape[1] not in sizes:
            raise self._wrong_shape(key, value, sizes)
        return self._marked(key, rows)

    def rows_or_none(self, key: str, sizes: Collection[int]) -> NumpyArray | None:
        """Return the same for an entry that may be missing."""
        return self.rows(key, sizes) if self.has(key) else None

    def rotations(
        self, key: str, joint_counts: Collection[int], other_sizes: Collection[int] = ()
    ) -> NumpyArray:
        """Return an entry as rows of rotation vectors of one of these numbers of joints, in whatever form it has them.

        Rows of `other_sizes` numbers, which are no rotations of joints, come as they are. Joints that are not finite in a frame
        are NaN there, as rows are in `rows`.
        """
        value = self._numbers(key)
        flat = value.reshape(1, -1) if value.ndim < 2 else value.reshape(len(value), -1)
        if flat.shape[1] in other_sizes and not (value.ndim == 2 and value.shape[0] in joint_counts):
            return self._marked(key, flat)
        form = joints_and_size(value.shape, joint_counts)
        if form is None:
            raise self._wrong_shape(key, value, {*(3 * count for count in joint_counts), *other_sizes})
        rows = value.reshape(-1, *form)
        missing = self._missing(key, rows)
        with reader_border(self.path, ConversionError, f"'{key}'", NEXT_STEP):
            self.budget.spend(np.float64().itemsize * value.size)
            if missing is None:
                return rotation_vectors(rows)
            if form[1] != _VECTOR:  # vectors are filled where they stand
                self.budget.spend(np.float64().itemsize * value.size)
            stand_in = np.argmin(missing, axis=0)  # the first frame that has the joint
            sound = np.where(missing[..., None], rows[stand_in, np.arange(form[0])], rows)
            vectors = rotation_vectors(sound).reshape(*missing.shape, 3)
        vectors[missing] = np.nan
        return vectors.reshape(len(vectors), -1)

    def rotations_or_none(
        self, key: str, joint_counts: Collection[int], other_sizes: Collection[int] = ()
    ) -> NumpyArray | None:
        """Return the same for an entry that may be missing."""
        return self.rotations(key, joint_counts, other_sizes) if self.has(key) else None

    def has_shape(self, key: str, shape: tuple[int, ...]) -> bool:
        """Return True if an entry of numbers has exactly this shape."""
        return key in self.arrays and self.arrays[key].shape == shape

    def number(self, *keys: str) -> float | None:
        """Return the first of these that is there, as one positive number; None if none is."""
        for key in keys:
            if key in self.arrays:
                value = self._numbers(key).reshape(-1)
                self._missing(key, value[None])
                if value.size > 2 and np.ptp(value) == 0:
                    value = value[:1]  # said once a frame
                if value.size not in (1, 2) or value[0] <= 0:  # SMPLify writes its focal length twice
                    raise ConversionError(
                        f"{self.path}: '{key}' is {shown(value.tolist()[:4])} where one positive number is expected. {NEXT_STEP}"
                    )
                return float(value[0])
            if key in self.texts:
                with_digits = self.texts[key].replace(",", ".")
                try:
                    return float(with_digits) if 0 < float(with_digits) < math.inf else None
                except ValueError:
                    return None
        return None

    def _wrong_shape(self, key: str, value: NumpyArray, sizes: Collection[int]) -> ConversionError:
        ordered = sorted(sizes)
        is_run = len(ordered) > 2 and len(ordered) == ordered[-1] - ordered[0] + 1
        wanted = f"{ordered[0]} to {ordered[-1]}" if is_run else " or ".join(map(str, ordered))
        return ConversionError(
            f"{self.path}: '{key}' has the shape {shown(value.shape)} where {wanted} numbers a frame are "
            f"expected. {NEXT_STEP}"
        )

    def _numbers(self, key: str) -> NumpyArray:
        if key not in self.arrays:
            if key in self.unusable:
                raise ConversionError(
                    f"{self.path}: '{key}' cannot be used: {self.unusable[key]}. {NEXT_STEP}"
                )
            raise ConversionError(f"{self.path}: the entry '{key}' is missing. {NEXT_STEP}")
        value = self.arrays[key]
        if value.dtype != np.float64:
            with reader_border(self.path, ConversionError, _WHAT, NEXT_STEP):
                self.budget.spend(np.float64().itemsize * value.size)
            value = value.astype(np.float64)
        return value

    def _marked(self, key: str, rows: NumpyArray) -> NumpyArray:
        """Return rows (N, size) with NaN throughout those that are not finite."""
        missing = self._missing(key, rows)
        return rows if missing is None else np.where(missing[:, None], np.nan, rows)

    def _missing(self, key: str, rows: NumpyArray) -> NumpyArray | None:
        """Return which rows along the last axis are not finite, frames first; None if all are. Raises if too many are not."""
        missing: NumpyArray = ~np.isfinite(rows).all(axis=-1)
        if not missing.any():
            return None
        worst = int(missing.sum(axis=0).max())
        if worst <= MOST_GAPS * len(rows):
            return missing
        where = f" in {worst} of {len(rows)} frames, too many to be filled" if len(rows) > 1 else ""
        raise ConversionError(
            f"{self.path}: '{key}' holds values that are not finite numbers (NaN or infinite){where}. {NEXT_STEP}"
        )


def read_foreign_file(path: Path, person: int | None = None) -> ForeignFile:
    """Read the pose or motion of one person: `person` by number, else the one of most frames.

    The file's first bytes tell its format, not its name. Raises ConversionError naming the file, what is wrong and the next step.
    """
    budget = Budget()
    with reader_border(path, ConversionError, _WHAT, _SAVE_PLAINLY):
        plain = read_plain_file(path, budget, _is_wanted)
        alone = as_array(plain.value)
        if alone is not None:
            plain = replace(plain, value={ALONE: table_of_array(alone)})
        tracks = find_tracks(plain.value, lists_are_people=person is not None)
        if not tracks:
            raise _nothing_found(path, plain)
        number = _chosen(path, tracks, person)
        table, names = _one_table(tracks[number], budget)
        file = _file_of(path, table, names, budget)
        notes = (*_notes(plain, tracks, number), *file.notes)
    _check_frames(path, {key: value.shape for key, value in file.arrays.items()})
    return replace(file, notes=notes, focal_px=named_focal_px(plain.value))


def _is_wanted(key: str) -> bool:
    return (
        key in KEYS
        or key in FOCAL_NAMES
        or any(key in program.needs or key in program.renames for program in PROGRAMS)
    )


def _nothing_found(path: Path, plain: PlainFile) -> ConversionError:
    return ConversionError(
        f"{path}: is not {_KNOWN}. It is {plain.format} and has {in_words(plain.value)}. Choose another file, or give "
        "smplify-fit inspect the file to see all of it."
    )


def _chosen(path: Path, tracks: list[Track], person: int | None) -> int:
    if person is None:
        return max(range(len(tracks)), key=lambda number: tracks[number].frame_count)
    if person >= len(tracks):
        raise ConversionError(
            f"{path}: there is no person {person}: it holds {len(tracks)}, numbered from 0. Give --person 0 to {len(tracks) - 1}."
        )
    return person


def _notes(plain: PlainFile, tracks: list[Track], number: int) -> list[str]:
    notes: list[str] = []
    if tracks[number].name == ALONE:
        notes.append(f"It is {plain.format} without names: its numbers were read by their count.")
    if len(tracks) > 1:
        counts = ", ".join(
            f"{index}: {shown(track.name)} ({track.frame_count})"
            for index, track in enumerate(tracks[:_MOST_NAMED])
        )
        notes.append(
            f"It holds {len(tracks)} people or places (number: name (frames) {counts}); {number} was read (another: --person N)."
        )
    if tracks[number].note:
        notes.append(tracks[number].note)
    return notes


def _one_table(track: Track, budget: Budget) -> tuple[Table, tuple[str, ...]]:
    """Return the entries of a track as one table, frames one behind the other, and the names of all its entries."""
    first = track.tables[0]
    if len(track.tables) == 1:
        return first, tuple(first)
    table: Table = {}
    for key, value in first.items():
        values = [one.get(key) for one in track.tables]
        arrays = [_array(item, budget) for item in values]
        if all(array is not None for array in arrays):
            rows = [_frame_row(cast(NumpyArray, array)) for array in arrays]
            if len({row.shape for row in rows}) == 1:
                budget.spend(sum(row.nbytes for row in rows))
                table[key] = np.stack(rows)
                continue
        table[key] = (
            value if not isinstance(value, np.ndarray | list) else Unread("its frames have different shapes")
        )
    return table, tuple(first)


def _frame_row(array: NumpyArray) -> NumpyArray:
    """Return one frame's values without an axis of one frame."""
    return array[0] if array.ndim > 1 and len(array) == 1 else array


def _array(value: PlainValue, budget: Budget) -> NumpyArray | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return np.array(float(value))
    return numbers_of_list(value, budget) if isinstance(value, list) else as_array(value)


def _file_of(path: Path, table: Table, names: tuple[str, ...], budget: Budget) -> ForeignFile:
    """Return the entries of a table under the names that are read, and name those that are left out."""
    program = program_of(table)
    renames = {} if program is None else program.renames
    arrays: dict[str, NumpyArray] = {}
    texts: dict[str, str] = {}
    unusable: dict[str, str] = {}
    left_out: list[str] = []
    targets = {renames[name] for name in names if name in renames}
    for name in names:
        value = table[name]
        key = renames.get(name, name)
        if name in targets and name not in renames:
            continue  # the same of another world, such as the camera's
        if key not in KEYS:
            if value is not None and not isinstance(value, str) and is_worth_naming(name):
                left_out.append(name)
            continue
        _take(key, value, (arrays, texts, unusable), budget)
    _in_known_order(program, arrays)
    notes: list[str] = []
    if left_out:
        more = f" and {len(left_out) - _MOST_NAMED} more" if len(left_out) > _MOST_NAMED else ""
        notes.append(
            f"Entries of the file that were left out: {', '.join(map(shown, left_out[:_MOST_NAMED]))}{more}."
        )
    return ForeignFile(path, arrays, texts, budget, program, tuple(notes), unusable)


_Entries = tuple[dict[str, NumpyArray], dict[str, str], dict[str, str]]


def _take(key: str, value: PlainValue, entries: _Entries, budget: Budget) -> None:
    """Put one value among the arrays, the texts or what cannot be used."""
    arrays, texts, unusable = entries
    if isinstance(value, list) and len(cast("list[PlainValue]", value)) == 1 and isinstance(value[0], str):
        value = value[0]
    if isinstance(value, str):
        texts[key] = _plain(value)
        return
    if isinstance(value, Unread):
        unusable[key] = value.words
        return
    try:
        array = _array(value, budget)
    except RefusedError as problem:
        unusable[key] = str(problem)
        return
    if array is not None:
        arrays[key] = array
    elif value is not None:
        unusable[key] = f"it holds {in_words(value)} instead of numbers"


def _in_known_order(program: Program | None, arrays: dict[str, NumpyArray]) -> None:
    """Put frames first where a program has them last."""
    if program is None or program.name != "MDM":
        return
    poses, place = arrays.get("poses"), arrays.get("trans")
    if poses is not None and poses.ndim == 3 and poses.shape[1] == 6:
        arrays["poses"] = np.ascontiguousarray(np.moveaxis(poses, -1, 0))
    if place is not None and place.ndim == 2 and place.shape[0] == 3:
        arrays["trans"] = np.ascontiguousarray(place.T)


def _check_frames(path: Path, shapes: dict[str, tuple[int, ...]]) -> None:
    for key, shape in shapes.items():
        if key in ("betas", "expression"):
            continue
        if len(shape) > 1 and shape[0] > MOST_FRAMES:
            raise ConversionError(
                f"{path}: '{key}' claims {shown(shape[0])} frames, and at most {MOST_FRAMES} are read. Cut the motion into parts."
            )
        if len(shape) > 1 and shape[0] == 0:
            raise ConversionError(f"{path}: '{key}' has no frames. {NEXT_STEP}")
    if sum(math.prod(shape) for shape in shapes.values()) > _MOST_NUMBERS:
        raise ConversionError(
            f"{path}: its entries claim more than {_MOST_NUMBERS} numbers. The file is damaged, or no motion."
        )


def _plain(value: str) -> str:
    """Return text as a word in lower case; some AMASS files hold the text of a Python 2 string: b'female'."""
    return value[:_MOST_TEXT].strip().removeprefix("b'").strip("'\" ").lower()
