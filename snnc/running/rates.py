"""Run a deployed program with rate neurons: without time and spikes, it answers as the training network does."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.networks.build import build
from snnc.operators.call import Call
from snnc.program.network import Network
from snnc.program.program import Program
from snnc.running.answers import Answers
from snnc.spec.base import INPUT, OUTPUT

Array = NDArray[np.float64]


#: How many items go through the network at once, which bounds the memory that takes.
AT_ONCE = 500


def rate_answers(program: Program, x: Array, each: int = 0) -> Answers:
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
    return Answers(np.concatenate([part.logits for part in parts]), rates, kept)


def _answers(program: Program, x: Array, each: int) -> Answers:
    outputs: dict[str, Array] = {INPUT: x}
    rates, kept = {}, {}
    for population in program.network.populations:
        assert population.tuning is not None
        neuron_type = _neuron_type(population.neurons.trained(population.gradient))
        tuning = population.tuning
        reaching = currents(program.network, population.name, outputs)
        outputs[population.name] = nengo_rates(
            neuron_type, reaching, tuning.gain, tuning.bias, program.network.dt
        )
        rates[population.name] = outputs[population.name].mean(axis=0) / neuron_type.amplitude
        if each > 0:
            kept[population.name] = outputs[population.name][:each] / neuron_type.amplitude
    logits = currents(program.network, OUTPUT, outputs)
    if program.network.output.bias is not None:
        logits = logits + program.network.output.bias
    return Answers(logits, rates, kept)


def _neuron_type(call: Call) -> Any:
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
