"""Cores: the blocks that NengoLoihi splits a network into, each of which takes a core."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from snnc.loihi.axons import Axons, CoreUse, Fanout
from snnc.loihi.blocks import Block, Boxes, Slice, Slices, Split
from snnc.loihi.connections import axons_of
from snnc.loihi.limits import AXONS_IN, AXONS_OUT, BITS, NEURONS
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


#: By connection.
Fanouts = Mapping[Connection, Fanout]


class Chip(NamedTuple):
    """The layers on the chip, and the axons of the connections into them."""

    network: Network
    axons: Mapping[Connection, Axons]

    @property
    def populations(self) -> tuple[Population, ...]:
        return self.network.populations_on_chip

    def cores(self) -> dict[str, int]:
        """Return the number of cores of each layer."""
        return {population.name: self.split(population).number for population in self.populations}

    def blocks(self) -> dict[str, list[BlockUse]]:
        """Return the use of each block of each layer."""
        uses: dict[str, list[BlockUse]] = {}
        fanouts: dict[Connection, Fanout] = {}
        for population in reversed(self.populations):
            blocks = list(self.split(population).blocks())
            uses[population.name], into = self.place(population, blocks, fanouts)
            fanouts |= into
        return uses

    def split(self, population: Population) -> Split:
        """Return how a layer is split: into boxes of its block_shape, or slices where it has none.

        NengoLoihi counts the part of a core that the whole layer would take, and divides it by the limits. The slices may
        still be too large.
        """
        if population.block_shape:
            return Boxes(population.shape, population.block_shape)
        into = [self.axons[connection] for connection in self.network.into(population.name)]
        out_of = [self.axons[connection] for connection in self.out_of(population)]
        whole = Slice(population.shape, range(population.size))
        number = max(
            -(-population.size // NEURONS),
            -(-sum(axons.number for axons in into) // AXONS_IN),
            -(-sum(axons.number * axons.slots for axons in out_of) // AXONS_OUT),
            -(-sum(axons.into([whole])[0][0].most_bits for axons in into) // BITS),
        )
        return Slices(population.shape, -(-population.size // number))

    def place(
        self, population: Population, blocks: Sequence[Block], fanouts: Fanouts
    ) -> tuple[list[BlockUse], Fanouts]:
        """Return the use of some blocks of a layer, and the fan-out into them, given that of the layer itself."""
        into, leading = self.land(population, blocks)
        placed = [
            _block_use(block, here, self.slots(population, block, fanouts))
            for block, here in zip(blocks, into, strict=True)
        ]
        return placed, leading()

    def land(
        self, population: Population, blocks: Sequence[Block]
    ) -> tuple[list[Sequence[CoreUse]], Callable[[], Fanouts]]:
        """Return what the connections into a layer take of some blocks of it, and a function that counts the fan-out into these."""
        into = self.network.into(population.name)
        landed = [self.axons[connection].into(blocks) for connection in into]
        on_chip = {population.name for population in self.populations}

        def leading() -> Fanouts:
            return {
                connection: leads()
                for connection, (_, leads) in zip(into, landed, strict=True)
                if connection.source in on_chip
            }

        return list(zip(*(uses for uses, _ in landed), strict=True)), leading

    def slots(self, population: Population, block: Block, fanouts: Fanouts) -> int:
        """Return the slots of the axons that start in a block of a layer, as far as their fan-out is known."""
        slots = 0
        for connection in self.out_of(population):
            if connection in fanouts:
                axons = self.axons[connection]
                slots += axons.slots * axons.out_of(block, fanouts[connection])
        return slots

    def out_of(self, population: Population) -> list[Connection]:
        """Return the connections from a layer to others on the chip."""
        return [connection for connection in self.axons if connection.source == population.name]


def chip(network: Network) -> Chip | None:
    """Return the part of a network that is on the chip, or None if some axons aren't known."""
    if not all(map(_can_be_split, network.populations_on_chip)):
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
        axons_in=sum(use.axons for use in uses),
        axons_out=axons_out,
        bits=sum(use.bits for use in uses),
        most_bits=sum(use.most_bits for use in uses),
        aligned=all(use.aligned for use in uses),
    )
