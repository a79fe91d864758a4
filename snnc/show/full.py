"""Print a spec with every value and the origin of each. The text is a spec of the same network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from snnc.diagnostics.diagnostic import KeyPath
from snnc.diagnostics.document import Document
from snnc.diagnostics.positions import Positions, locate
from snnc.program.linear_layers import OF_NEURONS
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
    presentation = tables["presentation"]
    presentation["steps"] = _filled(presentation["steps"], program.fresh_steps, "time / dt")
    latency, what = program.stream_latency, "steps from an item to its first effect"
    presentation["latency"] = _filled(presentation["latency"], latency, what)
    if spec.synapses.output is None:
        as_layer = tables["synapses"]["layer"]
        tables["synapses"]["output"] = {k: Value(v.value, "as layer") for k, v in as_layer.items()}
    tables["neurons"]["amplitude"] = _amplitude(tables["neurons"]["amplitude"], spec.neurons)
    if spec.train.gradient is None:
        tables["train"]["gradient"] = Value(None, "by layer, see there")
    if program.plateau:
        monitor = tables["train"]["optimizer"]["learning_rate"]["monitor"]
        why = f"{program.plateau.kwargs['monitor']}, as {'some' if program.validates else 'no'} items validate"
        tables["train"]["optimizer"]["learning_rate"]["monitor"] = _filled(monitor, None, why)
    names = layer_names(spec.layers)
    last = Value([names[-1]], "the last layer")
    tables["output"]["from"] = _filled(tables["output"]["from"], last.value, last.origin)
    before = INPUT
    for index, (name, layer) in enumerate(zip(names, spec.layers, strict=True)):
        values = tables["layers"][index]
        values["name"] = _filled(values["name"], name, "kind and number")
        values["from"] = _filled(values["from"], [before], "the layer before")
        if isinstance(layer, NeuronLayer) and layer.has_neurons:
            population = program.network.population(name)
            _fill_neurons(values, population, program, origins)
            _fill_firing_rates(values, population, origins)
        elif isinstance(layer, NeuronLayer):
            values |= dict.fromkeys(OF_NEURONS, Value(None, "no neurons"))
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
        if name in model.unused:
            yield key, Value(None, "not used")
        else:
            yield key, _value(getattr(model, name), (*path, key), origins)


def _value(value: Any, path: KeyPath, origins: _Origins) -> Any:
    if isinstance(value, Model):
        return dict(_values(value, path, origins))
    if isinstance(value, tuple) and value and isinstance(value[0], LayerKind):
        return [dict(_values(layer, (*path, i), origins)) for i, layer in enumerate(value)]
    if isinstance(value, dict):
        return {key: Value(_plain(v), origins.of((*path, key))) for key, v in value.items()}
    return Value(value, origins.of(path))


def _plain(value: Any) -> Any:
    return value.model_dump(exclude_none=True) if isinstance(value, Model) else value


def _fill_neurons(
    values: dict[str, Any], population: Population, program: Program, origins: _Origins
) -> None:
    """Replace the neurons, synapse, place and gradient of a layer by those that it was lowered to."""
    values["neurons"] = _neurons(population, origins)
    if isinstance(values["synapse"], Value):
        values["synapse"] = _synapse(population, program)
    if program.on_loihi:
        reads_input = any(c.source == INPUT for c in program.network.into(population.name))
        why = "default: reads the input" if reads_input else "default"
        values["on_chip"] = _filled(values["on_chip"], population.on_chip, why)
    else:
        values["on_chip"] = Value(None, "loihi is no target")
    values["gradient"] = Value(None, _gradient(population, program))


def _neurons(population: Population, origins: _Origins) -> dict[str, Value]:
    """Return the settings of a layer's neurons, with the lines of its own table or of [neurons]."""
    written = population.neurons_at
    settings = {
        key: Value(value, origins.of(written[key]) if key in written else "default")
        for key, value in population.neurons.model_dump().items()
    }
    settings["amplitude"] = _amplitude(settings["amplitude"], population.neurons)
    return settings


def _synapse(population: Population, program: Program) -> Any:
    """Return the settings of the synapse that a layer has from [synapses], or the reason why it has none."""
    connections = program.network.into(population.name)
    synapse = next((c.synapse for c in connections if c.synapse is not None), None)
    if synapse is None:
        return Value(None, "reads the input alone, which has no spikes")
    return {key: Value(value, "as synapses.layer") for key, value in synapse.model_dump().items()}


def _gradient(population: Population, program: Program) -> str:
    """Return a layer's gradient in words, and whether the spec sets it."""
    gradient = population.gradient
    sigma = "" if isinstance(gradient, Rate) else f", sigma {gradient.sigma:g}"
    written = program.train.gradient == gradient
    return f"{gradient.kind}{sigma}, {'as written' if written else 'default'}"


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
    yield from _value_lines({k: v for k, v in table.items() if isinstance(v, Value)})
    for key, inner in table.items():
        if isinstance(inner, list):
            for element in inner:
                yield from ("", f"[[{key}]]", *_lines(element, (*path, key)))
        elif isinstance(inner, dict):
            yield from ("", f"[{'.'.join((*path, key))}]", *_lines(inner, (*path, key)))


def _value_lines(values: Mapping[str, Value]) -> Iterator[str]:
    """Yield a line for each value, with the origins aligned; a value of None is a comment."""
    texts = {
        key: f"{write_toml.key(key)} = {write_toml.value(value.value)}"
        for key, value in values.items()
        if value.value is not None
    }
    width = min(max(map(len, texts.values()), default=0), 48)
    for key, value in values.items():
        if key in texts:
            yield f"{texts[key]:<{width}}  # {value.origin}"
        else:
            yield f"# {key}: {value.origin if value.origin != 'default' else 'none'}"
