"""The cells of a table of text, and how its file is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from snnc.data.csv_file import BadText, has_decimal_comma, is_gap, number, rows
from snnc.diagnostics.errors import Refusal
from snnc.diagnostics.wording import counted
from snnc.drafting.draft import MOST_LEFT_OUT

#: What may stand between two columns, the likeliest first.
DELIMITERS = (",", ";", "\t", "|", " ")
#: A table has so many lines at least.
FEWEST_LINES = 3
FORM = "a table has an item a line, columns divided by , ; | a tab or a space, and the first line may name them"
#: So many lines tell how a file is written.
FIRST = 200


@dataclass(frozen=True, eq=False)
class Table:
    """The cells of a file: names of columns, by number without a header, and items that have as many cells."""

    path: Path
    delimiter: str
    header: bool
    names: tuple[str, ...]
    items: tuple[tuple[str, ...], ...]
    #: How many lines have more cells, or fewer.
    broken: int

    def column(self, index: int) -> list[str]:
        return [item[index] for item in self.items]

    def key(self, index: int) -> str | int:
        """Return what names a column in a spec: its name if it is the only one of that name, or its number."""
        return (
            self.names[index] if self.names.count(self.names[index]) == 1 and self.header else index
        )

    @cached_property
    def numbers(self) -> NDArray[np.float64]:
        """The numbers in all cells, (items, columns); NaN where there is none."""
        values = [[number(cell) for cell in item] for item in self.items]
        return np.array(values, dtype=float)


def read(path: Path) -> Table:
    """Return the cells of a file. Raises a Refusal if they make no table."""
    try:
        delimiter = _delimiter(path)
        lines = [row.cells for row in rows(path, delimiter)]
    except BadText as error:
        raise Refusal(f"{path.as_posix()} can't be read: {error}") from error
    width = len(lines[0]) if lines else 0
    whole = [tuple(line) for line in lines if len(line) == width]
    if width < 2 or len(whole) < FEWEST_LINES:
        raise Refusal(
            f"{path.as_posix()} holds {counted(len(lines), 'line')} of a single column, or hardly any: {FORM}"
        )
    if len(whole) < len(lines) * (1 - MOST_LEFT_OUT):
        raise Refusal(
            f"{path.as_posix()}: the first line has {counted(width, 'column')}, and {len(lines) - len(whole)} of {len(lines)} lines have more "
            f"or fewer: {FORM}"
        )
    header = _has_header(whole)
    names = whole[0] if header else tuple(map(str, range(width)))
    items = tuple(whole[int(header) :])
    _refuse_commas(path, delimiter, items)
    return Table(path, delimiter, header, names, items, len(lines) - len(whole))


def is_text(table: Table, column: int) -> bool:
    """Whether most cells of a column that hold something hold no number."""
    full = [cell for cell in table.column(column) if not is_gap(cell)]
    return sum(number(cell) is None for cell in full) > (1 - MOST_LEFT_OUT) * len(full)


def _refuse_commas(path: Path, delimiter: str, items: Sequence[Sequence[str]]) -> None:
    """Raise a Refusal if numbers have decimal commas."""
    commas = next((c for item in items[:FIRST] for c in item if has_decimal_comma(c)), None)
    if commas and "," in commas and delimiter != ",":
        raise Refusal(
            f"{path.as_posix()}: {commas!r} has a comma; write numbers with a decimal point (pandas: read_csv(..., decimal=','))"
        )


def _delimiter(path: Path) -> str:
    """Return what divides the columns: that by which most of the first lines have the same number of cells, and several."""

    def same(delimiter: str) -> tuple[float, bool, int]:
        widths = [len(row.cells) for row in islice(rows(path, delimiter), FIRST)]
        (width, count), *_ = Counter(widths).most_common(1) or [(0, 0)]
        if width < 2:
            return (0.0, False, 0)
        # Decimal commas divide, too, but not a line of names.
        return (round(count / len(widths), 1), widths[0] == width, width)

    return max(DELIMITERS, key=same)


def _has_header(lines: Sequence[Sequence[str]]) -> bool:
    """Whether the first line names columns: it has words above numbers, or counts."""
    top, rest = lines[0], lines[1 : FIRST + 1]
    counting = [cell for cell in top if cell]
    if counting == [str(n) for n in range(len(counting))] and len(counting) >= len(top) - 1:
        return True
    numeric = [
        np.mean([number(line[c]) is not None for line in rest]) >= 1 - MOST_LEFT_OUT
        for c in range(len(top))
    ]
    if any(numeric):
        above = [cell for cell, is_number in zip(top, numeric, strict=True) if is_number]
        return any(map(_is_name, above))
    return not any(top[c] in {line[c] for line in rest} for c in range(len(top)))


def _is_name(cell: str) -> bool:
    """Whether a cell above numbers may name them: pandas leaves the name of an index empty."""
    return not cell or (number(cell) is None and not is_gap(cell))
