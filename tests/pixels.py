"""What blocks take of their cores, counted one pixel and one neuron at a time. It takes as long as there are many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

from snnc.loihi.axons import Axons, DenseAxons
from snnc.loihi.blocks import Block, Box
from snnc.loihi.cores import BlockUse, Chip
from snnc.loihi.image_axons import ChannelAxons, ConvolutionAxons
from snnc.loihi.memory import BASES, index_bits, table_bits
from snnc.loihi.windows import Axis
from snnc.operators.linear import as_image


class Target(NamedTuple):
    """A neuron of a block that sees a pixel: its number there, the place of the kernel, and its channel."""

    number: int
    kernel_row: int
    kernel_column: int
    channel: int


def numbers(block: Block) -> list[int]:
    """Return the numbers in the layer of a block's neurons, in order."""
    if not isinstance(block, Box):
        return list(block.span)
    found = []
    for places in product(*block.sides):
        number = 0
        for place, length in zip(places, block.layer, strict=True):
            number = number * length + place
        found.append(number)
    return found


def targets(axons: Axons, block: Block) -> dict[int, list[Target]]:
    """Return the neurons of a block that each pixel leads to, for pixels that lead to any."""
    assert not isinstance(axons, DenseAxons)
    _, width, channels = as_image(block.layer)
    reached: dict[int, list[Target]] = {}
    for number, own in enumerate(numbers(block)):
        pixel, channel = divmod(own, channels)
        row, column = divmod(pixel, width)
        for y, x in product(_seers(axons.rows, row), _seers(axons.columns, column)):
            place = (axons.rows.kernel_place(y, row), axons.columns.kernel_place(x, column))
            target = Target(number, *place, channel)
            reached.setdefault(y * axons.columns.length + x, []).append(target)
    return dict(sorted(reached.items()))


def _seers(axis: Axis, window: int) -> list[int]:
    # A window begins at its place; nothing beyond an edge's length from there is seen by it.
    first = window * axis.stride - axis.margin
    rows = range(max(first, 0), min(first + axis.edge + 1, axis.length))
    return [row for row in rows if window in axis.seen_by(row)]


def base(reached: Sequence[Target]) -> int:
    return reached[0].number % BASES


def use(axons: Axons, block: Block) -> tuple[dict[int, int], int, int, bool]:
    """Return the axons of each pixel, or value, that lead into a block, the least and the most bits, and whether bases fit."""
    if isinstance(axons, DenseAxons):
        per_value = axons.number // axons.per_value * axons.per_value
        table = table_bits(block.neurons)
        few, many = (axons.per_value * n for n in (axons.distinct, axons.most_distinct))
        few, many = (axons.number, axons.number) if block.whole else (few, many)
        return dict.fromkeys(range(per_value), 1), few * table, many * table, True
    reached = targets(axons, block)
    channels = axons.source[2]
    if isinstance(axons, ChannelAxons):
        return _own_channels(axons, block, reached)
    if isinstance(axons, ConvolutionAxons):
        based = [[t._replace(number=t.number - base(own)) for t in own] for own in reached.values()]
        width = index_bits(max(own[-1].number for own in based))
        rows, columns = (1, 1) if block.whole else axons.cell
        tables = {
            tuple(
                (t.number, t.kernel_row // rows, t.kernel_column // columns, t.channel) for t in own
            ): table_bits(len(own) * channels, width)
            for own in based
        }
        alike = {
            tuple((number, channel) for number, _, _, channel in own): bits
            for own, bits in tables.items()
        }
        aligned = axons.pop_type == 32 or all(base(own) % 4 == 0 for own in reached.values())
        most, per_pixel = sum(tables.values()), 1
        least = sum(alike.values()) if axons.pooled and not block.whole else most
    else:
        bits = [channels * table_bits(len(own)) for own in reached.values()]
        seen = [tuple(t.number for t in own) for own in reached.values()]
        most, aligned, per_pixel = sum(bits), True, channels
        least = most if block.whole else sum(dict(zip(seen, bits, strict=True)).values())
        if not block.whole:
            height, width = axons.cell
            cells = [
                (pixel // axons.columns.length // height, pixel % axons.columns.length // width)
                for pixel in reached
            ]
            most = sum(dict(zip(cells, bits, strict=True)).values())
    pixels = range(axons.number // per_pixel) if block.whole else reached
    return dict.fromkeys(pixels, per_pixel), least, most, aligned


def _own_channels(
    axons: ChannelAxons, block: Block, reached: dict[int, list[Target]]
) -> tuple[dict[int, int], int, int, bool]:
    """Return the same for axons of single values, by the number of each."""
    own: dict[int, list[int]] = {}
    for pixel, found in reached.items():
        for target in found:
            channel = (target.channel - axons.first) // axons.multiplier
            if 0 <= channel < axons.source[2]:
                own.setdefault(pixel * axons.source[2] + channel, []).append(target.number)
    bits = {value: table_bits(len(numbers)) for value, numbers in own.items()}
    if block.whole:
        most = sum(bits.values())
        return dict.fromkeys(range(axons.number), 1), most, most, True
    least = sum({tuple(own[value]): bits[value] for value in own}.values())
    height, width = axons.cell
    cells = {}
    for value, taken in bits.items():
        pixel, channel = divmod(value, axons.source[2])
        row, column = divmod(pixel, axons.columns.length)
        cells[row // height, column // width, channel] = taken
    return dict.fromkeys(own, 1), least, sum(cells.values()), True


def blocks(spread: Chip) -> Iterator[tuple[str, list[BlockUse]]]:
    """Yield the use of all blocks of each layer."""
    split = {p.name: list(spread.split(p).blocks()) for p in spread.populations}
    uses = {
        connection: [use(axons, block) for block in split[connection.target]]
        for connection, axons in spread.axons.items()
    }
    leading = {
        connection: Counter(pixel for axons, *_ in own for pixel in axons)
        for connection, own in uses.items()
    }
    for population in spread.populations:
        into = [own for connection, own in uses.items() if connection.target == population.name]
        placed = []
        for block, *here in zip(split[population.name], *into, strict=True):
            slots = 0
            for connection, axons in spread.axons.items():
                if connection.source == population.name:
                    slots += axons.slots * sum(leaving(axons, block, leading[connection]))
            placed.append(
                BlockUse(
                    block.neurons,
                    sum(sum(axons.values()) for axons, *_ in here),
                    slots,
                    sum(least for _, least, *_ in here),
                    sum(most for _, _, most, _ in here),
                    all(aligned for *_, aligned in here),
                )
            )
        yield population.name, placed


def leaving(axons: Axons, block: Block, leading: Counter[int]) -> list[int]:
    """Return how many blocks each axon that starts in a block leads into."""
    own = numbers(block)
    if isinstance(axons, DenseAxons | ChannelAxons):
        return [leading[number] for number in own]
    pixels = [number // axons.source[2] for number in own]
    if isinstance(axons, ConvolutionAxons):
        pixels = sorted(set(pixels))
    return [leading[pixel] for pixel in pixels]
