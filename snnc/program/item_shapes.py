"""The shapes of items, and what their axes are: images are height, width, channels; a series is its samples and its channels.

To layers of two dimensions a series is an image, too: samples, 1, channels.
"""

from __future__ import annotations

from math import isqrt

from snnc.operators.linear import Shape, size

#: More channels than pictures have, and fewer than they have rows.
FEW = 4
#: More channels than a series usually has.
MANY = 16


def same_items(found: Shape, wanted: Shape) -> bool:
    """Whether items are as the input wants them; either may be flat, and axes of length 1 may be left out."""
    if not found or size(found) != size(wanted):
        return False
    return 1 in (len(found), len(wanted)) or _long(found) == _long(wanted)


def channels_first(shape: Shape) -> bool:
    """Whether a shape looks like channels, height, width."""
    if len(shape) != 3:
        return False
    channels, height, width = shape
    return channels <= FEW < min(height, width) and (height == width or width > MANY)


def channels_last(shape: Shape) -> Shape:
    """Return the shape of pictures whose channels came first."""
    channels, *sides = shape
    return (*sides, channels)


def items_hint(found: Shape, wanted: Shape, images: bool, first: bool = False) -> str:
    """Return the hint for items of another shape than the input's; `images` says whether their axes mean anything to layers.

    `first` says whether channels come first in the shape that is wanted.
    """
    if not images or len(found) == len(wanted) == 1:
        return f"write {list(found)}"
    if first:
        return _of_channels_first(found, wanted)
    if len(found) == 2 and _long(wanted) == found[::-1]:
        return first_in_data(found if len(wanted) == 2 else (*found, 1))
    if hint := _series_of(found, wanted):
        return hint
    if channels_first(found) or (len(found) == 3 and channels_last(found) == wanted):
        return first_in_data(found)
    if len(found) == 3:
        return f"write {list(found)}: height, width, channels"
    if len(found) == 2:
        return _of_rows(*found, wanted)
    return _of_pixels(found)


def _of_rows(rows: int, columns: int, wanted: Shape) -> str:
    """Return the hint for items of two axes: a series or a picture, as the input reads them now."""
    if len(wanted) == 3 and wanted[1] == 1:
        return f"write {[rows, 1, columns]}: {_series(rows, columns)}"
    return f"write {[rows, columns, 1]}: {_picture(rows, columns, 1)}"


def _of_pixels(found: Shape) -> str:
    """Return the hint for items that are pixels in a row."""
    picture = _picture_in(found)
    return f"write {list(picture)} if an item is {_picture(*picture)}" if picture else ""


def _series_of(found: Shape, wanted: Shape) -> str:
    """Return the hint for items that are series of another length."""
    if len(wanted) != 2 or len(found) == 1 or len(_long(found)) not in (1, 2):
        return ""
    samples, channels = (*_long(found), 1)[:2]
    return f"write {[samples, channels]}: {_series(samples, channels)}"


def first_in_data(shape: Shape) -> str:
    """Return the hint for items whose channels come first."""
    return f'write shape = {list(shape)} and axes = "channels_first" in [input]'


def _of_channels_first(found: Shape, wanted: Shape) -> str:
    """Return the hint for items of another shape, where channels are to come first."""
    if len(found) == len(wanted) and found == channels_last(wanted):
        return f'write shape = {list(found)} and axes = "channels_last" in [input]'
    return f"write {list(found)}" if len(found) == len(wanted) else ""


def image_hint(items: Shape, first: bool = False) -> str:
    """Return the hint for layers that look at images, if items are none; `first` says whether their channels come first."""
    if first:
        channels, *samples = items
        series = f"write shape = {[channels, *samples, 1]} in [input] for {_series(samples[0], channels)}"
        return series if len(samples) == 1 else ""
    if len(items) == 2:
        rows, columns = items
        picture = f"shape = {[rows, columns, 1]} in [input] for {_picture(rows, columns, 1)}"
        series = f"shape = {[rows, 1, columns]} in [input] for {_series(rows, columns)}"
        if 2 * rows < columns:
            series = f'shape = {[rows, columns, 1]} and axes = "channels_first" in [input] for {_series(columns, rows)}'
        if rows > 2 * columns:
            return f"write {series}, or {picture}"
        return f"write {picture}, or {series}"
    if len(items) != 1:
        return ""
    (length,), found = items, _picture_in(items)
    series = f"shape = {[length, 1, 1]} in [input] for {_series(length, 1)}"
    if not found:
        return f"write {series}"
    return f"write shape = {list(found)} in [input] for {_picture(*found)}, or {series}"


def series_hint(items: Shape) -> str:
    """Return the hint for layers that look along series, if items are none."""
    if len(items) == 1:
        return f"write shape = {[items[0], 1]} in [input] for {_series(items[0], 1)}"
    if len(items) == 3 and 1 in items[:2]:
        samples, channels = max(items[:2]), items[2]
        return f"write shape = {[samples, channels]} in [input] for {_series(samples, channels)}"
    return ""


def _picture_in(items: Shape) -> tuple[int, int, int] | None:
    """Return the shape of a square picture that has as many values as flat items, if there is one."""
    for channels in (1, 3):
        side = isqrt(size(items) // channels)
        if len(items) == 1 and side > 1 and side * side * channels == size(items):
            return side, side, channels
    return None


def _picture(height: int, width: int, channels: int) -> str:
    """Return pictures in words, in the order of their values."""
    deep = f", each with its {channels} channels" if channels > 1 else ""
    return f"{height} rows of {width} pixels{deep}"


def _series(samples: int, channels: int) -> str:
    deep = f", each with its {channels} channels" if channels > 1 else ""
    return f"{samples} samples in time{deep}"


def _long(shape: Shape) -> Shape:
    return tuple(length for length in shape if length > 1)
