"""Rules on units: times are in seconds, and shares aren't times."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from snnc.checks.rule import rule
from snnc.checks.settling import UNSETTLED
from snnc.diagnostics.codes import warning
from snnc.diagnostics.diagnostic import Diagnostic, KeyPath
from snnc.diagnostics.wording import number
from snnc.program.program import Program
from snnc.spec.settings import USUAL_SHARE, MeanOfLast

#: Time constants from here on, in seconds, are meant in milliseconds.
SLOW = 1.0
#: Items aren't shown for longer than this, in seconds.
LONG = 10.0


WRONG_UNIT = warning("wrong-unit")


@rule
def times_in_seconds(program: Program) -> Iterator[Diagnostic]:
    """Nengo's times are in seconds; papers, and other simulators, have milliseconds."""
    for at, value, largest in _times(program):
        if value >= largest:
            yield Diagnostic(
                WRONG_UNIT,
                f"'{at[-1]}' is {number(value)} seconds: are milliseconds meant?",
                at,
                hint=f"write {number(in_seconds(value, largest, usual=largest / 100))}",
            )


@rule
def share_of_steps(program: Program) -> Iterator[Diagnostic]:
    """The end of a presentation that is read is a share of it, not a time."""
    read, steps = program.presentation.read, program.presentation.time / program.network.dt
    if isinstance(read, MeanOfLast) and read.mean_of_last * steps < 1 <= USUAL_SHARE * steps:
        yield Diagnostic(
            WRONG_UNIT,
            f"'mean_of_last' is a share of the presentation: {number(read.mean_of_last)} of {steps:.6g} steps is less than one",
            ("presentation", "read", "mean_of_last"),
            hint=f"write {USUAL_SHARE}",
        )


def in_seconds(value: float, largest: float, usual: float) -> float:
    """Return a time in milliseconds in seconds; for a time that may be meant, return the usual one."""
    return value / 1000 if largest <= value < 1000 * largest else usual


def without_consequences(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Leave out second findings on a time in the wrong unit, and the longer presentations that it would take."""
    diagnostics = tuple(diagnostics)
    if not any(d.code == WRONG_UNIT for d in diagnostics):
        return diagnostics
    wrong = {d.at for d in diagnostics if d.severity == "error"}
    return tuple(
        d
        for d in diagnostics
        if d.code != UNSETTLED and not (d.code == WRONG_UNIT and wrong & {d.at, d.at[:-1]})
    )


def _times(program: Program) -> Iterator[tuple[KeyPath, float, float]]:
    """Yield where times were written, each with the shortest one that can't be meant."""
    yield ("presentation", "time"), program.presentation.time, LONG
    yield ("presentation", "gap"), program.presentation.gap, LONG
    for population in program.network.populations:
        tau_rc = getattr(population.neurons, "tau_rc", 0.0)
        yield population.at_neurons("tau_rc"), tau_rc, SLOW
    for connection in program.network.connections:
        for tau in connection.taus:
            yield (*connection.synapse_at, "tau"), tau, SLOW
    for tau in program.network.output.probe.taus:
        yield ("synapses", "probe", "tau"), tau, SLOW
