"""A table of text."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from snnc.data.csv_file import PATH, Format, csv_format, fault, flag
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
    classes: list[Array] = []

    def items(columns: int, labels: list[int], ignored: list[int]) -> Iterator[Array]:
        for table in tables(path, how, columns, _readers(how, labels, ignored, lenient), lenient):
            flags = how.is_one_hot and not lenient
            classes.append(_of_flags(table[:, labels]) if flags else table[:, labels[0]])
            x = np.delete(table, [labels[0], *ignored], axis=1)
            # NumPy also reads nan and inf.
            if not lenient and not np.isfinite(x).all():
                raise ValueError("there are values that aren't finite")
            yield x

    try:
        columns = how.columns_of(path)
        labels, ignored = how.label_columns(columns), how.ignored_columns(columns)
        x = on_disk(items(len(columns), labels, ignored))
    except OSError as error:
        raise cannot("read", path, error) from error
    except (ValueError, LookupError) as error:
        raise _unfit(path, how, str(error)) from error
    y = np.concatenate(classes)
    if len(x) == 0:
        message = f"{path.as_posix()} holds no items"
        raise unfit(message, PATH, hint="save the items again: only a header is left")
    if lenient:
        return Unread("items", x, "labels", y)
    # And numbers that aren't classes.
    if not np.isin(y, np.arange(how.classes)).all():
        raise _unfit(path, how, "labels are no classes", regression_of(y).removeprefix(": "))
    return Unread("items", x, "labels", y.astype(np.int64))


def _of_flags(flags: Array) -> Array:
    """Return the classes of one-hot labels, (items, classes); NaN for what is none."""
    is_label = np.isin(flags, (0, 1)).all(axis=1) & (flags.sum(axis=1) == 1)
    return np.where(is_label, flags.argmax(axis=1), np.nan)


def _readers(how: Format, labels: list[int], ignored: list[int], lenient: bool) -> Readers:
    """Return what reads the columns that hold no values of items. Rows that are read leniently have one label alone."""
    if lenient:
        return {labels[0]: partial(_class_number, how)}
    readers: dict[int, Callable[[str], float]] = dict.fromkeys(ignored, nothing)
    read = _flag if how.is_one_hot else partial(_class_number, how)
    return readers | dict.fromkeys(labels, read)


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
    items, is_done = islice(how.rows(path), int(how.header), None), False
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


def _flag(text: str) -> float:
    value = flag(text.strip())
    return np.nan if value is None else value


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
