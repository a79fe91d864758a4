"""Hints for keys of Keras that a spec doesn't have: what to write instead."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from snnc.spec import write_toml

_SHAPE = "leave it out: shape in [input] says it for the whole network"
_START = "leave it out: weights start as Keras starts them, and biases at 0"
_BY_ITSELF = "leave it out: every training does without"
_CLIPPED = "leave it out: gradients aren't clipped"
_VALIDATION = "leave it out: validation_fraction in [train] says which items validate"
_LABELS = "leave it out: labels in the data are whole numbers, one an item"
_MULTIPLIED = "leave it out: divide is 1 / of what items are multiplied by"
_STATISTICS = "leave it out: scale = { subtract = ..., divide = ... } says it"
_NORM = "write batch_norm = true instead"

#: Hints for keys of Keras' layers, `fit` and `compile`, by the table of the spec in which people write them.
_KEYS = {
    "layers": {
        "activation": "leave it out: the neurons are the activation, and kind in [neurons] says which",
        "activity_regularizer": "leave it out: firing_rates keeps activity in a band",
        "batch_input_shape": _SHAPE,
        "batch_normalization": _NORM,
        "bias": "did you mean 'use_bias'?",
        "bias_constraint": "leave it out: weights are free",
        "bias_initializer": _START,
        "bias_regularizer": "leave it out: l1 and l2 are for kernels",
        "bn": _NORM,
        "data_format": 'leave it out: axes = "channels_first" in [input] says where channels are in the data',
        "dilation_rate": "leave it out: kernels look at neighbours",
        "dtype": _BY_ITSELF,
        "groups": "leave it out: kernels look at all channels, and those of depthwise_conv2d at one",
        "in_channels": _SHAPE,
        "in_features": _SHAPE,
        "input_dim": _SHAPE,
        "input_shape": _SHAPE,
        "kernel_constraint": "leave it out: weights are free",
        "kernel_initializer": _START,
        "n_units": "did you mean 'units'?",
        "out_channels": "did you mean 'filters'?",
        "out_features": "did you mean 'units'?",
        "p": "did you mean 'rate'?",
        "trainable": "leave it out: all weights are trained",
    },
    "train": {
        "callbacks": "leave it out: early_stopping, and learning_rate in optimizer, do what callbacks do",
        "clipnorm": _CLIPPED,
        "clipvalue": _CLIPPED,
        "label_smoothing": "leave it out: the loss is the cross-entropy of the classes",
        "loss": "leave it out: the loss is the cross-entropy of the classes",
        "metrics": "leave it out: reports give the accuracy",
        "sample_weight": 'leave it out: class_weight = "balanced" weighs classes',
        "shuffle": "leave it out: every epoch shuffles, by the seed of [network]",
        "steps_per_epoch": "leave it out: an epoch takes all items",
        "validation_data": _VALIDATION,
        "validation_split": "did you mean 'validation_fraction'?",
        "verbose": "leave it out: the command shows a bar",
    },
    "optimizer": {
        "amsgrad": _BY_ITSELF,
        "clipnorm": _CLIPPED,
        "clipvalue": _CLIPPED,
        "decay": "leave it out: learning_rate may be a schedule, which decays",
        "eps": "did you mean 'epsilon'?",
        "global_clipnorm": _CLIPPED,
        "lr": "did you mean 'learning_rate'?",
    },
    "early_stopping": {
        "baseline": _BY_ITSELF,
        "mode": "leave it out: a loss is to fall, and an accuracy to rise",
        "start_from_epoch": _BY_ITSELF,
        "verbose": "leave it out: the command shows a bar",
    },
    "output": {
        "activation": "leave it out: the softmax is in the loss, and key softmax says whether it runs too",
        "kind": "leave it out: the output is a dense layer",
        "loss": "leave it out: the loss is the cross-entropy of the classes",
        "units": "did you mean 'classes'?",
    },
    "scale": {
        "factor": _MULTIPLIED,
        "mean": "did you mean 'subtract'?",
        "offset": "leave it out: subtract = -offset / factor, and divide = 1 / factor",
        "scale": _MULTIPLIED,
        "shift": "did you mean 'subtract'?",
        "std": "did you mean 'divide'?",
        "stddev": "did you mean 'divide'?",
        "variance": "leave it out: divide is the square root of it",
    },
    "data": {
        "mean": _STATISTICS,
        "std": _STATISTICS,
        "normalize": 'write scale = "standard" instead',
        "one_hot": _LABELS,
        "rescale": 'write scale = "unit" instead',
        "shuffle": "leave it out: items are drawn by the seed of [network]",
        "test_size": "did you mean 'test_fraction'?",
        "validation_split": _VALIDATION,
    },
}
_SOFTMAX = "leave it out, and the layer too if it is the last: [output] is the layer of the classes, with its softmax"
#: One sigmoid z is two classes with logits 0 and z: their softmax is that sigmoid.
_YES_NO = "leave it out, and the layer too if it is the last: [output] with classes = 2 is the layer of a yes or no"
_ONE_SIGMOID = (
    "leave it out: of two classes the softmax is a sigmoid, that of the difference of their logits"
)
_BINARY = (
    "leave it out: the loss is the cross-entropy of the classes, of two classes the binary one"
)
#: Keras' usual learning rate.
RATE = 0.001
#: Keys of [train] that belong to the optimiser, those that stop training early, and those that are another table's.
_OF_OPTIMIZER = ("lr", "learning_rate", "momentum", "nesterov", "beta_1", "beta_2", "weight_decay")
_SCHEDULES = (
    *("reduce_lr_on_plateau", "reduce_on_plateau", "learning_rate_schedule", "lr_schedule"),
    *("lr_scheduler", "learning_rate_scheduler", "scheduler", "schedule"),
)
_OF_STOPPING = ("patience", "monitor", "min_delta", "restore_best_weights")
_SEEDS = ("seed", "random_seed", "random_state")
#: The keys of Keras' ReduceLROnPlateau that the schedule has too.
_PLATEAU = ("monitor", "factor", "patience", "min_delta", "cooldown", "min_lr")
#: What other schedules need beside the first rate, unless it is written.
_DECAYS: Mapping[str, Mapping[str, Any]] = {
    "cosine_decay": {"decay_steps": 1000},
    "exponential_decay": {"decay_steps": 1000, "decay_rate": 0.9},
    "inverse_time_decay": {"decay_steps": 1000, "decay_rate": 0.5},
    "polynomial_decay": {"decay_steps": 1000},
}


def key_hint(table: str, key: str, written: dict[str, Any]) -> str:
    """Return the hint for a key of Keras' in a table, or "". `written` is the table that has the key."""
    hint = ""
    if table in ("layers", "output"):
        hint = _layer_key(key, written)
    elif table == "train":
        hint = _train_key(key, written)
    elif table == "data" and key in ("mean", "std"):
        hint = _statistics(key, written)
    return hint or _seed(table, key, written[key]) or _KEYS.get(table, {}).get(key, "")


