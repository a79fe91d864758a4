"""Keras' layers as what they compute: one function a class, from the layer's settings and its arrays."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from snnc.diagnostics.errors import Refusal
from snnc.importing.hdf5 import numbers_of
from snnc.importing.keras_activations import activation, leaky_relu, relu, softmax
from snnc.importing.keras_config import Layer
from snnc.importing.operations import (
    Add,
    Array,
    Concatenate,
    Conv,
    Dense,
    Flatten,
    GlobalPool,
    Identity,
    Operation,
    Pad,
    Padding,
    Permute,
    Pool,
    Reshape,
    Scale,
    Shape,
    in_double,
    same_padding,
)

#: Values of an item, between any two layers: what a chip holds is far below.
MOST_VALUES = 2**26
#: Keras' backend.epsilon(), which Normalization puts below a division.
_EPSILON = 1e-7


class CannotSay(Exception):
    """A spec has no words for a layer."""

    def __init__(self, reason: str, advice: str) -> None:
        self.reason, self.advice = reason, advice
        super().__init__(reason, advice)


class Part(NamedTuple):
    """A step of a layer: what is added to the layer's name, the name of what it does, and the step."""

    suffix: str
    kind: str
    operation: Operation


@dataclass(frozen=True)
class Given:
    """A layer, the shapes that it reads, and its arrays, not read yet."""

    layer: Layer
    shapes: tuple[Shape, ...]
    held: Sequence[Any]

    @property
    def config(self) -> Mapping[str, Any]:
        return self.layer.config

    @property
    def shape(self) -> Shape:
        return self.shapes[0]

    def arrays(self, expected: Mapping[str, Shape]) -> dict[str, Array]:
        """Return the layer's arrays by the names and of the shapes that its settings ask for.

        Raises:
            Refusal: If the file has others.
        """
        if len(self.held) != len(expected):
            raise Refusal(
                f"layer '{self.layer.name}' needs {_counted(expected)}, and the file has {len(self.held)} arrays for it"
            )
        found = {}
        for (name, shape), held in zip(expected.items(), self.held, strict=True):
            if tuple(held.shape) != shape:
                raise Refusal(
                    f"{name} of layer '{self.layer.name}' has shape {tuple(held.shape)}, and its settings ask for {shape}"
                )
            found[name] = numbers_of(held, f"{name} of layer '{self.layer.name}'")
        return found

    def flag(self, key: str, default: bool) -> bool:
        return bool(self.config.get(key, default))

    def number(self, key: str, default: float) -> float:
        value = self.config.get(key, default)
        if not isinstance(value, int | float) or not math.isfinite(value):
            raise self.wrong(key, value)
        return float(value)

    def whole(self, key: str, default: int | None = None) -> int:
        return _whole(self, key, self.config.get(key, default))

    def wholes(self, key: str, axes: int, default: Any = None) -> Shape:
        """Return one number an axis, given as a list or as one number for all."""
        value = self.config.get(key)
        if value is None:
            value = default
        if isinstance(value, int):
            value = [value] * axes
        if not isinstance(value, list | tuple) or len(value) != axes:
            raise self.wrong(key, value)
        return tuple(_whole(self, key, one) for one in value)

    def ensure_axes(self, axes: int) -> None:
        if len(self.shape) != axes + 1:
            raise Refusal(
                f"layer '{self.layer.name}' ({self.layer.kind}) reads values of shape {self.shape}, "
                f"and needs {axes + 1} axes"
            )

    def wrong(self, key: str, value: Any) -> Refusal:
        return Refusal(
            f"layer '{self.layer.name}' ({self.layer.kind}) has {key} = {value}, which Keras doesn't write"
        )


Builder = Callable[[Given], list[Part]]


def builder(kind: str) -> Builder | None:
    """Return the function for a class of layers; None for those that a spec has no words for."""
    return _BUILDERS.get(kind)


def _dense(given: Given) -> list[Part]:
    units = given.whole("units")
    expected: dict[str, Shape] = {"kernel": (given.shape[-1], units)}
    arrays = given.arrays(_with_bias(given, expected, units))
    return [_part(Dense(arrays["kernel"], arrays.get("bias")), given), *_activation(given)]


