"""Items of a file that the network wasn't trained on, with labels or without."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.data.arrays import DAMAGE, shared
from snnc.data.csv_file import BadText, csv_format, missing, number, rows
from snnc.data.file_kinds import other_kind
from snnc.data.prepare import Labels, usable_items, usable_labels
from snnc.data.sources import csv as csv_source
from snnc.data.sources.base import Raw
from snnc.diagnostics.errors import Refusal, cannot
from snnc.diagnostics.wording import counted, joined
from snnc.program.item_shapes import same_items
from snnc.program.program import Program
from snnc.spec.sources.base import SPLIT
from snnc.spec.sources.csv import Source as Csv


@dataclass(frozen=True, eq=False, repr=False)
class Unseen:
    """Items, (n, size), as the network sees them, unscaled, in the type of their file, and labels, (n,), if the file has them."""

    x: NDArray[Any]
    y: Labels | None

    def hold_all(self, x: NDArray[Any]) -> bool:
        """Whether all of some items, (n, size), are among these."""
        return shared(x.astype(float), self.x.astype(float)) == len(x)


def unseen(program: Program, path: Path) -> Unseen:
    """Return the items of a .npz, .npy or .csv file.

    Of data that come split they are those to test on. Raises a Refusal that says why they can't be used.
    """
    where, wanted = path.as_posix(), program.item_shape
    try:
        raw = _read(program, path)
    except OSError as error:
        raise cannot("read", path, error) from error
    # The network is there already: it isn't the shape in the spec that is wrong.
    if not same_items(raw.x.shape[1:], wanted):
        raise Refusal(
            f"{where}: an item of '{raw.x_name}' has shape {list(raw.x.shape[1:])}; the network takes {list(wanted)}"
        )
    x = usable_items(raw.x_name, raw.x, program, where)
    if not raw.y_name:
        return Unseen(x, None)
    return Unseen(x, usable_labels(raw, program.network, where).astype(np.int64))


def _read(program: Program, path: Path) -> Raw:
    """Return what a file holds; without labels, `y_name` is empty."""
    if isinstance(program.data, Csv) and other_kind(path) is None:
        return _table(program, program.data, path)
    try:
        loaded = np.load(path, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return Raw("array", loaded, "", np.empty(0))
        with loaded as file:
            x, y = _names(program, file.files, path)
            return Raw(x, np.asarray(file[x]), y, np.asarray(file[y]) if y else np.empty(0))
    except DAMAGE as error:
        reason = (
            other_kind(path) if path.suffix not in (".npz", ".npy") else f"it is damaged: {error}"
        )
        raise Refusal(
            f"{path.as_posix()} can't be read: {reason or 'it is no .npz or .npy file'}; "
            "numpy.savez(FILE, x=items) writes one"
        ) from error


def _names(program: Program, present: Collection[str], path: Path) -> tuple[str, str]:
    """Return the names of the items and of the labels, which are empty if there are none."""
    *_, x, y = program.data.arrays
    for items, labels in ((x, y), SPLIT[2:], ("x", "y")):
        if items in present:
            return items, labels if labels in present else ""
    if len(present) == 1:
        return next(iter(present)), ""
    names = joined(list(present), "and") if present else "nothing"
    raise Refusal(
        f"{path.as_posix()} holds {names}; items are looked for as '{x}', as 'x_test', as 'x', or as the only array"
    )


def _table(program: Program, data: Csv, path: Path) -> Raw:
    """Return the items of a table. It is one without labels if it has a column for each value of an item, and none besides."""
    how, size = csv_format(program.network, data), program.network.input_size
    try:
        top = next(rows(path, data.delimiter)).cells
    except (BadText, StopIteration) as error:
        raise Refusal(f"{path.as_posix()}: {str(error) or 'it is empty'}") from error
    named = isinstance(data.label, str) and data.label.strip() in top
    if len(top) == size and not named:
        return Raw("items", _numbers(path, data.delimiter, int(how.header), size), "", np.empty(0))
    if len(top) != size + 1:
        raise Refusal(
            f"{path.as_posix()} has {counted(len(top), 'column')}: an item has {counted(size, 'value')}, "
            f"so that there are {size}, or {size + 1} with labels"
        )
    (raw,) = csv_source.read(replace(program, data_file=path))
    return raw


def _numbers(path: Path, delimiter: str, skipped: int, size: int) -> NDArray[np.float64]:
    """Return the numbers of a table without labels, (n, size)."""
    table = []
    try:
        for index, row in enumerate(rows(path, delimiter)):
            if index < skipped:
                continue
            values = [number(cell) for cell in row.cells]
            if None in values:
                column = values.index(None)
                said = missing(row.cells[column])
                raise Refusal(
                    f"{path.as_posix()}: line {row.line}, column {column} (from 0): {said}"
                )
            if len(values) != size:
                said = f"has {counted(len(values), 'column')}, not {size}"
                raise Refusal(f"{path.as_posix()}: line {row.line} {said}")
            table.append(values)
    except BadText as error:
        raise Refusal(f"{path.as_posix()}: {error}") from error
    return np.array(table, dtype=float).reshape(-1, size)
