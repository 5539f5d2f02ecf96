# pyright: basic
"""The command line's own options, the same for all its commands, and the plain values that they ask for."""

from __future__ import annotations

import argparse
import os
import re
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

from ..api import export_settings
from ..result.bone_names import NAMINGS
from ..result.errors import shown
from ..result.export_targets import EXPORT_TARGETS
from ..result.motion_tracks import RootMotion
from ..scene.export.settings import ENGINE_INFLUENCES, ExportSettings
from ..scene.pictures.render import ENGINES, OVERLAY_LONG_SIDE_PX
from ..scene.rigs import RIG_KINDS
from ..scene.texture.photo_texture import SIDES_PX
from ..scene.texture.values import TextureChoices

EXPORTS = {"glb": ".glb", "fbx": ".fbx", "usd": ".usdc"}
_MOST_NAME_BYTES = 255  # of one name in a path, on every common file system
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


class OptionError(Exception):
    """The add-on's own options make no sense; the text says which."""


class OptionParser(argparse.ArgumentParser):
    """Takes its own options, by their full names only, and leaves all others for the core."""

    def __init__(self, program: str, description: str) -> None:
        super().__init__(prog=program, description=description, allow_abbrev=False, add_help=False)

    def error(self, message: str) -> NoReturn:
        """Raise instead of ending Blender."""
        raise OptionError(f"{message[:1].upper()}{message[1:]}.")


ROOT_MOTIONS: dict[str, RootMotion] = {"bone": "BONE", "object": "OBJECT"}


@dataclass(frozen=True)
class BlendObject:
    """An object of another .blend file; an empty name is the only armature of the file."""

    path: Path
    name: str


@dataclass(frozen=True)
class Export:
    """One exported file."""

    path: Path
    settings: ExportSettings


def add_writing_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of pictures, rigs and exports; the same for one photo and for many."""
    _add_looks(parser)
    _add_pictures(parser)
    add_export_options(parser)
    _add_rigs(parser)


def _add_looks(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--clothes",
        action="store_true",
        help="figures wear a shirt and shorts, in the .blend, the picture and the exports",
    )
    parser.add_argument(
        "--face-parts",
        action="store_true",
        help="figures of the open body get brows, lashes and teeth, in the .blend, the picture and the exports",
    )
    parser.add_argument(
        "--face-actions",
        action="store_true",
        help="figures of the open body show the expression by the face actions of face capture (mouthSmileLeft …) instead of its "
        "sliders; a video's get a key a frame",
    )
    parser.add_argument(
        "--photo-texture",
        action="store_true",
        help="lay the photo on the figures, in the .blend, the picture and the exports",
    )
    parser.add_argument(
        "--texture-size",
        type=int,
        choices=SIDES_PX,
        default=TextureChoices.side_px,
        help=f"sides of the image of --photo-texture, px (default {TextureChoices.side_px})",
    )


def _add_pictures(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--set-up-render",
        action="store_true",
        help="in the .blend, F12 renders the figures over the photo, with a shadow and light like the photo's",
    )
    parser.add_argument(
        "--render-engine",
        choices=tuple(ENGINES),
        default="cycles",
        help="what renders (default cycles, which needs no display; the others need OpenGL)",
    )
    parser.add_argument(
        "--render-size",
        type=_positive,
        default=OVERLAY_LONG_SIDE_PX,
        metavar="PX",
        help=f"longer side of the picture at most (default {OVERLAY_LONG_SIDE_PX}; never more than the photo's)",
    )


def _add_rigs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--rig", choices=RIG_KINDS, help="also give the figures a control rig, or Blender's Rigify"
    )
    parser.add_argument(
        "--twist-bones",
        action="store_true",
        help="also give the figures twist bones, so that turned wrists and shoulders are not wrung",
    )
    parser.add_argument(
        "--retarget",
        type=blend_object,
        metavar="FILE.blend:OBJECT",
        help="also pose this armature of another file as each figure; without :OBJECT, the only one of the file",
    )


def add_root_motion(parser: argparse.ArgumentParser) -> None:
    """Add the option that says what carries a figure that moves."""
    parser.add_argument(
        "--root-motion",
        choices=tuple(ROOT_MOTIONS),
        help="what carries a figure that moves: its root bone (default), or the armature object, which goes along "
        "the floor below the hips and turns with them",
    )


def root_motion_of(options: argparse.Namespace) -> RootMotion:
    """Return what carries a figure that moves."""
    return ROOT_MOTIONS[options.root_motion or "bone"]


def add_export_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of exports; the same for photos and for a .blend."""
    parser.add_argument(
        "--export-for",
        action="append",
        choices=tuple(EXPORT_TARGETS),
        default=[],
        help="also export as this program wants it: NAME.unreal.fbx, NAME.godot.glb … (may be repeated)",
    )
    parser.add_argument(
        "--bake-shape",
        action="store_true",
        help="exports without shape keys: what the SMPL-X licence allows to share",
    )
    parser.add_argument(
        "--bone-names",
        choices=NAMINGS,
        help="exports with the bones' names of SMPL-X (default of --glb, --fbx, --usd), Blender, Mixamo, Unreal, or of Unity, "
        "Godot and VRM (humanoid)",
    )
    parser.add_argument("--pose-as-rest", action="store_true", help="exports with the pose as the rest pose")
    parser.add_argument(
        "--all-influences",
        action="store_true",
        help=f"exports with all bones of a vertex instead of the {ENGINE_INFLUENCES} strongest",
    )


