"""Find filters that training has left silent, and before training filters and neurons that would stay so."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from snnc.diagnostics.codes import DEAD_NEURONS, SILENT_FILTERS
from snnc.diagnostics.diagnostic import Diagnostic
from snnc.diagnostics.wording import counted
from snnc.operators.linear import Operator
from snnc.program.program import Program
from snnc.running.measured import SPARE_NEURONS, both_signs
from snnc.running.results import Results
from snnc.training.starting import better_seed, silent_at_start

#: This share of a convolution's filters is hardly missed.
SPARE = 0.1


def silent_filters(program: Program, results: Results) -> Iterator[Diagnostic]:
    """Yield a warning for each convolution of a program that was trained, if nothing comes out of many of its filters.

    Rates tell, as training knows no others: spikes of a neuron that fires seldom may come too late to be seen.
    """
    rates = next(row for row in results.rows if row.on == "rates")
    dead = {layer.name for layer in rates.layers if layer.silent == 1}
    for layer in rates.layers:
        into = program.network.into(layer.name)
        convolutions = _convolutions(program, layer.name)
        hears = any(connection.source not in dead for connection in into)
        if not convolutions or not hears or layer.silent_channels is None:
            continue
        filters = program.network.population(layer.name).shape[-1]
        if layer.silent_channels > SPARE * filters:
            yield Diagnostic(
                SILENT_FILTERS,
                f"nothing comes out of {layer.silent_channels} of {counted(filters, 'filter')} of '{layer.name}' "
                f"for any of the {rates.accuracy.n} items to test on",
                convolutions[0].at,
                "key",
                _anew(program),
            )


def _anew(program: Program) -> str:
    """Return what gives filters another start."""
    if program.starts_imported:
        return "they were silent in the imported model, or became so: leave them out there, or lower the learning rate"
    seed = program.network.seed + 1
    return f"one that is silent never learns: write seed = {seed} in [network], and train again"


def silent_start(program: Program, x: NDArray[np.float64]) -> Iterator[Diagnostic]:
    """Yield a warning for each layer with many units that are silent for all items x, (n, size), before it is trained."""
    spare = {p.name: _spare(program, p.name) for p in program.network.populations}
    layers = silent_at_start(program, x)
    found = [layer for layer in layers if layer.share > spare[layer.name] and not layer.deaf]
    if not found:
        return
    seed = better_seed(program, x, spare)
    hint = both_signs(program) if seed is None else f"write seed = {seed} in [network]"
    for layer in found:
        convolutions = _convolutions(program, layer.name)
        message = (
            f"{layer.silent} of {counted(layer.units, 'filter' if convolutions else 'neuron')} of '{layer.name}' are silent before "
            f"training for all of {counted(len(x), 'item')}: such ones hardly ever learn"
        )
        if convolutions:
            yield Diagnostic(SILENT_FILTERS, message, convolutions[0].at, "key", hint)
        else:
            at = program.network.population(layer.name).at
            yield Diagnostic(DEAD_NEURONS, message, at, "key", hint)


def _convolutions(program: Program, layer: str) -> list[Operator]:
    into = program.network.into(layer)
    return [op for c in into for op in c.operators if op.receptive_field and op.has_kernel]


def _spare(program: Program, layer: str) -> float:
    """Return which share of a layer's units may be silent: all of an encoder, which learns nothing, or with a slope at rest."""
    population = program.network.population(layer)
    if population.neurons.leaky and population.gradient.kind != "rate":
        return 1.0
    if _convolutions(program, layer):
        return SPARE
    learns = any(op.has_kernel for c in program.network.into(layer) for op in c.operators)
    return SPARE_NEURONS if learns else 1.0
