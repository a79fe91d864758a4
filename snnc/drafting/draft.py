"""What a file of data is found to be: the lines of a spec that say so, each with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from snnc.data.columns import codes, like_pixels
from snnc.diagnostics.wording import number
from snnc.operators.linear import Shape

#: Columns and items are left out up to this share of them, and a file with more faults is refused.
MOST_LEFT_OUT = 0.2
#: The share of items that is held out.
HELD_OUT = 0.2


class Line(NamedTuple):
    """A key of a spec, its value, and why it has that."""

    key: str
    value: Any
    why: str


@dataclass(frozen=True)
class Draft:
    """The lines of [data], [input], each of [[layers]] and [output], and how many items are left to train on."""

    data: tuple[Line, ...]
    input: tuple[Line, ...]
    layers: tuple[tuple[Line, ...], ...]
    output: tuple[Line, ...]
    to_train: int


def scale_line(x: NDArray[Any], images: bool) -> Line:
    """Return how items, (n, size), are best scaled."""
    if images or like_pixels(x):
        if x.min() >= 0:
            return Line("scale", "unit", "one range for all values, [0, 1], as pixels have one")
        return Line("scale", "standard", "each value by itself: some are negative")
    spreads = x.std(axis=0)
    spreads = spreads[spreads > 0]
    wide = float(spreads.max() / spreads.min()) if len(spreads) else 1.0
    why = "each column by itself"
    return Line(
        "scale", "standard", f"{why}: they differ {wide:.0f}-fold in size" if wide >= 2 else why
    )


def missing_lines(x: NDArray[Any], sound: NDArray[np.bool_]) -> list[Line]:
    """Return the line for codes for missing values among items, (n, size), of which those that are `sound` are numbers."""
    found: dict[float, int] = {}
    for code in codes(x[sound]):
        found[code.value] = found.get(code.value, 0) + code.count
    if not found:
        return []
    said = ", ".join(f"{number(value)} in {count} cells" for value, count in found.items())
    values = [int(v) if v.is_integer() and abs(v) < 2**53 else v for v in sorted(found)]
    return [Line("missing", values, f"{said}: codes for missing values? such items are left out")]


def with_codes(x: NDArray[Any], lines: Sequence[Line]) -> NDArray[np.bool_]:
    """Return which items, (n, size), hold a code that one of the lines names."""
    values = [value for line in lines for value in line.value]
    return np.asarray(np.isin(x.astype(np.float32), np.array(values, np.float32)).any(axis=1))


def image_shape(shape: Shape) -> tuple[Shape, str, str]:
    """Return the shape of items as the spec has it, "" or why channels come first, and what the items are."""
    if len(shape) == 2:
        return (*shape, 1), "", f"images of {shape[0]} rows of {shape[1]} pixels, or a series"
    channels, *sides = shape
    if len(shape) == 3 and channels < min(sides) and shape[-1] > 4:
        return shape, f"{channels} channels stand in front of {sides[0]} x {sides[1]} pixels", ""
    if len(shape) == 3:
        return shape, "", "height, width, channels"
    return shape, "", "as in the file"
