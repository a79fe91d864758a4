"""Look at what training has left beside a spec: the firing rates of items that were trained on."""

from __future__ import annotations

from pathlib import Path

from snnc.diagnostics.allowed import without_allowed
from snnc.diagnostics.diagnostic import Diagnostic
from snnc.environment import libraries
from snnc.pipeline import Checked


def look_at_params(spec: Checked, folder: Path) -> tuple[tuple[str, ...], tuple[Diagnostic, ...]]:
    """Return what there is to say of measured rates, and the warnings that the spec doesn't allow.

    Raises a Refusal if nothing was trained yet, or something else.
    """
    with libraries.loaded(libraries.WITHOUT_TENSORFLOW):
        from snnc.running.measured import measured_again, rate_warnings
        from snnc.training import params_file

        trained, data = params_file.load_with_data(spec.program, folder)
        measured = measured_again(trained, spec.program, data)
        found = rate_warnings(spec.program, measured)
    return tuple(measured.lines()), without_allowed(found, spec.allowed)
