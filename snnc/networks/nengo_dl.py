"""NengoDL's simulator, and batches that are filled up."""

from __future__ import annotations

import nengo
import nengo_dl
import numpy as np
from numpy.typing import NDArray

from snnc.networks.fused import fused
from snnc.program.program import Program

Array = NDArray[np.float64]


def simulator(
    net: nengo.Network, program: Program, minibatch_size: int | None = None
) -> nengo_dl.Simulator:
    with net:
        # Signals that NengoDL has merged are copied as a whole in every step.
        nengo_dl.configure_settings(planner=nengo_dl.graph_optimizer.noop_planner)
    with fused():
        return nengo_dl.Simulator(
            net,
            dt=program.network.dt,
            minibatch_size=minibatch_size or program.train.batch_size,
            seed=program.network.seed,
            progress_bar=False,
        )


def filled(items: Array, batch_size: int, steps: int) -> Array:
    """Return a whole batch, (batch_size, steps, size): a short one is filled up with items shown twice."""
    whole = np.resize(items, (batch_size, items.shape[1]))
    return np.repeat(whole[:, None], steps, axis=1)
