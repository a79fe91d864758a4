"""Fold each chain of operators between two populations into one transform, its linear part.

The chain's response to zeros becomes a bias of each neuron that it leads to, added inside the gain. Dropout vanishes.
What the operators compute is somebody else's: Keras' in `deploy`, NumPy's where a network comes from elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.diagnostics.errors import Refusal
from snnc.networks.build import build
from snnc.operators.linear import Operator, Shape, shape_after, size
from snnc.operators.pooled import Pooled
from snnc.operators.transforms import Form, Transform
from snnc.program.network import Connection, GainBias, Network, Population
from snnc.spec.base import OUTPUT

Array = NDArray[Any]
#: By the name of an operator: its weights in the order in which Keras has them.
Weights = Mapping[str, Sequence[Array]]
#: Maps values, (n, size in), to (n, size out).
Map = Callable[[Array], Array]
#: Returns the map of a chain of operators with their weights, on values of a shape, as it is when nothing is trained.
Chain = Callable[[Sequence[Operator], Weights, Shape], Map]

#: How many single inputs go through a chain at once.
AT_ONCE = 256
#: How many random inputs a folded chain is compared on, and how far it may be off, as a share of the largest value.
COMPARED, TOLERANCE = 4, 1e-5


def folded(network: Network, weights: Weights, chain: Chain) -> Network:
    """Fold each connection's operators into a transform, and give each population its gain and bias.

    A transform that differs from its chain is refused.
    """
    connections = []
    biases: dict[str, Any] = {}
    for connection in network.connections:
        transform, bias = _folded(network, connection, weights, chain)
        connections.append(replace(connection, transform=transform))
        # A bias a channel is that of all values of the channel, which is the last dimension.
        bias = np.resize(bias, network.size_of(connection.target))
        biases[connection.target] = biases.get(connection.target, 0) + bias
    return replace(
        network,
        populations=tuple(_tuned(p, biases[p.name]) for p in network.populations),
        connections=tuple(connections),
        output=replace(network.output, bias=biases[OUTPUT] if network.has_bias(OUTPUT) else None),
    )


def _folded(
    network: Network, connection: Connection, weights: Weights, chain: Chain
) -> tuple[Transform, Any]:
    """Return a connection's transform, and its bias: one value a neuron or a channel, or 0 for none."""
    form, before = network.form(connection), network.source_shape(connection)
    transform, bias = _read(connection.at_run_time, form, weights, before, chain)
    own_bias = _own_bias(network, connection, weights, bias, chain)
    adds_bias = any(operator.adds_bias for operator in connection.operators)
    wrong = _difference(
        transform,
        bias if adds_bias else 0,
        chain(connection.operators, weights, before),
        size(before),
        size(shape_after(connection.operators, before)),
    )
    if wrong:
        raise Refusal(_refused(connection, transform, wrong))
    return transform, own_bias


def _own_bias(
    network: Network, connection: Connection, weights: Weights, bias: Any, chain: Chain
) -> Any:
    """Return the bias that a connection adds. What several share is added with the first of them."""
    behind = tuple(op for op in connection.behind if not op.training_only)
    firsts = [branch.first for branch in network.branches(connection.target)]
    if not behind or connection in firsts:
        return bias
    before = shape_after(connection.own, network.source_shape(connection))
    through = chain(behind, weights, before)
    return bias - through(np.zeros((1, size(before)), np.float32))[0]


def _read(
    operators: Sequence[Operator], form: Form, weights: Weights, before: Shape, chain: Chain
) -> tuple[Transform, Any]:
    """Return the transform and the bias of a chain, from the weights of its one layer or from the chain's responses."""
    if not operators:
        return Transform(form), 0
    if isinstance(form, Pooled):
        first, *rest = operators
        linear, bias = _read(rest, form.linear, weights, first.shape(before), chain)
        return Transform(form, linear.arrays), bias
    if len(operators) == 1 and operators[0].is_form:
        kernel, *bias = weights[operators[0].name]
        return Transform(form, form.from_kernel(kernel)), bias[0] if bias else 0
    through = chain(operators, weights, before)
    bias_of_each = through(np.zeros((1, size(before)), np.float32))[0]
    responses = (through(x) - bias_of_each for x in _single_inputs(form.inputs, size(before)))
    return Transform(form, form.read(responses)), bias_of_each


def _single_inputs(inputs: Sequence[int], size_in: int) -> Iterator[Array]:
    """Yield values in which one input is 1 and all others are 0, some of them at once: (n, size in)."""
    for start in range(0, len(inputs), AT_ONCE):
        some = inputs[start : start + AT_ONCE]
        x = np.zeros((len(some), size_in), np.float32)
        x[np.arange(len(some)), some] = 1
        yield x


def _difference(
    transform: Transform, bias: Any, through: Map, size_in: int, size_out: int
) -> str | None:
    """Return how a transform and its bias differ from the Keras layers that they stand for, if they do."""
    x = np.random.RandomState(0).uniform(-1, 1, (COMPARED, size_in)).astype(np.float32)
    trained = through(x)
    if trained.shape[1] != size_out:
        return f"{size_out} values come out, not {trained.shape[1]}"
    expected = transform.form.arrays
    if expected.keys() != transform.arrays.keys() or not all(
        expected[name].fits(array.shape) for name, array in transform.arrays.items()
    ):
        return "its weights have another shape"
    # A bias a channel is that of all values of the channel, which is the last dimension.
    difference = transform.apply(x.astype(float)) + np.resize(bias, size_out) - trained
    largest, off = np.abs(trained).max(), np.abs(difference).max()
    # Weights that aren't finite are so before they are folded.
    if off <= TOLERANCE * largest or not np.isfinite(largest):
        return None
    return f"values differ by up to {off:.2g}, and the largest is {largest:.2g}"


def _refused(connection: Connection, transform: Transform, wrong: str) -> str:
    """Return the message that a transform isn't what was trained, for whoever added an operator."""
    names = ", ".join(_described(operator) for operator in connection.operators)
    return (
        f"'{connection.target}' would not run as it was trained: folded into one {transform.form.kind} transform, "
        f"the operators from '{connection.source}' to '{connection.target}' differ from their Keras layers: {wrong}\n"
        f"  these are {names}; spec and training are sound, but one of these operators is declared wrongly or isn't linear, or snnc folds it wrongly\n"
        "  if you added its layer kind, correct its shape, adds_bias and training_only, and leave out pointwise, fully_connected, "
        "has_kernel, zero_padded, or Window as its base; if the kind comes with snnc, please report it"
    )


def _described(operator: Operator) -> str:
    """Return an operator's name, its kind, and its layer's number."""
    table, *index = operator.at or ("",)
    layer = f", layer {int(index[0]) + 1}" if table == "layers" else ""
    return f"'{operator.name}' ({operator.kind}{layer})"


def _tuned(population: Population, bias: Any) -> Population:
    """Return a population with gain and bias: Nengo's own for its rates, the trained bias inside the gain."""
    neurons = population.neurons
    neuron_type = build(neurons.trained(population.gradient))
    gain, base = neuron_type.gain_bias(np.array([neurons.max_rate]), np.array([neurons.intercept]))
    return replace(
        population, tuning=GainBias(gain=np.full(population.size, gain), bias=base + gain * bias)
    )
