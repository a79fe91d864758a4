"""The pipeline: a TOML text becomes a program, and a program becomes scripts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from snnc.checks import check
from snnc.diagnostics import Diagnostic
from snnc.document import Document
from snnc.ir import Program
from snnc.lower import lower
from snnc.read import read
from snnc.validate import validate


@dataclass(frozen=True, eq=False)
class Checked:
    """A program without errors, and the document that it was written in."""

    document: Document
    program: Program
    warnings: tuple[Diagnostic, ...]


def checked(path: Path) -> Checked:
    """Read a spec, and raise a CompileError if anything in it can't work."""
    return check_document(read(path))


def check_document(document: Document) -> Checked:
    spec = validate(document)
    program = lower(spec, document)
    warnings = check(program, document, spec.allow)
    return Checked(document, program, warnings)


def scripts(program: Program, folder: Path) -> dict[Path, str]:
    """Return the text of every script that a program is emitted as, for a folder they are to be written to."""
    # Whoever only checks needs no templates.
    from snnc.backends import script

    return {folder / name: text for name, text in script.emit(program, folder).items()}
