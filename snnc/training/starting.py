"""Units that are silent before training for all items: silent rectifiers have no slope, so that they hardly ever learn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import tensorflow as tf

from snnc.data.prepare import Array
from snnc.program.network import Population
from snnc.program.program import Program
from snnc.training.baseline import baseline_network
from snnc.training.train import initial_weights

#: How many other seeds are tried.
SEEDS = 8


@dataclass(frozen=True)
class Silent:
    """How many units of a layer are silent, of how many: filters of images, or neurons. `deaf` if all that it hears is silent."""

    name: str
    silent: int
    units: int
    deaf: bool

    @property
    def share(self) -> float:
        return self.silent / self.units


def silent_at_start(program: Program, x: Array) -> tuple[Silent, ...]:
    """Return how many units of each layer are silent with the initial weights, for all of the items x, (n, size)."""
    model = baseline_network(program, _fires)
    for name, weights in initial_weights(program).items():
        if weights:
            model.get_layer(name).set_weights(weights)
    populations = program.network.populations
    outputs = [model.get_layer(f"ReLU_{population.name}").output for population in populations]
    # Called at once: predict would trace each of the models of several seeds.
    values = tf.keras.Model(model.inputs, outputs)(x.astype(np.float32), training=False)
    values = values if len(populations) > 1 else [values]
    return tuple(_silent(program, list(map(np.asarray, values))))


def better_seed(program: Program, x: Array, most: Mapping[str, float]) -> int | None:
    """Return the next seed with which no layer has more than its share of silent units, if there is one among the next ones."""
    for seed in range(program.network.seed + 1, program.network.seed + 1 + SEEDS):
        other = replace(program, network=replace(program.network, seed=seed))
        if all(layer.share <= most[layer.name] for layer in silent_at_start(other, x)):
            return seed
    return None


def _fires(population: Population) -> tf.keras.layers.Layer:
    """Return what is 0 where a population's neurons are silent."""
    intercept = population.neurons.intercept
    return tf.keras.layers.Lambda(
        lambda value: tf.nn.relu(value - intercept), name=f"ReLU_{population.name}"
    )


def _silent(program: Program, values: list[Array]) -> Iterator[Silent]:
    quiet: set[str] = set()
    for population, value in zip(program.network.populations, values, strict=True):
        units = population.shape[-1]
        silent = int(np.sum(value.reshape(-1, units).max(axis=0) <= 0))
        if silent == units:
            quiet.add(population.name)
        deaf = all(c.source in quiet for c in program.network.into(population.name))
        yield Silent(population.name, silent, units, deaf)
