"""Lines and cells of a csv file, without numpy; and where the first thing stands that is wrong with one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snnc.program.network import Network
    from snnc.spec.sources import Csv

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from snnc.data.file_kinds import found_instead
from snnc.diagnostics.wording import counted


class BadText(ValueError):
    """A file is no text, or its lines are no rows of a table. Says where and why."""


@dataclass(frozen=True)
class Format:
    """How a table is written. `label` is the name or the number of a column; `names` are those of the classes."""

    delimiter: str
    header: bool
    label: str | int
    names: Sequence[str]
    classes: int

    def label_column(self, columns: list[str]) -> int:
        """Return the number of the label's column, from 0. Raises LookupError."""
        if isinstance(self.label, str):
            if columns.count(self.label) != 1:
                raise LookupError(self.label)
            return columns.index(self.label)
        return range(len(columns))[self.label]

    def column(self, columns: list[str], number: int) -> str:
        """Return how a column is called: by its name, or by its number where that says which it is."""
        name = columns[number]
        if self.header and name.strip() and columns.count(name) == 1:
            return f"column '{name}'"
        return f"column {number} (from 0)"

    def label_of(self, path: Path) -> int:
        """Return the number of the label's column in a file. Raises OSError, BadText and LookupError."""
        top = next(rows(path, self.delimiter), Row(1, []))
        return self.label_column(top.cells)


@dataclass(frozen=True)
class Row:
    line: int
    cells: list[str]


def rows(path: Path, delimiter: str) -> Iterator[Row]:
    """Yield the rows of a file, without empty lines. Raises OSError and BadText, once it gets there."""
    if what := found_instead(path):
        raise BadText(what)
    # As numpy.loadtxt reads: with any line ends, and the mark that spreadsheets start with left out.
    with path.open(encoding="utf-8-sig", errors="surrogateescape") as file:
        reader = csv.reader(_sound(file), delimiter=delimiter)
        line = 1
        try:
            for cells in reader:
                if cells:
                    yield Row(line, cells)
                line = reader.line_num + 1
        except csv.Error as error:
            raise BadText(f"line {line}: {error}") from error


def _sound(file: IO[str]) -> Iterator[str]:
    for number, line in enumerate(file, 1):
        if "\0" in line:
            raise BadText(f"line {number} is no text")
        try:
            line.encode()
        except UnicodeEncodeError as error:
            raise BadText(f"line {number} is not UTF-8: save the file as UTF-8") from error
        yield line


def number(cell: str) -> float | None:
    """Return the number in a cell, or None if there is no finite one."""
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if math.isfinite(value) and cell.isascii() and "_" not in cell else None


def fault(path: Path, how: Format) -> str | None:
    """Return the first thing that is wrong with a table, and its line; None if nothing is. Raises OSError."""
    columns: list[str] = []
    try:
        for row in rows(path, how.delimiter):
            if not columns:
                columns = row.cells
                if how.header:
                    continue
            if wrong := _wrong(row, columns, how):
                return f"line {row.line}{wrong}"
    except BadText as error:
        return str(error)
    return None


def _wrong(row: Row, columns: list[str], how: Format) -> str | None:
    if len(row.cells) != len(columns):
        return f" has {counted(len(row.cells), 'column')}, not {len(columns)}"
    label = how.label_column(columns)
    for column, cell in enumerate(row.cells):
        name = how.column(columns, column)
        if column != label:
            if number(cell) is None:
                return f", {name}: {missing(cell)}"
        elif cell not in how.names:
            value = number(cell)
            if value is None:
                return f", {name}: {unlisted(cell)}"
            if value not in range(how.classes):
                return f", {name}: the label is {cell}; {expected(how.classes)}"
    return None


def missing(cell: str) -> str:
    """Return what is wrong with a cell that holds no number."""
    if not cell.strip() or cell.strip().lower() in ("?", "na", "nan", "null", "none"):
        return f"{cell!r} is no value: remove the item, or fill in a number"
    if has_decimal_comma(cell):
        return f"{cell!r} has a comma; numbers have a decimal point"
    return f"{cell!r} is no finite number"


def has_decimal_comma(cell: str) -> bool:
    """Whether a cell holds a number as some languages write it."""
    return cell.strip() == cell.strip(" ,") and number(cell.replace(",", ".")) is not None


def unlisted(cell: str) -> str:
    """Return what is wrong with a label that is neither a number nor a name of a class."""
    return f"the label {cell!r} is no whole number, and labels in [output] doesn't list it"


def expected(classes: int) -> str:
    return f"with {classes} classes labels go from 0 to {classes - 1}"


def csv_format(network: Network, data: Csv) -> Format:
    """Return how a source's file is written."""
    names = network.output.labels or ()
    return Format(data.delimiter, data.header, data.label, names, network.output.classes)
