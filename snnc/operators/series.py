"""Windows along a series, (length, channels). To Nengo and the chip a series is an image that is one pixel wide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from snnc.operators.linear import (
    NoSeriesError,
    Operator,
    Padding,
    Shape,
    ShapeError,
    Window,
    as_image,
)


@dataclass(frozen=True)
class SeriesWindow(Operator):
    """Looks along a series through a window that moves by its stride."""

    on_images: ClassVar[bool] = True
    on_series: ClassVar[bool] = True
    #: The key of the window's size, as the layer has it.
    size_key: ClassVar[str]

    window: int
    strides: int
    padding: Padding

    @property
    def receptive_field(self) -> Window:
        """The operator that does the same to an image that is one pixel wide."""
        raise NotImplementedError

    @property
    def settings(self) -> dict[str, Any]:
        settings = super().settings
        # Keras has arrays of one number.
        size, strides = (settings.pop("window"),), (settings.pop("strides"),)
        return {self.size_key: size, "strides": strides, **settings}

    def length(self, before: Shape) -> int:
        """Return how many samples there are, or raise a ShapeError: it takes nothing but series."""
        if len(before) != 2:
            raise NoSeriesError(
                f"'{self.name}' looks along a series, (length, channels), not at values of shape {list(before)}"
            )
        return before[0]

    def shape(self, before: Shape) -> Shape:
        length = self.length(before)
        if self.padding == "valid" and self.window > length:
            raise ShapeError(
                f"a window of {self.window} doesn't fit a series of {length}",
                self.size_key,
                f'write {self.size_key} = {length}, or padding = "same"',
            )
        after, _, channels = self.receptive_field.shape(as_image(before))
        return (after, channels)
