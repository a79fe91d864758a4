"""Linear maps on the values of a connection, as they are trained.

Images are (height, width, channels) throughout, and series (length, channels). Its Keras layer defines an operator. Without further declarations a chain
with it is folded into a sparse matrix, which is right for any linear map; with them, into a kernel or a dense matrix.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Literal

from snnc.diagnostics.diagnostic import KeyPath
from snnc.diagnostics.wording import times
from snnc.operators.call import Call

#: Without the number of items.
Shape = tuple[int, ...]
Pair = tuple[int, int]
Padding = Literal["same", "valid"]


def size(shape: Shape) -> int:
    """Return how many values a shape holds."""
    return math.prod(shape)


class ShapeError(Exception):
    """An operator can't take values of some shape. `key` is the setting of its layer to look at, if there is one."""

    def __init__(self, message: str, key: str | None = None, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.key, self.hint = message, key, hint


class NoSeriesError(ShapeError):
    """An operator looks along a series, and gets something else."""


@dataclass(frozen=True)
class Operator:
    """A linear map on the values of one connection."""

    #: The name of its kind in the spec language.
    kind: ClassVar[str]
    #: The key of its layer that sets how many values come out, of each pixel or in all.
    width_key: ClassVar[str | None] = None
    #: Whether tf.keras.layers has its Keras layer; others stand in `snnc.networks.own_layers`.
    in_keras: ClassVar[bool] = True
    #: Whether it is linear, up to a bias; others stand in front of those that are.
    linear: ClassVar[bool] = True
    #: Whether it does nothing when the network runs.
    training_only: ClassVar[bool] = False
    #: Whether training sets values to zero at random.
    drops_values: ClassVar[bool] = False
    #: Whether it takes values as an image; others take them flat.
    on_images: ClassVar[bool] = False
    #: Whether it looks along a series, which is an image that is one pixel wide.
    on_series: ClassVar[bool] = False
    #: Whether each output is a mean of values, so that negative ones stay negative.
    keeps_signs: ClassVar[bool] = False
    #: Whether each output depends on one value at the same pixel, for all pixels alike.
    pointwise: ClassVar[bool] = False
    #: Whether each output depends on one channel alone, the channels in their order.
    own_channel: ClassVar[bool] = False
    #: Whether each output depends on all values.
    fully_connected: ClassVar[bool] = False
    #: Whether the `kernel` of its Keras layer holds all its weights, as those of a matrix or a convolution; of several
    #: convolutions, one a channel, if it has channels of its own.
    has_kernel: ClassVar[bool] = False

    @property
    def is_form(self) -> bool:
        """Whether it is a matrix or a convolution as Nengo has them, with all weights in its kernel."""
        return self.has_kernel and not self.own_channel

    name: str
    #: The place of its layer in the spec.
    at: KeyPath = field(default=(), compare=False, kw_only=True)

    @property
    def receptive_field(self) -> Window | None:
        """The window through which all outputs look at an image, with the same weights, if there is one."""
        return None

    def image(self, before: Shape) -> tuple[int, int, int]:
        """Return (height, width, channels), or raise a ShapeError: it takes nothing but images."""
        if len(before) != 3:
            raise ShapeError(
                f"'{self.name}' looks at images, (height, width, channels), not at values of shape {list(before)}"
            )
        height, width, channels = before
        return height, width, channels

    def takes(self, before: Shape) -> Shape:
        """Return values' shape as the operator takes them: as it is, or flat."""
        return before if self.on_images else (size(before),)

    def shape(self, before: Shape) -> Shape:
        """Return the shape of what comes out, or raise a ShapeError."""
        return before

    def parameters(self, before: Shape) -> int:
        """Return how many weights and biases are trained."""
        return 0

    def leads_to(self, channels: range) -> range:
        """Return the channels that neighbouring ones lead to, of an operator where each leads to channels of its own."""
        return channels

    @property
    def adds_bias(self) -> bool:
        """Whether zeros may come out as something else."""
        return not self.training_only

    @property
    def settings(self) -> dict[str, Any]:
        """Return the settings, by Keras' names for them; they are those of the fields unless a kind says otherwise."""
        own = (each.name for each in fields(self) if each.name not in ("name", "at"))
        return {name: getattr(self, name) for name in own}

    def keras(self) -> Call:
        """Return the Keras layer, by its name in tf.keras.layers."""
        raise NotImplementedError


@dataclass(frozen=True)
class Window(Operator):
    """Looks at an image through a window that moves by its strides."""

    on_images: ClassVar[bool] = True
    #: The key of the window's size, as the layer has it.
    size_key: ClassVar[str]
    #: Whether zeros stand beyond the edges of an image, and the weights at the edges are those within.
    zero_padded: ClassVar[bool] = False

    window: Pair
    strides: Pair
    padding: Padding

    @property
    def receptive_field(self) -> Window:
        return self

    @property
    def settings(self) -> dict[str, Any]:
        settings = super().settings
        return {self.size_key: settings.pop("window"), **settings}

    def shape(self, before: Shape) -> Shape:
        return (*self.images(before), before[-1])

    def margins(self, before: Shape) -> tuple[Pair, Pair]:
        """Return how many rows of zeros TensorFlow puts above and below an image, and how many columns left and right."""
        # As much as the last window needs, the smaller half in front.
        rows, columns = (
            max((steps - 1) * stride + window - length, 0)
            for steps, stride, window, length in zip(
                self.images(before), self.strides, self.window, before, strict=False
            )
        )
        return (rows // 2, rows - rows // 2), (columns // 2, columns - columns // 2)

    def padded(self, before: Shape) -> bool:
        """Whether the window looks beyond the image anywhere."""
        return any(map(any, self.margins(before)))

    def images(self, before: Shape) -> Pair:
        """Return height and width of what comes out, or raise a ShapeError."""
        *sides, _ = self.image(before)
        height, width = (
            _steps(length, window, stride, self.padding)
            for length, window, stride in zip(sides, self.window, self.strides, strict=True)
        )
        if height < 1 or width < 1:
            largest = [min(each) for each in zip(self.window, sides, strict=True)]
            raise ShapeError(
                f"a window of {times(self.window)} doesn't fit an image of {times(before[:2])}",
                self.size_key,
                f'write {self.size_key} = {largest}, or padding = "same"',
            )
        return height, width


def as_image(shape: Shape) -> Shape:
    """Return a series' shape as that of an image one pixel wide, and a row's as that of one pixel; others as they are."""
    if len(shape) == 2:
        return (shape[0], 1, shape[1])
    return (1, 1, *shape) if len(shape) == 1 else shape


def walk(operators: Iterable[Operator], before: Shape) -> Iterator[tuple[Operator, Shape]]:
    """Yield each operator of a chain with the shape of what it gets."""
    for operator in operators:
        yield operator, before
        before = operator.shape(before)


def shape_after(operators: Iterable[Operator], before: Shape) -> Shape:
    """Return the shape of what comes out of a chain."""
    for operator in operators:
        before = operator.shape(before)
    return before


def windows(operators: Iterable[Operator], before: Shape) -> list[tuple[Window, Shape]] | None:
    """Return the windows of a chain, each with the shape of what it looks at, but no pointwise operators.

    A series is an image that is one pixel wide.

    None if some operator works in another way, or its shapes aren't those of the way that it says.
    """
    steps = []
    for operator, given in walk(operators, before):
        window, after = operator.receptive_field, as_image(operator.shape(given))
        shape = as_image(given)
        if window and after[:-1] == window.images(shape):
            steps.append((window, shape))
        elif window or not operator.pointwise or after[:-1] != shape[:-1]:
            return None
    return steps


def _steps(length: int, window: int, stride: int, padding: Padding) -> int:
    """Return how many places there are for a window, as TensorFlow counts them."""
    if padding == "same":
        return -(-length // stride)
    return (length - window) // stride + 1


def short(pair: Pair) -> int | Pair:
    """Return one number for two that are the same."""
    return pair[0] if pair[0] == pair[1] else pair
