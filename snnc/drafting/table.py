"""Draft a spec for a table of text: how it is written, which column holds the labels, and which hold nothing to learn from."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.data.columns import like_pixels, never_vary, row_numbers, tell_labels
from snnc.data.csv_file import (
    MOST_NAMES,
    BadText,
    column_number,
    has_decimal_comma,
    in_order,
    is_gap,
    number,
    rows,
)
from snnc.data.prepare import MOST_CLASSES
from snnc.diagnostics.errors import Refusal, UsageError
from snnc.diagnostics.wording import counted, joined
from snnc.drafting.draft import (
    HELD_OUT,
    MOST_LEFT_OUT,
    Draft,
    Line,
    missing_lines,
    scale_line,
    with_codes,
)
from snnc.spec.regressions import NOT_YET

#: What may stand between two columns, the likeliest first.
DELIMITERS = (",", ";", "\t", "|", " ")
#: How columns of labels are called.
LABELS = (
    *("label", "labels", "class", "classes", "target", "targets", "y", "category", "species"),
    *("kind", "type", "diagnosis", "outcome", "result"),
)
#: A table has so many lines at least.
FEWEST_LINES = 3
FORM = "a table has an item a line, columns divided by , ; | a tab or a space, and the first line may name them"
#: So many lines tell how a file is written.
FIRST = 200
#: Of a label that is one, there are more items than this share of those of an average one.
RARE = 0.02
#: Of fewer items a class, none is too rare.
FEW = 5


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


def draft(path: Path, relative: str, label: str | None) -> Draft:
    """Return what fits a table. `label` names the column of labels, if it isn't to be found out.

    Raises:
        Refusal: The file is none that a spec can have, or doesn't tell which column holds the labels.
    """
    table = read(path)
    at, why = _label(table, label)
    classes, strange = _classes(table, at)
    labels = table.column(at)
    y = np.array([classes.index(cell) if cell in classes else -1 for cell in labels])
    inputs, ignored = _inputs(table, at)
    x = table.numbers[:, inputs]
    sound = np.isfinite(x).all(axis=1) & (y >= 0)
    columns = [*ignored, *_worthless(x[sound], y[sound], inputs)]
    inputs = [c for c in inputs if c not in dict(columns)]
    if not inputs:
        raise Refusal(f"{path.as_posix()}: no column holds numbers to learn from")
    x = table.numbers[:, inputs]
    sound = np.isfinite(x).all(axis=1) & (y >= 0)
    bad = int(np.sum(~sound)) + table.broken
    total = len(sound) + table.broken
    if bad > MOST_LEFT_OUT * total:
        raise Refusal(
            f"{path.as_posix()}: {bad} of {counted(total, 'item')} can't be used, too many to leave out; {_first_fault(table, inputs, at, y)}"
        )
    coded = missing_lines(x, sound)
    kept = x[sound & ~with_codes(np.nan_to_num(x), coded)]
    data = [
        Line("kind", "csv", f"text, {counted(len(table.names), 'column')}"),
        Line("path", relative, f"{counted(total, 'item')}"),
        *_written(table),
        Line("label", table.key(at), why),
        *_ignore(table, columns),
        *coded,
    ]
    if bad:
        said = _faults(table, x, y, strange)
        data.append(Line("unusable", "leave_out", f"{bad} of {total} items can't be used: {said}"))
    data.append(scale_line(kept, images=False))
    return Draft(
        data=tuple(data),
        input=(
            Line(
                "shape",
                [len(inputs)],
                "columns without the label" + (" and those that are ignored" if columns else ""),
            ),
        ),
        output=tuple(_output(classes)),
        to_train=len(kept) - int(np.ceil(HELD_OUT * len(kept))),
    )


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


def _label(table: Table, wanted: str | None) -> tuple[int, str]:
    """Return the column of labels, and why it is that."""
    if wanted is not None:
        return _named_column(table, wanted), "as --label says"
    columns = range(len(table.names))
    named = [c for c in columns if table.names[c].lower() in LABELS]
    if len(named) == 1:
        return named[0], "by its name"
    classlike = [c for c in columns if _classlike(table, c)]
    texts = [c for c in classlike if _is_text(table, c)]
    if len(texts) == 1:
        return texts[0], "the only column with a few different words"
    if not texts and columns[-1] in classlike:
        return columns[-1], "the last column, of a few whole numbers"
    if not texts and 0 in classlike:
        return 0, "the first column, of a few whole numbers"
    raise Refusal(
        f"{table.path.as_posix()} doesn't tell which column holds the labels: name it, --label COLUMN; it has {_listed(table.names)}"
    )


def _named_column(table: Table, wanted: str) -> int:
    """Return the column of a name, or of a number. Raises a UsageError if there is none."""
    column: str | int = wanted
    if wanted not in table.names and re.fullmatch(r"-?\d{1,9}", wanted):
        column = int(wanted)
    try:
        return column_number(column, list(table.names))
    except LookupError:
        message = f"{table.path.as_posix()} has no single column {wanted!r}: it has {_listed(table.names)}"
        raise UsageError(message) from None


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - 20} more" if len(names) > 20 else ""
    return f"the columns {joined(names[:20], 'and')}{more}"


def _is_text(table: Table, column: int) -> bool:
    """Whether most cells of a column that hold something hold no number."""
    full = [cell for cell in table.column(column) if not is_gap(cell)]
    return sum(number(cell) is None for cell in full) > (1 - MOST_LEFT_OUT) * len(full)


def _classlike(table: Table, column: int) -> bool:
    """Whether a column holds a few words or whole numbers, each several times."""
    cells = [cell for cell in table.column(column) if not is_gap(cell)]
    values = [number(cell) for cell in cells]
    if not _is_text(table, column) and any(v is not None and v != int(v) for v in values):
        return False
    return 2 <= len(set(cells)) <= min(MOST_NAMES, max(len(cells) / 5, 2))


def _classes(table: Table, at: int) -> tuple[list[str], list[str]]:
    """Return the labels that are classes, and others that are too rare to be some. Raises a Refusal if they hardly are classes."""
    counts = Counter(cell for cell in table.column(at) if not is_gap(cell))
    rare = _rare(counts)
    classes = sorted(counts.keys() - rare, key=in_order)
    named = f"{table.path.as_posix()}: the column {table.names[at]!r}"
    if len(classes) < 2:
        raise Refusal(
            f"{named} holds {counted(len(counts), 'label')}, and classes are at least two"
        )
    if counts.total() < 2 * len(classes) or len(classes) > MOST_CLASSES or _measured(classes):
        raise Refusal(f"{named} holds {len(counts)} different values: a regression? {NOT_YET}")
    return classes, sorted(rare)


def _rare(counts: Mapping[str, int]) -> set[str]:
    """Return the labels that are hardly classes, as there are so few items of them."""
    several = [n for n in counts.values() if n > 1]
    usual = float(np.median(several)) if several else 0.0
    return {name for name, n in counts.items() if usual >= FEW and n <= max(1, RARE * usual)}


def _measured(names: Sequence[str]) -> bool:
    """Whether labels are many numbers with fractions."""
    fractions = [v for v in map(number, names) if v is not None and v != int(v)]
    return len(names) > MOST_NAMES and bool(fractions)


def _inputs(table: Table, label: int) -> tuple[list[int], list[tuple[int, str]]]:
    """Return the columns that hold numbers, and others but the label's, each with what is wrong with it."""
    inputs, others = [], []
    for column in (c for c in range(len(table.names)) if c != label):
        cells = table.column(column)
        empty = sum(map(is_gap, cells))
        if empty > MOST_LEFT_OUT * len(cells):
            others.append((column, f"is empty in {empty / len(cells):.0%} of the items"))
        elif _is_text(table, column):
            others.append((column, "holds text"))
        else:
            inputs.append(column)
    return inputs, others


