"""From a file to a spec with its parameters: read, rewritten, lowered, deployed and proved, and nothing is written."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from snnc.checks.limits import CORE_LIMITS
from snnc.data.prepare import Data, load, without_data
from snnc.diagnostics.errors import CompileError, Refusal, cannot
from snnc.diagnostics.report import report
from snnc.importing import formats, scaling
from snnc.importing.data_table import DataTable, of_file, to_be_written
from snnc.importing.graph import Graph
from snnc.importing.measured import Compared, compared
from snnc.importing.program import Start, deployed
from snnc.importing.proof import Proof, prove
from snnc.importing.scaling import Chosen
from snnc.importing.sketching import Sketched, sketched, smaller
from snnc.importing.spec_text import heading, spec_text
from snnc.importing.table import Row, rows
from snnc.pipeline import Checked, check_document
from snnc.program.network import Network
from snnc.spec.read import parse
from snnc.training.imported import Origin

#: Shift and scale of items that are as they are.
NO_SCALE = (np.array(0.0), np.array(1.0))
UNKNOWN_SCALE = "items as the model takes them; or standard, unit, signed"


@dataclass(frozen=True, eq=False, repr=False)
class Imported:
    """What an import comes to.

    `start` has the weights that a training begins with; `is_other` says whether it was asked to be another network than the
    file's, and `on_chip` whether the chip has room for it.
    """

    origin: Origin
    written_by: str
    table: tuple[Row, ...]
    spec: Checked
    network: Network
    start: Start
    proof: Proof
    data: Data | None
    scale: Chosen | None
    compared: Compared | None
    is_other: bool
    on_chip: bool

    @property
    def text(self) -> str:
        return self.spec.document.text


@dataclass(frozen=True)
class Asked:
    """A model's file, that of its weights if they are apart, and the name and the folder of the spec that it is to become.

    `data` holds items and labels; `averages` says whether pooling takes means where the model takes the largest value.
    """

    model: Path
    weights: Path | None
    name: str
    folder: Path
    data: Path | None = None
    averages: bool = False


def imported(asked: Asked) -> Imported:
    """Return what a file with a trained network becomes.

    Raises:
        Refusal: If the file can't be read, or some of its layers can't be carried over.
    """
    read = formats.read(asked.model, asked.weights)
    origin = _origin(asked)
    plain = sketched(read, asked.model.as_posix(), asked.averages)
    spec, found, how = _spec(asked, origin, read, plain)
    sketch = found.sketch
    network, start = deployed(spec.program.network, sketch)
    # What the file scales itself reaches it as it is; what the spec scales for it, scaled.
    shift, scale = without_data(spec.program) if sketch.scale else NO_SCALE
    proof = prove(found.logits, network, shift, scale)
    data = load(spec.program) if asked.data else None
    is_split = spec.program.data.split_fraction is None
    return Imported(
        origin,
        read.written_by,
        rows(read, found.changes, sketch),
        spec,
        network,
        start,
        proof,
        data,
        how,
        compared(found.file, network, data, data.x_test * scale + shift, is_split)
        if data
        else None,
        found.is_other,
        sketch.on_chip,
    )


def _spec(
    asked: Asked, origin: Origin, read: Graph, plain: Sketched
) -> tuple[Checked, Sketched, Chosen | None]:
    """Return the spec, the sketch that it is of, and how the scale was chosen where it was: the first sketch for which the chip has room."""
    known = of_file(asked.data, asked.folder) if asked.data else None
    table = known or to_be_written(asked.name, plain.sketch.shape, plain.sketch.output.classes)
    try:
        return _of_sketch(asked, origin, read, plain, table)
    except CompileError as error:
        wrong = error
    for other in smaller(plain):
        if {d.code for d in wrong.diagnostics if d.severity == "error"} != {CORE_LIMITS}:
            break
        try:
            return _of_sketch(asked, origin, read, other, table)
        except CompileError as error:
            wrong = error
    found = report(wrong.document, wrong.diagnostics)
    raise Refusal(
        f"{asked.model.as_posix()} would become a spec with errors, and nothing is written:\n{found}"
    ) from wrong


def _of_sketch(
    asked: Asked, origin: Origin, read: Graph, found: Sketched, table: DataTable
) -> tuple[Checked, Sketched, Chosen | None]:
    """Return the spec of a sketch, once it has passed all checks. Raises a CompileError if it doesn't."""
    path = asked.folder / f"{asked.name}.toml"
    head = heading(asked.name, origin, read.written_by, found.changes)

    def spec_with(scale: Any, why: str) -> Checked:
        text = spec_text(found, asked.name, head, table.scaled(scale, why))
        return check_document(parse(text.encode(), path))

    if found.sketch.scale:
        numbers = scaling.of_file(found.sketch.scale, found.sketch.shape)
        return spec_with(numbers, "as the file does it"), found, None
    if asked.data is None:
        return spec_with("none", UNKNOWN_SCALE), found, None
    how = scaling.chosen(found.logits, spec_with("none", "").program)
    return spec_with(how.scale, how.short), found, how


def _origin(asked: Asked) -> Origin:
    if asked.weights is None:
        return Origin(asked.model.name, _sha256(asked.model))
    return Origin(f"{asked.model.name} --weights {asked.weights.name}", _sha256(asked.weights))


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise cannot("read", path, error) from error
