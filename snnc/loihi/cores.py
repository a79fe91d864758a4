"""How the layers of a program are spread over the cores of the chip, as NengoLoihi does it: one block of neurons on each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from snnc.loihi.axons import WHOLE, Part, Taken, Wiring, count, wiring
from snnc.loihi.limits import AXONS_IN, AXONS_OUT, BITS, CORES, NEURONS
from snnc.operators.linear import Shape
from snnc.program.network import Connection, Population
from snnc.program.program import Program


@dataclass(frozen=True, eq=False, repr=False)
class Block:
    """Neurons that share a core, and what they take of it: of its bits at least `bits`, and at most `most`."""

    neurons: int
    axons_in: int
    axons_out: int
    bits: int
    most: int
    #: Whether the axons into it can say where their neurons start: those of 16 bits count in fours.
    in_place: bool

    @property
    def too_much(self) -> bool:
        """Whether it takes more than a core has, whatever the weights."""
        return self.axons_in > AXONS_IN or self.axons_out > AXONS_OUT or self.bits > BITS

    @property
    def refused(self) -> bool:
        """Whether NengoLoihi refuses it, whatever the weights."""
        return self.too_much or not self.in_place

    @property
    def fits(self) -> bool:
        """Whether NengoLoihi accepts it, whatever the weights."""
        return not self.refused and self.most <= BITS


#: By connection: the axons that each of the parts it leads to uses, and how many parts use the same.
Used = Mapping[Connection, Counter[int]]


@dataclass(frozen=True, eq=False, repr=False)
class Chip:
    """The layers on the chip, with the axons and weights between them."""

    program: Program
    wirings: Mapping[Connection, Wiring]

    @property
    def populations(self) -> tuple[Population, ...]:
        return self.program.network.populations_on_chip

    def cores(self) -> dict[str, int]:
        """Return how many cores each layer takes."""
        return {population.name: len(self.cut(population)) for population in self.populations}

    def blocks(self) -> dict[str, list[Block]]:
        """Return the blocks of each layer."""
        found: dict[str, list[Block]] = {}
        used: dict[Connection, Counter[int]] = {}
        for population in reversed(self.populations):
            found[population.name], here = self.place(population, self.cut(population), used)
            used |= here
        return found

    def cut(self, population: Population) -> list[Part]:
        """Return the parts that NengoLoihi cuts a layer into: as the spec says, or by what all of it takes."""
        if population.block_shape:
            return boxes(population.shape, population.block_shape)
        into = [
            self.wirings[connection] for connection in self.program.network.into(population.name)
        ]
        out_of = [wired for c, wired in self.wirings.items() if c.source == population.name]
        number = max(
            -(-population.size // NEURONS),
            -(-sum(wired.axons for wired in into) // AXONS_IN),
            -(-sum(wired.axons * wired.slots for wired in out_of) // AXONS_OUT),
            -(-sum(wired.into(WHOLE).most for wired in into) // BITS),
        )
        return boxes((population.size,), (-(-population.size // number),))

    def place(
        self, population: Population, parts: Sequence[Part], after: Used
    ) -> tuple[list[Block], Used]:
        """Return the blocks of a layer that is cut into some parts, and what they use of the layers before.

        `after` says what the layers after it use.
        """
        into = self.program.network.into(population.name)
        taken = [_taken(self.wirings[connection], parts) for connection in into]
        out_of = [(self.wirings[c], after[c]) for c in self.wirings if c.source == population.name]
        blocks = [
            Block(
                neurons=count(part, population.shape),
                axons_in=sum(each.axons for each in here),
                axons_out=sum(_leaving(wired, part, used) for wired, used in out_of),
                bits=sum(each.bits for each in here),
                most=sum(each.most for each in here),
                in_place=all(each.in_place for each in here),
            )
            for part, *here in zip(parts, *taken, strict=True)
        ]
        used = {c: Counter(t.used for t in each) for c, each in zip(into, taken, strict=True)}
        return blocks, used


def chip(program: Program) -> Chip | None:
    """Return what a program has on the chip.

    None where that isn't known, or is beyond all that NengoLoihi asks for: then what a core takes doesn't matter.
    """
    populations = program.network.populations_on_chip
    if sum(population.size for population in populations) > CORES * NEURONS:
        return None
    if any(p.block_shape and len(p.block_shape) != len(p.shape) for p in populations):
        return None
    wirings = {
        connection: wiring(program.network, connection)
        for connection in program.network.into_chip()
    }
    known = {connection: wired for connection, wired in wirings.items() if wired}
    return Chip(program, known) if len(known) == len(wirings) else None


def boxes(shape: Shape, block: Shape) -> list[Part]:
    """Return the boxes of at most some neurons in each dimension that a layer is cut into, if it is."""
    sides = [
        [range(start, min(start + step, length)) for start in range(0, length, step)]
        for length, step in zip(shape, block, strict=True)
    ]
    found = list(product(*sides))
    return found if len(found) > 1 else [WHOLE]


def _taken(wired: Wiring, parts: Sequence[Part]) -> list[Taken]:
    """Return what a connection takes of the core of each part. Boxes that differ in their channels take the same."""
    known: dict[Part, Taken] = {}
    found = []
    for part in parts:
        alike = part
        if len(part) == len(wired.after):
            alike = (*part[:-1], range(len(part[-1])))
        if alike not in known:
            known[alike] = wired.into(alike)
        found.append(known[alike])
    return found


def _leaving(wired: Wiring, part: Part, used: Counter[int]) -> int:
    """Return how much room the axons take that lead from a part to all parts after it."""
    there = wired.out_of(part)
    return wired.slots * sum(parts * (there & axons).bit_count() for axons, parts in used.items())
