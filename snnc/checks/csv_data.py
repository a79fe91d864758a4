"""Whether the columns of a csv file fit, told by its first lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from snnc.checks.items import items_fit
from snnc.csv_file import BadText, Format, Row, missing, number, rows, unlisted
from snnc.diagnostics import Diagnostic, KeyPath
from snnc.ir import Program
from snnc.sources import Csv
from snnc.words import counted, near


def csv_fits(program: Program, data: Csv, path: Path, at: KeyPath) -> Iterator[Diagnostic]:
    """Yield what is wrong with a file; `at` is where the spec names it. Raises OSError."""
    try:
        first = list(islice(rows(path, data.delimiter), 2))
    except BadText as error:
        yield Diagnostic("data-file", f"can't read {path.as_posix()}: {error}", at)
        return
    if len(first) < 1 + data.header:
        yield Diagnostic("data-shape", f"{path.as_posix()} holds no items", at)
        return
    how = csv_format(program, data)
    yield from _columns_fit(program, how, first[0], first[int(data.header)])


def csv_format(program: Program, data: Csv) -> Format:
    """Return how a source's file is written."""
    names = program.output.labels or ()
    return Format(data.delimiter, data.header, data.label, names, program.output.classes)


def _columns_fit(program: Program, how: Format, top: Row, item: Row) -> Iterator[Diagnostic]:
    columns = top.cells
    if len(columns) == 1:
        message = (
            f"line {top.line} has a single column: nothing in it is divided by {how.delimiter!r}"
        )
        other = next((d for d in (";", "\t", "|", ",", " ") if d in columns[0]), None)
        hint = f"write delimiter = {json.dumps(other)}" if other else ""
        yield Diagnostic("data-shape", message, ("data", "delimiter"), hint=hint)
        return
    try:
        label = how.label_column(columns)
    except LookupError:
        yield _no_label(how, columns)
        return
    if len(item.cells) != len(columns):
        message = f"line {item.line} has {counted(len(item.cells), 'column')}, not {len(columns)}"
        yield Diagnostic("data-shape", message, ("data", "path"))
        return
    wrong = list(_header_fits(how, top, label))
    yield from wrong
    if any(d.severity == "error" for d in wrong):
        return
    yield from items_fit(program, (len(columns) - 1,), "an item, a line without its label,")
    for column, cell in enumerate(item.cells):
        if column == label:
            if cell not in how.names and number(cell) is None:
                message = f"line {item.line}, column {column}: {unlisted(cell)}"
                hint = "write labels = [...] in [output]; classes then have that order"
                yield Diagnostic("data-type", message, ("data", "label"), hint=hint)
        elif number(cell) is None:
            message = f"line {item.line}, column {column}: {missing(cell)}"
            yield Diagnostic("data-type", message, ("data", "path"))
            return


def _no_label(how: Format, columns: list[str]) -> Diagnostic:
    at = ("data", "label")
    if isinstance(how.label, int):
        message = f"there is no column {how.label}: they go from 0 to {len(columns) - 1}"
        return Diagnostic("data-column", message, at, hint="write -1 for the last")
    if how.label in columns:
        message = f"{columns.count(how.label)} columns are called '{how.label}'"
        return Diagnostic("data-column", message, at, hint="write the number of one, from 0")
    message = f"no column is called '{how.label}'"
    return Diagnostic("data-column", message, at, hint=near(how.label, columns))


def _header_fits(how: Format, top: Row, label: int) -> Iterator[Diagnostic]:
    """Warn of an item that is taken for names, or of names that are taken for an item."""
    at = ("data", "header")
    cells = [cell for column, cell in enumerate(top.cells) if column != label]
    numbers = [cell for cell in cells if number(cell) is not None]
    if not how.header:
        if not numbers:
            message = f"line {top.line} holds names, not numbers"
            yield Diagnostic("data-header", message, at, hint="write header = true")
        return
    if len(numbers) == len(cells) and top.cells != [str(n) for n in range(len(top.cells))]:
        message = f"line {top.line} is left out as a header, but holds numbers"
        hint = "write header = false if it is an item"
        yield Diagnostic("csv-header", message, at, hint=hint)
    if top.cells[0].strip() == "" and label != 0:
        message = "the first column has no name: is it the number of each item?"
        hint = "leave it out of the file (pandas: index=False)"
        yield Diagnostic("csv-index", message, ("data", "path"), hint=hint)
