"""The shapes of a layer's blocks, those of the fewest blocks first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from snnc.loihi.axons import Axons
from snnc.loihi.blocks import Boxes
from snnc.loihi.image_axons import ConvolutionAxons
from snnc.loihi.limits import AXONS_IN, BITS, NEURONS
from snnc.operators.linear import Shape, size


class _Next(NamedTuple):
    """The next shape of blocks with some sides: its number of blocks, and the place of its depth among all depths."""

    number: int
    sides: Shape
    depth: int
    #: Whether blocks with these sides and this depth were found to have room by a rough bound.
    bounded: bool


def shapes(layer: Shape, into: Sequence[Axons]) -> Iterator[tuple[int, Shape]]:
    """Yield the shapes of blocks that may fit a core, and the number of blocks of each, the fewest first.

    Left out is what surely doesn't fit, given the axons into the layer.
    """
    *image, channels = layer
    in_fours = any(isinstance(axons, ConvolutionAxons) and axons.pop_type == 16 for axons in into)
    depths = _depths(channels, in_fours)

    def following(sides: Shape, depth: int, bounded: bool) -> _Next | None:
        while depth < len(depths) and size(sides) * depths[depth] > NEURONS:
            depth += 1
        if depth == len(depths):
            return None
        return _Next(Boxes(layer, (*sides, depths[depth])).number, sides, depth, bounded)

    areas = _areas(tuple(image), NEURONS)
    queue = [first for sides in areas if (first := following(sides, 0, bounded=False))]
    heapify(queue)
    while queue:
        number, sides, depth, bounded = heappop(queue)
        if bounded:
            yield number, (*sides, depths[depth])
            again = following(sides, depth + 1, bounded=True)
        else:
            depth += _with_room(layer, sides, depths[depth:], into)
            again = following(sides, depth, bounded=True)
        if again:
            heappush(queue, again)


def _areas(image: Shape, room: int) -> Iterator[Shape]:
    """Yield all sides of parts of an image that have room for a pixel's neurons at least."""
    if not image:
        yield ()
        return
    for length in range(1, min(image[0], room) + 1):
        yield from ((length, *rest) for rest in _areas(image[1:], room // length))


def _depths(channels: int, in_fours: bool) -> list[int]:
    """Return the depths of blocks that cut channels into nearly equal parts, the largest first.

    Where channels come in fours, so do those of the parts, if they can.
    """
    depths = []
    parts = 1
    while True:
        depth = -(-channels // parts)
        depths.append(depth)
        fours = min(depth + -depth % 4, channels)
        if in_fours and -(-channels // fours) == parts:
            depths.append(fours)
        if depth == 1:
            return sorted(set(depths), reverse=True)
        # The next number of parts that makes them smaller.
        parts = -(-channels // (depth - 1))


def _with_room(layer: Shape, sides: Shape, depths: Sequence[int], into: Sequence[Axons]) -> int:
    """Return the place of the first depth at which a block in the middle of the layer may have room."""
    middle = Boxes(layer, (*sides, 1)).middle
    least = [axons.least(middle) for axons in into]
    if sum(each.axons for each in least) > AXONS_IN:
        return len(depths)
    low, high = 0, len(depths)
    while low < high:
        half = (low + high) // 2
        if sum(each.bits(depths[half]) for each in least) > BITS:
            low = half + 1
        else:
            high = half
    return low
