"""Items shown one after the other to a network that is never reset, as on the chip."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

import nengo
import numpy as np
from nengo.exceptions import NengoException
from numpy.typing import NDArray

from snnc.backends.network import deployed_network, stream_of
from snnc.diagnostics import Refusal
from snnc.engine.answers import Answers, softmax
from snnc.engine.libraries import strict_warnings
from snnc.engine.recording import Recorder
from snnc.ir import Program

Array = NDArray[np.float64]


def stream(
    program: Program,
    x: Array,
    on: Literal["nengo", "nengo_loihi"],
    progress: Callable[[int], None] = lambda n: None,
    recorded: int = 0,
) -> Answers:
    """Run a deployed program over items x, (n, size), in plain Nengo or on NengoLoihi's target.

    `progress` is told after each item. Memory doesn't grow with the items: only of so many first ones as are to be
    `recorded` outputs and spikes are kept.
    """
    net = deployed_network(program, stream_of(program, x), loihi=on == "nengo_loihi")
    recorder = Recorder(net) if recorded else None
    read = program.read_steps(program.stream_steps)
    logits = np.empty((len(x), program.output.classes))
    probabilities = np.empty_like(logits)
    has_softmax = hasattr(net, "probabilities")
    rates = {probe.label: np.zeros(probe.size_in) for probe in net.spikes}
    with strict_warnings(), explained(), simulator(net, program, on) as sim:
        for item in range(len(x)):
            sim.run_steps(program.stream_steps, **_silent(on))
            logits[item] = _read(sim.data[net.logits], read)
            if has_softmax:
                probabilities[item] = _read(sim.data[net.probabilities], read)
            if on == "nengo_loihi":
                refuse_bursts(program, net, sim.data)
            for probe in net.spikes:
                # A spike counts amplitude / dt.
                amplitude = probe.target.ensemble.neuron_type.amplitude
                rates[probe.label] += sim.data[probe].mean(axis=0) / amplitude / len(x)
            if program.gap_steps:
                sim.run_steps(program.gap_steps, **_silent(on))
            if recorder and item < recorded:
                recorder.take(sim.data)
            sim.clear_probes()
            progress(1)
    if program.output.softmax == "offline":
        probabilities, has_softmax = softmax(logits), True
    recording = recorder.recording() if recorder else None
    return Answers(logits, rates, probabilities if has_softmax else None, recording)


def simulator(net: nengo.Network, program: Program, on: str) -> Any:
    """Return what runs a deployed network in plain Nengo or on NengoLoihi's target."""
    if on == "nengo":
        return nengo.Simulator(net, dt=program.dt, seed=program.seed, progress_bar=False)
    import nengo_loihi

    return nengo_loihi.Simulator(net, dt=program.dt, seed=program.seed, target=program.loihi.target)


@contextmanager
def explained() -> Iterator[None]:
    """Turn what NengoLoihi refuses into a Refusal; some of its limits are assertions."""
    try:
        yield
    except (NengoException, AssertionError) as error:
        reason = str(error) or "a number is outside of what the chip can hold"
        raise Refusal(f"Nengo can't run the network: {reason}") from error


def refuse_bursts(program: Program, net: nengo.Network, seen: Mapping[Any, Any]) -> None:
    """Raise a Refusal if the host has more spikes for the chip than one a neuron and step: the others get lost."""
    on_host = {population.name for population in program.feeding_from_host}
    for probe in net.spikes:
        amplitude = probe.target.ensemble.neuron_type.amplitude
        if probe.label in on_host and seen[probe].max() * program.dt > 1.5 * amplitude:
            raise Refusal(
                f"neurons of '{probe.label}' fire more than once in a step, and the chip takes one spike: lower max_rate"
            )


def _silent(on: str) -> dict[str, Any]:
    """Plain Nengo has a progress bar of its own, for every item."""
    return {"progress_bar": False} if on == "nengo" else {}


def _read(outputs: Array, read: int) -> Any:
    return outputs[-1] if read == 1 else outputs[-read:].mean(axis=0)
