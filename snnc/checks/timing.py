"""Times are whole numbers of steps."""

from __future__ import annotations

from collections.abc import Iterator

from snnc.diagnostics import Diagnostic
from snnc.ir import Program


def multiples_of_dt(program: Program) -> Iterator[Diagnostic]:
    """An item that doesn't start on a step is shown for a step more or less than the others."""
    dt = program.dt
    for key in ("time", "gap"):
        time = getattr(program.presentation, key)
        steps = round(time / dt)
        least = 0 if key == "gap" else 1
        if steps < least or abs(steps * dt - time) > 1e-6 * dt:
            yield Diagnostic(
                "not-a-multiple",
                f"'{key}' is a multiple of dt, {dt:g} s; {time:g} s is {time / dt:.6g} steps",
                ("presentation", key),
                hint=f"write {max(steps, 1) * dt:.10g}",
            )
