"""Whether the columns of a csv file fit, told by its first lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import get_args

from snnc.checks.items import DATA_FILE, DATA_SHAPE, DATA_TYPE, items_fit
from snnc.data.csv_file import (
    BadText,
    Format,
    Row,
    csv_format,
    has_decimal_comma,
    missing,
    number,
    rows,
    unlisted,
)
from snnc.diagnostics.codes import error, warning
from snnc.diagnostics.diagnostic import Diagnostic, KeyPath
from snnc.diagnostics.wording import counted, near
from snnc.program.network import Network
from snnc.spec import write_toml
from snnc.spec.sources import Csv

#: How many labels are listed; with more of them, something else is meant.
MOST_NAMES = 50


def csv_fits(network: Network, data: Csv, path: Path, at: KeyPath) -> Iterator[Diagnostic]:
    """Yield what is wrong with a file; `at` is where the spec names it. Raises OSError."""
    try:
        first = list(islice(rows(path, data.delimiter), 2))
    except BadText as error:
        yield Diagnostic(DATA_FILE, f"can't read {path.as_posix()}: {error}", at)
        return
    if len(first) < 1 + data.header:
        yield Diagnostic(DATA_SHAPE, f"{path.as_posix()} holds no items", at)
        return
    table = _Table(path, csv_format(network, data), first[0], first[int(data.header)])
    yield from _columns_fit(network, table)


@dataclass(frozen=True)
class _Table:
    """A file, how the spec says it is written, its first line and the line of its first item."""

    path: Path
    how: Format
    top: Row
    item: Row


def _columns_fit(network: Network, table: _Table) -> Iterator[Diagnostic]:
    how, columns, item = table.how, table.top.cells, table.item
    if len(columns) == 1:
        yield _single_column(table)
        return
    try:
        label = how.label_column(columns)
    except LookupError:
        yield _misdivided(table) or _no_label(how, columns)
        return
    if len(item.cells) != len(columns):
        message = f"line {item.line} has {counted(len(item.cells), 'column')}, not {len(columns)}"
        yield _misdivided(table) or Diagnostic(DATA_SHAPE, message, ("data", "path"))
        return
    wrong = list(_header_fits(how, table.top, label))
    if any(d.severity == "error" for d in wrong):
        yield from wrong
        return
    texts = [c for c, cell in enumerate(item.cells) if c != label and number(cell) is None]
    cell = item.cells[label]
    nameless = cell not in how.names and number(cell) is None
    if (texts or nameless) and (misdivided := _misdivided(table)):
        yield misdivided
        return
    yield from wrong
    yield from items_fit(network, (len(columns) - 1,), "an item, a line without its label,")
    if nameless:
        message = f"line {item.line}, {how.column(columns, label)}: {unlisted(cell)}"
        hint = _labels_hint(table, label)
        yield Diagnostic(DATA_TYPE, message, ("data", "label"), hint=hint)
    if texts:
        name, cell = how.column(columns, texts[0]), item.cells[texts[0]]
        message = f"line {item.line}, {name}: {missing(cell)}"
        hint = _label_hint(table, texts, label)
        yield Diagnostic(DATA_TYPE, message, ("data", "path"), hint=hint)


def _single_column(table: _Table) -> Diagnostic:
    top, delimiter = table.top, table.how.delimiter
    message = f"line {top.line} has a single column: nothing in it is divided by {delimiter!r}"
    hint = ""
    if other := _better_delimiter(table):
        hint = f"write delimiter = {write_toml.value(other)}"
    elif len(table.item.cells) > 1:
        hint = "take the line out of the file if it is a title"
    return Diagnostic(DATA_SHAPE, message, ("data", "delimiter"), hint=hint)


def _misdivided(table: _Table) -> Diagnostic | None:
    """Return what to say if the columns are divided by something else."""
    other = _better_delimiter(table)
    if other is None:
        return None
    message = f"the columns of line {table.item.line} are divided by {other!r}, not by {table.how.delimiter!r}"
    hint = f"write delimiter = {write_toml.value(other)}"
    return Diagnostic(DATA_SHAPE, message, ("data", "delimiter"), hint=hint)


def _better_delimiter(table: _Table) -> str | None:
    """Return what divides the first lines into the same number of columns, all but the label's numbers."""
    for delimiter in get_args(Csv.model_fields["delimiter"].annotation):
        if delimiter == table.how.delimiter:
            continue
        try:
            top, *items = [row.cells for row in islice(rows(table.path, delimiter), 2)]
        except BadText:
            continue
        item = items[0] if items else top
        texts = [cell for cell in item if number(cell) is None and not has_decimal_comma(cell)]
        if len(top) == len(item) > 1 >= len(texts):
            return str(delimiter)
    return None


