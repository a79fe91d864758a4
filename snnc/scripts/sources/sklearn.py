"""A data set that scikit-learn ships."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from snnc.program.program import Program
from snnc.scripts.code import identifier, literal
from snnc.scripts.sources.base import Source
from snnc.spec.sources import Sklearn


@dataclass(frozen=True, eq=False, repr=False)
class SklearnSource(Source):
    template: ClassVar[str] = "sources/sklearn.py.jinja"

    loader: str
    test_fraction: str

    @property
    def imports(self) -> tuple[str, ...]:
        return (
            *super().imports,
            f"from sklearn.datasets import {self.loader}",
        )


def section(program: Program, folder: Path) -> SklearnSource:
    assert isinstance(program.data, Sklearn)
    return SklearnSource(
        size_in=literal(program.network.input_size),
        loader=identifier(f"load_{program.data.name}"),
        test_fraction=literal(program.data.test_fraction),
    )
