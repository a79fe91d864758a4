"""Run a variant once on the emulated chip, and read its output in many ways.

Spikes don't depend on what filters and reads the output. So its unfiltered input is recorded, and the rest computed from it: the
same answers as if each readout had run by itself. A shorter presentation isn't the beginning of a longer one, though: what the
item before has left is different.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from snnc.emulator import Emulator
from snnc.environment.libraries import strict_warnings
from snnc.networks.build import build, deployed_network
from snnc.program.network import Connection, Network
from snnc.program.program import Program
from snnc.running.chains import chains
from snnc.running.emulated import on_the_emulator
from snnc.running.stream import explained, refuse_bursts
from snnc.spec.base import INPUT, OUTPUT
from snnc.spec.synapses import NoSynapse

if TYPE_CHECKING:
    from snnc.program.network import Synapse

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Currents:
    """The output's unfiltered input in each chain of items, (chains, steps, classes), from the first step on.

    After the last item of a chain its first one is shown once more. `queues` are the numbers of the items of each chain. `spikes`
    is the mean number an item, of all layers.
    """

    values: Array
    x: Array
    queues: tuple[NDArray[np.int64], ...]
    spikes: float
    _filtered: dict[Any, Array] = field(default_factory=dict)

    def logits(self, program: Program) -> Array:
        """Return the logits of each item, (n, classes), where a program filters and reads the output.

        The program may differ from the one that ran in nothing else.
        """
        steps, period, late = program.stream_steps, period_of(program), program.stream_latency
        output = self._output(program)[:, late:]
        whole = output.shape[1] // period
        shown = output[:, : whole * period].reshape(len(output), whole, period, -1)
        read = shown[:, :, steps - program.read_steps(steps) : steps]
        logits = read.mean(axis=2)
        return np.concatenate(
            [row[: len(queue)] for row, queue in zip(logits, self.queues, strict=True)]
        )

    def _output(self, program: Program) -> Array:
        """Return the recorded output, (chains, steps, classes)."""
        network = program.network
        of_spikes = next(c.synapse for c in network.into(OUTPUT) if c.source != INPUT)
        key = of_spikes, network.output.probe
        if key not in self._filtered:
            output = _filtered(self.values, of_spikes, network.dt) + self._unfiltered(program)
            self._filtered[key] = _filtered(output, network.output.probe, network.dt)
        return self._filtered[key]

    def _unfiltered(self, program: Program) -> Array:
        """Return what the output gets in each step beside spikes: its bias, and the input where it reads that."""
        bias = program.network.output.bias
        total: Array = np.zeros(()) if bias is None else bias
        for connection in program.network.into(OUTPUT):
            if connection.source == INPUT:
                of_items = connection.folded.apply(self.x)
                total = total + np.stack(
                    [self._over_time(of_items[q], program) for q in self.queues]
                )
        return total

    def _over_time(self, values: Array, program: Program) -> Array:
        """Return values of a chain's items, (items, classes), in each of its steps."""
        steps, period = program.stream_steps, period_of(program)
        over_time = np.zeros((self.values.shape[1] // period, period, values.shape[1]))
        over_time[: len(values) + 1, :steps] = np.append(values, values[:1], axis=0)[:, None]
        return over_time.reshape(-1, values.shape[1])


def period_of(program: Program) -> int:
    """Return how many steps after an item the next one begins."""
    return program.stream_steps + program.gap_steps


def currents(
    program: Program, x: Array, progress: Callable[[int], None] = lambda n: None
) -> Currents:
    """Show a deployed program items x, (n, size), as a stream on the emulated chip."""
    network, period = _without_filters(program.network), period_of(program)
    queues = tuple(np.array_split(np.arange(len(x)), chains(len(x))))
    shown = [np.append(queue, queue[0]) for queue in queues]
    at = [(chain, place) for chain, items in enumerate(shown) for place in range(len(items))]
    net = deployed_network(network, np.zeros(network.input_size), loihi=True)
    on_chip = {population.name for population in network.populations_on_chip}
    on_host = [probe for probe in net.spikes if probe.label not in on_chip]
    values = np.zeros((len(queues), len(shown[0]), period, network.output.classes))
    spikes = 0.0
    with strict_warnings(), explained(), on_the_emulator():
        batches = Emulator(net, network.dt).batches(
            {net.shown: x[np.concatenate(shown)]},
            program.stream_steps,
            gap=program.gap_steps,
            present="stream",
            chains=len(queues),
            probes=[net.logits, *on_host],
        )
        for batch in batches:
            refuse_bursts(network, net, batch.data)
            for item, output in zip(batch.items, batch.data[net.logits], strict=True):
                values[at[item]] = output
            spikes += batch.counts.sum(dtype=float)
            for probe in on_host:
                # The probe's value of a spike is amplitude / dt.
                amplitude = probe.target.ensemble.neuron_type.amplitude
                spikes += batch.data[probe].sum(dtype=float) * network.dt / amplitude
            progress(len(batch.items))
    over_time = values.reshape(len(queues), -1, network.output.classes)
    return Currents(over_time, x, queues, float(spikes) / len(at))


def _without_filters(network: Network) -> Network:
    """Return a network whose output is the sum of the spikes' weights in each step."""
    return replace(
        network,
        connections=tuple(_from_spikes(network)),
        output=replace(network.output, probe=NoSynapse(kind="none"), bias=None, softmax="loss"),
    )


def _from_spikes(network: Network) -> Iterator[Connection]:
    for connection in network.connections:
        if connection.target != OUTPUT:
            yield connection
        elif connection.source != INPUT:
            yield replace(connection, synapse=None)


def _filtered(values: Array, synapse: Synapse | None, dt: float) -> Array:
    """Return values, (chains, steps, classes), behind a filter that starts at zero, and takes a step as in a simulator."""
    filter_ = build(synapse.nengo()) if synapse else None
    if filter_ is None:
        return values
    n_chains, n_steps, size = values.shape
    side_by_side = values.swapaxes(0, 1).reshape(n_steps, -1)
    late = np.zeros((n_steps, n_chains, size))
    late[1:] = filter_.filt(side_by_side, dt=dt, y0=0).reshape(late.shape)[:-1]
    return np.ascontiguousarray(late.swapaxes(0, 1))
