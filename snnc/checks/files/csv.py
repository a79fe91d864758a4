"""Compare the columns of a csv file with the spec, by its first lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import get_args

from snnc.checks.items import DATA_FILE, DATA_SHAPE, DATA_TYPE, items_fit, without
from snnc.data.csv_file import (
    MOST_NAMES,
    PATH,
    REMOVE_LINES,
    BadText,
    Format,
    Row,
    column_number,
    csv_format,
    has_decimal_comma,
    holds_no_numbers,
    ignoring,
    is_gap,
    label_names,
    mending,
    missing,
    naming,
    number,
    rows,
)
from snnc.data.file_kinds import divided
from snnc.diagnostics.codes import REGRESSION, error, warning
from snnc.diagnostics.diagnostic import Diagnostic, KeyPath
from snnc.diagnostics.wording import counted, near
from snnc.program.item_shapes import same_items
from snnc.program.program import Program
from snnc.spec import write_toml
from snnc.spec.regressions import NOT_YET
from snnc.spec.sources.csv import Source as Csv


def fits(program: Program, path: Path, at: KeyPath) -> Iterator[Diagnostic]:
    """Yield the errors of a file; `at` is where the spec names it. Raises OSError."""
    network, data = program.network, program.data
    assert isinstance(data, Csv)
    how = csv_format(network, data)
    try:
        first = _first_rows(path, how)
    except BadText as error:
        reason, hint = divided(str(error))
        yield Diagnostic(DATA_FILE, f"can't read {path.as_posix()}: {reason}", at, hint=hint)
        return
    if len(first) < 1 + data.header:
        message, hint = f"{path.as_posix()} holds no items", "save it again, with its items"
        yield Diagnostic(DATA_SHAPE, message, at, hint=hint)
        return
    table = _Table(path, how, first[0], first[int(data.header)])
    yield from _columns_fit(program, table)


def _first_rows(path: Path, how: Format) -> list[Row]:
    """Return the first two rows, as they are where columns of labels aren't there. Raises OSError and BadText."""
    try:
        return list(islice(how.rows(path), 2))
    except LookupError:
        return list(islice(rows(path, how.delimiter), 2))


def items(program: Program, path: Path) -> int:
    """Return how many items to train on a file holds: lines are counted, not read. Raises OSError."""
    data = program.data
    assert isinstance(data, Csv)
    with path.open("rb") as file:
        n = sum(1 for line in file if line.strip()) - data.header
    return without(data.test_fraction, max(n, 0))


@dataclass(frozen=True, eq=False, repr=False)
class _Table:
    """A file, how the spec says it is written, its first line and the line of its first item."""

    path: Path
    how: Format
    top: Row
    item: Row


def _columns_fit(program: Program, table: _Table) -> Iterator[Diagnostic]:
    """Yield what doesn't fit; a wrong delimiter is reported in place of all that follows from it."""
    how, columns = table.how, table.top.cells
    if foreign := _foreign_line(table):
        yield foreign
        return
    try:
        label = how.label_column(columns)
    except LookupError:
        yield _misdivided(table) or _lying(table) or _no_label(how, columns)
        return
    if wrong := [*_labels_fit(how, columns), *_ignored_fit(how, columns)]:
        yield from wrong
        return
    yield from _items_fit(program, table, label)


def _items_fit(program: Program, table: _Table, label: int) -> Iterator[Diagnostic]:
    """Yield what doesn't fit of a table whose columns are known: its first item, its header, the shape of items."""
    how = table.how
    lenient = isinstance(program.data, Csv) and program.data.leaves_unusable_out
    if not lenient and (unlike := _no_item(table, label)):
        yield _misdivided(table) or unlike
        return
    header = list(_header_fits(how, table.top, label))
    if any(d.severity == "error" for d in header):
        yield from header
        return
    texts = [] if lenient else _text_columns(table, label)
    unreadable = [] if lenient else list(_item_is_readable(table, label, texts))
    if unreadable and (misdivided := _misdivided(table)):
        yield misdivided
        return
    yield from _shape_fits(program, table, texts, header)
    yield from unreadable


