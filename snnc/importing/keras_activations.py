"""Activations of Keras, which stand in a layer as a name, as a function, as a class, or as a layer of their own."""

from __future__ import annotations

import math
from typing import Any

from snnc.importing.operations import Identity, Operation, Relu, Sigmoid, Softmax, Unsupported

#: By Keras' names; `relu6` and those in `_v2` are TensorFlow's.
_KNOWN: dict[str, Operation] = {
    "linear": Identity(),
    "relu": Relu(),
    "relu6": Relu(ceiling=6.0),
    "leaky_relu": Relu(slope=0.2),
    "softmax": Softmax(),
    "softmax_v2": Softmax(),
    "log_softmax": Softmax(),
    "log_softmax_v2": Softmax(),
    "sigmoid": Sigmoid(),
}

_ADVICE = "train it with relu in this place: neurons fire at rates from 0 up, as relu does"


def activation(given: Any) -> tuple[str, Operation]:
    """Return an activation's name and what it computes."""
    config: Any = {}
    if isinstance(given, dict):
        config = given.get("config")
        # A function is {"class_name": "function", "config": its name}; a class or a layer has a dictionary there.
        given = config if isinstance(config, str) else given.get("class_name")
    name = "linear" if given is None else str(given)
    plain = name.rpartition(">")[2].rpartition(".")[2]
    if isinstance(config, dict):
        if plain == "ReLU":
            return plain, relu(config)
        if plain == "LeakyReLU":
            return plain, leaky_relu(config)
        if plain == "Softmax":
            return plain, softmax(config)
        if plain == "Activation":
            return activation(config.get("activation"))
    if name in _KNOWN:
        return name, _KNOWN[name]
    return plain, _unknown(plain)


def relu(config: Any) -> Operation:
    """Return the layer ReLU, which is linear between a threshold and a largest value, and has a slope below."""
    threshold = _number(config.get("threshold"), 0.0)
    if threshold:
        return Unsupported(
            f"relu with a threshold of {threshold:g} jumps there",
            "train it with a threshold of 0",
        )
    largest = config.get("max_value")
    return Relu(
        slope=_number(config.get("negative_slope"), 0.0),
        ceiling=math.inf if largest is None else _number(largest, math.inf),
    )


def leaky_relu(config: Any) -> Operation:
    """Return the layer LeakyReLU, whose slope is `alpha` in Keras 2 and `negative_slope` in Keras 3."""
    given = config.get("negative_slope", config.get("alpha"))
    return Relu(slope=_number(given, 0.3))


def softmax(config: Any) -> Operation:
    """Return the layer Softmax."""
    axis = config.get("axis", -1)
    if axis not in (-1, [-1]):
        return Unsupported(
            f"softmax over axis {axis}, which isn't the last",
            "leave it out: which class is the largest doesn't change",
        )
    return Softmax()


def _unknown(name: str) -> Operation:
    if "lambda" in name:
        return Unsupported(
            "the activation is a function written in Python, and nothing from a file is run",
            "train it with activation='relu'",
        )
    if "quantized" in name or "binary" in name or "ternary" in name:
        return Unsupported(
            f"{name} rounds values to a few levels, which spikes don't",
            "train the same layers without quantised activations, and import that",
        )
    return Unsupported(f"neurons don't compute {name}", _ADVICE)


def _number(value: Any, default: float) -> float:
    """Return a number, as JSON or as Keras' objects around one have it."""
    while isinstance(value, dict):
        value = value.get("config", {}).get("value", value.get("value"))
    return float(value) if isinstance(value, int | float) else default
