"""The axons of a network's connections, as far as they are known before weights are trained."""

from __future__ import annotations

from snnc.loihi.axons import Axons, ConvolutionAxons, DenseAxons, SparseAxons
from snnc.loihi.windows import Axis, Chain, axes
from snnc.operators import transforms
from snnc.operators.linear import (
    AveragePool2D,
    BatchNorm,
    Conv2D,
    Dense,
    OnOff,
    Operator,
    Shape,
    Window,
    size,
    walk,
)
from snnc.program.network import Connection, Network
from snnc.spec.base import INPUT

#: The operators that lead values within their pixel, through windows, or everywhere. Others may lead them anywhere.
KNOWN: frozenset[type[Operator]] = frozenset({AveragePool2D, BatchNorm, Conv2D, Dense, OnOff})


def axons_of(network: Network, connection: Connection) -> Axons | None:
    """Return the axons of a connection into a layer on the chip, or None if they aren't known."""
    if not _kinds(connection) <= KNOWN:
        return None
    source = network.source_shape(connection)
    match network.form(connection):
        case transforms.Dense():
            return _dense(connection, source)
        case transforms.Convolution(window=window) if _through_kernel(connection):
            rows, columns = axes([(window, source)], source)
            pooled = AveragePool2D in _kinds(connection)
            pop_type = network.pop_type(connection) or 32
            return ConvolutionAxons(source, rows, columns, pop_type, pooled)
        case transforms.Sparse() if _through_kernel(connection):
            return SparseAxons(source, *axes(_windows(connection, source), source))
    return None


def _dense(connection: Connection, source: Shape) -> DenseAxons:
    windows = _windows(connection, source)
    distinct = _distinct(windows, source) if windows else size(source)
    return DenseAxons(source, distinct, 2 if connection.source == INPUT else 1)


def _kinds(connection: Connection) -> set[type[Operator]]:
    return {type(operator) for operator in connection.at_run_time}


def _through_kernel(connection: Connection) -> bool:
    """Whether spikes are seen through a kernel.

    Without one, weights between channels are zero. And NengoLoihi builds no axons for images of the input.
    """
    return Conv2D in _kinds(connection) and connection.source != INPUT


def _windows(connection: Connection, source: Shape) -> Chain:
    """Return the windows that a connection leads through."""
    steps = walk(connection.at_run_time, source)
    return [(operator, shape) for operator, shape in steps if isinstance(operator, Window)]


def _distinct(windows: Chain, source: Shape) -> int:
    """Return the number of values that surely have different weights: of a channel, those that different windows see."""
    rows, columns = axes(windows, source)
    return _different(rows) * _different(columns) * source[2]


def _different(axis: Axis) -> int:
    return len({windows for windows in axis.seen_by if windows})
