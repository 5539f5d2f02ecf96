"""The texts of addresses: what can be a folder of photos, what cannot, and that nothing secret is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from fitting_core.cli import main
from fitting_core.storage.address import Address, address_of

TAKEN = {
    "s3": ("s3://bucket/shots/", "s3://bucket/shots", "s3://bucket"),
    "a bucket": ("gs://bucket", "gs://bucket", None),
    "memory": ("memory:///shots", "memory://shots", None),
    "a container": ("ABFS://box@account/shots", "abfs://box@account/shots", "abfs://box@account"),
}


@pytest.mark.parametrize(("text", "address", "parent"), TAKEN.values(), ids=TAKEN)
def test_an_address_is_taken(text: str, address: str, parent: str | None) -> None:
    found = address_of(text)
    assert str(found) == address
    assert found.parent == (None if parent is None else Address(parent))
    assert str(found / "a") == f"{address}/a"


REFUSED = {
    "a chain": ("simplecache::s3://bucket/a", None),
    "a chain of addresses": ("zip://a.zip::s3://bucket/b", "chain of addresses"),
    "an archive": ("zip://shots.zip", "archive"),
    "the web": ("https://example.org/shots", "download the folder"),
    "a repository": ("github://me:shots@main/a", "download the folder"),
    "a password": ("sftp://me:hidden-word@host/shots", "holds a password"),
    "a signed address": ("az://box/shots?sig=hidden-word", "question mark"),
    "nothing": ("s3://", "names no bucket"),
    "dots": ("s3://bucket/../other", "one of dots"),
}


@pytest.mark.parametrize("option", ["photos", "out", "keypoints"])
@pytest.mark.parametrize(("text", "words"), REFUSED.values(), ids=REFUSED)
def test_an_odd_address_gets_a_clear_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, words: str | None, option: str
) -> None:
    places = {"photos": str(tmp_path), "out": str(tmp_path / "out"), "keypoints": str(tmp_path)} | {
        option: text
    }
    line = ["batch", places["photos"], "--out", places["out"], "--keypoints", places["keypoints"]]
    try:
        code = main(line)
    except SystemExit as end:
        code = end.code
    said = capsys.readouterr().err
    assert code == 2
    assert "hidden-word" not in said
    assert (words or "holds no photo" if option != "photos" else words or "cannot be read") in said
