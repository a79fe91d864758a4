"""Run items as a stream on the emulated chip, in several chains side by side, and compare the first ones with NengoLoihi."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from time import perf_counter
from typing import Literal

import nengo
import numpy as np
from numpy.typing import NDArray

from snnc.data.rows import Rows
from snnc.diagnostics.errors import Refusal
from snnc.emulator import Emulator, NotEmulatedError
from snnc.environment.libraries import strict_warnings
from snnc.networks.build import deployed_network, stream_of
from snnc.program.program import Program
from snnc.running.answers import Answers, Simulated
from snnc.running.chains import chains
from snnc.running.over_time import OverTime
from snnc.running.probes import ProbeReader
from snnc.running.recording import Recorder, recording_of
from snnc.running.stream import explained, refuse_bursts, simulator
from snnc.running.work import WorkCounter

Array = NDArray[np.float64]


def emulate(
    program: Program,
    x: Array | Rows,
    progress: Callable[[int], None] = lambda n: None,
    recorded: int = 0,
    over_time: OverTime | None = None,
    present: Literal["stream", "fresh"] = "stream",
    each: int = 0,
    n_chains: int | None = None,
) -> Answers:
    """Run a deployed program over items x, (n, size), on the emulated chip, as a stream or each from a cleared state.

    `progress` gets the number of items of each finished batch. The answers hold a recording of the first `recorded` items,
    and the rates of the first `each` by themselves. `over_time`, if there is one, sees the outputs of all. A stream is shown in
    `n_chains`, by default as many as its number of items asks for.
    """
    net = deployed_network(program.network, np.zeros(program.network.input_size), loihi=True)
    recorder = Recorder(net) if recorded else None
    steps, gap = program.stream_steps, program.gap_steps if present == "stream" else 0
    if n_chains is None:
        n_chains = chains(len(x)) if present == "stream" else len(x)
    read = program.read_steps(steps)
    reader = ProbeReader(net, program, len(x), steps, read, over_time, each)
    with strict_warnings(), explained(), on_the_emulator():
        emulator = Emulator(net, program.network.dt)
        counted = _counted(emulator, net, program)
        batches = emulator.batches(
            {net.shown: x},
            steps,
            gap=gap,
            latency=program.stream_latency,
            present=present,
            chains=n_chains,
            probes=[probe for probe in reader.probes if probe not in counted],
        )
        counter = WorkCounter(net.all_ensembles, emulator.size, steps + gap, program.network.dt)
        began, spikes = perf_counter(), 0
        for batch in batches:
            reader.take_answers(batch.items, batch.data)
            counter.take(batch)
            refuse_bursts(program.network, net, batch.data)
            for probe in net.spikes:
                if probe in counted:
                    counts = batch.spike_counts(probe.target.ensemble)
                    reader.add_counts(probe, batch.items, counts)
                else:
                    reader.add_summed(probe, batch.items, batch.data[probe][:, :steps].sum(axis=1))
            spikes += int(batch.counts.sum(dtype=np.int64))
            progress(len(batch.items))
        simulated = Simulated(
            size=emulator.size,
            items=len(x),
            steps=steps + gap,
            chains=n_chains,
            spikes=spikes,
            seconds=perf_counter() - began,
            build_seconds=emulator.build_seconds,
        )
        recording = recording_of(
            emulator, net, program, recorder, x[: recorded + 1], recorded, program.stream_latency
        )
    return replace(reader.answers(), recording=recording, simulated=simulated, work=counter.work())


def _counted(emulator: Emulator, net: nengo.Network, program: Program) -> list[nengo.Probe]:
    """Return the probes of spikes that the emulator counts by itself. Where neurons may burst, spikes are looked at step by step."""
    may_burst = {population.name for population in program.network.may_burst}
    return [
        probe
        for probe in net.spikes
        if probe.target.ensemble in emulator.counted and probe.label not in may_burst
    ]


def verify(program: Program, x: Array) -> None:
    """Run items x, (n, size), as one stream on both emulators. Raises a Refusal at the first item whose spikes or outputs differ.

    Compares the spikes of all layers, and the outputs, in every step.
    """
    net = deployed_network(program.network, np.zeros(program.network.input_size), loihi=True)
    own = deployed_network(program.network, stream_of(program, x), loihi=True)
    steps, gap = program.stream_steps, program.gap_steps
    with (
        strict_warnings(),
        explained(),
        on_the_emulator(),
        simulator(own, program, "nengo_loihi") as sim,
    ):
        batches = Emulator(net, program.network.dt).batches(
            {net.shown: x}, steps, gap=gap, latency=program.stream_latency, present="stream"
        )
        if program.stream_latency:
            sim.run_steps(program.stream_latency)
        for batch in batches:
            sim.clear_probes()
            sim.run_steps(steps)
            if gap:
                sim.run_steps(gap)
            (item,) = batch.items
            for ours, theirs in zip(net.all_probes, own.all_probes, strict=True):
                if not np.array_equal(batch.data[ours][0], sim.data[theirs]):
                    raise Refusal(
                        f"'{ours.label}' isn't what nengo_loihi computes, from item {item} on: run with --on nengo_loihi, "
                        "and tell us of it"
                    )


@contextmanager
def on_the_emulator() -> Iterator[None]:
    try:
        yield
    except NotEmulatedError as error:
        raise Refusal(
            f"the emulator doesn't run {error.what}: run with --on nengo_loihi"
        ) from error
