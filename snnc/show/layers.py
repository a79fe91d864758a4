"""A program's layers as a table, and as JSON data."""

from __future__ import annotations

import dataclasses
from typing import Any

from snnc.diagnostics.wording import counted, times
from snnc.loihi.blocks import Split
from snnc.loihi.cores import chip
from snnc.operators.linear import Operator
from snnc.program.network import Connection, Network, Population
from snnc.program.program import Program
from snnc.show.table import Cells
from snnc.spec.base import INPUT, OUTPUT


def summary(program: Program) -> str:
    """Return the size of a program and its targets, in one line."""
    layers = counted(len(program.network.populations), "layer")
    neurons = counted(sum(population.size for population in program.network.populations), "neuron")
    return f"{layers}, {neurons}, for {' and '.join(program.targets)}"


def layers(program: Program) -> Cells:
    """Return a table of the layers, its first line the header."""
    header = [
        "layer",
        "reads",
        "through",
        "size",
        "parameters",
        "neurons",
        "max_rate, Hz",
        "gradient",
        "runs on",
    ]
    lines = [header, [INPUT, "", "", times(program.network.input_shape), "", "", "", "", "host"]]
    splits = _splits(program)
    for population in program.network.populations:
        place = _place(program, population)
        if population.name in splits:
            place += f", {_blocks(splits[population.name])}"
        lines.append(
            [
                population.name,
                *_into(program.network, population.name),
                times(population.shape),
                str(_parameters(program.network, population.name)),
                population.neurons.kind,
                f"{population.neurons.max_rate:g}",
                population.gradient.kind,
                place,
            ]
        )
    parameters = str(_parameters(program.network, OUTPUT))
    readout = [str(program.network.output.classes), parameters, "", "", "", "host"]
    lines.append([OUTPUT, *_into(program.network, OUTPUT), *readout])
    return lines


def description(program: Program) -> dict[str, Any]:
    """Return the layers, operators and neurons of a program, as plain JSON data."""
    splits = _splits(program)
    return {
        "spec": program.spec_path.as_posix(),
        "network": program.name,
        "targets": program.targets,
        "input": {"shape": program.network.input_shape, "runs_on": "host"},
        "layers": [
            {**_layer(program, population), **_described(splits.get(population.name))}
            for population in program.network.populations
        ],
        "output": {
            "sources": _sources(program.network, OUTPUT),
            "classes": program.network.output.classes,
            "parameters": _parameters(program.network, OUTPUT),
            "runs_on": "host",
        },
    }


def _layer(program: Program, population: Population) -> dict[str, Any]:
    neurons = population.neurons
    return {
        "name": population.name,
        "sources": _sources(program.network, population.name),
        "shape": population.shape,
        "neurons": population.size,
        "parameters": _parameters(program.network, population.name),
        "neuron": {**neurons.model_dump(), "amplitude": neurons.output_value},
        "gradient": population.gradient.model_dump(),
        "runs_on": _place(program, population),
    }


def _sources(network: Network, target: str) -> list[dict[str, Any]]:
    """Return the sources of a layer, each with its operators and its synapse."""
    return [
        {
            "name": connection.source,
            "operators": [_operator(operator) for operator in connection.operators],
            "synapse": connection.synapse.model_dump() if connection.synapse else None,
        }
        for connection in network.into(target)
    ]


def _operator(operator: Operator) -> dict[str, Any]:
    fields = dataclasses.asdict(operator)
    del fields["at"]
    return {"kind": operator.kind, **fields}


def _place(program: Program, population: Population) -> str:
    if not program.on_loihi:
        return "nengo_dl"
    return "chip" if population.on_chip else "host"


def _splits(program: Program) -> dict[str, Split]:
    """Return how each layer on the chip is split into cores, or nothing if it can't be known."""
    spread = chip(program.network)
    return {p.name: spread.split(p) for p in spread.populations} if spread else {}


def _blocks(split: Split) -> str:
    """Return the number of cores, and what is on each."""
    cores = counted(split.number, "core")
    return cores if split.number == 1 else f"{cores} of {times(split.block)}"


def _described(split: Split | None) -> dict[str, Any]:
    """Return the number of cores of a layer, and the shape of its blocks; nothing of either off the chip."""
    return {"cores": split and split.number, "block": split and split.block}


def _into(network: Network, target: str) -> list[str]:
    """Return the two cells of a layer's sources, and of the operators between."""
    connections = network.into(target)
    sources = ", ".join(c.source for c in connections)
    through = [_operators(c) for c in connections]
    if any(through):
        through = [each or "as it is" for each in through]
    return [sources, ", ".join(through)]


def _operators(connection: Connection) -> str:
    return " > ".join(op.kind for op in connection.operators)


def _parameters(network: Network, target: str) -> int:
    """Return the number of trainable weights and biases."""
    return sum(operator.parameters(shape) for operator, shape in network.steps(target))