def _conv(axes: int) -> Builder:
    def build(given: Given) -> list[Part]:
        window, filters, groups = (
            given.wholes("kernel_size", axes),
            given.whole("filters"),
            given.whole("groups", 1),
        )
        _ensure_channels_last(given)
        given.ensure_axes(axes)
        channels = given.shape[-1]
        if channels % groups or filters % groups:
            raise given.wrong("groups", groups)
        expected = {"kernel": (*window, channels // groups, filters)}
        arrays = given.arrays(_with_bias(given, expected, filters))
        conv = _convolution(given, arrays["kernel"], arrays.get("bias"), groups)
        return [_part(conv, given), *_activation(given)]

    return build


def _depthwise(axes: int) -> Builder:
    def build(given: Given) -> list[Part]:
        _ensure_channels_last(given)
        given.ensure_axes(axes)
        kernel = _depthwise_shape(given, axes)
        filters = kernel[-2] * kernel[-1]
        arrays = given.arrays(_with_bias(given, {"kernel": kernel}, filters))
        conv = _convolution(given, _by_channel(arrays["kernel"]), arrays.get("bias"), kernel[-2])
        return [_part(conv, given), *_activation(given)]

    return build


def _separable(axes: int) -> Builder:
    def build(given: Given) -> list[Part]:
        _ensure_channels_last(given)
        given.ensure_axes(axes)
        kernel, filters = _depthwise_shape(given, axes), given.whole("filters")
        between = kernel[-2] * kernel[-1]
        expected = {
            "depthwise kernel": kernel,
            "pointwise kernel": (*[1] * axes, between, filters),
        }
        arrays = given.arrays(_with_bias(given, expected, filters))
        ones: Shape = (1,) * axes
        pointwise = Conv(
            arrays["pointwise kernel"], arrays.get("bias"), ones, ((0, 0),) * axes, ones
        )
        return [
            _part(
                _convolution(given, _by_channel(arrays["depthwise kernel"]), None, kernel[-2]),
                given,
            ),
            Part("pointwise", given.layer.kind, pointwise),
            *_activation(given),
        ]

    return build


def _pool(axes: int, largest: bool) -> Builder:
    def build(given: Given) -> list[Part]:
        _ensure_channels_last(given)
        given.ensure_axes(axes)
        window = given.wholes("pool_size", axes)
        strides = given.wholes("strides", axes, window)
        padding = _padding(given, window, strides)
        return [_part(Pool(window, strides, padding, largest), given)]

    return build


def _global_pool(axes: int, largest: bool) -> Builder:
    def build(given: Given) -> list[Part]:
        _ensure_channels_last(given)
        given.ensure_axes(axes)
        return [_part(GlobalPool(largest, given.flag("keepdims", False)), given)]

    return build


def _zero_padding(axes: int) -> Builder:
    def build(given: Given) -> list[Part]:
        _ensure_channels_last(given)
        given.ensure_axes(axes)
        value = given.config.get("padding")
        if axes == 1 and isinstance(value, list):
            value = [value]
        if isinstance(value, int):
            value = [value] * axes
        if not isinstance(value, list) or len(value) != axes:
            raise given.wrong("padding", value)
        sides = [[one, one] if isinstance(one, int) else one for one in value]
        if not all(isinstance(pair, list) and len(pair) == 2 for pair in sides):
            raise given.wrong("padding", value)
        padding = tuple(
            (_whole(given, "padding", before, 0), _whole(given, "padding", behind, 0))
            for before, behind in sides
        )
        _ensure_fits(given, padding)
        return [_part(Pad(padding), given)]

    return build


def _batch_norm(given: Given) -> list[Part]:
    _ensure_last_axis(given)
    channels = given.shape[-1:]
    names = [
        *(["gamma"] if given.flag("scale", True) else []),
        *(["beta"] if given.flag("center", True) else []),
        "moving mean",
        "moving variance",
    ]
    if given.flag("renorm", False):
        raise CannotSay(
            "batch renormalisation keeps statistics of its own",
            "train it with renorm=False",
        )
    arrays = given.arrays(dict.fromkeys(names, channels))
    variance = arrays["moving variance"] + given.number("epsilon", 1e-3)
    if (variance <= 0).any():
        raise Refusal(f"layer '{given.layer.name}' has variances below 0")
    scale = arrays.get("gamma", np.ones(channels)) / np.sqrt(variance)
    shift = arrays.get("beta", np.zeros(channels)) - arrays["moving mean"] * scale
    return [_part(Scale(scale, shift), given)]


def _normalization(given: Given) -> list[Part]:
    """Adapted statistics are arrays, given ones are settings."""
    axes = given.config.get("axis", -1)
    axes = [axes] if isinstance(axes, int) else axes or []
    rank = len(given.shape) + 1
    kept = sorted(axis % rank for axis in axes)
    if 0 in kept or len(set(kept)) < len(kept):
        raise given.wrong("axis", axes)
    shape = tuple(given.shape[axis - 1] for axis in kept)
    broadcast = tuple(size if axis in kept else 1 for axis, size in enumerate(given.shape, 1))
    if given.config.get("mean") is None:
        count = {"count": ()} if len(given.held) > 2 else {}
        arrays = given.arrays({"mean": shape, "variance": shape, **count})
        mean, variance = arrays["mean"], arrays["variance"]
    else:
        mean, variance = (_setting(given, key, shape) for key in ("mean", "variance"))
    if (variance < 0).any():
        raise Refusal(f"layer '{given.layer.name}' has variances below 0")
    spread = np.maximum(np.sqrt(variance), _EPSILON).reshape(broadcast)
    mean = mean.reshape(broadcast)
    if given.flag("invert", False):
        return [_part(Scale(spread, mean), given)]
    return [_part(Scale(1 / spread, -mean / spread), given)]


def _rescaling(given: Given) -> list[Part]:
    scale, offset = (
        _listed(given, key, given.config.get(key, default))
        for key, default in (("scale", 1.0), ("offset", 0.0))
    )
    return [_part(Scale(scale, offset), given)]


def _activation_layer(given: Given) -> list[Part]:
    _, operation = activation(given.config.get("activation"))
    return [_part(operation, given)]


def _reshape(given: Given) -> list[Part]:
    target = given.config.get("target_shape")
    if not isinstance(target, list) or not all(isinstance(size, int) for size in target):
        raise given.wrong("target_shape", target)
    values = math.prod(given.shape)
    known = math.prod(size for size in target if size != -1)
    sizes = tuple(values // max(known, 1) if size == -1 else size for size in target)
    if math.prod(sizes) != values:
        raise given.wrong("target_shape", target)
    return [_part(Reshape(sizes), given)]


def _permute(given: Given) -> list[Part]:
    dims = given.wholes("dims", len(given.shape))
    if sorted(dims) != list(range(1, len(given.shape) + 1)):
        raise given.wrong("dims", list(dims))
    return [_part(Permute(tuple(axis - 1 for axis in dims)), given)]


def _flatten(given: Given) -> list[Part]:
    _ensure_channels_last(given)
    return [_part(Flatten(), given)]


def _add(given: Given) -> list[Part]:
    _ensure_same_shapes(given)
    return [_part(Add(), given)]


def _average(given: Given) -> list[Part]:
    _ensure_same_shapes(given)
    share = in_double(1 / len(given.shapes))
    return [_part(Add(), given), Part("mean", given.layer.kind, Scale(share, in_double(0)))]


def _concatenate(given: Given) -> list[Part]:
    _ensure_last_axis(given)
    if len({shape[:-1] for shape in given.shapes}) > 1:
        raise Refusal(f"layer '{given.layer.name}' concatenates shapes {given.shapes}")
    return [_part(Concatenate(), given)]


def _identity(given: Given) -> list[Part]:
    return [_part(Identity(), given)]


_ONLY_IN_TRAINING = (
    "ActivityRegularization AlphaDropout Dropout GaussianDropout GaussianNoise Identity RandomBrightness "
    "RandomContrast RandomFlip RandomRotation RandomTranslation RandomZoom SpatialDropout1D SpatialDropout2D"
)

_BUILDERS: dict[str, Builder] = {
    "Activation": _activation_layer,
    "Add": _add,
    "Average": _average,
    "AveragePooling1D": _pool(1, largest=False),
    "AveragePooling2D": _pool(2, largest=False),
    "BatchNormalization": _batch_norm,
    "Concatenate": _concatenate,
    "Conv1D": _conv(1),
    "Conv2D": _conv(2),
    "Dense": _dense,
    "DepthwiseConv1D": _depthwise(1),
    "DepthwiseConv2D": _depthwise(2),
    "Flatten": _flatten,
    "GlobalAveragePooling1D": _global_pool(1, largest=False),
    "GlobalAveragePooling2D": _global_pool(2, largest=False),
    "GlobalMaxPooling1D": _global_pool(1, largest=True),
    "GlobalMaxPooling2D": _global_pool(2, largest=True),
    "LeakyReLU": lambda given: [_part(leaky_relu(given.config), given)],
    "MaxPooling1D": _pool(1, largest=True),
    "MaxPooling2D": _pool(2, largest=True),
    "Normalization": _normalization,
    "Permute": _permute,
    "ReLU": lambda given: [_part(relu(given.config), given)],
    "Rescaling": _rescaling,
    "Reshape": _reshape,
    "SeparableConv1D": _separable(1),
    "SeparableConv2D": _separable(2),
    "Softmax": lambda given: [_part(softmax(given.config), given)],
    "SyncBatchNormalization": _batch_norm,
    "ZeroPadding1D": _zero_padding(1),
    "ZeroPadding2D": _zero_padding(2),
    **dict.fromkeys(_ONLY_IN_TRAINING.split(), _identity),
}


def _part(operation: Operation, given: Given) -> Part:
    return Part("", given.layer.kind, operation)


def _activation(given: Given) -> list[Part]:
    name, operation = activation(given.config.get("activation"))
    return [] if isinstance(operation, Identity) else [Part("activation", name, operation)]


def _with_bias(given: Given, expected: dict[str, Shape], size: int) -> dict[str, Shape]:
    return {**expected, "bias": (size,)} if given.flag("use_bias", True) else expected


def _convolution(given: Given, kernel: Array, bias: Array | None, groups: int) -> Conv:
    axes = kernel.ndim - 2
    strides, dilation = given.wholes("strides", axes, 1), given.wholes("dilation_rate", axes, 1)
    window = tuple(
        (size - 1) * step + 1 for size, step in zip(kernel.shape[:axes], dilation, strict=True)
    )
    return Conv(kernel, bias, strides, _padding(given, window, strides), dilation, groups)


def _padding(given: Given, window: Shape, strides: Shape) -> Padding:
    """Return the zeros around an image, once a window is known to fit into it."""
    lengths = given.shape[:-1]
    kind = given.config.get("padding", "valid")
    if kind == "same":
        padding = same_padding(lengths, window, strides)
    elif kind == "causal" and len(window) == 1:
        padding = ((window[0] - 1, 0),)
    elif kind == "valid":
        padding = ((0, 0),) * len(window)
    else:
        raise given.wrong("padding", kind)
    _ensure_fits(given, padding)
    for length, size, (before, behind) in zip(lengths, window, padding, strict=True):
        if length + before + behind < size:
            raise Refusal(
                f"layer '{given.layer.name}' looks through windows of {window} at {lengths} values"
            )
    return padding


def _depthwise_shape(given: Given, axes: int) -> Shape:
    channels, times = given.shape[-1], given.whole("depth_multiplier", 1)
    return (*given.wholes("kernel_size", axes), channels, times)


def _by_channel(kernel: Array) -> Array:
    """Return a depthwise kernel, (..., channels, times), as that of a convolution in as many groups as channels."""
    return kernel.reshape(*kernel.shape[:-2], 1, -1)


def _ensure_channels_last(given: Given) -> None:
    if given.config.get("data_format", "channels_last") == "channels_first":
        raise CannotSay(
            "its images have the channels first",
            "build it with data_format='channels_last': kernels stay, and the weights behind a Flatten "
            "are to be put in the other order",
        )


def _ensure_last_axis(given: Given) -> None:
    axis = given.config.get("axis", -1)
    axes = axis if isinstance(axis, list) else [axis]
    if axes not in ([-1], [len(given.shape)]):
        raise CannotSay(f"it works on axis {axis}, and channels are the last", "give axis=-1")


def _ensure_same_shapes(given: Given) -> None:
    if len(set(given.shapes)) > 1:
        raise CannotSay(
            f"it repeats values: it adds the shapes {' and '.join(map(str, given.shapes))}",
            "have all of them of one shape",
        )


def _ensure_fits(given: Given, padding: Padding) -> None:
    sizes = [
        length + before + behind
        for length, (before, behind) in zip(given.shape[:-1], padding, strict=True)
    ]
    if math.prod(sizes) * given.shape[-1] > MOST_VALUES:
        raise given.wrong("padding", given.config.get("padding"))


def _setting(given: Given, key: str, shape: Shape) -> Array:
    """Return numbers that stand in the settings, nested as Keras pleases, in a shape."""
    array = _listed(given, key, given.config.get(key))
    if array.size not in (1, math.prod(shape)):
        raise given.wrong(key, given.config.get(key))
    return np.broadcast_to(array.reshape(-1), (math.prod(shape),)).reshape(shape)


def _listed(given: Given, key: str, value: Any) -> Array:
    if isinstance(value, dict):
        inner = value.get("config")
        value = inner.get("value") if isinstance(inner, dict) else None
    try:
        array = in_double(value)
    except (TypeError, ValueError) as error:
        raise given.wrong(key, value) from error
    if array.dtype.kind != "f" or not np.isfinite(array).all():
        raise given.wrong(key, value)
    return array


def _whole(given: Given, key: str, value: Any, least: int = 1) -> int:
    if not isinstance(value, int) or not least <= value <= MOST_VALUES:
        raise given.wrong(key, value)
    return value


def _counted(expected: Mapping[str, Shape]) -> str:
    return f"{len(expected)} ({', '.join(expected)})"