def _shape_fits(
    program: Program, table: _Table, texts: list[int], header: list[Diagnostic]
) -> Iterator[Diagnostic]:
    """Yield what doesn't fit of the number of columns, and warnings of the header that say no other shape."""
    how, columns = table.how, table.top.cells
    size = len(columns) - how.no_values
    ignored = " and what is ignored" if how.ignore else ""
    what = f"an item, a line without its label{ignored},"
    hint = ""
    if any(d.code == CSV_INDEX for d in header) and same_items((size - 1,), program.item_shape):
        # Then the shape is right, and two hints would contradict each other.
        hint, header = header[-1].hint, header[:-1]
    elif texts and same_items((size - len(texts),), program.item_shape):
        return  # what is said of the text makes the shape right
    yield from header
    yield from items_fit(program, (size,), what, hint)


def _labels_fit(how: Format, columns: list[str]) -> Iterator[Diagnostic]:
    """Yield an error for a column of one-hot labels that is named twice, or for another number of them than of classes."""
    if not how.is_one_hot:
        return
    places = how.label_columns(columns)
    for index, place in enumerate(places):
        if place in places[:index]:
            message = f"{how.column(columns, place)} is there already"
            yield Diagnostic(
                DATA_COLUMN, message, ("data", "label", index), hint="leave it out here"
            )
    if len(set(places)) == len(places) != how.classes:
        message = f"one-hot labels have a column a class: {len(places)} columns, but {how.classes} classes"
        hint = f"write classes = {len(places)}"
        yield Diagnostic(DATA_COLUMN, message, ("output", "classes"), hint=hint)


def _ignored_fit(how: Format, columns: list[str]) -> Iterator[Diagnostic]:
    """Yield an error for an ignored column that isn't there, is another one or the label, and if nothing is left."""
    at = ("data", "ignore")
    seen = dict.fromkeys(how.label_columns(columns), "the labels are in it")
    for index, column in enumerate(how.ignore):
        where = (*at, index)
        try:
            number = column_number(column, columns)
        except LookupError:
            yield Diagnostic(
                DATA_COLUMN, _no_column(columns, column), where, hint=_near(columns, column)
            )
            continue
        if number in seen:
            message = f"{how.column(columns, number)} can't be ignored: {seen[number]}"
            yield Diagnostic(DATA_COLUMN, message, where, hint="leave it out here")
        seen[number] = "it is already"
    if len(seen) == len(columns):
        yield Diagnostic(DATA_COLUMN, "no column is left: all are ignored", at)


def _foreign_line(table: _Table) -> Diagnostic | None:
    """Return an error if the first line isn't one of a table, or isn't divided."""
    line, columns = table.top.line, table.top.cells
    if columns[0].lower().startswith("sep="):
        hint = f"remove line {line} from the file"
        return Diagnostic(DATA_SHAPE, f"line {line} is for Excel", PATH, hint=hint)
    return _single_column(table) if len(columns) == 1 else None


def _no_item(table: _Table, label: int) -> Diagnostic | None:
    """Return an error if the line of the first item has other columns than the header, or holds no numbers."""
    how, columns, item = table.how, table.top.cells, table.item
    if trailing := _trailing(table):
        return trailing
    if len(item.cells) != len(columns):
        message = f"line {item.line} has {counted(len(item.cells), 'column')}, not {len(columns)}"
        return Diagnostic(DATA_SHAPE, message, PATH, hint=REMOVE_LINES)
    if how.header and holds_no_numbers(item.cells, label) and number(columns[0]) is None:
        message = f"line {item.line} holds no number: names again, or units?"
        return Diagnostic(DATA_TYPE, message, PATH, hint=REMOVE_LINES)
    return None


def _text_columns(table: _Table, label: int) -> list[int]:
    """Return the columns that hold text, besides the label and what is ignored."""
    known = {label, *table.how.ignored_columns(table.top.cells)}
    cells = enumerate(table.item.cells)
    return [column for column, cell in cells if column not in known and number(cell) is None]


