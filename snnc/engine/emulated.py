"""Items as a stream on the emulated chip, in several chains side by side, and what NengoLoihi says of the first ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.backends.network import deployed_network, stream_of
from snnc.diagnostics import Refusal
from snnc.emulator import Emulator, NotEmulatedError
from snnc.engine.answers import Answers, Simulated, softmax
from snnc.engine.libraries import strict_warnings
from snnc.engine.recording import Recorder
from snnc.engine.stream import explained, refuse_bursts, simulator
from snnc.ir import Program

Array = NDArray[np.float64]

#: The first item of a chain meets no traces of another one: they shall be few.
SHORTEST_CHAIN = 20
#: More chains than that are not much faster.
MOST_CHAINS = 64


def chains(n_items: int) -> int:
    """Return in how many chains items are shown."""
    return max(1, min(n_items // SHORTEST_CHAIN, MOST_CHAINS))


def emulate(
    program: Program,
    x: Array,
    progress: Callable[[int], None] = lambda n: None,
    recorded: int = 0,
) -> Answers:
    """Run a deployed program over items x, (n, size), on the emulated chip.

    `progress` is told how many items are done now and then. Of so many first items as are to be `recorded` outputs and
    spikes are kept.
    """
    net = deployed_network(program, np.zeros(program.input_size), loihi=True)
    recorder = Recorder(net) if recorded else None
    steps, gap = program.stream_steps, program.gap_steps
    read = program.read_steps(steps)
    logits = np.empty((len(x), program.output.classes))
    probabilities = np.empty_like(logits)
    has_softmax = hasattr(net, "probabilities")
    rates = {probe.label: np.zeros(probe.size_in) for probe in net.spikes}
    on_host = [
        probe
        for population, probe in zip(program.populations, net.spikes, strict=True)
        if not population.on_chip
    ]
    wanted = [net.logits, *([net.probabilities] if has_softmax else []), *on_host]
    with strict_warnings(), explained(), _on_the_emulator():
        emulator = Emulator(net, program.dt)
        began, spikes = perf_counter(), 0
        for batch in emulator.batches(
            {net.shown: x},
            steps,
            gap=gap,
            present="stream",
            chains=chains(len(x)),
            probes=wanted,
        ):
            logits[batch.items] = _read(batch.data[net.logits][:, :steps], read)
            if has_softmax:
                probabilities[batch.items] = _read(batch.data[net.probabilities][:, :steps], read)
            refuse_bursts(program, net, batch.data)
            for probe in net.spikes:
                ensemble = probe.target.ensemble
                if probe in batch.data:
                    # A spike counts amplitude / dt.
                    mean = (
                        batch.data[probe][:, :steps].mean(axis=1) / ensemble.neuron_type.amplitude
                    )
                else:
                    mean = batch.spike_counts(ensemble) / (steps * program.dt)
                rates[probe.label] += mean.sum(axis=0) / len(x)
            spikes += int(batch.counts.sum(dtype=np.int64))
            progress(len(batch.items))
        size = emulator.size
        simulated = Simulated(
            size.cores,
            size.neurons,
            size.synapses,
            len(x),
            steps + gap,
            chains(len(x)),
            spikes,
            perf_counter() - began,
        )
        if recorder:
            # Once more, and all that probes see: a chain begins with these items.
            shown = {net.shown: x[:recorded]}
            seen = emulator.run(shown, steps, gap=gap, present="stream")
            for item in range(len(x[:recorded])):
                recorder.take({probe: seen[probe][item] for probe in net.all_probes})
    if program.output.softmax == "offline":
        probabilities, has_softmax = softmax(logits), True
    recording = recorder.recording() if recorder else None
    return Answers(logits, rates, probabilities if has_softmax else None, recording, simulated)


def verify(program: Program, x: Array) -> None:
    """Run items x, (n, size), on NengoLoihi's own emulator too, as one stream; a Refusal says where both differ.

    Compared are the spikes of all layers and the outputs, in every step.
    """
    net = deployed_network(program, np.zeros(program.input_size), loihi=True)
    own = deployed_network(program, stream_of(program, x), loihi=True)
    steps, gap = program.stream_steps, program.gap_steps
    with (
        strict_warnings(),
        explained(),
        _on_the_emulator(),
        simulator(own, program, "nengo_loihi") as sim,
    ):
        batches = Emulator(net, program.dt).batches(
            {net.shown: x}, steps, gap=gap, present="stream"
        )
        for batch in batches:
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
            sim.clear_probes()


@contextmanager
def _on_the_emulator() -> Iterator[None]:
    try:
        yield
    except NotEmulatedError as error:
        raise Refusal(
            f"the emulator doesn't run {error.what}: run with --on nengo_loihi"
        ) from error


def _read(outputs: Any, read: int) -> Any:
    """Return each item's answer, (items, classes): its last output, or the mean of its last ones."""
    return outputs[:, -1] if read == 1 else outputs[:, -read:].mean(axis=1)
