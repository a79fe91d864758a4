"""Where the items come from."""

from typing import Annotated, ClassVar, Literal

from pydantic import Discriminator, Field, model_validator
from pydantic_core import PydanticCustomError
from typing_extensions import Self

from snnc.model import Bare, Fraction, Model

Scale = Literal["none", "unit", "signed", "standard"]


class SourceKind(Model):
    """What all sources have in common."""

    #: Whether a script that has only numpy can read the items; if not, the training script writes them out.
    is_file: ClassVar[bool]

    kind: str
    scale: Scale = Field(
        "standard",
        description="How items are scaled, fitted on the training items alone: none; unit, to [0, 1], or signed, to [-1, 1], "
        "by the smallest and the largest value; standard, per feature to mean 0 and deviation 1.",
    )

    @property
    def split_fraction(self) -> float | None:
        """The fraction of items held out, or None where the data come split."""
        raise NotImplementedError


class Npz(SourceKind):
    """Arrays in a NumPy .npz file: x and y, split here, or x_train, y_train, x_test and y_test."""

    is_file: ClassVar[bool] = True

    kind: Literal["npz"]
    path: str = Field(
        min_length=1, description="The file, relative to the spec, with / between folders."
    )
    x: str = Field("x", description="Name of the array of items, items first.")
    y: str = Field("y", description="Name of the array of labels: integers from 0.")
    test_fraction: Fraction = Field(
        0.2,
        description="Share of the items held out, rounded up as scikit-learn does; drawn by the seed.",
    )
    x_train: str | None = Field(
        None, description="Name of the array of training items, if already split."
    )
    y_train: str | None = Field(None, description="Name of the array of training labels.")
    x_test: str | None = Field(None, description="Name of the array of test items.")
    y_test: str | None = Field(None, description="Name of the array of test labels.")

    @model_validator(mode="after")
    def _one_way_to_split(self) -> Self:
        split = ("x_train", "y_train", "x_test", "y_test")
        written = [key for key in split if getattr(self, key) is not None]
        missing = [key for key in split if getattr(self, key) is None]
        if not written:
            return self
        if missing:
            raise PydanticCustomError(
                "missing-key",
                "data that come split need {missing} too",
                {"missing": _listed(missing), "key": written[0]},
            )
        other = sorted(self.model_fields_set & {"x", "y", "test_fraction"})
        if other:
            raise PydanticCustomError(
                "conflicting-keys",
                "{other} can't stand beside {written}: the data are split here, or come split",
                {"other": _listed(other), "written": _listed(written), "key": other[0]},
            )
        return self

    @property
    def split_fraction(self) -> float | None:
        return self.test_fraction if self.x_train is None else None

    @property
    def unused(self) -> frozenset[str]:
        return frozenset() if self.x_train is None else frozenset({"x", "y", "test_fraction"})


class Sklearn(SourceKind):
    """A data set that scikit-learn ships, so that nothing is downloaded."""

    is_file: ClassVar[bool] = False

    kind: Literal["sklearn"]
    name: Literal["digits", "iris", "wine", "breast_cancer"] = Field(
        description="Which one: sklearn.datasets.load_<name>."
    )
    test_fraction: Fraction = Field(
        0.2,
        description="Share of the items held out, rounded up as scikit-learn does; drawn by the seed.",
    )

    @property
    def split_fraction(self) -> float | None:
        return self.test_fraction

    @property
    def features(self) -> int:
        """How many values an item has."""
        return {"digits": 64, "iris": 4, "wine": 13, "breast_cancer": 30}[self.name]

    @property
    def items(self) -> int:
        """How many items there are."""
        return {"digits": 1797, "iris": 150, "wine": 178, "breast_cancer": 569}[self.name]

    @property
    def classes(self) -> int:
        return {"digits": 10, "iris": 3, "wine": 3, "breast_cancer": 2}[self.name]


def _listed(keys: list[str]) -> str:
    return ", ".join(repr(key) for key in keys)


Source = Annotated[Npz | Sklearn, Discriminator("kind"), Bare]
