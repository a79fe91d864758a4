"""What people do to data files when a report says so: in a table, in arrays, or in the program that they come from."""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.diagnostics.diagnostic import Diagnostic
from tests import following
from tests.advice import sound
from tests.following import Tables

Rows = list[list[str]]
Arrays = dict[str, NDArray[Any]]


def mended(
    files: Mapping[str, bytes], tables: Tables, diagnostic: Diagnostic, option: str
) -> dict[str, bytes] | None:
    """Return the files once an option that is about their content was followed; what the spec needs beside it is written."""
    if not diagnostic.code.startswith(_CODES) or not files:
        return None
    name = next(iter(files))
    for words, way in (*_WHOLE, *(_IN_ARRAYS if name.endswith(".npz") else _IN_TABLES)):
        if re.search(words, option):
            content = way(files[name], diagnostic, option)
            also = re.search(r"and write (\w+ = .*)", option)
            for key, value, where in following.assignments(also[1]) if also else []:
                following.place(tables, [where.strip("[]")])[key] = value
            return {**files, name: content}
    return None


def _table_again(*_: Any) -> bytes:
    """Save data again: the sound ones, of which a mistake was made."""
    return sound.table()


def _arrays_again(*_: Any) -> bytes:
    return sound.pictures()


def _as_utf_8(content: bytes, *_: Any) -> bytes:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16").encode()
    return content.decode("utf-16-le" if b"\0" in content else "latin-1").encode()


def _delimiter(content: bytes) -> str:
    """Return what divides the columns of a table."""
    top = content.decode("utf-8", "replace").partition("\n")[0]
    return max(",;\t|", key=top.count)


def _in_table(change: Callable[[Rows, Diagnostic, str], Rows]) -> Callable[..., bytes]:
    """Return what changes the cells of a table."""

    def way(content: bytes, diagnostic: Diagnostic, option: str) -> bytes:
        between = _delimiter(content)
        text = content.decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
        rows = list(csv.reader(io.StringIO(text), delimiter=between))
        written = io.StringIO()
        writer = csv.writer(written, delimiter=between, lineterminator="\n")
        writer.writerows(change(rows, diagnostic, option))
        return written.getvalue().encode()

    return way


def _is_number(cell: str) -> bool:
    try:
        return bool(np.isfinite(float(cell))) and cell.strip().lower() != "nan"
    except ValueError:
        return False


def _without_such_lines(rows: Rows, diagnostic: Diagnostic, _: str) -> Rows:
    """Leave out the line that is reported, and all to which the same applies."""
    found = re.search(r"line (\d+)", diagnostic.message)
    if "too large" in diagnostic.message:
        return [row for row in rows if not any(_is_number(c) and abs(float(c)) > 1e30 for c in row)]
    assert found
    at = int(found[1]) - 1
    gap = "no value" in diagnostic.message or "no finite number" in diagnostic.message
    kept = []
    for n, row in enumerate(rows):
        numbers = [_is_number(cell) for cell in row]
        alike = len(row) != len(rows[0]) or (gap and sum(numbers) < len(row) - 1)
        no_label = diagnostic.at == ("data", "path") and "" in row
        if n == at or (n and (alike or no_label)):
            continue
        kept.append(row)
    return kept


def _without_line(rows: Rows, _: Diagnostic, option: str) -> Rows:
    found = re.search(r"line (\d+)", option)
    assert found
    return [row for n, row in enumerate(rows, 1) if n != int(found[1])]


def _without_column(rows: Rows, _: Diagnostic, option: str) -> Rows:
    named = re.search(r"the column '(.*)' out", option)
    at = rows[0].index(named[1]) if named else 0
    return [[*row[:at], *row[at + 1 :]] for row in rows]


def _without_last_cells(rows: Rows, *_: Any) -> Rows:
    return [row[:-1] if row[-1] == "" else row for row in rows]


def _quoted(rows: Rows, *_: Any) -> Rows:
    """Join the cells that a text fell into."""
    size = len(rows[0])
    return [[*row[: size - 1], ",".join(row[size - 1 :])] for row in rows]


def _with_points(rows: Rows, *_: Any) -> Rows:
    return [[re.sub(r"^([+-]?\d+),(\d+)$", r"\1.\2", cell) for cell in row] for row in rows]


def _without_units(rows: Rows, *_: Any) -> Rows:
    return [[re.sub(r"^([\d.]+)\s*(%|[a-z]+)$", r"\1", cell) for cell in row] for row in rows]


def _renamed(rows: Rows, diagnostic: Diagnostic, option: str) -> Rows:
    """Write a label in the line that is reported."""
    line, word = re.search(r"line (\d+)", diagnostic.message), re.search(r"'(.*)'", option)
    assert line
    assert word
    return [[*r[:-1], word[1]] if n == int(line[1]) else r for n, r in enumerate(rows, 1)]


