"""Validate a network under training on items that it isn't trained on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import nengo
import nengo_dl
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from snnc.data.prepare import Array, Labels
from snnc.networks.build import put_out_rates, training_network
from snnc.networks.nengo_dl import simulator
from snnc.program.program import Program
from snnc.training.epochs import Validation

#: Returns the logits, (n, classes), for items, (n, size).
Answering = Callable[[Array], NDArray[np.float32]]


@contextmanager
def answering(net: nengo.Network, sim: nengo_dl.Simulator, program: Program) -> Iterator[Answering]:
    """Yield a function that returns the logits of a network under training, as rate neurons and without dropout."""
    if not program.network.trains_spiking:
        yield lambda x: _logits(sim, net.logits, x)
        return
    # In single steps spiking neurons put out rates only in the learning phase, which has dropout. So another network validates.
    own = training_network(program.network)
    put_out_rates(own, program.network)
    with simulator(own, program) as rates:

        def logits(x: Array) -> NDArray[np.float32]:
            # Layer by layer: batch normalisation isn't trained there, and Keras has weights that are trained first.
            for node, trained in zip(own.nodes, net.nodes, strict=True):
                if isinstance(node, nengo_dl.TensorNode):
                    node.tensor_func.set_weights(trained.tensor_func.get_weights())
            return _logits(rates, own.logits, x)

        yield logits


def validation(logits: NDArray[np.float32], labels: Labels, penalty: float) -> Validation:
    """Return the loss, with a penalty as Keras adds it, and the accuracy of logits, (n, classes), given labels, (n,)."""
    losses = tf.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)
    accuracy = np.mean(logits.argmax(axis=1) == labels)
    return Validation(float(losses.numpy().mean(dtype=float)) + penalty, float(accuracy))


def _logits(sim: nengo_dl.Simulator, probe: nengo.Probe, x: Array) -> NDArray[np.float32]:
    """Return the logits of whole batches, the last of which is filled up with items shown twice."""
    size = sim.minibatch_size
    whole = np.resize(x, (-(-len(x) // size) * size, 1, x.shape[1]))
    return np.asarray(sim.predict(whole, verbose=0)[probe][: len(x), 0])
