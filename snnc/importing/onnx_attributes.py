"""The attributes of a node in an ONNX graph, as numbers, bytes and arrays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from snnc.importing.onnx_file import array
from snnc.importing.onnx_values import Unsayable
from snnc.importing.operations import Array


def attributes_of(path: Path, node: Any) -> dict[str, Any]:
    """Return the attributes of a node by name. Graphs and functions are none that can be read."""
    return {attribute.name: _value(path, attribute) for attribute in node.attribute}


def constant(path: Path, node: Any) -> Array:
    """Return what a node Constant holds."""
    for name, value in attributes_of(path, node).items():
        if name == "value":
            return np.asarray(value)
        if name in ("value_float", "value_floats"):
            return np.asarray(value, np.float32)
        if name in ("value_int", "value_ints"):
            return np.asarray(value, np.int64)
    raise Unsayable("a constant that is no number", "export the network again")


def _value(path: Path, attribute: Any) -> Any:
    from onnx import AttributeProto

    kind = attribute.type
    if kind == AttributeProto.FLOAT:
        return attribute.f
    if kind == AttributeProto.INT:
        return attribute.i
    if kind == AttributeProto.STRING:
        return attribute.s
    if kind == AttributeProto.FLOATS:
        return tuple(attribute.floats)
    if kind == AttributeProto.INTS:
        return tuple(attribute.ints)
    if kind == AttributeProto.TENSOR:
        return array(path, attribute.t)
    return None
