"""Diagnostics as plain JSON data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from snnc.diagnostics.diagnostic import Diagnostic, Span
from snnc.diagnostics.document import Document
from snnc.diagnostics.positions import placed


def record(document: Document, diagnostics: Sequence[Diagnostic]) -> dict[str, Any]:
    """Return the diagnostics of a document in the order of its lines, and how many there are of each severity."""
    severities = [d.severity for d in diagnostics]
    return {
        "spec": document.path.as_posix(),
        "errors": severities.count("error"),
        "warnings": severities.count("warning"),
        "diagnostics": [_diagnostic(d, span) for d, span in placed(document, diagnostics)],
    }


def _diagnostic(diagnostic: Diagnostic, span: Span | None) -> dict[str, Any]:
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "hint": diagnostic.hint or None,
        # A file that is no TOML has places, but no keys.
        "path": list(diagnostic.at) or None,
        "line": span.line if span else None,
        "column": span.column if span else None,
        "length": span.length if span else None,
    }
