"""Read the rows of a csv file without NumPy, and locate the first error in them."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

from snnc.data.file_kinds import other_kind
from snnc.diagnostics.diagnostic import KeyPath
from snnc.diagnostics.wording import close, counted, joined
from snnc.spec import write_toml

if TYPE_CHECKING:
    from snnc.program.network import Network
    from snnc.spec.sources.csv import Source as Csv


#: Where the spec names a table.
PATH: KeyPath = ("data", "path")
#: What helps where lines hold no items.
REMOVE_LINES = 'remove such lines from the file, or write unusable = "leave_out" in [data]'
#: A hint lists at most this many labels. A column with more of them hardly holds the labels.
MOST_NAMES = 50


class BadText(ValueError):
    """A file isn't text, or a line isn't a row of a table. The message says where and why."""


@dataclass(frozen=True)
class Format:
    """The format of a table. Those in `labels` and `ignore` are names or numbers of columns; `names` are the names of the classes.

    One-hot labels have several columns. Their rows are read as if the class stood in the first of these, and the others were ignored.
    """

    delimiter: str
    header: bool
    labels: Sequence[str | int]
    names: Sequence[str]
    classes: int
    ignore: Sequence[str | int] = ()

    @property
    def by_name_alone(self) -> bool:
        """Whether a number is a name too: with the names "1" and "2", a 1 isn't the class of number 1."""
        return numbers_among(self.names)

    def class_of(self, cell: str) -> float | None:
        """Return the number of the class that a label means, or None if it is no name and no number."""
        if cell in self.names:
            return self.names.index(cell)
        return None if self.by_name_alone else number(cell)

    @property
    def is_one_hot(self) -> bool:
        return len(self.labels) > 1

    def label_columns(self, columns: list[str]) -> list[int]:
        """Return the numbers of the columns of labels, from 0: one, unless they are one-hot. Raises LookupError."""
        return [column_number(column, columns) for column in self.labels]

    def label_column(self, columns: list[str]) -> int:
        """Return the number of the column, from 0, that holds a label in the rows of a file. Raises LookupError."""
        return self.label_columns(columns)[0]

    def ignored_columns(self, columns: list[str]) -> list[int]:
        """Return the numbers of the columns, from 0, that hold neither values nor a label. Raises LookupError."""
        ignored = [column_number(column, columns) for column in self.ignore]
        return [*ignored, *self.label_columns(columns)[1:]]

    @property
    def no_values(self) -> int:
        """How many columns hold no values of an item."""
        return len(self.labels) + len(self.ignore)

    def rows(self, path: Path) -> Iterator[Row]:
        """Yield the rows of a file, the first line as it is. Raises as `rows`, and LookupError for columns that aren't there."""
        every = rows(path, self.delimiter)
        if not self.is_one_hot:
            yield from every
            return
        places: list[int] = []
        for row in every:
            is_header = not places and self.header
            places = places or self.label_columns(row.cells)
            yield row if is_header else self._with_one_label(row, places)

    def _with_one_label(self, row: Row, places: list[int]) -> Row:
        """Return a row with its class in the first column of one-hot labels; of a row without one, all of these."""
        if max(places) >= len(row.cells):
            return row
        cells = [row.cells[place] for place in places]
        flags = [flag(cell) for cell in cells]
        label = ", ".join(cells)
        if flags.count(1) == 1 and flags.count(0) == len(flags) - 1:
            one = flags.index(1)
            label = self.names[one] if one < len(self.names) else str(one)
        changed = list(row.cells)
        changed[places[0]] = label
        return Row(row.line, changed)

    def unlisted(self, cell: str) -> str:
        """Return the message for a label that means no class."""
        if self.is_one_hot:
            return f"the one-hot label is {cell!r}; it has a 1 for the item's class, and else 0"
        if self.by_name_alone:
            return f"the label {cell!r} is none of those that labels in [output] lists"
        meant = close(cell, self.names)
        say = f"; did you mean {joined(meant, 'or')}?" if meant else ""
        return f"the label {cell!r} is no whole number, and labels in [output] doesn't list it{say}"

    def column(self, columns: list[str], number: int) -> str:
        """Return a column in words: by its name if only one has it, else by its number."""
        name = columns[number]
        if self.header and name and columns.count(name) == 1:
            return f"column '{name}'"
        return f"column {number} (from 0)"

    def key(self, columns: list[str], number: int) -> str | int:
        """Return what names a column in a spec: its name if only one has it, else its number."""
        return columns[number] if self.header and columns.count(columns[number]) == 1 else number

    def columns_of(self, path: Path) -> list[str]:
        """Return the cells of a file's first line. Raises OSError and BadText."""
        return next(self.rows(path), Row(1, [])).cells

    def label_of(self, path: Path) -> int:
        """Return the number of the label's column in a file. Raises OSError, BadText and LookupError."""
        return self.label_column(self.columns_of(path))


