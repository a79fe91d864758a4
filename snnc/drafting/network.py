"""A first network for items of a shape, with why each layer is as it is."""

from __future__ import annotations

from math import ceil, sqrt

from snnc.drafting.draft import Line
from snnc.operators.linear import Shape

Lines = tuple[Line, ...]

#: Pictures whose shorter side has fewer pixels are classified as well without convolutions: scikit-learn's digits, 8 by 8.
SMALLEST = 12
#: A series is longer than it is wide, and a kernel that is square has little to say of it.
LONGEST = 4
#: The second convolution has about so many places, of 32 neurons each: all of them reach a core of the next layer, which takes in 4,096.
PLACES = 50

DROPOUT: Lines = (
    Line("kind", "dropout", "in training only, against overfitting"),
    Line("rate", 0.1, ""),
)


def first_network(shape: Shape, channels_first: bool = False) -> tuple[Lines, ...]:
    """Return the lines of each layer, for items of a shape: convolutions for pictures."""
    if len(shape) == 3:
        sides = shape[1:] if channels_first else shape[:2]
        if min(sides) >= SMALLEST and max(sides) <= LONGEST * min(sides):
            return _convolutions(sides[0] * sides[1])
    return _dense()


def _convolutions(pixels: int) -> tuple[Lines, ...]:
    strides = max(2, ceil(sqrt(pixels / (4 * PLACES))))
    return (
        (
            Line("kind", "conv2d", "on the host: it turns pixels into spikes"),
            Line("filters", 16, ""),
            Line("kernel_size", strides + 1, ""),
            Line("strides", strides, "fewer places, so that what follows fits on few cores"),
        ),
        (
            Line("kind", "conv2d", "on the chip, cut into the fewest cores that it fits on"),
            Line("filters", 32, ""),
            Line("kernel_size", 3, ""),
            Line("strides", 2, ""),
        ),
        DROPOUT,
        (
            Line("kind", "dense", "on the chip"),
            Line("units", 64, "enough to begin with; fewer are faster, and overfit less"),
        ),
    )


def _dense() -> tuple[Lines, ...]:
    return (
        (
            Line("kind", "dense", "on the host: it turns values into spikes"),
            Line("units", 128, "enough to begin with; fewer are faster, and overfit less"),
        ),
        DROPOUT,
        (
            Line("kind", "dense", "on the chip, where a core has 1,024 neurons"),
            Line("units", 64, "half as many as before"),
        ),
    )
