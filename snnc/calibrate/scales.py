"""By how much each layer of a plain network is to be divided so that its activations are about 1: by a percentile of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from snnc.calibrate.plain import plain_activity, scaled
from snnc.program.network import Network
from snnc.spec.base import INPUT, OUTPUT

Array = NDArray[np.float64]

#: This share of a layer's activations is above 1 once it is scaled.
ABOVE = 0.001
#: How many items go through the network at once.
AT_ONCE = 500
#: Scales this near to 1 leave a layer as it is: what was scaled before stays, bit for bit.
SAME = 1e-6


def normalised(
    network: Network, lines: tuple[str, ...], x: Array
) -> tuple[Network, dict[str, float]]:
    """Return a plain network with its lines divided by their scales, and the scales; `x` are items, (n, size).

    The logits stay: what a layer is divided by, the weights behind it are multiplied by.
    """
    scales = _shared(network, lines, _largest(network, lines, x))
    changed = {name: s for name, s in scales.items() if abs(s - 1) > SAME}
    return scaled(network, changed, changed), scales


def _largest(network: Network, lines: tuple[str, ...], x: Array) -> dict[str, float]:
    """Return the activation that a share of a layer's activations is above, by layer."""
    kept: dict[str, Array] = {name: np.zeros(0) for name in lines}
    for start in range(0, len(x), AT_ONCE):
        _, active = plain_activity(network, x[start : start + AT_ONCE])
        for name in lines:
            most = int(ABOVE * len(x) * network.population(name).size) + 1
            kept[name] = _top(np.append(kept[name], active[name]), most)
    return {name: float(top.min()) for name, top in kept.items()}


def _top(values: Array, n: int) -> Array:
    return values if len(values) <= n else np.partition(values, -n)[-n:]


def _shared(network: Network, lines: tuple[str, ...], own: dict[str, float]) -> dict[str, float]:
    """Return the scales of layers: one for all that are joined without weights, and 1 for silent ones and where others join them."""
    scales = dict.fromkeys(lines, 1.0)
    for group in _groups(network):
        members = group & own.keys()
        if members == group and (scale := max(own[name] for name in group)) > 0:
            scales |= dict.fromkeys(group, scale)
    return scales


def _groups(network: Network) -> Iterator[set[str]]:
    """Yield the layers that are joined by connections without weights, which can't take a factor."""
    groups = [{p.name} for p in network.populations] + [{INPUT}, {OUTPUT}]
    for connection in network.connections:
        if not connection.folded.arrays:
            ends = (connection.source, connection.target)
            joined = [group for group in groups if group & set(ends)]
            groups = [group for group in groups if group not in joined] + [set().union(*joined)]
    yield from groups
