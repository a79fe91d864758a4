"""Items shown batch by batch in NengoDL, each from a cleared state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import nengo
import nengo_dl
import numpy as np
from numpy.typing import NDArray

from snnc.engine.answers import Answers, softmax
from snnc.engine.libraries import strict_warnings
from snnc.ir import Program

Array = NDArray[np.float64]


def simulator(
    net: nengo.Network, program: Program, minibatch_size: int | None = None
) -> nengo_dl.Simulator:
    with net:
        # Signals that NengoDL has merged are copied as a whole in every step.
        nengo_dl.configure_settings(planner=nengo_dl.graph_optimizer.noop_planner)
    return nengo_dl.Simulator(
        net,
        dt=program.dt,
        minibatch_size=minibatch_size or program.train.batch_size,
        seed=program.seed,
        progress_bar=False,
    )


def evaluate(
    net: nengo.Network,
    program: Program,
    x: Array,
    steps: int,
    progress: Callable[[int], None] = lambda n: None,
) -> Answers:
    """Show each item of x, (n, size), for some steps. `progress` is told how many items each batch has."""
    batch_size = program.items_at_once
    read = program.read_steps(steps)
    logits = np.empty((len(x), program.output.classes))
    probabilities = np.empty_like(logits)
    has_softmax = hasattr(net, "probabilities")
    rates = {probe.label: np.zeros(probe.size_in) for probe in net.spikes}
    with strict_warnings(), simulator(net, program, batch_size) as sim:
        for start in range(0, len(x), batch_size):
            batch = slice(start, start + batch_size)
            n_items = len(x[batch])
            shown = {net.shown: filled(x[batch], batch_size, steps)}
            data = sim.predict(shown, verbose=0)
            logits[batch] = _read(data[net.logits], n_items, read)
            if has_softmax:
                probabilities[batch] = _read(data[net.probabilities], n_items, read)
            for probe in net.spikes:
                # A spike counts amplitude / dt.
                amplitude = probe.target.ensemble.neuron_type.amplitude
                outputs = data[probe][:n_items].mean(axis=1, dtype=float)
                rates[probe.label] += outputs.sum(axis=0) / amplitude / len(x)
            progress(n_items)
    if program.output.softmax == "offline":
        probabilities, has_softmax = softmax(logits), True
    return Answers(logits, rates, probabilities if has_softmax else None)


def filled(items: Array, batch_size: int, steps: int) -> Array:
    """Return a whole batch, (batch_size, steps, size): a short one is filled up with items shown twice."""
    whole = np.resize(items, (batch_size, items.shape[1]))
    return np.repeat(whole[:, None], steps, axis=1)


def _read(outputs: Any, n_items: int, read: int) -> Any:
    """Return each item's answer: its last output, or the mean of its last ones."""
    if read == 1:
        return outputs[:n_items, -1]
    return outputs[:n_items, -read:].mean(axis=1)
