"""`snnc predict` answers to the items of any file that fits, and `snnc run --data` tests on them: as the emulator does, on no training data."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnc.cli import main
from snnc.data import prepare
from snnc.pipeline import checked

pytestmark = pytest.mark.usefixtures("nengo_loihi")

SPEC = """
[network]
name = "seen"

[data]
kind = "{kind}"
path = "data.{kind}"

[input]
shape = [6]

[presentation]
time = 0.02

[[layers]]
kind = "dense"
name = "first"
units = 30

[[layers]]
kind = "dense"
name = "second"
units = 20

[output]
classes = 3
softmax = "offline"
labels = ["ape", "bee", "cat"]

[train]
batch_size = 50
"""
LABELS = ("ape", "bee", "cat")


def items(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return items, (n, 6), around a centre for each class, and their classes, (n,)."""
    chance = np.random.RandomState(seed)
    y = chance.randint(0, 3, n)
    centres = np.random.RandomState(7).randn(3, 6) * 2
    return centres[y] + chance.randn(n, 6), y


def table(path: Path, x: np.ndarray, y: np.ndarray | None = None, header: bool = True) -> Path:
    names = [f"value{i}" for i in range(x.shape[1])] + ([] if y is None else ["kind"])
    lines = [",".join(names)] if header else []
    for i, item in enumerate(x):
        lines.append(",".join([*map(repr, item.tolist()), *([] if y is None else [LABELS[y[i]]])]))
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(params=["npz", "csv"])
def spec(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A spec with data and parameters; the data are gone again, as on another machine."""
    from tests.fitted import fitted, save

    kind, (x, y) = request.param, items(300, 0)
    if kind == "csv":
        table(tmp_path / "data.csv", x, y)
    else:
        np.savez(tmp_path / "data.npz", x=x, y=y)
    path = tmp_path / "seen.toml"
    path.write_text(SPEC.format(kind=kind))
    program = checked(path).program
    data = prepare.load(program)
    save(fitted(program, data), data, tmp_path)
    (tmp_path / f"data.{kind}").rename(tmp_path / f"training.{kind}")
    return path


def file_of(spec: Path, x: np.ndarray, y: np.ndarray | None = None) -> Path:
    """Write items as the spec has them, with labels or without."""
    if 'kind = "csv"' in spec.read_text():
        return table(spec.with_name("new.csv"), x, y)
    path = spec.with_name("new.npz")
    np.savez(path, x=x, **({} if y is None else {"y": y}))
    return path


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def emulated(spec: Path, x: np.ndarray) -> Any:
    """Return what the emulator answers to items, scaled by hand."""
    from snnc.running.emulated import emulate
    from snnc.training import params_file

    trained = params_file.load_alone(checked(spec).program, spec.parent)
    arrays = np.load(spec.with_name("seen.params.npz"))
    return emulate(trained.program, (x - arrays["input.shift"]) / arrays["input.scale"])


@pytest.mark.parametrize("n", [1, 45])
def test_answers_without_labels_are_the_emulators(
    spec: Path, n: int, capsys: pytest.CaptureFixture[str]
) -> None:
    x, _ = items(n, 1)
    wanted = emulated(spec, x)
    assert main(["predict", str(spec), "--data", str(file_of(spec, x)), "--logits"]) == 0
    answers = rows(capsys.readouterr().out)
    assert [row["item"] for row in answers] == [str(i) for i in range(n)]
    assert [row["answer"] for row in answers] == [LABELS[c] for c in wanted.classes]
    logits = np.array([[float(row[f"logit {name}"]) for name in LABELS] for row in answers])
    np.testing.assert_allclose(logits, wanted.logits, rtol=1e-5)
    probability = [float(row["probability"]) for row in answers]
    np.testing.assert_allclose(probability, wanted.probabilities.max(axis=1), atol=1e-4)


def test_with_labels_there_is_a_table_beside_the_answers(
    spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    x, y = items(80, 2)
    file, written = file_of(spec, x, y), spec.with_name("answers.csv")
    assert main(["predict", str(spec), "--data", str(file)]) == 0
    said = capsys.readouterr()
    answers = rows(said.out)
    right = np.mean([row["answer"] == row["label"] for row in answers])
    assert right > 0.8
    assert f"{100 * right:.1f}" in said.err
    assert main(["predict", str(spec), "--data", str(file), "-w", str(written)]) == 0
    assert rows(written.read_text()) == answers
    assert f"{100 * right:.1f}" in capsys.readouterr().out
    # What is there is somebody's.
    assert main(["predict", str(spec), "--data", str(file), "-w", str(written)]) == 2
    assert "--force" in capsys.readouterr().err


def test_labels_change_no_answer(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    x, y = items(30, 3)
    answers = []
    for labels in (None, y, (y + 1) % 3):
        assert main(["predict", str(spec), "--data", str(file_of(spec, x, labels))]) == 0
        answers.append([row["answer"] for row in rows(capsys.readouterr().out)])
    assert answers[0] == answers[1] == answers[2]


def test_run_tests_on_other_items(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    x, y = items(80, 2)
    right = np.mean(emulated(spec, x).classes == y)
    assert main(["run", str(spec), "--data", str(file_of(spec, x, y)), "--on", "emulator"]) == 0
    table = capsys.readouterr().out
    assert f"{100 * right:.1f}" in table.splitlines()[2]
    assert " 80 " in table.splitlines()[2]


def test_the_training_data_are_split_as_they_were(
    spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Otherwise the network would be tested on items that it was trained on."""
    (file,) = spec.parent.glob("training.*")
    assert main(["run", str(spec), "--data", str(file), "--on", "emulator"]) == 0
    assert " 60 " in capsys.readouterr().out.splitlines()[2]


def test_training_items_are_named(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Their accuracy says nothing of other items."""
    (file,) = spec.parent.glob("training.*")
    assert main(["predict", str(spec), "--data", str(file)]) == 0
    said = " ".join(capsys.readouterr().err.split())
    assert "holds the 60 items that training held out, and others: it was trained on those" in said
    assert f"snnc run {spec} --data {file} tests on those" in said
    # Those that were held out, and others, are no training items.
    for other in (spec.with_name("seen.test.npz"), file_of(spec, *items(30, 5))):
        assert main(["predict", str(spec), "--data", str(other)]) == 0
        assert "trained on" not in capsys.readouterr().err


def test_run_without_labels_is_refused(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = file_of(spec, items(9, 1)[0])
    assert main(["run", str(spec), "--data", str(file)]) == 1
    assert "has no labels: snnc predict answers without" in capsys.readouterr().err


def array(path: Path) -> None:
    np.save(path.with_suffix(".npy"), items(3, 1)[0][:, :5])


def pickled(path: Path) -> None:
    np.savez(path, x=np.array([{}], dtype=object))


def gaps(path: Path) -> None:
    np.savez(path, x=np.full((2, 6), np.nan))


@pytest.mark.parametrize(
    ("write", "name", "said"),
    [
        (array, "new.npy", "an item of 'array' has shape [5]; the network takes [6]"),
        (pickled, "new.npz", "numpy.savez(FILE, x=items) writes one"),
        (gaps, "new.npz", "item 0 of 'x' has the value nan"),
        (lambda p: np.savez(p, a=np.ones(2), b=np.ones(2)), "new.npz", "items are looked for as"),
        (lambda p: np.savez(p, x=np.ones((0, 6))), "new.npz", "there are no items"),
        (
            lambda p: np.savez(p, x=np.ones((2, 6)), y=np.ones(3)),
            "new.npz",
            "2 items, and 3 labels",
        ),
        (
            lambda p: np.savez(p, x=np.ones((1, 6)), y=np.array([3])),
            "new.npz",
            "labels go from 0 to 2",
        ),
        (lambda p: p.write_text("hello"), "new.npz", "can't be read"),
        (lambda p: None, "new.npz", "no such file"),
    ],
)
def test_files_that_are_refused(
    spec: Path,
    write: Callable[[Path], None],
    name: str,
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if 'kind = "csv"' in spec.read_text():
        pytest.skip("a table has refusals of its own")
    write(spec.with_name("new.npz"))
    assert main(["predict", str(spec), "--data", str(spec.with_name(name))]) in (1, 2)
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b,c,d,e,f\n1,2,3,4,5,x\n", "line 2, column 5 (from 0): 'x' is no finite number"),
        ("a,b,c,d,e,f\n1,2,3,4,5,\n", "'' is no value"),
        ("a,b,c,d,e,f\n1,2,3,4,5,6\n1,2,3\n", "line 3 has 3 columns, not 6"),
        (
            "a,b,c,d,e\n1,2,3,4,5\n",
            "has 5 columns: an item has 6 values, so that there are 6, or 7",
        ),
        ("a,b,c,d,e,f,k\n1,2,3,4,5,6,dog\n", "'dog'"),
        ("a,b,c,d,e,f\n", "there are no items"),
        ("", "it is empty"),
    ],
)
def test_tables_that_are_refused(
    spec: Path, text: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if 'kind = "npz"' in spec.read_text():
        pytest.skip("no table")
    spec.with_name("new.csv").write_text(text)
    assert main(["predict", str(spec), "--data", str(spec.with_name("new.csv"))]) == 1
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error


def test_answers_have_the_numbers_that_items_have_in_their_file(spec: Path) -> None:
    """In both forms, where some are left out."""
    from snnc.running.answers import Answers
    from snnc.running.predictions import Predictions

    answers = Answers(np.eye(3))
    predictions = Predictions(checked(spec).program, answers, np.array([0, 4, 7]), None, False)
    rows = list(csv.DictReader(io.StringIO(str(predictions))))
    assert [row["item"] for row in rows] == ["0", "4", "7"]
    assert [told["item"] for told in json.loads("".join(predictions.json_pieces()))] == [0, 4, 7]


def test_answers_are_written_in_time_that_grows_as_they_do(spec: Path) -> None:
    """What is found out of all answers is found out once, not once an answer."""
    from snnc.running.answers import Answers
    from snnc.running.predictions import LINES, Predictions

    class Counted(Answers):
        @property
        def classes(self) -> Any:
            asked.append(1)
            return super().classes

    asked: list[int] = []
    n = 2 * LINES + 1
    answers = Counted(np.zeros((n, 3)), probabilities=np.ones((n, 3)))
    predictions = Predictions(checked(spec).program, answers, np.arange(n), None, True)
    pieces = list(predictions.pieces())
    assert len(asked) == 1
    assert len(pieces) == 4
    assert len(rows("".join(pieces))) == n
