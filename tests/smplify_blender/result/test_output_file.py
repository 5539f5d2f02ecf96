"""The add-on's files: whole or not there, under names that nobody can foresee, swept after a kill."""

from __future__ import annotations

from pathlib import Path

import pytest

from smplify_blender.result.output_file import replaced_when_written, sweep_unfinished


@pytest.mark.parametrize("beside", [False, True], ids=["in a folder", "beside"])
def test_written_whole_beside_the_earlier_file(tmp_path: Path, beside: bool) -> None:
    path = tmp_path / "a.blend"
    path.write_text("old")
    with pytest.raises(RuntimeError), replaced_when_written(path, beside) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert {entry.name: entry.read_text() for entry in tmp_path.iterdir()} == {"a.blend": "old"}
    with replaced_when_written(path, beside) as temporary:
        assert (temporary.parent == tmp_path, temporary.name == "a.blend") == (beside, not beside)
        assert temporary.suffix == ".blend"
        temporary.write_text("new")
    assert {entry.name: entry.read_text() for entry in tmp_path.iterdir()} == {"a.blend": "new"}


def test_a_name_as_long_as_a_name_can_be(tmp_path: Path) -> None:
    path = tmp_path / f"{'x' * 249}.blend"
    with replaced_when_written(path) as temporary:
        temporary.write_text("new")
    assert path.read_text() == "new"


def test_only_what_a_kill_left_is_swept(tmp_path: Path) -> None:
    (tmp_path / ".unfinished-addon-abcd_123").mkdir()
    (tmp_path / ".unfinished-addon-abcd_123" / "unfinished.blend").touch()
    (tmp_path / ".unfinished-addon-abcd_123.blend@").touch()
    (tmp_path / ".unfinished-addon-of-mine").mkdir()
    with replaced_when_written(tmp_path / "a.png") as temporary:
        temporary.touch()
        sweep_unfinished(tmp_path)
        assert {path.name for path in tmp_path.iterdir()} == {
            ".unfinished-addon-of-mine", temporary.parent.name,
        }  # fmt: skip
