"""Paths of body model files: the open body that ships, a file of the user's, or a folder in the usual layouts."""

from __future__ import annotations

from pathlib import Path

from fitting_core.errors import BodyModelError, shown
from fitting_core.files.border import reader_border

from .joints import ModelKind

OPEN_BODY = "open"
GENDERS = ("neutral", "female", "male", "child")
SUFFIXES = (".npz", ".pkl")
_DATA = Path(__file__).parent.parent / "data" / "open_body"
_ADVICE = f"Give '{OPEN_BODY}', an .npz or .pkl file, or a folder with smplx/SMPLX_NEUTRAL.npz (or smplh, smpl) inside."
# Folders inside the user's, in order of preference: SMPL-X says most about a person. The official SMPL archive has
# its files in smpl/models.
_FOLDERS = ("smplx", "smplh", "smpl", "smpl/models", "models", "")


def model_path(model: str, gender: str, kind: ModelKind | None = None) -> Path:
    """Return the file that `model` and `gender` name; BodyModelError saying what was looked for if there is none.

    Where a folder holds several kinds of body, one of `kind` is taken before the others.
    """
    if gender not in GENDERS:
        raise BodyModelError(f"Gender '{shown(gender)}' is not known. Choose one of {', '.join(GENDERS)}.")
    if model == OPEN_BODY:
        return _DATA / f"open_body_{gender}.npz"
    with reader_border(Path(model), BodyModelError, "body model", _ADVICE):
        return _users_path(Path(model).expanduser(), gender, kind)


def _users_path(path: Path, gender: str, kind: ModelKind | None) -> Path:
    if path.is_dir():
        return _file_in_folder(path, gender, kind)
    if not path.is_file():
        raise BodyModelError(f"{path}: there is no such body model. {_ADVICE}")
    if path.suffix.lower() not in SUFFIXES:
        raise BodyModelError(f"{path}: body models are read from .npz and .pkl files. {_ADVICE}")
    return path


def offered_genders(model: str) -> tuple[str, ...]:
    """Return the genders that `model` has a body of: those inside for a folder, none for a file, which does not say its own.

    Raises BodyModelError as `model_path` does if there is no body at all.
    """
    if model == OPEN_BODY:
        return GENDERS
    with reader_border(Path(model), BodyModelError, "body model", _ADVICE):
        path = Path(model).expanduser()
        is_folder = path.is_dir()
    if not is_folder:
        model_path(model, GENDERS[0])
        return ()
    genders = tuple(gender for gender in GENDERS if _has_file(path, gender))
    if not genders:
        model_path(model, GENDERS[0])
    return genders


def _has_file(folder: Path, gender: str) -> bool:
    try:
        _file_in_folder(folder, gender)
    except BodyModelError:
        return False
    return True


def _official_names(gender: str) -> tuple[str, ...]:
    """File names without suffix, in lower case, in order of preference."""
    short = {"neutral": "neutral", "female": "f", "male": "m"}.get(gender, gender)
    return (
        f"smplx_{gender}",
        f"smplx_{gender}_2020",
        f"smplh_{gender}",
        f"smpl_{gender}",
        f"basicmodel_{short}_lbs_10_207_0_v1.1.0",
        f"basicmodel_{short}_lbs_10_207_0_v1.0.0",
    )


def _file_in_folder(folder: Path, gender: str, kind: ModelKind | None = None) -> Path:
    for inner in sorted(_FOLDERS, key=lambda name: name.split("/")[0] != kind):
        base = folder / inner
        if base.is_dir():
            file = _official_file(base, gender) or _gender_folder_file(base, gender)
            if file is not None:
                return file
    raise BodyModelError(
        f"{folder}: no {gender} body model is inside: neither smplx/SMPLX_{gender.upper()}.npz or .pkl nor smplh/SMPLH_"
        f"{gender.upper()} nor smpl/SMPL_{gender.upper()}. Point to the folder that holds 'smplx', or to the file itself."
    )


def _official_file(base: Path, gender: str) -> Path | None:
    """Return the best file with an official name; upper and lower case are one, since the archives differ."""
    present = {entry.name.lower(): entry for entry in base.iterdir() if entry.is_file()}
    for name in _official_names(gender):
        for suffix in SUFFIXES:
            if name + suffix in present:
                return present[name + suffix]
    return None


def _gender_folder_file(base: Path, gender: str) -> Path | None:
    """Return model.npz or model.pkl in a folder named after the gender; that folder itself may have been given."""
    folders = [base / gender]
    if base.name not in GENDERS or base.name == gender:
        folders.append(base)
    for folder in folders:
        for suffix in SUFFIXES:
            candidate = folder / f"model{suffix}"
            if candidate.is_file():
                return candidate
    return None
