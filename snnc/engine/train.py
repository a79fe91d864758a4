"""Training in NengoDL, one `fit` an epoch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import nengo
import nengo_dl
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from snnc.backends.network import build
from snnc.deploy import Weights
from snnc.diagnostics import Refusal
from snnc.engine.data import Array, Labels
from snnc.engine.fresh import simulator
from snnc.engine.libraries import strict_warnings
from snnc.ir import Program


@dataclass(frozen=True)
class Epoch:
    """How an epoch went. `number` counts from 1; accuracy is that of the training items as they went by."""

    number: int
    loss: float
    accuracy: float
    seconds: float


@dataclass(frozen=True, eq=False)
class State:
    """A training after some epochs. `variables` are those of the model, then those of its optimiser, as Keras orders them."""

    epochs: tuple[Epoch, ...] = ()
    variables: tuple[NDArray[Any], ...] = ()


#: Nothing is trained yet.
BEGINNING = State()


def train(
    net: nengo.Network,
    program: Program,
    x: Array,
    y: Labels,
    on_epoch: Callable[[State], None] = lambda state: None,
    start: State = BEGINNING,
) -> Weights:
    """Train a training network on items x, (n, size), and labels y, (n,), from a state on; return its weights."""
    x, y = x[:, None], y[:, None, None]
    tf.keras.utils.set_random_seed(program.seed)  # for the initial weights
    with strict_warnings(), simulator(net, program) as sim:
        sim.compile(**compile_arguments(program))

        def fit(items: Any, labels: Any) -> tuple[float, float]:
            history = sim.fit(items, labels, shuffle=False, verbose=0).history
            return history["loss"][0], history["logits_accuracy"][0]

        run_epochs(program, sim.keras_model, x, y, fit, on_epoch, start)
        return weights(net)


def compile_arguments(program: Program) -> dict[str, Any]:
    """Return the optimiser, the loss and the metrics, as Keras' compile takes them."""
    return {
        "optimizer": build(program.train.optimizer.call()),
        "loss": tf.losses.SparseCategoricalCrossentropy(from_logits=True),
        "metrics": ["accuracy"],
    }


def run_epochs(
    program: Program,
    model: tf.keras.Model,
    x: Any,
    y: Any,
    fit: Callable[[Any, Any], tuple[float, float]],
    on_epoch: Callable[[State], None],
    start: State,
) -> None:
    """Call `fit` with the items of each epoch: shuffled anew, then cut to whole batches."""
    # By itself Keras makes the optimiser's variables in the first step.
    model.optimizer.build(model.trainable_variables)
    variables = [*model.weights, *model.optimizer.variables]
    if start.epochs:
        _restore(variables, start.variables)
    epochs = start.epochs
    batch_size = program.train.batch_size
    whole_batches = len(x) // batch_size * batch_size
    for epoch in range(len(epochs), program.train.epochs):
        started = perf_counter()
        epoch_seed = 1000 * program.seed + epoch + 1
        tf.keras.utils.set_random_seed(epoch_seed)
        order = np.random.RandomState(epoch_seed).permutation(len(x))[:whole_batches]
        loss, accuracy = fit(x[order], y[order])
        if not np.isfinite(loss):
            raise Refusal(
                f"the loss is {loss} in epoch {epoch + 1}: lower the learning rate, or scale the data"
            )
        epochs += (Epoch(epoch + 1, loss, accuracy, perf_counter() - started),)
        on_epoch(State(epochs, tuple(variable.numpy() for variable in variables)))


def _restore(variables: Sequence[tf.Variable], values: Sequence[NDArray[Any]]) -> None:
    if [tuple(v.shape) for v in variables] != [v.shape for v in values]:
        raise Refusal("the checkpoint holds other arrays than this training: leave out --resume")
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def weights(net: nengo.Network) -> Weights:
    """Return the weights of a training network's Keras layers, by their names."""
    layers = [n.tensor_func for n in net.nodes if isinstance(n, nengo_dl.TensorNode)]
    return {layer.name: layer.get_weights() for layer in layers}
