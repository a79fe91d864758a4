"""Rules: what a program can't do, or does otherwise than its author thinks. Each is a function Program -> diagnostics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from snnc.checks.allow import unsuppressed
from snnc.checks.chip import (
    chip_decays,
    chip_empty,
    chip_input,
    chip_left_once,
    chip_max_rate,
    chip_neurons,
    chip_output,
    chip_refractory,
    chip_settings_used,
    chip_spikes_filtered,
    chip_synapse,
)
from snnc.checks.cores import (
    blocks_fit,
    core_settings_used,
    cores_suffice,
    encoder_hears_all,
)
from snnc.checks.data import data_fits
from snnc.checks.network import (
    gradient_applies,
    labels_fit,
    max_rate_possible,
    slope_finite,
    synapse_applies,
)
from snnc.checks.rates import (
    amplitude_fits,
    chip_keeps_rates,
    host_keeps_rates,
    intercept_low,
    spikes_suffice,
)
from snnc.checks.settling import answer_arrives, answer_settles, output_filtered
from snnc.checks.timing import multiples_of_dt
from snnc.checks.training import bands_possible, bands_used, stopping_judged, stopping_possible
from snnc.checks.units import share_of_steps, times_in_seconds, without_consequences
from snnc.diagnostics.diagnostic import Diagnostic
from snnc.diagnostics.document import Document
from snnc.diagnostics.errors import CompileError
from snnc.program.program import Program

RULES: tuple[Callable[[Program], Iterable[Diagnostic]], ...] = (
    data_fits,
    labels_fit,
    multiples_of_dt,
    times_in_seconds,
    share_of_steps,
    answer_arrives,
    answer_settles,
    output_filtered,
    max_rate_possible,
    spikes_suffice,
    amplitude_fits,
    intercept_low,
    gradient_applies,
    slope_finite,
    synapse_applies,
    stopping_judged,
    stopping_possible,
    bands_possible,
    bands_used,
    chip_empty,
    chip_neurons,
    chip_max_rate,
    chip_keeps_rates,
    host_keeps_rates,
    chip_refractory,
    chip_decays,
    chip_synapse,
    chip_spikes_filtered,
    chip_input,
    chip_output,
    chip_left_once,
    chip_settings_used,
    blocks_fit,
    cores_suffice,
    core_settings_used,
    encoder_hears_all,
)


def check(
    program: Program, document: Document, allowed: Mapping[str, str]
) -> tuple[Diagnostic, ...]:
    """Return the warnings about a program that aren't allowed; raise a CompileError if any rule found an error."""
    found = unsuppressed(dict.fromkeys(d for rule in RULES for d in rule(program)), allowed)
    found = without_consequences(found)
    if any(d.severity == "error" for d in found):
        raise CompileError(document, found)
    return found
