"""Warnings that a spec allows."""

from __future__ import annotations

from collections.abc import Container, Iterable

from snnc.diagnostics.codes import ERRORS
from snnc.diagnostics.diagnostic import Diagnostic


def without_allowed(found: Iterable[Diagnostic], allowed: Container[str]) -> tuple[Diagnostic, ...]:
    """Return what was found but for the warnings that are allowed; errors can't be."""
    return tuple(d for d in found if d.code not in allowed or d.code in ERRORS)
