"""What a training depends on, besides its data: as plain JSON data, and how two of them differ."""

from __future__ import annotations

import json
from typing import Any

from snnc.program.program import Program
from snnc.spec.schedules.base import ScheduleKind

#: What a training may have that most have not.
OPTIONS = ("start", "validation_fraction", "early_stopping", "firing_rates", "class_weight")
#: Of what a training depends on, what its float twin does too: it knows no neurons, rates and steps.
OF_TWIN = (
    *("data", "seed", "scale", "start", "start_digest", "validation_fraction"),
    *("epochs", "early_stopping", "batch_size", "optimizer", "operators", "class_weight"),
)


def training(program: Program) -> dict[str, Any]:
    """Return all that a training depends on, but for its layers, its data and its number of epochs."""
    network, optimizer = program.network, program.train.optimizer
    rate = optimizer.learning_rate
    if isinstance(rate, ScheduleKind):
        schedule = _numbers(rate.described(program.validates))
        settings = {**optimizer.settings, "learning_rate": schedule}
    else:
        settings = optimizer.settings
    gradients = {p.name: _numbers(p.gradient.model_dump()) for p in network.populations}
    first, *others = gradients.values()
    return {
        "seed": network.seed,
        "dt": _number(network.dt),
        "scale": program.data.scale_words,
        "batch_size": program.train.batch_size,
        "optimizer": {"kind": optimizer.kind, **_numbers(settings)},
        "gradient": first if all(other == first for other in others) else gradients,
        "operators": {op.name: _numbers(op.settings) for op in network.operators},
        **_options(program),
    }


def architecture(program: Program) -> dict[str, Any]:
    """Return how the operators of a network are connected, without its neurons."""
    network = program.network
    ways = [[c.source, *(op.name for op in c.operators), c.target] for c in network.connections]
    return {"input": list(network.input_shape), "connections": ways}


def of_twin(training: dict[str, Any]) -> dict[str, Any]:
    """Return the part of what a training depends on that its float twin depends on."""
    return {key: training[key] for key in OF_TWIN if key in training}


def as_json(data: dict[str, Any]) -> str:
    return json.dumps(data, sort_keys=True)


def differences(
    theirs: dict[str, Any], ours: dict[str, Any], here: str = "in the spec"
) -> list[str]:
    """Return the keys in which two fingerprints differ, each with both values: theirs first."""
    flat_theirs, flat_ours = dict(_flat(theirs)), dict(_flat(ours))
    keys = dict.fromkeys([*flat_theirs, *flat_ours])
    return [
        f"{key}: {flat_theirs.get(key, 'nothing')} there, {flat_ours.get(key, 'nothing')} {here}"
        for key in keys
        if flat_theirs.get(key) != flat_ours.get(key)
    ]


def _options(program: Program) -> dict[str, Any]:
    train = program.train
    bands = {name: band.model_dump() for name, band in program.network.bands.items()}
    stopping = train.early_stopping
    values = (
        train.start if train.start != "random" else None,
        train.validation_fraction,
        _numbers(stopping.model_dump()) if stopping else None,
        _numbers(bands),
        train.class_weight,
    )
    return {key: value for key, value in zip(OPTIONS, values, strict=True) if value}


def _flat(data: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    pairs = []
    for key, value in data.items():
        if isinstance(value, dict):
            pairs += _flat(value, f"{prefix}{key}.")
        else:
            pairs.append((prefix + key, value))
    return pairs


def _numbers(settings: dict[str, Any]) -> dict[str, Any]:
    return {key: _number(value) for key, value in settings.items()}


def _number(value: Any) -> Any:
    """Return 200 for 200.0, as a script has it, and a list for a tuple, as JSON has it."""
    if isinstance(value, dict):
        return _numbers(value)
    if isinstance(value, tuple):
        return [_number(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
