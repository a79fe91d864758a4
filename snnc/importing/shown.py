"""An import as a person reads it, and as plain data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from snnc.importing.importer import Imported
from snnc.show.layers import summary
from snnc.show.table import aligned

OTHER = "with means in place of largest values it is another network, and answers fewer items rightly until it is trained on"
HEADER = ("layer", "class", "became", "why")


def lines(result: Imported, written: Sequence[Path], width: int | None = None) -> Iterator[str]:
    """Yield what there is to say: the table, the proof, the accuracy, the files, and what comes next."""
    yield aligned([HEADER, *(row.cells for row in result.table)], width=width)
    yield ""
    yield str(result.proof)
    if result.is_other:
        yield OTHER if result.compared else f"{OTHER}; with --data it is said how much"
    if not result.on_chip:
        yield 'the chip has no room for it: the spec is for targets = ["nengo_dl"] alone'
    if result.scale:
        yield str(result.scale)
    if result.compared:
        yield str(result.compared)
    if not written:
        yield f"nothing is written; {summary(result.spec.program)}"
        return
    spec = result.spec.document.path.as_posix()
    then = "snnc train" if result.is_other else "snnc calibrate"
    yield f"wrote {', '.join(path.as_posix() for path in written)}; {summary(result.spec.program)}"
    if result.data:
        yield f"next: {then} {spec}, snnc run {spec}"
    else:
        yield f"next: write into [data] of {spec} what it is to be tested on, then {then} {spec}, snnc run {spec}"


def as_data(result: Imported) -> dict[str, Any]:
    """Return the same as plain data."""
    return {
        "imported": {**asdict(result.origin), "written_by": result.written_by},
        "name": result.spec.program.name,
        "layers": [asdict(row) for row in result.table],
        "another_network": result.is_other,
        "on_chip": result.on_chip,
        "proof": asdict(result.proof),
        "scale": asdict(result.scale) if result.scale else None,
        "accuracy": asdict(result.compared) if result.compared else None,
    }
