"""Mistakes in data: tables and arrays as people have them who saved them by pandas, NumPy, spreadsheets or hand."""

from __future__ import annotations

import gzip
import io
import json
import pickle
from collections.abc import Callable, Iterator

import numpy as np

from tests.advice.sound import (
    COLUMNS,
    FLOWERS,
    IMAGES,
    NAMES,
    Array,
    Mistake,
    csv,
    edited,
    flowers,
    images,
    npz,
    pictures,
    table,
)

Edit = tuple[str, str]
HEADER = (*COLUMNS, "species")
LABELS: Edit = ('labels = ["setosa", "versicolor", "virginica"]\n', "")


def text() -> str:
    return table().decode()


def rows() -> list[list[str]]:
    """Return the cells of the sound table, its header first."""
    return [line.split(",") for line in text().splitlines()]


def joined(cells: list[list[str]], between: str = ",", end: str = "\n") -> bytes:
    return "".join(between.join(row) + end for row in cells).encode()


def cell(row: int, column: int, value: str) -> bytes:
    """Return the table with another value in one cell; row 1 is the first item."""
    cells = rows()
    cells[row][column] = value
    return joined(cells)


def column(values: Callable[[int], str], name: str, at: int) -> bytes:
    """Return the table with a column more."""
    return joined(
        [[*row[:at], values(n - 1) if n else name, *row[at:]] for n, row in enumerate(rows())]
    )


def labelled(names: Callable[[int], object]) -> bytes:
    x, y = flowers()
    return csv(x.tolist(), [names(int(c)) for c in y])


def line(at: int, what: str) -> bytes:
    lines = text().splitlines()
    return "\n".join([*lines[:at], what, *lines[at:]]).encode() + b"\n"


def scaled(change: Callable[[Array], Array]) -> bytes:
    x, y = flowers()
    return csv(change(x).tolist(), [NAMES[c] for c in y])


def with_gap(value: object, share: float) -> bytes:
    """Return the table with a share of its cells replaced."""
    x, y = flowers()
    chance = np.random.RandomState(5)
    cells = x.astype(object)
    cells[chance.uniform(size=x.shape) < share] = value
    return csv(cells.tolist(), [NAMES[c] for c in y])


def ordered() -> bytes:
    x, y = flowers()
    order = np.argsort(y, kind="stable")
    return csv(x[order].tolist(), [NAMES[c] for c in y[order]])


def one_hot_columns() -> bytes:
    x, y = flowers()
    cells = np.concatenate([x, np.eye(3)[y]], axis=1)
    return csv(cells[:, :-1].tolist(), cells[:, -1].tolist(), (*COLUMNS, *NAMES))


