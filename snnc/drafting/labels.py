"""Find out which column of a table holds the labels, or which columns of one-hot labels, and which classes there are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from snnc.data.csv_file import MOST_NAMES, column_number, flag, in_order, is_gap, number
from snnc.data.prepare import MOST_CLASSES
from snnc.diagnostics.errors import Refusal, UsageError
from snnc.diagnostics.wording import counted, joined
from snnc.drafting.cells import Table, is_text
from snnc.drafting.draft import MOST_LEFT_OUT, Line
from snnc.spec.regressions import NOT_YET

#: How columns of labels are called.
LABELS = (
    *("label", "labels", "class", "classes", "target", "targets", "y", "category", "species"),
    *("kind", "type", "diagnosis", "outcome", "result"),
)
#: Of a label that is one, there are more items than this share of those of an average one.
RARE = 0.02
#: Of fewer items a class, none is too rare.
FEW = 5


#: One-hot labels have so many columns at least: of two, each tells the other, and one alone is the label.
FEWEST_ONE_HOT = 3


@dataclass(frozen=True, eq=False)
class Found:
    """The columns that hold labels, several if they are one-hot, the names of the classes, and the class of each item, -1 for none."""

    columns: tuple[int, ...]
    why: str
    classes: tuple[str, ...]
    numbers: NDArray[np.int64]
    #: Labels that too few items have.
    strange: tuple[str, ...] = ()

    @property
    def output(self) -> list[Line]:
        """The classes, and their names unless those are the numbers that classes have."""
        n = Line("classes", len(self.classes), "different labels in the file")
        if self.classes == tuple(map(str, range(len(self.classes)))):
            return [n]
        return [n, Line("labels", list(self.classes), "the classes, in this order")]


def find_labels(table: Table, wanted: str | None) -> Found:
    """Return the labels of a table; `wanted` names their column, if it isn't to be found out. Raises a Refusal if it can't be."""
    if wanted is not None:
        return _of_column(table, _named_column(table, wanted), "as --label says")
    columns = range(len(table.names))
    named = [c for c in columns if table.names[c].lower() in LABELS]
    if len(named) == 1:
        return _of_column(table, named[0], "by its name")
    classlike = [c for c in columns if _classlike(table, c)]
    texts = [c for c in classlike if is_text(table, c)]
    if len(texts) == 1:
        return _of_column(table, texts[0], "the only column with a few different words")
    if one_hot := _one_hot(table):
        return one_hot
    if not texts and columns[-1] in classlike:
        return _of_column(table, columns[-1], "the last column, of a few whole numbers")
    if not texts and 0 in classlike:
        return _of_column(table, 0, "the first column, of a few whole numbers")
    raise Refusal(
        f"{table.path.as_posix()} doesn't tell which column holds the labels: name it, --label COLUMN; it has {_listed(table.names)}"
    )


def _of_column(table: Table, at: int, why: str) -> Found:
    classes, strange = _classes(table, at)
    numbers = [classes.index(cell) if cell in classes else -1 for cell in table.column(at)]
    return Found((at,), why, tuple(classes), np.array(numbers), tuple(strange))


def _one_hot(table: Table) -> Found | None:
    """Return one-hot labels: the fewest columns at the end, or else at the beginning, of which each item has a 1 in a single one."""
    columns = range(len(table.names))
    for row, where in ((columns[::-1], "last"), (columns, "first")):
        flags = np.empty((len(table.items), 0))
        for column in row:
            more = _flags(table, column)
            if more is None:
                break
            flags = np.column_stack([flags, more])
            full = flags[np.isfinite(flags).all(axis=1)]
            if flags.shape[1] >= FEWEST_ONE_HOT and (full.sum(axis=1) == 1).all():
                order = np.argsort(row[: flags.shape[1]])
                found = tuple(row[place] for place in order)
                numbers = np.where(
                    np.isfinite(flags).all(axis=1), flags[:, order].argmax(axis=1), -1
                )
                why = f"one-hot: each item has a 1 in a single one of the {where} {len(found)} columns"
                names = (
                    tuple(table.names[c] for c in found)
                    if table.header
                    else tuple(map(str, range(len(found))))
                )
                return Found(found, why, names, numbers)
    return None


def _flags(table: Table, column: int) -> NDArray[np.float64] | None:
    """Return the zeros and ones in a column, with NaN for gaps; None if it holds anything else, too many gaps, or hardly a 1."""
    cells = [flag(cell) if not is_gap(cell) else np.nan for cell in table.column(column)]
    flags = np.array(cells, dtype=float)
    full = flags[np.isfinite(flags)]
    strange = any(cell is None for cell in cells) or not np.isin(full, (0, 1)).all()
    if strange or len(full) < (1 - MOST_LEFT_OUT) * len(flags) or full.sum() < 2:
        return None
    return flags


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


def _classlike(table: Table, column: int) -> bool:
    """Whether a column holds a few words or whole numbers, each several times."""
    cells = [cell for cell in table.column(column) if not is_gap(cell)]
    values = [number(cell) for cell in cells]
    if not is_text(table, column) and any(v is not None and v != int(v) for v in values):
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


def _output(classes: Sequence[str]) -> list[Line]:
    """Return classes, and their names unless those are the numbers that classes have."""
    n = Line("classes", len(classes), "different labels in the file")
    if list(classes) == [str(c) for c in range(len(classes))]:
        return [n]
    return [n, Line("labels", list(classes), "the classes, in this order")]
