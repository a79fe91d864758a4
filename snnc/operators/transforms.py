"""What a chain of operators is folded into when the network runs: one linear map, in the form that Nengo has for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from snnc.operators import linear
from snnc.operators.linear import Conv2D, Operator, Padding, Pair, Shape, Window, size, walk

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray


@dataclass(frozen=True)
class NoTransform:
    """Values as they are: no weights."""

    #: How many weights there are, at most.
    most: ClassVar[int] = 0


@dataclass(frozen=True)
class Dense:
    """A matrix of (size out, size in)."""

    shape: Pair

    @property
    def most(self) -> int:
        return size(self.shape)


@dataclass(frozen=True)
class Sparse:
    """A matrix of (size out, size in), most of it zero."""

    shape: Pair
    most: int


@dataclass(frozen=True)
class Convolution:
    """The same kernel everywhere.

    The output at `place` has a window without padding, and the first row and column in it are `start`:
    there the kernel can be read.
    """

    input_shape: Shape
    output_shape: Shape
    kernel_size: Pair
    strides: Pair
    padding: Padding
    start: Pair = (0, 0)
    place: Pair = (0, 0)

    @property
    def shape(self) -> Shape:
        """The shape of the weights: (height, width, channels in, filters)."""
        return (*self.kernel_size, self.input_shape[-1], self.output_shape[-1])

    @property
    def most(self) -> int:
        return size(self.shape)

    @property
    def window(self) -> Window:
        """What the kernel looks through."""
        return Window("", self.kernel_size, self.strides, self.padding)

    @property
    def inputs(self) -> list[int]:
        """Which of the flat inputs the window at `place` looks at, in the order of the kernel's weights."""
        (top, left), (height, width), (_, columns, channels) = (
            self.start,
            self.kernel_size,
            self.input_shape,
        )
        return [
            (row * columns + column) * channels + channel
            for row in range(top, top + height)
            for column in range(left, left + width)
            for channel in range(channels)
        ]


Form = NoTransform | Dense | Sparse | Convolution


@dataclass(frozen=True, eq=False, repr=False)
class Transform(Operator):
    """What a chain of operators does when the network runs."""

    form: Form
    #: "weights", as Nengo's transform has them; of a scattered matrix also where they stand, "row" and "column".
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    @property
    def weights(self) -> NDArray[Any]:
        return self.arrays["weights"]


def form(operators: Sequence[Operator], before: Shape) -> Form:
    """Return the form of a chain, of operators that are there when the network runs, on values of a shape."""
    if not operators:
        return NoTransform()
    steps = list(walk(operators, before))
    last, shape = steps[-1]
    after = last.shape(shape)
    first, *others = operators
    if isinstance(first, Conv2D) and not others:
        return Convolution(before, after, first.window, first.strides, first.padding)
    if any(isinstance(operator, linear.Dense) for operator in operators):
        return Dense((size(after), size(before)))
    windows = [(op, shape) for op, shape in steps if isinstance(op, Window)]
    kernel, strides = _merged([window for window, _ in windows])
    if len(before) != 3:
        return Sparse((size(after), size(before)), size(after))
    if not any(window.padded(shape) for window, shape in windows):
        return Convolution(before, after, kernel, strides, "valid")
    if len(windows) == 1 and isinstance(windows[0][0], Conv2D):
        ((window, shape),) = windows
        (top, _), (left, _) = window.margins(shape)
        place = (-(-top // strides[0]), -(-left // strides[1]))
        start = (place[0] * strides[0] - top, place[1] * strides[1] - left)
        if start[0] + kernel[0] <= before[0] and start[1] + kernel[1] <= before[1]:
            return Convolution(before, after, kernel, strides, "same", start, place)
    return Sparse((size(after), size(before)), size(after) * size(kernel) * before[-1])


def _merged(windows: Sequence[Window]) -> tuple[Pair, Pair]:
    """Return the size and the strides of the window that looks through several, one behind the other."""
    rows = columns = down = right = 1
    for window in reversed(windows):
        rows = (rows - 1) * window.strides[0] + window.window[0]
        columns = (columns - 1) * window.strides[1] + window.window[1]
        down, right = down * window.strides[0], right * window.strides[1]
    return (rows, columns), (down, right)
