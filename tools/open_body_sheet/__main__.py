"""Draws sheets of the open bodies, to be looked at: `python -m tools.open_body_sheet --out DIR`."""

from __future__ import annotations

import argparse
from pathlib import Path

from PIL import Image

from tools.open_body_sheet import pages
from tools.open_body_sheet.posed_body import read_body

BODIES = Path(__file__).resolve().parents[2] / "fitting_core" / "data" / "open_body"


def main() -> None:
    """Writes one PNG a page and body."""
    parser = argparse.ArgumentParser(prog="python -m tools.open_body_sheet", description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--bodies", type=Path, default=BODIES, help="folder of the open_body_*.npz")
    parser.add_argument("--gender", nargs="*", help="only these; all that lie there without it")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    bodies = {
        path.stem.removeprefix("open_body_"): read_body(path)
        for path in sorted(options.bodies.glob("open_body_*.npz"))
    }
    for name, body in bodies.items():
        if options.gender and name not in options.gender:
            continue
        sheets = {
            "rest": pages.rest_page(body),
            "face": pages.face_page(body),
            "hands": pages.hands_page(body),
            "expressions": pages.expressions_page(body),
            "actions": pages.actions_page(body),
            "poses": pages.poses_page(body),
            "poses_behind": pages.poses_page(body, yaw=205.0),
        }
        sheets |= {f"shapes_{i}": page for i, page in enumerate(pages.shapes_pages(body), 1)}
        for page, picture in sheets.items():
            Image.fromarray(picture).save(options.out / f"{name}_{page}.png")
    Image.fromarray(pages.family_page(bodies)).save(options.out / "family.png")


if __name__ == "__main__":
    main()
