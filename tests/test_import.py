"""`snnc import` turns a file into a spec with its parameters, proved to compute the same, or says why it can't and writes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from snnc.cli import main
from snnc.diagnostics.errors import UsageError
from snnc.importing import formats, importer
from snnc.importing import operations as ops
from snnc.importing.graph import Graph
from snnc.importing.names import LONGEST, spec_name
from snnc.training.params_file import load
from tests.graphs import Drawn

pytestmark = pytest.mark.usefixtures("nengo_loihi")

Read = Callable[[Graph], Path]


@pytest.fixture
def file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Read:
    """Return a function that gives the name of a file which holds a graph."""
    monkeypatch.chdir(tmp_path)

    def of(graph: Graph) -> Path:
        monkeypatch.setattr(formats, "read", lambda path, weights: graph)
        path = Path("model.h5")
        path.write_bytes(b"a model")
        return path

    return of


def small(classes: int = 3, *, seed: int = 0) -> Graph:
    drawn = Drawn((5,), seed)
    for units in (12, 9):
        drawn.dense(units, name="Dense Layer")
        drawn.relu()
        drawn.add("drop", ops.Identity())
    drawn.dense(classes)
    drawn.add("softmax", ops.Softmax())
    return drawn.graph()


def table(graph: Graph, path: Path, *, permuted: bool = False) -> None:
    """Write items that a graph answers rightly once they are scaled to deviation 1, most of them."""
    rng = np.random.default_rng(3)
    scaled = rng.normal(size=(600, 5))
    y = graph.apply(scaled).argmax(axis=1)
    x = scaled * [1, 10, 100, 1, 0.1] + [0, 5, -50, 3, 1]
    if permuted:
        y[-100:] = rng.permutation(y[-100:])
    np.savez(path, x_train=x[:-100], y_train=y[:-100], x_test=x[-100:], y_test=y[-100:])


def files() -> list[str]:
    return sorted(path.name for path in Path().iterdir() if path.name != "model.h5")


def test_a_spec_and_its_parameters_are_written(
    file: Read, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", str(file(small()))]) == 0
    assert files() == ["model.params.npz", "model.toml"]
    said = capsys.readouterr().out
    assert "64 random items: the rate network's logits are the file's" in said
    assert "drop" in said
    text = Path("model.toml").read_text()
    assert 'name = "dense_layer"' in text
    assert "Dense Layer in the file" in text
    assert 'start = "imported"' in text
    assert main(["check", "model.toml"]) == 0
    assert main(["show", "model.toml"]) == 0
    assert main(["compile", "model.toml"]) == 0
    arrays = np.load("model.params.npz")
    assert json.loads(str(arrays["imported"]))["sha256"] in text


def test_a_training_that_was_killed_is_not_lost(
    file: Read, capsys: pytest.CaptureFixture[str]
) -> None:
    model = str(file(small()))
    Path("model.checkpoint.npz").write_bytes(b"hours of work")
    assert main(["import", model]) == 1
    assert "model.checkpoint.npz is there already" in capsys.readouterr().err
    assert files() == ["model.checkpoint.npz"]
    assert main(["import", model, "--force"]) == 0


def test_nothing_is_written_over(file: Read, capsys: pytest.CaptureFixture[str]) -> None:
    model = str(file(small()))
    Path("model.toml").write_text("mine")
    assert main(["import", model]) == 1
    assert "model.toml is there already" in capsys.readouterr().err
    assert Path("model.toml").read_text() == "mine"
    assert files() == ["model.toml"]
    assert main(["import", model, "--force"]) == 0
    assert Path("model.toml").read_text() != "mine"
    assert main(["import", model, "-o", "other"]) == 0
    assert main(["import", model, "-o", "other"]) == 1


def test_nothing_is_written_where_something_cannot_be_said(
    file: Read, capsys: pytest.CaptureFixture[str]
) -> None:
    drawn = Drawn((8, 8, 1))
    drawn.conv(4, (3, 3))
    drawn.relu()
    drawn.pool((2, 2), largest=True)
    drawn.add("gate", ops.Sigmoid())
    drawn.add("flat", ops.Flatten())
    drawn.dense(4)
    model = str(file(drawn.graph()))
    assert main(["import", model]) == 1
    refused = capsys.readouterr().err
    assert "2 layers can't be carried over" in refused
    assert "pool (Pool)" in refused
    assert "gate (Sigmoid)" in refused
    assert files() == []
    assert main(["import", model, "--json"]) == 1
    assert [each["layer"] for each in json.loads(capsys.readouterr().out)["error"]["refused"]] == [
        "pool",
        "gate",
    ]


def test_check_only_writes_nothing(file: Read, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", str(file(small())), "--check-only"]) == 0
    assert "nothing is written" in capsys.readouterr().out
    assert files() == []


def test_both_files_or_none(
    file: Read, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from snnc.importing import writing

    def full(path: Path, text: str) -> None:
        raise UsageError("no space left on device")

    monkeypatch.setattr(writing, "write_text", full)
    assert main(["import", str(file(small()))]) == 2
    assert files() == []


@pytest.mark.parametrize(
    "writes", ["importing.writing.write_text", "training.params_file.save_arrays"]
)
def test_a_pair_of_two_models_is_never_left(
    writes: str, file: Read, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whenever writing over another model ends, there is nothing that runs: a kill leaves no more than what is there then."""
    table(small(), Path("data.npz"))
    command = ["import", str(file(small())), "--data", "data.npz"]
    assert main(command) == 0

    there = []

    def ends(path: Path, *arguments: object, **arrays: object) -> None:
        there.extend(files())
        raise KeyboardInterrupt

    file(small(seed=1))
    with monkeypatch.context() as patch:
        patch.setattr(f"snnc.{writes}", ends)
        assert main([*command, "--force"]) != 0
    assert "model.toml" in there
    assert "model.params.npz" not in there
    assert main(["run", "model.toml"]) == 1
    assert "model.params.npz" in capsys.readouterr().err


