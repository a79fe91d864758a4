"""Chains of operators in NumPy and in double precision: what the Keras layers compute, without Keras."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from snnc.importing import operations as ops
from snnc.importing.operations import Array, Operation, in_double, same_padding
from snnc.networks.folding import Map, Weights
from snnc.operators.avg_pool2d import AveragePool2D
from snnc.operators.batch_norm import BatchNorm
from snnc.operators.conv2d import Conv2D
from snnc.operators.linear import Operator, Shape, Window, walk

#: The weights of an operator, as its Keras layer has them.
Own = Sequence[Array]


def numpy_chain(operators: Sequence[Operator], weights: Weights, before: Shape) -> Map:
    """Return a function that sends values through operators, as they are when nothing is trained."""
    steps = [
        (operation(each, weights.get(each.name, ()), shape), each.takes(shape))
        for each, shape in walk(operators, before)
    ]

    def through(x: Array) -> Array:
        x = in_double(x)
        for step, shape in steps:
            x = step.apply(x.reshape(-1, *shape))
        return x.reshape(len(x), -1)

    return through


def operation(operator: Operator, weights: Own, before: Shape) -> Operation:
    """Return what an operator does to values of a shape."""
    return _OPERATIONS[operator.kind](operator, [in_double(each) for each in weights], before)


def _identity(operator: Operator, weights: Own, before: Shape) -> Operation:
    return ops.Identity()


def _dense(operator: Operator, weights: Own, before: Shape) -> Operation:
    matrix, *bias = weights
    return ops.Dense(matrix, next(iter(bias), None))


def _conv2d(operator: Operator, weights: Own, before: Shape) -> Operation:
    assert isinstance(operator, Conv2D)
    kernel, *bias = weights
    return ops.Conv(
        kernel, next(iter(bias), None), operator.strides, _padding(operator, before), (1, 1)
    )


def _avg_pool2d(operator: Operator, weights: Own, before: Shape) -> Operation:
    assert isinstance(operator, AveragePool2D)
    return ops.Pool(operator.window, operator.strides, _padding(operator, before))


def _batch_norm(operator: Operator, weights: Own, before: Shape) -> Operation:
    assert isinstance(operator, BatchNorm)
    gamma, beta, mean, variance = weights
    scale = gamma / np.sqrt(variance + operator.epsilon)
    return ops.Scale(scale, beta - mean * scale)


def _on_off(operator: Operator, weights: Own, before: Shape) -> Operation:
    ones = np.eye(before[-1])
    matrix = np.concatenate([ones, -ones], axis=1)
    return ops.Dense(matrix, None)


def _padding(window: Window, before: Shape) -> ops.Padding:
    if window.padding == "valid":
        return ((0, 0),) * len(window.window)
    return same_padding(before[:-1], window.window, window.strides)


#: By an operator's kind.
_OPERATIONS: Mapping[str, Callable[[Operator, Own, Shape], Operation]] = {
    "avg_pool2d": _avg_pool2d,
    "batch_norm": _batch_norm,
    "conv2d": _conv2d,
    "dense": _dense,
    "dropout": _identity,
    "on_off": _on_off,
}
