"""Cores: the blocks that NengoLoihi splits a network into, each of which takes a core."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple

from snnc.loihi.axons import Axons, CoreUse
from snnc.loihi.blocks import Block, boxes, slices
from snnc.loihi.connections import axons_of
from snnc.loihi.limits import AXONS_IN, AXONS_OUT, BITS, CORES, NEURONS
from snnc.program.network import Connection, Network, Population


class BlockUse(NamedTuple):
    """The part of its core that a block takes. Its weights take `bits` at least, and `most_bits` at most."""

    neurons: int
    axons_in: int
    axons_out: int
    bits: int
    most_bits: int
    #: Whether all bases are multiples of four, where the axons into it have 16 bits.
    aligned: bool

    @property
    def too_much(self) -> bool:
        """Whether it takes more than a core has, whatever the weights."""
        return self.axons_in > AXONS_IN or self.axons_out > AXONS_OUT or self.bits > BITS

    @property
    def refused(self) -> bool:
        """Whether NengoLoihi refuses it, whatever the weights."""
        return self.too_much or not self.aligned

    @property
    def fits(self) -> bool:
        """Whether NengoLoihi accepts it, whatever the weights."""
        return not self.refused and self.most_bits <= BITS


#: The number of blocks that each axon of a connection leads into. It takes its slots once for each.
Fanout = Mapping[Connection, Counter[int]]


class Chip(NamedTuple):
    """The layers on the chip, and the axons of the connections into them."""

    network: Network
    axons: Mapping[Connection, Axons]

    @property
    def populations(self) -> tuple[Population, ...]:
        return self.network.populations_on_chip

    def cores(self) -> dict[str, int]:
        """Return the number of cores of each layer."""
        return {population.name: len(self.split(population)) for population in self.populations}

    def blocks(self) -> dict[str, list[BlockUse]]:
        """Return the use of each block of each layer."""
        uses: dict[str, list[BlockUse]] = {}
        fanout: dict[Connection, Counter[int]] = {}
        for population in reversed(self.populations):
            blocks = self.split(population)
            uses[population.name], into = self.place(population, blocks, fanout)
            fanout |= into
        return uses

    def split(self, population: Population) -> list[Block]:
        """Return the blocks of a layer: boxes of its block_shape, or slices where it has none.

        NengoLoihi counts the part of a core that the whole layer would take, and divides it by the limits. The slices may
        still be too large.
        """
        if population.block_shape:
            return boxes(population.shape, population.block_shape)
        (whole,) = slices(population.shape, population.size)
        into = [self.axons[connection] for connection in self.network.into(population.name)]
        out_of = [self.axons[connection] for connection in self._from(population)]
        number = max(
            -(-population.size // NEURONS),
            -(-sum(axons.number for axons in into) // AXONS_IN),
            -(-sum(axons.number * axons.slots for axons in out_of) // AXONS_OUT),
            -(-sum(axons.into(whole).most_bits for axons in into) // BITS),
        )
        return slices(population.shape, -(-population.size // number))

    def place(
        self, population: Population, blocks: Sequence[Block], fanout: Fanout
    ) -> tuple[list[BlockUse], Fanout]:
        """Return the use of some blocks of a layer, and the fan-out into them, given that of the layer itself."""
        into = self.network.into(population.name)
        uses = [_uses(self.axons[connection], blocks) for connection in into]
        placed = [
            _block_use(block, here, self._slots(population, block, fanout))
            for block, *here in zip(blocks, *uses, strict=True)
        ]
        on_chip = {population.name for population in self.populations}
        by_connection = dict(zip(into, uses, strict=True))
        return placed, {c: _fanout(by_connection[c]) for c in into if c.source in on_chip}

    def _from(self, population: Population) -> list[Connection]:
        """Return the connections from a layer to others on the chip."""
        return [connection for connection in self.axons if connection.source == population.name]

    def _slots(self, population: Population, block: Block, fanout: Fanout) -> int:
        """Return the slots of the axons that start in a block of a layer."""
        slots = 0
        for connection in self._from(population):
            axons, blocks = self.axons[connection], fanout[connection]
            slots += axons.slots * sum(blocks[axon] for axon in axons.out_of(block))
        return slots


def chip(network: Network) -> Chip | None:
    """Return the part of a network that is on the chip.

    Return None if some axons aren't known. Return None, too, if there are more neurons than on all cores that NengoLoihi
    asks for: then it doesn't matter how they are split.
    """
    populations = network.populations_on_chip
    if sum(population.size for population in populations) > CORES * NEURONS:
        return None
    if not all(map(_can_be_split, populations)):
        return None
    axons: dict[Connection, Axons] = {}
    for connection in network.into_chip():
        known = axons_of(network, connection)
        if known is None:
            return None
        axons[connection] = known
    return Chip(network, axons)


def _can_be_split(population: Population) -> bool:
    """Whether a layer's block_shape, if it has one, has as many dimensions as the layer."""
    return population.block_shape is None or len(population.block_shape) == len(population.shape)


def _block_use(block: Block, uses: Sequence[CoreUse], axons_out: int) -> BlockUse:
    """Return the use of a block, given those of the connections into it."""
    return BlockUse(
        neurons=block.neurons,
        axons_in=sum(len(use.axons) for use in uses),
        axons_out=axons_out,
        bits=sum(use.bits for use in uses),
        most_bits=sum(use.most_bits for use in uses),
        aligned=all(use.aligned for use in uses),
    )


def _uses(axons: Axons, blocks: Sequence[Block]) -> list[CoreUse]:
    """Return the part of each block's core that a connection takes."""
    by_kind: dict[Hashable, CoreUse] = {}
    for block in blocks:
        if block.kind not in by_kind:
            by_kind[block.kind] = axons.into(block)
    return [by_kind[block.kind] for block in blocks]


def _fanout(uses: Sequence[CoreUse]) -> Counter[int]:
    """Return the number of blocks that each axon leads into."""
    fanout: Counter[int] = Counter()
    for axons, blocks in Counter(use.axons for use in uses).items():
        fanout.update(dict.fromkeys(axons, blocks))
    return fanout