def _transposed(rows: Rows, *_: Any) -> Rows:
    return [list(row) for row in zip(*rows, strict=True)]


def _once(rows: Rows, *_: Any) -> Rows:
    """Leave out items that are there already."""
    seen = set[tuple[str, ...]]()
    return [r for r in rows if tuple(r) not in seen and not seen.add(tuple(r))]  # type: ignore[func-returns-value]


def _shuffled(rows: Rows, *_: Any) -> Rows:
    order = np.random.RandomState(0).permutation(len(rows) - 1) + 1
    return [rows[0], *(rows[n] for n in order)]


def _in_array(change: Callable[[Arrays, Diagnostic], Arrays]) -> Callable[..., bytes]:
    """Return what changes arrays, called x and y."""

    def way(content: bytes, diagnostic: Diagnostic, _: str) -> bytes:
        arrays = dict(np.load(io.BytesIO(content), allow_pickle=True))
        return sound.npz(**{**arrays, **change(arrays, diagnostic)})

    return way


def _of_labels(change: Callable[[NDArray[Any]], NDArray[Any]]) -> Callable[..., bytes]:
    return _in_array(lambda a, _: {"y": change(a["y"])})


def _of_items(change: Callable[[NDArray[Any]], NDArray[Any]]) -> Callable[..., bytes]:
    return _in_array(lambda a, _: {"x": change(a["x"])})


def _numbered(y: NDArray[Any]) -> NDArray[Any]:
    return np.unique(y.astype(str) if y.dtype.kind in "OSU" else y, return_inverse=True)[1]


def _sound_items(arrays: Arrays, _: Diagnostic) -> Arrays:
    x, y = arrays["x"], arrays["y"]
    kept = np.isfinite(x.reshape(len(x), -1)).all(axis=1) & np.isfinite(y)
    return {"x": x[kept], "y": y[kept]}


def _as_many(arrays: Arrays, _: Diagnostic) -> Arrays:
    n = min(len(arrays["x"]), len(arrays["y"]))
    return {"x": arrays["x"][:n], "y": arrays["y"][:n]}


def _different(arrays: Arrays, _: Diagnostic) -> Arrays:
    x = arrays["x"]
    kept = np.sort(np.unique(x.reshape(len(x), -1), axis=0, return_index=True)[1])
    return {"x": x[kept], "y": arrays["y"][kept]}


def _side_by_side(x: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate([x.real, x.imag], axis=-1)


_CODES = ("data-", "csv-", "batch-size", "test-fraction")
#: What is said of data that have to be made, or loaded, once more.
_AGAIN = r"save the table as text|save it again|save the items again|add items|load the file|git lfs|copy or save"
_WHOLE: tuple[tuple[str, Callable[..., bytes]], ...] = (
    (r"save the file as UTF-8", _as_utf_8),
    (r"unpack it", lambda content, *_: gzip.decompress(content)),
)
_IN_TABLES: tuple[tuple[str, Callable[..., bytes]], ...] = (
    (_AGAIN, _table_again),
    (r"remove such (lines|items)", _in_table(_without_such_lines)),
    (r"remove line \d+", _in_table(_without_line)),
    (r"leave the column '|leave it out of the file", _in_table(_without_column)),
    (r"remove what ends the lines", _in_table(_without_last_cells)),
    (r"put quotes around text", _in_table(_quoted)),
    (r"in all such cells", _in_table(_with_points)),
    (r"numbers stand alone", _in_table(_without_units)),
    (r"write '.*' in the file", _in_table(_renamed)),
    (r"save it transposed", _in_table(_transposed)),
    (r"says nothing: leave them out", _in_table(_once)),
    (r"shuffle them", _in_table(_shuffled)),
)
_IN_ARRAYS: tuple[tuple[str, Callable[..., bytes]], ...] = (
    (rf"{_AGAIN}|numpy.savez|save its arrays", _arrays_again),
    (r"subtract 1 from each", _of_labels(lambda y: y - 1)),
    (r"make each -1 a 0", _of_labels(lambda y: y.clip(0))),
    (r"argmax\(axis=1\)", _of_labels(lambda y: y.argmax(axis=1))),
    (r"ravel\(\)", _of_labels(np.ravel)),
    (r"numpy.digitize", _of_labels(lambda y: np.digitize(y, np.quantile(y, [1 / 3, 2 / 3])))),
    (r"^save \w+\[0\]", _of_items(lambda x: x[0])),
    (r"numpy.moveaxis", _of_items(lambda x: np.moveaxis(x, -1, 0))),
    (r"side by side", _of_items(_side_by_side)),
    (r"astype\(float\)", _of_items(lambda x: x.astype(float))),
    (r"return_inverse=True", _of_labels(_numbered)),
    (r"remove such items", _in_array(_sound_items)),
    (r"save as many of both", _in_array(_as_many)),
    (r"says nothing: leave them out", _in_array(_different)),
)
