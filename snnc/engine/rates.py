"""A deployed program as rate neurons: no time and no spikes, just what the training network answers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from snnc.backends.network import build
from snnc.engine.answers import Answers
from snnc.gradients import Loihi
from snnc.ir import INPUT, OUTPUT, Matrix, Program

Array = NDArray[np.float64]


def rate_answers(program: Program, x: Array) -> Answers:
    """Return the logits for items x, (n, size), with every neuron at the rate it was trained with."""
    outputs: dict[str, Array] = {INPUT: x}
    rates = {}
    for population in program.populations:
        assert population.tuning is not None
        neuron_type = build(population.neurons.trained(population.gradient))
        tuning = population.tuning
        # The chip's rates are rounded to whole steps; others know no steps.
        rounding = {"dt": program.dt} if isinstance(population.gradient, Loihi) else {}
        reaching = currents(program, population.name, outputs)
        # Nengo's own rates, times amplitude. Those of SoftLIF pass through infinity on the way.
        with np.errstate(over="ignore", divide="ignore"):
            outputs[population.name] = neuron_type.rates(
                reaching, tuning.gain, tuning.bias, **rounding
            )
        rates[population.name] = outputs[population.name].mean(axis=0) / neuron_type.amplitude
    logits = currents(program, OUTPUT, outputs)
    if program.output.bias is not None:
        logits = logits + program.output.bias
    return Answers(logits, rates)


def currents(program: Program, target: str, outputs: dict[str, Array]) -> Array:
    """Return what reaches a population, or the output, before its gain and bias: (n, size)."""
    total = np.zeros(())
    for connection in program.into(target):
        (operator,) = connection.operators
        assert isinstance(operator, Matrix)
        total = total + outputs[connection.source] @ operator.weights.T
    return total
