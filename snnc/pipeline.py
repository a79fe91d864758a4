"""The pipeline: a TOML text becomes a program, and a program becomes scripts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from snnc.checks import check
from snnc.diagnostics import Diagnostic
from snnc.document import Document
from snnc.ir import Program
from snnc.lower import lower
from snnc.read import read
from snnc.table import aligned, html, paragraph
from snnc.validate import validate


@dataclass(frozen=True, eq=False, repr=False)
class Checked:
    """A spec without errors: the document that it was written in, and the program that it means.

    It shows itself as the table of its layers.
    """

    document: Document
    program: Program
    warnings: tuple[Diagnostic, ...]

    def __repr__(self) -> str:
        from snnc.overview import layers, summary

        return f"{self.program.name}: {summary(self.program)}\n{aligned(layers(self.program))}"

    def _repr_html_(self) -> str:
        from snnc.overview import layers, summary

        said = f"{self.program.name}: {summary(self.program)}"
        return paragraph(said) + html(layers(self.program))


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


def with_epochs(program: Program, epochs: int | None) -> Program:
    """Return a program that trains for so many epochs, if a number is given, instead of as the spec says."""
    if epochs is None:
        return program
    return replace(program, train=program.train.model_copy(update={"epochs": epochs}))
