"""By how much each layer of a plain network is to be divided so that its activations are about 1: by a percentile of them.

Scales are powers of two. Dividing by one, and multiplying the weights behind it by as much, changes no digit of a logit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from math import ceil, log2

import numpy as np
from numpy.typing import NDArray

from snnc.calibrate.plain import plain_activity, scaled
from snnc.program.network import Network
from snnc.running.rates import AT_ONCE
from snnc.spec.base import INPUT, OUTPUT

Array = NDArray[np.float64]

#: This share of a layer's activations is above about 1 once it is scaled.
ABOVE = 0.001


def normalised(
    network: Network, lines: Collection[str], x: Array
) -> tuple[Network, dict[str, float]]:
    """Return a plain network with its lines divided by their scales, and the scales; `x` are items, (n, size)."""
    own = _largest(network, lines, x)
    scales = dict.fromkeys(lines, 1.0)
    for group in groups(network, lines):
        largest = max(own[name] for name in group)
        if largest > 0:
            scales |= dict.fromkeys(group, 2.0 ** round(log2(largest)))
    return scaled(network, scales, scales), scales


def slower(
    network: Network, rates: dict[str, float], most: float
) -> tuple[Network, dict[str, float], dict[str, float]]:
    """Return a plain network with the rates of its lines, in hertz, none above the highest, and by what each was divided.

    Half the rate for activations of 1 is the same rate for twice the activations. Layers that can't take a factor stay faster.
    """
    factors = dict.fromkeys(rates, 1.0)
    for group in groups(network, rates):
        over = max(rates[name] for name in group) / most
        factors |= dict.fromkeys(group, 2.0 ** max(0, ceil(log2(over))))
    inverse = {name: 1 / factor for name, factor in factors.items()}
    slow = {name: rate / factors[name] for name, rate in rates.items()}
    return scaled(network, inverse, inverse), slow, factors


def groups(network: Network, lines: Collection[str]) -> Iterator[set[str]]:
    """Yield lines that have to have one scale: connections between them have no weights, which could take a factor.

    Those that are joined so to others, or to the input, are left out: they can have none.
    """
    found = [{p.name} for p in network.populations] + [{INPUT}, {OUTPUT}]
    for connection in network.connections:
        if not connection.folded.arrays:
            ends = {connection.source, connection.target}
            joined = [group for group in found if group & ends]
            found = [group for group in found if group not in joined] + [set().union(*joined)]
    yield from (group for group in found if group <= set(lines))


def _largest(network: Network, lines: Collection[str], x: Array) -> dict[str, float]:
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
