"""Units that may start silent by the signs of their weights, and then never learn.

Where values are never negative, a unit whose weights are all negative is silent for whatever comes, and a silent rectifier has
no slope. Turned around, it is a unit like the others: initial weights are as often positive as negative.
"""

from __future__ import annotations

from snnc.operators.kernel import Kernel
from snnc.operators.linear import Operator, walk
from snnc.program.program import Program
from snnc.spec.base import INPUT

#: With more weights than this, fewer than one unit of sixteen has them all negative: too few to be missed.
FEW_WEIGHTS = 4


def may_start_silent(program: Program) -> tuple[str, ...]:
    """Return the names of operators with units of so few weights, on values that are never negative, that some start silent."""
    network = program.network
    if program.starts_imported:  # no initial weights to turn around
        return ()
    names = []
    for population in network.populations:
        # With several sources, or normalised, what is negative here needn't be silent.
        connection, *others = network.into(population.name)
        negative = connection.source == INPUT and program.data.scale != "unit"
        if others or negative or population.neurons.intercept < 0:
            continue
        weighted = [
            (operator, shape)
            for operator, shape in walk(connection.operators, network.source_shape(connection))
            if not (operator.training_only or operator.keeps_signs)
        ]
        if len(weighted) == 1 and 0 < _weights(*weighted[0]) <= FEW_WEIGHTS:
            names.append(weighted[0][0].name)
    return tuple(names)


def _weights(operator: Operator, before: tuple[int, ...]) -> int:
    """Return how many weights a unit of an operator with a kernel has."""
    return operator.fan_in(before) if isinstance(operator, Kernel) and operator.is_form else 0
