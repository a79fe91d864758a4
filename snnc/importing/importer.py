"""From a file to a spec with its parameters: read, rewritten, lowered, deployed and proved, and nothing is written."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from snnc.data.prepare import Data, load, without_data
from snnc.diagnostics.errors import CompileError, Refusal
from snnc.diagnostics.report import report
from snnc.importing import formats
from snnc.importing.data_table import of_file, to_be_written
from snnc.importing.graph import Graph
from snnc.importing.lowering import lowered
from snnc.importing.measured import Compared, compared
from snnc.importing.offences import offences
from snnc.importing.program import Start, deployed
from snnc.importing.proof import Proof, prove
from snnc.importing.refusal import NotCarriedOver
from snnc.importing.rewriting import Change, rewritten
from snnc.importing.rules import EXACT, asked, ends
from snnc.importing.rules.encoding import encoded, halves
from snnc.importing.sketch import Sketch, uses_chip
from snnc.importing.spec_text import spec_text
from snnc.importing.table import Row, rows
from snnc.pipeline import Checked, check_document
from snnc.program.network import Network
from snnc.spec.read import parse
from snnc.training.imported import Origin


@dataclass(frozen=True, eq=False, repr=False)
class Imported:
    """What an import comes to. `graph` computes the file's logits, `start` has the weights that a training begins with."""

    origin: Origin
    graph: Graph
    table: tuple[Row, ...]
    text: str
    spec: Checked
    network: Network
    start: Start
    proof: Proof
    data: Data | None
    compared: Compared | None


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
    path, name = asked.model, asked.name
    read = formats.read(path, asked.weights)
    origin = Origin(path.name, _sha256(path))
    graph, sketch, changes = sketched(read, path.as_posix(), asked.averages)
    table = (
        of_file(asked.data, asked.folder, "none")
        if asked.data
        else to_be_written(name, sketch.shape, sketch.output.classes)
    )
    said = (
        f"{name}: imported from {path.name} ({read.written_by}), SHA-256 {origin.sha256[:16]}.",
        "The weights are the file's; nothing was trained again.",
    )
    text = spec_text(sketch, name, said, table)
    spec = _checked(text, asked.folder / f"{name}.toml", path)
    network, start = deployed(spec.program.network, sketch)
    data = load(spec.program) if asked.data else None
    proof = prove(
        graph, network, *((data.shift, data.scale) if data else without_data(spec.program))
    )
    return Imported(
        origin,
        graph,
        rows(read, changes, sketch),
        text,
        spec,
        network,
        start,
        proof,
        data,
        compared(graph, network, data, spec.program.data.split_fraction is None) if data else None,
    )


def sketched(read: Graph, file: str, averages: bool) -> tuple[Graph, Sketch, tuple[Change, ...]]:
    """Return a graph that ends in logits, the spec that computes it, and what became of its layers on the way."""
    wrong = tuple(offences(read, averages))
    if wrong:
        raise NotCarriedOver(file, wrong)
    graph, ended = rewritten(read, (*ends.RULES, *(asked.RULES if averages else ())))
    exact, changed = rewritten(graph, EXACT)
    for way in (_as_it_is, encoded, halves, _both):
        put, before = way(exact)
        put, again = rewritten(put, EXACT)
        sketch, wrong = lowered(put)
        if not sketch:
            raise NotCarriedOver(file, wrong)
        if uses_chip(sketch):
            return graph, sketch, (*before, *ended, *changed, *again)
    raise AssertionError("with neurons before and behind it, every model is on the chip")


def _as_it_is(graph: Graph) -> tuple[Graph, tuple[Change, ...]]:
    return graph, ()


def _both(graph: Graph) -> tuple[Graph, tuple[Change, ...]]:
    put, changes = halves(graph)
    coded, others = encoded(put)
    return coded, (*changes, *others)


def _checked(text: str, spec: Path, file: Path) -> Checked:
    """Return a spec that has passed all checks. Raises a Refusal that says why one hasn't."""
    try:
        return check_document(parse(text.encode(), spec))
    except CompileError as error:
        found = report(error.document, error.diagnostics)
        raise Refusal(
            f"{file.as_posix()} would become a spec with errors, and nothing is written:\n{found}"
        ) from error


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
