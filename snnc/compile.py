"""The pipeline: a TOML text becomes a program, and a program becomes scripts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
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
    """A program without errors, the document that it was written in, and the warnings that it raises and doesn't allow."""

    document: Document
    program: Program
    warnings: tuple[Diagnostic, ...]
    allowed: Mapping[str, str]


def checked(path: Path, data_file: Path | None = None) -> Checked:
    """Read a spec, and raise a CompileError if anything in it can't work; `data_file` replaces its data."""
    return check_document(read(path), data_file)


def check_document(document: Document, data_file: Path | None = None) -> Checked:
    spec = validate(document)
    program = replace(lower(spec, document), data_file=data_file)
    warnings = check(program, document, spec.allow)
    return Checked(document, program, warnings, spec.allow)


def scripts(program: Program, folder: Path) -> dict[Path, str]:
    """Return the text of every script that a program is emitted as, for a folder they are to be written to."""
    # Whoever only checks needs no templates.
    from snnc.backends import script

    return {folder / name: text for name, text in script.emit(program, folder).items()}
