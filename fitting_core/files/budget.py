"""The memory that reading one file may take, spent by every allocation that the file's content asks for."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from .border import RefusedError

# A motion of 100,000 frames (14 minutes at 120 Hz) has 132 MB of rotations in float64, and is held twice while it is
# converted. Keypoint files, priors and checkpoints stay under a tenth of that.
DEFAULT_BUDGET_BYTES = 300_000_000
# A licensed SMPL-X file of 400 components holds 232 MB in float64 (shape directions 101 MB, pose directions 122 MB). A
# pickle that Python 3 wrote in protocol 2 gives them as text and as bytes, and the model that is built holds them once more.
BODY_MODEL_BUDGET_BYTES = 800_000_000
# gmm_08.pkl holds 0.3 MB; a mixture's numbers become float64 and are factorised, up to eight times what the file holds.
MIXTURE_BUDGET_BYTES = 30_000_000


class Budget:
    """Bytes that are left of one file's memory."""

    def __init__(self, total: int = DEFAULT_BUDGET_BYTES) -> None:
        self._total = total
        self.left = total

    def spend(self, count: int) -> None:
        """Take `count` bytes off, before they are allocated; RefusedError if they are no longer there."""
        self.check(count)
        self.left -= count

    def check(self, count: int) -> None:
        """Refuse `count` bytes that are no longer there, and take nothing."""
        if count > self.left:
            raise RefusedError(f"it asks for more than {self._total // 1_000_000} MB of memory")

    @contextmanager
    def lend(self, count: int) -> Generator[None]:
        """Spend `count` bytes for the block only: they are freed when it ends."""
        self.spend(count)
        try:
            yield
        finally:
            self.left += count
