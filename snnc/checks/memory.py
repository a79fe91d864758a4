"""What training takes of a machine's memory."""

from __future__ import annotations

from collections.abc import Iterator

from snnc.checks.hints import smaller
from snnc.checks.rule import rule
from snnc.diagnostics.codes import warning
from snnc.diagnostics.diagnostic import Diagnostic
from snnc.program.program import Program

MANY_WEIGHTS = warning("many-weights")
#: Adam keeps each weight four times, in 4 bytes: itself, its gradient, and two means of that.
BYTES = 16
#: Few machines have more.
LARGEST = 32 * 2**30


@rule
def weights_fit(program: Program) -> Iterator[Diagnostic]:
    """Training ends without a word where the system has no more memory to give."""
    network = program.network
    weights = {
        p.name: sum(operator.parameters(shape) for operator, shape in network.steps(p.name))
        for p in network.populations
    }
    taken = BYTES * sum(weights.values())
    if taken > LARGEST:
        largest = max(weights, key=lambda name: weights[name])
        message = (
            f"training takes {taken / 2**30:.0f} GB of memory or more, most of it for '{largest}'"
        )
        hint = smaller(network, largest, LARGEST / taken / 2)
        yield Diagnostic(MANY_WEIGHTS, message, network.population(largest).at, "key", hint)