#: What the file holds, and what else of the spec differs.
TABLES: dict[str, tuple[Callable[[], bytes], tuple[Edit, ...]]] = {
    "an empty table": (lambda: b"", ()),
    "a header alone": (lambda: b",".join(c.encode() for c in HEADER) + b"\n", ()),
    "spaces alone": (lambda: b"\n\n \n", ()),
    "semicolons between": (lambda: text().replace(",", ";").encode(), ()),
    "tabs between": (lambda: text().replace(",", "\t").encode(), ()),
    "bars between": (lambda: text().replace(",", "|").encode(), ()),
    "spaces between": (lambda: text().replace(",", " ").encode(), ()),
    "commas where the spec has semicolons": (table, (('label = "species"', 'label = "species"\ndelimiter = ";"'),)),
    "tabs where the spec has commas, named": (
        lambda: text().replace(",", "\t").encode(), (('label = "species"', 'label = "species"\ndelimiter = ","'),)
    ),
    "decimal commas": (lambda: text().replace(",", ";").replace(".", ",").encode(), ()),
    "decimal commas, the delimiter said": (
        lambda: text().replace(",", ";").replace(".", ",").encode(), (('label = "species"', 'label = "species"\ndelimiter = ";"'),)
    ),
    "no header": (lambda: joined(rows()[1:]), ()),
    "no header, the label by number": (lambda: joined(rows()[1:]), (('label = "species"', "label = -1"),)),
    "a header where the spec has none": (table, (('label = "species"', "label = -1\nheader = false"),)),
    "a name without a header": (table, (('label = "species"', 'label = "species"\nheader = false'),)),
    "a title above the header": (lambda: line(0, "Flowers of 1936"), ()),
    "a comment above the header": (lambda: line(0, "# flowers"), ()),
    "units below the header": (lambda: line(1, "cm,cm,cm,cm,"), ()),
    "the header twice": (lambda: line(1, ",".join(HEADER)), ()),
    "the header again in the middle": (lambda: line(50, ",".join(HEADER)), ()),
    "sep= of Excel": (lambda: line(0, "sep=,"), ()),
    "a sum at the end": (lambda: table() + b"total,,,,\n", ()),
    "an empty line in the middle": (lambda: line(50, ""), ()),
    "pandas' index": (lambda: column(str, "", 0), ()),
    "pandas' index, called Unnamed: 0": (lambda: column(str, "Unnamed: 0", 0), ()),
    "a column id": (lambda: column(lambda n: str(n + 1000), "id", 0), ()),
    "a column of dates": (lambda: column(lambda n: f"2024-01-{n % 28 + 1:02d}", "date", 0), ()),
    "a column of text": (lambda: column(lambda n: f"plant {n}", "note", 2), ()),
    "a column of yes and no": (lambda: column(lambda n: ["yes", "no"][n % 2], "wild", 1), ()),
    "the label in the first column": (
        lambda: joined([[row[-1], *row[:-1]] for row in rows()]), (('label = "species"\n', ""),)
    ),
    "the label under another name": (lambda: text().replace("species", "class").encode(), ()),
    "the label in another case": (lambda: text().replace("species", "Species").encode(), ()),
    "spaces in the header": (lambda: text().replace("species", " species ").encode(), ()),
    "quotes around everything": (lambda: joined([[f'"{c}"' for c in row] for row in rows()]), ()),
    "single quotes around names": (lambda: text().replace("setosa", "'setosa'").encode(), ()),
    "Windows' line ends": (lambda: joined(rows(), end="\r\n"), ()),
    "a byte order mark": (lambda: b"\xef\xbb\xbf" + table(), ()),
    "UTF-16": (lambda: text().encode("utf-16"), ()),
    "UTF-16 without a mark": (lambda: text().encode("utf-16-le"), ()),
    "Latin-1": (lambda: text().replace("setosa", "s\u00e9tosa").encode("latin-1"), ()),
    "a table that is packed": (lambda: gzip.compress(table()), ()),
    "an Excel file that is called csv": (lambda: b"PK\x03\x04" + b"\0" * 60, ()),
    "JSON that is called csv": (lambda: json.dumps([dict(zip(HEADER, row, strict=True)) for row in rows()[1:9]]).encode(), ()),
    "a web page that is called csv": (lambda: b"<!DOCTYPE html>\n<html><body>404</body></html>\n", ()),
    "a pointer of Git LFS": (lambda: b"version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 4221\n", ()),
    "a zero byte": (lambda: cell(50, 1, "3\0"), ()),
    "a row too short": (lambda: line(50, "1.0,2.0,setosa"), ()),
    "a row too long": (lambda: line(50, "1.0,2.0,3.0,4.0,5.0,setosa"), ()),
    "a comma at the end of each row": (lambda: joined([[*row, ""] for row in rows()]), ()),
    "a comma at the end of each item": (lambda: joined([rows()[0], *([*row, ""] for row in rows()[1:])]), ()),
    "a comma in a text": (lambda: text().replace("setosa", "Iris, setosa").encode(), ()),
    "a missing value": (lambda: cell(50, 1, ""), ()),
    "a missing value in the first item": (lambda: cell(1, 1, ""), ()),
    "NA": (lambda: cell(50, 1, "NA"), ()),
    "NaN": (lambda: cell(50, 1, "NaN"), ()),
    "?": (lambda: cell(50, 1, "?"), ()),
    "#N/A of Excel": (lambda: cell(50, 1, "#N/A"), ()),
    "inf": (lambda: cell(50, 1, "inf"), ()),
    "a dash for nothing": (lambda: cell(50, 1, "-"), ()),
    "text among numbers": (lambda: cell(50, 1, "small"), ()),
    "a unit behind a number": (lambda: cell(50, 1, "3.4 cm"), ()),
    "a per cent sign behind a number": (lambda: cell(50, 1, "34%"), ()),
    "a comma between thousands": (lambda: cell(50, 1, '"3,400"'), ()),
    "a number with 0x": (lambda: cell(50, 1, "0x1F"), ()),
    "a missing label": (lambda: cell(50, 4, ""), ()),
    "missing values throughout": (lambda: with_gap("", 0.03), ()),
    "-999 for missing": (lambda: with_gap(-999, 0.02), ()),
    "1e38 for missing": (lambda: with_gap(1e38, 0.02), ()),
    "a value too large": (lambda: cell(50, 1, "1e300"), ()),
    "labels from 0": (lambda: labelled(int), (LABELS,)),
    "labels from 1": (lambda: labelled(lambda c: c + 1), (LABELS,)),
    "labels from 1, names in the spec": (lambda: labelled(lambda c: c + 1), ()),
    "labels as floats": (lambda: labelled(float), (LABELS,)),
    "labels as floats from 1": (lambda: labelled(lambda c: c + 1.0), (LABELS,)),
    "labels 0, 85, 170": (lambda: labelled(lambda c: 85 * c), (LABELS,)),
    "labels -1, 0, 1": (lambda: labelled(lambda c: c - 1), (LABELS,)),
    "labels in another case": (lambda: labelled(lambda c: NAMES[c].upper()), ()),
    "labels with spaces": (lambda: labelled(lambda c: f" {NAMES[c]} "), ()),
    "labels in two cases": (lambda: cell(50, 4, "Setosa"), ()),
    "a label misspelt": (lambda: cell(50, 4, "sertosa"), ()),
    "labels of other names": (lambda: labelled(lambda c: f"Iris-{NAMES[c]}"), ()),
    "text labels, none in the spec": (table, (LABELS,)),
    "two classes in the spec, three in the table": (
        table, (('"setosa", "versicolor", "virginica"', '"setosa", "versicolor"'), ("classes = 3", "classes = 2"))
    ),
    "four classes in the spec, three in the table": (
        table, (('"virginica"]', '"virginica", "other"]'), ("classes = 3", "classes = 4"))
    ),
    "ten classes in the spec, three in the table": (lambda: labelled(int), (LABELS, ("classes = 3", "classes = 10"))),
    "measured values for labels": (lambda: labelled(lambda c: 1.5 + c / 3), (LABELS,)),
    "one-hot columns": (one_hot_columns, (LABELS, ('label = "species"\n', ""))),
    "true and false for labels": (lambda: labelled(lambda c: c == 1), (LABELS, ("classes = 3", "classes = 2"))),
    "one class alone": (lambda: joined([rows()[0], *(row for row in rows() if row[-1] == "setosa")]), ()),
    "a class of one item": (lambda: joined([r for r in rows() if r[-1] != "virginica"] + [r for r in rows() if r[-1] == "virginica"][:1]), ()),
    "a value fewer than the spec has": (lambda: joined([row[1:] for row in rows()]), ()),
    "a value more than the spec has": (lambda: column(lambda n: f"{n % 7}", "height", 4), ()),
    "items in rows of a column each": (lambda: joined([list(row) for row in zip(*rows(), strict=True)]), ()),
    "few items": (lambda: joined(rows()[:9]), ()),
    "two items": (lambda: joined(rows()[:3]), ()),
    "one item": (lambda: joined(rows()[:2]), ()),
    "items twice": (lambda: table() + joined(rows()[1:]), ()),
    "in order of their classes": (ordered, ()),
    "columns of other sizes": (lambda: scaled(lambda x: x * np.array([1, 1000, 1, 1e5])), (('scale = "standard"', 'scale = "unit"'),)),
    "values far from 0, unscaled": (lambda: scaled(lambda x: x + 100), (('scale = "standard"', 'scale = "none"'),)),
    "a column that never varies": (lambda: column(lambda n: "7", "height", 4), (("shape = [4]", "shape = [5]"),)),
    "values that never vary": (lambda: scaled(np.ones_like), (('scale = "standard"', 'scale = "unit"'),)),
    "negative values where none are heard": (
        lambda: scaled(lambda x: x - x.mean(axis=0)), (('scale = "standard"', 'scale = "none"'), ('mode = "on_off"', 'mode = "identity"'))
    ),
    "an array that is called csv": (pictures, ()),
    "the name of a column twice": (lambda: text().replace("petal_width", "species").encode(), ()),
}  # fmt: skip


