"""The exception that a network raises which this emulator doesn't run."""

from __future__ import annotations


class NotEmulatedError(Exception):
    """A network has something that this emulator doesn't run; NengoLoihi's own may."""

    def __init__(self, what: str) -> None:
        super().__init__(f"the batched emulator doesn't run {what}; nengo_loihi's own does")
        self.what = what
