"""Items of a file that the network wasn't trained on, with labels or without."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.data.arrays import DAMAGE, shared
from snnc.data.csv_file import BadText, csv_format, missing, number, rows
from snnc.data.file_kinds import other_kind
from snnc.data.left_out import LeftOut, in_words, joined_parts, left_out
from snnc.data.prepare import Labels, as_seen, ensure_enough, ensure_usable, usable_labels
from snnc.data.rows import Rows, blocks, member_rows, npy_rows, on_disk
from snnc.data.sources import csv as csv_source
from snnc.data.sources.base import Unread
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

    The items stay in the file. `numbers`, (n,), are those of the items in it, from 0; `left_out` says how many others there
    are, and why, or "".
    """

    x: Rows
    y: Labels | None
    numbers: NDArray[np.int64]
    left_out: str

    def hold_all(self, x: NDArray[Any]) -> bool:
        """Whether all of some items, (n, size), are among these."""
        these = (some.astype(float) for _, some in blocks(self.x))
        return shared(x.astype(float), these) == len(x)


def unseen(program: Program, path: Path) -> Unseen:
    """Return the items of a .npz, .npy or .csv file.

    Of data that come split they are those to test on. Raises a Refusal that says why they can't be used.
    """
    where, wanted = path.as_posix(), program.item_shape
    try:
        found = _found(program, path)
    except OSError as error:
        raise cannot("read", path, error) from error
    x, y = found.x, found.y if found.y_name else None
    # The network is there already: it isn't the shape in the spec that is wrong.
    if not same_items(x.shape[1:], wanted):
        raise Refusal(
            f"{where}: an item of '{found.x_name}' has shape {list(x.shape[1:])}; the network takes {list(wanted)}"
        )
    out = _left_out(program, x, y)
    numbers = np.arange(len(x))
    if out is not None:
        ensure_enough(out, where)
        numbers = np.flatnonzero(~out.all)
        y = y.reshape(-1)[~out.all] if y is not None and y.size == len(x) else y
        x = x.chosen(numbers)
    ensure_usable(found.x_name, x, program, where)
    if y is not None:
        y = usable_labels(found.y_name, y, len(x), program.network, where).astype(np.int64)
    move = _flat if found.moved else partial(as_seen, program)
    seen = x.then(move, (program.network.input_size,))
    return Unseen(seen, y, numbers, in_words([out]))


def _flat(x: NDArray[Any]) -> NDArray[Any]:
    """Return items as (n, size)."""
    return x.reshape(len(x), -1)


def _left_out(program: Program, x: Rows, y: NDArray[Any] | None) -> LeftOut | None:
    """Return which items the spec leaves out; None if it may leave out none."""
    classes = program.network.output.classes
    labels = y.reshape(-1) if y is not None and y.size == len(x) else None
    parts = [
        left_out(
            program.data, some, labels[n : n + len(some)] if labels is not None else None, classes
        )
        for n, some in blocks(x)
    ]
    return joined_parts(parts)


def _found(program: Program, path: Path) -> Unread:
    """Return what a file holds."""
    if isinstance(program.data, Csv) and other_kind(path) is None:
        return _table(program, program.data, path)
    try:
        loaded = np.load(path, mmap_mode="r", allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return Unread("array", npy_rows(path), "", np.empty(0))
        with loaded as file:
            x_name, y_name = _names(program, file.files, path)
            x = member_rows(path, file.zip, x_name)
            y = np.asarray(file[y_name]) if y_name else np.empty(0)
            moved = x_name == "x" and "channels" in file.files and str(file["channels"]) == "last"
        # What training has held out has numbers already.
        if isinstance(program.data, Npz) and program.data.one_hot and y.ndim > 1:
            y = numbered(y_name, y, len(x), program, path)
        return Unread(x_name, x, y_name, y, moved)
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


def _table(program: Program, data: Csv, path: Path) -> Unread:
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
        return Unread("items", _without_labels(program, data, path, top, ignored), "", np.empty(0))
    if len(top) != size + len(labels) + len(ignored):
        raise Refusal(
            f"{path.as_posix()} has {counted(len(top), 'column')}: an item has {counted(size, 'value')}, "
            f"so that there are {size + len(ignored)}, or {size + len(labels) + len(ignored)} with labels"
        )
    there = replace(program, data_file=path, data=data.model_copy(update={"ignore": ignored}))
    return csv_source.unread(there)


def _ignored_there(data: Csv, top: list[str], size: int) -> tuple[str | int, ...]:
    """Return which columns of a table are ignored: names that it has, or all numbers if it has more columns than values and a label."""
    named = tuple(c for c in data.ignore if isinstance(c, str) and c.strip() in top)
    numbers = tuple(c for c in data.ignore if isinstance(c, int))
    return (*named, *numbers) if len(top) >= size + len(named) + len(numbers) else named


def _without_labels(
    program: Program, data: Csv, path: Path, top: list[str], ignored: tuple[str | int, ...]
) -> Rows:
    """Return the numbers of a table without labels, (n, size)."""
    kept = _values(data, top, ignored)
    # No column is one of labels here.
    how = replace(csv_format(program.network, data), labels=())
    lenient = data.leaves_unusable_out
    readers = {c: csv_source.nothing for c in range(len(top)) if c not in kept}
    try:
        x = on_disk(
            np.ascontiguousarray(table[:, kept])
            for table in csv_source.tables(path, how, len(top), readers, lenient)
        )
        if lenient or all(np.isfinite(some).all() for _, some in blocks(x)):
            return x
        reason = "there are values that aren't finite"
    except (ValueError, BadText) as error:
        reason = str(error)
    raise Refusal(f"{path.as_posix()}: {_fault(path, data, top, kept) or reason}")


def _fault(path: Path, data: Csv, top: list[str], kept: list[int]) -> str:
    """Return the first cell or line of a table that holds no values, or ""."""
    try:
        for row in islice(rows(path, data.delimiter), int(data.header), None):
            if len(row.cells) != len(top):
                return f"line {row.line} has {counted(len(row.cells), 'column')}, not {len(top)}"
            for column in kept:
                if number(row.cells[column]) is None:
                    place = f"line {row.line}, column {column} (from 0)"
                    return f"{place}: {missing(row.cells[column])}"
    except BadText as error:
        return str(error)
    return ""


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
