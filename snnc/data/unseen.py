"""Items of a file that the network wasn't trained on, with labels or without."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.data.arrays import DAMAGE, shared
from snnc.data.csv_file import BadText, Row, missing, number, rows
from snnc.data.file_kinds import other_kind
from snnc.data.left_out import in_words, left_out
from snnc.data.prepare import Labels, usable_items, usable_labels, without
from snnc.data.sources import csv as csv_source
from snnc.data.sources.base import Raw
from snnc.data.sources.npz import numbered
from snnc.diagnostics.errors import Refusal, cannot
from snnc.diagnostics.wording import counted, joined
from snnc.program.item_shapes import same_items
from snnc.program.program import Program
from snnc.spec.sources.base import SPLIT
from snnc.spec.sources.csv import Source as Csv
from snnc.spec.sources.npz import Source as Npz


@dataclass(frozen=True, eq=False, repr=False)
class Unseen:
    """Items, (n, size), as the network sees them, unscaled, in the type of their file, and labels, (n,), if the file has them.

    `numbers`, (n,), are those of the items in the file, from 0; `left_out` says how many others there are, and why, or "".
    """

    x: NDArray[Any]
    y: Labels | None
    numbers: NDArray[np.int64]
    left_out: str

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
    labels = raw.y if raw.y_name else None
    out = left_out(program.data, raw.x, labels, program.network.output.classes)
    numbers = np.arange(len(raw.x)) if out is None else np.flatnonzero(~out.all)
    if out is not None:
        raw = without(raw, out, where)
    x = usable_items(raw.x_name, raw.x, program, where)
    y = usable_labels(raw, program.network, where).astype(np.int64) if raw.y_name else None
    return Unseen(x, y, numbers, in_words([out]))


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
            raw = Raw(x, np.asarray(file[x]), y, np.asarray(file[y]) if y else np.empty(0))
        # What training has held out has numbers already.
        if isinstance(program.data, Npz) and program.data.one_hot and raw.y.ndim > 1:
            return numbered(raw, program, path)
        return raw
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
    """Return the items of a table. It may lack the labels, the columns that are ignored, or both."""
    size = program.network.input_size
    try:
        top = next(rows(path, data.delimiter)).cells
    except (BadText, StopIteration) as error:
        raise Refusal(f"{path.as_posix()}: {str(error) or 'it is empty'}") from error
    labels = data.labels
    named = any(isinstance(label, str) and label.strip() in top for label in labels)
    ignored = _ignored_there(data, top, size)
    if len(top) == size + len(ignored) and not named:
        x = _numbers(path, data, top, ignored)
        return Raw("items", x, "", np.empty(0))
    if len(top) != size + len(labels) + len(ignored):
        raise Refusal(
            f"{path.as_posix()} has {counted(len(top), 'column')}: an item has {counted(size, 'value')}, "
            f"so that there are {size + len(ignored)}, or {size + len(labels) + len(ignored)} with labels"
        )
    there = replace(program, data_file=path, data=data.model_copy(update={"ignore": ignored}))
    (raw,) = csv_source.read(there)
    return raw


def _ignored_there(data: Csv, top: list[str], size: int) -> tuple[str | int, ...]:
    """Return which columns of a table are ignored: names that it has, or all numbers if it has more columns than values and a label."""
    named = tuple(c for c in data.ignore if isinstance(c, str) and c.strip() in top)
    numbers = tuple(c for c in data.ignore if isinstance(c, int))
    return (*named, *numbers) if len(top) >= size + len(named) + len(numbers) else named


def _numbers(
    path: Path, data: Csv, top: list[str], ignored: tuple[str | int, ...]
) -> NDArray[np.float64]:
    """Return the numbers of a table without labels, (n, size)."""
    table = []
    kept = _values(data, top, ignored)
    lenient = data.leaves_unusable_out
    try:
        for row in islice(rows(path, data.delimiter), int(data.header), None):
            if len(row.cells) != len(top) and not lenient:
                said = f"has {counted(len(row.cells), 'column')}, not {len(top)}"
                raise Refusal(f"{path.as_posix()}: line {row.line} {said}")
            cells = row.cells if len(row.cells) == len(top) else [""] * len(top)
            table.append([_value(path, row, c, cells[c], lenient) for c in kept])
    except BadText as error:
        raise Refusal(f"{path.as_posix()}: {error}") from error
    return np.array(table, dtype=float).reshape(-1, len(kept))


def _values(data: Csv, top: list[str], ignored: tuple[str | int, ...]) -> list[int]:
    """Return the columns that hold the values of items, in a table without labels."""
    columns = list(range(len(top)))
    # Numbers count the columns of labels, which aren't there.
    whole = list(columns)
    places = range(len(top) + len(data.labels))
    for at in sorted(places[label] for label in data.labels if isinstance(label, int)):
        whole.insert(at, -1)
    gone = {whole[c] if isinstance(c, int) else top.index(c.strip()) for c in ignored}
    return [c for c in columns if c not in gone]


def _value(path: Path, row: Row, column: int, cell: str, lenient: bool) -> float:
    """Return the number in a cell; NaN, or a Refusal, if there is none."""
    value = number(cell)
    if value is None and not lenient:
        place = f"line {row.line}, column {column} (from 0)"
        raise Refusal(f"{path.as_posix()}: {place}: {missing(cell)}")
    return np.nan if value is None else value
