"""The folder of real files, for every test, and the order of the files of tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_SHARED_VARIABLE = "SMPLIFY_SHARED"
# More than a dozen seconds each. They begin: one that came last would keep one core busy while the other has nothing to do.
_LONGEST = (
    "contract/test_memory.py",
    "contract/test_batch_goes_on.py",
    "contract/test_resident_process.py",
    "contract/test_batch.py",
    "body_model/test_model_file.py",
    "eyes/test_detector.py",
    "conversion/test_convert.py",
    "contract/test_batch_clips.py",
    "contract/test_prior_options.py",
    "contract/test_detection.py",
    "contract/test_known_people_and_cameras.py",
    "contract/test_reports.py",
    "contract/test_sequence.py",
    "torch_environment/test_real_commands.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files begin; the others stay in their order."""
    places = {name: place for place, name in enumerate(_LONGEST)}
    items.sort(key=lambda item: places.get("/".join(item.path.parts[-2:]), len(places)))


def shared_folder() -> Path | None:
    """The folder of real photos, videos and keypoint files, which is not part of the repository."""
    named = os.environ.get(_SHARED_VARIABLE)
    folder = Path(named) if named else Path(__file__).parents[2] / "shared"
    return folder if (folder / "keypoint_files").is_dir() else None


@pytest.fixture(scope="session")
def shared() -> Path:
    """That folder; the test is skipped where it is absent."""
    folder = shared_folder()
    if folder is None:
        pytest.skip(
            f"the folder of real files is not here; name it in {_SHARED_VARIABLE} or put it beside the checkout"
        )
    return folder
