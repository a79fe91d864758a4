"""A bound that tells most networks to fit, without a look at where their axons lead."""

from __future__ import annotations

from collections import Counter

from snnc.loihi.limits import AXONS_IN, AXONS_OUT, BITS, CORES, NEURONS
from snnc.operators.linear import size
from snnc.program.network import Network, Population
from snnc.spec.base import INPUT


def fits_easily(network: Network) -> bool:
    """Return whether each layer has room on a core of its own by a rough bound, and sets no split."""
    leaving = Counter(connection.source for connection in network.into_chip())
    on_chip = network.populations_on_chip
    return len(on_chip) <= CORES and all(
        population.block_shape is None
        and population.pop_type is None
        and _surely_has_room(network, population, leaving[population.name])
        for population in on_chip
    )


def _surely_has_room(network: Network, population: Population, leaving: int) -> bool:
    """Return whether a layer fits a core even if no weight is left out and all indices have the most bits.

    `leaving` is the number of connections from it into layers on the chip.
    """
    axons = sum(
        size(network.source_shape(connection)) * (2 if connection.source == INPUT else 1)
        for connection in network.into(population.name)
    )
    return (
        population.size <= NEURONS
        and axons <= AXONS_IN
        and axons * (21 * population.size + 64) <= BITS
        and 2 * population.size * leaving <= AXONS_OUT
    )
