"""What a connection takes of the chip's cores: axons, and the memory of their weights.

NengoLoihi cuts a layer into parts, one for each core: boxes of its neurons where the spec says block_shape, runs of them
otherwise. Its builder is followed here in numbers; `tests/test_cores.py` compares both.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from snnc.operators import transforms
from snnc.operators.linear import Conv2D, Shape, Window, size, windows
from snnc.program.network import Connection, Network
from snnc.spec.base import INPUT

#: The neurons of a part: of a box one range for each dimension, of a run one range; none for a layer that isn't cut.
Part = tuple[range, ...]
WHOLE: Part = ()
#: Which neurons an axon leads to in one row of an image: the first, counted within the part, and how many; the row and
#: the column of the kernel that the first one sees the axon through, and its channel.
Run = tuple[int, int, int, int, int]
#: Rows of windows that look at a row of an image, each with the row of the kernel that sees it.
Seen = Sequence[tuple[int, int]]
#: Windows one behind the other, each with the shape of what it looks at.
Steps = Sequence[tuple[Window, Shape]]

#: How many bits the index of a weight may have.
INDEX_BITS = (0, 6, 7, 8, 9, 10, 11, 12)
#: Where an axon's neurons start is said in 8 bits; what is beyond goes into the indices.
STARTS = 256


@dataclass(frozen=True, eq=False, repr=False)
class Taken:
    """What a connection takes of a core that it leads into. `used` has a bit for each axon.

    NengoLoihi stores equal weights of a layer that it cuts once, and which will be equal isn't always known:
    there are `bits` at least, and `most` at most.
    """

    used: int
    bits: int
    most: int
    #: Whether the neurons of each axon start where an axon of its type can say that they do.
    in_place: bool = True

    @property
    def axons(self) -> int:
        return self.used.bit_count()


@dataclass(frozen=True, eq=False, repr=False)
class Wiring:
    """A connection as the chip has it: each value of what is before has an axon."""

    before: Shape
    after: Shape

    @property
    def axons(self) -> int:
        """How many axons there are."""
        return size(self.before)

    @property
    def slots(self) -> int:
        """How much room an axon takes in the core that it starts from."""
        return 1

    def into(self, part: Part) -> Taken:
        """Return what a part of the layer that this leads to takes of its core."""
        raise NotImplementedError

    def out_of(self, part: Part) -> int:
        """Return a bit for each axon that starts in a part of the layer before."""
        return _bits_of(part, self.before)


@dataclass(frozen=True, eq=False, repr=False)
class FullWiring(Wiring):
    """All weights of a matrix. `pairs` is 2 for values of the input, which NengoLoihi sends as spikes of two neurons each."""

    #: How many of the axons have weights of their own, at least.
    distinct: int
    pairs: int = 1

    @property
    def axons(self) -> int:
        return self.pairs * size(self.before)

    def into(self, part: Part) -> Taken:
        row = memory(count(part, self.after))
        most = self.axons * row
        return Taken(_ones(self.axons), self.pairs * self.distinct * row if part else most, most)


@dataclass(frozen=True, eq=False, repr=False)
class ImageWiring(Wiring):
    """Windows on an image.

    `rows` and `columns` say, for each row and column of the image, which rows and columns of windows look at it;
    `taps` through which row and which column of the kernel the first of those does.
    """

    rows: Sequence[range]
    columns: Sequence[range]
    taps: tuple[Sequence[int], Sequence[int]]
    strides: tuple[int, int]

    def _reached(self, part: Part) -> Iterator[tuple[int, int, tuple[Run, ...]]]:
        """Yield row and column of each pixel that leads into a part, with the runs of neurons that it leads to."""
        boxed = len(part) == 3
        line = self.after[1] * self.after[2]
        down = part[0] if boxed else range(part[0].start // line, (part[0].stop - 1) // line + 1)
        for row, looking in enumerate(self.rows):
            lines = range(max(looking.start, down.start), min(looking.stop, down.stop))
            # Each with the row of the kernel that it sees this one through.
            tap = self.taps[0][row] + looking.start * self.strides[0]
            seen = [(p, tap - p * self.strides[0]) for p in lines]
            for column in range(len(self.columns) if seen else 0):
                runs = (
                    self._boxed(part, seen, column)
                    if boxed
                    else self._in_order(part[0], seen, column)
                )
                if runs:
                    yield row, column, runs

    def _boxed(self, part: Part, seen: Seen, column: int) -> tuple[Run, ...]:
        """Return the runs within a box, one in each of its rows."""
        rows, columns, channels = part
        right, depth = self.columns[column], len(channels)
        first, stop = max(right.start, columns.start), min(right.stop, columns.stop)
        if first >= stop:
            return ()
        across = self.taps[1][column] - (first - right.start) * self.strides[1]
        start, length = (first - columns.start) * depth, (stop - first) * depth
        line = len(columns) * depth
        return tuple((start + (p - rows.start) * line, length, tap, across, 0) for p, tap in seen)

    def _in_order(self, neurons: range, seen: Seen, column: int) -> tuple[Run, ...]:
        """Return the runs within a run of the layer's neurons."""
        _, width, channels = self.after
        right, runs = self.columns[column], []
        for p, tap in seen if right else ():
            first = max((p * width + right.start) * channels, neurons.start)
            stop = min((p * width + right.stop) * channels, neurons.stop)
            if first < stop:
                pixel, channel = divmod(first, channels)
                skipped = pixel - p * width - right.start
                across = self.taps[1][column] - skipped * self.strides[1]
                runs.append((first - neurons.start, stop - first, tap, across, channel))
        return tuple(runs)

    def _all(self) -> Part:
        return tuple(map(range, self.after))


