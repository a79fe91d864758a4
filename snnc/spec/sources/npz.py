"""Arrays in a file of NumPy's."""

from collections.abc import Collection
from typing import Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from typing_extensions import Self

from snnc.diagnostics.codes import CONFLICTING_KEYS, MISSING_KEY
from snnc.spec.sources.base import SPLIT, FileKind, SplitSeed, TestFraction, listed


class Source(FileKind):
    """Arrays in a NumPy .npz file: x and y, split here, or x_train, y_train, x_test and y_test."""

    kind: Literal["npz"]
    x: str = Field("x", description="Name of the array of items, items first.")
    y: str = Field("y", description="Name of the array of labels: whole numbers from 0.")
    one_hot: bool = Field(
        False,
        description="Whether labels are one-hot: for each item a row with a number a class, the largest that of its own.",
    )
    test_fraction: TestFraction = 0.2
    split_seed: SplitSeed = None
    x_train: str | None = Field(
        None, description="Name of the array of training items, if already split."
    )
    y_train: str | None = Field(None, description="Name of the array of training labels.")
    x_test: str | None = Field(None, description="Name of the array of test items.")
    y_test: str | None = Field(None, description="Name of the array of test labels.")

    @model_validator(mode="after")
    def _one_way_to_split(self) -> Self:
        written = [key for key in SPLIT if getattr(self, key) is not None]
        missing = [key for key in SPLIT if getattr(self, key) is None]
        if not written:
            return self
        if missing:
            raise PydanticCustomError(
                MISSING_KEY,
                "data that come split need {missing} too",
                {"missing": listed(missing), "key": written[0]},
            )
        other = sorted(self.model_fields_set & {"x", "y", "test_fraction", "split_seed"})
        if other:
            raise PydanticCustomError(
                CONFLICTING_KEYS,
                "{other} can't stand beside {written}: the data are split here, or come split",
                {"other": listed(other), "written": listed(written), "key": other[0]},
            )
        return self

    @property
    def split_fraction(self) -> float | None:
        return self.test_fraction if self.x_train is None else None

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of this table that name the arrays."""
        return ("x", "y") if self.x_train is None else SPLIT

    @property
    def arrays(self) -> tuple[str, ...]:
        return tuple(getattr(self, key) for key in self.keys)

    def arrays_among(self, present: Collection[str]) -> tuple[str, ...]:
        return super().arrays_among(present) if self.x_train is None else self.arrays

    @property
    def unused(self) -> frozenset[str]:
        return (
            frozenset()
            if self.x_train is None
            else frozenset({"x", "y", "test_fraction", "split_seed"})
        )
