"""How many steps an item takes to its first effect on the recorded output."""

from __future__ import annotations

from collections.abc import Collection

from snnc.program.network import Connection, Network
from snnc.spec.base import INPUT, OUTPUT


def latency(network: Network, on_chip: Collection[str]) -> int:
    """Return the steps after which the fastest way from the input to the recorded output shows a change.

    So many steps later than it began an item ends at the output, too, and until then the next one has no effect there.
    """
    reached = {INPUT: 0}
    for target in network.receivers:
        ways = network.into(target)
        reached[target] = min(reached[c.source] + steps_of(c, on_chip) for c in ways)
    return reached[OUTPUT] + bool(network.output.probe.taus)


def steps_of(connection: Connection, on_chip: Collection[str]) -> int:
    """Return how many steps late spikes arrive: every filter on the host takes one, and so does every way to the chip, on it and back."""
    if connection.target in on_chip:
        return 1
    return bool(connection.taus) + (connection.source in on_chip)
