# pyright: basic
"""The core's knowledge of a moving figure's frames, kept on its armature: in the .blend, not in a result folder that goes.

Custom properties: the verdict, which the sidebar reads at every redraw; numbers a frame; and the motion file as it is.
"""

from __future__ import annotations

import array
from dataclasses import dataclass

import bpy
import numpy as np

from ...result.motion_frames import MOST_KEPT_FRAMES
from ...result.motion_verdict import MotionVerdict, Verdict, worst_frames
from ...result.read_report import QUALITY_WORDS
from ...result.read_sequence import FRAME_WORDS, FrameFacts
from ...result.rotations import Array
from ..stored_values import stored_values

VERDICT, FRAMES, FILE = "smplify_motion_verdict", "smplify_motion_frames", "smplify_motion_file"
CONTENT = "content"  # in a group of its own: Blender cuts bytes that take the place of others
CONTACTS = 4
SEPARATOR = "\n"
MOST_FRAMES = 40_000


@dataclass(frozen=True)
class KnownFrames:
    """N frames of a motion: the scene's frames (N,), the words on them (N,), places in `FRAME_WORDS`, and contacts (N, 4)."""

    frames: Array
    words: Array
    contacts: np.ndarray


def store_frame_facts(
    armature: bpy.types.Object, facts: FrameFacts, frames: Array, verdict: Verdict | None, fps: float
) -> None:
    """Keep what a file says of a person's frames, which are at the scene's `frames` (N,)."""
    errors = np.nan_to_num(facts.error_px)
    worst = worst_frames(facts.words, errors, frames, fps)
    armature[VERDICT] = {
        "word": "" if verdict is None else verdict.word,
        "reasons": SEPARATOR.join(() if verdict is None else verdict.reasons),
        "counts": [int((facts.words == word).sum()) for word in range(len(FRAME_WORDS))],
        "worst": list(worst),
    }
    armature[FRAMES] = {
        "frames": array.array("d", frames.tolist()),
        "words": array.array("i", facts.words.astype(int).tolist()),
        "contacts": array.array("i", (facts.contacts @ (1 << np.arange(CONTACTS))).tolist()),
    }


def stored_verdict(armature: bpy.types.Object) -> MotionVerdict | None:
    """Return the verdict on a figure's motion; None where its file gave none, or a .blend holds anything else."""
    group = stored_values(armature, VERDICT)
    counts = [int(count) for count in group.numbers("counts", len(FRAME_WORDS))]
    word = group.text("word")
    if word not in QUALITY_WORDS or len(counts) != len(FRAME_WORDS):
        return None
    reasons = tuple(part for part in group.text("reasons").split(SEPARATOR) if part)
    worst = tuple(round(frame) for frame in group.numbers("worst"))
    return MotionVerdict(word, reasons, (counts[0], counts[1], counts[2], counts[3]), worst)


def known_frames(armature: bpy.types.Object) -> KnownFrames | None:
    """Return what is kept of a figure's frames; None where there is nothing, or a .blend holds anything else."""
    group = stored_values(armature, FRAMES)
    frames = np.array(group.numbers("frames"))
    words, contacts = (
        np.array(group.numbers(name, len(frames)), dtype=np.int64) for name in ("words", "contacts")
    )
    if not 1 < len(frames) <= MOST_FRAMES or len(words) != len(frames) or len(contacts) != len(frames):
        return None
    if (np.diff(frames) <= 0).any() or not 0 <= words.min() <= words.max() < len(FRAME_WORDS):
        return None
    return KnownFrames(frames, words, (contacts[:, None] >> np.arange(CONTACTS) & 1).astype(bool))


def keep_motion_file(armature: bpy.types.Object, content: bytes, frame_count: int) -> None:
    """Keep a person's motion file with the figure, for fits of single frames; one of too many frames is not kept."""
    if frame_count <= MOST_KEPT_FRAMES:
        armature[FILE] = {CONTENT: content}


def kept_motion_file(armature: bpy.types.Object) -> bytes | None:
    """Return the motion file that is kept with a figure; None for nothing, or anything else in its place."""
    group = armature.get(FILE)
    content = group.get(CONTENT) if hasattr(group, "get") else None
    return content if isinstance(content, bytes) else None
