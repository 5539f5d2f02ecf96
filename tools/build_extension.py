"""Build dist/smplify-VERSION.zip from the repository, checked by Blender's own validator.

    python tools/build_extension.py [--output-dir dist]

Needs an environment with the bpy wheel (it carries Blender's extension builder) and pip. Only what belongs in
the zip is staged, and of that what git does not ignore, so that no cache gets in; the wheels that the
manifest names are downloaded in exactly those versions, checked against tools/extension_wheels.txt, and
kept in wheels/.
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MANIFEST = "blender_manifest.toml"
SHIPPED = ("__init__.py", MANIFEST, "LICENSE", "README.md", "smplify_blender", "fitting_core")
WHEEL_HASHES = ROOT / "tools" / "extension_wheels.txt"
WHEEL_STORE = ROOT / "wheels"
BUILDER_IN_BPY = "*/scripts/addons_core/bl_pkg/cli/blender_ext.py"


def main() -> int:
    """Stage, build, validate; returns the exit code."""
    parser = argparse.ArgumentParser(description="Build and validate the Blender extension.")
    parser.add_argument("--output-dir", type=Path, default=ROOT / "dist")
    output: Path = parser.parse_args().output_dir.absolute()
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        stage = Path(folder) / "smplify"
        stage_sources(stage)
        stage_wheels(stage / "wheels")
        run_builder("build", "--source-dir", str(stage), "--output-dir", str(output))
    manifest = read_manifest()
    archive = output / f"{manifest['id']}-{manifest['version']}.zip"
    run_builder("validate", str(archive))
    print(f"{archive}: {archive.stat().st_size / 2**20:.1f} MiB")
    return 0


def read_manifest() -> dict[str, str]:
    """Return the manifest's text values."""
    return tomllib.loads((ROOT / MANIFEST).read_text(encoding="utf-8"))


def wheel_names() -> list[str]:
    """File names of the wheels that the manifest lists."""
    manifest = tomllib.loads((ROOT / MANIFEST).read_text(encoding="utf-8"))
    return [Path(name).name for name in manifest["wheels"]]


def shipped_files() -> list[Path]:
    """Files of the zip, relative to the root: those git does not ignore, or all where this is no git checkout."""
    list_files = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    known = subprocess.run([*list_files, "--", *SHIPPED], capture_output=True, check=False)
    if known.returncode == 0 and known.stdout:
        files = [Path(name.decode()) for name in known.stdout.split(b"\0") if name]
        return [file for file in files if (ROOT / file).is_file()]
    found = [path for name in SHIPPED for path in (ROOT / name, *(ROOT / name).rglob("*")) if path.is_file()]
    return [path.relative_to(ROOT) for path in found if "__pycache__" not in path.parts]


def stage_sources(stage: Path) -> None:
    """Copy what belongs in the zip."""
    for file in shipped_files():
        target = stage / file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / file, target)


def stage_wheels(target: Path) -> None:
    """Copy the manifest's wheels, downloading what wheels/ does not hold yet."""
    names = wheel_names()
    if not all((WHEEL_STORE / name).is_file() for name in names):
        download = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
        restrictions = ["--no-deps", "--only-binary", ":all:", "--require-hashes"]
        subprocess.run(
            [*download, *restrictions, "--dest", str(WHEEL_STORE), "--requirement", str(WHEEL_HASHES)],
            check=True,
        )
    target.mkdir(parents=True)
    for name in names:
        shutil.copyfile(WHEEL_STORE / name, target / name)


def run_builder(*arguments: str) -> None:
    """Run Blender's extension tool out of the bpy wheel."""
    spec = importlib.util.find_spec("bpy")
    if spec is None or spec.origin is None:
        raise SystemExit(
            f"{sys.executable} has no bpy: run this with the Python of the project's environment."
        )
    builders = sorted(Path(spec.origin).parent.glob(BUILDER_IN_BPY))
    if not builders:
        raise SystemExit(f"No extension builder under {Path(spec.origin).parent}: install bpy 4.2 or newer.")
    subprocess.run([sys.executable, str(builders[-1]), *arguments], check=True)


if __name__ == "__main__":
    sys.exit(main())