def file_path(text: str) -> Path:
    """Return the path of a file or folder; argparse's own error for one that no file can have."""
    fault = None
    try:
        with suppress(FileNotFoundError, NotADirectoryError, PermissionError):
            os.lstat(text)
        if any(len(os.fsencode(part)) > _MOST_NAME_BYTES for part in Path(text).parts):
            fault = f"has a name of more than {_MOST_NAME_BYTES} bytes, which no file can have"
        elif _ADDRESS.match(text):
            fault = "is an address, and no path: mount its storage, or download it"
    except OSError as problem:
        fault = f"is no path here ({problem.strerror})"
    except ValueError:  # NUL, or half a character
        fault = "holds a character that no path can"
    if fault is not None:
        raise argparse.ArgumentTypeError(f"'{shown(text)}' {fault}; choose another path")
    return Path(text)


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return value


def blend_object(text: str) -> BlendObject:
    """Return the file and the object of FILE.blend:OBJECT; argparse's own error for anything else."""
    match = re.fullmatch(r"(.+?\.blend)(?::(.*))?", text, re.IGNORECASE | re.DOTALL)
    if match is None:
        raise argparse.ArgumentTypeError(f"'{shown(text)}' is no FILE.blend or FILE.blend:OBJECT")
    path = file_path(match[1])
    if not path.is_file():
        raise argparse.ArgumentTypeError(
            f"there is no file '{shown(str(path))}'; name the .blend of the armature"
        )
    return BlendObject(path, match[2] or "")


def plain_settings(options: argparse.Namespace) -> ExportSettings:
    """Return the settings of --glb, --fbx and --usd that the options ask for."""
    limit = 0 if options.all_influences else ENGINE_INFLUENCES
    return ExportSettings(
        not options.bake_shape, options.pose_as_rest, limit, options.bone_names or ExportSettings.naming
    )


def target_exports(options: argparse.Namespace, folder: Path, name: str) -> tuple[Export, ...]:
    """Return the exports of --export-for, which are written as NAME.TARGET.ENDING into a folder."""
    found: list[Export] = []
    for target in dict.fromkeys(options.export_for):
        wanted, suffix = export_settings(target), EXPORT_TARGETS[target].suffix
        settings = replace(
            wanted,
            shape_keys=wanted.shape_keys and not options.bake_shape,
            pose_as_rest=options.pose_as_rest and not wanted.is_at_rest,
            max_influences=0 if options.all_influences else wanted.max_influences,
            naming=wanted.naming if wanted.is_at_rest else options.bone_names or wanted.naming,
        )
        ending = suffix if suffix == f".{target}" else f".{target}{suffix}"
        found.append(Export(folder / f"{name}{ending}", settings))
    return tuple(found)