def _layer_key(key: str, layer: dict[str, Any]) -> str:
    value = layer[key]
    if key == "activation":
        return _activation(value, layer)
    if key == "kernel_regularizer":
        return f"write {_penalty(value)} instead"
    if key == "dropout" and type(value) is float and 0 < value < 1:
        return f'write [[layers]], kind = "dropout" and rate = {value} behind this layer instead'
    return ""


def _activation(value: Any, layer: dict[str, Any]) -> str:
    """Return the hint for an activation of a layer, or of the output, which has no kind."""
    is_layer = "kind" in layer
    if value == "softmax" and "units" in layer:
        return _SOFTMAX
    if value in ("linear", "none") and is_layer:
        return 'write neurons = "none" instead, unless neurons are to follow: an add layer adds up what has none'
    if value == "sigmoid" and not is_layer:
        return _ONE_SIGMOID
    return _YES_NO if value == "sigmoid" and layer.get("units") == 1 else ""


def _statistics(key: str, data: Mapping[str, Any]) -> str:
    """Return the hint for a mean and a deviation that stand beside the scale."""
    scale = data.get("scale")
    given = dict(scale) if isinstance(scale, Mapping) else {}
    own = "subtract" if key == "mean" else "divide"
    if own in given:
        return "leave it out: scale has it"
    numbers = {"subtract": data.get("mean", 0), "divide": data.get("std", 1)}
    return f"write scale = {write_toml.value({**numbers, **given})} instead"


