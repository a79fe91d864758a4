"""Random networks whose layers are cut by `auto`: NengoLoihi builds them, with no more cores than it takes by itself.

    python -m tests.random_cuts --count 1000

compares both, and with a search by force through all shapes of all blocks. In every other network cores are tiny, in snnc and in
NengoLoihi: so few neurons can be cut in all ways, and what leads into blocks is counted neuron by neuron.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cache
from itertools import product
from typing import Any, NamedTuple
from unittest import mock

from snnc.checks import cores as rules
from snnc.checks import limits as messages
from snnc.diagnostics.errors import CompileError
from snnc.loihi import bounds, candidates, cores, cutting, shapes
from snnc.loihi.axons import CoreUse
from snnc.loihi.blocks import Block, Boxes, Split
from snnc.loihi.cores import Chip, Fanouts, chip
from snnc.loihi.cutting import cut
from snnc.operators.linear import Shape, size
from snnc.program.network import Population
from snnc.program.program import Program
from tests import pixels
from tests.test_cores import (
    Tables,
    branched_spec,
    built,
    depthwise,
    image_spec,
    lowered,
    series_spec,
    spec,
)

#: What snnc and NengoLoihi call the limits of a core.
LIMITS = {
    "NEURONS": "MAX_COMPARTMENTS",
    "AXONS_IN": "MAX_IN_AXONS",
    "AXONS_OUT": "MAX_OUT_AXONS",
    "BITS": "MAX_SYNAPSE_BITS",
}


class Force(NamedTuple):
    """A search through all shapes of the blocks of all layers, however many; what blocks take is counted by `land`.

    It knows no bounds and skips no shape, but for those of layers that can't make the sum of all cores smaller.
    """

    spread: Chip
    land: Callable[[Population, Sequence[Block]], tuple[Sequence[Sequence[CoreUse]], Fanouts]]
    slots: Callable[[Population, Block, Fanouts], int]

    def fewest(self, most: int) -> int | None:
        """Return the smallest sum of cores that is at most `most`, and where every block fits; None if there is none."""
        layers = list(reversed(self.spread.populations))
        options = {p.name: self._options(p, most) for p in layers}
        least = []
        for population in layers:
            numbers = (
                number for number, split in options[population.name] if self.fits(population, split)
            )
            least.append(next(numbers, most + 1))
        return self._search(layers, options, least, most, 0, {})

    def _search(
        self,
        layers: Sequence[Population],
        options: Mapping[str, Sequence[tuple[int, Split]]],
        least: Sequence[int],
        most: int,
        cost: int,
        fanouts: Fanouts,
    ) -> int | None:
        if cost + sum(least) > most:
            return None
        if not layers:
            return cost
        best = None
        for number, split in options[layers[0].name]:
            if cost + number + sum(least[1:]) > most:
                break
            blocks = tuple(split.blocks())
            if any(self.slots(layers[0], block, fanouts) > cores.AXONS_OUT for block in blocks):
                continue
            if not self.fits(layers[0], split):
                continue
            leading = {**fanouts, **self.leading(layers[0], split)}
            rest = self._search(layers[1:], options, least[1:], most, cost + number, leading)
            if rest is not None:
                best, most = rest, rest - 1
        return best

    def _options(self, population: Population, most: int) -> list[tuple[int, Split]]:
        """Return all ways to split a layer into at most so many blocks, the fewest first: NengoLoihi's own, and into boxes."""
        own = self.spread.split(population)
        steps = product(*(range(1, length + 1) for length in population.shape))
        splits = [own, *(Boxes(population.shape, s) for s in steps if size(s) <= cores.NEURONS)]
        return sorted(
            ((split.number, split) for split in splits if split.number <= most),
            key=lambda each: each[0],
        )

    def fits(self, population: Population, split: Split) -> bool:
        return self._landed(population, split)[0]

    def leading(self, population: Population, split: Split) -> Fanouts:
        return self._landed(population, split)[1]

    def _landed(self, population: Population, split: Split) -> tuple[bool, Fanouts]:
        blocks = tuple(split.blocks())
        into, leading = self.land(population, blocks)
        return all(
            block.neurons <= cores.NEURONS
            and sum(use.axons for use in uses) <= cores.AXONS_IN
            and sum(use.most_bits for use in uses) <= cores.BITS
            and all(use.aligned for use in uses)
            for block, uses in zip(blocks, into, strict=True)
        ), leading


