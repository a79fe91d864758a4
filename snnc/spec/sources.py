"""Sources of items and labels: the kinds of `[data]`."""

from collections.abc import Collection
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError
from typing_extensions import Self

from snnc.diagnostics.codes import CONFLICTING_KEYS, MISSING_KEY
from snnc.spec.base import Bare, Count, Fraction, Model
from snnc.spec.kinds import ByKind

Scale = Literal["none", "unit", "signed", "standard"]

#: Default names of the arrays of data that come split.
SPLIT = ("x_train", "y_train", "x_test", "y_test")

#: Share of the items held out, where the data don't come split.
TestFraction = Annotated[
    Fraction,
    Field(
        description="Share of the items held out, rounded up as scikit-learn does; drawn by the seed."
    ),
]


class SourceKind(Model):
    """Base class of the sources."""

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

    @property
    def arrays(self) -> tuple[str, ...]:
        """The names of the arrays in a .npz file: items and labels, or four names if they come split."""
        return SPLIT if self.split_fraction is None else ("x", "y")

    def arrays_among(self, present: Collection[str]) -> tuple[str, ...]:
        """Return the names of the arrays in a file that replaces the source; it may come split in any case."""
        return SPLIT if self.arrays[0] not in present and SPLIT[0] in present else self.arrays


class FileKind(SourceKind):
    """Data in a file of the user's."""

    path: str = Field(
        min_length=1, description="The file, relative to the spec, with / between folders."
    )


class Npz(FileKind):
    """Arrays in a NumPy .npz file: x and y, split here, or x_train, y_train, x_test and y_test."""

    kind: Literal["npz"]
    x: str = Field("x", description="Name of the array of items, items first.")
    y: str = Field("y", description="Name of the array of labels: whole numbers from 0.")
    test_fraction: TestFraction = 0.2
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
                {"missing": _listed(missing), "key": written[0]},
            )
        other = sorted(self.model_fields_set & {"x", "y", "test_fraction"})
        if other:
            raise PydanticCustomError(
                CONFLICTING_KEYS,
                "{other} can't stand beside {written}: the data are split here, or come split",
                {"other": _listed(other), "written": _listed(written), "key": other[0]},
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
        return frozenset() if self.x_train is None else frozenset({"x", "y", "test_fraction"})


def _column(value: object) -> str:
    return "name" if isinstance(value, str) else "number"


class Csv(FileKind):
    """A text file with an item a line: numbers, and the label in a column of its own."""

    kind: Literal["csv"]
    delimiter: Literal[",", ";", "\t", "|", " "] = Field(
        ",", description="What stands between two columns."
    )
    header: bool = Field(True, description="Whether the first line names the columns.")
    label: Annotated[
        Annotated[int, Tag("number")] | Annotated[str, Tag("name")], Discriminator(_column)
    ] = Field(
        -1,
        description="The column of labels: its name in the header, or its number, from 0 at the left; -1 is the last. "
        "Labels are whole numbers from 0, or names that labels in [output] lists.",
    )
    test_fraction: TestFraction = 0.2

    @model_validator(mode="after")
    def _names_need_a_header(self) -> Self:
        if isinstance(self.label, str) and not self.header:
            raise PydanticCustomError(
                CONFLICTING_KEYS,
                "without a header columns have no names: the label's is a number, -1 for the last",
                {"key": "label"},
            )
        return self

    @property
    def split_fraction(self) -> float | None:
        return self.test_fraction


class Sklearn(SourceKind):
    """A data set that scikit-learn ships, so that nothing is downloaded."""

    kind: Literal["sklearn"]
    name: Literal["digits", "iris", "wine", "breast_cancer"] = Field(
        description="Which one: sklearn.datasets.load_<name>."
    )
    test_fraction: TestFraction = 0.2

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


class Keras(SourceKind):
    """A data set of images that Keras downloads, once, into ~/.keras; it comes split."""

    kind: Literal["keras"]
    name: Literal["mnist", "fashion_mnist", "cifar10", "cifar100"] = Field(
        description="Which one: tf.keras.datasets.<name>."
    )

    @property
    def split_fraction(self) -> float | None:
        return None

    @property
    def item_shape(self) -> tuple[int, ...]:
        return (28, 28) if "mnist" in self.name else (32, 32, 3)

    @property
    def items(self) -> int:
        """The number of training items."""
        return 60000 if "mnist" in self.name else 50000

    @property
    def classes(self) -> int:
        return 100 if self.name == "cifar100" else 10


class Openml(SourceKind):
    """A data set of openml.org that scikit-learn downloads, once, into ~/scikit_learn_data.

    Its targets become classes in the order of labels in [output]; without labels, in sorted order.
    """

    kind: Literal["openml"]
    name: str | None = Field(None, min_length=1, description="Its name there; or write data_id.")
    version: Count = Field(1, description="Which version of that name, from 1.")
    data_id: Count | None = Field(None, description="Its number there, instead of a name.")
    test_fraction: TestFraction = 0.2

    @model_validator(mode="after")
    def _one_way_to_name_it(self) -> Self:
        if self.name is None and self.data_id is None:
            raise PydanticCustomError(MISSING_KEY, "[data] has no 'name' and no 'data_id'", {})
        other = sorted(self.model_fields_set & {"name", "version"})
        if self.data_id is not None and other:
            raise PydanticCustomError(
                CONFLICTING_KEYS,
                "{other} can't stand beside 'data_id', which says it all",
                {"other": _listed(other), "key": other[0]},
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
        """The data set's name in messages."""
        return f"number {self.data_id}" if self.name is None else f"'{self.name}'"


def _listed(keys: list[str]) -> str:
    return ", ".join(repr(key) for key in keys)


Source = Annotated[Npz | Csv | Sklearn | Keras | Openml, ByKind(), Bare]
