"""A data set that scikit-learn downloads from OpenML; its targets are often text."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from snnc.program.program import Program
from snnc.scripts.code import Group, expression, layout, literal
from snnc.scripts.sources.base import drawn_by
from snnc.spec.sources.openml import Source as Openml


class OpenmlSource(NamedTuple):
    size_in: str
    download: str
    #: The constant of the names of the classes, if the spec lists them.
    labels: str
    test_fraction: str
    #: The seed that draws them.
    drawn_by: str
    template: str = "sources/openml.py.jinja"

    @property
    def constants(self) -> tuple[str, ...]:
        return (self.labels,) if self.labels else ()

    @property
    def imports(self) -> tuple[str, ...]:
        return (
            "import numpy as np",
            "from sklearn.datasets import fetch_openml",
        )


def section(program: Program, folder: Path) -> OpenmlSource:
    data, labels = program.data, program.network.output.labels
    assert isinstance(data, Openml)
    which = [f"data_id={literal(data.data_id)}"]
    if data.name is not None:
        which = [literal(data.name), f"version={literal(data.version)}"]
    arguments = (*which, "as_frame=False", 'parser="liac-arff"')
    return OpenmlSource(
        size_in=literal(program.network.input_size),
        download=layout(Group("fetch_openml(", arguments, ")"), "dataset = ", indent=8),
        labels=layout(expression(labels), "LABELS = ") if labels else "",
        test_fraction=literal(data.test_fraction),
        drawn_by=drawn_by(program),
    )
