"""Blocks: the neurons of a layer that share a core.

NengoLoihi splits a layer into boxes where its block_shape is set, and into slices otherwise.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

from snnc.operators.linear import Shape, size


class Stretch(NamedTuple):
    """Neighbours in a block, all in one row of the layer.

    The first of them has the number `first` in the block, and this column and channel in the layer.
    """

    first: int
    length: int
    column: int
    channel: int


@dataclass(frozen=True, repr=False)
class Block(ABC):
    """Neurons of a layer that share a core. In the block they are numbered anew, in the same order."""

    layer: Shape

    @property
    @abstractmethod
    def neurons(self) -> int:
        """The number of neurons."""

    @property
    @abstractmethod
    def rows(self) -> range:
        """The rows of the layer that have neurons in the block."""

    @abstractmethod
    def stretch(self, row: int, columns: range) -> Stretch | None:
        """Return the neurons in some columns of one of these rows, or None if there are none."""

    @abstractmethod
    def numbers(self) -> Sequence[int]:
        """Return the numbers of the neurons in the layer."""

    @abstractmethod
    def pixels(self) -> Sequence[int]:
        """Return the numbers of the pixels that have neurons in the block."""

    @property
    def whole(self) -> bool:
        """Whether the layer isn't split."""
        return self.neurons == size(self.layer)

    def representative(self) -> Block:
        """Return the block that stands for all that take the same of a core."""
        return self


@dataclass(frozen=True, repr=False)
class Box(Block):
    """Neurons at a range of places in each dimension of the layer."""

    sides: tuple[range, ...]

    @property
    def neurons(self) -> int:
        return size(tuple(map(len, self.sides)))

    @property
    def rows(self) -> range:
        return self.sides[0]

    def stretch(self, row: int, columns: range) -> Stretch | None:
        rows, own, channels = self.sides
        start, stop = max(columns.start, own.start), min(columns.stop, own.stop)
        if start >= stop:
            return None
        pixel = (row - rows.start) * len(own) + start - own.start
        depth = len(channels)
        return Stretch(pixel * depth, (stop - start) * depth, start, channels.start)

    def numbers(self) -> Sequence[int]:
        return _numbers(self.sides, self.layer)

    def pixels(self) -> Sequence[int]:
        return _numbers(self.sides[:2], self.layer[:2])

    def representative(self) -> Block:
        """Return the box of the same pixels that begins with the first channel."""
        *sides, channels = self.sides
        return Box(self.layer, (*sides, range(len(channels))))


@dataclass(frozen=True, repr=False)
class Slice(Block):
    """A range of the layer's neurons, in the order of their numbers."""

    slice: range

    @property
    def neurons(self) -> int:
        return len(self.slice)

    @property
    def rows(self) -> range:
        return _covered(self.slice, size(self.layer[1:]))

    def stretch(self, row: int, columns: range) -> Stretch | None:
        _, width, channels = self.layer
        start = max((row * width + columns.start) * channels, self.slice.start)
        stop = min((row * width + columns.stop) * channels, self.slice.stop)
        if start >= stop:
            return None
        pixel, channel = divmod(start, channels)
        return Stretch(start - self.slice.start, stop - start, pixel - row * width, channel)

    def numbers(self) -> Sequence[int]:
        return self.slice

    def pixels(self) -> Sequence[int]:
        return _covered(self.slice, self.layer[-1])


def boxes(layer: Shape, block_shape: Shape) -> list[Block]:
    """Split a layer into boxes of a shape. The last ones of a dimension may be smaller."""
    sides = [
        [range(start, min(start + step, length)) for start in range(0, length, step)]
        for length, step in zip(layer, block_shape, strict=True)
    ]
    return [Box(layer, box) for box in product(*sides)]


def slices(layer: Shape, neurons: int) -> list[Block]:
    """Split a layer into slices of some neurons. The last one may be smaller."""
    stop = size(layer)
    return [
        Slice(layer, range(start, min(start + neurons, stop))) for start in range(0, stop, neurons)
    ]


def _numbers(sides: Sequence[range], shape: Shape) -> Sequence[int]:
    """Return the number of each place in a box, counted row by row."""
    numbers = [0]
    for places, length in zip(sides, shape, strict=True):
        numbers = [number * length + place for number in numbers for place in places]
    return numbers


def _covered(neurons: range, group: int) -> range:
    """Return the numbers of the groups that some neurons are in, of neighbours each."""
    return range(neurons.start // group, (neurons.stop - 1) // group + 1)
