"""Training in NengoDL, one `fit` an epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import nengo
import nengo_dl
import numpy as np
import tensorflow as tf

from snnc.data.prepare import Array, Labels, division
from snnc.diagnostics.errors import Refusal
from snnc.environment.libraries import strict_warnings
from snnc.networks.build import build, training_network
from snnc.networks.folding import Weights
from snnc.networks.nengo_dl import simulator
from snnc.program.program import STEPS_AT_ONCE, Program
from snnc.program.waking import may_start_silent
from snnc.spec.settings import EarlyStopping, FiringRates
from snnc.training.beginning import begin
from snnc.training.class_weights import class_weights
from snnc.training.epochs import BEGINNING, Epoch, State
from snnc.training.plateau import lowering
from snnc.training.stopping import best_epoch, is_over
from snnc.training.validation import Answering, answering, validation
from snnc.training.waking import wake


def train(
    net: nengo.Network,
    program: Program,
    x: Array,
    y: Labels,
    on_epoch: Callable[[State], None] = lambda state: None,
    start: State = BEGINNING,
    initial: Weights | None = None,
) -> Weights:
    """Train a training network on items x, (n, size), and labels y, (n,), from the state `start`; return its weights.

    The first epoch begins with the `initial` weights, or at random.
    """
    tf.keras.utils.set_random_seed(program.network.seed)  # for the initial weights and dropout
    with ExitStack() as stack:
        stack.enter_context(strict_warnings())
        sim = stack.enter_context(simulator(net, program))
        if initial:
            begin(keras_layers(net), initial)
        wake(keras_layers(net), may_start_silent(program))
        losses = {net.logits: _cross_entropy()}
        bands = program.network.bands
        losses |= {p: band_loss(p, bands[p.label]) for p in net.spikes if p.label in bands}
        sim.compile(
            optimizer=build(program.train.optimizer.call()),
            loss=losses,
            metrics={net.logits: "accuracy"},
            steps_per_execution=STEPS_AT_ONCE,
        )

        by_class = class_weights(program, y)

        def fit(items: Array, labels: Labels) -> Fitted:
            # Keras passes labels to every loss; the losses of rates ignore them.
            wanted = dict.fromkeys(losses, labels[:, None, None])
            # Keras takes class_weight for models with one output and flat labels alone.
            weight = None if by_class is None else {"logits": by_class[labels][:, None]}
            history = sim.fit(
                items[:, None], wanted, sample_weight=weight, shuffle=False, verbose=0
            ).history
            return _fitted(history, program)

        answer = None
        if program.validates:
            answer = stack.enter_context(answering(net, sim, program))
        learner = Learner(sim.keras_model, drawing(keras_layers(net)), fit, answer)
        run_epochs(program, learner, x, y, on_epoch, start)
        return weights(net)


def _fitted(history: dict[str, list[float]], program: Program) -> Fitted:
    """Return what Keras says of an epoch, with the losses of rates apart from that of the logits and of weights."""
    loss, accuracy = history["loss"][0], history["logits_accuracy"][0]
    if not program.network.bands:
        return Fitted(loss, accuracy)
    if not program.network.is_penalised:
        return Fitted(history["logits_loss"][0], accuracy, loss - history["logits_loss"][0])
    others = (name for name in history if name.endswith("_loss") and name != "logits_loss")
    rate_loss = sum(history[name][0] for name in others)
    return Fitted(loss - rate_loss, accuracy, rate_loss)


def band_loss(probe: nengo.Probe, band: FiringRates) -> Callable[[Any, Any], Any]:
    """Return the loss of a layer's outputs: the squared distance of rates from their band, as a share of max_rate."""
    ensemble = probe.target.ensemble
    amplitude, max_rate = ensemble.neuron_type.amplitude, ensemble.max_rates.options[0]

    def loss(_: Any, outputs: Any) -> Any:
        rates = outputs / amplitude
        outside = tf.nn.relu(band.min - rates) + tf.nn.relu(rates - band.max)
        return band.weight * tf.reduce_mean(tf.square(outside / max_rate), axis=-1)

    return loss


def compile_arguments(program: Program) -> dict[str, Any]:
    """Return the optimiser, the loss and the metrics of a network with one output, as Keras' compile takes them."""
    return {
        "optimizer": build(program.train.optimizer.call()),
        "loss": _cross_entropy(),
        "metrics": ["accuracy"],
    }


def _cross_entropy() -> tf.losses.Loss:
    return tf.losses.SparseCategoricalCrossentropy(from_logits=True)


@dataclass(frozen=True)
class Fitted:
    """The losses and the accuracy of one epoch."""

    loss: float
    accuracy: float
    rate_loss: float | None = None


