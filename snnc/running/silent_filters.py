"""Find filters that training has left silent."""

from __future__ import annotations

from collections.abc import Iterator

from snnc.diagnostics.codes import SILENT_FILTERS
from snnc.diagnostics.diagnostic import Diagnostic
from snnc.diagnostics.wording import counted
from snnc.operators.linear import Operator
from snnc.program.program import Program
from snnc.running.results import Results

#: This share of a convolution's filters is hardly missed.
SPARE = 0.1


def silent_filters(program: Program, results: Results) -> Iterator[Diagnostic]:
    """Yield a warning for each convolution of a program that was trained, if nothing comes out of many of its filters.

    Rates tell, as training knows no others: spikes of a neuron that fires seldom may come too late to be seen. Where nothing was
    tested there are none.
    """
    rates = next((row for row in results.rows if row.on == "rates"), None)
    if rates is None:
        return
    dead = {layer.name for layer in rates.layers if layer.silent == 1}
    for layer in rates.layers:
        into = program.network.into(layer.name)
        convolutions = convolutions_into(program, layer.name)
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


def convolutions_into(program: Program, layer: str) -> list[Operator]:
    """Return the convolutions that lead to a layer."""
    into = program.network.into(layer)
    return [op for c in into for op in c.operators if op.receptive_field and op.has_kernel]
