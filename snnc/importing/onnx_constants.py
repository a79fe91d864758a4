"""Operators of ONNX on arrays that are known: what exporters leave to compute of shapes and of weights."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from snnc.importing.operations import Array

#: How many values a computed array may have: none in a network for the chip is near.
MOST = 1 << 26

Attributes = Mapping[str, Any]
#: Inputs, None where one is left out.
Inputs = Sequence[Array | None]


class Unknown(Exception):
    """What is computed of constants isn't one of the few operators that shapes and weights need."""


def computed(kind: str, inputs: Inputs, attributes: Attributes) -> Array:
    """Return what an operator makes of constants. Raises Unknown if that isn't known here, or can't be computed."""
    if kind not in _OPERATORS:
        raise Unknown(f"{kind} of constants")
    try:
        return np.asarray(_OPERATORS[kind](inputs, attributes))
    # Exceptions that shapes, types and numbers that don't fit raise.
    except (ValueError, TypeError, IndexError, KeyError, ZeroDivisionError, OverflowError) as error:
        raise Unknown(f"{kind} of constants that don't fit: {error}") from error


def of_shape(shape: Sequence[int]) -> Array:
    """Return an array that stands for values of a shape, and takes no memory."""
    return np.broadcast_to(np.zeros((), np.float32), tuple(shape))


def whole_numbers(values: Array) -> tuple[int, ...]:
    """Return the numbers in an array that holds axes or lengths."""
    return tuple(int(value) for value in np.asarray(values).reshape(-1))


def axes_of(inputs: Inputs, attributes: Attributes) -> tuple[int, ...] | None:
    """Return the axes that an operator is told, by an attribute or, since opset 13, by its second input."""
    if len(inputs) > 1 and inputs[1] is not None:
        return whole_numbers(inputs[1])
    axes = attributes.get("axes")
    return None if axes is None else tuple(axes)


def squeezed(shape: Sequence[int], axes: tuple[int, ...] | None) -> tuple[int, ...]:
    """Return a shape without axes of length 1: some, or all."""
    if axes is None:
        return tuple(length for length in shape if length != 1)
    gone = {axis % len(shape) for axis in axes}
    if any(shape[axis] != 1 for axis in gone):
        raise ValueError(f"axes {axes} of {tuple(shape)} aren't 1 long")
    return tuple(length for axis, length in enumerate(shape) if axis not in gone)


def unsqueezed(shape: Sequence[int], axes: tuple[int, ...]) -> tuple[int, ...]:
    """Return a shape with axes of length 1 more, counted as they are in the new shape."""
    rank = len(shape) + len(axes)
    new = {axis % rank for axis in axes}
    lengths = iter(shape)
    return tuple(1 if axis in new else next(lengths) for axis in range(rank))


def reshaped(shape: Sequence[int], asked: Sequence[int], zero_is_zero: bool) -> tuple[int, ...]:
    """Return the shape that Reshape makes of one, with its 0 (as it was) and its -1 (what is left)."""
    if any(length < -1 for length in asked) or list(asked).count(-1) > 1:
        raise ValueError(f"no shape: {list(asked)}")
    new = [
        shape[axis] if length == 0 and not zero_is_zero else length
        for axis, length in enumerate(asked)
    ]
    size, known = math.prod(shape), math.prod(length for length in new if length != -1)
    if -1 in new:
        new[new.index(-1)] = size // known
    if math.prod(new) != size:
        raise ValueError(f"{tuple(shape)} has no shape {list(asked)}")
    return tuple(new)


def _bounded(shape: Sequence[int]) -> tuple[int, ...]:
    if any(length < 0 for length in shape) or math.prod(shape) > MOST:
        raise ValueError(f"too large: {tuple(shape)}")
    return tuple(shape)


def _elementwise(function: Callable[..., Any]) -> Callable[[Inputs, Attributes], Any]:
    def apply(inputs: Inputs, _: Attributes) -> Any:
        arrays = [_there(value) for value in inputs]
        _bounded(np.broadcast_shapes(*(value.shape for value in arrays)))
        with np.errstate(all="ignore"):  # what isn't finite is refused where weights are read
            return function(*arrays)

    return apply


def _there(value: Array | None) -> Array:
    if value is None:
        raise ValueError("an input is missing")
    return value


