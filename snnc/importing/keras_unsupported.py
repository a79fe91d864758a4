"""What of Keras a spec has no words for: why, and what to do instead."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from snnc.importing.keras_config import Layer
from snnc.importing.keras_layers import builder
from snnc.importing.operations import Shape, Unsupported

_RECURRENT = (
    "the network on the chip goes from item to classes, without loops",
    "use Conv1D over the time axis",
)
_ELEMENTS = (
    "neurons add values up, and compute nothing else of two of them",
    "use Add or Concatenate",
)
_STATISTICS = (
    "it divides by what it finds in each item, which weights can't do",
    "use BatchNormalization, whose statistics are fixed when the training ends",
)
_ATTENTION = (
    "it multiplies values with values, and the chip multiplies with weights",
    "use layers of weights: Dense or Conv",
)
_SMOOTH = (
    "neurons fire at rates from 0 up, and don't compute it",
    "train it with relu in this place",
)
_SIZES = ("it isn't a map that a spec has", "resize the data before, and leave the layer out")
_VOLUMES = (
    "specs know images and series, and no volumes",
    "reshape the data to images with more channels",
)
_WRAPPED = ("it wraps another layer", "use that layer itself, and save the model again")

_LOOPS = ("LSTM", "GRU", "SimpleRNN")

#: By class; a name that ends with * stands for all that start with it.
_KNOWN: dict[str, tuple[str, str]] = {
    **dict.fromkeys(
        ("LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional", "ConvLSTM*", "StackedRNNCells"),
        _RECURRENT,
    ),
    **dict.fromkeys(("Multiply", "Maximum", "Minimum", "Dot"), _ELEMENTS),
    **dict.fromkeys(
        (
            "LayerNormalization",
            "GroupNormalization",
            "RMSNormalization",
            "UnitNormalization",
            "SpectralNormalization",
        ),
        _STATISTICS,
    ),
    **dict.fromkeys(
        (
            "Attention",
            "AdditiveAttention",
            "MultiHeadAttention",
            "GroupQueryAttention",
            "GroupedQueryAttention",
        ),
        _ATTENTION,
    ),
    **dict.fromkeys(("ELU", "PReLU", "ThresholdedReLU"), _SMOOTH),
    **dict.fromkeys(
        (
            "Resizing",
            "CenterCrop",
            "RandomCrop",
            "RandomHeight",
            "RandomWidth",
            "UpSampling*",
            "Cropping*",
        ),
        _SIZES,
    ),
    **dict.fromkeys(
        (
            "Conv3D*",
            "MaxPooling3D",
            "AveragePooling3D",
            "GlobalMaxPooling3D",
            "GlobalAveragePooling3D",
            "ZeroPadding3D",
        ),
        _VOLUMES,
    ),
    "TimeDistributed": (
        "it applies a layer at each time step",
        "use Conv1D with a kernel of 1, which is the same for Dense",
    ),
    "Embedding": (
        "items are numbers of words, and specs take values",
        "train on vectors instead of numbers",
    ),
    "Conv2DTranspose": (
        "it enlarges images, which no layer of a spec does",
        "leave it out: a classifier needs none",
    ),
    "Conv1DTranspose": (
        "it enlarges series, which no layer of a spec does",
        "leave it out: a classifier needs none",
    ),
    "LocallyConnected*": ("each place has weights of its own", "use Conv1D, Conv2D or Dense"),
    "RepeatVector": ("it repeats values", "use Dense or Conv layers alone"),
    "Subtract": (
        "specs add layers, and don't subtract them",
        "turn the sign of the second one's weights, and use Add",
    ),
    "Masking": (
        "it leaves time steps out, by item",
        "give all items one length, and leave the layer out",
    ),
    "PruneLowMagnitude": (
        "it wraps another layer",
        "call tfmot.sparsity.keras.strip_pruning(model), and save what that returns",
    ),
    "Wrapper": _WRAPPED,
}

_QUANTISED = (
    "its weights and values are rounded when it runs, which the file alone doesn't show",
    "train the same layers in plain Keras, and import that: the chip rounds the weights to 8 bits itself",
)
_CUSTOM = (
    "it is a class of somebody's own, whose Python isn't in the file, and nothing from a file is run",
    "build the model of Keras' own layers, copy the weights with set_weights, and save that",
)
_LAMBDA = (
    "it is a function written in Python, and nothing from a file is run",
    "use layers of Keras' own: Rescaling, Reshape, Permute, Add, ZeroPadding2D",
)
_OPERATION = (
    "it is an operation in Python, and not a layer",
    "use a layer: Add for +, Concatenate, Reshape, Flatten, ReLU, Rescaling",
)


_CHANNELS_FIRST = (
    "its images have the channels first",
    "build it with data_format='channels_last': kernels stay as they are, and the rows of a Dense layer behind Flatten "
    "go in the other order",
)
_RENORM = ("it renormalises with statistics of its own", "train it with renorm=False")
_OTHER = (
    "specs have no such layer",
    "build the model without it: docs/import.md lists what can be imported",
)
_AT_RANDOM = (
    "training=True is given in the call, so that it changes what comes out when the network runs",
    "leave that argument out",
)


def why_not(layer: Layer) -> Unsupported | None:
    """Return what to say of a layer that can't be carried over, whatever its arrays; None for the others."""
    words = _of_a_function(layer) or _of_a_class(layer) or _of_settings(layer)
    return None if words is None else Unsupported(*words)


