"""A trained network as a NIR graph: the rate network, exactly, for readers that give it time steps.

A neuron's current in NIR is what reaches it in a step: for neurons without a leak dt times Nengo's, with r = 1 / dt; for
leaky ones Nengo's own. A spike counts 1. So weights hold for one dt, which a file can't say. Images have the channels first.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.diagnostics.errors import Refusal
from snnc.importing.nir_file import NirGraph, NirNode
from snnc.operators.linear import Shape
from snnc.operators.transforms import Convolution, Transform
from snnc.program.network import Connection, Network, Population
from snnc.program.program import Program
from snnc.spec.base import INPUT, OUTPUT

Array = NDArray[Any]

#: Weights of a matrix that stands for other forms, at most.
MOST_WEIGHTS = 1 << 25


def nir_graph(network: Network, dt: float) -> NirGraph:
    """Return a deployed network as a graph for time steps of dt seconds. Raises Refusal if it is too large for one."""
    nodes = {INPUT: NirNode("Input", {"shape": np.array(channels_first(network.input_shape))})}
    edges: list[tuple[str, str]] = []
    for name in network.receivers:
        population = None if name == OUTPUT else network.population(name)
        target = name
        if population is None and len(network.into(name)) > 1:
            # Readers take several edges into an Output for several outputs.
            target = f"{name}.sum"
            eye, zeros = np.eye(network.output.classes), np.zeros(network.output.classes)
            nodes[target] = NirNode("Affine", {"weight": eye, "bias": zeros})
            edges.append((target, name))
        for number, connection in enumerate(network.into(name)):
            key = network.array_key(connection)
            for own, node, source in _layer(network, connection, population, key, number, dt):
                nodes[own] = node
                edges.append((source, own))
            edges.append((f"{key}.weights", target))
        nodes[name] = _end(network) if population is None else _neurons(population, dt)
    return NirGraph(nodes, tuple(edges))


def channels_first(shape: Shape) -> Shape:
    """Return the shape that NIR has for one with the channels last."""
    return (shape[-1], *shape[:-1]) if len(shape) > 1 else tuple(shape)


def losses(program: Program) -> tuple[str, ...]:
    """Return what a trained program says, and its graph can't."""
    network = program.network
    neurons = [population.neurons for population in network.populations]
    said = {
        "the floor of the voltage: neurons here stay at 0 or above, in NIR they don't": any(n.spiking for n in neurons),
        "refractory periods: neurons in NIR have none": any(n.refractory for n in neurons),
        "neurons that put out rates: they are spiking neurons with these rates in NIR": not all(n.spiking for n in neurons),
        "bursts: neurons in NIR fire once a step, at most": any(n.bursts for n in neurons),
        "synapses: spikes arrive unfiltered": any(c.synapse for c in network.connections),
        "the filter of the readout": bool(network.output.probe.taus),
        "rate_scale: neurons run at the rates that they were trained at": bool(network.rate_scales),
        "how long an item is shown, and which steps are read": True,
        "dt: the weights hold for this one, and the file doesn't name it": True,
        "which layers are on the chip, its cores, and weights of 8 bits": program.on_loihi,
        "how items are scaled: they go in as the network gets them": True,
    }  # fmt: skip
    return tuple(words for words, there in said.items() if there)


def _layer(
    network: Network,
    connection: Connection,
    population: Population | None,
    key: str,
    number: int,
    dt: float,
) -> Iterator[tuple[str, NirNode, str]]:
    """Yield the nodes of a connection, each with its name and the node that it reads."""
    source, before = connection.source, network.source_shape(connection)
    step = dt if population is not None and not population.neurons.leaky else 1.0
    gain, bias = _gain_and_bias(network, population)
    # What a spike counts, and an input's value.
    counts = 1.0 if source == INPUT else network.population(source).neurons.output_value / dt
    scale = step * gain * counts
    # Of several connections one brings the bias.
    own_bias = step * bias if number == 0 else np.zeros_like(bias)
    name, transform = f"{key}.weights", connection.folded
    if isinstance(transform.form, Convolution) and _of_channels(transform.form, own_bias):
        yield name, _convolution(transform, transform.form, scale, own_bias), source
        return
    if len(before) > 1:
        flat = f"{key}.flatten"
        shape = np.array(channels_first(before))
        yield flat, NirNode("Flatten", {"start_dim": 0, "end_dim": -1, "input_type": shape}), source
        source = flat
    after = population.shape if population else (network.output.classes,)
    if len(after) > 1:
        raise Refusal(
            f"'{connection.target}' can't be exported: it reads pictures otherwise than by one kernel, and NIR has no such layer"
        )
    matrix = _matrix(transform, math.prod(before), math.prod(after), connection.target)
    columns = np.arange(math.prod(before)).reshape(before)
    order = np.moveaxis(columns, -1, 0).ravel() if len(before) > 1 else columns
    yield name, NirNode("Affine", {"weight": scale * matrix[:, order], "bias": own_bias}), source


def _gain_and_bias(network: Network, population: Population | None) -> tuple[float, Array]:
    if population is None:
        bias = network.output.bias
        return 1.0, np.zeros(network.output.classes) if bias is None else np.asarray(bias)
    assert population.tuning is not None
    # The same for a whole layer.
    return float(population.tuning.gain[0]), np.asarray(population.tuning.bias, float)


def _matrix(transform: Transform, before: int, after: int, target: str) -> Array:
    if before * after > MOST_WEIGHTS:
        raise Refusal(
            f"'{target}' can't be exported: NIR has dense matrices alone, and this one would have {before * after:,} weights"
        )
    return np.asarray(transform.apply(np.eye(before)).T)


def _of_channels(form: Convolution, bias: Array) -> bool:
    """Whether neurons of a channel have one bias, as in NIR."""
    return bool(np.ptp(bias.reshape(-1, form.output_shape[-1]), axis=0).max() == 0)


def _convolution(transform: Transform, form: Convolution, scale: float, bias: Array) -> NirNode:
    """Return a convolution; zeros before its kernel make up for paddings that differ before and behind."""
    kernel = np.asarray(transform.arrays["weights"], float)
    margins = form.window.margins(form.input_shape)
    wider = [(behind - before, 0) for before, behind in margins]
    if any(zeros < 0 for zeros, _ in wider):
        raise AssertionError("same has the larger half behind")
    weight = np.moveaxis(np.pad(kernel, [*wider, (0, 0), (0, 0)]), (0, 1), (2, 3)).swapaxes(0, 1)
    channels = form.output_shape[-1]
    return NirNode(
        "Conv2d",
        {
            "input_shape": np.array(form.input_shape[:2]),
            "weight": scale * weight,
            "bias": bias.reshape(-1, channels)[0],
            "stride": np.array(form.strides),
            "padding": np.array([behind for _, behind in margins]),
            "dilation": np.array([1, 1]),
            "groups": 1,
        },
    )


def _neurons(population: Population, dt: float) -> NirNode:
    shape = channels_first(population.shape)
    ones, zeros = np.ones(shape), np.zeros(shape)
    if population.neurons.leaky:
        tau = population.neurons.running().kwargs["tau_rc"] * ones
        leak = {"tau": tau, "r": ones, "v_leak": zeros, "v_threshold": ones, "v_reset": zeros}
        return NirNode("LIF", leak)
    return NirNode("IF", {"r": ones / dt, "v_threshold": ones, "v_reset": zeros})


def _end(network: Network) -> NirNode:
    return NirNode("Output", {"shape": np.array([network.output.classes])})
