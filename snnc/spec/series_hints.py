"""Hints for layers of Keras' that look along one axis: in a spec, a series is an image that is one pixel wide."""

from __future__ import annotations

from typing import Any

from snnc.diagnostics.diagnostic import KeyPath
from snnc.spec import write_toml
from snnc.spec.located_errors import value_at

#: The kind in a spec, and the key of the window's size, for the kinds along one axis.
_KINDS = {
    **dict.fromkeys(("conv1d", "convolution1d"), ("conv2d", "kernel_size")),
    **dict.fromkeys(("avgpool1d", "averagepool1d"), ("avg_pool2d", "pool_size")),
    **dict.fromkeys(("averagepooling1d",), ("avg_pool2d", "pool_size")),
    **dict.fromkeys(("maxpool1d", "maxpooling1d"), ("avg_pool2d", "pool_size")),
}
#: Kinds that take all of a series at once.
_GLOBAL = ("globalaveragepooling1d", "globalavgpool1d", "globalmaxpooling1d", "globalmaxpool1d")


def series_hint(kind: str, path: KeyPath, spec: dict[str, Any]) -> str:
    """Return the hint for a kind of layer along one axis, or "". `path` leads to the layer in a spec."""
    plain = kind.lower().replace("_", "")
    if plain in _GLOBAL:
        return "leave the layer out: a dense layer, or the output, weighs all samples by itself"
    if plain not in _KINDS:
        return ""
    written: dict[str, Any] = value_at(spec, path)
    instead, size_key = _KINDS[plain]
    default = 3 if instead == "conv2d" else 2
    windows = {size_key: _along(written.get(size_key, default))}
    if "strides" in written:
        windows["strides"] = _along(written["strides"])
    keys = {"kind": instead, **windows}
    settings = " and ".join(f"{key} = {write_toml.value(value)}" for key, value in keys.items())
    maximum = ", for the chip has no maximum" if "max" in plain else ""
    return f"write {settings}{maximum}: a series is as wide as one pixel{_shape(spec)}"


def _along(length: Any) -> list[int]:
    """Return a window that is as long as what was written, and one pixel wide."""
    (first, *_) = length if isinstance(length, list) and length else (length,)
    return [first if type(first) is int and first > 0 else 1, 1]


def _shape(spec: dict[str, Any]) -> str:
    """Return what shape the input has then, if it has none yet in which a series is one pixel wide."""
    table = spec.get("input")
    shape = table.get("shape") if isinstance(table, dict) else None
    if not isinstance(shape, list) or not 1 <= len(shape) <= 2:
        return ", and its shape in [input] samples, 1, channels" if shape is None else ""
    samples, *channels = shape
    return f", and shape in [input] is {[samples, 1, *(channels or [1])]}: samples, 1, channels"
