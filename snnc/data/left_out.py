"""Items that the spec leaves out: with codes for missing values, or of no use at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.diagnostics.wording import counted, number
from snnc.spec.sources.base import FileKind, SourceKind

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class LeftOut:
    """Which of some items are left out, (n,): those with a code for a missing value, and others that can't be used."""

    codes: tuple[float, ...]
    coded: Mask
    unusable: Mask

    @property
    def all(self) -> Mask:
        return self.coded | self.unusable

    def __str__(self) -> str:
        """Return how many items are left out and why, or "" if none is."""
        if not self.all.any():
            return ""
        why = []
        if self.coded.any():
            why.append(f"{self.coded.sum()} hold {' or '.join(map(number, self.codes))}")
        if n := int(np.sum(self.unusable & ~self.coded)):
            why.append(f"{n} can't be used")
        return f"{self.all.sum()} of {counted(len(self.all), 'item')} are left out: {' and '.join(why)}"


def left_out(
    source: SourceKind, x: NDArray[Any], y: NDArray[Any] | None, classes: int
) -> LeftOut | None:
    """Return which of items, (n, ...), with labels, (n,), a source leaves out; None if it may leave out none.

    What holds no numbers is for those to refuse who read it.
    """
    if not isinstance(source, FileKind) or not source.leaves_out or x.dtype.kind not in "fiub":
        return None
    items = x.reshape(len(x), -1)
    # In 32 bits, as a code is the same number in data of single precision.
    with np.errstate(over="ignore"):
        is_code = np.isin(items.astype(np.float32), np.array(source.missing, np.float32))
    unusable = np.zeros(len(x), bool)
    if source.leaves_unusable_out:
        unusable = ~np.isfinite(items).all(axis=1)
        if y is not None and y.size == len(x):
            unusable |= ~np.isin(y.reshape(len(x)), np.arange(classes))
    return LeftOut(source.missing, np.asarray(is_code.any(axis=1)), unusable)


def in_words(parts: Iterable[LeftOut | None]) -> str:
    """Return how many items are left out of all parts, and why, or "" if none is."""
    return str(joined_parts(parts) or "")


def joined_parts(parts: Iterable[LeftOut | None]) -> LeftOut | None:
    """Return what is left out of all parts together; None if nothing may be."""
    some = [part for part in parts if part is not None]
    if not some:
        return None
    coded, unusable = ([getattr(part, name) for part in some] for name in ("coded", "unusable"))
    return LeftOut(some[0].codes, np.concatenate(coded), np.concatenate(unusable))
