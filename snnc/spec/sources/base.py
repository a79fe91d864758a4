"""What the sources of items and labels have in common."""

from collections.abc import Collection
from typing import Annotated, Literal

from pydantic import Field

from snnc.spec.base import Fraction, Model, Seed
from snnc.spec.scale import Given, Scale

#: Default names of the arrays of data that come split.
SPLIT = ("x_train", "y_train", "x_test", "y_test")

#: Share of the items held out, where the data don't come split.
TestFraction = Annotated[
    Fraction,
    Field(
        description="Share of the items held out, rounded up as scikit-learn does; drawn by the seed."
    ),
]

#: What draws them where it isn't the network's seed.
SplitSeed = Annotated[
    Seed | None,
    Field(
        description="The seed that draws the items held out (default: that of [network]). With it, networks of other seeds "
        "hold out the same items.",
    ),
]


#: A number of 32 bits, as those of TensorFlow.
SingleFloat = Annotated[float, Field(ge=-3.4028235e38, le=3.4028235e38)]


class SourceKind(Model):
    """Base class of the sources."""

    kind: str
    scale: Scale = Field(
        "standard",
        description="How items are scaled, fitted on the training items alone: none; unit, to [0, 1], or signed, to [-1, 1], "
        "by the smallest and the largest value; standard, per feature to mean 0 and deviation 1. Or by numbers from elsewhere: "
        "{ subtract = 0.1307, divide = 0.3081 }.",
    )

    @property
    def scale_words(self) -> str:
        """How items are scaled, in words: other numbers are other words."""
        return f"given {self.scale.digest}" if isinstance(self.scale, Given) else str(self.scale)

    @property
    def title(self) -> str:
        """The name of what is downloaded or shipped, in messages."""
        raise NotImplementedError

    @property
    def file_kind(self) -> str:
        """The kind of file that may stand in for the source."""
        return "npz"

    @property
    def split_fraction(self) -> float | None:
        """The fraction of items held out, or None where the data come split."""
        raise NotImplementedError

    @property
    def drawn_by(self) -> int | None:
        """The seed that draws the items held out; None where that of the network does, or the data come split."""
        written: int | None = getattr(self, "split_seed", None)
        return written

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
    missing: Annotated[tuple[SingleFloat, ...], Field(strict=False)] = Field(
        (),
        description="Numbers that stand for missing values, as -999 does in many files: items that hold one are left out, and counted.",
    )
    unusable: Literal["refuse", "leave_out"] = Field(
        "refuse",
        description="What to do with data in which some items can't be used, as values aren't finite numbers or the label is no class: "
        "refuse them all, or leave such items out, and count them.",
    )

    @property
    def leaves_out(self) -> bool:
        """Whether items may be left out."""
        return bool(self.missing) or self.leaves_unusable_out

    @property
    def file_kind(self) -> str:
        return self.kind

    @property
    def leaves_unusable_out(self) -> bool:
        return self.unusable == "leave_out"


class KnownKind(SourceKind):
    """Data sets that come by their name: their items and classes are known before they are loaded."""

    name: str

    @property
    def item_shape(self) -> tuple[int, ...]:
        raise NotImplementedError

    @property
    def items(self) -> int:
        """The number of items; of those to train on, if they come split."""
        raise NotImplementedError

    @property
    def classes(self) -> int:
        raise NotImplementedError


def listed(keys: list[str]) -> str:
    return ", ".join(repr(key) for key in keys)
