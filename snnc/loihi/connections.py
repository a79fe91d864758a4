"""The axons of a network's connections, as far as they are known before weights are trained."""

from __future__ import annotations

from itertools import takewhile

from snnc.loihi.axons import Axons, DenseAxons
from snnc.operators import transforms
from snnc.operators.linear import as_image, size, windows
from snnc.program.network import Connection, Network
from snnc.spec.base import INPUT


def axons_of(network: Network, connection: Connection) -> Axons | None:
    """Return the axons of a connection into a layer on the chip, or None if they aren't known.

    Operators that are neither pointwise nor a window, nor a matrix, may lead values anywhere.
    """
    source = network.source_shape(connection)
    # Every neuron sees what comes out of a matrix, whatever follows.
    before_matrix = takewhile(lambda op: not op.fully_connected, connection.at_run_time)
    chain = windows(before_matrix, source)
    if chain is None:
        return None
    form, image = network.form(connection), as_image(source)
    per_value = 2 if connection.source == INPUT else 1
    if isinstance(form, transforms.Dense) and not chain:
        return DenseAxons(image, size(image), size(image), per_value)
    from snnc.loihi.windowed import seen_through  # many networks have no windows

    return seen_through(chain, image, form, network, connection, per_value)
