"""The float twin: the same layers, dropout, data, seeds and epochs in plain tf.keras, with ReLU."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from snnc.data.prepare import Array, Labels
from snnc.networks.build import keras_layer
from snnc.networks.deploy import Weights
from snnc.operators.linear import walk
from snnc.program.network import Population
from snnc.program.program import Program
from snnc.program.waking import may_start_silent
from snnc.spec.base import INPUT, OUTPUT
from snnc.training.beginning import begin
from snnc.training.class_weights import class_weights
from snnc.training.epochs import BEGINNING, State
from snnc.training.train import Fitted, Learner, compile_arguments, run_epochs
from snnc.training.waking import wake


def relu(population: Population) -> tf.keras.layers.Layer:
    return tf.keras.layers.ReLU(name=f"ReLU_{population.name}")


def baseline_network(
    program: Program, activation: Callable[[Population], tf.keras.layers.Layer] = relu
) -> tf.keras.Model:
    """Return the untrained float twin; `activation` makes the Keras layer that stands for a population."""
    # Layers of a spec have no capitals in their names.
    inputs = tf.keras.Input((program.network.input_size,), name="Input")
    values: dict[str, Any] = {INPUT: inputs}
    for target in program.network.receivers:
        branches = []
        for connection in program.network.into(target):
            value = values[connection.source]
            for operator, shape in walk(
                connection.operators, program.network.source_shape(connection)
            ):
                wanted = operator.takes(shape)
                if tuple(value.shape[1:]) != wanted:
                    value = tf.keras.layers.Reshape(wanted)(value)
                value = keras_layer(operator.keras())(value)
            branches.append(value)
        summed = (
            tf.keras.layers.Add(name=f"Sum_{target}")(branches)
            if len(branches) > 1
            else branches[0]
        )
        values[target] = (
            summed if target == OUTPUT else activation(program.network.population(target))(summed)
        )
    return tf.keras.Model(inputs, values[OUTPUT])


def train_baseline(
    program: Program,
    x: Array,
    y: Labels,
    on_epoch: Callable[[State], None] = lambda state: None,
    start: State = BEGINNING,
    initial: Weights | None = None,
) -> tf.keras.Model:
    """Return the float twin, trained on items x, (n, size), and labels y, (n,), from a state on.

    The first epoch begins with the `initial` weights, or at random.
    """
    tf.keras.utils.set_random_seed(program.network.seed)
    model = baseline_network(program)
    if initial:
        names = {operator.name for operator in program.network.operators}
        begin((layer for layer in model.layers if layer.name in names), initial)
    wake(model.layers, may_start_silent(program))
    model.compile(**compile_arguments(program))
    batch_size = program.train.batch_size
    weights = class_weights(program, y)
    by_class = None if weights is None else dict(enumerate(weights.tolist()))

    def fit(items: Array, labels: Labels) -> Fitted:
        # Dropout keeps the seed that is set when Keras first builds the graph, so that seed mustn't depend on the epoch.
        tf.random.set_seed(1000 * program.network.seed + 1)
        history = model.fit(
            items, labels, batch_size=batch_size, class_weight=by_class, shuffle=False, verbose=0
        ).history
        return Fitted(history["loss"][0], history["accuracy"][0])

    def answer(items: Array) -> Any:
        return model.predict(items, batch_size=batch_size, verbose=0)

    learner = Learner(model, fit, answer if program.validates else None)
    run_epochs(program, learner, x, y, on_epoch, start)
    return model
