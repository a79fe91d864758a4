"""Data sets that scikit-learn ships."""

from __future__ import annotations

from snnc.data.sources.base import Raw
from snnc.environment.libraries import needed
from snnc.program.program import Program
from snnc.spec.sources.sklearn import Source as Sklearn


def read(program: Program) -> list[Raw]:
    assert isinstance(program.data, Sklearn)
    load = getattr(needed("sklearn.datasets"), f"load_{program.data.name}")
    x, y = load(return_X_y=True)
    return [Raw("data", x, "target", y)]
