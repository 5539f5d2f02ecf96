"""Fit the capsules of the open bodies once, so that no command waits for that.

    python -m tools.fit_open_capsules            # writes fitting_core/data/open_body/capsules_*.npz

To be run after `tools.build_open_body`: capsules of another body file than the one that lies there are never used. That they are
those of the body is tested in tests/fitting_core/body_model/capsules.
"""

from __future__ import annotations

from fitting_core.body_model.capsules.fit_capsules import fitted_capsules
from fitting_core.body_model.capsules.shipped import capsule_entries, capsules_file
from fitting_core.body_model.model_file import load_body_model
from fitting_core.body_model.model_paths import offered_genders
from tools.build_open_body.writer import write


def main() -> None:
    """Fit, write, and say how large the files are."""
    for gender in offered_genders("open"):
        file = capsules_file(gender)
        write(file, capsule_entries(fitted_capsules(load_body_model("open", gender))))
        print(f"{file.name}: {file.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