@dataclass(frozen=True, eq=False, repr=False)
class ConvolutionWiring(ImageWiring):
    """One kernel everywhere: the channels of a pixel share an axon, and pixels share weights."""

    pop_type: int
    #: Whether pooling gives several places of the kernel the same weights.
    pooled: bool

    @property
    def axons(self) -> int:
        return size(self.before[:2])

    @property
    def slots(self) -> int:
        return 2 if self.pop_type == 32 else 1

    def into(self, part: Part) -> Taken:
        largest, in_place = 0, True
        used: defaultdict[int, int] = defaultdict(int)
        # How many weights, by what is in memory: where it starts, and the neurons and weights after that.
        stored: dict[tuple[int, tuple[Run, ...]], int] = {}
        for row, column, runs in self._reached(part or self._all()):
            used[row] |= 1 << column
            first, last = runs[0][0], runs[-1][0] + runs[-1][1] - 1
            high, base = divmod(first, STARTS)
            weights = tuple((run[0] - first, run[1], run[2], run[3], run[4]) for run in runs)
            stored[high, weights] = self.before[2] * sum(length for _, length, *_ in runs)
            largest = max(largest, last - base)
            in_place &= self.pop_type == 32 or base % 4 == 0
        index = next((bits for bits in INDEX_BITS if bits >= largest.bit_length()), INDEX_BITS[-1])
        most = bits = sum(memory(number, index) for number in stored.values())
        if part and self.pooled:
            alike = {
                (high, *((start, length, channel) for start, length, _, _, channel in runs)): number
                for (high, runs), number in stored.items()
            }
            bits = sum(memory(number, index) for number in alike.values())
        axons = _rows(used, self.before[1]) if part else _ones(self.axons)
        return Taken(axons, bits, most, in_place)

    def out_of(self, part: Part) -> int:
        if len(part) == 3:
            return _bits_of(part[:2], self.before[:2])
        (neurons,) = part or (range(size(self.before)),)
        channels = self.before[2]
        pixels = range(neurons.start // channels, (neurons.stop - 1) // channels + 1)
        return _bits_of((pixels,), self.before[:2])


class ScatteredWiring(ImageWiring):
    """Weights here and there: every channel of a pixel has an axon and weights of its own."""

    def into(self, part: Part) -> Taken:
        channels = self.before[2]
        most = 0
        used: defaultdict[int, int] = defaultdict(int)
        alike: dict[object, int] = {}
        for row, column, runs in self._reached(part or self._all()):
            used[row] |= _ones(channels) << column * channels
            bits = memory(sum(run[1] for run in runs)) * channels
            most += bits
            alike[tuple(run[:2] for run in runs)] = bits
        if not part:
            return Taken(_ones(self.axons), most, most)
        return Taken(_rows(used, self.before[1] * channels), sum(alike.values()), most)


def wiring(network: Network, connection: Connection) -> Wiring | None:
    """Return how the chip has a connection into a layer on it, or None if that isn't known."""
    before, after = network.source_shape(connection), network.population(connection.target).shape
    form, operators = network.form(connection), connection.at_run_time
    # What is behind a matrix no longer matters for it.
    steps = windows(takewhile(lambda op: not op.fully_connected, operators), before)
    if steps is None:
        return None
    if isinstance(form, transforms.Dense):
        distinct = _distinct(steps, before)
        return FullWiring(before, after, distinct, 2 if connection.source == INPUT else 1)
    if connection.source == INPUT or not any(isinstance(op, Conv2D) for op in operators):
        return None
    if isinstance(form, transforms.Convolution):
        reach = _reach([(form.window, before)], before)
        margins = form.window.margins(before)
        taps = tuple(
            [x + margin - windows.start * stride for x, windows in enumerate(axis)]
            for axis, (margin, _), stride in zip(reach, margins, form.strides, strict=True)
        )
        return ConvolutionWiring(
            before,
            after,
            *reach,
            (taps[0], taps[1]),
            form.strides,
            network.pop_type(connection) or 32,
            any(not window.has_kernel for window, _ in steps),
        )
    if isinstance(form, transforms.Sparse):
        nowhere = [0] * before[0], [0] * before[1]
        return ScatteredWiring(before, after, *_reach(steps, before), nowhere, (0, 0))
    return None


def memory(weights: int, index: int = 0) -> int:
    """Return how many bits the weights of an axon take, each with an index of some bits: 64 share a header, in words of 64."""
    chunks, rest = divmod(weights, 64)
    return chunks * _words(64, index) + (_words(rest, index) if rest else 0)


def _words(weights: int, index: int) -> int:
    return -(-(weights * (8 + index) + 10) // 64) * 64


def _reach(steps: Steps, before: Shape) -> tuple[list[range], list[range]]:
    """Return which rows of the last windows look at each row of an image, through all of them, and which columns."""
    rows, columns = ([range(x, x + 1) for x in range(length)] for length in before[:2])
    for window, shape in steps:
        places, margins = window.images(shape), window.margins(shape)
        rows, columns = (
            [
                _looking(axis, window.window[i], window.strides[i], margins[i][0], places[i])
                for axis in axes
            ]
            for i, axes in enumerate((rows, columns))
        )
    return rows, columns


def _looking(seen: range, window: int, stride: int, margin: int, places: int) -> range:
    """Return which places of a window look at some of what is next to each other."""
    first = max(0, -(-(seen.start + margin - window + 1) // stride))
    last = min(places - 1, (seen.stop - 1 + margin) // stride)
    return range(first, last + 1) if seen and first <= last else range(0)


def _distinct(steps: Steps, before: Shape) -> int:
    """Return how many values have weights of their own in a matrix behind windows: those that other windows look at."""
    if not steps:
        return size(before)
    rows, columns = (len({axis for axis in axes if axis}) for axes in _reach(steps, before))
    return rows * columns * before[2]


def _bits_of(part: Part, shape: Shape) -> int:
    """Return a bit for each neuron of a part of a layer."""
    if len(part) != len(shape):
        (neurons,) = part or (range(size(shape)),)
        return _ones(len(neurons)) << neurons.start
    found, apart = 1, 1
    for places, length in zip(reversed(part), reversed(shape), strict=True):
        found = sum(found << place * apart for place in places)
        apart *= length
    return found


def _rows(used: Mapping[int, int], width: int) -> int:
    """Return the bits of the rows of an image as one."""
    return sum(bits << row * width for row, bits in used.items())


def count(part: Part, shape: Shape) -> int:
    """Return how many neurons a part has."""
    return size(tuple(map(len, part)) or shape)


def _ones(number: int) -> int:
    return (1 << number) - 1
