"""What a resident process loads before it is asked: the first fit with default options loads nothing that later ones do not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[3]
_DEMO = _ROOT / "docs" / "demo"
# In a process of its own: nothing is loaded there yet, and the caches are not hidden by the checks of shapes.
_SCRIPT = """
import io, json, sys
from fitting_core.arguments.parser import fit_request
from fitting_core.body_model.capsules.fit_capsules import body_capsules
from fitting_core.body_model.model_file import _load
from fitting_core.eyes.networks import _network
from fitting_core.messages import TextMessenger
from fitting_core.pipeline.fit_photo import fit_photo
from fitting_core.pipeline.setups import fit_setup, preload_default_fit, preload_open_body
from fitting_core.results.body_file import body_file

caches = (fit_setup, _load, body_capsules, _network, body_file)
loads = lambda: [cache.cache_info().misses for cache in caches]
preload_open_body()
preload_default_fit()
before = loads()
fit_photo(fit_request(sys.argv[1:]), TextMessenger(io.StringIO()))
print(json.dumps([before, loads()]))
"""


def test_the_first_default_fit_finds_everything_there(tmp_path: Path) -> None:
    words = [str(_DEMO / "demo_photo.jpg"), str(_DEMO / "demo_photo_keypoints.json"), "--out", str(tmp_path)]
    run = subprocess.run(
        [sys.executable, "-c", _SCRIPT, *words], cwd=_ROOT, capture_output=True, text=True, check=True
    )
    before, after = json.loads(run.stdout)
    assert all(before) and after == before
