"""Run items one after the other through a network that is never reset, as on the chip."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Literal

import nengo
import numpy as np
from nengo.exceptions import NengoException
from numpy.typing import NDArray

from snnc.diagnostics.errors import Refusal
from snnc.environment.libraries import strict_warnings
from snnc.networks.build import deployed_network, stream_of
from snnc.program.network import Network
from snnc.program.program import Program
from snnc.running.answers import Answers
from snnc.running.probes import ProbeReader
from snnc.running.recording import Recorder

Array = NDArray[np.float64]


def stream(
    program: Program,
    x: Array,
    on: Literal["nengo", "nengo_loihi"],
    progress: Callable[[int], None] = lambda n: None,
    recorded: int = 0,
) -> Answers:
    """Run a deployed program over items x, (n, size), in plain Nengo or on NengoLoihi's target.

    The data of an item are those from its first effect on the output until that of the next one. `progress` is called after each
    item. Memory doesn't grow with the number of items: the answers hold a recording of the
    first `recorded` ones alone.
    """
    net = deployed_network(program.network, stream_of(program, x), loihi=on == "nengo_loihi")
    recorder = Recorder(net) if recorded else None
    steps = program.stream_steps
    reader = ProbeReader(net, program, len(x), steps, program.read_steps(steps))
    latency = program.stream_latency if on == "nengo_loihi" else program.fresh_latency
    with strict_warnings(), explained(), simulator(net, program, on) as sim:
        if latency:
            sim.run_steps(latency, **_silent(on))
        for item in range(len(x)):
            sim.clear_probes()
            sim.run_steps(steps, **_silent(on))
            reader.take([item], {probe: sim.data[probe][None] for probe in reader.probes})
            if on == "nengo_loihi":
                refuse_bursts(program.network, net, sim.data)
            if program.gap_steps:
                sim.run_steps(program.gap_steps, **_silent(on))
            if recorder and item < recorded:
                recorder.take(sim.data)
            progress(1)
    return replace(reader.answers(), recording=recorder.recording() if recorder else None)


def simulator(net: nengo.Network, program: Program, on: str) -> Any:
    """Return a simulator of a deployed network, in plain Nengo or on NengoLoihi's target."""
    if on == "nengo":
        return nengo.Simulator(
            net,
            dt=program.network.dt,
            seed=program.network.seed,
            progress_bar=False,
            optimize=False,  # it merges by chance, and the last bit of sums depends on that
        )
    import nengo_loihi

    return nengo_loihi.Simulator(
        net, dt=program.network.dt, seed=program.network.seed, target=program.loihi.target
    )


@contextmanager
def explained() -> Iterator[None]:
    """Raise a Refusal in place of Nengo's and NengoLoihi's errors; NengoLoihi asserts some of its limits."""
    try:
        yield
    except (NengoException, AssertionError) as error:
        reason = str(error) or "a number is outside of what the chip can hold"
        raise Refusal(f"Nengo can't run the network: {reason}") from error


def refuse_bursts(network: Network, net: nengo.Network, seen: Mapping[Any, Any]) -> None:
    """Raise a Refusal if a neuron on the host sends the chip more than one spike in a step: the chip loses the others."""
    may_burst = {population.name for population in network.may_burst}
    for probe in net.spikes:
        amplitude = probe.target.ensemble.neuron_type.amplitude
        if probe.label in may_burst and seen[probe].max() * network.dt > 1.5 * amplitude:
            raise Refusal(
                f"neurons of '{probe.label}' fire more than once in a step, and the chip takes one spike: lower max_rate"
            )


def _silent(on: str) -> dict[str, Any]:
    """Return arguments that switch off the progress bar that plain Nengo shows for every item."""
    return {"progress_bar": False} if on == "nengo" else {}
