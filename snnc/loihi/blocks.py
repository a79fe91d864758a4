"""Blocks: the neurons of a layer that share a core.

NengoLoihi splits a layer into boxes where its block_shape is set, and into slices elsewhere. In a block neurons are numbered
anew, in the same order as in the layer.
"""

from collections.abc import Iterator, Sequence
from itertools import product
from math import prod
from typing import NamedTuple

from snnc.operators.linear import Shape, as_image, size


class Box(NamedTuple):
    """Neurons at a range of places in each dimension of a layer."""

    layer: Shape
    sides: tuple[range, ...]

    @property
    def neurons(self) -> int:
        """The number of neurons."""
        return size(tuple(map(len, self.sides)))

    @property
    def whole(self) -> bool:
        """Whether the layer isn't split."""
        return self.neurons == size(self.layer)

    @property
    def lines(self) -> range:
        """The rows of the layer that have neurons in the block; a row of neurons is one pixel."""
        return self.sides[0] if len(self.sides) > 1 else range(1)

    @property
    def columns(self) -> range:
        """The columns of the layer that have neurons in the block; a series has one."""
        return self.sides[1] if len(self.sides) == 3 else range(1)

    @property
    def depth(self) -> int:
        """The number of channels of a pixel in the block."""
        return len(self.sides[-1])

    @property
    def head(self) -> int:
        """The number of neurons of the first row, in these columns, that come before the block."""
        return 0

    @property
    def tail(self) -> int:
        """The number of neurons of the last row, in these columns, that come after the block."""
        return 0

    @property
    def missing(self) -> tuple[int, int]:
        """The number of channels of the first pixel that come before the block, and of the last that come after it."""
        return 0, 0

    @property
    def pixels(self) -> Sequence[range]:
        """The numbers of the pixels that have neurons in the block."""
        (_, width, _), columns = as_image(self.layer), self.columns
        return [range(y * width + columns.start, y * width + columns.stop) for y in self.lines]


class Slice(NamedTuple):
    """Neurons in a range of their numbers."""

    layer: Shape
    span: range

    @property
    def neurons(self) -> int:
        return len(self.span)

    @property
    def whole(self) -> bool:
        return self.neurons == size(self.layer)

    @property
    def lines(self) -> range:
        return _covered(self.span, size(as_image(self.layer)[1:]))

    @property
    def columns(self) -> range:
        (_, width, _), (pixels,) = as_image(self.layer), self.pixels
        if len(self.lines) > 1:
            return range(width)
        first = self.lines.start * width
        return range(pixels.start - first, pixels.stop - first)

    @property
    def depth(self) -> int:
        return self.layer[-1]

    @property
    def head(self) -> int:
        return self.span.start - self._neuron(self.lines.start, self.columns.start)

    @property
    def tail(self) -> int:
        return self._neuron(self.lines.stop - 1, self.columns.stop) - self.span.stop

    @property
    def missing(self) -> tuple[int, int]:
        return self.span.start % self.depth, -self.span.stop % self.depth

    @property
    def pixels(self) -> Sequence[range]:
        return [_covered(self.span, self.depth)]

    def _neuron(self, line: int, column: int) -> int:
        _, width, depth = as_image(self.layer)
        return (line * width + column) * depth


#: Both have the members that are documented for a box.
Block = Box | Slice


class Boxes(NamedTuple):
    """A layer that is split into boxes of a shape. The last ones of a dimension may be smaller."""

    layer: Shape
    block_shape: Shape

    @property
    def number(self) -> int:
        """The number of blocks."""
        return prod(
            -(-length // step) for length, step in zip(self.layer, self.block_shape, strict=True)
        )

    @property
    def block(self) -> Shape:
        """The shape of all blocks but the last ones."""
        return tuple(map(min, self.block_shape, self.layer))

    @property
    def middle(self) -> Box:
        """The block in the middle of the layer."""
        steps = zip(self.layer, self.block_shape, strict=True)
        starts = [-(-length // step) // 2 * step for length, step in steps]
        return Box(self.layer, tuple(map(self._side, starts, self.layer, self.block_shape)))

    def blocks(self) -> Iterator[Block]:
        """Yield the blocks, in order."""
        sides = [
            [self._side(start, length, step) for start in range(0, length, step)]
            for length, step in zip(self.layer, self.block_shape, strict=True)
        ]
        return (Box(self.layer, box) for box in product(*sides))

    @staticmethod
    def _side(start: int, length: int, step: int) -> range:
        return range(start, min(start + step, length))


class Slices(NamedTuple):
    """A layer that is split into slices of some neurons. The last one may be smaller."""

    layer: Shape
    neurons: int

    @property
    def number(self) -> int:
        return -(-size(self.layer) // self.neurons)

    @property
    def block(self) -> Shape:
        return (self.neurons,)

    def blocks(self) -> Iterator[Block]:
        stop = size(self.layer)
        starts = range(0, stop, self.neurons)
        return (Slice(self.layer, range(x, min(x + self.neurons, stop))) for x in starts)


Split = Boxes | Slices


def whole(layer: Shape) -> Block:
    """Return the block of a layer that isn't split."""
    return Slice(layer, range(size(layer)))


def one_neuron(layer: Shape) -> Block:
    """Return the block of a neuron in the middle of a layer that has a core for itself."""
    return Boxes(layer, (1,) * len(layer)).middle


def parts_of(block: Block, channels: range, depth: int) -> list[tuple[range, Block]]:
    """Return the parts of a block that belong to so many neighbouring channels of a layer each, from the first of `channels` on.

    A part is a block of a layer that has those channels alone. With each stand the numbers of all that have a part of its form.
    """
    found: list[tuple[range, Block]] = []
    for number, first in enumerate(channels[::depth]):
        part = _part(block, first, depth)
        if part is None:
            continue
        if found and found[-1][1] == part and found[-1][0].stop == number:
            found[-1] = (range(found[-1][0].start, number + 1), part)
        else:
            found.append((range(number, number + 1), part))
    return found


def _part(block: Block, first: int, depth: int) -> Block | None:
    """Return the part of a block that is in so many channels, the first of which is given, or None if there is none."""
    rows, columns, channels = as_image(block.layer)
    layer = (rows, columns, depth)
    if isinstance(block, Box):
        own = range(max(block.sides[-1].start - first, 0), min(block.sides[-1].stop - first, depth))
        return Box(layer, (block.lines, block.columns, own)) if own else None
    bounds = (
        _below(bound, channels, first, depth) for bound in (block.span.start, block.span.stop)
    )
    span = range(*bounds)
    return Slice(layer, span) if span else None


def _below(neuron: int, channels: int, first: int, depth: int) -> int:
    """Return how many neurons before one are in some channels."""
    pixel, channel = divmod(neuron, channels)
    return pixel * depth + min(max(channel - first, 0), depth)


def _covered(neurons: range, group: int) -> range:
    """Return the numbers of the groups, of neighbours each, that some neurons are in."""
    return range(neurons.start // group, (neurons.stop - 1) // group + 1)
