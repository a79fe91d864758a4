"""What a network is shown in an item's slot: the steps whose data are the item's, and then its gap.

With a latency a slot begins so many steps after its item, whose first effect arrives only then, and ends within the next item.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
#: The outputs of nodes for items side by side: (items, size), or (items, steps, size) where they change.
Items = Mapping[Any, Array]


@runtime_checkable
class Rows(Protocol):
    """Items, (items, size), that are read when they are shown. All of their numbers are finite."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def ndim(self) -> int: ...

    def __len__(self) -> int: ...

    def read(self, numbers: Any) -> Array: ...

    def __getitem__(self, numbers: Any) -> Array: ...


class EachStep:
    """Rows with outputs for each step, (items, steps, size)."""

    ndim = 3

    def __init__(self, rows: Rows, steps: int) -> None:
        self._rows, self._steps = rows, steps
        self.shape = (len(rows), steps, rows.shape[1])

    def __len__(self) -> int:
        return len(self._rows)

    def read(self, numbers: Any) -> Array:
        return step_by_step(self._rows[numbers], self._steps)

    __getitem__ = read


class Piece(NamedTuple):
    """Some steps in which the same items are shown."""

    items: Items
    steps: int


class Slot(NamedTuple):
    own: Sequence[Piece]
    gap: Sequence[Piece] = ()


def slot(items: Items, following: Items, steps: int, gap: int, latency: int) -> Slot:
    """Return the slot of items that others follow."""
    pieces = []
    if steps > latency:
        rest = {node: _steps(values, latency, steps) for node, values in items.items()}
        pieces.append(Piece(rest, steps - latency))
    if gap:
        pieces.append(Piece({node: _blank(values, gap) for node, values in items.items()}, gap))
    if latency:
        pieces.append(beginning(following, latency))
    own, after = _split(pieces, steps)
    return Slot(_joined(own), _joined(after))


def beginning(items: Items, steps: int) -> Piece:
    """Return the first steps of items."""
    return Piece({node: _steps(values, 0, steps) for node, values in items.items()}, steps)


def step_by_step(values: Array, steps: int) -> Array:
    """Return items, (items, size), as (items, steps, size), without a copy."""
    n_items, size = values.shape
    return np.broadcast_to(values[:, None], (n_items, steps, size))


def _steps(values: Array, begin: int, end: int) -> Array:
    return values if values.ndim == 2 else values[:, begin:end]


def _blank(values: Array, steps: int) -> Array:
    return np.zeros((len(values), *(steps,) * (values.ndim - 2), values.shape[-1]))


def _joined(pieces: Sequence[Piece]) -> Sequence[Piece]:
    """Return one piece for all, if they change from step to step anyway."""
    if len(pieces) < 2 or any(values.ndim == 2 for values in pieces[0].items.values()):
        return pieces
    whole = {
        node: np.concatenate([piece.items[node] for piece in pieces], axis=1)
        for node in pieces[0].items
    }
    return [Piece(whole, sum(piece.steps for piece in pieces))]


def _split(pieces: Sequence[Piece], steps: int) -> tuple[list[Piece], list[Piece]]:
    """Return the pieces of some steps, and the rest."""
    before: list[Piece] = []
    after: list[Piece] = []
    for piece in pieces:
        here = min(piece.steps, steps)
        if here:
            before.append(beginning(piece.items, here))
        if piece.steps > here:
            rest = {node: _steps(values, here, piece.steps) for node, values in piece.items.items()}
            after.append(Piece(rest, piece.steps - here))
        steps -= here
    return before, after
