"""Keras' layers as what they compute: one function a class, from the layer's settings and its arrays."""

from __future__ import annotations

import math

import numpy as np

from snnc.diagnostics.errors import Refusal
from snnc.importing.keras_activations import activation, leaky_relu, relu, softmax
from snnc.importing.keras_given import CannotSay, Given, Part
from snnc.importing.keras_windows import (
    Builder,
    activated,
    conv,
    depthwise,
    global_pool,
    pool,
    separable,
    with_bias,
    zero_padding,
)
from snnc.importing.operations import (
    Add,
    Array,
    Concatenate,
    Dense,
    Flatten,
    Identity,
    Permute,
    Reshape,
    Scale,
    Shape,
    in_double,
)

#: Keras' backend.epsilon(), below which Normalization doesn't divide.
_EPSILON = 1e-7


def builder(kind: str) -> Builder | None:
    """Return the function for a class of layers; None for those that a spec has no words for."""
    return _BUILDERS.get(kind)


def _dense(given: Given) -> list[Part]:
    units = given.whole("units")
    arrays = given.arrays(with_bias(given, {"kernel": (given.shape[-1], units)}, units))
    return [given.part(Dense(arrays["kernel"], arrays.get("bias"))), *activated(given)]


def _batch_norm(given: Given) -> list[Part]:
    _ensure_last_axis(given)
    channels = given.shape[-1:]
    learned = {"gamma": given.flag("scale", True), "beta": given.flag("center", True)}
    names = [*(name for name, has in learned.items() if has), "moving mean", "moving variance"]
    arrays = given.arrays(dict.fromkeys(names, channels))
    variance = _positive(given, arrays["moving variance"]) + given.number("epsilon", 1e-3)
    scale = arrays.get("gamma", np.ones(channels)) / np.sqrt(variance)
    shift = arrays.get("beta", np.zeros(channels)) - arrays["moving mean"] * scale
    return [given.part(Scale(scale, shift))]


def _normalization(given: Given) -> list[Part]:
    """Adapted statistics are arrays, with the number of items behind them; given ones are settings."""
    rank = len(given.shape) + 1
    axes = given.config.get("axis", -1)
    listed = [] if axes is None else axes if isinstance(axes, list) else [axes]
    if not all(isinstance(axis, int) and -rank < axis < rank and axis for axis in listed):
        raise given.wrong("axis")
    kept = sorted(axis % rank for axis in listed)
    shape = tuple(given.shape[axis - 1] for axis in kept)
    broadcast = [size if axis in kept else 1 for axis, size in enumerate(given.shape, 1)]
    mean, variance = (part.reshape(broadcast) for part in _statistics(given, shape))
    spread = np.maximum(np.sqrt(_positive(given, variance)), _EPSILON)
    if given.flag("invert", False):
        return [given.part(Scale(spread, mean))]
    return [given.part(Scale(1 / spread, -mean / spread))]


def _statistics(given: Given, shape: Shape) -> tuple[Array, Array]:
    if given.config.get("mean") is not None:
        return _spread_out(given, "mean", shape), _spread_out(given, "variance", shape)
    count: dict[str, Shape] = {"count": ()} if len(given.held) > 2 else {}
    arrays = given.arrays({"mean": shape, "variance": shape, **count})
    return arrays["mean"], arrays["variance"]


def _spread_out(given: Given, key: str, shape: Shape) -> Array:
    array = given.setting(key)
    if array.size not in (1, math.prod(shape)):
        raise given.wrong(key)
    return np.broadcast_to(array.reshape(-1), (math.prod(shape),))


def _positive(given: Given, variance: Array) -> Array:
    if (variance < 0).any():
        raise Refusal(
            f"'{given.layer.name}' ({given.layer.kind}) has variances below 0 in the file"
        )
    return variance


def _rescaling(given: Given) -> list[Part]:
    scale, shift = given.setting("scale", 1.0), given.setting("offset", 0.0)
    for key, array in (("scale", scale), ("offset", shift)):
        if array.shape not in ((), (1,), given.shape[-1:], given.shape):
            raise given.wrong(key)
    return [given.part(Scale(scale, shift))]


def _activation(given: Given) -> list[Part]:
    _, operation = activation(given.config.get("activation"))
    return [given.part(operation)]


