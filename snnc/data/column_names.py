"""What the values of an item are called, where its source has names for them."""

from __future__ import annotations

from snnc.data.csv_file import csv_format
from snnc.program.program import Program
from snnc.spec.sources.csv import Source as Csv


def column_names(program: Program) -> tuple[str, ...]:
    """Return the names that a table's header gives to the values of an item, in their order; none without a header or a table.

    A column without a name has its number, from 0.
    """
    path, data = program.data_path, program.data
    if not isinstance(data, Csv) or path is None:
        return ()
    how = csv_format(program.network, data)
    try:
        columns = how.columns_of(path)
        others = {how.label_column(columns), *how.ignored_columns(columns)}
    except (OSError, ValueError, LookupError):  # what was trained runs without its table
        return ()
    names = [cell.strip() for column, cell in enumerate(columns) if column not in others]
    if not how.header or len(names) != program.network.input_size:
        return ()
    return tuple(name or str(number) for number, name in enumerate(names))
