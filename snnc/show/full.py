"""Print a spec with every value and the origin of each. The text is a spec of the same network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from snnc.diagnostics.diagnostic import KeyPath
from snnc.diagnostics.document import Document
from snnc.diagnostics.positions import Positions, locate
from snnc.program.lower import layer_names
from snnc.program.network import Population
from snnc.program.program import Program
from snnc.spec import write_toml
from snnc.spec.base import INPUT, Model
from snnc.spec.gradients import Rate
from snnc.spec.layers.base import LayerKind, NeuronLayer
from snnc.spec.validate import validate


@dataclass(frozen=True)
class Value:
    """A value and its origin. A value of None becomes a comment."""

    value: Any
    origin: str


def full(document: Document, program: Program) -> str:
    """Return the whole spec as TOML, each value with its origin in a comment."""
    spec = validate(document)
    origins = _Origins(locate(document.text), document.data)
    tables = dict(_values(spec, (), origins))
    tables["presentation"]["steps"] = _filled(
        tables["presentation"]["steps"], program.fresh_steps, "time / dt"
    )
    tables["neurons"]["amplitude"] = _amplitude(tables["neurons"]["amplitude"], spec.neurons)
    if spec.synapses.output is None:
        as_layer = tables["synapses"]["layer"]
        tables["synapses"]["output"] = {k: Value(v.value, "as layer") for k, v in as_layer.items()}
    if spec.train.gradient is None:
        tables["train"]["gradient"] = Value(None, "by layer, see there")
    names = layer_names(spec.layers)
    last = Value([names[-1]], "the last layer")
    tables["output"]["from"] = _filled(tables["output"]["from"], last.value, last.origin)
    before = INPUT
    for index, (name, layer) in enumerate(zip(names, spec.layers, strict=True)):
        values = tables["layers"][index]
        values["name"] = _filled(values["name"], name, "kind and number")
        values["from"] = _filled(values["from"], [before], "the layer before")
        if isinstance(layer, NeuronLayer):
            population = program.network.population(name)
            _fill_neurons(values, population, program, origins)
            _fill_firing_rates(values, population, origins)
        before = name
    return "\n".join(_lines(tables, ())).lstrip("\n") + "\n"


@dataclass(frozen=True)
class _Origins:
    positions: Positions
    data: Mapping[str, Any]

    def of(self, path: KeyPath) -> str:
        """Return the origin of a value: the line of the spec, or "default"."""
        line = self.positions.line_of(path)
        if line is None and path[-1] == "kind" and isinstance(self._written(path[:-1]), str):
            line = self.positions.line_of(path[:-1])  # a bare kind
        return f"line {line}" if line else "default"

    def _written(self, path: KeyPath) -> Any:
        value: Any = self.data
        for key in path:
            try:
                value = value[key]
            except (KeyError, IndexError, TypeError):
                return None
        return value


def _values(model: Model, path: KeyPath, origins: _Origins) -> Iterator[tuple[str, Any]]:
    """Yield each key of a table with its Value; for a table in it, with a dict of the same form."""
    for name, field in type(model).model_fields.items():
        key = field.alias or name
        value = getattr(model, name)
        if isinstance(value, Model):
            yield key, dict(_values(value, (*path, key), origins))
        elif isinstance(value, tuple) and value and isinstance(value[0], LayerKind):
            layers = enumerate(value)
            yield key, [dict(_values(layer, (*path, key, i), origins)) for i, layer in layers]
        elif isinstance(value, dict):
            yield key, {k: Value(v, origins.of((*path, key, k))) for k, v in value.items()}
        elif name in model.unused:
            yield key, Value(None, "not used")
        else:
            yield key, Value(value, origins.of((*path, key)))


def _fill_neurons(
    values: dict[str, Any], population: Population, program: Program, origins: _Origins
) -> None:
    """Replace the neurons, synapse, place and gradient of a layer by those that it was lowered to."""
    neurons = population.neurons
    settings = {
        key: Value(
            value,
            origins.of(population.neurons_at[key]) if key in population.neurons_at else "default",
        )
        for key, value in neurons.model_dump().items()
    }
    settings["amplitude"] = _amplitude(settings["amplitude"], neurons)
    values["neurons"] = settings
    if isinstance(values["synapse"], Value):
        synapses = {c.synapse for c in program.network.into(population.name)} - {None}
        values["synapse"] = {
            k: Value(v, "as synapses.layer")
            for s in synapses
            if s
            for k, v in s.model_dump().items()
        } or Value(None, "reads the input alone, which has no spikes")
    if not program.on_loihi:
        values["on_chip"] = Value(None, "loihi is no target")
    else:
        reads_input = any(c.source == INPUT for c in program.network.into(population.name))
        why = "default: reads the input" if reads_input else "default"
        values["on_chip"] = _filled(values["on_chip"], population.on_chip, why)
    gradient = population.gradient
    sigma = "" if isinstance(gradient, Rate) else f", sigma {gradient.sigma:g}"
    written = program.train.gradient == gradient
    values["gradient"] = Value(
        None, f"{gradient.kind}{sigma}, {'as written' if written else 'default'}"
    )


def _fill_firing_rates(values: dict[str, Any], population: Population, origins: _Origins) -> None:
    """Replace the keys of a layer's own band by the whole band that applies to it."""
    own = values["firing_rates"]
    if population.firing_rates is None:
        if not isinstance(own, Value):
            values["firing_rates"] = {"weight": Value(0.0, own["weight"].origin)}
        return
    at, defaults = population.firing_rates_at, {"max": "max_rate"}
    values["firing_rates"] = {
        key: Value(value, origins.of(at[key]) if key in at else defaults.get(key, "default"))
        for key, value in population.firing_rates.model_dump().items()
    }


def _filled(written: Any, derived: Any, origin: str) -> Any:
    """Return the written value; if there is none, the derived one."""
    if isinstance(written, Value) and written.value is None:
        return Value(derived, origin)
    return written


def _amplitude(written: Value, neurons: Any) -> Any:
    return _filled(written, neurons.output_value, "1 / max_rate")


def _lines(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    """Yield the lines of a table: its own values, then the tables in it."""
    values = {k: v for k, v in table.items() if isinstance(v, Value)}
    texts = {
        key: f"{key} = {write_toml.value(v.value)}"
        for key, v in values.items()
        if v.value is not None
    }
    width = min(max(map(len, texts.values()), default=0), 48)
    for key, value in values.items():
        if key in texts:
            yield f"{texts[key]:<{width}}  # {value.origin}"
        else:
            yield f"# {key}: {value.origin if value.origin != 'default' else 'none'}"
    for key, inner in table.items():
        if isinstance(inner, list):
            for element in inner:
                yield from ("", f"[[{key}]]", *_lines(element, (*path, key)))
        elif isinstance(inner, dict):
            yield from ("", f"[{'.'.join((*path, key))}]", *_lines(inner, (*path, key)))