def column_number(column: str | int, columns: list[str]) -> int:
    """Return the number, from 0, of a column that is given by its name or its number. Raises LookupError."""
    if isinstance(column, str):
        name = column.strip()
        if columns.count(name) != 1:
            raise LookupError(name)
        return columns.index(name)
    return range(len(columns))[column]


@dataclass(frozen=True)
class Row:
    """A line of a table. Around what is in a cell there may be spaces; they are left out."""

    line: int
    cells: list[str]


def rows(path: Path, delimiter: str) -> Iterator[Row]:
    """Yield the rows of a file, without empty lines. Raises OSError, and BadText at the line that is wrong."""
    if reason := other_kind(path):
        raise BadText(reason)
    # As numpy.loadtxt reads: any line ends, and without the byte order mark that spreadsheets write.
    with path.open(encoding="utf-8-sig", errors="surrogateescape") as file:
        reader = csv.reader(_text_lines(file), delimiter=delimiter)
        line = 1
        try:
            for cells in reader:
                if cells:
                    yield Row(line, [cell.strip() for cell in cells])
                line = reader.line_num + 1
        except csv.Error as error:
            raise BadText(f"line {line}: {error}") from error


def _text_lines(file: IO[str]) -> Iterator[str]:
    """Yield the lines of a file. Raises BadText for one that isn't UTF-8 text."""
    for number, line in enumerate(file, 1):
        if "\0" in line:
            utf_16 = line.count("\0") * 3 > len(line)
            reason = ": it is UTF-16, so save the file as UTF-8" if utf_16 else ""
            raise BadText(f"line {number} is no text{reason}")
        try:
            line.encode()
        except UnicodeEncodeError as error:
            raise BadText(f"line {number} is not UTF-8: save the file as UTF-8") from error
        yield line


def number(cell: str) -> float | None:
    """Return the number in a cell; None if it isn't a finite number."""
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if math.isfinite(value) and cell.isascii() and "_" not in cell else None


class Fault(NamedTuple):
    """What is wrong with a table, with its line, the key of [data] or [output] that decides it, and what to do."""

    message: str
    at: KeyPath
    hint: str


def fault(path: Path, how: Format) -> Fault | None:
    """Return the first error in a table, or None. Raises OSError."""
    columns: list[str] = []
    try:
        for row in how.rows(path):
            if not columns:
                columns = row.cells
                if how.header:
                    continue
            if error := _row_error(row, columns, how):
                at, hint = _remedy(path, how, columns, row)
                return Fault(f"line {row.line}{error}", at, hint)
    except BadText as error:
        message, _, hint = str(error).partition(": ")
        return Fault(message, PATH, hint or "remove such lines from the file")
    return None


def _remedy(path: Path, how: Format, columns: list[str], row: Row) -> tuple[KeyPath, str]:
    """Return the key that decides whether a row can be used, and what to do."""
    label = how.label_column(columns)
    known = {label, *how.ignored_columns(columns)}
    if len(row.cells) != len(columns):
        return PATH, REMOVE_LINES if not _unquoted(row, columns) else quoting(how)
    if holds_no_numbers(row.cells, label):
        return PATH, REMOVE_LINES
    cells = [c for n, c in enumerate(row.cells) if n not in known and number(c) is None]
    if cells:
        return PATH, mending(cells[0])
    cell = row.cells[label]
    if is_gap(cell):
        return PATH, REMOVE_LINES
    if meant := _misspelt(path, how, label, cell):
        return PATH, f"write {meant!r} in the file"
    named = how.class_of(cell) is None or how.names
    return ("data", "label") if named else ("output", "classes"), _renaming(path, how, label)


def _unquoted(row: Row, columns: list[str]) -> bool:
    """Whether a row is longer than the first because text in it holds what divides columns."""
    texts = [number(cell) is None and not is_gap(cell) for cell in row.cells]
    return len(row.cells) > len(columns) and any(a and b for a, b in pairwise(texts))


def quoting(how: Format) -> str:
    """Return the hint for text that holds what divides columns."""
    return f'put quotes around text that holds a "{how.delimiter}"'


def holds_no_numbers(cells: Sequence[str], label: int) -> bool:
    """Whether a row is no item: names of columns again, their units, or a sum of them."""
    values = [cell for n, cell in enumerate(cells) if n != label]
    return len(values) > 1 and not any(
        number(cell) is not None or has_decimal_comma(cell) for cell in values
    )