def _item_is_readable(table: _Table, label: int, texts: list[int]) -> Iterator[Diagnostic]:
    """Yield an error for a label that isn't a class, and one for the first value that isn't a number."""
    how, columns, item = table.how, table.top.cells, table.item
    cell = item.cells[label]
    where, at = f"line {item.line}, {how.column(columns, label)}", ("data", "label")
    if cell not in how.names and (value := number(cell)) is not None and value != int(value):
        message = f"{where}: the label {cell!r} is no whole number: a regression?"
        hint = f"{NOT_YET}; if each is a class, {_labels_hint(table, label)}"
        yield Diagnostic(REGRESSION, message, at, hint=hint)
    elif how.is_one_hot and any(number(c) not in (0, 1, None) for c in cell.split(", ")):
        message = f"{where}: the labels are {cell}, none of them 0 or 1 alone: a regression on several values?"
        yield Diagnostic(REGRESSION, message, at, hint=NOT_YET)
    elif how.class_of(cell) is None:
        message = f"{where}: {how.unlisted(cell)}"
        yield Diagnostic(DATA_TYPE, message, at, hint=_labels_hint(table, label))
    if texts:
        name, cell = how.column(columns, texts[0]), item.cells[texts[0]]
        message = f"line {item.line}, {name}: {missing(cell)}"
        hint = _label_hint(table, texts, label) or mending(cell)
        if hint == REMOVE_LINES and not is_gap(cell):
            hint = ignoring(columns, texts, how)
        yield Diagnostic(DATA_TYPE, message, PATH, hint=hint)


def _trailing(table: _Table) -> Diagnostic | None:
    """Return an error if lines end in what divides columns, with nothing behind it."""
    columns, item, delimiter = table.top.cells, table.item, table.how.delimiter
    more = len(item.cells) - len(columns)
    if item.cells[-1] or delimiter == " " or more not in (0, 1) or (more == 0 and columns[-1]):
        return None
    message = f"line {item.line} ends in {delimiter!r}, and nothing is behind it"
    return Diagnostic(DATA_SHAPE, message, PATH, hint="remove what ends the lines")


def _single_column(table: _Table) -> Diagnostic:
    top, delimiter = table.top, table.how.delimiter
    message = f"line {top.line} has a single column: nothing in it is divided by {delimiter!r}"
    hint = ""
    if other := _better_delimiter(table):
        hint = f"write delimiter = {write_toml.value(other)}"
    elif len(table.item.cells) > 1:
        hint = f"remove line {top.line} from the file if it is a title"
    return Diagnostic(DATA_SHAPE, message, ("data", "delimiter"), hint=hint)


def _misdivided(table: _Table) -> Diagnostic | None:
    """Return an error if another character divides the columns."""
    other = _better_delimiter(table)
    if other is None:
        return None
    message = f"the columns of line {table.item.line} are divided by {other!r}, not by {table.how.delimiter!r}"
    hint = f"write delimiter = {write_toml.value(other)}"
    return Diagnostic(DATA_SHAPE, message, ("data", "delimiter"), hint=hint)


def _better_delimiter(table: _Table) -> str | None:
    """Return the delimiter that divides the first lines into more columns that suit a table than the spec's does."""
    delimiters = get_args(Csv.model_fields["delimiter"].annotation)
    columns = {delimiter: _suitable_columns(table.path, delimiter) for delimiter in delimiters}
    best = max(delimiters, key=lambda delimiter: columns[delimiter])
    return str(best) if columns[best] > columns[table.how.delimiter] else None


def _suitable_columns(path: Path, delimiter: str) -> int:
    """Return how many columns the first lines have, if equally many, of numbers but for one, the label; else 0."""
    try:
        top, *items = [row.cells for row in islice(rows(path, delimiter), 2)]
    except (BadText, ValueError):
        return 0
    item = items[0] if items else top
    texts = [cell for cell in item if number(cell) is None and not has_decimal_comma(cell)]
    return len(item) if len(top) == len(item) > 1 >= len(texts) else 0


def _labels_hint(table: _Table, label: int) -> str:
    """Return a hint for labels that are text: all names in the file."""
    names = label_names(table.path, table.how, label)
    if len(names) == 1:
        return "the column holds 1 name: is it that of the labels?"
    hint = naming(names, table.how)
    return hint or f"the column holds {len(names)} names: is it that of the labels?"


def _label_hint(table: _Table, texts: list[int], label: int) -> str:
    """Return a hint that names the column of the labels, if one column alone holds text, and the spec names another."""
    (column, *others), item = texts, table.item.cells
    if others or number(item[label]) is None or not item[column].strip(" ?"):
        return ""
    name = table.top.cells[column]
    alone = table.how.header and table.top.cells.count(name) == 1
    written = write_toml.value(name) if alone else str(column)
    return f"write label = {written} in [data] if that is the label"


