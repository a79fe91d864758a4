"""Rules find what a program can't do, or does otherwise than its author thinks. A module has those on one subject."""

from __future__ import annotations

from collections.abc import Mapping

from snnc.checks import (
    batch_norm,
    chip,
    cores,
    data,
    images,
    max_pool,
    memory,
    network,
    rates,
    settling,
    stopping,
    timing,
    training,
    units,
)
from snnc.checks.allow import unsuppressed
from snnc.checks.rule import rules_of
from snnc.checks.units import without_consequences
from snnc.diagnostics.diagnostic import Diagnostic
from snnc.diagnostics.document import Document
from snnc.diagnostics.errors import CompileError
from snnc.program.program import Program

#: The modules with rules. Reports have findings on one place in this order; it means nothing else.
SUBJECTS = (
    *(data, images, max_pool, timing, units, settling, network, rates, stopping, training),
    *(batch_norm, memory, chip, cores),
)


def check(
    program: Program, document: Document, allowed: Mapping[str, str]
) -> tuple[Diagnostic, ...]:
    """Return the warnings about a program that aren't allowed; raise a CompileError if any rule found an error."""
    rules = (rule for subject in SUBJECTS for rule in rules_of(subject))
    diagnostics = dict.fromkeys(d for rule in rules for d in rule(program))
    if "study" in document.data:
        from snnc.checks.study import wrong_study  # most specs have none

        diagnostics |= dict.fromkeys(wrong_study(document))
    remaining = without_consequences(unsuppressed(diagnostics, allowed))
    if any(d.severity == "error" for d in remaining):
        raise CompileError(document, remaining)
    return remaining
