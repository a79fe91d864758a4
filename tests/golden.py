"""What tests compare with files in the repository, and `make golden` writes there."""

from __future__ import annotations

from pathlib import Path

import pytest

from snnc.diagnostics.document import Document
from snnc.diagnostics.errors import CompileError
from snnc.diagnostics.report import report
from snnc.pipeline import checked, scripts
from tests.conftest import CASES, DOWNLOADED, INVALID, SPECS

UPDATE = "make golden"


def golden_scripts() -> dict[Path, str]:
    """Return every emitted script of the example specs and of the parity cases."""
    wanted: dict[Path, str] = {}
    for spec in SPECS:
        wanted |= scripts(checked(spec).program, spec.parent)
    for spec in [*CASES, *DOWNLOADED]:
        wanted |= scripts(checked(spec).program, spec.parent / "emitted")
    return wanted


def invalid_report(path: Path) -> str:
    """Return what a person sees who checks an invalid spec, from its own folder."""
    try:
        found = checked(path)
    except CompileError as error:
        document, diagnostics = error.document, error.diagnostics
    else:
        document, diagnostics = found.document, found.warnings
    shown = Document(Path(path.name), document.text, document.data)
    text = report(shown, diagnostics)
    return text.replace(path.parent.as_posix(), ".") + "\n"


def golden_reports() -> dict[Path, str]:
    return {path.with_suffix(".err"): invalid_report(path) for path in INVALID}


def compare(path: Path, wanted: str) -> None:
    """Fail with a diff and the command that accepts it."""
    import difflib

    there = path.read_text(encoding="utf-8") if path.exists() else ""
    if there == wanted:
        return
    diff = difflib.unified_diff(
        there.splitlines(), wanted.splitlines(), f"{path.name} (committed)", "now", lineterm=""
    )
    pytest.fail("\n".join([*diff, "", f"If this is what you meant: {UPDATE}"]), pytrace=False)