def used_again(times: int) -> Unsupported:
    """Return what to say of a layer that stands in several places."""
    return Unsupported(
        f"it is used {times} times, with the same weights",
        "make a layer of its own for each place, and copy the weights with set_weights",
    )


def another_input() -> Unsupported:
    """Return what to say of all inputs but the first."""
    return Unsupported(
        "the model has more than one input, and an item is one array",
        "concatenate the data, and build the model with one input",
    )


def of_any_length(shape: tuple[int | None, ...]) -> Unsupported:
    """Return what to say of an input whose shape is open."""
    sizes = ", ".join("any" if size is None else str(size) for size in shape)
    return Unsupported(
        f"items may have any size: ({sizes})",
        "build the same layers with keras.Input of the shape that the data have, and copy the weights with set_weights",
    )


def another_output(number: int, count: int) -> Unsupported:
    """Return what to say of all outputs but the first."""
    return Unsupported(
        f"it is output {number} of {count}, and a classifier has one",
        "save keras.Model(model.inputs, model.outputs[0]), with the output that classifies",
    )


def shape_behind(layer: Layer, before: Shape) -> Shape:
    """Return a guess of the shape of what such a layer returns, so that those behind it can be looked at too."""
    size = layer.config.get("units") or layer.config.get("filters")
    if not isinstance(size, int) or not before:
        return before
    over_time = layer.kind in _LOOPS and not layer.config.get("return_sequences")
    return (*before[: -2 if over_time else -1], size)


def is_addition(layer: Layer) -> bool:
    """Whether it is x + y, written so or as a layer."""
    return layer.kind == "Add" or layer.config.get("function") in ("__operators__.add", "math.add")


def _of_a_function(layer: Layer) -> tuple[str, str] | None:
    if layer.kind == "Lambda":
        return _LAMBDA
    if not layer.is_operation:
        return None
    plain = all(value is None for use in layer.uses for value in use.others.values())
    return None if is_addition(layer) and plain else _OPERATION


def _of_a_class(layer: Layer) -> tuple[str, str] | None:
    if _is_quantised(layer):
        return _QUANTISED
    if layer.is_operation:
        return None
    words = _known(layer.kind)
    if words is not None:
        return words
    if layer.is_custom:
        return _CUSTOM
    if builder(layer.kind) is None:
        return _OTHER if layer.module.startswith(("keras", "tf_keras")) else _CUSTOM
    return None


def _of_settings(layer: Layer) -> tuple[str, str] | None:
    if any(use.others.get("training") is True for use in layer.uses):
        return _AT_RANDOM
    if layer.config.get("data_format") == "channels_first":
        return _CHANNELS_FIRST
    return _RENORM if layer.config.get("renorm") else None


def _known(kind: str) -> tuple[str, str] | None:
    for name, words in _KNOWN.items():
        if kind == name or (name.endswith("*") and kind.startswith(name[:-1])):
            return words
    return None


def _is_quantised(layer: Layer) -> bool:
    """Whether it is a layer of QKeras or HGQ, wrapped for TensorFlow's quantisation, or quantised by Keras 3."""
    policy: Any = layer.config.get("dtype")
    if isinstance(policy, Mapping):
        policy = f"{policy.get('class_name')} {policy.get('config')}"
    return (
        re.fullmatch(
            "Q[A-Z].*|Quantize.*|H(Dense|Conv|Add|Quantize).*|(Binary|Ternary)(Dense|Conv).*",
            layer.kind,
        )
        is not None
        or layer.module.startswith(("qkeras", "HGQ", "hgq"))
        or any(
            word in str(policy).lower()
            for word in ("int8", "int4", "quantized", "float8", "gptq", "awq")
        )
        or any(key.endswith("_quantizer") for key, value in layer.config.items() if value)
    )
