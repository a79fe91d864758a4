"""Chains of operators in NumPy and in double precision: what the Keras layers compute, without Keras."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from snnc.importing import operations as ops
from snnc.importing.operations import Array, Operation, in_double, same_padding
from snnc.networks.folding import Map, Weights
from snnc.operators.avg_pool1d import AveragePool1D
from snnc.operators.avg_pool2d import AveragePool2D
from snnc.operators.batch_norm import BatchNorm
from snnc.operators.concatenate import Place
from snnc.operators.conv1d import Conv1D
from snnc.operators.conv2d import Conv2D
from snnc.operators.dense import Dense
from snnc.operators.depthwise_conv2d import DepthwiseConv2D
from snnc.operators.dropout import Dropout
from snnc.operators.linear import Operator, Shape, Window, walk
from snnc.operators.max_pool2d import MaxPool2D
from snnc.operators.on_off import OnOff
from snnc.operators.series import SeriesWindow


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


def operation(operator: Operator, own: Sequence[Array], before: Shape) -> Operation:
    """Return what an operator with weights of its own, as its Keras layer has them, does to values of a shape."""
    weights = [in_double(each) for each in own]
    found = _of_matrix(operator, weights, before) or _of_window(operator, weights, before)
    assert found is not None, f"nobody has said what {operator.kind} computes"
    return found


def _of_matrix(operator: Operator, weights: Sequence[Array], before: Shape) -> Operation | None:
    """Return what an operator does that looks at all values, or at each by itself."""
    match operator:
        case Dropout():
            return ops.Identity()
        case Dense():
            return ops.Dense(weights[0], _bias(weights))
        case BatchNorm():
            gamma, beta, mean, variance = weights
            scale = gamma / np.sqrt(variance + operator.epsilon)
            return ops.Scale(scale, beta - mean * scale)
        case Place():
            eye = np.eye(before[-1])
            return ops.Dense(np.pad(eye, ((0, 0), (operator.before, operator.behind))), None)
        case OnOff():
            eye = np.eye(before[-1])
            return ops.Dense(np.concatenate([eye, -eye], axis=1), None)
    return None


def _of_window(operator: Operator, weights: Sequence[Array], before: Shape) -> Operation | None:
    """Return what an operator does that looks through a window."""
    match operator:
        case Conv2D():
            padding = _padding(operator, before)
            return ops.Conv(weights[0], _bias(weights), operator.strides, padding, (1, 1))
        case DepthwiseConv2D():
            *window, channels, multiplier = weights[0].shape
            kernel = weights[0].reshape(*window, 1, channels * multiplier)
            padding = _padding(operator, before)
            return ops.Conv(kernel, _bias(weights), operator.strides, padding, (1, 1), channels)
        case AveragePool2D():
            return ops.Pool(operator.window, operator.strides, _padding(operator, before))
        case MaxPool2D():
            padding = _padding(operator, before)
            return ops.Pool(operator.window, operator.strides, padding, largest=True)
        case Conv1D():
            around = _along(operator, before)
            return ops.Conv(weights[0], _bias(weights), (operator.strides,), around, (1,))
        case AveragePool1D():
            return ops.Pool((operator.window,), (operator.strides,), _along(operator, before))
    return None


def _bias(weights: Sequence[Array]) -> Array | None:
    return weights[1] if len(weights) > 1 else None


def _along(series: SeriesWindow, before: Shape) -> ops.Padding:
    if series.padding == "valid":
        return ((0, 0),)
    return same_padding(before[:-1], (series.window,), (series.strides,))


def _padding(window: Window, before: Shape) -> ops.Padding:
    if window.padding == "valid":
        return ((0, 0),) * len(window.window)
    return same_padding(before[:-1], window.window, window.strides)