DATA_COLUMN = error("data-column")


def _lying(table: _Table) -> Diagnostic | None:
    """Return an error if the names of the columns stand below each other."""
    try:
        names = [row.cells[0] for row in islice(rows(table.path, table.how.delimiter), MOST_NAMES)]
    except BadText:
        return None
    label = table.how.labels[0]
    if label not in names[1:]:
        return None
    message = f"line {names.index(str(label)) + 1} holds the labels: the table lies on its side"
    return Diagnostic(DATA_SHAPE, message, PATH, hint="save it transposed (pandas: DataFrame.T)")


def _no_column(columns: list[str], column: str | int) -> str:
    if isinstance(column, int):
        return f"there is no column {column}: they go from 0 to {len(columns) - 1}"
    if column in columns:
        return f"{columns.count(column)} columns are called '{column}'"
    return f"no column is called '{column}'"


def _near(columns: list[str], column: str | int) -> str:
    if isinstance(column, int) or column in columns:
        return "write the number of one, from 0"
    return near(column, columns)


def _no_label(how: Format, columns: list[str]) -> Diagnostic:
    """Return an error for the first column of labels that isn't there."""
    index, label = next((n, c) for n, c in enumerate(how.labels) if not _is_there(c, columns))
    at = ("data", "label", index) if how.is_one_hot else ("data", "label")
    message = _no_column(columns, label)
    if isinstance(label, int):
        return Diagnostic(DATA_COLUMN, message, at, hint="write -1 for the last")
    if label in columns:
        last = max(n for n, name in enumerate(columns) if name == label)
        return Diagnostic(DATA_COLUMN, message, at, hint=f"write {last}, the number of the last")
    if sum(number(cell) is not None for cell in columns) >= len(columns) - 1:
        message += ": the first line holds an item, not names"
        hint = "write header = false and label = -1, the last column"
    elif how.is_one_hot:
        hint = near(label, columns)
    else:
        hint = near(label, columns) or f"write -1 for the last, which is {columns[-1]!r}"
    return Diagnostic(DATA_COLUMN, message, at, hint=hint)


def _is_there(column: str | int, columns: list[str]) -> bool:
    try:
        column_number(column, columns)
    except LookupError:
        return False
    return True


#: What a column is called that numbers items; pandas gives it no name, or this one when it reads it again.
_INDEX = r"(unnamed: 0|id|index|idx|row|row_id|nr)?"
DATA_HEADER = error("data-header")
CSV_HEADER = warning("csv-header")
CSV_INDEX = warning("csv-index")


def _header_fits(how: Format, top: Row, label: int) -> Iterator[Diagnostic]:
    """Yield an error for names that are taken for an item, or warnings about the header."""
    numeric = [number(cell) is not None for column, cell in enumerate(top.cells) if column != label]
    if how.header:
        yield from _header_warnings(how, top, label, all(numeric))
    elif not any(numeric):
        message = f"line {top.line} holds names, not numbers"
        yield Diagnostic(DATA_HEADER, message, ("data", "header"), hint="write header = true")


def _header_warnings(how: Format, top: Row, label: int, numeric: bool) -> Iterator[Diagnostic]:
    """Warn of an item that is taken for names, and of a first column without one."""
    if numeric and top.cells != [str(n) for n in range(len(top.cells))]:
        message = f"line {top.line} is left out as a header, but holds numbers"
        hint = "write header = false if it is an item"
        yield Diagnostic(CSV_HEADER, message, ("data", "header"), hint=hint)
    first = top.cells[0]
    is_index = re.fullmatch(_INDEX, first, re.IGNORECASE) is not None
    if is_index and label != 0 and 0 not in how.ignored_columns(top.cells):
        named = f"is called '{first}'" if first else "has no name"
        message = f"the first column {named}: is it the number of each item?"
        hint = f"{ignoring(top.cells, [0], how)}, or leave it out of the file (pandas: index=False)"
        yield Diagnostic(CSV_INDEX, message, ("data", "path"), hint=hint)