@dataclass(frozen=True)
class Learner:
    """A compiled model, and functions that fit it to items, (n, size), and labels, (n,), and that return its logits for validation.

    `drawing` are the states of what dropout draws from.
    """

    model: tf.keras.Model
    drawing: Sequence[tf.Variable]
    fit: Callable[[Array, Labels], Fitted]
    answer: Answering | None


def run_epochs(
    program: Program,
    learner: Learner,
    x: Array,
    y: Labels,
    on_epoch: Callable[[State], None],
    start: State,
) -> None:
    """Fit a learner epoch by epoch, from the state `start` until its last epoch or until it stops early."""
    model, stopping = learner.model, program.train.early_stopping
    _make_variables(model)
    best = _best_variables(model, stopping)
    variables = [*model.weights, *model.optimizer.variables, *best, *learner.drawing]
    if start.epochs:
        if [tuple(v.shape) for v in variables] != [tuple(v.shape) for v in start.variables]:
            raise Refusal(
                "the checkpoint holds other arrays than this training, as that of another version of snnc "
                f"may: remove {program.name}*.checkpoint.npz"
            )
        _assign(variables, start.variables)
    epochs = start.epochs
    lower = lowering(program, model, epochs)
    for index in range(len(epochs), program.train.epochs):
        if is_over(epochs, stopping):
            break
        epochs += (_epoch(program, learner, x, y, index),)
        if best and stopping and best_epoch(epochs, stopping) == index:
            _assign(best, model.weights)
        lower(epochs[-1])
        on_epoch(State(epochs, tuple(variable.numpy() for variable in variables)))
    if best:
        _assign(model.weights, best)


def drawing(layers: Iterable[tf.keras.layers.Layer]) -> list[tf.Variable]:
    """Return the states of the generators that dropout layers draw from. Keras hides them."""
    dropouts = (layer for layer in layers if isinstance(layer, tf.keras.layers.Dropout))
    return [layer._random_generator._generator.state for layer in dropouts]


def _make_variables(model: tf.keras.Model) -> None:
    """Make the variables of the optimiser, the losses and the metrics: Keras traces a first step that makes some twice."""
    model.optimizer.build(model.trainable_variables)
    outputs = tf.nest.map_structure(lambda t: tf.zeros((1, *t.shape[1:])), model.output)
    labels = tf.nest.map_structure(lambda t: tf.zeros((*t.shape[:-1], 1)), outputs)
    model.compiled_loss.build(outputs)
    model.compiled_metrics.build(outputs, labels)


def _epoch(program: Program, learner: Learner, x: Array, y: Labels, index: int) -> Epoch:
    """Fit to the training items, shuffled by the epoch's seed and cut to whole batches; then validate."""
    started = perf_counter()
    seed = 1000 * program.network.seed + index + 1
    seen, held_out = division(program, len(x))
    batch_size = program.train.batch_size
    whole_batches = len(seen) // batch_size * batch_size
    order = seen[np.random.RandomState(seed).permutation(len(seen))[:whole_batches]]
    fitted = learner.fit(x[order], y[order])
    if not np.isfinite(fitted.loss + (fitted.rate_loss or 0)):
        raise Refusal(
            f"the loss is {fitted.loss} in epoch {index + 1}: lower the learning rate, or scale the data"
        )
    validated = None
    if learner.answer:
        penalty = float(sum(learner.model.losses))
        validated = validation(learner.answer(x[held_out]), y[held_out], penalty)
    seconds = perf_counter() - started
    return Epoch(index + 1, fitted.loss, fitted.accuracy, seconds, validated, fitted.rate_loss)


def _best_variables(model: tf.keras.Model, stopping: EarlyStopping | None) -> list[tf.Variable]:
    """Return variables for the best weights so far, if those are to be restored."""
    restores = stopping is not None and stopping.restore_best_weights
    return [tf.Variable(weight) for weight in model.weights] if restores else []


def _assign(variables: Sequence[tf.Variable], values: Sequence[Any]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def weights(net: nengo.Network) -> Weights:
    """Return the weights of a training network's Keras layers, by their names."""
    return {layer.name: layer.get_weights() for layer in keras_layers(net)}


def initial_weights(program: Program) -> Weights:
    """Return the weights that training starts with."""
    net = training_network(program.network)
    tf.keras.utils.set_random_seed(program.network.seed)
    with strict_warnings(), simulator(net, program, minibatch_size=1):
        wake(keras_layers(net), may_start_silent(program))
        return weights(net)


def keras_layers(net: nengo.Network) -> list[tf.keras.layers.Layer]:
    return [n.tensor_func for n in net.nodes if isinstance(n, nengo_dl.TensorNode)]
