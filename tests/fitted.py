"""Networks that answer sensibly without a training: random hidden layers, and a readout by least squares. They take no TensorFlow."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from snnc.data.prepare import Data, load
from snnc.networks.build import build
from snnc.operators.transforms import Transform
from snnc.pipeline import checked
from snnc.program.network import Connection, GainBias, Network
from snnc.program.program import Program
from snnc.running.rates import currents, nengo_rates
from snnc.spec.base import INPUT, OUTPUT
from snnc.training import params_file
from snnc.training.paths import Paths


def fitted(program: Program, data: Data, seed: int = 0) -> Program:
    """Return a deployed program whose dense hidden layers are random, and whose readout is fitted to the training items."""
    chance = np.random.RandomState(seed)
    network = program.network
    connections = [_random(c, network, chance) for c in network.connections]
    populations = []
    for population in network.populations:
        neurons = population.neurons
        gain, base = build(neurons.running()).gain_bias(
            np.array([neurons.max_rate]), np.array([neurons.intercept])
        )
        bias = base + gain * chance.uniform(-0.2, 0.2, population.size)
        tuning = GainBias(np.full(population.size, float(gain[0])), bias)
        populations.append(replace(population, tuning=tuning))
    network = replace(network, populations=tuple(populations), connections=tuple(connections))
    outputs: dict[str, Any] = {INPUT: data.x_train}
    for population in network.populations:
        assert population.tuning is not None
        reaching = currents(network, population.name, outputs)
        kind, tuning = build(population.neurons.rates()), population.tuning
        outputs[population.name] = nengo_rates(kind, reaching, tuning.gain, tuning.bias, network.dt)
    sources = [c for c in network.connections if c.target == OUTPUT]
    read = np.hstack([*(outputs[c.source] for c in sources), np.ones((len(data.x_train), 1))])
    wanted = np.eye(network.output.classes)[data.y_train]
    weights = np.linalg.solve(read.T @ read + 0.1 * np.eye(read.shape[1]), read.T @ wanted)
    widths = np.cumsum([outputs[c.source].shape[1] for c in sources])
    parts = dict(zip(sources, np.split(weights[:-1], widths[:-1]), strict=True))
    connections = [
        replace(c, transform=Transform(network.form(c), {"weights": parts[c].T}))
        if c in parts
        else c
        for c in network.connections
    ]
    return replace(
        program,
        network=replace(
            network,
            connections=tuple(connections),
            output=replace(network.output, bias=weights[-1]),
        ),
    )


def _random(connection: Connection, network: Network, chance: np.random.RandomState) -> Connection:
    form = network.form(connection)
    size = network.population(connection.target).size if connection.target != OUTPUT else 1
    before = int(np.prod(network.source_shape(connection)))
    weights = chance.normal(0, 2 / np.sqrt(before), (size, before))
    return replace(connection, transform=Transform(form, {"weights": weights}))


def save(program: Program, data: Data, folder: Path) -> None:
    """Write what a training leaves."""
    paths = Paths.of(program, folder)
    params_file.save_test(paths.test, data)
    params_file.save_params(paths.params, program, program.network, data)


def of_digits(spec: Path, text: str, permuted: bool) -> Path:
    """Write a spec of a name, scikit-learn's digits beside it as data.npz, split, and fitted parameters; return its path.

    Permuted, the test items are others, and their labels in another order.
    """
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    chance = np.random.RandomState(0)
    x_test, y_test = x[1200:], y[1200:]
    if permuted:
        x_test = chance.randint(0, 17, x_test.shape).astype(float)
        y_test = chance.permutation(y_test)
    spec.parent.mkdir(exist_ok=True)
    arrays = {"x_train": x[:1200], "y_train": y[:1200], "x_test": x_test, "y_test": y_test}
    np.savez(spec.with_name("data.npz"), **arrays)
    spec.write_text(text)
    program = checked(spec).program
    data = load(program)
    save(fitted(program, data), data, spec.parent)
    return spec
