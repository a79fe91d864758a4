"""The items that a training held out, found again in another file."""

from __future__ import annotations

from pathlib import Path

from snnc.data.arrays import arrays_of
from snnc.data.unseen import Unseen


def held_out_among(items: Unseen, test: Path) -> int:
    """Return how many items a training held out, in its file, if all of them are among these; else 0.

    Then these are what the training's items were split from, or what it held out alone.
    """
    held_out = arrays_of(test, "run snnc train again").get("x") if test.exists() else None
    if held_out is None or not items.hold_all(held_out.reshape(len(held_out), -1)):
        return 0
    return len(held_out)
