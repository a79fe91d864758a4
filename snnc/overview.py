"""A program at a glance."""

from __future__ import annotations

from snnc.ir import INPUT, OUTPUT, Connection, Program
from snnc.table import Cells


def summary(program: Program) -> str:
    """Return how large a program is, and what it is for."""
    neurons = sum(population.size for population in program.populations)
    layers = len(program.populations)
    return f"{layers} layers, {neurons} neurons, for {' and '.join(program.targets)}"


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
    shape = " x ".join(map(str, program.input_shape))
    lines = [header, [INPUT, "", "", shape, "", "", "", "", "host"]]
    for population in program.populations:
        place = "chip" if population.on_chip else "host" if program.on_loihi else "nengo_dl"
        lines.append(
            [
                population.name,
                *_into(program, population.name),
                str(population.size),
                str(_parameters(program, population.name)),
                population.neurons.kind,
                f"{population.neurons.max_rate:g}",
                population.gradient.kind,
                place,
            ]
        )
    parameters = str(_parameters(program, OUTPUT))
    readout = [str(program.output.classes), parameters, "", "", "", "host"]
    lines.append([OUTPUT, *_into(program, OUTPUT), *readout])
    return lines


def _into(program: Program, target: str) -> list[str]:
    """Return what a layer reads, and the operators on the way."""
    connections = program.into(target)
    sources = ", ".join(c.source for c in connections)
    return [sources, ", ".join(_operators(c) for c in connections)]


def _operators(connection: Connection) -> str:
    return " > ".join(type(op).__name__.lower() for op in connection.operators)


def _parameters(program: Program, target: str) -> int:
    """Return how many weights and biases training adjusts."""
    total = 0
    for connection in program.into(target):
        shape = program.source_shape(connection)
        for operator in connection.operators:
            total += operator.parameters(shape)
            shape = operator.shape(shape)
    return total
