"""Run items batch by batch in NengoDL, each from a cleared state."""

from __future__ import annotations

from collections.abc import Callable

import nengo

from snnc.data.rows import Rows
from snnc.environment.libraries import strict_warnings
from snnc.networks.nengo_dl import Array, filled, simulator
from snnc.program.program import Program
from snnc.running.answers import Answers
from snnc.running.probes import ProbeReader


def evaluate(
    net: nengo.Network,
    program: Program,
    x: Array | Rows,
    steps: int,
    progress: Callable[[int], None] = lambda n: None,
    latency: int = 0,
) -> Answers:
    """Show each item of x, (n, size), for `steps` steps, and on until its answer comes, `latency` steps later.

    `progress` gets the number of items of each batch.
    """
    batch_size = program.items_at_once
    read = program.read_steps(steps)
    reader = ProbeReader(net, program, len(x), latency + steps, read)
    with strict_warnings(), simulator(net, program, batch_size) as sim:
        for start in range(0, len(x), batch_size):
            batch = slice(start, start + batch_size)
            n_items = len(x[batch])
            shown = {net.shown: filled(x[batch], batch_size, latency + steps)}
            data = sim.predict(shown, verbose=0)
            reader.take(batch, {probe: data[probe][:n_items] for probe in reader.probes})
            progress(n_items)
    return reader.answers()
