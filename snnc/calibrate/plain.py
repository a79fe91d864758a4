"""A deployed network whose rectified lines are written in one way: the output is max(0, input + bias).

What was trained with a line may run as anything that is one: rectified linear units, integrate-and-fire neurons, or LIF neurons
that hardly leak. Intercepts, amplitudes and rates go into the weights.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from snnc.operators.transforms import Transform
from snnc.program.network import Connection, GainBias, Network, Population
from snnc.running.rates import activity, as_trained, nengo_rates, rate_neurons
from snnc.spec import gradients
from snnc.spec.neurons import shared
from snnc.spec.neurons.base import NeuronKind

Array = NDArray[np.float64]

#: A line may be missed by this share of max_rate.
STRAIGHT = 0.005


def lines(network: Network) -> tuple[str, ...]:
    """Return the populations whose trained output is a rectified line, in order: a multiple of it is a multiple of its input.

    Others, such as LIF neurons that leak, saturate, or were trained with the chip's steps, are what they are at one scale alone.
    """
    return tuple(
        p.name
        for p in network.populations
        if is_line(p, network.dt) and (_is_plain(p.neurons) or _has_weights(p, network))
    )


def is_line(population: Population, dt: float) -> bool:
    """Whether the output that a population was trained with is a line from its intercept on, up to twice max_rate."""
    neurons = population.neurons
    x = np.linspace(-1.0, 2.0, 301)
    kind = rate_neurons(as_trained(population))
    gain, bias = _tuning(neurons)
    rates = (
        nengo_rates(kind, x[:, None], np.array([gain]), np.array([bias]), dt)[:, 0] / kind.amplitude
    )
    line = neurons.max_rate * np.maximum(x - neurons.intercept, 0) / (1 - neurons.intercept)
    return bool(np.abs(rates - line).max() <= STRAIGHT * neurons.max_rate)


def _is_plain(neurons: NeuronKind) -> bool:
    return neurons.intercept == 0 and abs(neurons.output_value * neurons.max_rate - 1) < 1e-9


def _has_weights(population: Population, network: Network) -> bool:
    """Whether weights lead to a population and from it, that can take a factor."""
    return all(
        connection.folded.arrays
        for connection in network.connections
        if population.name in (connection.source, connection.target)
    )


def _tuning(neurons: NeuronKind) -> tuple[float, float]:
    """Return the gain and the bias of neurons for an input as it is."""
    gain, bias = rate_neurons(neurons.rates()).gain_bias(
        np.array([neurons.max_rate]), np.array([neurons.intercept])
    )
    return float(gain[0]), float(bias[0])


def plain(network: Network) -> Network:
    """Return a deployed network with all its lines as max(0, input + bias); its logits stay."""
    names = lines(network)
    found = [network.population(name) for name in names]
    as_lines = replace(
        network,
        populations=tuple(_as_relu(p) if p.name in names else p for p in network.populations),
    )
    return scaled(
        as_lines,
        {p.name: 1 - p.neurons.intercept for p in found},
        {p.name: p.neurons.output_value * p.neurons.max_rate for p in found},
    )


def _as_relu(population: Population) -> Population:
    """Return a line's population as max(0, input + bias), for inputs as they are: from its intercept on."""
    assert population.tuning is not None
    gain, base = _tuning(population.neurons)
    bias = (population.tuning.bias - base) / gain - population.neurons.intercept
    return replace(
        population,
        neurons=shared({"kind": "relu", "max_rate": 1.0}),
        gradient=gradients.default("rate"),
        rate_scale=1.0,
        tuning=GainBias(np.ones(population.size), bias),
    )


def scaled(network: Network, into: Mapping[str, float], out_of: Mapping[str, float]) -> Network:
    """Return a plain network with what leads to a line divided by one number, and what leads from it multiplied by another."""

    def population(p: Population) -> Population:
        assert p.tuning is not None
        if p.name not in into:
            return p
        return replace(p, tuning=GainBias(p.tuning.gain, p.tuning.bias / into[p.name]))

    def connection(c: Connection) -> Connection:
        factor = out_of.get(c.source, 1.0) / into.get(c.target, 1.0)
        arrays = c.folded.arrays
        if factor == 1 or not arrays:
            return c
        weights = {"weights": np.asarray(arrays["weights"], dtype=float) * factor}
        return replace(c, transform=Transform(c.folded.form, {**arrays, **weights}))

    return replace(
        network,
        populations=tuple(map(population, network.populations)),
        connections=tuple(map(connection, network.connections)),
    )


def tuned(plain: Network, network: Network, names: Collection[str]) -> Network:
    """Return a network of the same layers, whose lines have other neurons and these names, with the parameters of a plain one."""

    def population(p: Population) -> Population:
        theirs = plain.population(p.name).tuning
        assert theirs is not None
        if p.name not in names:
            return replace(p, tuning=theirs)
        gain, base = _tuning(p.neurons)
        return replace(p, tuning=GainBias(np.full(p.size, gain), base + gain * theirs.bias))

    return replace(
        network,
        populations=tuple(map(population, network.populations)),
        connections=tuple(
            replace(c, transform=other.folded)
            for c, other in zip(network.connections, plain.connections, strict=True)
        ),
        output=replace(network.output, bias=plain.output.bias),
    )


def plain_activity(network: Network, x: Array) -> tuple[Array, dict[str, Array]]:
    """Return the logits of a plain network for items x, (n, size), and each layer's rates over max_rate, (n, neurons)."""
    logits, hertz = activity(network, x, as_trained)
    return logits, {p.name: hertz[p.name] / p.neurons.max_rate for p in network.populations}
