"""Whatever a data file holds, the command line says in a sentence what is wrong with it; never a traceback."""

from __future__ import annotations

import gzip
import io
import os
import random
import re
import shutil
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import snnc
from snnc.cli import main
from snnc.environment.own_files import OWN_FILES
from tests.conftest import ROOT

np = pytest.importorskip("numpy", reason="numpy comes with snnc[run]")

#: How many files are damaged; `SNNC_MUTATIONS=10000 pytest tests/test_data_errors.py` is the long run.
MUTATIONS = int(os.environ.get("SNNC_MUTATIONS", "400"))

SPEC = """
[network]
name = "small"
[data]
{data}
[input]
shape = [3]
[[layers]]
kind = "dense"
units = 8
[[layers]]
kind = "dense"
units = 6
[output]
classes = {classes}
{labels}
[train]
batch_size = 4
"""

NPZ = 'kind = "npz"\npath = "data.npz"\n'
CSV = 'kind = "csv"\npath = "data.csv"\n'


def write_spec(folder: Path, data: str, classes: int = 2, labels: str = "") -> Path:
    spec = folder / "small.toml"
    spec.write_text(SPEC.format(data=data, classes=classes, labels=labels))
    return spec


def said(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Return the exit code of a command, and all that it said."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        code = main(arguments)
    seen = capsys.readouterr()
    return code, seen.out + seen.err


def in_words(report: str) -> str:
    """Return a report with each hint behind its message, without the lines between them."""
    return re.sub(r"\n +\d+ \| .*\n +\| *\^+ ?|\n {9}", ": ", report)


def items(n: int = 40) -> Any:
    return np.random.RandomState(0).normal(size=(n, 3))


def labels(n: int = 40) -> Any:
    return np.arange(n) % 2


def changed(array: Any, at: Any, value: Any) -> Any:
    array = array.copy()
    array[at] = value
    return array


def saved(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez(file, **{"x": items(), "y": labels(), **arrays})
    return file.getvalue()


def bare(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def zipped(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_npy", ".npy"), content)
    return file.getvalue()


def twice() -> bytes:
    file = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w") as archive:
        warnings.simplefilter("ignore")
        for name in ("x", "x", "y"):
            archive.writestr(f"{name}.npy", bare(items() if name == "x" else labels()))
    return file.getvalue()


def claiming_too_much() -> bytes:
    """A header that says 10 ** 15 items, so that reading it would take all memory there is."""
    x = bare(items()).replace(b"(40, 3), }" + b" " * 14, b"(1000000000000000, 3), }")
    return zipped(x_npy=x, y_npy=bare(labels()))


STRUCTURE = np.zeros(40, dtype=[("a", "f8"), ("b", "i4")])

#: What is in the file, and what `check` says of it: its headers suffice.
BY_HEADERS: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "data.npz: it is empty"),
    "text": (lambda: b"1,2,3\n", "data.npz: it is no .npz file"),
    "npy": (lambda: bare(items()), "it is a single array (.npy): numpy.savez writes several"),
    "matlab": (lambda: b"MATLAB 5.0 MAT-file" + b" " * 200, "it is a file of MATLAB's"),
    "hdf5": (lambda: b"\x89HDF\r\n\x1a\n" + b"\0" * 200, "it is an HDF5 file"),
    "gzip": (lambda: gzip.compress(saved()), "it is packed with gzip: unpack it"),
    "pickle": (lambda: b"\x80\x04K\x01.", "it is a pickle, which is never read"),
    "zip": (lambda: zipped(readme=b"hello"), "it is a .zip file without arrays"),
    "cut short": (lambda: saved()[:700], "it is cut short or damaged"),
    "twice": (twice, "it holds two arrays called 'x'"),
    "no array": (lambda: zipped(x_npy=b"hello", y_npy=bare(labels())), "'x' is no NumPy array"),
    "too much": (claiming_too_much, "'x' is damaged: it holds more or fewer values than it says"),
    "objects": (
        lambda: saved(x=items().astype(object)),
        "'x' holds Python objects (|O), not numbers",
    ),
    "text labels": (lambda: saved(y=labels().astype(str)), "'y' holds text (<U21), not numbers"),
    "bytes": (lambda: saved(y=labels().astype("S")), "'y' holds bytes (|S21), not numbers"),
    "complex": (lambda: saved(x=items() + 1j), "'x' holds complex numbers (<c16), not numbers"),
    "structure": (lambda: saved(x=STRUCTURE), "'x' holds records (a structure), not numbers"),
    "dates": (lambda: saved(y=labels().astype("M8[s]")), "'y' holds dates (<M8[s]), not numbers"),
    "long": (lambda: saved(x=items().astype("f16")), "'x' holds long floats (<f16), not numbers"),
    "no items": (lambda: saved(x=np.zeros((0, 3)), y=labels(0)), "'x' holds no items"),
    "single": (lambda: saved(x=np.array(3.0)), "an item of 'x' has shape [], not [3]"),
    "single label": (lambda: saved(y=np.array(3)), "'y' has shape []; labels are one whole number"),
    "flat": (lambda: saved(x=np.zeros(120)), "an item of 'x' has shape [], not [3]"),
    "transposed": (lambda: saved(x=items().T), "an item of 'x' has shape [40], not [3]"),
    "wide": (lambda: saved(x=np.zeros((40, 5))), "an item of 'x' has shape [5], not [3]"),
    "one-hot": (lambda: saved(y=np.eye(2)[labels()]), "one-hot? save y.argmax(axis=1)"),
    "one-hot, of three": (
        lambda: saved(y=np.eye(3)[labels()]),
        "argmax(axis=1), and write classes = 3 in [output]",
    ),
    "a row of labels": (lambda: saved(y=labels()[None]), "save y.ravel()"),
    "lengths": (lambda: saved(y=labels(39)), "there are 40 items in 'x', but 39 labels in 'y'"),
    "few": (lambda: saved(x=items(4), y=labels(4)), "3 items to train on, fewer than a batch of 4"),
    "one": (lambda: saved(x=items(1), y=labels(1)), "no item is left to train on: of 1"),
    "names": (lambda: saved(x=items(), y=labels()).replace(b"y.npy", b"z.npy"), "no array 'y'"),
}


def crc_wrong() -> bytes:
    raw = bytearray(saved(x=items(4000), y=labels(4000)))
    raw[50000] ^= 0xFF  # inside the values of x, far behind its header
    return bytes(raw)


#: What is in the file, and what `check --data` says of it: values have to be looked at.
BY_VALUES: dict[str, tuple[Callable[[], bytes], str]] = {
    "nan": (
        lambda: saved(x=changed(items(), (7, 2), np.nan)),
        "data.npz: item 7 of 'x' has the value nan at 2: remove such items, or fill in numbers",
    ),
    "inf": (lambda: saved(x=changed(items(), (0, 1), -np.inf)), "item 0 of 'x' has the value -inf"),
    "wrong check sum": (crc_wrong, "data.npz is damaged: Bad CRC-32"),
    "half": (
        lambda: saved(y=changed(labels().astype(float), 5, 0.5)),
        "label 5 of 'y' is 0.5; with 2 classes labels go from 0 to 1: number them from 0",
    ),
    "nan label": (lambda: saved(y=changed(labels().astype(float), 5, np.nan)), "label 5 of 'y' is nan"),
    "from 1": (lambda: saved(y=labels() + 1), "these start at 1, so subtract 1 from each"),
    "from 1, of four": (lambda: saved(y=np.arange(40) % 4 + 1), "subtract 1 from each, and write classes = 4 in [output]"),
    "gaps": (lambda: saved(y=10 * labels()), "number them from 0: numpy.unique(labels, return_inverse=True)[1]"),
    "minus 1": (lambda: saved(y=labels() * 2 - 1), "label 0 of 'y' is -1; with 2 classes labels go"),
    "too many": (lambda: saved(y=np.arange(40) % 3), "label 2 of 'y' is 2; with 2 classes labels go "
        "from 0 to 1: write classes = 3 in [output], or mend the labels"),
    "never vary": (lambda: saved(x=np.ones((40, 3))), "all training values are 1.0"),
    "huge": (lambda: saved(x=items() * 1e200), "the training values are too large to scale"),
    "one huge": (
        lambda: saved(x=changed(items(), np.random.RandomState(0).permutation(40)[0], 1e60)),
        "data.npz: there are values too large to use",
    ),
}  # fmt: skip

#: What is in the file, all of which can be used.
SOUND: dict[str, Callable[[], bytes]] = {
    "whole floats": lambda: saved(y=labels().astype(float)),
    "booleans": lambda: saved(x=items() > 0, y=labels().astype(bool)),
    "big-endian": lambda: saved(x=items().astype(">f4"), y=labels().astype(">i2")),
    "fortran": lambda: saved(x=np.asfortranarray(items())),
    "a column of labels": lambda: saved(y=labels()[:, None]),
    "a stack of labels": lambda: saved(y=labels()[:, None, None]),
    "a channel": lambda: saved(x=items()[:, :, None]),
    "unsigned": lambda: saved(x=(items() * 50).astype("u1"), y=labels().astype("u8")),
    "short floats": lambda: saved(x=items().astype("f2")),
    "beside other arrays": lambda: saved(names=np.array(["a"]), more=np.array([{}], dtype=object)),
}


@pytest.mark.parametrize("name", BY_HEADERS)
def test_headers(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make, sentence = BY_HEADERS[name]
    spec = write_spec(tmp_path, NPZ)
    (tmp_path / "data.npz").write_bytes(make())
    code, text = said(["check", str(spec)], capsys)
    assert code == 1
    assert sentence in in_words(text)
    # The same file, given by hand: found where it is named.
    (tmp_path / "data.npz").rename(tmp_path / "other.npz")
    code, text = said(["check", str(spec), "--data", str(tmp_path / "other.npz")], capsys)
    assert code == 1
    assert sentence.replace("data.npz", "other.npz") in in_words(text)
    assert "other.npz" in text


@pytest.mark.parametrize("name", BY_VALUES)
def test_values(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make, sentence = BY_VALUES[name]
    spec = write_spec(tmp_path, NPZ)
    (tmp_path / "data.npz").write_bytes(make())
    assert said(["check", str(spec)], capsys)[0] == 0
    code, text = said(["check", "--data", str(spec)], capsys)
    assert code == 1
    assert sentence in in_words(text)
    assert text.count(": error[") == 1
    assert "no errors" not in text


@pytest.mark.parametrize("name", SOUND)
def test_what_can_be_used(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = write_spec(tmp_path, NPZ)
    (tmp_path / "data.npz").write_bytes(SOUND[name]())
    code, text = said(["check", "--data", str(spec)], capsys)
    assert code == 0, text
    assert "data.npz: 40 items of 3 values\n  32 to train on: values " in text


#: The text of a file, what else the spec says, and what `check` says of it: the first lines suffice.
BY_FIRST_LINES: dict[str, tuple[str | bytes, str, str]] = {
    "empty": ("", "", "data.csv: it is empty"),
    "header alone": ("a,b,c,y\n", "", "data.csv holds no items"),
    "npz": (saved(), "", "it is a .zip or .npz file"),
    "gzip": (gzip.compress(b"a,b,c,y\n"), "", "it is packed with gzip"),
    "utf-16": ("a,b,c,y\n1,2,3,0\n".encode("utf-16"), "", "line 1 is no text"),
    "latin-1": ("a,b,c,\xfc\n1,2,3,0\n".encode("latin-1"), "", "line 1 is not UTF-8"),
    "delimiter": ("a;b;c;y\n1;2;3;0\n", "", 'write delimiter = ";"'),
    "tabs": ("a\tb\tc\ty\n1\t2\t3\t0\n", "", r'write delimiter = "\t"'),
    "no header": ("1,2,3,0\n1,2,3,1\n" * 9, "", "line 1 is left out as a header, but holds numbers"),
    "header": ("a,b,c,y\n1,2,3,0\n", "header = false", "line 1 holds names, not numbers"),
    "columns": ("a,b,y\n1,2,0\n", "", "has shape [2], not [3]"),
    "ragged": ("a,b,c,y\n1,2,3\n", "", "line 2 has 3 columns, not 4"),
    "label": ("a,b,c,kind\n1,2,3,0\n", 'label = "knd"', "did you mean 'kind'?"),
    "labels": ("a,b,y,y\n1,2,3,0\n", 'label = "y"', "2 columns are called 'y'"),
    "number of label": ("a,b,c,y\n1,2,3,0\n", "label = 4", "there is no column 4: they go from 0 to 3"),
    "text": ("a,b,c,y\n1,2,x,0\n", "", "line 2, column 'c': 'x' is no finite number"),
    "comma": ("a;b;c;y\n1;2;3,5;0\n", 'delimiter = ";"', "'3,5' has a comma"),
    "text label": ("a,b,c,y\n1,2,3,yes\n", "", "the label 'yes' is no whole number, and labels in"),
    "label elsewhere": ("y,a,b,c\nno,1,2,3\n", "", 'write label = "y" in [data] if that is the label'),
    "label's number": ("no,1,2,3\n", "header = false", "write label = 0 in [data] if that is the label"),
    "label without header": ("1,2,3,0\n1,2,3,1\n", 'label = "y"', "write header = false"),
    "many columns": (",".join("abcdefghijklmnop") + "\n", 'label = "kind"', "holds no items"),
    "many columns, none alike": (
        ",".join("abcdefghijklmnopqr") + "\n" + ",".join("1" * 18), 'label = "kind"', "-1 for the last, which is 'r'"
    ),
    "one comma": ("a,b;c;y\n1,2;3;0\n", "", 'write delimiter = ";"'),
    "decimal commas": ("a;b;c;y\n1,5;2,5;3;0\n", "", 'write delimiter = ";"'),
    "spaces": ("a b c y\n1 2 3 no\n", "", 'write delimiter = " "'),
    "title": ("Some flowers\na,b,c,y\n1,2,3,0\n", "", "remove line 1 from the file if it is a title"),
    "an identifier": ("a,b,c,y\n1,2,3,x\n", "", "the column holds 1 name: is it that of the labels?"),
    "index": (",a,b,y\n0,2,3,0\n" + "1,2,3,1\n" * 9, "", "is it the number of each item?"),
}  # fmt: skip

ROWS = "".join(f"{i},{i * i % 7},{i % 3},{i % 2}\n" for i in range(40))

#: As above, for what only `check --data` finds: the lines that follow have to be read.
BY_ROWS: dict[str, tuple[str | bytes, str, str]] = {
    "ragged": (f"a,b,c,y\n{ROWS}1,2,3,0,1\n", "", "data.csv: line 42 has 5 columns, not 4"),
    "ragged, after an empty line": (f"a,b,c,y\n{ROWS}\n1,2\n", "", "line 43 has 2 columns, not 4"),
    "missing": (f"a,b,c,y\n{ROWS}1,,3,0\n", "", "line 42, column 'b': '' is no value"),
    "unknown": (f"a,b,c,y\n{ROWS}1,2,?,0\n", "", "line 42, column 'c': '?' is no value"),
    "nan": (f"a,b,c,y\n{ROWS}1,2,nan,0\n", "", "line 42, column 'c': 'nan' is no value"),
    "inf": (f"a,b,c,y\n{ROWS}-inf,2,3,0\n", "", "line 42, column 'a': '-inf' is no finite number"),
    "half": (f"a,b,c,y\n{ROWS}1,2,3,0.5\n", "", "line 42, column 'y': the label is 0.5; with 2"),
    "too many": (f"a,b,c,y\n{ROWS}1,2,3,2\n", "", "the label is 2; with 2 classes labels go from 0 to 1"),
    "text label": (f"a,b,c,y\n{ROWS}1,2,3,no\n", "", "line 42, column 'y': the label 'no' is no whole"),
    "no header": (f"{ROWS}1,2,x,0\n", "header = false", "line 41, column 2 (from 0): 'x' is no finite number"),
    "bytes": (f"a,b,c,y\n{ROWS}".encode() + b"1,2,\xff,0\n", "", "line 42 is not UTF-8"),
    "zero byte": (f"a,b,c,y\n{ROWS}1,2,\0,0\n", "", "line 42 is no text"),
    "few": ("a,b,c,y\n1,2,3,0\n4,5,6,1\n", "", "1 items are left to train on, fewer than a batch"),
}  # fmt: skip


def as_bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


@pytest.mark.parametrize("name", BY_FIRST_LINES)
def test_first_lines(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, more, sentence = BY_FIRST_LINES[name]
    spec = write_spec(tmp_path, CSV + more)
    (tmp_path / "data.csv").write_bytes(as_bytes(text))
    code, seen = said(["check", str(spec)], capsys)
    assert sentence in seen
    assert code == (0 if "warning" in seen else 1)


def test_the_hint_at_labels_can_be_pasted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = write_spec(tmp_path, CSV)
    names = ['say "a"', "b\\c", "\u00e9t\u00e9"]
    lines = [
        f'{i},{i % 5},{i % 7},"{names[i % 3].replace(chr(34), 2 * chr(34))}"' for i in range(40)
    ]
    (tmp_path / "data.csv").write_text("a,b,c,y\n" + "\n".join(lines), encoding="utf-8")
    seen = said(["check", str(spec)], capsys)[1]
    hint = re.search(r"write (labels = \[.*\]) and classes = 3 in \[output\]", seen)
    assert hint
    text = spec.read_text(encoding="utf-8")
    assert "classes = 2\n" in text
    spec.write_text(text.replace("classes = 2\n", f"classes = 3\n{hint[1]}\n"), encoding="utf-8")
    assert said(["check", "--data", str(spec)], capsys)[0] == 0


@pytest.mark.parametrize("name", BY_ROWS)
def test_rows(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, more, sentence = BY_ROWS[name]
    spec = write_spec(tmp_path, CSV + more)
    (tmp_path / "data.csv").write_bytes(as_bytes(text))
    assert said(["check", str(spec)], capsys)[0] == 0
    code, seen = said(["check", "--data", str(spec)], capsys)
    assert code == 1
    assert sentence in in_words(seen)
    assert seen.count(": error[") == 1
    assert "no errors" not in seen


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["npz", "csv"])
def test_a_damaged_file(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Truncated or with bytes changed: a sentence and an exit code, whatever it is."""
    chance = random.Random(1)
    spec = write_spec(tmp_path, NPZ if kind == "npz" else CSV)
    whole = [saved(), f"a,b,c,y\n{ROWS}".encode()][kind == "csv"]
    if kind == "npz":
        packed = io.BytesIO()
        np.savez_compressed(packed, x=items(), y=labels())
        originals = [whole, packed.getvalue()]
    else:
        originals = [whole, whole.replace(b"\n", b"\r\n")]
    codes = set()
    for _ in range(MUTATIONS):
        raw = damaged(chance.choice(originals), chance)
        (tmp_path / f"data.{kind}").write_bytes(raw)
        code, text = said(["check", "--data", str(spec)], capsys)
        assert code in (0, 1, 2), raw
        assert "Traceback" not in text
        assert code == 0 or "error[" in text or "snnc: " in text
        codes.add(code)
    assert {0, 1} <= codes


@pytest.mark.parametrize("end", OWN_FILES)
def test_training_overwrites_no_data_of_the_spec(end: str) -> None:
    kind = "csv" if end.endswith("csv") else "npz"
    tables = {
        "network": {"name": "small"},
        "data": {"kind": kind, "path": f"small{end}"},
        "input": {"shape": [2]},
        "layers": [{"kind": "dense", "units": 3}] * 2,
        "output": {"classes": 2},
    }
    (found,) = snnc.check(tables)
    assert (found.code, found.at) == ("data-path", ("data", "path"))


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
def test_training_overwrites_no_other_data(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The held-out items, which a script reads, can be trained on, but not in their place."""
    shutil.copy(ROOT / "specs/digits.toml", tmp_path)
    own, chance = tmp_path / "digits.test.npz", np.random.RandomState(0)
    np.savez(own, x=chance.rand(99, 64), y=np.arange(99) % 10)
    kept = own.read_bytes()
    train = ["train", "--epochs", "1", str(tmp_path / "digits.toml"), "--data", str(own)]
    assert main(train) == 1
    assert "training would overwrite its own data" in capsys.readouterr().err
    assert main([*train, "-o", str(tmp_path / "elsewhere")]) == 0
    assert own.read_bytes() == kept


def damaged(raw: bytes, chance: random.Random) -> bytes:
    if chance.random() < 0.2:
        return raw[: chance.randrange(len(raw))]
    changed = bytearray(raw)
    for _ in range(chance.randint(1, 4)):
        # The headers of a .npz file stand around its arrays.
        end = len(changed) if chance.random() < 0.5 else min(300, len(changed))
        at = chance.randrange(end)
        if chance.random() < 0.5:
            changed[at] = chance.randrange(256)
        else:
            changed[at] ^= 1 << chance.randrange(8)
    if chance.random() < 0.1:
        at = chance.randrange(len(changed))
        del changed[at : at + chance.randint(1, 40)]
    return bytes(changed)
