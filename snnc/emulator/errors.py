"""The exception that a network raises which this emulator doesn't run."""

from __future__ import annotations

#: What else runs it.
THEIRS = "nengo_loihi's own does"
NEITHER = "nor does nengo_loihi's own"


class NotEmulatedError(Exception):
    """A network has something that this emulator doesn't run: `what` names it."""

    def __init__(self, what: str, instead: str = THEIRS) -> None:
        super().__init__(f"the batched emulator doesn't run {what}; {instead}")
        self.what = what
