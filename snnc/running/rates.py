"""A deployed program as rate neurons: no time and no spikes, just what the training network answers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from snnc.networks.build import build
from snnc.operators import transforms
from snnc.operators.call import Call
from snnc.program.network import Network
from snnc.program.program import Program
from snnc.running.answers import Answers
from snnc.spec.base import INPUT, OUTPUT

Array = NDArray[np.float64]


#: How many items go through the network at once, which bounds the memory that takes.
AT_ONCE = 500


def rate_answers(program: Program, x: Array) -> Answers:
    """Return the logits for items x, (n, size), with every neuron at the rate it was trained with."""
    parts = [_answers(program, x[start : start + AT_ONCE]) for start in range(0, len(x), AT_ONCE)]
    rates = {
        name: np.sum([len(part.logits) * part.rates[name] for part in parts], axis=0) / len(x)
        for name in parts[0].rates
    }
    return Answers(np.concatenate([part.logits for part in parts]), rates)


def _answers(program: Program, x: Array) -> Answers:
    outputs: dict[str, Array] = {INPUT: x}
    rates = {}
    for population in program.network.populations:
        assert population.tuning is not None
        neuron_type = _neuron_type(population.neurons.trained(population.gradient))
        tuning = population.tuning
        reaching = currents(program.network, population.name, outputs)
        outputs[population.name] = nengo_rates(
            neuron_type, reaching, tuning.gain, tuning.bias, program.network.dt
        )
        rates[population.name] = outputs[population.name].mean(axis=0) / neuron_type.amplitude
    logits = currents(program.network, OUTPUT, outputs)
    if program.network.output.bias is not None:
        logits = logits + program.network.output.bias
    return Answers(logits, rates)


def _neuron_type(call: Call) -> Any:
    """Return neurons with rates. NengoDL's own would bring TensorFlow with them."""
    if call.name == "nengo_dl.SoftLIFRate":
        from snnc.running.soft_lif import SoftLif

        return SoftLif(**{name: build(value) for name, value in call.kwargs.items()})
    return build(call)


def nengo_rates(neuron_type: Any, x: Array, gain: Array, bias: Array, dt: float) -> Array:
    """Return what Nengo says of neurons' rates for inputs x, (n, neurons) or (n,): in hertz, times amplitude."""
    # The chip's are rounded to whole steps; others know no steps.
    on_chip = type(neuron_type).__module__.startswith("nengo_loihi")
    # Those of SoftLIF pass through infinity on the way.
    with np.errstate(over="ignore", divide="ignore"):
        return np.asarray(neuron_type.rates(x, gain, bias, **({"dt": dt} if on_chip else {})))


def currents(network: Network, target: str, outputs: dict[str, Array]) -> Array:
    """Return what reaches a population, or the output, before its gain and bias: (n, size)."""
    total = np.zeros(())
    for connection in network.into(target):
        total = total + _folded(connection.folded, outputs[connection.source])
    return total


def _folded(folded: transforms.Transform, x: Array) -> Array:
    """Return what a folded chain makes of values x, (n, size)."""
    form = folded.form
    if isinstance(form, transforms.NoTransform):
        return x
    if isinstance(form, transforms.Dense):
        return np.asarray(x @ folded.weights.T)
    if isinstance(form, transforms.Sparse):
        matrix = csr_matrix(
            (folded.weights, (folded.arrays["row"], folded.arrays["column"])), form.shape
        )
        return np.asarray((matrix @ x.T).T)
    return _convolved(form, x.reshape(-1, *form.input_shape), folded.weights).reshape(len(x), -1)


def _convolved(form: transforms.Convolution, images: Array, kernel: Array) -> Array:
    """Return what a kernel makes of images, (n, height, width, channels): the sum of what each of its places sees."""
    rows, columns, _ = form.output_shape
    down, right = form.strides
    padded = np.pad(images, [(0, 0), *form.window.margins(form.input_shape), (0, 0)])
    total = np.zeros((len(images), *form.output_shape))
    for row, column in np.ndindex(*form.kernel_size):
        seen = padded[
            :,
            row : row + (rows - 1) * down + 1 : down,
            column : column + (columns - 1) * right + 1 : right,
        ]
        total += seen @ kernel[row, column].astype(float)
    return total
