"""Run items in plain Nengo's numbers, double precision, for many items at once: fresh, or as a stream in several chains."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from snnc.data.rows import Rows
from snnc.diagnostics.errors import Refusal
from snnc.emulator import Floats, NotEmulatedError
from snnc.environment.libraries import strict_warnings
from snnc.networks.build import deployed_network
from snnc.program.program import Program
from snnc.running.answers import Answers
from snnc.running.chains import chains
from snnc.running.over_time import OverTime
from snnc.running.probes import ProbeReader
from snnc.running.recording import Recorder, recording_of
from snnc.running.stream import explained

Array = NDArray[np.float64]


def in_floats(
    program: Program,
    x: Array | Rows,
    progress: Callable[[int], None] = lambda n: None,
    recorded: int = 0,
    over_time: OverTime | None = None,
    present: Literal["stream", "fresh"] = "stream",
    each: int = 0,
    n_chains: int | None = None,
) -> Answers:
    """Run a deployed program over items x, (n, size), as nengo.Simulator does, as a stream or each from a cleared state.

    `progress` gets the number of items of each finished batch. The answers hold a recording of the first `recorded` items of a
    stream, and the rates of the first `each` by themselves. `over_time`, if there is one, sees the outputs of all. A stream
    is shown in `n_chains`, by default as many as its number of items asks for.
    """
    net = deployed_network(program.network, np.zeros(program.network.input_size))
    recorder = Recorder(net) if recorded else None
    latency = program.fresh_latency
    if present == "fresh":
        # Shown on until the answer comes, as in NengoDL.
        steps, gap, late = latency + program.fresh_steps, 0, 0
        read = program.read_steps(program.fresh_steps)
    else:
        steps, gap, late = program.stream_steps, program.gap_steps, latency
        read = program.read_steps(steps)
    reader = ProbeReader(net, program, len(x), steps, read, over_time, each)
    spikes = [probe for probe in net.spikes if probe.target.ensemble.neuron_type.spiking]
    rates = [probe for probe in net.spikes if probe not in spikes]
    with strict_warnings(), explained(), _computed():
        floats = Floats(net, program.network.dt)
        for items, data in floats.batches(
            {net.shown: x},
            steps,
            gap=gap,
            latency=late,
            present=present,
            chains=n_chains or chains(len(x)),
            probes=[probe for probe in reader.probes if probe not in net.spikes],
            summed=rates,
            counted=spikes,
        ):
            reader.take_answers(items, data)
            for probe in rates:
                reader.add_summed(probe, items, data[probe])
            for probe in spikes:
                reader.add_counts(probe, items, data[probe])
            progress(len(items))
        recording = recording_of(
            floats, net, program, recorder, x[: recorded + 1], recorded, latency
        )
    return replace(reader.answers(), recording=recording)


@contextmanager
def _computed() -> Iterator[None]:
    """Raise a Refusal in place of what many items at once can't do, and where numbers become invalid."""
    try:
        yield
    except NotEmulatedError as error:
        raise Refusal(f"many items at once don't run {error.what}") from error
    except FloatingPointError as error:
        raise Refusal(f"Nengo can't run the network: {error}") from error
