"""What is odd about a spec, its data, its training and its runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from snnc.diagnostics.as_json import record
from snnc.diagnostics.diagnostic import Diagnostic
from snnc.diagnostics.document import Document
from snnc.report.text import printable


@dataclass(frozen=True)
class Finding:
    """A warning, and the line of the spec that it is about, if there is one."""

    code: str
    message: str
    hint: str
    line: int | None


@dataclass(frozen=True)
class Findings:
    """Warnings, what the spec allows with its reasons, and in what the training differs from what the spec says now."""

    warnings: Sequence[Finding]
    allowed: dict[str, str]
    trained_otherwise: Sequence[str]
    described: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.described,
            "allowed": self.allowed,
            "trained_otherwise": self.trained_otherwise,
        }


def findings(
    document: Document,
    warnings: Sequence[Diagnostic],
    allowed: dict[str, str],
    trained_otherwise: Sequence[str],
) -> Findings:
    """Return warnings about a spec, in the order of its lines."""
    described = record(document, warnings)
    return Findings(
        warnings=[
            Finding(d["code"], printable(d["message"]), printable(d["hint"] or ""), d["line"])
            for d in described["diagnostics"]
        ],
        allowed={code: printable(reason) for code, reason in allowed.items()},
        trained_otherwise=[printable(line) for line in trained_otherwise],
        described=described,
    )
