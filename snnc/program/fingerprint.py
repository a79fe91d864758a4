"""The parts of a program that its parameters depend on, as plain JSON data: what they mean, and how they are trained."""

from __future__ import annotations

import json
from typing import Any

from snnc.operators.linear import AveragePool2D, Conv2D, Dense, OnOff, Operator, Window
from snnc.program.network import Network, Population
from snnc.program.program import Program
from snnc.spec.base import OUTPUT
from snnc.spec.schedules.base import ScheduleKind


def fingerprint(network: Network) -> dict[str, Any]:
    """Return what parameters are trained for. Settings that all layers share stand once, under "neurons"."""
    settings = {p.name: _neurons(p) for p in network.populations}
    first, *others = settings.values()
    shared = {k: v for k, v in first.items() if all(k in o and o[k] == v for o in others)}
    layers = {}
    for population in network.populations:
        own = {k: v for k, v in settings[population.name].items() if k not in shared}
        layers[population.name] = {
            "from": _sources(network, population.name),
            "units": population.size,
            **_through(network, population.name),
            **({"neurons": own} if own else {}),
        }
    return {
        "input": {"shape": list(network.input_shape)},
        "neurons": shared,
        "layers": layers,
        "output": {
            "from": _sources(network, OUTPUT),
            "classes": network.output.classes,
            **_through(network, OUTPUT),
        },
    }


def training(program: Program) -> dict[str, Any]:
    """Return what else a training depends on, but for the data and the number of epochs."""
    optimizer = program.train.optimizer
    rate = optimizer.learning_rate
    if isinstance(rate, ScheduleKind):
        schedule = {"kind": rate.keras, **_numbers(rate.written)}
        settings = {**optimizer.settings, "learning_rate": schedule}
    else:
        settings = optimizer.settings
    gradients = {p.name: _numbers(p.gradient.model_dump()) for p in program.network.populations}
    first, *others = gradients.values()
    operators = (op for connection in program.network.connections for op in connection.operators)
    return {
        "seed": program.network.seed,
        "dt": _number(program.network.dt),
        "scale": program.data.scale,
        "batch_size": program.train.batch_size,
        "optimizer": {"kind": optimizer.kind, **_numbers(settings)},
        "gradient": first if all(other == first for other in others) else gradients,
        "operators": {op.name: _operator(op) for op in operators if not _is_meant(op)},
        **_options(program),
    }


#: What a training may have that most have not.
OPTIONS = ("validation_fraction", "early_stopping", "firing_rates")


def _options(program: Program) -> dict[str, Any]:
    train = program.train
    bands = {name: band.model_dump() for name, band in program.network.bands.items()}
    stopping = train.early_stopping
    found = (
        train.validation_fraction,
        _numbers(stopping.model_dump()) if stopping else None,
        _numbers(bands),
    )
    return {key: value for key, value in zip(OPTIONS, found, strict=True) if value}


def as_json(data: dict[str, Any]) -> str:
    return json.dumps(data, sort_keys=True)


def differences(
    theirs: dict[str, Any], ours: dict[str, Any], here: str = "in the spec"
) -> list[str]:
    """Return the keys in which two meanings, or two trainings, differ, each with both values: theirs first."""
    flat_theirs, flat_ours = dict(_flat(_expanded(theirs))), dict(_flat(_expanded(ours)))
    keys = dict.fromkeys([*flat_theirs, *flat_ours])
    return [
        f"{key}: {flat_theirs.get(key, 'nothing')} there, {flat_ours.get(key, 'nothing')} {here}"
        for key in keys
        if flat_theirs.get(key) != flat_ours.get(key)
    ]


def _through(network: Network, target: str) -> dict[str, Any]:
    """Return what parameters mean besides their sizes, where images are looked at."""
    operators = (op for c in network.into(target) for op in c.operators)
    found = {op.name: _look(op) for op in operators if isinstance(op, Window | OnOff)}
    return {"through": found} if found else {}


def _is_meant(operator: Operator) -> bool:
    """Whether the meaning of the parameters says all about an operator."""
    if isinstance(operator, Dense | Conv2D):
        return operator.use_bias
    return isinstance(operator, AveragePool2D | OnOff)


def _operator(operator: Operator) -> dict[str, Any]:
    return {"kind": operator.kind, **_numbers(operator.settings)}


def _look(operator: Window | OnOff) -> dict[str, Any]:
    """Return what the weights of an operator mean, but for what their number says and what is usual."""
    if isinstance(operator, OnOff):
        return {"kind": operator.kind}
    found: dict[str, Any] = {"kind": operator.kind, operator.size_key: operator.window}
    if operator.strides != (1, 1):
        found["strides"] = operator.strides
    if operator.padding != "valid":
        found["padding"] = operator.padding
    return _numbers(found)


def _expanded(data: dict[str, Any]) -> dict[str, Any]:
    if "neurons" not in data:
        return data
    shared = data["neurons"]
    layers = {
        name: {**layer, "neurons": {**shared, **layer.get("neurons", {})}}
        for name, layer in data["layers"].items()
    }
    return {**data, "neurons": {}, "layers": layers}


def _flat(data: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    pairs = []
    for key, value in data.items():
        if isinstance(value, dict):
            pairs += _flat(value, f"{prefix}{key}.")
        else:
            pairs.append((prefix + key, value))
    return pairs


def _sources(network: Network, target: str) -> list[str]:
    connections = network.into(target)
    return [c.via if len(connections) > 1 else c.source for c in connections]


def _neurons(population: Population) -> dict[str, Any]:
    settings: dict[str, Any] = population.neurons.model_dump()
    settings["amplitude"] = population.neurons.output_value
    return _numbers(settings)


def _numbers(settings: dict[str, Any]) -> dict[str, Any]:
    return {key: _number(value) for key, value in settings.items()}


def _number(value: Any) -> Any:
    """Return 200 for 200.0, as a script has it, and a list for a tuple, as JSON has it."""
    if isinstance(value, dict):
        return _numbers(value)
    if isinstance(value, tuple):
        return [_number(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