def _misspelt(path: Path, how: Format, label: int, cell: str) -> str:
    """Return the listed name that a label means, if all that are listed are in the file besides, or ""."""
    meant = close(cell, how.names)
    if len(meant) != 1 or number(cell) is not None:
        return ""
    present = label_names(path, how, label)
    return meant[0] if set(how.names) <= set(present) else ""


def _row_error(row: Row, columns: list[str], how: Format) -> str | None:
    """Return the first error in a row, without its line, or None."""
    if len(row.cells) != len(columns):
        return f" has {counted(len(row.cells), 'column')}, not {len(columns)}"
    label, ignored = how.label_column(columns), how.ignored_columns(columns)
    for column, cell in enumerate(row.cells):
        name = how.column(columns, column)
        if column != label:
            if column not in ignored and number(cell) is None:
                return f", {name}: {missing(cell)}"
        elif (value := how.class_of(cell)) is None:
            return f", {name}: {how.unlisted(cell)}"
        elif value not in range(how.classes):
            return f", {name}: the label is {cell}; {expected(how.classes)}"
    return None


def _renaming(path: Path, how: Format, label: int) -> str:
    """Return how to have labels as they are in a file."""
    return naming(label_names(path, how, label), how)


def label_names(path: Path, how: Format, label: int) -> list[str]:
    """Return the labels in a file as they are written: first those that the spec lists, then numbers, then text."""
    present = set[str]()
    try:
        for row in islice(how.rows(path), int(how.header), None):
            if not holds_no_numbers(row.cells, label):
                present.update(cell for cell in row.cells[label : label + 1] if not is_gap(cell))
    except BadText:
        pass  # it is reported once the labels are right
    listed = [name for name in how.names if name in present]
    return [*listed, *sorted(present.difference(listed), key=in_order)]


def naming(names: Sequence[str], how: Format) -> str:
    """Return the hint that makes classes of the labels in a file, or "" if they hardly are classes."""
    if not 1 < len(names) <= MOST_NAMES:
        return ""
    if not how.names and {number(name) for name in names} == set(range(len(names))):
        return f"write classes = {len(names)} in [output]"
    classes = "" if len(names) == how.classes else f" and classes = {len(names)}"
    written = write_toml.value(names)
    return f"write labels = {written}{classes} in [output]; classes then have that order"


def ignoring(columns: list[str], numbers: Sequence[int], how: Format) -> str:
    """Return the hint that ignores some columns besides those that the spec ignores: by their names if they have one."""
    named = [how.key(columns, n) for n in sorted(numbers)]
    return f"write ignore = {write_toml.value([*how.ignore, *named])} in [data]"


def in_order(name: str) -> tuple[bool, float, str]:
    """Return what sorts names: numbers by their value, before text."""
    value = number(name)
    return (value is None, value or 0.0, name)


def flag(cell: str) -> float | None:
    """Return the number in a cell of one-hot labels, which are 0 and 1, or False and True."""
    return {"false": 0.0, "true": 1.0}.get(cell.lower(), number(cell))


def is_gap(cell: str) -> bool:
    """Whether a cell says that there is no value."""
    return cell.lower().strip("#<>") in ("", "?", "-", "na", "n/a", "nan", "null", "none")


def mending(cell: str) -> str:
    """Return the hint for a cell that should hold a number."""
    if has_decimal_comma(cell):
        return f"write {cell.replace(',', '.')}, and so in all such cells"
    found = re.fullmatch(r"([+-]?\d+(?:\.\d+)?)\s*[^\d\s.,:/-]+", cell)
    if found and not is_gap(cell):
        return f"write {found[1]}: numbers stand alone in a cell"
    return REMOVE_LINES


def missing(cell: str) -> str:
    """Return the message for a cell that should hold a number."""
    if is_gap(cell):
        return f"{cell!r} is no value"
    if has_decimal_comma(cell):
        return f"{cell!r} has a comma; numbers have a decimal point"
    return f"{cell!r} is no finite number"


def has_decimal_comma(cell: str) -> bool:
    """Whether a cell holds a number with a comma in place of the decimal point."""
    return cell.strip() == cell.strip(" ,") and number(cell.replace(",", ".")) is not None


def numbers_among(names: Sequence[str]) -> bool:
    """Whether some of the names of classes look like numbers. Then labels are names, all of them."""
    return any(number(name) is not None for name in names)


def expected(classes: int) -> str:
    return f"with {classes} classes labels go from 0 to {classes - 1}"


def csv_format(network: Network, data: Csv) -> Format:
    """Return the format of a source's file."""
    names = tuple(name.strip() for name in network.output.labels or ())
    return Format(
        data.delimiter, data.header, data.labels, names, network.output.classes, data.ignore
    )