def changed(array: Array, at: object, value: object) -> Array:
    array = array.astype(float) if isinstance(value, float) else array.copy()
    array[at] = value
    return array


def picture() -> tuple[Array, Array]:
    return images()


def arrays(
    x: Callable[[Array], Array] = lambda x: x, y: Callable[[Array], Array] = lambda y: y
) -> Callable[[], bytes]:
    """Return what makes a file of images whose items or labels are changed."""

    def made() -> bytes:
        items, labels = picture()
        return npz(x=x(items), y=y(labels))

    return made


def bare(array: Array) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def in_parts(*names: str) -> bytes:
    x, y = images()
    return npz(**dict(zip(names, (x[:90], y[:90], x[90:], y[90:]), strict=True)))


ARRAYS: dict[str, tuple[Callable[[], bytes], tuple[Edit, ...]]] = {
    "an empty file of arrays": (lambda: b"", ()),
    "text that is called npz": (table, ()),
    "a single array, .npy": (lambda: bare(images()[0]), ()),
    "a pickle that is called npz": (lambda: pickle.dumps({"x": [1], "y": [0]}), ()),
    "MATLAB's file": (lambda: b"MATLAB 5.0 MAT-file" + b" " * 200, ()),
    "an HDF5 file": (lambda: b"\x89HDF\r\n\x1a\n" + b"\0" * 200, ()),
    "PyTorch's file": (lambda: b"PK\x03\x04" + b"\0" * 99, ()),
    "a file that is cut short": (lambda: pictures()[:900], ()),
    "arrays called X and y": (lambda: npz(X=images()[0], y=images()[1]), ()),
    "arrays called data and target": (lambda: npz(data=images()[0], target=images()[1]), ()),
    "arrays called arr_0 and arr_1": (lambda: npz(arr_0=images()[0], arr_1=images()[1]), ()),
    "arrays called images and labels": (lambda: npz(images=images()[0], labels=images()[1]), ()),
    "arrays that come split": (lambda: in_parts("x_train", "y_train", "x_test", "y_test"), ()),
    "arrays that come split, in capitals": (lambda: in_parts("X_train", "y_train", "X_test", "y_test"), ()),
    "arrays that don't come split": (
        pictures, (('x = "x"\ny = "y"', 'x_train = "x_train"\ny_train = "y_train"\nx_test = "x_test"\ny_test = "y_test"'),)
    ),
    "no labels": (lambda: npz(x=images()[0]), ()),
    "items and labels exchanged": (lambda: npz(x=images()[1], y=images()[0]), ()),
    "channels first": (arrays(lambda x: np.moveaxis(x, -1, 1)), ()),
    "no axis of channels": (arrays(lambda x: x[..., 0]), ()),
    "flat images": (arrays(lambda x: x.reshape(len(x), -1)), ()),
    "colour images": (arrays(lambda x: np.repeat(x, 3, axis=-1)), ()),
    "images of another size": (arrays(lambda x: np.repeat(np.repeat(x, 2, 1), 2, 2)), ()),
    "items last": (arrays(lambda x: np.moveaxis(x, 0, -1)), ()),
    "a batch axis too many": (arrays(lambda x: x[None]), ()),
    "one item": (arrays(lambda x: x[:1], lambda y: y[:1]), ()),
    "no items": (arrays(lambda x: x[:0], lambda y: y[:0]), ()),
    "more items than labels": (arrays(y=lambda y: y[:-1]), ()),
    "more labels than items": (arrays(lambda x: x[:-5]), ()),
    "one-hot labels": (arrays(y=lambda y: np.eye(3)[y]), ()),
    "one-hot labels of integers": (arrays(y=lambda y: np.eye(3, dtype=int)[y]), ()),
    "one-hot labels of four classes": (arrays(y=lambda y: np.eye(4)[y]), ()),
    "a column of labels": (arrays(y=lambda y: y[:, None]), ()),
    "a row of labels": (arrays(y=lambda y: y[None]), ()),
    "text labels": (arrays(y=lambda y: np.array(NAMES)[y]), ()),
    "labels of bytes": (arrays(y=lambda y: np.array(NAMES).astype("S")[y]), ()),
    "labels of objects": (arrays(y=lambda y: np.array(NAMES, dtype=object)[y]), ()),
    "labels from 1": (arrays(y=lambda y: y + 1), ()),
    "labels 0, 85, 170": (arrays(y=lambda y: 85 * y), ()),
    "labels 0, 85, 170, 255 of four classes": (arrays(y=lambda y: np.arange(len(y)) % 4 * 85), (("classes = 3", "classes = 4"),)),
    "labels -1 and 1": (arrays(y=lambda y: 2 * (y > 0) - 1), (("classes = 3", "classes = 2"),)),
    "labels as floats": (arrays(y=lambda y: y.astype(float)), ()),
    "labels with halves": (arrays(y=lambda y: y / 2), ()),
    "labels with NaN": (arrays(y=lambda y: changed(y, 3, float("nan"))), ()),
    "probabilities for labels": (arrays(y=lambda y: 0.8 * np.eye(3)[y] + 0.2 / 3), ()),
    "too many labels": (arrays(y=lambda y: np.arange(len(y)) % 5), ()),
    "too few labels": (arrays(y=lambda y: y % 2), ()),
    "measured values for labels": (arrays(y=lambda y: np.random.RandomState(0).normal(size=len(y))), ()),
    "items with NaN": (arrays(lambda x: changed(x, (7, 2, 2, 0), float("nan"))), ()),
    "items with infinity": (arrays(lambda x: changed(x, (7, 2, 2, 0), float("inf"))), ()),
    "items of objects": (arrays(lambda x: x.astype(object)), ()),
    "items of text": (arrays(lambda x: x.astype(str)), ()),
    "complex items": (arrays(lambda x: x + 1j), ()),
    "items of dates": (arrays(lambda x: x.astype("M8[s]")), ()),
    "pixels up to 255, unscaled": (pictures, (('scale = "unit"', 'scale = "none"'),)),
    "pixels up to 1, divided by 255": (arrays(lambda x: x / 255), (('scale = "unit"', "scale = { divide = 255 }"),)),
    "values that never vary": (arrays(np.ones_like), ()),
    "items twice": (arrays(lambda x: np.concatenate([x, x]), lambda y: np.concatenate([y, y])), ()),
    "one class alone": (arrays(y=np.zeros_like), ()),
}  # fmt: skip


ELSEWHERE = {
    "in another folder": "data/flowers.csv",
    "with another end": "flowers.txt",
    "in another case": "Flowers.csv",
    "in a folder of that name": "flowers.csv/flowers.csv",
    "under another name": "iris_2.csv",
}


def mistakes() -> Iterator[Mistake]:
    """Yield every mistake in data, with the spec beside it."""
    for kind, (made, edits) in TABLES.items():
        yield Mistake("tables of text", kind, edited(FLOWERS, *edits), {"flowers.csv": made()})
    for kind, (made, edits) in ARRAYS.items():
        files = {"images.npz": made()}
        yield Mistake("arrays", kind, edited(IMAGES, *edits), files, "images.toml")
    for kind, name in ELSEWHERE.items():
        yield Mistake("files that are elsewhere", kind, FLOWERS, {name: table()})
