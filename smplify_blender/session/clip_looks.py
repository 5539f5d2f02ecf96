"""The people found in the sidebar's videos, kept for this session."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..fit_process.messages import FoundTrack
from .clip_request import ClipChoices, FrameSpan

KEPT = 8  # clips; a user goes back and forth between a few

LookKey = tuple[Path | None, Path | None, FrameSpan]  # clip, keypoints and frames, which tracks depend on


def look_key(choices: ClipChoices) -> LookKey:
    """Return what the tracks of a clip depend on."""
    return choices.clip, choices.keypoints, choices.span


class ClipLooks:
    """The tracks of the clips that were looked at."""

    def __init__(self) -> None:
        self._tracks: dict[LookKey, tuple[FoundTrack, ...]] = {}

    def keep(self, key: LookKey, tracks: Sequence[FoundTrack]) -> None:
        """Keep who was found in a clip, in the place of an earlier look."""
        self._tracks.pop(key, None)
        self._tracks[key] = tuple(tracks)
        while len(self._tracks) > KEPT:
            del self._tracks[next(iter(self._tracks))]

    def tracks(self, key: LookKey) -> tuple[FoundTrack, ...]:
        """Return who was found in a clip; nobody where none has looked."""
        return self._tracks.get(key, ())

    def clear(self) -> None:
        """Forget everything: when the add-on is disabled."""
        self._tracks.clear()


_looks = ClipLooks()


def clip_looks() -> ClipLooks:
    """Return this session's looks at videos."""
    return _looks
