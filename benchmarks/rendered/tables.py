"""Prints what the judgements say, all together and by kind of pose."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from itertools import pairwise
from pathlib import Path

import numpy as np

from benchmarks.rendered.judging import BENT_DEGREES, STRAIGHT_DEGREES, Judgement
from benchmarks.rendered.poses import STANDING
from fitting_core.arrays import NumpyArray

Judgements = Sequence[Judgement | None]
WORDS = ("good", "check", "poor")
BINS_MM = (0.0, 60.0, 90.0, 120.0, np.inf)
GOOD_MM, BAD_MM = 60.0, 120.0


def print_summary(columns: Mapping[str, Judgements]) -> None:
    """Print one row a number and one column a way of fitting."""
    print("\n| | " + " | ".join(columns) + " |")
    print("|---" * (len(columns) + 1) + "|")
    for name, cell in _ROWS.items():
        print(
            f"| {name} | "
            + " | ".join(cell(found(judged), len(judged)) for judged in columns.values())
            + " |"
        )


def print_kinds(title: str, judged: Judgements) -> None:
    """Print one row a kind of pose and one a kind of person."""
    print(f"\n{title}, by kind:\n")
    heads = (
        "", "cases", "pelvis", "Procrustes", "12 limbs", "vertices", "knees °", "hips °", "trunk pitch °", "trunk yaw °, size",
        "head pitch °", "height cm", "weight kg", "in front", "good", "standing, straight knee bent",
    )  # fmt: skip
    print("| " + " | ".join(heads) + " |")
    print("|---" * len(heads) + "|")
    for kind in dict.fromkeys(one.kind for one in found(judged)):
        _print_kind(kind, [one for one in found(judged) if one.kind == kind])
    for person in dict.fromkeys(one.person for one in found(judged)):
        _print_kind(f"*{person}*", [one for one in found(judged) if one.person == person])


def print_word(title: str, judged: Judgements) -> None:
    """Print how far off the fits of each word are, in bins of two errors."""
    print(f"\n{title}, the word against the error:\n")
    bins = [_bin(low, high) for low, high in pairwise(BINS_MM)]
    heads = ["word", *(f"{name} mm, 12 limbs" for name in bins), *(f"{name} mm, pelvis" for name in bins)]
    print("| " + " | ".join(heads) + " |")
    print("|---" * len(heads) + "|")
    for word in WORDS:
        chosen = [one for one in found(judged) if one.word == word]
        counts = [
            np.histogram([getattr(one, name) for one in chosen], BINS_MM)[0].tolist()
            for name in ("limbs", "pelvis")
        ]
        print(f"| {word} | " + " | ".join(str(count) for part in counts for count in part) + " |")


def _bin(low: float, high: float) -> str:
    if not low:
        return f"under {high:g}"
    return f"{low:g}–{high:g}" if high < np.inf else f"over {low:g}"


def write_list(path: Path, files: Sequence[Path], columns: Mapping[str, Judgements]) -> None:
    """Write one row a case and way of fitting as CSV: all fields of its judgement, none where nobody was found."""
    names = [field.name for field in fields(Judgement)]
    with path.open("w", newline="", encoding="utf-8") as stream:
        rows = csv.writer(stream)
        rows.writerow(["case", "fitted from", *names])
        for title, judged in columns.items():
            for file, one in zip(files, judged, strict=True):
                values = () if one is None else tuple(getattr(one, name) for name in names)
                rows.writerow([file.stem, title, *values])


def found(judged: Judgements) -> list[Judgement]:
    """Return the judgements of those who were found."""
    return [one for one in judged if one is not None]


def _values(judged: Sequence[Judgement], name: str) -> NumpyArray:
    """All values of a field; a pair of sides counts as two."""
    return np.array([getattr(one, name) for one in judged], dtype=np.float64).ravel()


def _spread(name: str) -> Callable[[Sequence[Judgement], int], str]:
    def cell(judged: Sequence[Judgement], _: int) -> str:
        values = _values(judged, name)
        return f"{values.mean():.1f} ({np.median(values):.1f})" if len(values) else "–"

    return cell


def _signed(name: str) -> Callable[[Sequence[Judgement], int], str]:
    def cell(judged: Sequence[Judgement], _: int) -> str:
        values = _values(judged, name)
        return f"{values.mean():+.1f}, size {np.abs(values).mean():.1f}" if len(values) else "–"

    return cell


def _share(right: float, told: float) -> str:
    return f"{100 * right / told:.0f} % of {told:.0f}" if told else "–"


def _in_front(judged: Sequence[Judgement], _: int = 0) -> str:
    return _share(_values(judged, "front_right").sum(), _values(judged, "front_told").sum())


def _bent(judged: Sequence[Judgement], _: int = 0) -> str:
    """Standing people with a knee that is straight in truth and bent in the fit."""
    straight = [one for one in judged if one.kind in STANDING and one.straight_knees]
    return f"{sum(one.straight_knees_bent > 0 for one in straight)} of {len(straight)}" if straight else "–"


def _good_and_near(judged: Sequence[Judgement], _: int = 0) -> str:
    good = [one for one in judged if one.word == "good"]
    return _share(sum(one.limbs < GOOD_MM for one in good), len(good))


def _bad_and_good(judged: Sequence[Judgement], _: int = 0) -> str:
    bad = [one for one in judged if one.limbs > BAD_MM]
    return _share(sum(one.word == "good" for one in bad), len(bad))


def _size_error(name: str, scale: float, unit: str) -> Callable[[Sequence[Judgement], int], str]:
    def cell(judged: Sequence[Judgement], _: int) -> str:
        values = scale * _values(judged, name)
        return f"{values.mean():+.1f} {unit}, size {np.abs(values).mean():.1f}" if len(values) else "–"

    return cell


_ROWS: dict[str, Callable[[Sequence[Judgement], int], str]] = {
    "people found": lambda judged, count: f"{len(judged)} of {count}",
    "joints, pelvis-aligned, mm: mean (median)": _spread("pelvis"),
    "joints, Procrustes, mm": _spread("procrustes"),
    "12 joints of the limbs, Procrustes, mm": _spread("limbs"),
    "vertices, pelvis-aligned, mm": _spread("vertices"),
    "knee flexion, °: bias, mean size": _signed("knees"),
    "hip flexion, °": _signed("hips"),
    "trunk pitch (to the camera +), °": _signed("trunk_pitch"),
    "trunk yaw (to its left +), °": _signed("trunk_yaw"),
    "head pitch (up +), °": _signed("head_pitch"),
    "height": _size_error("height", 100.0, "cm"),
    "weight": _size_error("weight", 1.0, "kg"),
    "right limb in front": _in_front,
    f"standing, a knee over {BENT_DEGREES:g}° that is under {STRAIGHT_DEGREES:g}° in truth": _bent,
    "called good": lambda judged, _: _share(sum(one.word == "good" for one in judged), len(judged)),
    f"of the good: under {GOOD_MM:g} mm (limbs)": _good_and_near,
    f"of those over {BAD_MM:g} mm (limbs): called good": _bad_and_good,
}


def _print_kind(name: str, judged: Sequence[Judgement]) -> None:
    millimetres = [
        f"{_values(judged, field).mean():.0f}" for field in ("pelvis", "procrustes", "limbs", "vertices")
    ]
    angles = [f"{_values(judged, field).mean():+.1f}" for field in ("knees", "hips", "trunk_pitch")]
    cells = [
        str(len(judged)), *millimetres, *angles, f"{np.abs(_values(judged, 'trunk_yaw')).mean():.1f}",
        f"{_values(judged, 'head_pitch').mean():+.1f}", f"{100 * _values(judged, 'height').mean():+.1f}",
        f"{_values(judged, 'weight').mean():+.1f}", _in_front(judged),
        f"{sum(one.word == 'good' for one in judged)}", _bent(judged),
    ]  # fmt: skip
    print(f"| {name} | " + " | ".join(cells) + " |")
