"""Warn of codes for missing values, and of columns that hold nothing to learn from, with the key that leaves them out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from snnc.data.columns import (
    Found,
    codes,
    like_pixels,
    never_vary,
    one_hot_with,
    row_numbers,
    tell_labels,
)
from snnc.data.csv_file import BadText, Format, csv_format, ignoring
from snnc.data.prepare import Data
from snnc.diagnostics.codes import DATA_ANSWER, DATA_CONSTANT, DATA_MISSING, DATA_NUMBER
from snnc.diagnostics.diagnostic import Diagnostic
from snnc.diagnostics.wording import joined, number
from snnc.program.program import Program
from snnc.spec import write_toml
from snnc.spec.sources.base import FileKind
from snnc.spec.sources.csv import Source as Csv

#: A message names so many columns, and the number of the others.
NAMED = 6
AT = ("data", "path")


@dataclass(frozen=True)
class _File:
    """The columns of a table in their file: all their names, and the number of each that holds values."""

    how: Format
    names: list[str]
    inputs: list[int]


def column_warnings(program: Program, data: Data) -> Iterator[Diagnostic]:
    """Yield what is odd about columns of the items to train on, in a file of the user's."""
    x = data.x_unscaled
    if not isinstance(program.data, FileKind) or x.dtype.kind not in "fiu":
        return
    file = _file(program, x.shape[1])
    if x.dtype.itemsize > 1:  # bytes are pixels
        yield from _codes(program.data, file, list(codes(x)))
    if len(program.network.input_shape) > 1:
        return  # the same value at each place of an image or a series
    if columns := tell_labels(x, data.y_train):
        message, hint = _columns(file, columns, "tell the class alone")
        yield Diagnostic(DATA_ANSWER, message, AT, hint=hint)
    if file and (columns := one_hot_with(x, data.y_train)):
        yield _one_hot(file, columns)
    if columns := row_numbers(x):
        message, hint = _columns(file, columns, "count the items")
        yield Diagnostic(DATA_NUMBER, message, AT, hint=hint)
    # Arrays have no key that leaves columns out, and `standard` leaves these at 0.
    if file and not like_pixels(x) and (columns := never_vary(x)):
        message, hint = _columns(file, columns, "never vary")
        yield Diagnostic(DATA_CONSTANT, message, AT, hint=hint)


def _file(program: Program, size: int) -> _File | None:
    """Return the columns of a table; None for arrays."""
    if not isinstance(program.data, Csv) or program.data_path is None:
        return None
    how = csv_format(program.network, program.data)
    with suppress(OSError, BadText, LookupError):
        names = how.columns_of(program.data_path)
        others = {how.label_column(names), *how.ignored_columns(names)}
        inputs = [c for c in range(len(names)) if c not in others]
        if len(inputs) == size:
            return _File(how, names, inputs)
    return None


def _codes(source: FileKind, file: _File | None, found: Sequence[Found]) -> Iterator[Diagnostic]:
    """Yield one warning for all codes for missing values."""
    if not found:
        return
    said = [f"{number(f.value)} in {f.count} items of {_name(file, f.column)}" for f in found]
    more = f" and {len(said) - NAMED} more" if len(said) > NAMED else ""
    values = sorted({*source.missing, *(f.value for f in found)})
    plain = [int(v) if v.is_integer() and abs(v) < 2**53 else v for v in values]
    yield Diagnostic(
        DATA_MISSING,
        f"far from all other values, as codes for missing ones are: {', '.join(said[:NAMED])}{more}",
        AT,
        hint=f"write missing = {write_toml.value(plain)} in [data]: such items are left out",
    )


def _columns(file: _File | None, columns: Sequence[int], what: str) -> tuple[str, str]:
    """Return what columns do, and the hint that leaves them out."""
    names = [_name(file, c) for c in columns]
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    message = f"columns that {what}: {', '.join(names[:NAMED])}{more}"
    if file is None:
        return message, f"leave them out: numpy.delete(x, {list(columns)}, axis=1)"
    ignored = ignoring(file.names, [file.inputs[c] for c in columns], file.how)
    return message, f"{ignored} and shape = [{len(file.inputs) - len(columns)}] in [input]"


def _one_hot(file: _File, columns: Sequence[int]) -> Diagnostic:
    """Return the warning for one-hot labels of which the spec takes one column."""
    how, inputs = file.how, file.inputs
    places = sorted([*(inputs[c] for c in columns), how.label_column(file.names)])
    shown = [file.names[inputs[c]] for c in columns]
    more = f" and {len(shown) - NAMED} more" if len(shown) > NAMED else ""
    others = f"{joined(shown[:NAMED], 'and')}{more}"
    written = write_toml.value([how.key(file.names, place) for place in places])
    names = [file.names[place] for place in places]
    labels = f" and labels = {write_toml.value(names)}" if how.header else ""
    return Diagnostic(
        DATA_ANSWER,
        f"with the label, the columns {others} are one-hot labels: a column a class",
        AT,
        hint=f"write label = {written} in [data] and shape = [{len(inputs) - len(columns)}] in [input] "
        f"and classes = {len(places)}{labels} in [output]",
    )


def _name(file: _File | None, column: int) -> str:
    if file is None:
        return f"value {column} (from 0)"
    return file.how.column(file.names, file.inputs[column])
