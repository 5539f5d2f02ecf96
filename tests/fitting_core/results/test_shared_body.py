"""One body.npz for many results: linked where the system can, and a whole file in every case."""

from __future__ import annotations

import os
from collections.abc import Callable
from errno import EMLINK, EPERM
from hashlib import sha256
from pathlib import Path

import pytest

from fitting_core.pipeline.setups import fit_setup
from fitting_core.results.body_file import body_file
from fitting_core.results.exchange import ResultFiles
from fitting_core.results.shared_body import place_bodies, place_body

_DATA = b"a body"
_SHA = sha256(_DATA).hexdigest()


def _bodies(folder: Path) -> Path:
    return folder / ".bodies"


def _placed(folder: Path, name: str) -> Path:
    (folder / name).mkdir(exist_ok=True)
    place = folder / name / "body.npz"
    place_body(place, _DATA, _SHA, _bodies(folder))
    assert place.read_bytes() == _DATA
    return place


def test_results_share_one_file(tmp_path: Path) -> None:
    first, second = _placed(tmp_path, "a"), _placed(tmp_path, "b")
    assert first.samefile(second) and first.stat().st_nlink == 3


def _nothing(folder: Path) -> None:
    pass


def _cut_short(folder: Path) -> None:
    _bodies(folder).mkdir()
    (_bodies(folder) / f"{_SHA}.npz").write_bytes(_DATA[:2])


def _a_file_in_its_place(folder: Path) -> None:
    _bodies(folder).write_bytes(b"mine")


KEPT = {
    "nothing yet": (_nothing, True),
    "cut short": (_cut_short, True),
    "a file": (_a_file_in_its_place, False),
}


@pytest.mark.parametrize(("before", "shares"), KEPT.values(), ids=KEPT)
def test_every_result_is_whole_whatever_lies_there(
    tmp_path: Path, before: Callable[[Path], None], shares: bool
) -> None:
    before(tmp_path)
    assert _placed(tmp_path, "a").samefile(_placed(tmp_path, "b")) == shares


def test_a_system_without_links_gets_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise OSError(EPERM, "no links here")

    monkeypatch.setattr(os, "link", refused)
    assert not _placed(tmp_path, "a").samefile(_placed(tmp_path, "b"))


def test_a_file_with_too_many_links_is_kept_a_second_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = os.link

    def bounded(source: Path, target: Path) -> None:
        if source.stat().st_nlink >= 3:
            raise OSError(EMLINK, "too many links")
        link(source, target)

    monkeypatch.setattr(os, "link", bounded)
    a, b, c, d = (_placed(tmp_path, name) for name in "abcd")
    assert a.samefile(b) and c.samefile(d) and not a.samefile(c)


def test_each_body_of_a_result_has_a_file(tmp_path: Path) -> None:
    """The first body's is body.npz, whatever its gender; each is kept once for the results of a batch."""
    child, neutral = (fit_setup(gender=gender).points.model for gender in ("child", "neutral"))
    for name, models in {"a": [child, neutral], "b": [neutral]}.items():
        (tmp_path / name).mkdir()
        files = ResultFiles(tmp_path / name)
        place_bodies(files, models, _bodies(tmp_path))
        assert files.names == ["body.npz", "body_neutral.npz"][: len(models)]
    assert (tmp_path / "a" / "body.npz").read_bytes() == body_file(child)[0]
    assert (tmp_path / "a" / "body_neutral.npz").samefile(tmp_path / "b" / "body.npz")
