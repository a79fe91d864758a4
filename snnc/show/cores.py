"""The cores of a program as a table and as JSON data: what each takes of the chip, and which layer is on it."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

from snnc.diagnostics.errors import UsageError
from snnc.loihi.cores import BlockUse, chip
from snnc.loihi.limits import AXONS_IN, AXONS_OUT, BITS, NEURONS
from snnc.program.program import Program
from snnc.show.table import Cells


class Share(NamedTuple):
    """What a core takes of something it has, from the least to the most; both are the same where weights don't matter."""

    least: int
    most: int
    limit: int

    @property
    def at_most(self) -> float:
        return self.most / self.limit

    def __str__(self) -> str:
        if self.least == self.most:
            return f"{self.most:,} ({self.at_most:.1%})"
        shares = f"{self.least / self.limit:.1%} to {self.at_most:.1%}"
        return f"{self.least:,} to {self.most:,} ({shares})"


def table(program: Program) -> Cells:
    """Return a table of the cores, its first line the header. Cores of a layer that take the same share a line."""
    header = ["layer", "cores", "neurons", "axons in", "axons out", "synapse bits"]
    lines = [header]
    uses = _uses(program)
    for layer, blocks in uses.items():
        for block, number in Counter(blocks).items():
            lines.append([layer, str(number), *map(str, shares_of(block).values())])
    every = [shares_of(block) for blocks in uses.values() for block in blocks]
    totals = (
        Share(
            sum(shares[key].least for shares in every),
            sum(shares[key].most for shares in every),
            sum(shares[key].limit for shares in every),
        )
        for key in every[0]
    )
    return [*lines, ["in all", str(len(every)), *map(str, totals)]]


def description(program: Program) -> list[dict[str, Any]]:
    """Return each core as plain JSON data, in NengoLoihi's order: its layer, and what it takes in numbers and in shares."""
    return [
        {"layer": layer, **{key: _data(share) for key, share in shares_of(block).items()}}
        for layer, blocks in _uses(program).items()
        for block in blocks
    ]


def _uses(program: Program) -> dict[str, list[BlockUse]]:
    """Return the blocks of each layer on the chip, in order. Raises a UsageError where there is nothing to count."""
    if not program.on_loihi:
        raise UsageError('--cores is for specs with "loihi" among their targets')
    if not program.network.populations_on_chip:
        raise UsageError("--cores has nothing to count: no layer runs on the chip")
    spread = chip(program.network)
    if spread is None:
        raise UsageError("--cores can't count this network: NengoLoihi alone says what it takes")
    uses = spread.blocks()
    return {population.name: uses[population.name] for population in spread.populations}


def shares_of(block: BlockUse) -> dict[str, Share]:
    """Return what a block takes of each thing that its core has."""
    return {
        "neurons": Share(block.neurons, block.neurons, NEURONS),
        "axons_in": Share(block.axons_in, block.axons_in, AXONS_IN),
        "axons_out": Share(block.axons_out, block.axons_out, AXONS_OUT),
        "synapse_bits": Share(block.bits, block.most_bits, BITS),
    }


def _data(share: Share) -> dict[str, Any]:
    least, most = ({"number": n, "share": n / share.limit} for n in (share.least, share.most))
    return least if share.least == share.most else {"at_least": least, "at_most": most}