def _divided(a: Array, b: Array) -> Any:
    if np.issubdtype(a.dtype, np.integer):
        # Towards zero, as in C.
        return (np.abs(a) // np.abs(b)) * np.sign(a) * np.sign(b)
    return a / b


def _cast(inputs: Inputs, attributes: Attributes) -> Any:
    from onnx import helper

    return _there(inputs[0]).astype(helper.tensor_dtype_to_np_dtype(attributes["to"]))


def _transpose(inputs: Inputs, attributes: Attributes) -> Any:
    return np.transpose(_there(inputs[0]), attributes.get("perm"))


def _reshape(inputs: Inputs, attributes: Attributes) -> Any:
    x, asked = _there(inputs[0]), whole_numbers(_there(inputs[1]))
    return x.reshape(reshaped(x.shape, asked, bool(attributes.get("allowzero"))))


def _flatten(inputs: Inputs, attributes: Attributes) -> Any:
    x = _there(inputs[0])
    axis = attributes.get("axis", 1)
    return x.reshape(math.prod(x.shape[:axis]), -1)


def _squeeze(inputs: Inputs, attributes: Attributes) -> Any:
    x = _there(inputs[0])
    return x.reshape(squeezed(x.shape, axes_of(inputs, attributes)))


def _unsqueeze(inputs: Inputs, attributes: Attributes) -> Any:
    x = _there(inputs[0])
    return x.reshape(unsqueezed(x.shape, axes_of(inputs, attributes) or ()))


def _concat(inputs: Inputs, attributes: Attributes) -> Any:
    arrays = [_there(value) for value in inputs]
    _bounded([sum(value.size for value in arrays)])
    return np.concatenate(arrays, axis=attributes["axis"])


def _gather(inputs: Inputs, attributes: Attributes) -> Any:
    x, places = _there(inputs[0]), _there(inputs[1])
    axis = attributes.get("axis", 0)
    _bounded([x.size // max(x.shape[axis], 1) * places.size])
    return np.take(x, places, axis=axis)


def _slice(inputs: Inputs, attributes: Attributes) -> Any:
    x, *told = inputs
    parts = [None if part is None else whole_numbers(part) for part in told]
    if not parts:
        parts = [attributes.get(name) for name in ("starts", "ends", "axes")]
    starts, ends, axes, steps = [*parts, None, None][:4]
    assert starts is not None
    assert ends is not None
    places: list[slice] = [slice(None)] * _there(x).ndim
    for i, (start, end) in enumerate(zip(starts, ends, strict=True)):
        places[axes[i] if axes else i] = slice(start, end, steps[i] if steps else None)
    return _there(x)[tuple(places)]


def _expand(inputs: Inputs, _: Attributes) -> Any:
    x, shape = _there(inputs[0]), whole_numbers(_there(inputs[1]))
    return np.broadcast_to(x, _bounded(np.broadcast_shapes(x.shape, shape)))


def _constant_of_shape(inputs: Inputs, attributes: Attributes) -> Any:
    value = attributes.get("value", np.zeros(1, np.float32))
    return np.full(_bounded(whole_numbers(_there(inputs[0]))), value.reshape(-1)[0])


def _shape(inputs: Inputs, attributes: Attributes) -> Any:
    shape = _there(inputs[0]).shape
    return np.array(shape[attributes.get("start", 0) : attributes.get("end")], np.int64)


_OPERATORS: Mapping[str, Callable[[Inputs, Attributes], Any]] = {
    "Add": _elementwise(np.add),
    "Cast": _cast,
    "Concat": _concat,
    "ConstantOfShape": _constant_of_shape,
    "Div": _elementwise(_divided),
    "Expand": _expand,
    "Flatten": _flatten,
    "Gather": _gather,
    "Identity": lambda inputs, attributes: _there(inputs[0]),
    "Mul": _elementwise(np.multiply),
    "Neg": _elementwise(np.negative),
    "Reciprocal": _elementwise(np.reciprocal),
    "Reshape": _reshape,
    "Shape": _shape,
    "Slice": _slice,
    "Sqrt": _elementwise(np.sqrt),
    "Squeeze": _squeeze,
    "Sub": _elementwise(np.subtract),
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
}
