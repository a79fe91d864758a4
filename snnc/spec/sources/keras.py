"""Data sets that Keras downloads."""

from typing import Literal

from pydantic import Field

from snnc.spec.sources.base import KnownKind


class Source(KnownKind):
    """A data set of images that Keras downloads, once, into ~/.keras; it comes split."""

    kind: Literal["keras"]
    name: Literal["mnist", "fashion_mnist", "cifar10", "cifar100"] = Field(
        description="Which one: tf.keras.datasets.<name>."
    )

    @property
    def title(self) -> str:
        return f"Keras's '{self.name}'"

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