def _worthless(x: NDArray[Any], y: NDArray[Any], inputs: Sequence[int]) -> list[tuple[int, str]]:
    """Return the columns that hold numbers, but none to learn from, each with what is wrong with it."""
    if len(x) == 0:
        return []
    found = dict.fromkeys(tell_labels(x, y), "tells the label")
    found |= dict.fromkeys(row_numbers(x), "counts the items")
    # Pixels at the border may be dark in all items, and do no harm.
    found |= {} if like_pixels(x) else dict.fromkeys(never_vary(x), "never varies")
    return [(inputs[c], why) for c, why in sorted(found.items())]


def _written(table: Table) -> list[Line]:
    lines = []
    if table.delimiter != ",":
        lines.append(Line("delimiter", table.delimiter, "between two columns"))
    if not table.header:
        lines.append(Line("header", False, "the first line holds an item, no names"))
    return lines


def _ignore(table: Table, columns: Sequence[tuple[int, str]]) -> list[Line]:
    if not columns:
        return []
    said: dict[str, list[str]] = {}
    for column, why in columns:
        said.setdefault(why, []).append(repr(table.key(column)))
    return [
        Line(
            "ignore",
            [table.key(column) for column, _ in columns],
            "; ".join(
                f"{', '.join(names[:6])}{' ...' if len(names) > 6 else ''} {why}"
                for why, names in said.items()
            ),
        )
    ]


def _faults(table: Table, x: NDArray[Any], y: NDArray[Any], strange: Sequence[str]) -> str:
    """Return in words what is wrong with items that can't be used."""
    gaps, no_class = int(np.sum(~np.isfinite(x).all(axis=1))), int(np.sum(y < 0))
    said = [f"{table.broken} of another number of columns"] if table.broken else []
    said += [f"{gaps} without a number in each column"] if gaps else []
    rare = f", as {', '.join(map(repr, strange[:3]))}" if strange else ""
    said += [f"{no_class} without a label that others have{rare}"] if no_class else []
    return ", ".join(said)


def _first_fault(table: Table, inputs: Sequence[int], at: int, y: NDArray[Any]) -> str:
    for item, label in zip(table.items, y, strict=True):
        wrong = [c for c in inputs if number(item[c]) is None]
        if wrong:
            return f"column {table.key(wrong[0])!r} holds {item[wrong[0]]!r}"
        if label < 0:
            return f"the label {item[at]!r} is rare"
    return "lines have different numbers of columns"


def _output(classes: Sequence[str]) -> list[Line]:
    """Return classes, and their names unless those are the numbers that classes have."""
    n = Line("classes", len(classes), "different labels in the file")
    if list(classes) == [str(c) for c in range(len(classes))]:
        return [n]
    return [n, Line("labels", list(classes), "the classes, in this order")]
