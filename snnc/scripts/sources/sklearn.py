"""A data set that scikit-learn ships."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from snnc.program.program import Program
from snnc.scripts.code import identifier, literal
from snnc.scripts.sources.base import drawn_by
from snnc.spec.sources.sklearn import Source as Sklearn


class SklearnSource(NamedTuple):
    size_in: str
    loader: str
    test_fraction: str
    #: The seed that draws them.
    drawn_by: str
    template: str = "sources/sklearn.py.jinja"

    @property
    def constants(self) -> tuple[str, ...]:
        return ()

    @property
    def imports(self) -> tuple[str, ...]:
        return (
            "import numpy as np",
            f"from sklearn.datasets import {self.loader}",
        )


def section(program: Program, folder: Path) -> SklearnSource:
    assert isinstance(program.data, Sklearn)
    return SklearnSource(
        size_in=literal(program.network.input_size),
        loader=identifier(f"load_{program.data.name}"),
        test_fraction=literal(program.data.test_fraction),
        drawn_by=drawn_by(program),
    )
