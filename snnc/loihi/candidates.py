"""Candidates: the cuts of one layer whose blocks have room for what leads into them, those of the fewest blocks first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import count
from typing import NamedTuple

from snnc.loihi.axons import CoreUse
from snnc.loihi.blocks import Block, Boxes, Split, one_neuron, whole
from snnc.loihi.cores import Chip, Fanouts
from snnc.loihi.limits import AXONS_IN, AXONS_OUT, BITS, LARGEST_SYSTEM, NEURONS
from snnc.loihi.shapes import shapes
from snnc.operators.linear import Shape
from snnc.program.network import Population

#: What a layer that doesn't fit adds to the cores: whatever fits takes fewer.
MISFIT = 10 * LARGEST_SYSTEM


class Cut(NamedTuple):
    """Blocks of a layer: their number, and their shape, or None where NengoLoihi splits the layer by itself."""

    number: int
    shape: Shape | None
    fits: bool = True

    @property
    def cost(self) -> int:
        """The number of cores, and far more than any network takes if it doesn't fit."""
        return self.number if self.fits else self.number + MISFIT


class Candidate(NamedTuple):
    """A cut of a layer: its blocks, and a function that counts the fan-out into them."""

    cut: Cut
    blocks: Sequence[Block]
    leading: Callable[[], Fanouts]


@dataclass(frozen=True, eq=False)
class Layer:
    """A layer on the chip. If it is open, it may be cut in any way."""

    spread: Chip
    population: Population
    is_open: bool
    _tried: list[Candidate | None] = field(default_factory=list, repr=False)

    def candidates(self) -> Iterator[Candidate | None]:
        """Yield what the cuts that are tried come to: a candidate, or None where a block has too little room.

        Nothing is tried twice.
        """
        for place in count():
            if place == len(self._tried):
                following = next(self._tries, _END)
                if isinstance(following, str):
                    return
                self._tried.append(following)
            yield self._tried[place]

    def has_room(self, candidate: Candidate, fanouts: Fanouts) -> bool:
        """Return whether the blocks have room for the axons that start there, as far as the fan-out is known."""
        blocks = candidate.blocks
        slots = (self.spread.slots(self.population, block, fanouts) for block in blocks)
        return all(taken <= AXONS_OUT for taken in slots)

    def fewest(self, fanouts: Fanouts) -> Cut:
        """Return the cut of the fewest blocks that fit, as far as the fan-out is known."""
        if not self.is_open:
            return self.as_it_is.cut
        if not self.hopeless(fanouts):
            for candidate in self.candidates():
                if candidate and self.has_room(candidate, fanouts):
                    return candidate.cut
        return self.misfit.cut

    def hopeless(self, fanouts: Fanouts) -> bool:
        """Return whether a neuron in the middle takes more than a core has, if it has one for itself."""
        neuron = one_neuron(self.population.shape)
        taken = self.spread.slots(self.population, neuron, fanouts)
        return taken > AXONS_OUT or not self._fit([neuron])

    def cores(self, fanouts: Fanouts) -> int:
        """Return the number of cores that have slots for the layer's axons, at least, as far as the fan-out is known."""
        slots = self.spread.slots(self.population, whole(self.population.shape), fanouts)
        return -(-slots // AXONS_OUT)

    @cached_property
    def as_it_is(self) -> Candidate:
        """The layer as it is split if nobody cuts it."""
        split = self.spread.split(self.population)
        cut = Cut(split.number, self.population.block_shape)
        if split.number > LARGEST_SYSTEM:
            return Candidate(cut, (), dict)
        blocks = list(split.blocks())
        return Candidate(cut, blocks, cache(self.spread.land(self.population, blocks)[1]))

    @property
    def misfit(self) -> Candidate:
        """The layer as it is split if no cut makes it fit."""
        return self.as_it_is._replace(cut=self.as_it_is.cut._replace(fits=False))

    @cached_property
    def _tries(self) -> Iterator[Candidate | None]:
        if not self.is_open:
            return iter([self.as_it_is])
        return (self._tried_out(cut, split) for cut, split in self._splits())

    def _splits(self) -> Iterator[tuple[Cut, Split]]:
        """Yield the ways to split the layer, the fewest blocks first, and NengoLoihi's own before others of as many."""
        shape, own = self.population.shape, self.spread.split(self.population)
        if own.number == -(-self.population.size // NEURONS):
            yield Cut(own.number, None), own
        into = [self.spread.axons[c] for c in self.spread.network.into(self.population.name)]
        own_is_due = own.number > -(-self.population.size // NEURONS)
        for number, block in shapes(shape, into):
            if own_is_due and number >= own.number:
                yield Cut(own.number, None), own
                own_is_due = False
            if number > LARGEST_SYSTEM:
                return
            yield Cut(number, block), Boxes(shape, block)

    def _tried_out(self, cut: Cut, split: Split) -> Candidate | None:
        # A cut that doesn't fit mostly shows it in the middle.
        if cut.number > 2 and isinstance(split, Boxes) and not self._fit([split.middle]):
            return None
        blocks = list(split.blocks())
        into, leading = self.spread.land(self.population, blocks)
        fits = all(map(_has_room, blocks, into))
        return Candidate(cut, blocks, cache(leading)) if fits else None

    def _fit(self, blocks: Sequence[Block]) -> bool:
        return all(map(_has_room, blocks, self.spread.land(self.population, blocks)[0]))


_END = "no more"


def _has_room(block: Block, into: Sequence[CoreUse]) -> bool:
    """Return whether a core has room for a block and what leads into it, whatever the weights."""
    return (
        block.neurons <= NEURONS
        and sum(use.axons for use in into) <= AXONS_IN
        and sum(use.most_bits for use in into) <= BITS
        and all(use.aligned for use in into)
    )