def _reshape(given: Given) -> list[Part]:
    target = given.config.get("target_shape")
    if not isinstance(target, list) or not all(isinstance(size, int) for size in target):
        raise given.wrong("target_shape")
    values = math.prod(given.shape)
    known = max(math.prod(size for size in target if size != -1), 1)
    sizes = tuple(values // known if size == -1 else size for size in target)
    if min(sizes, default=1) < 1 or math.prod(sizes) != values:
        raise given.wrong("target_shape")
    return [given.part(Reshape(sizes))]


def _permute(given: Given) -> list[Part]:
    dims = given.wholes("dims", len(given.shape))
    if sorted(dims) != list(range(1, len(dims) + 1)):
        raise given.wrong("dims")
    return [given.part(Permute(tuple(axis - 1 for axis in dims)))]


def _add(given: Given) -> list[Part]:
    _ensure_same_shapes(given)
    return [given.part(Add())]


def _average(given: Given) -> list[Part]:
    _ensure_same_shapes(given)
    share = Scale(in_double(1 / len(given.shapes)), in_double(0))
    return [given.part(Add()), Part("mean", given.layer.kind, share)]


def _concatenate(given: Given) -> list[Part]:
    _ensure_last_axis(given)
    if len({shape[:-1] for shape in given.shapes}) > 1:
        raise Refusal(
            f"'{given.layer.name}' (Concatenate) reads shapes that don't fit: {given.shapes}"
        )
    return [given.part(Concatenate())]


def _ensure_last_axis(given: Given) -> None:
    axis = given.config.get("axis", -1)
    axes = axis if isinstance(axis, list) else [axis]
    if axes not in ([-1], [len(given.shape)]):
        raise CannotSay(f"it works on axis {axis}, and channels are the last", "give axis=-1")


def _ensure_same_shapes(given: Given) -> None:
    if len(set(given.shapes)) > 1:
        shapes = " and ".join(map(str, given.shapes))
        raise CannotSay(
            f"it repeats values to add those of shapes {shapes}", "have all of them of one shape"
        )


#: Classes that do nothing once the network is trained.
ONLY_IN_TRAINING = (
    "ActivityRegularization",
    "AlphaDropout",
    "Dropout",
    "GaussianDropout",
    "GaussianNoise",
    "Identity",
    "RandomBrightness",
    "RandomContrast",
    "RandomFlip",
    "RandomRotation",
    "RandomTranslation",
    "RandomZoom",
    "SpatialDropout1D",
    "SpatialDropout2D",
)

_BUILDERS: dict[str, Builder] = {
    "Activation": _activation,
    "Add": _add,
    "Average": _average,
    "AveragePooling1D": pool(1, largest=False),
    "AveragePooling2D": pool(2, largest=False),
    "BatchNormalization": _batch_norm,
    "Concatenate": _concatenate,
    "Conv1D": conv(1),
    "Conv2D": conv(2),
    "Dense": _dense,
    "DepthwiseConv1D": depthwise(1),
    "DepthwiseConv2D": depthwise(2),
    "Flatten": lambda given: [given.part(Flatten())],
    "GlobalAveragePooling1D": global_pool(1, largest=False),
    "GlobalAveragePooling2D": global_pool(2, largest=False),
    "GlobalMaxPooling1D": global_pool(1, largest=True),
    "GlobalMaxPooling2D": global_pool(2, largest=True),
    "LeakyReLU": lambda given: [given.part(leaky_relu(given.config))],
    "MaxPooling1D": pool(1, largest=True),
    "MaxPooling2D": pool(2, largest=True),
    "Normalization": _normalization,
    "Permute": _permute,
    "ReLU": lambda given: [given.part(relu(given.config))],
    "Rescaling": _rescaling,
    "Reshape": _reshape,
    "SeparableConv1D": separable(1),
    "SeparableConv2D": separable(2),
    "Softmax": lambda given: [given.part(softmax(given.config))],
    "SyncBatchNormalization": _batch_norm,
    "ZeroPadding1D": zero_padding(1),
    "ZeroPadding2D": zero_padding(2),
    **dict.fromkeys(ONLY_IN_TRAINING, lambda given: [given.part(Identity())]),
}
