"""List a network's layers, or its spec with every value."""

from __future__ import annotations

import argparse

from snnc.commands.common import checked_spec
from snnc.ir import INPUT, OUTPUT, Connection, Program


def run(arguments: argparse.Namespace) -> int:
    found = checked_spec(arguments)
    if arguments.full:
        from snnc.full import full

        print(full(found.document, found.program), end="")
    else:
        print(layers(found.program))
    return 0


def layers(program: Program) -> str:
    """Return a table of the layers."""
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
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _into(program: Program, target: str) -> list[str]:
    """Return what a layer reads, and the operators on the way."""
    connections = program.into(target)
    sources = ", ".join(c.source for c in connections)
    return [sources, ", ".join(_operators(c) for c in connections)]


def _operators(connection: Connection) -> str:
    return " > ".join(type(op).__name__.lower() for op in connection.operators)


def _parameters(program: Program, target: str) -> int:
    """Return how many weights and biases training adjusts."""
    return sum(c.parameters(program.source_shape(c)) for c in program.into(target))
