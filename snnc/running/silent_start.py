"""Find filters and neurons that are silent before training, and would stay so."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from snnc.diagnostics.codes import DEAD_NEURONS, SILENT_FILTERS
from snnc.diagnostics.diagnostic import Diagnostic
from snnc.diagnostics.wording import counted
from snnc.program.program import Program
from snnc.running.measured import SPARE_NEURONS, both_signs
from snnc.running.silent_filters import SPARE, convolutions_into
from snnc.training.starting import better_seed, silent_at_start


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
        convolutions = convolutions_into(program, layer.name)
        message = (
            f"{layer.silent} of {counted(layer.units, 'filter' if convolutions else 'neuron')} of '{layer.name}' are silent before "
            f"training for all of {counted(len(x), 'item')}: such ones hardly ever learn"
        )
        if convolutions:
            yield Diagnostic(SILENT_FILTERS, message, convolutions[0].at, "key", hint)
        else:
            at = program.network.population(layer.name).at
            yield Diagnostic(DEAD_NEURONS, message, at, "key", hint)


def _spare(program: Program, layer: str) -> float:
    """Return which share of a layer's units may be silent: all of an encoder, which learns nothing, or with a slope at rest."""
    population = program.network.population(layer)
    if population.neurons.leaky and population.gradient.kind != "rate":
        return 1.0
    if convolutions_into(program, layer):
        return SPARE
    learns = any(op.has_kernel for c in program.network.into(layer) for op in c.operators)
    return SPARE_NEURONS if learns else 1.0
