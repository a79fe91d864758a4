"""Draft a spec for a table of text: its labels, and which columns hold nothing to learn from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.data.columns import like_pixels, never_vary, row_numbers, tell_labels
from snnc.data.csv_file import is_gap, number
from snnc.diagnostics.errors import Refusal
from snnc.diagnostics.wording import counted
from snnc.drafting.cells import Table, is_text, read
from snnc.drafting.draft import (
    HELD_OUT,
    MOST_LEFT_OUT,
    Draft,
    Line,
    missing_lines,
    scale_line,
    with_codes,
)
from snnc.drafting.labels import Found, find_labels
from snnc.drafting.network import first_network

#: A file in which more of the items can't be used is refused: what is left tells little of the others.
MOST_ITEMS_LEFT_OUT = 0.5


def draft(path: Path, relative: str, label: str | None) -> Draft:
    """Return what fits a table. `label` names the column of labels, if it isn't to be found out.

    Raises:
        Refusal: The file is none that a spec can have, or doesn't tell which column holds the labels.
    """
    table = read(path)
    labels = find_labels(table, label)
    y = labels.numbers
    inputs, ignored = _inputs(table, labels.columns)
    x = table.numbers[:, inputs]
    sound = np.isfinite(x).all(axis=1) & (y >= 0)
    columns = [*ignored, *_worthless(x[sound], y[sound], inputs)]
    inputs = [c for c in inputs if c not in dict(columns)]
    if not inputs:
        raise Refusal(f"{path.as_posix()}: no column holds numbers to learn from")
    x = table.numbers[:, inputs]
    sound = np.isfinite(x).all(axis=1) & (y >= 0)
    bad = int(np.sum(~sound)) + table.broken
    total = len(sound) + table.broken
    if bad > MOST_ITEMS_LEFT_OUT * total:
        first = _first_fault(table, inputs, labels)
        raise Refusal(
            f"{path.as_posix()}: {bad} of {counted(total, 'item')} can't be used, too many to leave out; {first}"
        )
    coded = missing_lines(x, sound)
    kept = x[sound & ~with_codes(np.nan_to_num(x), coded)]
    data = [
        Line("kind", "csv", f"text, {counted(len(table.names), 'column')}"),
        Line("path", relative, f"{counted(total, 'item')}"),
        *_written(table),
        Line("label", _named(table, labels.columns), labels.why),
        *_ignore(table, columns),
        *coded,
    ]
    if bad:
        said = _faults(table, x, labels)
        data.append(Line("unusable", "leave_out", f"{bad} of {total} items can't be used: {said}"))
    data.append(scale_line(kept, images=False))
    return Draft(
        data=tuple(data),
        input=(
            Line(
                "shape",
                [len(inputs)],
                "columns without the label" + (" and those that are ignored" if columns else ""),
            ),
        ),
        layers=first_network((len(inputs),)),
        output=tuple(labels.output),
        to_train=len(kept) - int(np.ceil(HELD_OUT * len(kept))),
    )


def _named(table: Table, columns: Sequence[int]) -> str | int | list[str | int]:
    keys = [table.key(column) for column in columns]
    return keys[0] if len(keys) == 1 else keys


def _inputs(table: Table, labels: Sequence[int]) -> tuple[list[int], list[tuple[int, str]]]:
    """Return the columns that hold numbers, and others but the label's, each with what is wrong with it."""
    inputs, others = [], []
    for column in (c for c in range(len(table.names)) if c not in labels):
        cells = table.column(column)
        empty = sum(map(is_gap, cells))
        if empty > MOST_LEFT_OUT * len(cells):
            others.append((column, f"is empty in {empty / len(cells):.0%} of the items"))
        elif is_text(table, column):
            others.append((column, "holds text"))
        else:
            inputs.append(column)
    return inputs, others


def _worthless(x: NDArray[Any], y: NDArray[Any], inputs: Sequence[int]) -> list[tuple[int, str]]:
    """Return the columns that hold numbers, but none to learn from, each with what is wrong with it."""
    if len(x) == 0:
        return []
    found = dict.fromkeys(tell_labels(x, y), "tells the label")
    found |= dict.fromkeys(row_numbers(x), "counts the items")
    # Pixels at the border may be dark in all items, and do no harm.
    found |= {} if like_pixels(x) else dict.fromkeys(never_vary(x), "never varies")
    return [(inputs[c], why) for c, why in sorted(found.items())]


def _written(table: Table) -> list[Line]:
    lines = []
    if table.delimiter != ",":
        lines.append(Line("delimiter", table.delimiter, "between two columns"))
    if not table.header:
        lines.append(Line("header", False, "the first line holds an item, no names"))
    return lines


def _ignore(table: Table, columns: Sequence[tuple[int, str]]) -> list[Line]:
    if not columns:
        return []
    said: dict[str, list[str]] = {}
    for column, why in columns:
        said.setdefault(why, []).append(repr(table.key(column)))
    return [
        Line(
            "ignore",
            [table.key(column) for column, _ in columns],
            "; ".join(
                f"{why}: {', '.join(names[:6])}{' ...' if len(names) > 6 else ''}"
                for why, names in said.items()
            ),
        )
    ]


def _faults(table: Table, x: NDArray[Any], labels: Found) -> str:
    """Return in words what is wrong with items that can't be used."""
    gaps = int(np.sum(~np.isfinite(x).all(axis=1)))
    no_class = int(np.sum(labels.numbers < 0))
    said = [f"{table.broken} of another number of columns"] if table.broken else []
    said += [f"{gaps} without a number in each column"] if gaps else []
    rare = f", as {', '.join(map(repr, labels.strange[:3]))}" if labels.strange else ""
    said += [f"{no_class} without a label that others have{rare}"] if no_class else []
    return ", ".join(said)


def _first_fault(table: Table, inputs: Sequence[int], labels: Found) -> str:
    (at, *_), y = labels.columns, labels.numbers
    for item, label in zip(table.items, y, strict=True):
        wrong = [c for c in inputs if number(item[c]) is None]
        if wrong:
            return f"column {table.key(wrong[0])!r} holds {item[wrong[0]]!r}"
        if label < 0:
            return f"the label {item[at]!r} is rare"
    return "lines have different numbers of columns"
