"""A change of a spec that takes one cause of a loss away, and what it gains."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from snnc.program.network import Population
from snnc.program.program import Program
from snnc.running.statistics import Interval
from snnc.spec.changes import Changes
from snnc.spec.synapses import USUAL_TAU
from snnc.trials.setting import LAYER, OUTPUT_SYNAPSE, PROBE, READ, TIME, lowpass, own_synapses

Cause = Literal[
    "training unfinished",
    "dead neurons",
    "rates above what the chip can do",
    "rounding of rates",
    "8-bit weights",
    "bursts of input",
    "readout",
    "settling",
    "carry-over from the item before",
    "too few spikes an item",
]


@dataclass(frozen=True)
class Change:
    """What is written otherwise, and the cause that goes with it. `trains` says whether it takes another training."""

    cause: Cause
    changes: Changes
    trains: bool = False

    def and_then(self, other: Change) -> Change:
        """Return a change that is this one's cause, and also does what another one does."""
        return Change(self.cause, {**self.changes, **other.changes}, self.trains)

    def __str__(self) -> str:
        return ", ".join(
            f"{'.'.join(map(str, path))} = {'its default' if value is None else value}"
            for path, value in self.changes.items()
        )


@dataclass(frozen=True, eq=False)
class Tried:
    """A change, what it gains on items that aren't test items, and the accuracy without it and with it there."""

    change: Change
    gain: Interval
    before: Interval
    after: Interval

    @property
    def helps(self) -> bool:
        """Whether it gains more than chance."""
        return self.gain.low > 0


def of_running(program: Program) -> Iterator[Sequence[Change]]:
    """Yield changes of how a program runs, those of each kind from the smallest to the largest; the most specific kind first."""
    shown = program.presentation
    readout = {PROBE: "none", READ: None, ("presentation", "latency"): None}
    yield [Change("readout", readout)]
    if shown.gap:
        yield [Change("carry-over from the item before", {("presentation", "gap"): None})]
    short = {LAYER: lowpass(max(USUAL_TAU, program.network.dt)), OUTPUT_SYNAPSE: None}
    yield [Change("settling", {**short, **dict.fromkeys(own_synapses(program))})]
    yield list(_smaller_blocks(program))
    everywhere, on_chip = program.network.populations, program.network.populations_on_chip
    # Neurons on the host may be slow enough as they are.
    for layers in filter(None, dict.fromkeys((everywhere, on_chip))):
        yield [_rates("rates above what the chip can do", layers, scale) for scale in (0.5, 0.25)]
    yield [_rates("too few spikes an item", everywhere, scale) for scale in (2, 4, 8, 16, 32)]
    yield [
        Change("too few spikes an item", {TIME: float(f"{times * shown.time:.10g}")})
        for times in (2, 4, 8, 16)
    ]


def _rates(cause: Cause, layers: Sequence[Population], scale: float) -> Change:
    """Return the change by which layers run faster or slower, with the weights that they have."""
    return Change(
        cause,
        {
            (*population.at, "rate_scale"): float(f"{scale * population.rate_scale:.6g}")
            for population in layers
        },
    )


def _smaller_blocks(program: Program) -> Iterator[Change]:
    """Yield changes by which fewer neurons share a core, whose weights are rounded together: of a convolution, fewer filters."""
    layers = program.network.populations_on_chip
    for most, filters in ((16, 4), (4, 1)):
        changes = {}
        for layer in layers:
            *around, channels = layer.block_shape or layer.shape
            at = (*layer.at, "block_shape")
            changes[at] = [*around, min(filters if around else most, channels)]
        if changes:
            yield Change("8-bit weights", changes)