def _train_key(key: str, train: dict[str, Any]) -> str:
    if key == "loss" and "binary" in _snake(str(train[key])):
        return _BINARY
    if key in (*_OF_OPTIMIZER, *_SCHEDULES):
        return f"write optimizer = {write_toml.value(_optimizer(train))} instead"
    return _stopping_hint(key, train) if key in _OF_STOPPING else ""


def _seed(table: str, key: str, value: Any) -> str:
    is_seed = table in ("train", "data") and key in _SEEDS and type(value) is int and value >= 0
    return f"write seed = {value} in [network] instead" if is_seed else ""


def _penalty(value: Any) -> str:
    """Return l1 and l2 for a regulariser of Keras', with its own defaults."""
    written = value if isinstance(value, Mapping) else {}
    name = str(written.get("kind", value)).lower()
    found = {key: written[key] for key in ("l1", "l2") if type(written.get(key)) in (int, float)}
    if type(value) in (int, float):
        found = {"l2": value}
    if not found:
        found = {key: 0.01 for key in ("l1", "l2") if key in name} or {"l2": 0.01}
    return " and ".join(f"{key} = {write_toml.value(number)}" for key, number in found.items())


def _optimizer(train: Mapping[str, Any]) -> dict[str, Any]:
    """Return the optimiser that all keys of [train] together mean."""
    named = train.get("optimizer", "adam")
    table: dict[str, Any] = {"kind": named.lower() if isinstance(named, str) else "adam"}
    table |= named if isinstance(named, Mapping) else {}
    table |= {key: train[key] for key in _OF_OPTIMIZER if key in train}
    rate = table.pop("lr", table.get("learning_rate", RATE))
    if "weight_decay" in table and table["kind"] == "adam":
        table["kind"] = "adamw"
    if not isinstance(rate, Mapping):
        number = rate if type(rate) in (int, float) and rate > 0 else RATE
        rate = _schedule(train, number) or number
    return {**table, "learning_rate": rate}


def _schedule(train: Mapping[str, Any], rate: float) -> dict[str, Any] | None:
    """Return the schedule that keys of [train] mean, if they name one. It starts at `rate`."""
    written = {key: train[key] for key in _SCHEDULES if key in train}
    settings: Mapping[str, Any] = next((v for v in written.values() if isinstance(v, Mapping)), {})
    named = [settings.get("kind"), *written.values(), *written]
    name = _snake(next((n for n in named if isinstance(n, str)), ""))
    if "plateau" in name:
        kept = {key: settings[key] for key in _PLATEAU if key in settings}
        return {"kind": "reduce_on_plateau", "initial_learning_rate": rate, **kept}
    if name not in _DECAYS:
        return None
    own = {key: value for key, value in settings.items() if key != "kind"}
    return {"kind": name, "initial_learning_rate": rate, **_DECAYS[name], **own}


def _snake(name: str) -> str:
    """Return a name in lower case, with _ between its words: CosineDecay is cosine_decay."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|[ -]", "_", name).lower()


def _stopping_hint(key: str, train: Mapping[str, Any]) -> str:
    """Return the hint for a setting of early stopping that stands outside of its table."""
    stopping = train.get("early_stopping")
    if isinstance(stopping, Mapping) and key in stopping:
        return "leave it out: early_stopping has its own"
    settings = stopping if isinstance(stopping, Mapping) else {"patience": 5}
    settings = {**settings, **{k: train[k] for k in _OF_STOPPING if k in train}}
    return f"write early_stopping = {write_toml.value(settings)} instead"
