"""A table of text."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from snnc.data.csv_file import PATH, Format, csv_format, fault, flag
from snnc.data.measured import regression_of
from snnc.data.sources.base import Raw
from snnc.data.unfit import unfit
from snnc.diagnostics.errors import Unfit, cannot
from snnc.program.program import Program
from snnc.spec.sources.csv import Source as Csv

Array = NDArray[np.float64]


def read(program: Program) -> list[Raw]:
    """Read a table as the scripts do. Only a table that NumPy refuses is read again line by line, to locate the error.

    Where unusable items are left out, cells that hold no number, and labels that are no class, are NaN.
    """
    path, data = program.data_path, program.data
    assert path is not None
    assert isinstance(data, Csv)
    how = csv_format(program.network, data)
    try:
        columns = how.columns_of(path)
        labels, ignored = how.label_columns(columns), how.ignored_columns(columns)
        lenient = data.leaves_unusable_out
        if lenient:
            table = _lenient(path, how, len(columns), labels[0])
        else:
            table = _strict(path, how, labels, ignored)
    except OSError as error:
        raise cannot("read", path, error) from error
    except (ValueError, LookupError) as error:
        raise _unfit(path, how, str(error)) from error
    if table.size == 0:
        message = f"{path.as_posix()} holds no items"
        raise unfit(message, PATH, hint="save the items again: only a header is left")
    x, y = np.delete(table, [labels[0], *ignored], axis=1), table[:, labels[0]]
    if how.is_one_hot and not lenient:
        y = _of_flags(table[:, labels])
    if lenient:
        return [Raw("items", x, "labels", y)]
    # NumPy also reads nan and inf, and numbers that aren't classes.
    usable = np.isfinite(x).all() and np.isin(y, np.arange(how.classes)).all()
    if not usable:
        raise _unfit(path, how, "labels are no classes", regression_of(y).removeprefix(": "))
    return [Raw("items", x, "labels", y.astype(np.int64))]


def _of_flags(flags: Array) -> Array:
    """Return the classes of one-hot labels, (items, classes); NaN for what is none."""
    is_label = np.isin(flags, (0, 1)).all(axis=1) & (flags.sum(axis=1) == 1)
    return np.where(is_label, flags.argmax(axis=1), np.nan)


def _strict(path: Path, how: Format, labels: list[int], ignored: list[int]) -> Array:
    """Return a table of numbers, with 0 in columns that are ignored. Raises ValueError at the first cell that is none."""
    read = _flag if how.is_one_hot else partial(_class_number, how)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "loadtxt: input contained no data")
        return np.loadtxt(
            path,
            delimiter=how.delimiter,
            skiprows=int(how.header),
            comments=None,
            quotechar='"',
            converters={
                **dict.fromkeys(ignored, lambda text: 0.0),
                **dict.fromkeys(labels, read),
            },
            ndmin=2,
            encoding="utf-8-sig",
        )


def _lenient(path: Path, how: Format, columns: int, label: int) -> Array:
    """Return a table of numbers, with NaN in cells that hold none, and in all of a row of other columns than the first line has."""
    table = np.full((sum(1 for _ in how.rows(path)), columns), np.nan)
    for row, values in zip(how.rows(path), table, strict=True):
        if len(row.cells) == columns:
            values[:] = [_number(cell) for cell in row.cells]
            values[label] = _number(row.cells[label], partial(_class_number, how))
    return table[int(how.header) :]


def _flag(text: str) -> float:
    value = flag(text.strip())
    return np.nan if value is None else value


def _class_number(how: Format, text: str) -> float:
    name = text.strip()
    return how.names.index(name) if how.by_name_alone or name in how.names else float(name)


def _number(text: str, read: Callable[[str], float] = float) -> float:
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