def _labels_hint(table: _Table, label: int) -> str:
    """Return what to write for labels that are text: all that the file has, those that are listed first."""
    how, found = table.how, set[str]()
    try:
        for row in islice(rows(table.path, how.delimiter), int(how.header), None):
            found.update(row.cells[label : label + 1])
    except BadText:
        pass  # once the labels are right, this is what is said next
    if not 1 < len(found) <= MOST_NAMES:
        return f"the column holds {counted(len(found), 'name')}: is it that of the labels?"
    listed = [name for name in how.names if name in found]
    names = [*listed, *sorted(found.difference(listed))]
    classes = "" if len(names) == how.classes else f" and classes = {len(names)}"
    written = write_toml.value(names)
    return f"write labels = {written}{classes} in [output]; classes then have that order"


def _label_hint(table: _Table, texts: list[int], label: int) -> str:
    """Return which column to name as the labels', if just one holds text, and not the one that is named."""
    (column, *others), item = texts, table.item.cells
    if others or number(item[label]) is None or not item[column].strip(" ?"):
        return ""
    name = table.top.cells[column]
    alone = table.how.header and table.top.cells.count(name) == 1
    written = write_toml.value(name) if alone else str(column)
    return f"write label = {written} in [data] if that is the label"


DATA_COLUMN = error("data-column")


def _no_label(how: Format, columns: list[str]) -> Diagnostic:
    at = ("data", "label")
    if isinstance(how.label, int):
        message = f"there is no column {how.label}: they go from 0 to {len(columns) - 1}"
        return Diagnostic(DATA_COLUMN, message, at, hint="write -1 for the last")
    if how.label in columns:
        message = f"{columns.count(how.label)} columns are called '{how.label}'"
        return Diagnostic(DATA_COLUMN, message, at, hint="write the number of one, from 0")
    message = f"no column is called '{how.label}'"
    if sum(number(cell) is not None for cell in columns) >= len(columns) - 1:
        message += ": the first line holds an item, not names"
        hint = "write header = false, and as label the column's number: -1 for the last"
    else:
        hint = near(how.label, columns) or f"write -1 for the last, which is {columns[-1]!r}"
    return Diagnostic(DATA_COLUMN, message, at, hint=hint)


DATA_HEADER = error("data-header")
CSV_HEADER = warning("csv-header")
CSV_INDEX = warning("csv-index")


def _header_fits(how: Format, top: Row, label: int) -> Iterator[Diagnostic]:
    """Warn of an item that is taken for names, or of names that are taken for an item."""
    at = ("data", "header")
    cells = [cell for column, cell in enumerate(top.cells) if column != label]
    numbers = [cell for cell in cells if number(cell) is not None]
    if not how.header:
        if not numbers:
            message = f"line {top.line} holds names, not numbers"
            yield Diagnostic(DATA_HEADER, message, at, hint="write header = true")
        return
    if len(numbers) == len(cells) and top.cells != [str(n) for n in range(len(top.cells))]:
        message = f"line {top.line} is left out as a header, but holds numbers"
        hint = "write header = false if it is an item"
        yield Diagnostic(CSV_HEADER, message, at, hint=hint)
    if top.cells[0].strip() == "" and label != 0:
        message = "the first column has no name: is it the number of each item?"
        hint = "leave it out of the file (pandas: index=False)"
        yield Diagnostic(CSV_INDEX, message, ("data", "path"), hint=hint)
