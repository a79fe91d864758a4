"""Hints for keys and layers of Keras that a spec doesn't have: what to write instead."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from snnc.diagnostics.wording import joined, number

#: Hints for keys of Keras' layers, `fit` and `compile`, by the table of the spec in which people write them.
_KEYS = {
    "layers": {
        "activation": "leave it out: the neurons are the activation, and kind in [neurons] says which",
        "batch_input_shape": "leave it out: shape in [input] says it for the whole network",
        "input_dim": "leave it out: shape in [input] says it for the whole network",
        "input_shape": "leave it out: shape in [input] says it for the whole network",
    },
    "train": {
        "loss": "leave it out: the loss is the cross-entropy of the classes",
        "metrics": "leave it out: reports give the accuracy",
        "shuffle": "leave it out: every epoch shuffles, by the seed of [network]",
        "validation_split": "leave it out: [data] says which items are held out",
    },
    "optimizer": {"lr": "did you mean 'learning_rate'?"},
}
_SOFTMAX = "leave it out, and the layer too if it is the last: [output] is the layer of the classes, with its softmax"
#: Hints for Keras' layers that a spec doesn't need.
_NO_LAYERS = {
    "activation": "leave the layer out: dense layers end in neurons, and kind in [neurons] says which",
    "flatten": "leave the layer out: a dense layer takes its input flat",
    "input": "leave the layer out: the input stands in [input]",
    "inputlayer": "leave the layer out: the input stands in [input]",
    "relu": "leave the layer out: dense layers end in neurons, and kind in [neurons] says which",
    "softmax": "leave the layer out: softmax in [output] says where it is computed",
}
#: Kinds whose names in Keras differ in more than case and underscores.
_OTHER_NAMES = {
    "averagepool2d": "avg_pool2d",
    "averagepooling2d": "avg_pool2d",
    "batchnormalization": "batch_norm",
    "convolution2d": "conv2d",
}
_MAXIMA = ("maxpool2d", "maxpooling2d", "globalmaxpool2d", "globalmaxpooling2d")


def key_hint(table: str, key: str, written: dict[str, Any]) -> str:
    """Return the hint for a key of Keras' in a table, or "". `written` is the table that has the key."""
    value = written.get(key)
    if table == "layers" and key == "activation" and value == "softmax":
        return _SOFTMAX
    if table == "train" and key in ("lr", "learning_rate"):
        return _rate_hint(value, written.get("optimizer", "adam"))
    return _KEYS.get(table, {}).get(key, "")


def _rate_hint(value: object, optimizer: object) -> str:
    rate = f"learning_rate = {number(value) if type(value) in (int, float) else '0.001'}"
    if isinstance(optimizer, str):
        return f"write optimizer = {{ kind = {json.dumps(optimizer)}, {rate} }}"
    return f"write {rate} in optimizer"


def layer_hint(kind: str, kinds: Sequence[str]) -> str:
    """Return the hint for a kind of layer of Keras', or ""."""
    plain = _plain(kind)
    if plain in _NO_LAYERS:
        return _NO_LAYERS[plain]
    if plain in _MAXIMA:
        instead = "write 'avg_pool2d'" if "avg_pool2d" in kinds else "leave the layer out"
        return f"{instead}: the chip has no maximum"
    meant = [k for k in kinds if plain == _plain(k) or _OTHER_NAMES.get(plain) == k]
    return f"did you mean {joined(meant, 'or')}?" if meant else ""


def _plain(kind: str) -> str:
    return kind.lower().replace("_", "")
