"""A table of text."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np

from snnc.data.csv_file import PATH, Format, csv_format, fault
from snnc.data.measured import regression_of
from snnc.data.sources.base import Raw
from snnc.diagnostics.codes import DATA_VALUES
from snnc.diagnostics.errors import Unfit, cannot
from snnc.program.program import Program
from snnc.spec.sources.csv import Source as Csv


def read(program: Program) -> list[Raw]:
    """Read a table as the scripts do. Only a table that NumPy refuses is read again line by line, to locate the error."""
    path, data = program.data_path, program.data
    assert path is not None
    assert isinstance(data, Csv)
    how = csv_format(program.network, data)

    def class_number(text: str) -> float:
        name = text.strip()
        return how.names.index(name) if how.by_name_alone or name in how.names else float(name)

    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "loadtxt: input contained no data")
            label = how.label_of(path)
            table = np.loadtxt(
                path,
                delimiter=how.delimiter,
                skiprows=int(how.header),
                comments=None,
                quotechar='"',
                converters={label: class_number},
                ndmin=2,
                encoding="utf-8-sig",
            )
    except OSError as error:
        raise cannot("read", path, error) from error
    except (ValueError, LookupError) as error:
        raise _unfit(path, how, str(error)) from error
    if table.size == 0:
        message = f"{path.as_posix()} holds no items"
        raise Unfit(DATA_VALUES, message, PATH, "save the items again: only a header is left")
    # NumPy also reads nan and inf, and numbers that aren't classes.
    y = table[:, label]
    usable = np.isfinite(table).all() and np.isin(y, np.arange(how.classes)).all()
    if not usable:
        raise _unfit(path, how, "labels are no classes", regression_of(y).removeprefix(": "))
    return [Raw("items", np.delete(table, label, axis=1), "labels", y.astype(np.int64))]


def _unfit(path: Path, how: Format, otherwise: str, hint: str = "") -> Unfit:
    """Return the error for a table, with its first fault if one is found."""
    found = fault(path, how)
    if found is None:
        return Unfit(DATA_VALUES, f"{path.as_posix()}: {otherwise}", PATH, hint)
    message = f"{path.as_posix()}: {found.message}"
    return Unfit(DATA_VALUES, message, found.at, "; ".join(filter(None, (found.hint, hint))))
