"""Rules: what a program can't do, or does otherwise than its author thinks. Each is a function Program -> diagnostics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from snnc.checks.allow import unsuppressed
from snnc.checks.chip import (
    chip_empty,
    chip_input,
    chip_max_rate,
    chip_neurons,
    chip_synapse,
)
from snnc.checks.data import data_fits
from snnc.checks.network import gradient_applies, labels_fit, max_rate_possible, synapse_applies
from snnc.checks.timing import multiples_of_dt, steps_suffice
from snnc.diagnostics import CompileError, Diagnostic
from snnc.document import Document
from snnc.ir import Program

RULES: tuple[Callable[[Program], Iterable[Diagnostic]], ...] = (
    data_fits,
    labels_fit,
    multiples_of_dt,
    steps_suffice,
    max_rate_possible,
    gradient_applies,
    synapse_applies,
    chip_empty,
    chip_neurons,
    chip_max_rate,
    chip_synapse,
    chip_input,
)


def check(
    program: Program, document: Document, allowed: Mapping[str, str]
) -> tuple[Diagnostic, ...]:
    """Return the warnings about a program that aren't allowed; raise a CompileError if any rule found an error."""
    found = unsuppressed(dict.fromkeys(d for rule in RULES for d in rule(program)), allowed)
    if any(d.severity == "error" for d in found):
        raise CompileError(document, found)
    return found
