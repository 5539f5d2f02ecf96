"""The people of a batch as a table: a JSON line each, the same columns and types in every line, as Parquet wants them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from fitting_core.batch.messages import PhotoRow
from fitting_core.batch.output import BatchOutput
from fitting_core.files.border import RefusedError
from fitting_core.files.json_document import read_json_document
from fitting_core.results.exchange import SUMMARY_FILE

PEOPLE_TABLE = "people.jsonl"
_MOST_SUMMARY_BYTES = 8_000_000  # of a crowd of a thousand


def write_people_table(output: BatchOutput, rows: Sequence[PhotoRow]) -> None:
    """Write a line for everybody in the photos and clips that are done. Raises OutputError."""
    with (
        output.replaced(PEOPLE_TABLE) as place,
        place.open("w", encoding="utf-8") as file,
    ):
        for row, result in zip(rows, output.results(rows, [SUMMARY_FILE]), strict=True):
            file.writelines(json.dumps(person) + "\n" for person in people_of(result, row))


def people_of(result: Path, row: PhotoRow) -> list[dict[str, object]]:
    """Return a line of the table for each person of a photo or clip, from the summary in its folder; none without a sound one."""
    if row.status != "done":
        return []
    try:
        content: Any = read_json_document(result / SUMMARY_FILE, _MOST_SUMMARY_BYTES)
    except (RefusedError, OSError):
        return []
    people: Any = _entry(content, "people")
    if not isinstance(people, list):
        return []
    return [_line(row, content, person) for person in cast("list[object]", people)]


def _entry(content: object, *names: str | int) -> Any:
    """Return what lies deep in a document; None where it does not."""
    for name in names:
        if isinstance(content, dict) and isinstance(name, str):
            content = cast("dict[str, object]", content).get(name)
        elif isinstance(content, list) and isinstance(name, int):
            items = cast("list[object]", content)
            content = items[name] if name < len(items) else None
        else:
            return None
    return content


def _line(row: PhotoRow, summary: object, person: object) -> dict[str, object]:
    """Return the line of one person; the summaries of a photo and of a clip have some facts at other places."""
    judged: object = _entry(person, "quality")
    picture = summary
    if _entry(summary, "kind") == "sequence":
        size = [_entry(summary, "clip", "width"), _entry(summary, "clip", "height")]
        picture = {"focal_px": _entry(summary, "camera", "focal_px"), "image_size": size}
    else:
        judged = {"word": judged, "reasons": _entry(person, "reasons")}
    return {
        "photo": row.photo,
        "folder": row.folder,
        "file": _text(_entry(person, "file")),
        "quality": _text(_entry(judged, "word")),
        "reasons": _joined(_entry(judged, "reasons")),
        "guessed": _joined(_entry(person, "guessed")),
        "body_residual_permille": _number(_entry(person, "mean_residual_permille_of_size", "body")),
        "loss": _number(_entry(person, "losses", 0)),
        "size_px": _number(_entry(person, "size_px")),
        "height_cm": _number(_entry(person, "height_cm")),
        "weight_kg": _number(_entry(person, "weight_kg")),
        "penetration_mm": _number(_entry(person, "penetration", "depth_mm")),
        "model": _text(_entry(summary, "model")),
        "gender": _text(_entry(person, "gender") or _entry(summary, "gender")),
        "focal_px": _number(_entry(picture, "focal_px")),
        "image_width": _number(_entry(picture, "image_size", 0)),
        "image_height": _number(_entry(picture, "image_size", 1)),
        "first_frame": _number(_entry(person, "first_frame")),
        "last_frame": _number(_entry(person, "last_frame")),
        "frames_seen": _number(_entry(person, "frames_seen")),
        "seconds": float(row.seconds),
    }


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _joined(value: object) -> str:
    return "; ".join(_text(item) for item in cast("list[object]", value)) if isinstance(value, list) else ""


def _number(value: object) -> float | None:
    return value if isinstance(value, float) else None  # the reader makes every number one