def one_by_one(spread: Chip) -> Force:
    """Return a search that counts neuron by neuron."""

    @cache
    def landed(name: str, blocks: tuple[Block, ...]) -> Any:
        into = {
            c: [pixels.use(spread.axons[c], block) for block in blocks]
            for c in spread.network.into(name)
        }
        uses = [
            [
                CoreUse(sum(axons.values()), least, most, aligned)
                for axons, least, most, aligned in each
            ]
            for each in zip(*into.values(), strict=True)
        ]
        return uses, {c: Counter(x for axons, *_ in own for x in axons) for c, own in into.items()}

    def slots(population: Population, block: Block, fanouts: Any) -> int:
        return sum(
            spread.axons[c].slots * sum(pixels.leaving(spread.axons[c], block, fanouts[c]))
            for c in spread.out_of(population)
        )

    return Force(spread, lambda population, blocks: landed(population.name, tuple(blocks)), slots)


def together(spread: Chip) -> Force:
    """Return a search that counts pixels that are alike together, as snnc does: for layers of any size."""

    @cache
    def landed(name: str, blocks: tuple[Block, ...]) -> Any:
        population = spread.network.population(name)
        if len(blocks) > 2:
            # Most cuts that don't fit show it in any block.
            into, _ = spread.land(population, blocks[len(blocks) // 2 :][:1])
            if any(
                sum(u.axons for u in use) > cores.AXONS_IN
                or sum(u.most_bits for u in use) > cores.BITS
                for use in into
            ):
                return [into[0]] * len(blocks), {}
        into, leading = spread.land(population, blocks)
        return into, leading()

    return Force(
        spread, lambda population, blocks: landed(population.name, tuple(blocks)), spread.slots
    )


@contextmanager
def limits(smaller: Mapping[str, int], *nengo_loihi: Any) -> Iterator[None]:
    """Give cores less room, in snnc and in modules of NengoLoihi."""
    theirs = {LIMITS[key]: value for key, value in smaller.items()}
    with contextlib.ExitStack() as stack:
        for module in (*nengo_loihi, bounds, cores, candidates, shapes, cutting, rules, messages):
            own = {k: v for k, v in {**smaller, **theirs}.items() if hasattr(module, k)}
            stack.enter_context(mock.patch.multiple(module, **own))
        yield


class Outcome(NamedTuple):
    """What came of a network: the cores that it takes when it is cut, by NengoLoihi itself, and by force; None where it isn't built."""

    chosen: int | None
    own: int | None
    forced: int | None
    wrong: str


def cuts(program: Program) -> list[Shape | None]:
    """Return the block_shape of each layer."""
    return [population.block_shape for population in program.network.populations]


def outcome(tables: Tables, force: Callable[[Chip], Force]) -> Outcome:
    """Cut a network, build it with NengoLoihi in both ways, and look for a better cut by force."""
    program = lowered(tables)
    better = replace(program, network=cut(program.network))
    blocks, refused = built(program)
    own = None if refused else len(blocks)
    chosen: int | None = own
    if cuts(better) != cuts(program):
        blocks, refused = built(better)
        chosen = None if refused else len(blocks)
    spread = chip(program.network)
    assert spread is not None
    forced = force(spread).fewest(chosen - 1 if chosen else MOST)
    wrong = ""
    if own is not None and (chosen is None or chosen > own):
        wrong = f"NengoLoihi takes {own} cores, and here it takes {chosen}"
    if forced is not None:
        wrong = f"by force there are {forced} cores, and here {chosen}"
    return Outcome(chosen, own, forced, wrong)


#: The search by force stops at so many cores where nothing was found to fit.
MOST = 60


def tiny(chance: random.Random) -> Tables:
    """Return a spec of few neurons."""
    layers: list[Tables]
    if chance.random() < 0.4:
        layers = [{"units": chance.randint(3, 20)}]
        for _ in range(chance.randint(1, 3)):
            layer: Tables = {"units": chance.randint(2, 20)}
            if len(layers) > 1 and chance.random() < 0.4:
                layer["from"] = ["dense1", f"dense{len(layers)}"]
            layers.append(layer)
        if chance.random() < 0.2:
            layers[0]["on_chip"] = True
        return spec([chance.randint(2, 20)], *layers)
    side = chance.randint(3, 5)
    layers = [{"filters": chance.randint(1, 3), "kernel_size": 1}]
    for _ in range(chance.randint(1, 2)):
        layers.append(
            {
                "filters": chance.choice([1, 2, 4, 6]),
                "kernel_size": [chance.randint(1, 3), chance.randint(1, 3)],
                "strides": [chance.randint(1, 2), chance.randint(1, 2)],
                "padding": chance.choice(["same", "valid"]),
            }
        )
        if chance.random() < 0.25:
            layers[-1]["pop_type"] = 16
        elif chance.random() < 0.2:
            layers[-1] = {**depthwise(chance), "depth_multiplier": chance.randint(1, 2)}
    if chance.random() < 0.4:
        layers.append({"units": chance.randint(2, 8)})
    return spec([side, side + chance.randint(0, 2), 1], *layers)


def tiny_limits(chance: random.Random) -> dict[str, int]:
    """Return limits of which one or another is too small for such a spec."""
    return {
        "NEURONS": chance.choice([6, 12, 30]),
        "AXONS_IN": chance.choice([20, 60]),
        "AXONS_OUT": chance.choice([20, 40, 100]),
        "BITS": chance.choice([1500, 4000, 20000]),
    }


def large(chance: random.Random) -> Tables:
    """Return a spec of layers that cores have no room for in one way or another."""
    if chance.random() < 0.3:
        layers = [{"units": chance.choice([30, 300, 1000, 1500])}]
        for _ in range(chance.randint(1, 3)):
            layer: Tables = {"units": chance.choice([10, 100, 300, 700, 1100])}
            if len(layers) > 1 and chance.random() < 0.3:
                layer["from"] = ["dense1", f"dense{len(layers)}"]
            layers.append(layer)
        if chance.random() < 0.2:
            layers[0]["on_chip"] = True
        return spec([chance.choice([16, 300, 2500])], *layers)
    draw = chance.choice([image_spec, image_spec, series_spec, branched_spec])
    tables = sound(draw, chance)
    for layer in tables["layers"]:
        layer.pop("block_shape", None)
    return tables


def sound(draw: Callable[[random.Random], Tables], chance: random.Random) -> Tables:
    """Return the first spec that is drawn and has no windows larger than their images."""
    while True:
        tables = draw(chance)
        with suppress(CompileError):
            lowered(tables)
            return tables


def compared(seed: int) -> Outcome:
    """Draw a network and compare its cuts."""
    chance = random.Random(seed)
    if seed % 2:
        return outcome(large(chance), together)
    from nengo_loihi.builder import split_blocks, validate

    smaller, tables = tiny_limits(chance), sound(tiny, chance)
    with limits(smaller, split_blocks, validate):
        return outcome(tables, one_by_one)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=1000, help="how many networks")
    parser.add_argument("--start", type=int, default=0, help="the seed of the first")
    chosen = parser.parse_args(arguments)
    from snnc.environment import libraries

    libraries.load()
    counts: Counter[str] = Counter()
    for seed in range(chosen.start, chosen.start + chosen.count):
        found = compared(seed)
        counts["networks"] += 1
        counts["built when cut"] += found.chosen is not None
        counts["built by NengoLoihi's own cut"] += found.own is not None
        counts["of these with fewer cores when cut"] += (found.chosen or 0) < (found.own or 0)
        counts["cores of these, NengoLoihi's own"] += found.own or 0
        counts["cores of these, cut"] += (found.chosen or 0) if found.own else 0
        counts["wrong"] += bool(found.wrong)
        if found.wrong:
            print(f"{seed}: {found.wrong}", flush=True)
        if counts["networks"] % 100 == 0:
            print(dict(counts), flush=True)
    for what, number in counts.items():
        print(f"{number:6} {what}")
    return int(counts["wrong"] > 0)


if __name__ == "__main__":
    sys.exit(main())
