"""The axons of a connection, and the part of a core that they and their weights take.

A spike enters a core through an axon, which leads to weights in synapse memory. A discrete axon carries the spikes of one
neuron. A population axon carries those of all channels of a pixel. It leads to a table that has weights for each channel,
and indices that count from the axon's base; pixels whose targets differ in their bases alone share a table. NengoLoihi
builds population axons for convolutions, and discrete ones for matrices.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from snnc.loihi.blocks import Block
from snnc.loihi.memory import index_bits, table_bits
from snnc.loihi.targets import AxonRun, targets
from snnc.loihi.windows import Axis
from snnc.operators.linear import Shape, size


class CoreUse(NamedTuple):
    """The part of a core that a connection takes.

    NengoLoihi stores equal tables once where it splits a layer. Weights may turn out equal by training or not: they take
    `bits` at least, and `most_bits` at most.
    """

    #: The numbers of the axons that lead into the core.
    axons: Sequence[int]
    bits: int
    most_bits: int
    #: Whether all bases are multiples of four, where the axons have 16 bits.
    aligned: bool = True


class DenseAxons(NamedTuple):
    """The discrete axons of a matrix. Each leads to all neurons of the target."""

    #: The shape of the layer that they start in, or of the input.
    source: Shape
    #: The number of values that have tables of their own; those of others may be equal.
    distinct: int
    #: The number of axons of a value. NengoLoihi sends each value of the input as spikes of two neurons.
    per_value: int
    #: The slots that an axon takes of the core that it starts in.
    slots: int = 1

    @property
    def number(self) -> int:
        """The number of axons before a layer is split."""
        return self.per_value * size(self.source)

    def out_of(self, block: Block) -> Sequence[int]:
        """Return the numbers of the axons that start in a block of the source."""
        return block.numbers()

    def into(self, block: Block) -> CoreUse:
        """Return the part of its core that a block of the target takes."""
        table = table_bits(block.neurons)
        tables = self.number if block.whole else self.per_value * self.distinct
        return CoreUse(range(self.number), tables * table, self.number * table)


#: Weights with their indices: where they stand in the kernel, and which neurons they are for.
Table = tuple[AxonRun, ...]


class ConvolutionAxons(NamedTuple):
    """The population axons of a kernel: one for each pixel, with weights for each of its channels."""

    source: Shape
    #: Of the image that windows move over.
    rows: Axis
    columns: Axis
    pop_type: int
    #: Whether pooling gives several places of the kernel the same weights.
    pooled: bool

    @property
    def number(self) -> int:
        return size(self.source[:2])

    @property
    def slots(self) -> int:
        return 2 if self.pop_type == 32 else 1

    def out_of(self, block: Block) -> Sequence[int]:
        return block.pixels()

    def into(self, block: Block) -> CoreUse:
        reached = list(targets(self.rows, self.columns, block))
        # The bases of axons of 16 bits count in fours.
        aligned = self.pop_type == 32 or all(target.base % 4 == 0 for target in reached)
        bits = self._bits({target.runs for target in reached})
        most_bits = sum(bits.values())
        if block.whole:
            return CoreUse(range(self.number), most_bits, most_bits, aligned)
        different = {_indices(table): bits[table] for table in bits} if self.pooled else bits
        numbers = tuple(target.pixel for target in reached)
        return CoreUse(numbers, sum(different.values()), most_bits, aligned)

    def _bits(self, tables: Collection[Table]) -> dict[Table, int]:
        """Return the bits that each table takes. All indices have as many as the largest needs."""
        width = index_bits(max(runs[-1].first + runs[-1].length - 1 for runs in tables))
        return {
            runs: table_bits(self.source[2] * sum(run.length for run in runs), width)
            for runs in tables
        }


class SparseAxons(NamedTuple):
    """The discrete axons of a matrix that is zero beyond windows: one for each channel of a pixel."""

    source: Shape
    #: Of the image that windows move over.
    rows: Axis
    columns: Axis
    slots: int = 1

    @property
    def number(self) -> int:
        return size(self.source)

    def out_of(self, block: Block) -> Sequence[int]:
        return block.numbers()

    def into(self, block: Block) -> CoreUse:
        channels = range(self.source[2])
        reached = list(targets(self.rows, self.columns, block))
        bits = [len(channels) * table_bits(sum(map(len, target.neurons))) for target in reached]
        most_bits = sum(bits)
        if block.whole:
            return CoreUse(range(self.number), most_bits, most_bits)
        # Pixels with the same targets may have equal weights.
        different = dict(zip((target.neurons for target in reached), bits, strict=True))
        numbers = tuple(
            target.pixel * len(channels) + channel for target in reached for channel in channels
        )
        return CoreUse(numbers, sum(different.values()), most_bits)


#: All have the members that are documented for those of a matrix.
Axons = DenseAxons | ConvolutionAxons | SparseAxons


def _indices(table: Table) -> tuple[tuple[int, int, int], ...]:
    """Return the indices of a table, with the first channel of each run: these tell tables apart whose weights are equal."""
    return tuple((run.first, run.length, run.channel) for run in table)
