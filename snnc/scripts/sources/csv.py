"""Items and labels in a text file, an item a line."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from snnc.data.csv_file import numbers_among
from snnc.program.program import Program
from snnc.scripts.code import Group, expression, layout, literal
from snnc.scripts.sources.base import data_constant
from snnc.spec.sources.csv import Source as Csv


class CsvSource(NamedTuple):
    data: str
    #: The constant of the names of the classes, if the spec lists them.
    labels: str
    #: Whether labels are names, all of them, because some look like numbers.
    by_name_alone: bool
    delimiter: str
    #: The column of labels, and the statement that finds it by its name.
    label: str
    find_label: str
    load_table: str
    test_fraction: str
    template: str = "sources/csv.py.jinja"

    @property
    def constants(self) -> tuple[str, ...]:
        return (self.data, self.labels) if self.labels else (self.data,)

    @property
    def imports(self) -> tuple[str, ...]:
        return ("import numpy as np", *(("import csv",) if self.find_label else ()))


def section(program: Program, folder: Path) -> CsvSource:
    data, listed = program.data, program.network.output.labels
    labels = listed and tuple(name.strip() for name in listed)
    assert isinstance(data, Csv)
    is_named = isinstance(data.label, str)
    name = literal(str(data.label).strip())
    find = layout(Group("columns.index(", (name,), ")"), "label = ", indent=4)
    label = "label" if is_named else literal(data.label)
    return CsvSource(
        data=data_constant(program, folder, data.path),
        labels=layout(expression(labels), "LABELS = ") if labels else "",
        by_name_alone=numbers_among(labels or ()),
        delimiter=literal(data.delimiter),
        label=label,
        find_label=find if is_named else "",
        load_table=_load_table(data, label, has_names=labels is not None),
        test_fraction=literal(data.test_fraction),
    )


def _load_table(data: Csv, label: str, has_names: bool) -> str:
    """Return the statement that reads the file."""
    arguments = ["path", f"delimiter={literal(data.delimiter)}"]
    arguments += ["skiprows=1"] if data.header else []
    arguments += ["comments=None", "quotechar='\"'", "ndmin=2", 'encoding="utf-8-sig"']
    arguments += [f"converters={{{label}: class_number}}"] if has_names else []
    return layout(Group("np.loadtxt(", tuple(arguments), ")"), "table = ", indent=4)
