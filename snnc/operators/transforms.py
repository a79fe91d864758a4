"""The linear map that a chain of operators is folded into when the network runs, in one of the forms that Nengo has for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from snnc.operators.call import Call
from snnc.operators.linear import (
    Operator,
    Padding,
    Pair,
    Shape,
    Window,
    as_image,
    shape_after,
    size,
    windows,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]
    #: By name.
    Arrays = Mapping[str, Array]


class Expected(NamedTuple):
    """The shape of one of a form's arrays; None is a length that only the array itself tells."""

    shape: tuple[int | None, ...]
    #: Places are whole numbers from 0 to below this.
    below: int | None = None

    def fits(self, shape: Shape) -> bool:
        """Whether an array of a shape may be it."""
        return len(shape) == len(self.shape) and all(
            ours in (None, theirs) for ours, theirs in zip(self.shape, shape, strict=True)
        )


class Form:
    """A form of linear maps: which arrays hold their weights, and what Nengo makes of those."""

    kind: ClassVar[str]

    @property
    def shape(self) -> Shape:
        """The shape of the matrix, (size out, size in), or of the kernel."""
        raise NotImplementedError

    @property
    def most(self) -> int:
        """How many weights there are, at most."""
        return size(self.shape)

    @property
    def arrays(self) -> Mapping[str, Expected]:
        """The arrays that hold its weights, by their names in a file of parameters."""
        return {"weights": Expected(self.shape)}

    @property
    def inputs(self) -> Sequence[int]:
        """The flat inputs from whose responses the weights can be read."""
        return range(self.shape[-1])

    def read(self, responses: Iterator[Array]) -> dict[str, Array]:
        """Return the arrays, given what each of `inputs` alone becomes if it is 1: some at once, (n, size out)."""
        raise NotImplementedError

    def from_kernel(self, kernel: Array) -> dict[str, Array]:
        """Return the arrays, given the kernel of the one Keras layer that the chain consists of."""
        return {"weights": kernel}

    def apply(self, arrays: Arrays, x: Array) -> Array:
        """Return what values x, (n, size in), become: (n, size out)."""
        raise NotImplementedError

    def nengo(self, arrays: Mapping[str, Any]) -> Any:
        """Return Nengo's transform as a Call, or as plain weights; None if there is none.

        The arrays may be arrays, or code that stands for them in a script.
        """
        raise NotImplementedError


@dataclass(frozen=True, eq=False, repr=False)
class NoTransform(Form):
    """Values as they are: no weights."""

    kind: ClassVar[str] = "none"

    @property
    def shape(self) -> Shape:
        return ()

    @property
    def most(self) -> int:
        return 0

    @property
    def arrays(self) -> Mapping[str, Expected]:
        return {}

    @property
    def inputs(self) -> Sequence[int]:
        return ()

    def read(self, responses: Iterator[Array]) -> dict[str, Array]:
        return {}

    def apply(self, arrays: Arrays, x: Array) -> Array:
        return x

    def nengo(self, arrays: Mapping[str, Any]) -> Any:
        return None


@dataclass(frozen=True, eq=False, repr=False)
class Dense(Form):
    """A matrix of (size out, size in)."""

    kind: ClassVar[str] = "dense"

    matrix: Pair

    @property
    def shape(self) -> Pair:
        return self.matrix

    def read(self, responses: Iterator[Array]) -> dict[str, Array]:
        import numpy as np

        return {"weights": np.concatenate(list(responses)).T}

    def from_kernel(self, kernel: Array) -> dict[str, Array]:
        return {"weights": kernel.T}

    def apply(self, arrays: Arrays, x: Array) -> Array:
        applied: Array = x @ arrays["weights"].T
        return applied

    def nengo(self, arrays: Mapping[str, Any]) -> Any:
        return arrays["weights"]


@dataclass(frozen=True, eq=False, repr=False)
class Sparse(Form):
    """A matrix of (size out, size in), most of it zero. Its arrays hold the other weights, and where they stand."""

    kind: ClassVar[str] = "sparse"

    matrix: Pair
    #: How many weights may not be zero.
    weights: int

    @property
    def shape(self) -> Pair:
        return self.matrix

    @property
    def most(self) -> int:
        return self.weights

    @property
    def arrays(self) -> Mapping[str, Expected]:
        rows, columns = self.shape
        places = {"row": Expected((None,), rows), "column": Expected((None,), columns)}
        return {"weights": Expected((None,)), **places}

    def read(self, responses: Iterator[Array]) -> dict[str, Array]:
        import numpy as np

        parts = []
        first = 0
        for some in responses:
            column, row = some.nonzero()
            parts.append((some[column, row], row, first + column))
            first += len(some)
        weights, rows, columns = map(np.concatenate, zip(*parts, strict=True))
        return {"weights": weights, "row": rows, "column": columns}

    def apply(self, arrays: Arrays, x: Array) -> Array:
        from scipy.sparse import csr_matrix

        places = (arrays["row"], arrays["column"])
        matrix = csr_matrix((arrays["weights"], places), self.shape)
        return (matrix @ x.T).T  # type: ignore[no-any-return]

    def nengo(self, arrays: Mapping[str, Any]) -> Any:
        places = Call("np.column_stack", ([arrays["row"], arrays["column"]],))
        return Call("nengo.Sparse", (self.shape,), {"indices": places, "init": arrays["weights"]})