def test_names_are_checked(file: Read, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", str(file(small())), "-o", "My Model"]) == 2
    assert "is no name for a network" in capsys.readouterr().err
    assert main(["import", "model.h5", "-o", "there/mine.toml"]) == 0
    assert Path("there/mine.params.npz").exists()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("conv2D_1/Relu", "conv2d_1_relu"),
        ("123", "dense"),
        ("input", "input_layer"),
        ("lambda", "lambda_layer"),
        ("a" * 60, "a" * LONGEST),
        ("Größe", "gr_e"),
    ],
)
def test_names_of_layers(name: str, expected: str) -> None:
    assert spec_name(name, (), "dense") == expected
    assert spec_name(name, {expected}, "dense") not in ("", expected)
    assert len(spec_name(name, {expected}, "dense")) <= LONGEST


def test_data_say_the_scale_and_the_accuracy(
    file: Read, capsys: pytest.CaptureFixture[str]
) -> None:
    graph = small()
    model = str(file(graph))
    table(graph, Path("table.npz"))
    assert main(["import", model, "--data", "table.npz", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["scale"]["scale"] == "standard"
    assert said["accuracy"]["file"]["n"] == 100
    assert said["accuracy"]["file"]["value"] > 0.9
    assert said["accuracy"]["difference"]["value"] == 0
    text = Path("model.toml").read_text()
    assert 'path = "table.npz"' in text
    assert 'scale = "standard"' in text
    assert main(["run", "model.toml", "--on", "nengo", "--items", "20"]) == 0


def test_no_choice_depends_on_test_items(file: Read) -> None:
    graph = small()
    model = str(file(graph))
    table(graph, Path("table.npz"))
    assert main(["import", model, "--data", "table.npz", "-o", "one"]) == 0
    table(graph, Path("table.npz"), permuted=True)
    assert main(["import", model, "--data", "table.npz", "-o", "other"]) == 0
    one, other = (Path(f"{name}.toml").read_text() for name in ("one", "other"))
    assert one.replace('"one"', '"other"').replace("# one:", "# other:") == other


def test_data_may_be_a_table_of_text(file: Read) -> None:
    graph = small()
    rng = np.random.default_rng(0)
    x = rng.normal(size=(900, 5))
    y = rng.integers(3, size=900)
    rows = [
        ";".join([*map(repr, map(float, row)), "abc"[label]])
        for row, label in zip(x, y, strict=True)
    ]
    Path("table.csv").write_text("\n".join(["p;q;r;s;t;class", *rows]))
    assert main(["import", str(file(graph)), "--data", "table.csv"]) == 0
    text = Path("model.toml").read_text()
    assert 'delimiter = ";"' in text
    assert 'label = "class"' in text
    assert 'labels = ["a", "b", "c"]' in text


def test_arrays_have_to_be_told_apart(file: Read, capsys: pytest.CaptureFixture[str]) -> None:
    model = str(file(small()))
    np.savez("odd.npz", one=np.zeros((9, 5)), two=np.zeros(9))
    assert main(["import", model, "--data", "odd.npz"]) == 1
    assert "call the items x and the labels y" in capsys.readouterr().err
    assert main(["import", model, "--data", "gone.npz"]) == 2
    assert files() == ["odd.npz"]


def test_the_files_own_scale_is_the_specs(file: Read) -> None:
    drawn = Drawn((4, 4, 1))
    drawn.add("rescaling", ops.Scale(np.asarray(1 / 255), np.asarray(0.0)))
    for filters in (3, 2):
        drawn.conv(filters, (2, 2))
        drawn.relu()
    drawn.add("flat", ops.Flatten())
    drawn.dense(3)
    assert main(["import", str(file(drawn.graph()))]) == 0
    assert "scale = { divide = 255.0 }" in Path("model.toml").read_text()


def test_a_wrong_import_is_an_error(
    file: Read, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The proof can fail: with weights that aren't the file's, it does."""
    true = importer.sketched

    def wrong(read: Graph, name: str, averages: bool) -> object:
        other = true(small(seed=1), name, averages)
        return importer.replace(true(read, name, averages), sketch=other.sketch)

    monkeypatch.setattr(importer, "sketched", wrong)
    monkeypatch.setattr(importer, "replace", __import__("dataclasses").replace, raising=False)
    assert main(["import", str(file(small()))]) == 1
    assert "the rate network's logits differ from the file's" in capsys.readouterr().err
    assert files() == []


def test_means_of_large_images_have_neurons_where_a_core_has_no_room(file: Read) -> None:
    drawn = Drawn((20, 20, 1))
    drawn.conv(4, (3, 3), padding="same")
    drawn.relu()
    drawn.conv(24, (3, 3), padding="same")
    drawn.relu()
    drawn.pool((2, 2))
    drawn.add("flat", ops.Flatten())
    drawn.dense(20)
    drawn.relu()
    drawn.dense(3)
    assert main(["import", str(file(drawn.graph()))]) == 0
    text = Path("model.toml").read_text()
    assert 'name = "pool_neurons"' in text
    assert "targets" not in text
    assert main(["check", "model.toml"]) == 0


def test_what_the_chip_has_no_room_for_is_said(
    file: Read, capsys: pytest.CaptureFixture[str]
) -> None:
    drawn = Drawn((5000,))
    drawn.dense(4)
    drawn.relu()
    drawn.dense(4500)
    drawn.relu()
    drawn.dense(2)
    drawn.relu()
    drawn.dense(3)
    assert main(["import", str(file(drawn.graph()))]) == 0
    assert "the chip has no room for it" in capsys.readouterr().out
    assert 'targets = ["nengo_dl"]' in Path("model.toml").read_text()


def test_parameters_are_those_of_the_spec(file: Read) -> None:
    from snnc.pipeline import checked

    graph = small()
    table(graph, Path("table.npz"))
    assert main(["import", str(file(graph)), "--data", "table.npz"]) == 0
    trained = load(checked(Path("model.toml")).program, Path())
    assert trained.origin is not None
    assert trained.origin.file == "model.h5"


def test_calibrate_needs_data(file: Read, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", str(file(small())), "--calibrate"]) == 2
    assert "give it --data" in capsys.readouterr().err
