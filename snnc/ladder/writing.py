"""Write the change that brings accuracy back into a spec, with what it gained as a comment."""

from __future__ import annotations

from snnc.diagnostics.document import Document
from snnc.ladder.finding import Finding
from snnc.running.results import in_percent
from snnc.spec.changes import changed


def repaired(document: Document, finding: Finding, which: str) -> Document:
    """Return a spec with the change of a finding."""
    chosen = finding.tried[0]
    gain = in_percent(chosen.gain, "+")
    return changed(
        document,
        chosen.change.changes,
        f"ladder: {gain} points against {chosen.change.cause}, on {chosen.gain.n} {which} items",
    )
