"""The pipeline: a TOML text becomes a program, and a program becomes scripts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from snnc.checks import check
from snnc.checks.batch_norm import BATCH_NORM_STEPS, few_steps
from snnc.diagnostics.allowed import without_allowed
from snnc.diagnostics.diagnostic import Diagnostic
from snnc.diagnostics.document import Document
from snnc.diagnostics.errors import CompileError
from snnc.loihi.cutting import cut
from snnc.program.lower import lower
from snnc.program.program import Program
from snnc.spec.read import read
from snnc.spec.tables import Spec
from snnc.spec.validate import validate

#: How a spec gives its number of epochs.
LONGER = "write epochs = {} in [train]"


@dataclass(frozen=True, eq=False, repr=False)
class Checked:
    """A spec without errors: the document that it was written in, the program that it means, and its warnings.

    Those that the spec allows are left out; `allowed` has their codes and reasons. It shows itself as the table of its layers.
    """

    document: Document
    program: Program
    warnings: tuple[Diagnostic, ...]
    allowed: Mapping[str, str]

    def __repr__(self) -> str:
        from snnc.show.layers import layers, summary  # commands never ask for it
        from snnc.show.table import aligned

        return f"{self.program.name}: {summary(self.program)}\n{aligned(layers(self.program))}"

    def _repr_html_(self) -> str:
        from snnc.show.layers import layers, summary
        from snnc.show.table import html, paragraph

        said = f"{self.program.name}: {summary(self.program)}"
        return paragraph(said) + html(layers(self.program))


class Understood(NamedTuple):
    """The program of a spec whose layers are understood, and all that is wrong with it."""

    program: Program
    found: tuple[Diagnostic, ...]


def checked(path: Path, data_file: Path | None = None) -> Checked:
    """Read a spec, and raise a CompileError if anything in it can't work; `data_file` replaces its data."""
    return check_document(read(path), data_file)


def check_document(document: Document, data_file: Path | None = None) -> Checked:
    spec = validate(document)
    program = replace(_program(spec, document), data_file=data_file)
    warnings = check(program, document, spec.allow)
    return Checked(document, program, warnings, spec.allow)


def _program(spec: Spec, document: Document) -> Program:
    """Return the program of a spec, each layer on the chip cut into blocks."""
    program = lower(spec, document)
    return replace(program, network=cut(program.network))


def understood(document: Document) -> Understood:
    """Return the program of a spec in spite of errors beside its layers. Raises a CompileError if those aren't understood."""
    try:
        spec = validate(document)
    except CompileError as error:
        from snnc.spec.layers_alone import with_layers_alone  # for errors alone

        try:
            spec = validate(with_layers_alone(document, error.diagnostics))
        except CompileError:
            raise error from None
        return Understood(_program(spec, document), error.diagnostics)
    program = _program(spec, document)
    try:
        return Understood(program, check(program, document, spec.allow))
    except CompileError as error:
        return Understood(program, error.diagnostics)


def scripts(program: Program, folder: Path) -> dict[Path, str]:
    """Return the text of every script that a program is emitted as, for a folder they are to be written to."""
    # Whoever only checks needs no templates.
    from snnc.scripts.emit import emit

    return {folder / name: text for name, text in emit(program, folder).items()}


def with_epochs(spec: Checked, epochs: int | None, longer: str) -> Checked:
    """Return a spec with another number of epochs, and what is said of as many; None leaves that of the spec.

    `longer` says how that number is given where the spec doesn't say it.
    """
    if epochs is None:
        return spec
    train = spec.program.train.model_copy(update={"epochs": epochs})
    program = replace(spec.program, train=train)
    others = (w for w in spec.warnings if w.code != BATCH_NORM_STEPS)
    found = without_allowed(dict.fromkeys(few_steps(program, longer)), spec.allowed)
    return replace(spec, program=program, warnings=(*others, *found))
