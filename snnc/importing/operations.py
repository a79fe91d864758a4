"""What the nodes of a trained network from elsewhere compute, in NumPy and in double precision.

Items come first: values are (n, *shape). Images are (height, width, channels) and series (length, channels), whatever order the
file has; `Flatten` remembers it. No framework is needed to know what a file computes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Array = NDArray[Any]
#: Without the number of items.
Shape = tuple[int, ...]
#: Of each axis of an image but its channels: so many zeros before and behind.
Padding = tuple[tuple[int, int], ...]


@dataclass(frozen=True, eq=False, repr=False)
class Operation:
    """A map from the values of some nodes to those of one."""

    def apply(self, *values: Array) -> Array:
        """Return what values, each (n, *shape), become."""
        raise NotImplementedError

    def shape(self, *shapes: Shape) -> Shape:
        """Return the shape of what comes out of values of these shapes."""
        return tuple(self.apply(*(np.zeros((1, *shape)) for shape in shapes)).shape[1:])


@dataclass(frozen=True, eq=False, repr=False)
class Input(Operation):
    """Items as they come in."""

    items: Shape

    def shape(self, *shapes: Shape) -> Shape:
        return self.items


@dataclass(frozen=True, eq=False, repr=False)
class Identity(Operation):
    """Nothing, once the network is trained: dropout, noise, augmentation."""

    def apply(self, *values: Array) -> Array:
        (x,) = values
        return x


@dataclass(frozen=True, eq=False, repr=False)
class Unsupported(Operation):
    """What can't be said in a spec: why, and what to do about it. Its values are unknown, and the shape is the file's."""

    reason: str
    advice: str
    items: Shape = ()

    def shape(self, *shapes: Shape) -> Shape:
        return self.items or next(iter(shapes), ())


@dataclass(frozen=True, eq=False, repr=False)
class Unread(Operation):
    """What stands behind an unsupported node, and wasn't looked at for that reason alone. Its values are unknown."""

    items: Shape

    def shape(self, *shapes: Shape) -> Shape:
        return self.items


@dataclass(frozen=True, eq=False, repr=False)
class Dense(Operation):
    """Weights, (in, out), and a bias, (out,), on the last axis."""

    weights: Array
    bias: Array | None

    def apply(self, *values: Array) -> Array:
        (x,) = values
        return _plus(x @ self.weights, self.bias)


