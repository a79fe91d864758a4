"""Items shown batch by batch in NengoDL, each from a cleared state."""

from __future__ import annotations

from collections.abc import Callable

import nengo
import nengo_dl
import numpy as np
from numpy.typing import NDArray

from snnc.engine.answers import Answers
from snnc.engine.gathering import Gatherer
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
    gathered = Gatherer(net, program, len(x), steps)
    with strict_warnings(), simulator(net, program, batch_size) as sim:
        for start in range(0, len(x), batch_size):
            batch = slice(start, start + batch_size)
            n_items = len(x[batch])
            shown = {net.shown: filled(x[batch], batch_size, steps)}
            data = sim.predict(shown, verbose=0)
            gathered.take(batch, {probe: data[probe][:n_items] for probe in gathered.probes})
            progress(n_items)
    return gathered.answers()


def filled(items: Array, batch_size: int, steps: int) -> Array:
    """Return a whole batch, (batch_size, steps, size): a short one is filled up with items shown twice."""
    whole = np.resize(items, (batch_size, items.shape[1]))
    return np.repeat(whole[:, None], steps, axis=1)
