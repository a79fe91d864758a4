"""Cores: the blocks that NengoLoihi splits a network into, each of which takes a core."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from snnc.loihi.axons import Axons, CoreUse
from snnc.loihi.blocks import Block, boxes, slices
from snnc.loihi.connections import axons_of
from snnc.loihi.limits import AXONS_IN, AXONS_OUT, BITS, CORES, NEURONS
from snnc.program.network import Connection, Network, Population


@dataclass(frozen=True, eq=False, repr=False)
class BlockUse:
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


@dataclass(frozen=True, eq=False, repr=False)
class Chip:
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
        """Return the blocks of a layer: boxes of its block_shape, or else as few slices as the limits ask for.

        NengoLoihi divides by the limits all that the layer would take of a single core. Its slices may still be too large.
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
        out_of = [
            (self.axons[connection], fanout[connection]) for connection in self._from(population)
        ]
        placed = [
            BlockUse(
                neurons=block.neurons,
                axons_in=sum(len(use.axons) for use in here),
                axons_out=sum(_slots(axons, block, targets) for axons, targets in out_of),
                bits=sum(use.bits for use in here),
                most_bits=sum(use.most_bits for use in here),
                aligned=all(use.aligned for use in here),
            )
            for block, *here in zip(blocks, *uses, strict=True)
        ]
        on_chip = {population.name for population in self.populations}
        return placed, {
            connection: _fanout(each)
            for connection, each in zip(into, uses, strict=True)
            if connection.source in on_chip
        }

    def _from(self, population: Population) -> list[Connection]:
        """Return the connections from a layer to others on the chip."""
        return [connection for connection in self.axons if connection.source == population.name]


def chip(network: Network) -> Chip | None:
    """Return the part of a network that is on the chip.

    Return None if some axons aren't known. Return None, too, if there are more neurons than on all cores that NengoLoihi
    asks for: then it doesn't matter how they are split.
    """
    populations = network.populations_on_chip
    if sum(population.size for population in populations) > CORES * NEURONS:
        return None
    if any(p.block_shape and len(p.block_shape) != len(p.shape) for p in populations):
        return None
    axons = {connection: axons_of(network, connection) for connection in network.into_chip()}
    known = {connection: each for connection, each in axons.items() if each}
    return Chip(network, known) if len(known) == len(axons) else None


def _uses(axons: Axons, blocks: Sequence[Block]) -> list[CoreUse]:
    """Return the part of each block's core that a connection takes."""
    known: dict[Block, CoreUse] = {}
    uses = []
    for block in blocks:
        alike = block.representative()
        if alike not in known:
            known[alike] = axons.into(alike)
        uses.append(known[alike])
    return uses


def _fanout(uses: Sequence[CoreUse]) -> Counter[int]:
    """Return the number of blocks that each axon leads into."""
    fanout: Counter[int] = Counter()
    for axons, blocks in Counter(use.axons for use in uses).items():
        fanout.update(dict.fromkeys(axons, blocks))
    return fanout


def _slots(axons: Axons, block: Block, fanout: Counter[int]) -> int:
    """Return the slots of the axons that start in a block."""
    return axons.slots * sum(fanout[axon] for axon in axons.out_of(block))
