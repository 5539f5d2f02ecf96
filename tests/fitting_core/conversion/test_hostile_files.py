"""Damaged, hostile and wrong files: a message that names file, value and next step, and nothing written."""

from __future__ import annotations

import io
import pickle
import re
import sys
import tracemalloc
import types
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fitting_core.cli import main
from fitting_core.conversion.dialects import read_pose
from fitting_core.conversion.foreign_file import KEYS, MOST_FRAMES, read_foreign_file
from fitting_core.errors import ConversionError, FittingError
from fitting_core.files.budget import DEFAULT_BUDGET_BYTES
from tests.fitting_core.conversion import foreign_files
from tests.fitting_core.conversion.foreign_files import amass, parameters, smplify, smplifyx

_ENDLESS = np.array([[[1e200, -1e200, 1e200], [1e200, 1e200, 1e200], [0, 0, 1]]])
_NAN = np.full((4, 156), np.nan)


def _huge(key: str, shape: tuple[int, ...]) -> Callable[[Path], Path]:
    """An .npz whose header claims an array that is not there."""

    def write(path: Path) -> Path:
        np.savez(path, **amass())
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": shape})
        with zipfile.ZipFile(path) as old:
            kept = {name: old.read(name) for name in old.namelist() if name != f"{key}.npy"}
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in kept.items():
                archive.writestr(name, data)
            archive.writestr(f"{key}.npy", header.getvalue())
        return path

    return write


def _bomb(path: Path) -> Path:
    """Half a gigabyte of zeros in some hundred kilobytes, in as many frames as are read."""
    header = io.BytesIO()
    shape = (MOST_FRAMES, 700)
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": shape})
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("poses.npy", "w") as stream,
    ):
        stream.write(header.getvalue())
        for _ in range(MOST_FRAMES * 700 * 8 // 2**20):
            stream.write(bytes(2**20))
    return path


def _text_bomb(path: Path) -> Path:
    """A word of eighty megabytes in eighty kilobytes."""
    np.savez_compressed(path, **amass(gender=np.array("x" * 20_000_000)))
    return path


class Selection:
    """What chumpy pickles of a selection; the module is set so that the pickle names chumpy's own class."""

    def __init__(self, **state: Any) -> None:
        self.__dict__.update(state)


def _many_selections(path: Path) -> Path:
    """One selection of twelve million numbers under twenty names, out of a file of twelve megabytes."""
    Selection.__module__, Selection.__qualname__, Selection.__name__ = "chumpy.reordering", "Select", "Select"
    module = types.ModuleType("chumpy.reordering")
    module.Select = Selection  # type: ignore[attr-defined]
    one = Selection(a=np.zeros(1, dtype=np.int8), idxs=np.zeros(12_000_000, dtype=np.uint8))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "chumpy", types.ModuleType("chumpy"))
        patch.setitem(sys.modules, "chumpy.reordering", module)
        return foreign_files.write(path, dict.fromkeys(KEYS[:20], one))


def _text(content: bytes) -> Callable[[Path], Path]:
    def write(path: Path) -> Path:
        path.write_bytes(content)
        return path

    return write


def _of(values: dict[str, Any]) -> Callable[[Path], Path]:
    return lambda path: foreign_files.write(path, values)


