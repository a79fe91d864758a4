"""Draft a spec for arrays: which are items and labels, and what shape an item has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.data.arrays import DAMAGE, save_arrays
from snnc.data.file_kinds import other_kind
from snnc.data.npz_headers import ITEMS, LABELS, among
from snnc.data.prepare import NUMBERED
from snnc.diagnostics.errors import Refusal, UsageError
from snnc.diagnostics.wording import counted, joined
from snnc.drafting.draft import (
    HELD_OUT,
    MOST_LEFT_OUT,
    Draft,
    Line,
    image_shape,
    missing_lines,
    scale_line,
    with_codes,
)
from snnc.drafting.network import first_network
from snnc.operators.linear import size
from snnc.spec.regressions import NOT_YET
from snnc.spec.sources.base import SPLIT

Array = NDArray[Any]


def draft(path: Path, relative: str) -> Draft:
    """Return what fits a .npz file.

    Raises:
        Refusal: The file is none that a spec can have, or doesn't tell which arrays are items and labels.
    """
    where = path.as_posix()
    try:
        with np.load(path, allow_pickle=False) as file:
            present = dict(file)
    except DAMAGE as error:
        raise Refusal(f"{where} can't be read: {other_kind(path) or error}") from error
    names = _names(present, where)
    x, y = present[names[0]], present[names[1]]
    _refuse_strange(names, x, y, where)
    one_hot = y.ndim == 2 and y.shape[1] > 1
    classes = _classes(names[1], y, one_hot, where)
    items = x.reshape(len(x), -1)
    sound = np.isfinite(items).all(axis=1)
    if (bad := int(np.sum(~sound))) > MOST_LEFT_OUT * len(x):
        raise Refusal(f"{where}: {bad} of {counted(len(x), 'item')} hold no finite numbers")
    coded = missing_lines(items, sound)
    kept = items[sound & ~with_codes(np.nan_to_num(items), coded)]
    data = [
        Line("kind", "npz", f"{counted(len(x), 'item')}, {x.dtype}"),
        Line("path", relative, ""),
        *_named(names),
        *([Line("one_hot", True, f"a row of {classes} numbers an item")] if one_hot else []),
        *coded,
    ]
    if bad:
        data.append(Line("unusable", "leave_out", f"{bad} items hold no finite numbers"))
    data.append(scale_line(kept, images=x.ndim > 2))
    shape, channels_first, what = image_shape(x.shape[1:])
    held_out = HELD_OUT if len(names) == 2 else 0.0
    return Draft(
        data=tuple(data),
        input=(
            Line(
                "shape", list(shape), "values an item" if x.ndim == 2 else what or "as in the file"
            ),
            *([Line("axes", "channels_first", channels_first)] if channels_first else []),
        ),
        layers=first_network(shape, bool(channels_first)),
        output=(Line("classes", classes, "different labels"),),
        to_train=len(kept) - int(np.ceil(held_out * len(kept))),
    )


def packed(files: Sequence[Path], target: Path, force: bool) -> Path:
    """Return the one file, or the .npz file that two .npy files, of items and of labels, are packed into."""
    if len(files) == 1 and files[0].suffix.lower() != ".npy":
        return files[0]
    if len(files) != 2 or {file.suffix.lower() for file in files} != {".npy"}:
        raise UsageError("--data takes one file, or two .npy files: the items and the labels")
    if target.exists() and not force:
        raise Refusal(f"{target} is there already; --force packs the two arrays into it")
    try:
        x, y = (np.load(file, allow_pickle=False) for file in files)
    except DAMAGE as error:
        raise Refusal(f"{files[0]} or {files[1]} can't be read: {error}") from error
    save_arrays(target, x=x, y=y)
    return target


def _names(present: Mapping[str, Array], where: str) -> tuple[str, ...]:
    """Return the names of items and labels, or those of four arrays that come split."""
    by_name = {name.lower(): name for name in present}
    if set(SPLIT) <= by_name.keys():
        return tuple(by_name[name] for name in SPLIT)
    x, y = among(present, ITEMS), among(present, LABELS)
    if (x is None or y is None) and len(present) == 2:
        x, y = sorted(present, key=lambda name: -size(present[name].shape))
    if x is None or y is None:
        raise Refusal(
            f"{where} holds {joined(list(present), 'and') if present else 'nothing'}: call the items x and the labels y, "
            "or x_train, y_train, x_test and y_test"
        )
    return x, y


def _refuse_strange(names: Sequence[str], x: Array, y: Array, where: str) -> None:
    for name, array in zip(names, (x, y), strict=False):
        if array.dtype.kind not in "fiub":
            how = f": {NUMBERED}" if array.dtype.kind in "US" and name == names[1] else ""
            raise Refusal(f"{where}: '{name}' holds no numbers, but {array.dtype}{how}")
    if x.ndim < 2 or len(x) != len(y) or len(x) < 4:
        raise Refusal(
            f"{where}: '{names[0]}' has shape {list(x.shape)} and '{names[1]}' {list(y.shape)}: both have an item a row"
        )


def _classes(name: str, y: Array, one_hot: bool, where: str) -> int:
    """Return how many classes there are. Raises a Refusal if labels aren't whole numbers from 0, or one-hot."""
    if one_hot:
        if y.ndim > 2 or (np.sort(y, axis=1) != np.eye(y.shape[1])[-1]).any():
            raise Refusal(
                f"{where}: '{name}' has several numbers an item that aren't one-hot: a regression? {NOT_YET}"
            )
        return int(y.shape[1])
    different = np.unique(y)
    if (different != np.floor(different)).any():
        raise Refusal(
            f"{where}: '{name}' holds {different[0]:g} to {different[-1]:g}: a regression? {NOT_YET}"
        )
    if len(different) < 2:
        raise Refusal(f"{where}: all labels are {different[0]}, and classes are at least two")
    if different.tolist() != list(range(len(different))):
        few = ", ".join(f"{value:g}" for value in different[:6].tolist())
        raise Refusal(
            f"{where}: labels in '{name}' are {few}{' ...' if len(different) > 6 else ''}: {NUMBERED}"
        )
    return len(different)


def _named(names: Sequence[str]) -> list[Line]:
    if len(names) == 4:
        return [Line(key, name, "") for key, name in zip(SPLIT, names, strict=True)]
    keys = zip(("x", "y"), names, ("items", "labels"), strict=True)
    return [Line(key, name, what) for key, name, what in keys if key != name]
