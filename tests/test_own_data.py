"""A file of one's own becomes a spec that fits it, and whatever is left out of it is named and counted."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from snnc.cli import main
from snnc.loihi.cores import chip
from snnc.pipeline import checked
from snnc.spec.read import parse

np = pytest.importorskip("numpy", reason="numpy comes with snnc[run]")
datasets = pytest.importorskip("sklearn.datasets", reason="it comes with snnc[run]")

CODES = [-99999.0, -999.0, 999.0, 1e38]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def items(n: int = 120) -> tuple[Any, Any]:
    chance = np.random.RandomState(0)
    y = np.arange(n) % 3
    chance.shuffle(y)
    return chance.normal(size=(n, 4)) + y[:, None] * [1, 0.5, -1, 0], y


def write(lines: Sequence[Sequence[Any]], delimiter: str = ",") -> None:
    with Path("mine.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(lines)


def table(**columns: Any) -> list[list[Any]]:
    """Return the lines of a table with items, columns of one's own and, as the last, the classes."""
    x, y = items()
    lines = np.column_stack([x, *columns.values(), y]).astype(object).tolist()
    return [["a", "b", "c", "d", *columns, "class"], *lines]


def drafted(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    """Return the program of the spec that is drafted; `check --data` has nothing to say of it."""
    assert main(["new", "mine", "--data", *(arguments or ("mine.csv",))]) == 0
    capsys.readouterr()
    assert main(["check", "--data", "mine.toml"]) == 0
    assert capsys.readouterr().err == ""
    return checked(Path("mine.toml")).program


def test_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    write(table(), ";")
    program = drafted(capsys)
    assert (program.data.delimiter, program.data.label) == (";", "class")
    assert (program.network.input_shape, program.network.output.classes) == ((4,), 3)
    assert program.data.scale == "standard"


def test_each_choice_has_a_reason(capsys: pytest.CaptureFixture[str]) -> None:
    write(table())
    drafted(capsys)
    text = Path("mine.toml").read_text()
    for key in ("kind", "path", "label", "scale", "shape", "classes", "epochs", "batch_size"):
        assert any(line.startswith(f"{key} = ") and "  # " in line for line in text.splitlines())


def test_without_a_header_labels_are_names(capsys: pytest.CaptureFixture[str]) -> None:
    write([[*line[:-1], int(line[-1]) + 1] for line in table()[1:]], "\t")
    program = drafted(capsys)
    assert not program.data.header
    assert program.network.output.labels == ("1", "2", "3")


@pytest.mark.parametrize(
    ("columns", "ignored"),
    [
        ({"": np.arange(120)}, ("",)),
        ({"again": items()[1] * 2 + 1}, ("again",)),
        ({"const": np.full(120, 7.5)}, ("const",)),
        ({"name": [f"no. {n}" for n in range(120)]}, ("name",)),
        ({"gaps": [""] * 80 + ["1.5"] * 40}, ("gaps",)),
        ({}, ()),
    ],
)
def test_columns_without_anything_to_learn(
    columns: dict[str, Any], ignored: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    write(table(**columns))
    program = drafted(capsys)
    assert program.data.ignore == ignored
    assert program.network.input_shape == (4,)


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"n": np.arange(120)}, "data-number"),
        ({"again": items()[1] * 2 + 1}, "data-answer"),
        ({"const": np.full(120, 7.5)}, "data-constant"),
    ],
)
def test_they_are_reported_and_the_hint_helps(
    columns: dict[str, Any], code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write(table())
    drafted(capsys)
    spec = Path("mine.toml")
    whole = spec.read_text().replace("shape = [4]", "shape = [5]")
    write(table(**columns))
    spec.write_text(whole)
    assert main(["check", "--data", "mine.toml"]) == 0
    said = capsys.readouterr().err
    (name,) = columns
    assert f"warning[{code}]" in said
    assert f"column '{name}'" in said
    assert f'write ignore = ["{name}"] in [data] and shape = [4] in [input]' in said
    followed = whole.replace("shape = [5]", "shape = [4]")
    spec.write_text(followed.replace("[data]\n", f'[data]\nignore = ["{name}"]\n'))
    assert main(["check", "--data", "mine.toml"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "digits"])
def test_data_without_codes_have_none(name: str) -> None:
    from snnc.data.columns import codes, row_numbers, tell_labels

    x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    assert list(codes(x)) == list(codes(x.astype(np.float32))) == []
    assert row_numbers(x) == tell_labels(x, y) == []


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_codes_are_found_by_column_count_and_value(code: float, kind: type) -> None:
    from snnc.data.columns import codes

    x = datasets.load_breast_cancer().data.astype(kind)
    hit = np.random.RandomState(1).uniform(size=x.shape) < 0.01
    # Areas reach 4254, so that 999 may be one: those don't count.
    hit[:, x.max(axis=0) > 500] = False
    x[hit] = code
    found = {f.column: (f.value, f.count) for f in codes(x)}
    assert found == {c: (code, n) for c, n in enumerate(hit.sum(axis=0).tolist()) if n}


@pytest.mark.parametrize("code", CODES)
def test_the_hint_on_codes_helps(code: float, capsys: pytest.CaptureFixture[str]) -> None:
    x, y = items()
    np.savez("mine.npz", x=x, y=y)
    drafted(capsys, "mine.npz")
    x[[5, 17, 60], [0, 1, 1]] = code
    np.savez("mine.npz", x=x, y=y)
    assert main(["check", "--data", "mine.toml"]) == 0
    said = capsys.readouterr().err
    written = "1e+38" if code == 1e38 else str(int(code))
    assert "warning[data-missing]" in said
    assert f"write missing = [{written}] in [data]" in said
    spec = Path("mine.toml")
    spec.write_text(spec.read_text().replace("[data]\n", f"[data]\nmissing = [{written}]\n"))
    assert main(["check", "--data", "mine.toml"]) == 0
    seen = capsys.readouterr()
    assert seen.err == ""
    assert f"3 of 120 items are left out: 3 hold {written}\n" in seen.out


def test_broken_rows_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    lines = table()
    lines[4][1], lines[9][2], lines[30] = "", "n/a", lines[30][:3]
    lines[41][-1] = "?"
    write(lines)
    program = drafted(capsys)
    assert program.data.unusable == "leave_out"
    assert main(["check", "--data", "mine.toml"]) == 0
    out = capsys.readouterr().out
    assert "4 of 120 items are left out: 4 can't be used\n" in out
    assert "mine.csv: 116 items of 4 values" in out


def test_broken_rows_are_refused_unless_the_spec_says_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = table()
    lines[4][1] = "n/a"
    write(lines)
    drafted(capsys)
    spec = Path("mine.toml")
    kept = [line for line in spec.read_text().splitlines() if not line.startswith("unusable")]
    spec.write_text("\n".join(kept))
    assert main(["check", "--data", "mine.toml"]) == 1
    assert "line 5, column 'b': 'n/a' is no value" in capsys.readouterr().err


def test_one_hot_labels(capsys: pytest.CaptureFixture[str]) -> None:
    x, y = items()
    np.savez("mine.npz", x=x, y=np.eye(3)[y])
    program = drafted(capsys, "mine.npz")
    assert program.data.one_hot
    from snnc.data.prepare import load

    data = load(program)
    assert sorted([*data.y_train, *data.y_test]) == sorted(y)


def test_channels_first(capsys: pytest.CaptureFixture[str]) -> None:
    chance = np.random.RandomState(0)
    x = chance.randint(0, 255, (90, 3, 12, 12)).astype(np.uint8)
    np.savez("mine.npz", images=x, labels=np.arange(90) % 2)
    program = drafted(capsys, "mine.npz")
    assert program.channels_first
    assert program.item_shape == (3, 12, 12)
    assert program.data.scale == "unit"


def test_two_arrays_are_packed(capsys: pytest.CaptureFixture[str]) -> None:
    x, y = items()
    np.save("x.npy", x)
    np.save("y.npy", y)
    assert drafted(capsys, "x.npy", "y.npy").data.path == "mine.npz"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([["a", "b", "c"], *([i * 0.37, i * 0.11, i * 0.73] for i in range(50))], "name it, --label COLUMN"),
        ([["a", "y"], *([i * 0.37, i * 0.73] for i in range(50))], "a regression?"),
        ([["a", "b", "class"], *(["0,5", f"{i},25", i % 2] for i in range(50))], "a decimal point"),
        ([["words"], ["alone"], ["here"]], "a single column"),
        ([["a", "b", "class"], *([i * 0.37, 1, 0] for i in range(50))], "classes are at least two"),
    ],
)  # fmt: skip
def test_what_cant_be_known_is_refused(
    lines: list[list[Any]], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write(lines, ";" if "decimal" in said else ",")
    assert main(["new", "mine", "--data", "mine.csv"]) == 1
    assert said in capsys.readouterr().err
    assert not Path("mine.toml").exists()


def test_nothing_is_overwritten(capsys: pytest.CaptureFixture[str]) -> None:
    write(table())
    Path("mine.toml").write_text("mine")
    assert main(["new", "mine", "--data", "mine.csv"]) == 1
    assert Path("mine.toml").read_text() == "mine"
    assert main(["new", "mine", "--data", "mine.csv", "--force"]) == 0
    assert Path("mine.toml").read_text() != "mine"


@pytest.mark.parametrize(
    ("shape", "strides"),
    [
        ((28, 28), (2, 2)), ((12, 12, 3), (2, 2)), ((3, 32, 32), (3, 2)), ((22, 80), (3, 2)), ((224, 224, 3), (16, 2)),
        ((8, 8), ()), ((128, 9), ()), ((12, 49), ()), ((20,), ()),
    ],
)  # fmt: skip
def test_pictures_get_convolutions(
    shape: tuple[int, ...], strides: tuple[int, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """Of any size they fit on a few cores. Small ones, series and values without an order get dense layers."""
    y = np.arange(120) % 3
    x = np.random.RandomState(0).uniform(size=(120, *shape)) + y.reshape(120, *(1 for _ in shape))
    np.savez("mine.npz", x=x, y=y)
    spread = chip(drafted(capsys, "mine.npz").network)
    layers = parse(Path("mine.toml").read_bytes(), Path("mine.toml")).data["layers"]
    assert tuple(layer["strides"] for layer in layers if layer["kind"] == "conv2d") == strides
    assert spread is not None
    assert sum(spread.cores().values()) <= 3


@pytest.mark.parametrize(
    ("name", "wide", "warned"),
    [("breast_cancer", 1, True), ("wine", 1, True), ("digits", 1, False), ("iris", 1, False), ("iris", 100, True)],
)  # fmt: skip
def test_a_scale_is_judged_by_each_column(
    name: str, wide: float, warned: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """One column that is a hundred times as wide as the others makes one range for all deaf to those."""
    x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    x[:, 1] *= wide
    np.savez("mine.npz", x=x, y=y)
    assert main(["new", "mine", "--data", "mine.npz"]) == 0
    spec = Path("mine.toml")
    text = spec.read_text()
    capsys.readouterr()
    spec.write_text(text.replace('scale = "standard"', 'scale = "unit"'))
    assert main(["check", "--data", "mine.toml"]) == 0
    said = capsys.readouterr().err
    assert ("warning[data-scale]" in said) == warned
    assert ('write scale = "standard"' in said) == warned


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
def test_from_a_file_to_answers(capsys: pytest.CaptureFixture[str]) -> None:
    """With codes, words for classes and an index, as well as a linear model: these classes are nearly apart."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    from snnc.data.prepare import split

    x, y = datasets.load_iris(return_X_y=True)
    x = x * [1, 1, 1000, 0.01]
    x[[3, 70], [1, 3]] = -999
    words = datasets.load_iris().target_names
    write(
        [
            ["", *"abcd", "kind"],
            *([i, *v, words[c]] for i, (v, c) in enumerate(zip(x.tolist(), y, strict=True))),
        ]
    )
    program = drafted(capsys)
    assert main(["train", "mine.toml"]) == 0
    assert "2 of 150 items are left out: 2 hold -999" in "".join(capsys.readouterr())
    parts = split(program)
    new = [["a", "b", "c", "d"], *parts.x_test.tolist(), [1, -999, 3, 4]]
    seen = Path("mine.csv").read_text()
    write(new)
    Path("mine.csv").rename("new.csv")
    Path("mine.csv").write_text(seen)
    assert main(["predict", "mine.toml", "--data", "new.csv"]) == 0
    out, err = capsys.readouterr()
    assert f"1 of {len(new) - 1} items are left out: 1 hold -999" in err
    answers = [row["answer"] for row in csv.DictReader(out.splitlines())]
    ours = np.mean([words[c] for c in parts.y_test] == np.array(answers))
    scale = StandardScaler().fit(parts.x_train)
    linear = LogisticRegression().fit(scale.transform(parts.x_train), parts.y_train)
    assert ours >= linear.score(scale.transform(parts.x_test), parts.y_test) - 0.05
