"""Run a deployed program with rate neurons: without time and spikes, it answers as the training network does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.data.rows import Rows
from snnc.networks.build import build
from snnc.operators.call import Call
from snnc.program.network import Network, Population
from snnc.program.program import Program
from snnc.running.answers import Answers
from snnc.spec.base import INPUT, OUTPUT

Array = NDArray[np.float64]


#: How many items go through the network at once, which bounds the memory that takes.
AT_ONCE = 500


def rate_answers(program: Program, x: Array | Rows, each: int = 0) -> Answers:
    """Return the logits for items x, (n, size), with every neuron at the rate it was trained with.

    The answers hold the rates of the first `each` items by themselves, too.
    """
    parts = [
        _answers(program, x[start : start + AT_ONCE], each - start)
        for start in range(0, len(x), AT_ONCE)
    ]
    rates = {
        name: np.sum([len(part.logits) * part.rates[name] for part in parts], axis=0) / len(x)
        for name in parts[0].rates
    }
    kept = {
        name: np.concatenate([part.each[name] for part in parts if part.each])
        for name in parts[0].each
    }
    return Answers(np.concatenate([part.logits for part in parts]), rates, each=kept)


def _answers(program: Program, x: Array, each: int) -> Answers:
    logits, hertz = activity(program.network, x, as_trained)
    rates = {name: every.mean(axis=0) for name, every in hertz.items()}
    kept = {name: every[:each] for name, every in hertz.items()} if each > 0 else {}
    return Answers(logits, rates, each=kept)


def rate_logits(network: Network, x: Array) -> Array:
    """Return the logits of a deployed network for items x, (n, size), with every neuron at the rate it was trained with."""
    starts = range(0, len(x), AT_ONCE)
    return np.concatenate([activity(network, x[i : i + AT_ONCE], as_trained)[0] for i in starts])


def activity(
    network: Network, x: Array, neurons: Callable[[Population], Call]
) -> tuple[Array, dict[str, Array]]:
    """Return the logits for items x, (n, size), and the rates of each layer in hertz, (n, neurons), of neurons of some type."""
    outputs: dict[str, Array] = {INPUT: x}
    hertz = {}
    for population in network.populations:
        assert population.tuning is not None
        neuron_type = rate_neurons(neurons(population))
        tuning = population.tuning
        reaching = currents(network, population.name, outputs)
        outputs[population.name] = nengo_rates(
            neuron_type, reaching, tuning.gain, tuning.bias, network.dt
        )
        hertz[population.name] = outputs[population.name] / neuron_type.amplitude
    logits = currents(network, OUTPUT, outputs)
    if network.output.bias is not None:
        logits = logits + network.output.bias
    return logits, hertz


def as_trained(population: Population) -> Call:
    """Return the neurons that a population was trained with."""
    return population.neurons.trained(population.gradient)


def as_it_runs(population: Population) -> Call:
    """Return neurons with the rates that a population runs with: those of the chip, and of Loihi's kinds on the host, come in steps."""
    neurons = population.neurons
    on_chip = neurons.on_chip_rates()
    in_steps = population.on_chip or neurons.running().name == on_chip.name
    return on_chip if in_steps else neurons.rates()


def rate_neurons(call: Call) -> Any:
    """Return neurons with rates. NengoDL's own would bring TensorFlow with them."""
    if call.name == "nengo_dl.SoftLIFRate":
        from snnc.running.soft_lif import SoftLif

        return SoftLif(**{name: build(value) for name, value in call.kwargs.items()})
    return build(call)


def nengo_rates(neuron_type: Any, x: Array, gain: Array, bias: Array, dt: float) -> Array:
    """Return Nengo's own rates of neurons for inputs x, (n, neurons) or (n,): in hertz, times amplitude."""
    # The chip's are rounded to whole steps; others know no steps.
    on_chip = type(neuron_type).__module__.startswith("nengo_loihi")
    # Those of SoftLIF pass through infinity on the way.
    with np.errstate(over="ignore", divide="ignore"):
        return np.asarray(neuron_type.rates(x, gain, bias, **({"dt": dt} if on_chip else {})))


def currents(network: Network, target: str, outputs: dict[str, Array]) -> Array:
    """Return the input of a population, or of the output, before its gain and bias: (n, size)."""
    total = np.zeros(())
    for connection in network.into(target):
        total = total + connection.folded.apply(outputs[connection.source])
    return total
