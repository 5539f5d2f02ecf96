"""The one table of programs whose results are read: how each is told by its entries, and what it calls them.

An entry's name here is that of SMPL-X, AMASS or SMPLify, which `dialects.py` reads. A new program is a row.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from fitting_core.arguments.request import UpAxis


@dataclass(frozen=True)
class Program:
    """A program, the entries that tell it, and the entries that are renamed; `up` is its world's axis where it is known.

    `turns_about_origin`: the root turns about the model's origin instead of its pelvis (EasyMocap, neuralbody).
    `rows_are_people`: a table is of one picture, or of one clip, and has a row a person.
    """

    name: str
    needs: tuple[str, ...]
    renames: dict[str, str] = field(default_factory=dict[str, str])
    without: tuple[str, ...] = ()
    up: UpAxis | None = None
    turns_about_origin: bool = False
    rows_are_people: bool = False
    source: str = ""


_HMR_NAMES = {"pred_cam_t": "transl", "pred_cam_t_full": "transl", "cam_trans": "transl", "camera": "transl"}
# The first whose entries are all there is taken; more special ones stand first.
PROGRAMS: tuple[Program, ...] = (
    Program("SMPLify-X", ("camera_translation", "global_orient", "body_pose"), source="vchoutas/smplify-x"),
    Program("SMPLify", ("pose", "cam_t"), without=("pose_body",), source="SMPLify of 2016"),
    Program(
        "WHAM", ("pose_world", "trans_world"), {"pose_world": "poses", "trans_world": "trans"}, up="y",
        source="yohanshin/WHAM demo.py",
    ),
    Program(
        "GLAMR", ("smpl_pose", "smpl_orient_world"),
        {
            "smpl_pose": "body_pose", "smpl_orient_world": "global_orient", "root_trans_world": "transl",
            "smpl_beta": "betas",
        },
        up="z", source="NVlabs/GLAMR",
    ),
    Program(
        "AIST++", ("smpl_poses", "smpl_trans", "smpl_scaling"), {"smpl_poses": "poses", "smpl_trans": "trans"}, up="y",
        source="google/aistplusplus_api",
    ),
    Program(
        "EDGE", ("smpl_poses", "smpl_trans"), {"smpl_poses": "poses", "smpl_trans": "trans"}, up="z",
        source="Stanford-TML/EDGE",
    ),
    Program("smpl_poses", ("smpl_poses",), {"smpl_poses": "poses"}),
    Program(
        "MDM", ("thetas", "root_translation"), {"thetas": "poses", "root_translation": "trans"}, up="y",
        source="GuyTevet/motion-diffusion-model visualize/vis_utils.py",
    ),
    Program(
        "EasyMocap", ("Rh", "poses"),
        {"Rh": "global_orient", "Th": "transl", "poses": "body_pose", "shapes": "betas"},
        turns_about_origin=True, source="zju3dv/EasyMocap, zju3dv/neuralbody",
    ),
    Program(
        "ROMP or BEV", ("smpl_thetas",), {"smpl_thetas": "poses", "smpl_betas": "betas", "cam_trans": "trans"}, up="camera",
        rows_are_people=True, source="Arthur151/ROMP simple_romp",
    ),
    Program(
        "TRAM", ("pred_rotmat", "pred_trans"), {"pred_rotmat": "poses", "pred_trans": "trans", "pred_shape": "betas"},
        up="camera", source="yufu-wang/tram",
    ),
    Program(
        "HMR", ("pred_rotmat",),
        {"pred_rotmat": "poses", "pred_cam_t": "trans", "pred_betas": "betas", "pred_shape": "betas"}, up="camera",
        source="nkolot/SPIN and what is made from it",
    ),
    Program("TRAM", ("pred_pose",), {"pred_pose": "poses", "pred_trans": "trans", "pred_shape": "betas"}, up="camera"),
    Program(
        "HybrIK", ("pred_thetas",), {"pred_thetas": "poses", "transl": "trans", "pred_betas": "betas", "pred_shape": "betas"},
        up="camera", source="jeffffffli/HybrIK",
    ),
    Program(
        "SMPLest-X", ("smplx_body_pose",),
        {
            "smplx_root_pose": "global_orient", "smplx_body_pose": "body_pose", "smplx_lhand_pose": "left_hand_pose",
            "smplx_rhand_pose": "right_hand_pose", "smplx_jaw_pose": "jaw_pose", "smplx_shape": "betas",
            "smplx_expr": "expression", "cam_trans": "transl",
        },
        up="camera", source="MotrixLab/SMPLest-X, IDEA-Research/OSX",
    ),
    Program("VIBE", ("pose", "pred_cam"), {"pose": "poses"}, up="camera", source="mkocabas/VIBE"),
    Program(
        "CLIFF", ("pose", "global_t"), {"pose": "poses", "global_t": "trans", "shape": "betas"}, up="camera",
        source="huawei-noah/noah-research CLIFF/demo.py",
    ),
    Program(
        "SLAHMR", ("pose_body", "root_orient", "cam_R", "cam_t"), up="camera", rows_are_people=True,
        source="vye16/slahmr",
    ),
    Program("MoSh++", ("fullpose",), {"fullpose": "poses"}, up="z", source="nghorbani/moshpp, GRAB"),
    Program("AMASS", ("poses",), {"transl": "trans"}),
    Program("AMASS", ("pose_body",), {"transl": "trans"}),
    Program(
        "SMPL", ("pose",), {"pose": "poses", "transl": "trans", "shape": "betas"},
        without=("smpl",),  # PHALP's table of a frame, whose "pose" is a row of features
        source="WHAM, BEHAVE, PromptHMR",
    ),
    Program(
        "4D-Humans", ("global_orient", "body_pose", "pred_cam_t"), _HMR_NAMES, up="camera", source="shubham-goel/4D-Humans",
    ),
    Program(
        "4D-Humans", ("global_orient", "body_pose", "pred_cam_t_full"), _HMR_NAMES, up="camera",
        source="shubham-goel/4D-Humans demo.py",
    ),
    Program(
        "4D-Humans", ("global_orient", "body_pose", "camera"), _HMR_NAMES, up="camera", source="brjathu/PHALP",
    ),
    Program("SMPL-X", ("global_orient", "body_pose"), {"trans": "transl"}),
)  # fmt: skip

# Tables of one and the same person in several worlds: the first that is there is read.
PREFERRED = (
    "smpl_params_global", "smplx_world", "world", "global", "smpl_params_incam", "smplx_cam", "smplx_params",
    "smpl_params",
    "pred_smpl_params", "pred_smplx_params", "params", "smpl", "smplx", "person_data", "people", "results",
)  # fmt: skip

# Entries of such files that say nothing of the pose: nobody misses them.
_HARMLESS = (
    "dmpl", "vert", "joint", "face", "marker", "label", "time", "num_", "image", "img", "bbox", "box", "keypoint", "frame",
    "conf", "score", "center", "focal", "camera_center", "cam_k", "intrinsic", "mask", "mesh", "name", "text", "length",
    "v_template",
    "id", "valid", "lengths", "gender", "version", "model", "uv", "depth", "scan", "floor", "height", "size", "contact", "latent",
    "result_bvh", "body_sha256", "schema", "loss", "principal_point", "photo", "offset", "pred_xyz", "pred_uvd", "phi",
)  # fmt: skip


def program_of(names: Collection[str]) -> Program | None:
    """Return the program whose entries these are; None where they are no pose."""
    known = set(names)
    for program in PROGRAMS:
        if known.issuperset(program.needs) and known.isdisjoint(program.without):
            return program
    return None


def is_worth_naming(name: str) -> bool:
    """Return True if an entry that was left out may be missed: a place, a size, a shape, another part of the pose."""
    lowered = name.lower()
    return not any(word in lowered for word in _HARMLESS)
