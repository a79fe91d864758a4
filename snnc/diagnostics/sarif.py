"""What was found in specs as a SARIF 2.1.0 log, by which code hosts show it beside the code."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from snnc import __version__
from snnc.diagnostics.codes import Code
from snnc.diagnostics.diagnostic import Diagnostic, Span
from snnc.diagnostics.document import Document
from snnc.diagnostics.pages import page, plain, reason, summary
from snnc.diagnostics.positions import placed

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def log(found: Iterable[tuple[Document, Sequence[Diagnostic]]]) -> dict[str, Any]:
    """Return a log of one run: a result a diagnostic, and a rule a code that was raised."""
    placed_in = [
        (document, diagnostic, span)
        for document, diagnostics in found
        for diagnostic, span in placed(document, diagnostics)
    ]
    codes = sorted({diagnostic.code for _, diagnostic, _ in placed_in})
    driver = {"name": "snnc", "version": __version__, "rules": [_rule(code) for code in codes]}
    results = [
        _result(document.path, diagnostic, span, codes.index(diagnostic.code))
        for document, diagnostic, span in placed_in
    ]
    # Columns count characters, as ours do.
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: Code) -> dict[str, Any]:
    text = page(code)
    return {
        "id": code,
        "shortDescription": {"text": summary(text)},
        "fullDescription": {"text": " ".join(reason(text).split())},
        "help": {"text": plain(text), "markdown": text},
        "defaultConfiguration": {"level": code.severity},
    }


def _result(path: Path, diagnostic: Diagnostic, span: Span | None, rule: int) -> dict[str, Any]:
    message = diagnostic.message + (f"; {diagnostic.hint}" if diagnostic.hint else "")
    return {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": diagnostic.severity,
        "message": {"text": message},
        "locations": [
            {"physicalLocation": {"artifactLocation": {"uri": _uri(path)}, "region": _region(span)}}
        ],
    }


def _uri(path: Path) -> str:
    """Return how a spec is found from the current folder, for code hosts the top of the repository."""
    return quote(Path(os.path.relpath(path)).as_posix())


def _region(span: Span | None) -> dict[str, int]:
    # What is missing altogether has no place; code hosts need a line.
    if span is None:
        return {"startLine": 1}
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.line,
        "endColumn": span.column + span.length,
    }