CASES: dict[str, tuple[str, Callable[[Path], Path], str]] = {
    "no frames": ("npz", _of(amass(frames=0)), "'poses' has no frames"),
    "a million frames": ("npz", _huge("poses", (1_000_000, 156)), "claims the shape"),
    "more numbers than there are": ("npz", _huge("poses", (90_000, 156)), "claims the shape"),
    "a huge side": ("npz", _huge("trans", (2**40,)), "claims the shape"),
    "zip bomb": ("npz", _bomb, "claims the shape|asks for more than 300 MB"),
    "not a number": ("npz", _of(amass(poses=_NAN)), "'poses' holds values that are not finite"),
    "infinite place": ("npz", _of(amass(trans=np.full((4, 3), np.inf))), "'trans' holds values that are not finite"),
    "other size": ("npz", _of(amass(poses=np.zeros((4, 150)))), r"'poses' has the shape \(4, 150\)"),
    "fewer places": ("npz", _of(amass(trans=np.zeros((3, 3)))), "4 frames of rotations and 3 of 'trans'"),
    "beyond millimetres": ("npz", _of(amass(trans=np.full((4, 3), 5e6))), "5000 m from the origin"),
    "frame rate of zero": ("npz", _of(amass(mocap_framerate=np.array(0.0))), "'mocap_framerate' is .* positive"),
    "frame rate of a million": ("npz", _of(amass(mocap_framerate=np.array(1e6))), "1e\\+06 frames a second"),
    "beyond degrees": ("npz", _of(amass(poses=np.full((4, 156), 1200.0))), r"value of 1.2e\+03, .* radians"),
    "rotation without end": ("npz", _of(amass(poses=np.full((4, 156), 1e200))), "value of 1e\\+200"),
    "hand without end": ("pkl", _of(smplifyx(left_hand_pose=np.full((1, 12), 1e200))), "left_hand_pose has a value of 1e\\+200"),
    "out of sight": ("pkl", _of(smplifyx(camera_translation=np.array([[0, 0, 1e9]]))), "1e\\+09 m from the camera"),
    "focal length of no lens": ("pkl", _of(smplify(f=np.array([1e300]))), "focal length of 1e\\+300 px"),
    "selected without end": ("pkl", _many_selections, "claim more than|asks for more than 300 MB"),
    "objects": ("npz", _of(amass(poses=np.array([{}, None], dtype=object))), "cannot be used: it holds a list of 2"),
    "text for numbers": ("npz", _of(amass(poses=np.array("walk"))), "'poses' is missing|holds|trans"),
    "no root": ("npz", _of(amass(poses=None, pose_body=np.zeros((4, 63)))), "'root_orient' is missing"),
    "parts of other lengths": ("npz", _of(parameters(frames=3, body_pose=np.zeros((2, 63)))), "2 and 3 frames|3 and 2"),
    "something else": ("npz", _of({"image": np.zeros(3)}), "is not a SMPLify-X result"),
    "our own, alone": ("npz", _of(parameters(body_sha256="a")), "belongs to a result folder"),
    "no zip": ("npz", _text(b"hello"), "cannot be read"),
    "cut off": ("npz", _text(b"PK\x03\x04"), "cannot be read"),
    "missing": ("npz", lambda path: path, "there is no such file"),
    "a folder": ("npz", lambda path: path.mkdir() or path, "it is a folder"),  # type: ignore[func-returns-value]
    "another global": ("pkl", _text(b"cos\nsystem\n(S'touch /tmp/it_ran'\ntR."), "'os.system'"),
    "eval": ("pkl", _text(b"cbuiltins\neval\n(S'1'\ntR."), "'builtins.eval'"),
    "no table": ("pkl", _of([1, 2]), "is a pickle .* and has a list of 2"),  # type: ignore[arg-type]
    "pickled objects": ("pkl", _of(smplifyx(body_pose=np.array([None], dtype=object))), "'body_pose' cannot be used: it holds"),
    "pickled text": ("pkl", _of(smplifyx(global_orient="up")), "'global_orient' is missing"),
    "no pose": ("pkl", _of(smplifyx(body_pose=None)), "is not a SMPLify-X result .* has camera_rotation"),
    "pose of another size": ("pkl", _of(smplifyx(body_pose=np.zeros((1, 60)))), r"32 or 63 or 69 numbers a frame"),
    "no rotation": ("pkl", _of(smplifyx(camera_rotation=np.ones((1, 3, 3)))), "'camera_rotation' is no rotation"),
    "a rotation beyond numbers": ("pkl", _of(smplifyx(camera_rotation=_ENDLESS)), "'camera_rotation' is no rotation"),
    "a mirror": ("pkl", _of(smplifyx(camera_rotation=np.diag([1.0, 1, -1])[None])), "'camera_rotation' is no rotation"),
    "two people": ("pkl", _of(smplifyx(global_orient=np.zeros((2, 3)), body_pose=np.zeros((2, 63)))), "2 poses before"),
    "behind the camera": ("pkl", _of(smplifyx(camera_translation=np.array([[0, 0, -3.0]]))), "in front of the camera"),
    "VPoser's values": ("pkl", _of(smplifyx(body_pose=np.zeros((1, 32)))), "VPoser v1 .* Pose Prior in the preferences"),
    "hand too long": ("pkl", _of(smplifyx(left_hand_pose=np.zeros((1, 46)))), "'left_hand_pose' has the shape"),
    "SMPLify of two": ("pkl", _of(smplify(cam_t=np.zeros((2, 3)))), "'cam_t' has 2 rows"),
    "focal length below zero": ("pkl", _of(smplify(f=np.array([-1.0]))), "'f' is"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_refused_with_file_value_and_next_step(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    suffix, make, words = CASES[name]
    path = make(tmp_path / f"thing.{suffix}")
    tracemalloc.start()
    code = main(["convert", str(path), "--out", str(tmp_path / "out")])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    said = capsys.readouterr().err
    assert code == ConversionError.exit_code, said
    assert "thing." in said and len(said) < 1500
    assert re.search(words, said), said
    assert not (tmp_path / "out").exists()
    assert peak < 1.1 * DEFAULT_BUDGET_BYTES, f"{peak / 2**20:.0f} MiB"
    assert not Path("/tmp/it_ran").exists()


HARMLESS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "absurd shape": (_of(amass(betas=np.full(16, 40.0))), "'betas' has a value of 40"),
    "a shape beyond numbers": (_of(amass(betas=np.full((4, 16), 1e308))), "'betas' has a value of inf"),
    "a shape that is none": (_of(amass(betas=np.full(16, np.nan))), "'betas' has a value of nan"),
    "a shape of yes and no": (_of(amass(betas=np.zeros(16, dtype=bool))), "'betas' holds bool"),
    "a huge shape": (_huge("betas", (2**40,)), "'betas' .* claims the shape"),
    "text for a shape": (_of(amass(betas=np.array("thin"))), ""),
    "text bomb": (_text_bomb, ""),
    "no shape": (_of(amass(betas=np.zeros(0))), ""),
    "no place": (_of(amass(trans=None)), ""),
    "a gender in an object": (_of(amass(gender=np.array("male", dtype=object))), ""),
    "a rate in words": (_of(amass(mocap_framerate=np.array("60"))), ""),
}  # fmt: skip


@pytest.mark.parametrize("name", HARMLESS)
def test_a_side_entry_spoils_no_file(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make, words = HARMLESS[name]
    code = main(["convert", str(make(tmp_path / "thing.npz")), "--out", str(tmp_path / "out")])
    said = capsys.readouterr().err
    assert code == 0, said
    assert re.search(words, said), said


WRONG_OPTIONS = {
    "photo of a motion": (amass(), ("--photo", "a.png"), "--photo: thing.npz (AMASS motion) has no camera"),
    "focal length of a motion": (amass(), ("--focal-px", "3000"), "--focal-px"),
    "frame rate of a photo": (
        smplifyx(),
        ("--fps", "24"),
        "--fps: thing.npz (SMPLify-X result) has a camera",
    ),
    "frame rate of nothing": (
        amass(mocap_framerate=None),
        ("--fps", "5000"),
        "--fps: no motion has 5000 frames",
    ),
    "up of a photo": (smplifyx(), ("--up", "z"), "--up"),
    "mean hand of no model": (parameters(), ("--add-hand-mean",), "--add-hand-mean needs your own model"),
}


@pytest.mark.parametrize("name", WRONG_OPTIONS)
def test_options_without_a_use_are_refused(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    values, options, words = WRONG_OPTIONS[name]
    path = foreign_files.write(tmp_path / "thing.npz", values)
    assert main(["convert", str(path), "--out", str(tmp_path / "out"), *options]) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("make", [amass, smplifyx, parameters, smplify], ids=lambda make: make.__name__)
@pytest.mark.parametrize("suffix", ["npz", "pkl"])
def test_random_damage_is_refused_or_harmless(make: Any, suffix: str, tmp_path: Path) -> None:
    path = foreign_files.write(tmp_path / f"thing.{suffix}", make())
    data = path.read_bytes()
    random = np.random.default_rng(0)
    for round_number in range(120):
        damaged = bytearray(data)
        if round_number % 3 == 0:
            del damaged[int(random.integers(0, len(damaged))) :]
        for _ in range(int(random.integers(0, 6)) if damaged else 0):
            damaged[int(random.integers(0, len(damaged)))] = int(random.integers(0, 256))
        path.write_bytes(bytes(damaged))
        try:
            pose = read_pose(read_foreign_file(path))
        except FittingError:
            continue
        assert np.isfinite(pose.rotations).all()


def test_a_pickle_is_read_by_its_contents_not_by_its_name(tmp_path: Path) -> None:
    foreign_files.write(tmp_path / "a.npz", parameters())
    (tmp_path / "a.npz").rename(tmp_path / "a.pkl")
    assert read_pose(read_foreign_file(tmp_path / "a.pkl")).dialect == "SMPL-X parameters"
    (tmp_path / "b.bin").write_bytes(pickle.dumps(smplifyx()))
    assert read_pose(read_foreign_file(tmp_path / "b.bin")).dialect == "SMPLify-X result"
