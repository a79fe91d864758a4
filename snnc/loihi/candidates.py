"""Candidates: the cuts of one layer, those of the fewest blocks first, and whether cores have room for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from heapq import merge
from itertools import chain, count
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


@dataclass(frozen=True, eq=False)
class Candidate:
    """A cut of a layer that may fit. What its blocks take is counted when it is asked for, and once."""

    spread: Chip
    population: Population
    cut: Cut
    split: Split

    @cached_property
    def blocks(self) -> Sequence[Block]:
        """The blocks of the layer."""
        return list(self.split.blocks())

    @cached_property
    def leading(self) -> Fanouts:
        """The fan-out into the blocks."""
        return self.spread.land(self.population, self.blocks)[1]()

    def fits(self, fanouts: Fanouts) -> bool:
        """Return whether a core has room for each block, whatever the weights, and as far as the fan-out is known."""
        if not (self._middle_fits and self._sends(self._middle, fanouts)):
            return False  # what doesn't fit mostly shows it in the middle
        return self._all_fit and self.sends(fanouts)

    def sends(self, fanouts: Fanouts) -> bool:
        """Return whether a core has room for the axons that start in each block, as far as the fan-out is known."""
        return self._sends(self.blocks, fanouts)

    @cached_property
    def _middle(self) -> Sequence[Block]:
        return [self.split.middle] if isinstance(self.split, Boxes) and self.cut.number > 2 else ()

    @cached_property
    def _middle_fits(self) -> bool:
        return self._receives(self._middle)

    @cached_property
    def _all_fit(self) -> bool:
        return self._receives(self.blocks)

    def _receives(self, blocks: Sequence[Block]) -> bool:
        into = self.spread.land(self.population, blocks)[0] if blocks else ()
        return all(map(_has_room, blocks, into))

    def _sends(self, blocks: Sequence[Block], fanouts: Fanouts) -> bool:
        slots = (self.spread.slots(self.population, block, fanouts) for block in blocks)
        return all(taken <= AXONS_OUT for taken in slots)


@dataclass(frozen=True, eq=False)
class Layer:
    """A layer on the chip. If it is open, it may be cut in any way."""

    spread: Chip
    population: Population
    is_open: bool
    _known: list[Candidate] = field(default_factory=list, repr=False)

    def candidates(self, fanouts: Fanouts) -> Iterator[Candidate]:
        """Yield the cuts that may fit as far as the fan-out is known, the fewest blocks first."""
        if not self.is_open:
            yield self.as_it_is
        elif not self._hopeless(fanouts):
            fewest = self.cores(fanouts)
            yield from (each for each in self._candidates() if each.cut.number >= fewest)

    def fits(self, candidate: Candidate, fanouts: Fanouts) -> bool:
        """Return whether a cut fits. What leads into a layer that isn't open is no reason to cut others."""
        return candidate.fits(fanouts) if self.is_open else candidate.sends(fanouts)

    def fewest(self, fanouts: Fanouts) -> Cut:
        """Return the cut of the fewest blocks that fit, as far as the fan-out is known."""
        found = (each.cut for each in self.candidates(fanouts) if self.fits(each, fanouts))
        return next(found, self.misfit.cut)

    def cores(self, fanouts: Fanouts) -> int:
        """Return the number of cores that have slots for the layer's axons, at least, as far as the fan-out is known."""
        slots = self.spread.slots(self.population, whole(self.population.shape), fanouts)
        return -(-slots // AXONS_OUT)

    @cached_property
    def as_it_is(self) -> Candidate:
        """The layer as it is split if nobody cuts it."""
        split = self.spread.split(self.population)
        return self._candidate(split, self.population.block_shape)

    @cached_property
    def misfit(self) -> Candidate:
        """The layer as it is split if no cut fits."""
        return replace(self.as_it_is, cut=self.as_it_is.cut._replace(fits=False))

    def _hopeless(self, fanouts: Fanouts) -> bool:
        """Return whether a neuron in the middle takes more than a core has, if it has one for itself."""
        neuron = one_neuron(self.population.shape)
        (use,), _ = self.spread.place(self.population, [neuron], fanouts)
        return not use.fits

    def _candidates(self) -> Iterator[Candidate]:
        """Yield all cuts; each is made once."""
        for place in count():
            if place == len(self._known):
                following = next(self._made, None)
                if following is None:
                    return
                self._known.append(following)
            yield self._known[place]

    @cached_property
    def _made(self) -> Iterator[Candidate]:
        """The cuts of the layer, the fewest blocks first, and NengoLoihi's own before others of as many."""
        shape, own = self.population.shape, self.as_it_is
        into = [self.spread.axons[c] for c in self.spread.network.into(self.population.name)]
        boxes = (
            self._candidate(Boxes(shape, block), block)
            for number, block in shapes(shape, into)
            if number <= LARGEST_SYSTEM
        )
        # No layer is split into fewer, so that no others are looked for if these do.
        fewest = -(-self.population.size // NEURONS)
        if own.cut.number > LARGEST_SYSTEM:
            return boxes
        if own.cut.number <= fewest:
            return chain([own], boxes)
        return merge([own], boxes, key=lambda candidate: candidate.cut.number)

    def _candidate(self, split: Split, shape: Shape | None) -> Candidate:
        return Candidate(self.spread, self.population, Cut(split.number, shape), split)


def _has_room(block: Block, into: Sequence[CoreUse]) -> bool:
    """Return whether a core has room for a block and what leads into it, whatever the weights."""
    return (
        block.neurons <= NEURONS
        and sum(use.axons for use in into) <= AXONS_IN
        and sum(use.most_bits for use in into) <= BITS
        and all(use.aligned for use in into)
    )
