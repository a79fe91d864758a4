"""A table of text."""

from __future__ import annotations

import warnings

import numpy as np

from snnc.data.csv_file import csv_format, fault
from snnc.data.measured import regression_of
from snnc.data.sources.base import Raw
from snnc.diagnostics.errors import Refusal, cannot
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
        raise Refusal(f"{path.as_posix()}: {fault(path, how) or error}") from error
    if table.size == 0:
        raise Refusal(f"{path.as_posix()} holds no items")
    # NumPy also reads nan and inf, and numbers that aren't classes.
    y = table[:, label]
    usable = np.isfinite(table).all() and np.isin(y, np.arange(how.classes)).all()
    if not usable and (message := fault(path, how)):
        raise Refusal(f"{path.as_posix()}: {message}{regression_of(y)}")
    return [Raw("items", np.delete(table, label, axis=1), "labels", y.astype(np.int64))]
