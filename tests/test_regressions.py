"""Regressions and auto-encoders are named as what they are, however they are written, and as what a spec can't say yet."""

from __future__ import annotations

import copy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import snnc
from snnc.cli import main
from snnc.diagnostics.diagnostic import Diagnostic
from snnc.diagnostics.errors import Refusal
from snnc.pipeline import check_document
from snnc.spec.read import parse
from snnc.spec.regressions import NOT_YET, measured

Tables = dict[str, Any]


def found(**tables: Tables) -> list[Diagnostic]:
    """Return what is found in a spec that is sound but for some keys of its tables."""
    spec: Tables = {
        "network": {"name": "small"},
        "data": {"kind": "sklearn", "name": "iris"},
        "input": {"shape": [4]},
        "layers": [{"kind": "dense", "units": 8}, {"kind": "dense", "units": 6}],
        "output": {"classes": 3},
        "train": {"batch_size": 20},
    }
    spec = copy.deepcopy(spec)
    for table, keys in tables.items():
        spec[table] |= keys
    return list(snnc.check(spec))


REGRESSIONS: dict[str, Tables] = {
    "loss": {"train": {"loss": "mse"}},
    "loss of Keras'": {"train": {"loss": "mean_squared_error"}},
    "loss of PyTorch's": {"train": {"loss": "MSELoss"}},
    "absolute": {"train": {"loss": "MeanAbsoluteError"}},
    "losses": {"train": {"loss": ["mae", "mse"]}},
    "as a table": {"train": {"loss": {"kind": "huber"}}},
    "metrics": {"train": {"metrics": ["mae"]}},
    "criterion": {"train": {"criterion": "L1Loss"}},
    "loss of the output": {"output": {"loss": "mse"}},
    "loss of the network": {"network": {"loss": "mse"}},
    "task": {"network": {"task": "regression"}},
    "task of the output": {"output": {"task": "Regression"}},
    "kind of output": {"output": {"kind": "regressor"}},
    "auto-encoder": {"network": {"type": "auto-encoder"}},
    "key": {"output": {"regression": True}},
    "reconstruction": {"train": {"objective": "reconstruction"}},
    "data set": {"data": {"name": "diabetes"}},
    "another data set": {"data": {"name": "california_housing"}},
    "Keras' data set": {"data": {"kind": "keras", "name": "boston_housing"}},
}


@pytest.mark.parametrize("name", REGRESSIONS)
def test_regressions_are_named(name: str) -> None:
    (diagnostic,) = found(**REGRESSIONS[name])
    assert (diagnostic.code, diagnostic.hint) == ("regression", NOT_YET)


@pytest.mark.parametrize(
    ("tables", "code", "hint"),
    [
        ({"output": {"classes": 1}}, "out-of-range", f"write 2 for a yes or no; {NOT_YET}"),
        ({"output": {"units": 1}}, "unknown-key", f"{NOT_YET}; for a yes or no, write classes = 2 instead"),
        ({"output": {"units": 16}}, "unknown-key", f"{NOT_YET}; if each is a class, write classes = 16 instead"),
        ({"output": {"shape": [4]}}, "unknown-key", f"{NOT_YET}; if each is a class, write classes = 4 instead"),
        ({"output": {"n_outputs": 4}}, "unknown-key", f"{NOT_YET}; if each is a class, write classes = 4 instead"),
        ({"train": {"loss": "sparse_categorical_crossentropy"}}, "unknown-key", "leave it out: the loss is the cross-entropy of the classes"),
        ({"train": {"metrics": ["accuracy"]}}, "unknown-key", "leave it out: reports give the accuracy"),
        ({"output": {"classes": -1}}, "out-of-range", "write 10, say"),
    ],
)  # fmt: skip
def test_what_may_be_something_else(tables: Tables, code: str, hint: str) -> None:
    (diagnostic,) = found(**tables)
    assert (diagnostic.code, diagnostic.hint) == (code, hint)


def test_a_yes_or_no_has_two_classes() -> None:
    """Both hints arrive."""
    cancer = {"data": {"name": "breast_cancer"}, "input": {"shape": [30]}}
    (diagnostic,) = found(**cancer, output={"classes": 1})
    assert diagnostic.hint.startswith("write 2 ")
    assert found(**cancer, output={"classes": 2}) == []


@pytest.mark.parametrize(
    ("different", "items", "values"),
    [
        ([i / 7 for i in range(60)], 80, True),
        ([0.5, 1.5, 2.5], 400, False),
        (list(range(150)), 442, True),
        (list(range(150)), 60000, False),
        (list(range(10)), 12, False),
        (list(range(30)), 40, True),
        (list(range(30)), 90, False),
        ([float("nan"), 1.0], 9, False),
    ],
)
def test_measured_values(different: list[float], items: int, values: bool) -> None:
    assert measured(different, items) == values


# What is in a file. Whatever it is, a sentence says so.

np: Any = pytest.importorskip("numpy", reason="numpy comes with snnc[run]")

SPEC = """
[network]
name = "small"
[data]
{data}
[input]
shape = [4]
[[layers]]
kind = "dense"
units = 8
[[layers]]
kind = "dense"
units = 6
[output]
classes = {classes}
[train]
batch_size = 4
"""
CHANCE = np.random.RandomState(0)
X = CHANCE.normal(size=(60, 4))
Y = CHANCE.normal(size=60) * 100

