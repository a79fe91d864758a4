"""What tests compare with files in the repository, and `make golden` writes there."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import pytest

from snnc.diagnostics.document import Document
from snnc.diagnostics.errors import CompileError
from snnc.diagnostics.report import report
from snnc.pipeline import checked, scripts
from tests.conftest import CASES, DOWNLOADED, INVALID, ROOT, SPECS

UPDATE = "make golden"
ADVICE = ROOT / "tests/cases/advice"
#: What is said of files that `tests/refused_models.py` makes.
REFUSED = ROOT / "tests/cases/refused_models"


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


def golden_refusals() -> dict[Path, str]:
    """Return what is said of each file that can't be imported."""
    from tests.refused_models import MADE, message

    wanted = {}
    for name in MADE:
        with tempfile.TemporaryDirectory() as folder:
            wanted[REFUSED / f"{name}.txt"] = message(name, Path(folder))
    return wanted


@cache
def golden_advice() -> dict[Path, str]:
    """Return what is printed of every mistake of `tests/advice/`, a file for each subject."""
    from tests.advice.followed import all_mistakes
    from tests.advice.told import told

    texts: dict[str, list[str]] = {}
    for mistake in all_mistakes():
        texts.setdefault(mistake.room, []).append(f"## {mistake.kind}\n{told(mistake).text}")
    return {
        ADVICE / f"{room.replace(' ', '_')}.txt": "\n".join(said) for room, said in texts.items()
    }


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
