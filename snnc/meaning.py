"""The part of a program that fixes the shapes and the meaning of its parameters, as plain JSON data."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from snnc.call import Ratio
from snnc.ir import OUTPUT, Population, Program


def meaning(program: Program) -> dict[str, Any]:
    """Return what parameters are trained for. Settings that all layers share stand once, under "neurons"."""
    settings = {p.name: _neurons(p) for p in program.populations}
    first, *others = settings.values()
    shared = {k: v for k, v in first.items() if all(k in o and o[k] == v for o in others)}
    layers = {}
    for population in program.populations:
        own = {k: v for k, v in settings[population.name].items() if k not in shared}
        layers[population.name] = {
            "from": _sources(program, population.name),
            "units": population.size,
            **({"neurons": own} if own else {}),
        }
    return {
        "input": {"shape": list(program.input_shape)},
        "neurons": shared,
        "layers": layers,
        "output": {"from": _sources(program, OUTPUT), "classes": program.output.classes},
    }


def as_json(data: dict[str, Any]) -> str:
    return json.dumps(data, sort_keys=True)


def digest(data: dict[str, Any]) -> str:
    """Return eight hex digits by which a script recognises the parameters that are its own."""
    return hashlib.sha256(as_json(data).encode()).hexdigest()[:8]


def differences(theirs: dict[str, Any], ours: dict[str, Any]) -> list[str]:
    """Return the keys in which two meanings differ, each with both values: theirs first."""
    flat_theirs, flat_ours = dict(_flat(_expanded(theirs))), dict(_flat(_expanded(ours)))
    keys = dict.fromkeys([*flat_theirs, *flat_ours])
    return [
        f"{key}: {flat_theirs.get(key, 'nothing')} there, {flat_ours.get(key, 'nothing')} in the spec"
        for key in keys
        if flat_theirs.get(key) != flat_ours.get(key)
    ]


def _expanded(data: dict[str, Any]) -> dict[str, Any]:
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


def _sources(program: Program, target: str) -> list[str]:
    connections = program.into(target)
    return [c.via if len(connections) > 1 else c.source for c in connections]


def _neurons(population: Population) -> dict[str, Any]:
    settings: dict[str, Any] = population.neurons.model_dump()
    scale = population.neurons.output_scale
    settings["amplitude"] = scale.value if isinstance(scale, Ratio) else scale
    return {key: _number(value) for key, value in settings.items()}


def _number(value: Any) -> Any:
    """Return 200 for 200.0, as a script has it."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