#: The labels, the number of classes, and what is said; with the second command values are looked at.
FILES: dict[str, tuple[Any, int, str, bool]] = {
    "itself": (X, 2, "'y' has as many values an item as 'x', 4: an auto-encoder?", False),
    "itself, as images": (X.reshape(60, 2, 2), 2, "'y' has as many values an item as 'x', 4: an auto-", False),
    "several": (X[:, :3], 2, "'y' has 3 values an item, with fractions: a regression on several values?", False),
    "several, wider": (CHANCE.normal(size=(60, 2, 7)), 2, "'y' has 14 values an item, with", False),
    "one": (Y, 2, "these look measured, for a regression. A spec can't say a regression", True),
    "one, as a column": (Y[:, None], 2, "these look measured, for a regression", True),
    "whole": (CHANCE.permutation(600)[:60], 2, "these look measured, for a regression", True),
    "whole, several times": (np.repeat(CHANCE.permutation(90)[:20], 3), 2, "write classes = ", True),
    "one-hot": (np.eye(3)[np.arange(60) % 3], 3, "one-hot? save y.argmax(axis=1)", False),
    "few fractions": (np.arange(60) % 3 / 2, 2, "number them from 0", True),
}  # fmt: skip


def said(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = main(arguments)
    seen = capsys.readouterr()
    return code, seen.out + seen.err


@pytest.mark.parametrize("name", FILES)
def test_labels_in_arrays(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    y, classes, sentence, by_values = FILES[name]
    spec = tmp_path / "small.toml"
    spec.write_text(SPEC.format(data='kind = "npz"\npath = "data.npz"', classes=classes))
    np.savez(tmp_path / "data.npz", x=X, y=y)
    code, text = said(["check", str(spec)], capsys)
    assert code == (0 if by_values else 1)
    assert by_values or sentence in text
    code, text = said(["check", "--data", str(spec)], capsys)
    assert code == 1
    assert sentence in text


def test_many_whole_values(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As scikit-learn's diabetes has them: 214 whole numbers, for 442 items."""
    spec = tmp_path / "small.toml"
    spec.write_text(SPEC.format(data='kind = "npz"\npath = "data.npz"', classes=10))
    np.savez(
        tmp_path / "data.npz", x=np.tile(X, (8, 1))[:442], y=25.0 + CHANCE.randint(0, 322, 442)
    )
    code, text = said(["check", "--data", str(spec)], capsys)
    assert code == 1
    assert "these look measured, for a regression" in text
    assert "write classes" not in text


@pytest.mark.parametrize("first", [3.7, 4.0])
def test_labels_in_a_table(
    first: float, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first line suffices if its label has a fraction."""
    spec = tmp_path / "small.toml"
    spec.write_text(SPEC.format(data='kind = "csv"\npath = "data.csv"', classes=2))
    rows = [[*item, label] for item, label in zip(X, [first, *Y[1:]], strict=True)]
    lines = [",".join(map(str, row)) for row in rows]
    (tmp_path / "data.csv").write_text("\n".join(["a,b,c,d,price", *lines]))
    code, text = said(["check", str(spec)], capsys)
    assert code == (1 if first == 3.7 else 0)
    if code:
        assert "[regression]: line 2, column 'price': the label '3.7' is no whole number" in text
    code, text = said(["check", "--data", str(spec)], capsys)
    assert code == 1
    assert "regression" in text


@pytest.mark.parametrize(
    ("data", "at"),
    [
        ('kind = "npz"\npath = "data.npz"\ny = "x"', "y"),
        (
            'kind = "npz"\npath = "data.npz"\nx_train = "a"\ny_train = "a"\nx_test = "b"\ny_test = "b"',
            "y_train",
        ),
    ],
)
def test_items_as_their_own_labels(
    data: str, at: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "small.toml"
    spec.write_text(SPEC.format(data=data, classes=4))
    for there in (False, True):
        if there:
            np.savez(tmp_path / "data.npz", x=X, a=X, b=X)
        code, text = said(["check", str(spec)], capsys)
        assert code == 1
        assert text.count("error[regression]: the items are their own labels") == 1
        assert f"{at} = " in text
    snnc_error = snnc.check(spec)
    assert [d.code for d in snnc_error] == ["regression"]


@pytest.mark.parametrize("target", [Y, CHANCE.permutation(9000)[:60]])
def test_targets_of_openml(target: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("sklearn.datasets", reason="scikit-learn comes with snnc[run]")
    held = SimpleNamespace(data=X, target=target)
    monkeypatch.setattr(datasets, "fetch_openml", lambda **_: held)
    from snnc.data.prepare import load

    text = SPEC.format(data='kind = "openml"\ndata_id = 1', classes=2)
    program = check_document(parse(text.encode(), tmp_path / "small.toml")).program
    with pytest.raises(Refusal, match="these look measured, for a regression"):
        load(program)


def test_several_labels_of_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "small.toml"
    spec.write_text(
        SPEC.format(data='kind = "csv"\npath = "a.csv"\nlabel = ["price", "size"]', classes=2)
    )
    (tmp_path / "a.csv").write_text("a,b,c,d,price,size\n1,2,3,4,99.5,3\n2,3,4,5,89.5,4\n")
    code, text = said(["check", str(spec)], capsys)
    assert code == 1
    assert "error[regression]: line 2, column 'price': the labels are 99.5, 3" in text
    assert "a regression on several values?" in text
