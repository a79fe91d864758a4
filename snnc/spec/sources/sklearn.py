"""Data sets that scikit-learn ships."""

from typing import Literal

from pydantic import Field

from snnc.spec.sources.base import KnownKind, SplitSeed, TestFraction


class Source(KnownKind):
    """A data set that scikit-learn ships, so that nothing is downloaded."""

    kind: Literal["sklearn"]
    name: Literal["digits", "iris", "wine", "breast_cancer"] = Field(
        description="Which one: sklearn.datasets.load_<name>."
    )
    test_fraction: TestFraction = 0.2
    split_seed: SplitSeed = None

    @property
    def title(self) -> str:
        return f"scikit-learn's '{self.name}'"

    @property
    def split_fraction(self) -> float | None:
        return self.test_fraction

    @property
    def item_shape(self) -> tuple[int, ...]:
        return ({"digits": 64, "iris": 4, "wine": 13, "breast_cancer": 30}[self.name],)

    @property
    def items(self) -> int:
        """The number of items."""
        return {"digits": 1797, "iris": 150, "wine": 178, "breast_cancer": 569}[self.name]

    @property
    def classes(self) -> int:
        return {"digits": 10, "iris": 3, "wine": 3, "breast_cancer": 2}[self.name]
