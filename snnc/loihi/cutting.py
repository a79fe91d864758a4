"""Cutting: layers that a spec leaves open are split into the blocks that take the fewest cores."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from snnc.loihi.bounds import fits_easily
from snnc.loihi.limits import LARGEST_SYSTEM, NEURONS
from snnc.program.network import Network

if TYPE_CHECKING:
    from snnc.loihi.cores import Chip


def cut(network: Network) -> Network:
    """Return a network with a block_shape for each layer on the chip that is open, and that NengoLoihi splits worse by itself."""
    open_layers = {p.name for p in network.populations_on_chip if p.block_shape is None}
    if not open_layers or fits_easily(network):
        return network
    from snnc.loihi.cores import chip  # most networks fit easily

    spread = chip(network)
    if spread is None or _least_of_all(spread) > LARGEST_SYSTEM:
        return network
    from snnc.loihi.search import fewest

    cuts = fewest(spread, open_layers)
    populations = (
        replace(p, block_shape=cuts[p.name].shape) if p.name in cuts else p
        for p in network.populations
    )
    return replace(network, populations=tuple(populations))


def _least_of_all(spread: Chip) -> int:
    """Return a number of cores that the network takes at least."""
    return sum(
        spread.split(p).number if p.block_shape else -(-p.size // NEURONS)
        for p in spread.populations
    )
