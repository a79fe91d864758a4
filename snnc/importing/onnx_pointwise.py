"""Operators of ONNX on each value by itself: rectifiers, sums, constants, softmax."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from snnc.importing.onnx_call import NodeCall
from snnc.importing.onnx_values import Traced, Unsayable
from snnc.importing.operations import Add, Array, Conv, Dense, Relu, Scale, Sigmoid, Softmax

RECTIFY = "use ReLU, ReLU6 or LeakyReLU, whose rates neurons have, and train again"


def relu(call: NodeCall) -> Traced:
    return call.add(Relu(), call.value())


def leaky_relu(call: NodeCall) -> Traced:
    return call.add(Relu(slope=float(call.attributes.get("alpha", 0.01))), call.value())


def prelu(call: NodeCall) -> Traced:
    """Read a rectifier with a slope that was learned, one for all channels."""
    slopes = call.given(1)
    if np.unique(slopes).size != 1:
        raise Unsayable(
            "a slope of its own for each channel", "use one slope: nn.PReLU(), or nn.LeakyReLU"
        )
    return call.add(Relu(slope=float(slopes.reshape(-1)[0])), call.value())


def clip(call: NodeCall) -> Traced:
    """Read a rectifier with a ceiling: values between 0 and a number."""
    lowest = _bound(call, 1, "min", -math.inf)
    highest = _bound(call, 2, "max", math.inf)
    before = call.value().node.operation
    if lowest < 0 and isinstance(before, Relu) and not before.slope:
        # What a rectifier leaves is at least 0.
        lowest, highest = 0.0, min(highest, before.ceiling)
    if lowest != 0 or highest <= 0:
        raise Unsayable(f"it cuts values to {lowest:g} to {highest:g}", RECTIFY)
    return call.add(Relu(ceiling=highest), call.value())


def largest(call: NodeCall) -> Traced:
    """Read max(x, 0)."""
    if len(call.traced) != 1 or any(_constants(call)[0].reshape(-1) != 0):
        raise Unsayable("the larger of two values", "use ReLU, or add them")
    return call.add(Relu(), call.traced[0])


def smallest(call: NodeCall) -> Traced:
    """Read min(x, c) of a rectifier, which gives it a ceiling."""
    before = call.traced[0].node.operation if len(call.traced) == 1 else None
    if not isinstance(before, Relu) or before.slope or _constants(call)[0].size != 1:
        raise Unsayable("the smaller of two values", "use ReLU6")
    ceiling = min(before.ceiling, float(_constants(call)[0].reshape(-1)[0]))
    return call.add(Relu(ceiling=ceiling), call.traced[0])


def add(call: NodeCall) -> Traced:
    """Read a sum: of values, or of a value and a constant, which is the bias of the layer before where it has none."""
    if len(call.traced) == 1:
        return _with_constant(call, lambda constant: (1.0, constant))
    first, *others = call.traced
    if len(call.traced) != len(call.inputs):
        raise Unsayable("a sum of several values and a constant", "add the constant by itself")
    if any(value.shape != first.shape for value in others):
        shapes = " and ".join(str(value.shape) for value in call.traced)
        raise Unsayable(f"a sum of values of shapes {shapes}", "add values of the same shape")
    aligned = (call.nodes.aligned(value, first.known_axes) for value in others)
    return call.add(Add(), first, *aligned)


def subtract(call: NodeCall) -> Traced:
    if len(call.traced) == 2:
        negative = call.nodes.add(
            f"{call.name}/Neg",
            "Neg",
            Scale(np.array(-1.0), np.array(0.0)),
            [call.value(1)],
        )
        return add(
            replace(call, kind="Sub", inputs=(call.value(0), Traced(negative, call.value(1).axes)))
        )
    if isinstance(call.input(0), Traced):
        return _with_constant(call, lambda constant: (1.0, -constant))
    return _with_constant(call, lambda constant: (-1.0, constant))


def multiply(call: NodeCall) -> Traced:
    if len(call.traced) == 2:
        kinds = {value.node.kind for value in call.traced}
        if "Sigmoid" in kinds:
            raise Unsayable("a product with a sigmoid: SiLU, Swish, or a gate", RECTIFY)
        raise Unsayable(
            "a product of two values that depend on the items",
            "neurons add, they don't multiply: leave gates and attention out, and train again",
        )
    return _with_constant(call, lambda constant: (constant, 0.0))


def divide(call: NodeCall) -> Traced:
    divisor = call.constant(1)
    if divisor is None or not isinstance(call.input(0), Traced) or not np.all(divisor):
        raise Unsayable("a division that isn't by constants", "divide by numbers other than 0")
    return _with_constant(call, lambda constant: (1.0 / constant, 0.0))


def negate(call: NodeCall) -> Traced:
    return call.add(Scale(np.array(-1.0), np.array(0.0)), call.value())


def softmax(call: NodeCall) -> Traced:
    x = call.value()
    axis = call.attributes.get("axis", -1) % (len(x.shape) + 1)
    if axis == 0 or x.known_axes[axis - 1] != len(x.shape) - 1:
        raise Unsayable("it isn't over the classes", "write softmax(x, dim=1) of [items, classes]")
    return call.add(Softmax(log=call.kind == "LogSoftmax"), x)


def sigmoid(call: NodeCall) -> Traced:
    return call.add(Sigmoid(), call.value())


def _constants(call: NodeCall) -> list[Array]:
    """Return the inputs that are known, which must be finite."""
    numbers = range(len(call.inputs))
    return [
        values
        for number in numbers
        if not isinstance(call.input(number), Traced)
        and (values := call.weights(number)) is not None
    ]


def _with_constant(
    call: NodeCall, of: Callable[[Array], tuple[Array | float, Array | float]]
) -> Traced:
    """Read a value times a scale plus a shift, which are made of a constant."""
    constants = _constants(call)
    if len(call.traced) != 1 or len(constants) != 1:
        raise Unsayable("an input is missing", "export the network again")
    x = call.traced[0]
    scale, shift = (np.asarray(part) for part in of(x.values_in_graph(constants[0])))
    operation = x.node.operation
    if (
        call.read_once
        and isinstance(operation, Dense | Conv)
        and operation.bias is None
        and np.all(scale == 1)
        and shift.ndim <= 1
    ):
        return call.nodes.with_bias(x, shift)
    return call.add(Scale(scale, shift), x)


def _bound(call: NodeCall, number: int, name: str, without: float) -> float:
    told = call.constant(number)
    value = call.attributes.get(name, without) if told is None else told
    return float(np.asarray(value, np.float64).reshape(-1)[0])
