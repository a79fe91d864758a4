"""The axons of a connection, and the part of a core that they and their weights take.

A spike enters a core through an axon, which leads to weights in synapse memory. A discrete axon carries the spikes of one
neuron. A population axon carries those of all channels of a pixel. It leads to a table that has weights for each channel,
and indices that count from the axon's base; pixels whose targets differ in their bases alone share a table. NengoLoihi
builds population axons for convolutions, and discrete ones for matrices.
"""

from collections.abc import Callable, Sequence
from functools import partial
from math import prod
from typing import NamedTuple, Protocol

from snnc.loihi.blocks import Block, Box
from snnc.loihi.memory import table_bits
from snnc.operators.linear import Shape, size


class CoreUse(NamedTuple):
    """The part of a core that a connection takes.

    NengoLoihi stores equal tables once where it splits a layer. Weights may turn out equal by training or not: they take
    `bits` at least, and `most_bits` at most.
    """

    #: The number of axons that lead into the core.
    axons: int
    bits: int
    most_bits: int
    #: Whether all bases are multiples of four, where the axons have 16 bits.
    aligned: bool = True


class Least(NamedTuple):
    """What a box takes of its core at least: axons, and bits by the number of channels of a pixel in it."""

    axons: int
    bits: Callable[[int], int]


class Fanout(Protocol):
    """The number of blocks that each axon of a connection leads into. It takes its slots once for each."""

    def below(self, pixel: int) -> int:
        """Return the sum of the blocks that the axons of all pixels before one lead into."""
        ...


class Everywhere(NamedTuple):
    """All axons lead into all blocks."""

    blocks: int

    def below(self, pixel: int) -> int:
        return self.blocks * pixel


#: The part of its core that each block takes, and a function that counts where the axons lead.
Landed = tuple[Sequence[CoreUse], Callable[[], Fanout]]


class Axons(Protocol):
    """The axons of a connection."""

    @property
    def source(self) -> Shape:
        """The shape of the layer that they start in, or of the input."""
        ...

    @property
    def number(self) -> int:
        """The number of axons before a layer is split."""
        ...

    @property
    def slots(self) -> int:
        """The slots that an axon takes of the core that it starts in."""
        ...

    def into(self, blocks: Sequence[Block]) -> Landed:
        """Return what blocks of the target take, and where the axons lead."""
        ...

    def out_of(self, block: Block, leading: Fanout) -> int:
        """Return how often the axons that start in a block of the source lead into one of the target."""
        ...

    def least(self, box: Box) -> Least:
        """Return what a box takes at least, whatever its depth."""
        ...


class DenseAxons(NamedTuple):
    """The discrete axons of a matrix. Each leads to all neurons of the target."""

    source: Shape
    #: The number of values that have tables of their own; those of others may be equal.
    distinct: int
    #: The number of values but for those whose tables are surely equal to others'.
    most_distinct: int
    #: The number of axons of a value. NengoLoihi sends each value of the input as spikes of two neurons.
    per_value: int
    slots: int = 1

    @property
    def number(self) -> int:
        return self.per_value * size(self.source)

    def into(self, blocks: Sequence[Block]) -> Landed:
        return [self._into(block) for block in blocks], partial(Everywhere, len(blocks))

    def out_of(self, block: Block, leading: Fanout) -> int:
        return leading.below(block.neurons)

    def least(self, box: Box) -> Least:
        pixels, tables = prod(map(len, box.sides[:-1])), self.per_value * self.most_distinct
        return Least(self.number, lambda depth: tables * table_bits(pixels * depth))

    def _into(self, block: Block) -> CoreUse:
        table = table_bits(block.neurons)
        if block.whole:
            return CoreUse(self.number, self.number * table, self.number * table)
        fewest, most = (self.per_value * number for number in (self.distinct, self.most_distinct))
        return CoreUse(self.number, fewest * table, most * table)
