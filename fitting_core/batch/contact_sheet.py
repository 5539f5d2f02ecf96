"""The contact sheet of a batch: a page with a card a photo and a clip, worst first, that a browser shows without any network.

Pictures, style and script are in the page. A large batch has several pages, each of a size that a browser bears.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import cast
from urllib.parse import quote

from fitting_core.batch.messages import PhotoRow
from fitting_core.batch.output import BatchOutput
from fitting_core.batch.people_table import people_of
from fitting_core.errors import printable
from fitting_core.results.exchange import SUMMARY_FILE
from fitting_core.results.folder import VIEWS_FILE

SHEET = "index.html"
PHOTOS_A_PAGE = 1000
_WORDS = ("good", "check", "poor", "failed")
_MOST_PICTURE_BYTES = 200_000
_MOST_RESIDUAL = 999.0


def write_contact_sheet(output: BatchOutput, title: str, rows: Sequence[PhotoRow]) -> tuple[str, ...]:
    """Write the page or pages of a batch into its output folder and return their names. Raises OutputError."""
    parts = [rows[first : first + PHOTOS_A_PAGE] for first in range(0, len(rows), PHOTOS_A_PAGE)]
    names = tuple(SHEET if number == 1 else f"index-{number}.html" for number in range(1, len(parts) + 1))
    for number, (name, part) in enumerate(zip(names, parts, strict=True)):
        with output.replaced(name) as place, place.open("w", encoding="utf-8") as file:
            file.writelines(_page(output, title, part, names, number))
    return names


def _page(
    output: BatchOutput, title: str, rows: Sequence[PhotoRow], names: Sequence[str], number: int
) -> Iterator[str]:
    style, script = (_source(name) for name in ("sheet.css", "sheet.js"))
    policy = f"default-src 'none'; img-src data:; style-src '{_hash(style)}'; script-src '{_hash(script)}'"
    counts = {word: sum(_word(row) == word for row in rows) for word in _WORDS}
    boxes = "".join(
        f'<label><input type="checkbox" name="word" value="{word}" checked> {word} ({count})</label>'
        for word, count in counts.items()
    )
    pages = " ".join(
        f"<b>{page}</b>" if page == number + 1 else f'<a href="{name}">{page}</a>'
        for page, name in enumerate(names, 1)
    )
    yield (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'<meta name="viewport" content="width=device-width"><title>{_text(title)}</title><style>{style}</style></head>\n'
        f"<body><header><h1>{_text(title)}</h1>{boxes}"
        '<label>Order <select><option value="worst">worst first</option><option value="best">best first</option>'
        '<option value="name">by name</option><option value="slowest">slowest first</option></select></label>'
        '<label>Search <input type="search"></label> <span id="shown"></span>'
        f"{f' Pages: {pages}' if len(names) > 1 else ''}</header>\n<main>\n"
    )
    people = [
        people_of(result, row) for row, result in zip(rows, output.results(rows, [SUMMARY_FILE]), strict=True)
    ]
    ranks = [_rank(row, found) for row, found in zip(rows, people, strict=True)]
    order = sorted(range(len(rows)), key=lambda place: (-ranks[place], place))
    results = output.results([rows[place] for place in order], [VIEWS_FILE])
    for place, result in zip(order, results, strict=True):
        yield _card(
            result, rows[place], people[place], f'data-rank="{ranks[place]:.2f}" data-number="{place}"'
        )
    yield f"</main>\n<script>{script}</script></body></html>\n"


def _source(name: str) -> str:
    return (files("fitting_core") / "data" / "contact_sheet" / name).read_text(encoding="utf-8")


def _hash(source: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}"


def _text(value: str) -> str:
    return escape(printable(value))


def _word(row: PhotoRow) -> str:
    """Return the worst word of a photo's people, or "failed"."""
    if row.status == "failed":
        return "failed"
    words = row.quality.split()
    return max(words, key=_WORDS.index) if words and set(words) <= set(_WORDS) else "poor"


def _rank(row: PhotoRow, people: Sequence[Mapping[str, object]]) -> float:
    """Return the place of a photo in the order of quality, best lowest: by its word, then by how far the body points are off."""
    residuals = [person.get("body_residual_permille") for person in people]
    worst = max((value for value in residuals if isinstance(value, float)), default=_MOST_RESIDUAL)
    return 1000.0 * _WORDS.index(_word(row)) + min(worst, _MOST_RESIDUAL)


def _card(result: Path, row: PhotoRow, people: Sequence[Mapping[str, object]], places: str) -> str:
    picture = _picture(result / VIEWS_FILE) if row.status == "done" else ""
    link = f'<a href="{quote(row.folder)}/">{picture}</a>' if picture else ""
    facts = " · ".join(_facts(person) for person in people[:3]) + (" …" if len(people) > 3 else "")
    reasons = row.reason if row.status == "failed" else "; ".join(_reasons(people, row.reason))
    return (
        f'<article data-word="{_word(row)}" data-seconds="{row.seconds:.3f}" {places}>'
        f"{link}<div><h2>{_text(row.photo)}</h2><p>{_text(row.quality if row.status == 'done' else 'failed')}</p>"
        f'<p>{_text(reasons)}</p><p class="facts">{_text(facts)}</p></div></article>\n'
    )


def _facts(person: Mapping[str, object]) -> str:
    values = [
        f"{value:{form}} {unit}"
        for name, form, unit in (("height_cm", ".0f", "cm"), ("weight_kg", ".0f", "kg"))
        if isinstance(value := person.get(name), float)
    ]
    first, last = person.get("first_frame"), person.get("last_frame")
    if isinstance(first, float) and isinstance(last, float):
        values.append(f"{last - first + 1:.0f} frames")
    residual = person.get("body_residual_permille")
    if isinstance(residual, float):
        values.append(f"points {residual:.1f} ‰ off")
    return ", ".join(values)


def _reasons(people: Sequence[Mapping[str, object]], notes: str) -> list[str]:
    found = [cast("str", person["reasons"]) for person in people if person.get("reasons")]
    return list(dict.fromkeys([*found, *([notes] if notes else [])]))


def _picture(path: Path) -> str:
    """Return the picture of a result as an element of the page; empty where there is none."""
    try:
        if not path.is_file() or path.stat().st_size > _MOST_PICTURE_BYTES:
            return ""
        data = path.read_bytes()
    except OSError:
        return ""
    return f'<img alt="" src="data:image/jpeg;base64,{base64.b64encode(data).decode()}">'
