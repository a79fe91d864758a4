"""Data sets of openml.org."""

from typing import Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from typing_extensions import Self

from snnc.diagnostics.codes import CONFLICTING_KEYS, MISSING_KEY
from snnc.spec.base import Count
from snnc.spec.sources.base import SourceKind, SplitSeed, TestFraction, listed


class Source(SourceKind):
    """A data set of openml.org that scikit-learn downloads, once, into ~/scikit_learn_data.

    Its targets become classes in the order of labels in [output]; without labels, in sorted order.
    """

    kind: Literal["openml"]
    name: str | None = Field(None, min_length=1, description="Its name there; or write data_id.")
    version: Count = Field(1, description="Which version of that name, from 1.")
    data_id: Count | None = Field(None, description="Its number there, instead of a name.")
    test_fraction: TestFraction = 0.2
    split_seed: SplitSeed = None

    @model_validator(mode="after")
    def _one_way_to_name_it(self) -> Self:
        if self.name is None and self.data_id is None:
            raise PydanticCustomError(MISSING_KEY, "[data] has no 'name' and no 'data_id'", {})
        other = sorted(self.model_fields_set & {"name", "version"})
        if self.data_id is not None and other:
            raise PydanticCustomError(
                CONFLICTING_KEYS,
                "{other} can't stand beside 'data_id', which says it all",
                {"other": listed(other), "key": other[0]},
            )
        return self

    @property
    def split_fraction(self) -> float | None:
        return self.test_fraction

    @property
    def unused(self) -> frozenset[str]:
        return frozenset({"name", "version"} if self.name is None else {"data_id"})

    @property
    def title(self) -> str:
        name = f"number {self.data_id}" if self.name is None else f"'{self.name}'"
        return f"OpenML's {name}"