@dataclass(frozen=True, eq=False, repr=False)
class Convolution(Form):
    """The same kernel everywhere.

    The output at `place` has a window without padding, and the first row and column in it are `start`:
    there the kernel can be read.
    """

    kind: ClassVar[str] = "convolution"

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
    def window(self) -> Window:
        """The window that the kernel covers."""
        return Window("", self.kernel_size, self.strides, self.padding)

    @property
    def inputs(self) -> Sequence[int]:
        """The flat inputs that the window at `place` looks at, in the order of the kernel's weights."""
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

    def from_kernel(self, kernel: Array) -> dict[str, Array]:
        # That of a series has an axis less; a wrong one is refused by what it computes.
        return {"weights": kernel if kernel.ndim == len(self.shape) else kernel.reshape(self.shape)}

    def read(self, responses: Iterator[Array]) -> dict[str, Array]:
        import numpy as np

        images = np.concatenate(list(responses)).reshape(-1, *self.output_shape)
        row, column = self.place
        return {"weights": images[:, row, column].reshape(self.shape)}

    def apply(self, arrays: Arrays, x: Array) -> Array:
        """Return the sum of what each place of the kernel sees of the images, times its weights."""
        import numpy as np

        images, kernel = x.reshape(-1, *self.input_shape), arrays["weights"]
        rows, columns, _ = self.output_shape
        down, right = self.strides
        padded = np.pad(images, [(0, 0), *self.window.margins(self.input_shape), (0, 0)])
        total = np.zeros((len(images), *self.output_shape))
        for row, column in np.ndindex(*self.kernel_size):
            seen = padded[
                :,
                row : row + (rows - 1) * down + 1 : down,
                column : column + (columns - 1) * right + 1 : right,
            ]
            total += seen @ kernel[row, column].astype(float)
        return total.reshape(len(x), -1)

    def nengo(self, arrays: Mapping[str, Any]) -> Any:
        settings: dict[str, Any] = {}
        if self.kernel_size != (3, 3):
            settings["kernel_size"] = self.kernel_size
        if self.strides != (1, 1):
            settings["strides"] = self.strides
        if self.padding != "valid":
            settings["padding"] = self.padding
        settings["init"] = arrays["weights"]
        return Call("nengo.Convolution", (self.output_shape[-1], self.input_shape), settings)


@dataclass(frozen=True, eq=False, repr=False)
class Transform:
    """A linear map: a form, and the arrays that it asks for."""

    form: Form
    arrays: Arrays = field(default_factory=dict)

    def apply(self, x: Array) -> Array:
        """Return what values x, (n, size in), become: (n, size out)."""
        return self.form.apply(self.arrays, x)

    def nengo(self) -> Any:
        """Return Nengo's transform as a Call, or as plain weights; None if there is none."""
        return self.form.nengo(self.arrays)


def form(operators: Sequence[Operator], before: Shape) -> Form:
    """Return the form of a chain, of operators that are there when the network runs, on values of a shape."""
    if not operators:
        return NoTransform()
    if not operators[0].linear:
        from snnc.operators.pooled import Pooled  # most networks have none

        window = operators[0].receptive_field
        assert window is not None, "what isn't linear is a window"
        return Pooled(before, window, form(operators[1:], operators[0].shape(before)))
    after = shape_after(operators, before)
    matrix = (size(after), size(before))
    if any(operator.fully_connected for operator in operators):
        return Dense(matrix)
    steps = windows(operators, before)
    if steps is None:
        return Sparse(matrix, size(matrix))
    if len(before) != 3 and not steps:
        return Sparse(matrix, size(after))
    # Nengo has a convolution of series, too, but NengoLoihi has not.
    return _of_windows(operators, steps, as_image(before), as_image(after))


def _of_windows(
    operators: Sequence[Operator],
    steps: Sequence[tuple[Window, Shape]],
    before: Shape,
    after: Shape,
) -> Form:
    """Return the form of a chain of windows, and of operators that look at single pixels."""
    matrix = (size(after), size(before))
    if len(operators) == 1 and operators[0].is_form:
        ((alone, _),) = steps
        return Convolution(before, after, alone.window, alone.strides, alone.padding)
    kernel, strides = _merged([window for window, _ in steps])
    if _looks_at_channels(operators):
        # A kernel would be zero between channels, and take the room of all of them.
        return Sparse(matrix, size(after) * size(kernel))
    if not any(window.padded(shape) for window, shape in steps):
        return Convolution(before, after, kernel, strides, "valid")
    # A window of one pixel sees what the others see.
    seen = [window for window, _ in steps if size(window.window) > 1 or size(window.strides) > 1]
    padded = _padded(seen[0], before, after) if len(seen) == 1 else None
    return padded or Sparse(matrix, size(after) * size(kernel) * before[-1])


def _looks_at_channels(operators: Sequence[Operator]) -> bool:
    """Whether trained windows look at single channels."""
    kernels = any(operator.has_kernel for operator in operators)
    return kernels and all(operator.own_channel for operator in operators)


def _padded(window: Window, before: Shape, after: Shape) -> Convolution | None:
    """Return the form of a window that looks beyond the image, if it has the same weights there, and can be read within."""
    (top, _), (left, _) = window.margins(before)
    (down, right), (height, width) = window.strides, window.window
    place = (-(-top // down), -(-left // right))
    start = (place[0] * down - top, place[1] * right - left)
    within = start[0] + height <= before[0] and start[1] + width <= before[1]
    if not (window.zero_padded and within):
        return None
    return Convolution(before, after, window.window, window.strides, "same", start, place)


def _merged(windows: Sequence[Window]) -> tuple[Pair, Pair]:
    """Return the size and the strides of the window that looks through several, one behind the other."""
    rows = columns = down = right = 1
    for window in reversed(windows):
        rows = (rows - 1) * window.strides[0] + window.window[0]
        columns = (columns - 1) * window.strides[1] + window.window[1]
        down, right = down * window.strides[0], right * window.strides[1]
    return (rows, columns), (down, right)
