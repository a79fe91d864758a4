"""One-hot labels in the columns of a csv file: the same classes in memory, in the script and in what `snnc new` drafts; what is no class is refused."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from snnc.cli import main
from snnc.diagnostics.errors import Refusal
from snnc.pipeline import checked
from tests.test_csv_labels import by_memory, by_script

np = pytest.importorskip("numpy", reason="numpy comes with snnc[run]")

CLASSES = ("ant", "bee", "cow")
LABEL = 'label = ["ant", "bee", "cow"]'
SPEC = """
snnc = 1
[network]
name = "mine"
[data]
kind = "csv"
path = "table.csv"
{label}
[input]
shape = [2]
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
N = 60


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def labels() -> Any:
    return np.random.RandomState(1).permutation(np.arange(N) % 3)


def write(
    one: Any = 1,
    zero: Any = 0,
    in_front: bool = False,
    change: Callable[[list[list[Any]]], Any] = lambda lines: None,
    name: str = "table.csv",
) -> None:
    """Write items of two values, and their labels in a column a class."""
    x = np.random.RandomState(0).normal(size=(N, 2)).round(3).tolist()
    flags = [[one if k == y else zero for k in range(3)] for y in labels()]
    pairs = [(list(CLASSES), ["a", "b"]), *zip(flags, x, strict=True)]
    lines = [[*flag, *item] if in_front else [*item, *flag] for flag, item in pairs]
    change(lines)
    with Path(name).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(lines)


def spec(label: str = LABEL, classes: int = 3) -> Path:
    path = Path("mine.toml")
    path.write_text(SPEC.format(label=label, classes=classes))
    return path


def loaded(path: Path) -> Any:
    """Return the labels in memory, items to train on before those to test on."""
    return by_memory(path)


def expected() -> Any:
    order = np.random.RandomState(0).permutation(N)
    return labels()[np.concatenate([order[12:], order[:12]])]


@pytest.mark.parametrize("written", [(1, 0), ("1.0", "0.0"), (True, False), (" 1", " 0 ")])
@pytest.mark.parametrize("in_front", [False, True])
@pytest.mark.parametrize("lenient", [False, True])
def test_script_and_memory_read_the_same(
    written: tuple[Any, Any], in_front: bool, lenient: bool
) -> None:
    write(*written, in_front=in_front)
    path = spec(LABEL + '\nunusable = "leave_out"' * lenient)
    assert loaded(path).tolist() == expected().tolist()
    assert by_script(path, Path.cwd()).tolist() == expected().tolist()


def test_columns_by_their_numbers() -> None:
    write(in_front=True)
    assert loaded(spec("label = [0, 1, 2]")).tolist() == expected().tolist()
    write(change=lambda lines: lines.pop(0))
    path = spec("label = [-3, -2, -1]\nheader = false")
    assert loaded(path).tolist() == expected().tolist()


def two(lines: list[list[Any]]) -> None:
    lines[4][2:] = [1, 1, 0]


def none(lines: list[list[Any]]) -> None:
    lines[4][2:] = [0, 0, 0]


def share(lines: list[list[Any]]) -> None:
    lines[4][2:] = [0.5, 1, 0]


def text(lines: list[list[Any]]) -> None:
    lines[4][2:] = ["no", "yes", "no"]


def gap(lines: list[list[Any]]) -> None:
    lines[4][2:] = ["", "", 1]


@pytest.mark.parametrize("change", [two, none, share, text, gap])
def test_a_row_without_a_class(change: Callable[[list[list[Any]]], None]) -> None:
    write(change=change)
    with pytest.raises(
        Refusal, match=r"line 5, column 'ant': the one-hot label is '.*'; it has a 1"
    ):
        loaded(spec())
    path = spec(LABEL + '\nunusable = "leave_out"')
    assert len(loaded(path)) == N - 1
    assert by_script(path, Path.cwd()).tolist() == loaded(path).tolist()


@pytest.mark.parametrize(
    ("label", "classes", "said"),
    [
        ('label = ["ant", "bee"]', 3, "one-hot labels have a column a class: 2 columns, but 3 classes"),
        (LABEL, 2, "write classes = 3"),
        ('label = ["ant", "be", "cow"]', 3, "no column is called 'be'"),
        ('label = ["ant", "be", "cow"]', 3, "did you mean 'bee'"),
        ('label = ["ant", "bee", "bee"]', 3, "column 'bee' is there already"),
        ('label = ["ant", "bee", 9]', 3, "there is no column 9"),
        ('label = ["ant"]', 3, "one-hot labels have a column a class, and classes are at least two"),
        (f'{LABEL}\nignore = ["bee"]', 3, "column 'bee' can't be ignored: the labels are in it"),
        (f"{LABEL}\nheader = false", 3, "without a header columns have no names"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(
    label: str, classes: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write()
    assert main(["check", "--data", str(spec(label, classes))]) == 1
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("in_front", [False, True])
@pytest.mark.parametrize("written", [(1, 0), (True, False)])
def test_a_draft_finds_them(
    in_front: bool, written: tuple[Any, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    write(*written, in_front=in_front)
    assert main(["new", "drafted", "--data", "table.csv"]) == 0
    assert "one-hot: each item has a 1 in a single one of the" in capsys.readouterr().out
    assert main(["check", "--data", "drafted.toml"]) == 0
    assert capsys.readouterr().err == ""
    program = checked(Path("drafted.toml")).program
    assert (program.network.input_shape, program.network.output.labels) == ((2,), CLASSES)
    assert loaded(Path("drafted.toml")).tolist() == expected().tolist()


def test_one_column_of_them_is_no_label(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever takes the last one is told, and who does what the hint says arrives."""
    write()
    path = spec("", 2)
    path.write_text(path.read_text().replace("shape = [2]", "shape = [4]"))
    assert main(["check", "--data", str(path)]) == 0
    said = capsys.readouterr().err
    assert "warning[data-answer]" in said
    assert "with the label, the columns 'ant' and 'bee' are one-hot labels" in said
    names = 'labels = ["ant", "bee", "cow"]'
    assert (
        f"write {LABEL} in [data] and shape = [2] in [input] and classes = 3 and {names} in [output]"
        in said
    )
    followed = SPEC.format(label=LABEL, classes=f"3\n{names}")
    path.write_text(followed)
    assert main(["check", "--data", str(path)]) == 0
    assert capsys.readouterr().err == ""
    assert loaded(path).tolist() == expected().tolist()


def test_other_items_have_them_or_not() -> None:
    from snnc.data.unseen import unseen

    write(in_front=True)
    program = checked(spec()).program
    there = unseen(program, Path("table.csv"))
    assert there.y is not None
    assert there.y.tolist() == labels().tolist()
    write(
        in_front=True,
        name="plain.csv",
        change=lambda lines: [line.__delitem__(slice(3)) for line in lines],
    )
    without = unseen(program, Path("plain.csv"))
    assert without.y is None
    assert without.x[:].tolist() == there.x[:].tolist()
    numbered = checked(spec("label = [0, 1, 2]")).program
    assert unseen(numbered, Path("plain.csv")).x[:].tolist() == there.x[:].tolist()
