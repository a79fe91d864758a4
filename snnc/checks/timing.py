"""Times are whole numbers of steps."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from snnc.checks.hints import setting, usual_step
from snnc.checks.rule import rule
from snnc.diagnostics.codes import OUT_OF_RANGE, error
from snnc.diagnostics.diagnostic import Diagnostic, KeyPath
from snnc.program.program import Program

NOT_A_MULTIPLE = error("not-a-multiple")


@rule
def multiples_of_dt(program: Program) -> Iterator[Diagnostic]:
    """An item that doesn't start on a step is shown for a step more or less than the others."""
    dt = program.network.dt
    for key in ("time", "gap"):
        time = getattr(program.presentation, key)
        if not isfinite(time / dt):
            yield Diagnostic(
                OUT_OF_RANGE,
                f"'{key}' is {time:g} s, and dt {dt:g} s: too many steps",
                _at(program, key),
            )
            continue
        steps = round(time / dt)
        least = 0 if key == "gap" else 1
        if steps < least or abs(steps * dt - time) > 1e-6 * dt:
            at, whole = _at(program, key), f"{max(steps, 1) * dt:.10g}"
            hint = f"write {setting(at, 'presentation', key, whole)}"
            yield Diagnostic(
                NOT_A_MULTIPLE,
                f"'{key}' is a multiple of dt, {dt:g} s; {time:g} s is {time / dt:.6g} steps",
                at,
                hint=hint if at[0] == "presentation" else usual_step(program.network, hint),
            )


def _at(program: Program, key: str) -> KeyPath:
    """Return where a time was written, or dt, which then doesn't suit its default."""
    written = key in program.presentation.model_fields_set
    return ("presentation", key) if written else ("network", "dt")
