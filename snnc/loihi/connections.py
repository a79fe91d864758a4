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
    operators = connection.at_run_time
    kinds = {type(operator) for operator in operators}
    if not kinds <= KNOWN:
        return None
    source, from_input = network.source_shape(connection), connection.source == INPUT
    windows = [(op, shape) for op, shape in walk(operators, source) if isinstance(op, Window)]
    # Without a kernel, weights between channels are zero; and NengoLoihi builds no axons for images of the input.
    kernel = Conv2D in kinds and not from_input
    match network.form(connection):
        case transforms.Dense():
            return DenseAxons(source, _distinct(windows, source), 2 if from_input else 1)
        case transforms.Convolution() as form if kernel:
            rows, columns = axes([(form.window, source)], source)
            pop_type = network.pop_type(connection) or 32
            return ConvolutionAxons(source, rows, columns, pop_type, AveragePool2D in kinds)
        case transforms.Sparse() if kernel:
            rows, columns = axes(windows, source)
            return SparseAxons(source, rows, columns)
    return None


def _distinct(windows: Chain, source: Shape) -> int:
    """Return the number of values that surely have different weights: of a channel, those that different windows see."""
    if not windows:
        return size(source)
    rows, columns = axes(windows, source)
    return _different(rows) * _different(columns) * source[2]


def _different(axis: Axis) -> int:
    return len({windows for windows in axis.seen_by if windows})
