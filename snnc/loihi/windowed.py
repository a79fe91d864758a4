"""The axons of connections that look at an image through windows."""

from __future__ import annotations

from itertools import takewhile

from snnc.loihi.axons import Axons, DenseAxons
from snnc.loihi.image_axons import ChannelAxons, ConvolutionAxons, SparseAxons
from snnc.loihi.ranges import joined
from snnc.loihi.windows import Axis, Chain, axes
from snnc.operators import transforms
from snnc.operators.linear import Pair, Shape, size
from snnc.program.network import Connection, Network
from snnc.spec.base import INPUT


def seen_through(
    chain: Chain,
    source: Shape,
    form: transforms.Form,
    network: Network,
    connection: Connection,
    per_value: int,
) -> Axons | None:
    """Return the axons of a connection, of a form, that sees the image of its source through windows, or None if they aren't known."""
    match form:
        case transforms.Dense():
            distinct, most = _distinct(chain, source), _most_distinct(chain, source)
            return DenseAxons(source, distinct, most, per_value)
        case transforms.NoTransform() | transforms.Sparse() if _own_channels(connection):
            channels = range(1)
            for operator in connection.at_run_time:
                channels = operator.leads_to(channels)
            first, number = channels.start, len(channels)
            return ChannelAxons(source, *axes(chain, source), number, first, _cell(chain))
        case transforms.Convolution(window=window) if connection.source != INPUT:
            rows, columns = axes([(window, source)], source)
            pooled = not chain or any(not step.has_kernel for step, _ in chain)
            pop_type = network.pop_type(connection) or 32
            return ConvolutionAxons(source, rows, columns, pop_type, pooled, _cell(chain))
        case transforms.Sparse() if _through_kernel(connection):
            return SparseAxons(source, *axes(chain, source), _cell(chain))
    return None


def _own_channels(connection: Connection) -> bool:
    """Whether weights between channels are zero. NengoLoihi builds no axons for images of the input."""
    operators = connection.at_run_time
    return connection.source != INPUT and all(op.own_channel for op in operators)


def _through_kernel(connection: Connection) -> bool:
    """Whether spikes are seen through a kernel, so that each channel leads to all."""
    kernels = any(op.has_kernel and op.receptive_field for op in connection.at_run_time)
    return kernels and connection.source != INPUT


def _distinct(windows: Chain, source: Shape) -> int:
    """Return the number of values that surely have different weights: of a channel, those that different windows see."""
    rows, columns = axes(windows, source)
    return _different(rows) * _different(columns) * source[2]


def _most_distinct(pools: Chain, source: Shape) -> int:
    """Return the number of values but for those whose weights are surely equal to others'."""
    height, width = _cell(pools)
    if height * width == 1:
        return size(source)
    window, image = pools[-1]
    down, across = window.images(image)
    return size(source) - down * across * (height * width - 1) * source[2]


def _cell(windows: Chain) -> Pair:
    """Return the rows and columns of pixels that surely have equal weights: those that pooling makes one value of.

    Windows that overlap, or look beyond the image, are none of these: then weights are sums, or depend on the place.
    """
    rows = columns = 1
    for window, image in takewhile(lambda step: not step[0].has_kernel, windows):
        sides = zip(window.window, window.strides, window.images(image), strict=True)
        if window.padded(image) or any(n > 1 and size != stride for size, stride, n in sides):
            return (1, 1)
        rows, columns = rows * window.window[0], columns * window.window[1]
    return rows, columns


def _different(axis: Axis) -> int:
    """Return how many ranges of windows see any row."""
    by_number: dict[int, list[range]] = {}
    for view, firsts in axis.views.items():
        by_number.setdefault(view.windows, []).extend(firsts)
    return sum(len(firsts) for ranges in by_number.values() for firsts in joined(ranges))
