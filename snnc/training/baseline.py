"""The float twin: the same layers, dropout, data, seeds and epochs in plain tf.keras, with ReLU."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from snnc.data.prepare import Array, Labels
from snnc.networks.build import keras_layer
from snnc.networks.folding import Weights
from snnc.operators.linear import Operator, Shape, walk
from snnc.program.network import Connection, Network, Population
from snnc.program.program import Program
from snnc.program.waking import may_start_silent
from snnc.spec.base import INPUT, OUTPUT
from snnc.training.beginning import begin
from snnc.training.class_weights import class_weights
from snnc.training.epochs import BEGINNING, State
from snnc.training.train import Fitted, Learner, compile_arguments, drawing, run_epochs
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
        for branch in program.network.branches(target):
            steps = [_steps(program.network, connection) for connection in branch.connections]
            terms = [
                _through(values[connection.source], own[: len(connection.own)])
                for connection, own in zip(branch.connections, steps, strict=True)
            ]
            value = terms[0]
            if len(terms) > 1:
                value = tf.keras.layers.Add(name=f"Joined_{branch.behind[0].name}")(terms)
            branches.append(_through(value, steps[0][len(branch.first.own) :]))
        if len(branches) > 1 and target != OUTPUT:
            shape = program.network.population(target).shape
            branches = [
                b if tuple(b.shape[1:]) == shape else tf.keras.layers.Reshape(shape)(b)
                for b in branches
            ]
        summed = (
            tf.keras.layers.Add(name=f"Sum_{target}")(branches)
            if len(branches) > 1
            else branches[0]
        )
        values[target] = (
            summed if target == OUTPUT else activation(program.network.population(target))(summed)
        )
    return tf.keras.Model(inputs, values[OUTPUT])


def _steps(network: Network, connection: Connection) -> list[tuple[Operator, Shape]]:
    return list(walk(connection.operators, network.source_shape(connection)))


def _through(value: Any, steps: Sequence[tuple[Operator, Shape]]) -> Any:
    """Return a value behind the Keras layers of some operators."""
    for operator, shape in steps:
        wanted = operator.takes(shape)
        if tuple(value.shape[1:]) != wanted:
            value = tf.keras.layers.Reshape(wanted)(value)
        value = keras_layer(operator.keras())(value)
    return value


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
        history = model.fit(
            items, labels, batch_size=batch_size, class_weight=by_class, shuffle=False, verbose=0
        ).history
        return Fitted(history["loss"][0], history["accuracy"][0])

    def answer(items: Array) -> Any:
        return model.predict(items, batch_size=batch_size, verbose=0)

    learner = Learner(model, drawing(model.layers), fit, answer if program.validates else None)
    run_epochs(program, learner, x, y, on_epoch, start)
    return model