@dataclass(frozen=True, eq=False, repr=False)
class Conv(Operation):
    """A convolution of images, kernel (height, width, channels in / groups, filters), or of series, (length, ...)."""

    kernel: Array
    bias: Array | None
    strides: Shape
    padding: Padding
    dilation: Shape
    groups: int = 1

    def apply(self, *values: Array) -> Array:
        (x,) = values
        kernel = spread(self.kernel, self.dilation)
        window = kernel.shape[:-2]
        if self.groups == x.shape[-1] > 1:
            return _plus(self._of_each_channel(_padded(x, self.padding), kernel), self.bias)
        seen = _windows(_padded(x, self.padding), window, self.strides)
        parts = zip(
            np.split(seen, self.groups, axis=1 + len(window)),
            np.split(kernel, self.groups, axis=-1),
            strict=True,
        )
        axes = len(window)
        # What a window sees is (n, *places, channels, *window).
        of_seen = [1 + axes, *range(2 + axes, 2 + 2 * axes)]
        of_kernel = [axes, *range(axes)]
        sums = [np.tensordot(some, own, (of_seen, of_kernel)) for some, own in parts]
        return _plus(np.concatenate(sums, axis=-1), self.bias)

    def _of_each_channel(self, x: Array, kernel: Array) -> Array:
        """Return what filters make of one channel each, place by place in the window: far less work than group by group."""
        *window, _, filters = kernel.shape
        sides = zip(x.shape[1:-1], window, self.strides, strict=True)
        steps = [(length - size) // stride + 1 for length, size, stride in sides]
        total = np.zeros((len(x), *steps, filters))
        for place in np.ndindex(*window):
            sides = zip(place, steps, self.strides, strict=True)
            within = [slice(at, at + (n - 1) * stride + 1, stride) for at, n, stride in sides]
            where = (slice(None), *within)
            seen = x[where]
            if filters > x.shape[-1]:
                seen = np.repeat(seen, filters // x.shape[-1], axis=-1)
            total += seen * kernel[place][0]
        return total


@dataclass(frozen=True, eq=False, repr=False)
class Scale(Operation):
    """Values times a scale plus a shift, each one number, one of each channel, or one of each value."""

    scale: Array
    shift: Array

    def apply(self, *values: Array) -> Array:
        (x,) = values
        return np.asarray(x * self.scale + self.shift)


@dataclass(frozen=True, eq=False, repr=False)
class Relu(Operation):
    """max(x, 0) + slope * min(x, 0), at most `ceiling`."""

    slope: float = 0.0
    ceiling: float = math.inf

    def apply(self, *values: Array) -> Array:
        (x,) = values
        return np.asarray(
            np.minimum(np.maximum(x, 0) + self.slope * np.minimum(x, 0), self.ceiling)
        )


@dataclass(frozen=True, eq=False, repr=False)
class Softmax(Operation):
    """Softmax or, with `log`, log_softmax of the last axis: which is largest stays."""

    log: bool = False

    def apply(self, *values: Array) -> Array:
        (x,) = values
        lowered = x - x.max(axis=-1, keepdims=True)
        sums = np.exp(lowered).sum(axis=-1, keepdims=True)
        return np.asarray(lowered - np.log(sums) if self.log else np.exp(lowered) / sums)


@dataclass(frozen=True, eq=False, repr=False)
class Sigmoid(Operation):
    """The logistic function: of one value, the probability of the second of two classes."""

    def apply(self, *values: Array) -> Array:
        (x,) = values
        return np.asarray(1 / (1 + np.exp(-x)))


@dataclass(frozen=True, eq=False, repr=False)
class Pool(Operation):
    """The mean or the largest value of each window, channel by channel."""

    window: Shape
    strides: Shape
    padding: Padding
    largest: bool = False
    #: Whether the zeros beyond the edges count in a mean.
    counts_padding: bool = False

    def apply(self, *values: Array) -> Array:
        (x,) = values
        beyond = -math.inf if self.largest else 0.0
        seen = _windows(_padded(x, self.padding, beyond), self.window, self.strides)
        axes = tuple(range(-len(self.window), 0))
        if self.largest:
            return np.asarray(seen.max(axis=axes))
        if self.counts_padding:
            return np.asarray(seen.mean(axis=axes))
        inside = _padded(np.ones((1, *x.shape[1:])), self.padding)
        counts = _windows(inside, self.window, self.strides).sum(axis=axes)
        return np.asarray(seen.sum(axis=axes) / counts)


@dataclass(frozen=True, eq=False, repr=False)
class GlobalPool(Operation):
    """The mean or the largest value of each channel."""

    largest: bool = False
    #: Whether axes of length 1 stay.
    keeps_axes: bool = False

    def apply(self, *values: Array) -> Array:
        (x,) = values
        axes = tuple(range(1, x.ndim - 1))
        pooled = x.max if self.largest else x.mean
        return np.asarray(pooled(axis=axes, keepdims=self.keeps_axes))


@dataclass(frozen=True, eq=False, repr=False)
class Flatten(Operation):
    """All values in a row: in the order of the axes, or channel by channel where the file has channels first."""

    channels_first: bool = False

    def apply(self, *values: Array) -> Array:
        (x,) = values
        if self.channels_first and x.ndim > 2:
            x = np.moveaxis(x, -1, 1)
        return x.reshape(len(x), -1)


@dataclass(frozen=True, eq=False, repr=False)
class Reshape(Operation):
    """The same values, in the order of the axes, in another shape."""

    items: Shape

    def apply(self, *values: Array) -> Array:
        (x,) = values
        return x.reshape(len(x), *self.items)


@dataclass(frozen=True, eq=False, repr=False)
class Permute(Operation):
    """Axes in another order, counted from 0 without the items'."""

    axes: Shape

    def apply(self, *values: Array) -> Array:
        (x,) = values
        return np.transpose(x, (0, *(1 + axis for axis in self.axes)))


@dataclass(frozen=True, eq=False, repr=False)
class Pad(Operation):
    """Zeros around an image."""

    padding: Padding

    def apply(self, *values: Array) -> Array:
        (x,) = values
        return _padded(x, self.padding)


@dataclass(frozen=True, eq=False, repr=False)
class Add(Operation):
    """The sum of several."""

    def apply(self, *values: Array) -> Array:
        first, *others = values
        return np.asarray(sum(others, start=first))


@dataclass(frozen=True, eq=False, repr=False)
class Concatenate(Operation):
    """Several beside each other, on the last axis."""

    def apply(self, *values: Array) -> Array:
        return np.concatenate(values, axis=-1)


def same_padding(lengths: Shape, window: Shape, strides: Shape) -> Padding:
    """Return how many zeros TensorFlow's `same` puts before and behind each axis, the smaller half in front."""
    padding = []
    for length, size, stride in zip(lengths, window, strides, strict=True):
        zeros = max((-(-length // stride) - 1) * stride + size - length, 0)
        padding.append((zeros // 2, zeros - zeros // 2))
    return tuple(padding)


def spread(kernel: Array, dilation: Sequence[int]) -> Array:
    """Return a kernel with zeros between its weights, as a dilated convolution has them."""
    *window, channels, filters = kernel.shape
    sizes = [(size - 1) * step + 1 for size, step in zip(window, dilation, strict=True)]
    wide = np.zeros((*sizes, channels, filters), kernel.dtype)
    wide[tuple(slice(None, None, step) for step in dilation)] = kernel
    return wide


def in_double(array: Any) -> Array:
    """Return an array of numbers in double precision, in which all of this is computed."""
    return np.asarray(array, dtype=np.float64)


def _plus(values: Array, bias: Array | None) -> Array:
    return values if bias is None else np.asarray(values + bias)


def _padded(x: Array, padding: Padding, value: float = 0.0) -> Array:
    return np.pad(x, ((0, 0), *padding, (0, 0)), constant_values=value)


def _windows(x: Array, window: Shape, strides: Shape) -> Array:
    """Return what each window sees: (n, *places, channels, *window)."""
    axes: Any = tuple(range(1, 1 + len(window)))  # NumPy's own types know of one
    places = (slice(None), *(slice(None, None, stride) for stride in strides))
    return sliding_window_view(x, window, axes)[places]
