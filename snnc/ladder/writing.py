"""Write the change that brings accuracy back into a spec, with what it gained as a comment."""

from __future__ import annotations

from snnc.diagnostics.document import Document
from snnc.diagnostics.errors import Refusal
from snnc.environment.files import write_text
from snnc.ladder.finding import Finding
from snnc.running.results import in_percent
from snnc.spec.changes import changed
from snnc.spec.read import read


def repaired(document: Document, finding: Finding, which: str) -> Document:
    """Return a spec with the change of a finding."""
    chosen = finding.tried[0]
    gain = in_percent(chosen.gain, "+")
    return changed(
        document,
        chosen.change.changes,
        f"ladder: {gain} points against {chosen.change.cause}, on {chosen.gain.n} {which} items",
    )


def write(before: Document, after: Document) -> None:
    """Write a spec. Raises a Refusal if it was edited while changes were tried."""
    if read(before.path).text != before.text:
        raise Refusal(f"{before.path.as_posix()} was edited meanwhile: run snnc ladder again")
    write_text(before.path, after.text)
