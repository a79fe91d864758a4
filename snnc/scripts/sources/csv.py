"""Items and labels in a text file, an item a line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from snnc.data.csv_file import numbers_among
from snnc.program.program import Program
from snnc.scripts.code import Code, Group, expression, layout, literal
from snnc.scripts.sources.base import data_constant, drawn_by
from snnc.scripts.sources.left_out import LeftOut, left_out
from snnc.spec.sources.csv import Source as Csv


class CsvSource(NamedTuple):
    data: str
    #: Whether lines that can't be used are left out.
    lenient: bool
    #: The constant of the names of the classes, if the spec lists them.
    labels: str
    #: Whether labels are names, all of them, because some look like numbers.
    by_name_alone: bool
    delimiter: str
    #: The column of labels, or those of one-hot labels; all columns that are no values; the statements that find them by their names.
    label: str
    is_one_hot: bool
    no_values: str
    find_columns: tuple[str, ...]
    #: Whether the names of columns are read.
    reads_columns: bool
    has_header: bool
    load_table: str
    left_out: LeftOut | None
    test_fraction: str
    #: The seed that draws them.
    drawn_by: str
    template: str = "sources/csv.py.jinja"

    @property
    def constants(self) -> tuple[str, ...]:
        return (self.data, self.labels) if self.labels else (self.data,)

    @property
    def imports(self) -> tuple[str, ...]:
        return ("import numpy as np", *(("import csv",) if self.reads_columns else ()))


def section(program: Program, folder: Path) -> CsvSource:
    data, listed = program.data, program.network.output.labels
    labels = listed and tuple(name.strip() for name in listed)
    assert isinstance(data, Csv)
    lenient = data.leaves_unusable_out
    label = "label" if isinstance(data.label, str) else literal(data.label)
    label = "labels" if data.is_one_hot else label
    no_values = f"*{label}" if data.is_one_hot else label
    return CsvSource(
        data=data_constant(program, folder, data.path),
        lenient=lenient,
        labels=layout(expression(labels), "LABELS = ") if labels and not data.is_one_hot else "",
        by_name_alone=numbers_among(labels or ()),
        delimiter=literal(data.delimiter),
        label=label,
        is_one_hot=data.is_one_hot,
        no_values=f"[{no_values}, *ignored]" if data.ignore else label,
        find_columns=tuple(_find_columns(data)),
        reads_columns=lenient or any(isinstance(c, str) for c in (*data.labels, *data.ignore)),
        has_header=data.header,
        load_table=_load_table(data, label, has_names=labels is not None and not data.is_one_hot),
        left_out=left_out(program),
        test_fraction=literal(data.test_fraction),
        drawn_by=drawn_by(program),
    )


def _find_columns(data: Csv) -> Iterator[str]:
    """Yield the statements that find the label's column, if it is given by its name, those of one-hot labels, and those that are ignored."""
    if isinstance(data.label, str):
        yield layout(_found(data.label), "label = ", indent=4)
    if isinstance(data.label, tuple):
        columns = Group("[", tuple(map(_found, data.label)), "]")
        yield layout(columns, "labels = ", indent=4)
    if data.ignore:
        ignored = Group("[", tuple(map(_found, data.ignore)), "]")
        yield layout(ignored, "ignored = ", indent=4)


def _found(column: str | int) -> Code:
    if isinstance(column, int):
        return literal(column)
    return Group("columns.index(", (literal(column.strip()),), ")")


def _load_table(data: Csv, label: str, has_names: bool) -> str:
    """Return the statement that reads the file."""
    arguments = ["path", f"delimiter={literal(data.delimiter)}"]
    arguments += ["skiprows=1"] if data.header else []
    arguments += ["comments=None", "quotechar='\"'", "ndmin=2", 'encoding="utf-8-sig"']
    converters = ["**dict.fromkeys(ignored, lambda text: 0)"] if data.ignore else []
    converters += [f"{label}: class_number"] if has_names else []
    converters += [f"**dict.fromkeys({label}, flag)"] if data.is_one_hot else []
    arguments += [f"converters={{{', '.join(converters)}}}"] if converters else []
    return layout(Group("np.loadtxt(", tuple(arguments), ")"), "table = ", indent=4)
