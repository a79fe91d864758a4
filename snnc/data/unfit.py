"""The error for data whose values don't fit their spec."""

from __future__ import annotations

from snnc.diagnostics.codes import DATA_VALUES
from snnc.diagnostics.diagnostic import Diagnostic, KeyPath
from snnc.diagnostics.errors import Unfit


def unfit(message: str, at: KeyPath, hint: str = "") -> Unfit:
    """Return the error, at the key of the spec that decides it."""
    return Unfit(Diagnostic(DATA_VALUES, message, at, hint=hint))
