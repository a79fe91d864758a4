"""The [data] of an imported spec: a file that was given, as it is, or what is to be written there."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from snnc.data.csv_file import number
from snnc.data.npz_headers import ITEMS, LABELS, BadFile, among, headers
from snnc.diagnostics.errors import Refusal, cannot
from snnc.spec.sources.base import SPLIT

#: What stands between two columns of a table.
DELIMITERS = ",;\t|"


@dataclass(frozen=True)
class DataTable:
    """Keys of [data] with comments behind some, and the names of the classes where labels are text."""

    pairs: Mapping[str, Any]
    comments: Mapping[str, str]
    labels: tuple[str, ...] = ()

    def scaled(self, scale: Any, why: str) -> DataTable:
        """Return the table with a scale, and what is to be said of it."""
        pairs, comments = {**self.pairs, "scale": scale}, {**self.comments, "scale": why}
        return replace(self, pairs=pairs, comments=comments)


def to_be_written(name: str, shape: Sequence[int], classes: int) -> DataTable:
    """Return the table of data that aren't known: a file beside the spec, and what it would hold."""
    comments = {
        "": "to be written: what it was trained on, which no model says",
        "path": f"arrays x, (n, {', '.join(map(str, shape))}), and y, labels from 0 to {classes - 1}",
    }
    return DataTable({"kind": "npz", "path": f"{name}.npz"}, comments)


def of_file(path: Path, folder: Path) -> DataTable:
    """Return the table of a file with data, for a spec in a folder.

    Raises:
        Refusal: If nothing tells which arrays or columns are items and labels.
    """
    relative = Path(os.path.relpath(path, folder)).as_posix()
    try:
        if path.suffix.lower() in (".csv", ".txt", ".tsv"):
            return _of_csv(path, relative)
        return _of_npz(path, relative)
    except OSError as error:
        raise cannot("read", path, error) from error
    except BadFile as error:
        raise Refusal(f"can't read {path.as_posix()}: {error}") from error


def _of_npz(path: Path, relative: str) -> DataTable:
    present = headers(path)
    if set(SPLIT) <= present.keys():
        names = {name: name for name in SPLIT}
    else:
        found = (among(present, ITEMS), among(present, LABELS))
        if None in found:
            raise Refusal(
                f"{path.as_posix()} holds {', '.join(present)}: call the items x and the labels y, or x_train, y_train, x_test and y_test"
            )
        names = {key: str(name) for key, name in zip(("x", "y"), found, strict=True) if key != name}
    return DataTable({"kind": "npz", "path": relative, **names}, {})


def _of_csv(path: Path, relative: str) -> DataTable:
    with path.open(encoding="utf-8-sig", newline="") as file:
        text = file.read(100_000)
    first = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    cells = next(csv.reader([first], delimiter=delimiter))
    header = not any(number(cell) is not None for cell in cells)
    label = (
        next((cell for cell in cells if cell.strip().lower() in LABELS), None) if header else None
    )
    pairs: dict[str, Any] = {"kind": "csv", "path": relative}
    pairs |= {"delimiter": delimiter} if delimiter != "," else {}
    pairs |= {} if header else {"header": False}
    pairs |= {"label": label} if label is not None else {}
    place = cells.index(label) if label is not None else -1
    return DataTable(pairs, {}, _names(path, delimiter, header, place))


def _names(path: Path, delimiter: str, header: bool, place: int) -> tuple[str, ...]:
    """Return the labels that are text, in the order of the alphabet, as scikit-learn's LabelEncoder numbers them."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file, delimiter=delimiter)
        if header:
            next(rows, None)
        labels = {row[place].strip() for row in rows if len(row) > 1}
    return () if None not in map(number, labels) else tuple(sorted(labels))
