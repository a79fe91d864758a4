"""The rule on maxima: neurons that spike have none, and neither has the chip."""

from __future__ import annotations

from collections.abc import Iterator

from snnc.checks.rule import rule
from snnc.diagnostics.codes import error
from snnc.diagnostics.diagnostic import Diagnostic
from snnc.program.program import Program
from snnc.spec.base import INPUT

MAX_POOL = error("max-pool")


@rule
def rates_are_compared(program: Program) -> Iterator[Diagnostic]:
    """A network that runs has weights between neurons, and a node on the host can compare rates, but not spikes."""
    network = program.network
    instead = 'write "avg_pool2d", or leave the layer out and write strides = 2 in the convolution before it'
    for connection in network.connections:
        pools = [op for op in connection.operators if not op.linear]
        if not pools:
            continue
        at = (*pools[0].at, "kind")
        if program.on_loihi:
            message = "the chip has weights and neurons, and no maximum"
            yield Diagnostic(MAX_POOL, message, at, hint=instead)
        elif connection.source != INPUT:
            neurons = network.population(connection.source).neurons
            if neurons.spiking:
                message = f"spikes have no maximum: '{connection.source}' is of kind '{neurons.kind}', which spikes"
                yield Diagnostic(MAX_POOL, message, at, hint=instead)
