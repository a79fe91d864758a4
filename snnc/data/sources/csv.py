"""A table of text."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from snnc.data.csv_file import PATH, Format, csv_format, fault, rows
from snnc.data.measured import regression_of
from snnc.data.rows import on_disk
from snnc.data.sources.base import Raw, Unread
from snnc.data.unfit import unfit
from snnc.diagnostics.errors import Unfit, cannot
from snnc.program.program import Program
from snnc.spec.sources.csv import Source as Csv

Array = NDArray[np.float64]
#: So many numbers are read at a time.
AT_ONCE = 1 << 20
#: What reads the cells of a column, in place of `float`.
Readers = Mapping[int, Callable[[str], float]]


def read(program: Program) -> list[Raw]:
    unread_items = unread(program)
    return [Raw(unread_items.x_name, unread_items.x[:], unread_items.y_name, unread_items.y)]


def unread(program: Program) -> Unread:
    """Read a table as the scripts do. Only a table that NumPy refuses is read again line by line, to locate the error.

    Where unusable items are left out, cells that hold no number, and labels that are no class, are NaN.
    """
    path, data = program.data_path, program.data
    assert path is not None
    assert isinstance(data, Csv)
    how = csv_format(program.network, data)
    lenient = data.leaves_unusable_out
    labels: list[Array] = []

    def items(columns: int, label: int, ignored: list[int]) -> Iterator[Array]:
        readers: dict[int, Callable[[str], float]] = dict.fromkeys(ignored, nothing)
        readers[label] = partial(_class_number, how)
        for table in tables(path, how, columns, readers, lenient):
            labels.append(table[:, label])
            x = np.delete(table, [label, *ignored], axis=1)
            # NumPy also reads nan and inf.
            if not lenient and not np.isfinite(x).all():
                raise ValueError("there are values that aren't finite")
            yield x

    try:
        columns = how.columns_of(path)
        label, ignored = how.label_column(columns), how.ignored_columns(columns)
        x = on_disk(items(len(columns), label, ignored))
    except OSError as error:
        raise cannot("read", path, error) from error
    except (ValueError, LookupError) as error:
        raise _unfit(path, how, str(error)) from error
    y = np.concatenate(labels)
    if len(x) == 0:
        message = f"{path.as_posix()} holds no items"
        raise unfit(message, PATH, hint="save the items again: only a header is left")
    if lenient:
        return Unread("items", x, "labels", y)
    # And numbers that aren't classes.
    if not np.isin(y, np.arange(how.classes)).all():
        raise _unfit(path, how, "labels are no classes", regression_of(y).removeprefix(": "))
    return Unread("items", x, "labels", y.astype(np.int64))


def tables(
    path: Path, how: Format, columns: int, readers: Readers, lenient: bool
) -> Iterator[Array]:
    """Yield the numbers of a table, (rows, columns), some rows at a time; at least once, and then of none.

    Raises OSError, and a ValueError at the first cell that holds no number. If `lenient`, such cells are NaN, and so is
    all of a row of other columns than the first line has.
    """
    n = max(AT_ONCE // columns, 1)
    return (_lenient if lenient else _strict)(path, how, columns, readers, n)


def _strict(path: Path, how: Format, columns: int, readers: Readers, n: int) -> Iterator[Array]:
    with path.open(encoding="utf-8-sig") as file:
        is_done, skipped = False, int(how.header)
        while not is_done:
            with warnings.catch_warnings():
                # Of empty lines, and of a file that ends where some rows did.
                warnings.filterwarnings("ignore", ".*contained no data")
                table = np.loadtxt(
                    file,
                    delimiter=how.delimiter,
                    skiprows=skipped,
                    comments=None,
                    quotechar='"',
                    converters=dict(readers.items()),
                    ndmin=2,
                    max_rows=n,
                    encoding=None,  # readers get text
                )
            if len(table) and table.shape[1] != columns:
                raise ValueError(f"there are rows of {table.shape[1]} columns, not of {columns}")
            yield table.reshape(-1, columns)
            is_done, skipped = len(table) < n, 0


def _lenient(path: Path, how: Format, columns: int, readers: Readers, n: int) -> Iterator[Array]:
    items, is_done = islice(rows(path, how.delimiter), int(how.header), None), False
    while not is_done:
        some = list(islice(items, n))
        table = np.full((len(some), columns), np.nan)
        for row, values in zip(some, table, strict=True):
            if len(row.cells) == columns:
                values[:] = [
                    _number(cell, readers.get(column, float))
                    for column, cell in enumerate(row.cells)
                ]
        yield table
        is_done = len(some) < n


def nothing(_: str) -> float:
    """Return what a column that is ignored is read as."""
    return 0.0


def _class_number(how: Format, text: str) -> float:
    name = text.strip()
    return how.names.index(name) if how.by_name_alone or name in how.names else float(name)


def _number(text: str, read: Callable[[str], float]) -> float:
    try:
        return read(text)
    except ValueError:
        return np.nan


def _unfit(path: Path, how: Format, otherwise: str, hint: str = "") -> Unfit:
    """Return the error for a table, with its first fault if one is found."""
    found = fault(path, how)
    if found is None:
        return unfit(f"{path.as_posix()}: {otherwise}", PATH, hint=hint)
    message = f"{path.as_posix()}: {found.message}"
    return unfit(message, found.at, hint="; ".join(filter(None, (found.hint, hint))))
