"""Warnings that a spec allows."""

from __future__ import annotations

from collections.abc import Container, Iterable

from snnc.diagnostics.diagnostic import Diagnostic


def without_allowed(
    diagnostics: Iterable[Diagnostic], allowed: Container[str]
) -> tuple[Diagnostic, ...]:
    """Leave out the warnings that are allowed; errors can't be."""
    return tuple(d for d in diagnostics if d.code not in allowed or d.severity == "error")
