"""The contact sheet: every photo once, worst first, nothing but text from outside, and it works in a browser."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
from pathlib import Path

import pytest

from fitting_core.batch import contact_sheet
from fitting_core.batch.contact_sheet import write_contact_sheet
from fitting_core.batch.messages import PhotoRow
from fitting_core.batch.output import FolderOutput
from tests.browser import BROWSER, opened

_ROWS = (
    PhotoRow("fine.jpg", "done", 1, "good", 0.5, "fine"),
    PhotoRow("two <b>people</b>.jpg", "done", 2, "good check", 0.9, "two"),
    PhotoRow("bad.jpg", "failed", code="bad-photo", reason='"></p><script>alert(1)</script> is no photo'),
    PhotoRow("finer.jpg", "done", 1, "good", 0.7, "finer"),
    PhotoRow("off.jpg", "done", 1, "poor", 0.6, "off"),
)
_WORST_FIRST = ["bad.jpg", "off.jpg", "two <b>people</b>.jpg", "fine.jpg", "finer.jpg"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    residuals = {"fine": [4.0], "two": [3.0, 9.0], "finer": [2.0], "off": [40.0]}
    for name, values in residuals.items():
        (tmp_path / name).mkdir()
        people = [
            {
                "quality": "x",
                "reasons": ["look & see"],
                "mean_residual_permille_of_size": {"body": value},
                "height_cm": 170,
            }
            for value in values
        ]
        (tmp_path / name / "summary.json").write_text(json.dumps({"people": people, "model": "open-body"}))
        (tmp_path / name / "views.jpg").write_bytes(b"\xff\xd8\xff" + name.encode())
    return tmp_path


def _names(page: str) -> list[str]:
    return [name.replace("&lt;", "<").replace("&gt;", ">") for name in re.findall("<h2>(.*?)</h2>", page)]


def test_every_photo_stands_there_once_worst_first(folder: Path) -> None:
    assert write_contact_sheet(FolderOutput(folder), "Photos of shots", _ROWS) == ("index.html",)
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert _names(page) == _WORST_FIRST
    pictures = re.findall(r'src="data:image/jpeg;base64,(.*?)"', page)
    assert [base64.b64decode(picture)[3:].decode() for picture in pictures] == ["off", "two", "fine", "finer"]
    assert "170 cm, points 3.0 ‰ off · 170 cm, points 9.0 ‰ off" in page
    assert re.findall(r"(good|check|poor|failed) \((\d)\)", page) == [
        ("good", "2"), ("check", "1"), ("poor", "1"), ("failed", "1"),
    ]  # fmt: skip


def test_nothing_from_outside_becomes_a_part_of_the_page(folder: Path) -> None:
    write_contact_sheet(FolderOutput(folder), "<i>", _ROWS)
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert len(re.findall("<script", page)) == 1
    assert "<b>" not in page and "<i>" not in page and "look &amp; see" in page
    assert not re.findall(r'(?:src|href)="(?!data:|[a-z]+/")', page)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="(.*?)"', page)
    script = re.search("<script>(.*?)</script>", page, re.DOTALL)
    assert policy is not None and script is not None
    digest = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
    assert policy[1].startswith("default-src 'none'") and f"script-src 'sha256-{digest}'" in policy[1]


def test_a_result_without_its_files_has_a_card_all_the_same(folder: Path) -> None:
    (folder / "fine" / "views.jpg").unlink()
    (folder / "off" / "summary.json").write_text("{")
    shutil.rmtree(folder / "two")
    write_contact_sheet(FolderOutput(folder), "Photos", _ROWS)
    assert sorted(_names((folder / "index.html").read_text(encoding="utf-8"))) == sorted(_WORST_FIRST)


def test_a_large_batch_has_several_pages(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contact_sheet, "PHOTOS_A_PAGE", 2)
    names = write_contact_sheet(FolderOutput(folder), "Photos", _ROWS)
    assert names == ("index.html", "index-2.html", "index-3.html")
    pages = [(folder / name).read_text(encoding="utf-8") for name in names]
    assert sum(len(_names(page)) for page in pages) == len(_ROWS)
    assert all('href="index-3.html"' in page for page in pages[:2])


_SET = "(() => {{ const one = document.querySelector('{}'); one.value = '{}'; one.dispatchEvent(new Event('input')); }})()"
_SHOWN = "[...document.querySelectorAll('article')].filter(a => !a.hidden).map(a => a.querySelector('h2').textContent)"


@pytest.mark.skipif(
    BROWSER is None, reason="no Chromium or Chrome is installed: the page is not opened in one"
)
def test_it_sorts_filters_and_searches_in_a_real_browser(folder: Path, tmp_path: Path) -> None:
    write_contact_sheet(FolderOutput(folder), "Photos of shots", _ROWS)
    with opened(folder / "index.html", tmp_path / "profile") as tab:
        assert tab.evaluate(_SHOWN) == _WORST_FIRST
        assert tab.evaluate("document.querySelector('#shown').textContent") == "5 of 5 shown"
        assert tab.evaluate("document.querySelector('article[data-word=poor] img').complete") is True
        tab.evaluate(_SET.format("select", "best"))
        assert tab.evaluate(_SHOWN) == ["finer.jpg", "fine.jpg", *_WORST_FIRST[2::-1]]
        tab.evaluate(_SET.format("select", "slowest"))
        assert tab.evaluate(_SHOWN)[:2] == ["two <b>people</b>.jpg", "finer.jpg"]
        tab.evaluate(_SET.format("select", "name"))
        tab.evaluate("document.querySelector('input[value=good]').click()")
        assert tab.evaluate(_SHOWN) == ["two <b>people</b>.jpg", "bad.jpg", "off.jpg"]
        tab.evaluate(_SET.format("input[type=search]", "NO PHOTO"))
        assert tab.evaluate(_SHOWN) == ["bad.jpg"]
        assert tab.evaluate("document.querySelector('#shown').textContent") == "1 of 5 shown"
