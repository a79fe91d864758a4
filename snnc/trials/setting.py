"""A point of the search: what of a spec is set otherwise, and the changes of its text that say so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, Literal

from snnc.diagnostics.diagnostic import KeyPath
from snnc.diagnostics.wording import number
from snnc.program.program import Program
from snnc.spec.changes import Changes
from snnc.spec.settings import USUAL_SHARE, MeanOfLast
from snnc.spec.synapses import Lowpass, NoSynapse

TIME: KeyPath = ("presentation", "time")
READ: KeyPath = ("presentation", "read")
LAYER: KeyPath = ("synapses", "layer")
OUTPUT_SYNAPSE: KeyPath = ("synapses", "output")
PROBE: KeyPath = ("synapses", "probe")

#: Shares of a presentation that may be read, the usual one first.
SHARES = (USUAL_SHARE, 0.25, 0.4, 0.6, 0.75, 0.9)
#: The time constant of a probe filter, in steps.
PROBE_STEPS = 5


@dataclass(frozen=True)
class Readout:
    """What filters the output's spikes, None for the layers' own filter, and the record; and the share of an item that is read."""

    output: Literal["none"] | None
    probe: float | None
    share: float | None

    def __str__(self) -> str:
        read = "last" if self.share is None else f"mean_of_last {self.share:g}"
        filtered = f"probe {self.probe:g}, " if self.probe else ""
        return f"{'output none, ' if self.output else ''}{filtered}read {read}"

    @property
    def changes(self) -> dict[KeyPath, Any]:
        return {
            OUTPUT_SYNAPSE: self.output,
            PROBE: "none" if self.probe is None else lowpass(self.probe),
            READ: "last" if self.share is None else {"mean_of_last": self.share},
        }

    def applied(self, program: Program) -> Program:
        """Return a program whose record is filtered and read so; its output's spikes are filtered so already."""
        probe = Lowpass(kind="lowpass", tau=self.probe) if self.probe else NoSynapse(kind="none")
        read = "last" if self.share is None else MeanOfLast(mean_of_last=self.share)
        return replace(
            program,
            network=replace(program.network, output=replace(program.network.output, probe=probe)),
            presentation=program.presentation.model_copy(update={"read": read}),
        )


@dataclass(frozen=True)
class Setting:
    """How a trained spec runs. None leaves a synapse, or the readout, as the spec has it."""

    steps: int
    #: The time constant of all layers' synapses, in seconds.
    tau: float | None = None
    #: How many times as fast each population runs as it was trained to; none where that is as the spec has it.
    scales: tuple[float, ...] = ()
    readout: Readout | None = None

    def changes(self, program: Program) -> Changes:
        """Return the changes of a spec by which it runs so; what it says already is left out."""
        changes: dict[KeyPath, Any] = {}
        if self.steps != program.stream_steps:
            changes[TIME] = seconds(self.steps, program)
        if self.tau is not None:
            changes[LAYER] = lowpass(self.tau)
            changes |= dict.fromkeys(own_synapses(program))
        for population, scale in zip(program.network.populations, self.scales, strict=False):
            if scale != population.rate_scale:
                at = (*population.at, "rate_scale")
                changes[at] = scale
        return changes | (self.readout.changes if self.readout else {})

    def __str__(self) -> str:
        words = ["synapse as it is" if self.tau is None else f"synapse {1000 * self.tau:g} ms"]
        if self.scales:
            words.append(f"rates x {' '.join(map(number, self.scales))}")
        return ", ".join([*words, *([str(self.readout)] if self.readout else [])])


#: What may filter the output's spikes: as the layers', or nothing.
OUTPUTS: tuple[Literal["none"] | None, ...] = (None, "none")


def readouts(output: Literal["none"] | None, dt: float) -> Iterator[Readout]:
    """Yield the ways to read an output whose spikes are filtered so, the simplest first."""
    for probe, share in product((None, PROBE_STEPS * dt), (*SHARES, None)):
        if output and probe is None and share is None:
            continue  # which neurons just fired
        yield Readout(output, probe, share)


def own_synapses(program: Program) -> list[KeyPath]:
    """Return where layers have synapses of their own."""
    return sorted(
        {c.synapse_at for c in program.network.connections if c.synapse_at[0] == "layers"}
    )


def lowpass(tau: float) -> dict[str, Any]:
    return {"kind": "lowpass", "tau": tau}


def seconds(steps: int, program: Program) -> float:
    """Return the length of some steps as it is written."""
    return float(f"{steps * program.network.dt:.10g}")
