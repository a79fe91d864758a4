"""Parameters that were trained elsewhere: every command takes them as it takes those of a training, and a training may start from them."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from snnc.cli import main
from snnc.pipeline import check_document, checked
from snnc.program.program import Program
from snnc.spec.changes import Changes, changed
from snnc.spec.read import read
from snnc.training.imported import Origin, origin_in
from tests.conftest import ROOT

np = pytest.importorskip("numpy")
pytest.importorskip("scipy")
pytestmark = pytest.mark.usefixtures("nengo_loihi")

SPEC = ROOT / "specs/digits.toml"
ORIGIN = Origin("model.keras", "ab" * 32)
TUNED = ROOT / "tests/cases/fine_tuned.toml"
#: As an import writes it: numbers of its own for the scaling, or none.
UNSCALED: Changes = {("data", "scale"): "none", ("neurons", "max_rate"): 200}


def spec(folder: Path, changes: Changes | None = None) -> Path:
    path = folder / "digits.toml"
    path.write_text(changed(read(SPEC), {**UNSCALED, **(changes or {})}).text)
    return path


def imported(path: Path, with_data: bool = True) -> Program:
    """Leave parameters as an import does, and return the program."""
    from snnc.data import prepare
    from snnc.training import params_file
    from snnc.training.paths import Paths
    from tests.fitted import fitted

    program = checked(path).program
    data = prepare.load(replace(program, data_file=None))
    deployed = fitted(program, data).network
    start = {"pixels": [np.ones((64, 128)), np.zeros(128)]}
    params_file.save_imported(
        Paths.of(program, path.parent),
        program,
        deployed,
        data if with_data else None,
        ORIGIN,
        start,
    )
    return program


def test_an_origin_is_read_as_it_is_written() -> None:
    assert origin_in(ORIGIN.as_json()) == ORIGIN
    for text in ("", "nothing", "[]", "3", '{"file": "x"}'):
        assert origin_in(text) is None


def test_answers_for_other_items_scale_them_as_the_spec_says_now(tmp_path: Path) -> None:
    """As a run does: without it, too, whether a rule or numbers scale them."""
    from snnc.data import prepare
    from snnc.training import params_file

    imported(spec(tmp_path))
    for scale in ("standard", {"subtract": 3.0, "divide": 16.0}, "none"):
        program = checked(spec(tmp_path, {("data", "scale"): scale})).program
        data, alone = prepare.load(program), params_file.load_alone(program, tmp_path)
        np.testing.assert_array_equal(alone.shift, data.shift)
        np.testing.assert_array_equal(alone.scale, data.scale)


@pytest.mark.slow
def test_commands_take_it_as_they_take_a_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = spec(tmp_path)
    imported(path)
    assert main(["run", str(path), "--on", "emulator", "--items", "50", "--json"]) == 0
    out, err = capsys.readouterr()
    rates, spikes = json.loads(out)["rows"]
    assert min(row["accuracy"]["value"] for row in (rates, spikes)) > 0.5
    assert "trained otherwise" not in err
    assert main(["check", "--params", str(path)]) == 0
    assert "that were trained on" in capsys.readouterr().out
    assert main(["tune", str(path), "--time", "0.05", "--items", "50"]) == 0
    assert "chosen" in capsys.readouterr().out
    assert main(["compile", str(path)]) == 0
    script = [sys.executable, "-m", "snnc.compat", "digits_loihi.py", "--items", "10"]
    ran = subprocess.run(script, check=False, cwd=tmp_path, capture_output=True, text=True)
    assert "n = 10)" in ran.stdout, ran.stderr


def test_it_needs_no_data_and_says_where_they_go(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from sklearn.datasets import load_digits

    changes: Changes = {("data",): {"kind": "npz", "path": "digits.npz", "scale": "none"}}
    path = spec(tmp_path)
    imported(path, with_data=False)
    path.write_text(changed(read(path), changes).text)
    assert main(["check", str(path)]) == 0
    capsys.readouterr()
    for command in (["run"], ["check", "--params"], ["tune"]):
        assert main([*command, str(path)]) == 1
        said = capsys.readouterr().err
        assert "what model.keras brought: save them with their labels as" in said
        assert "digits.npz (arrays x, y)" in said
    assert not (tmp_path / "digits.test.npz").exists()

    x, y = load_digits(return_X_y=True)
    np.savez(tmp_path / "digits.npz", x=x, y=y)
    run = ["run", str(path), "--on", "emulator", "--items", "20"]
    assert main(run) == 0
    # What the emitted script shows.
    assert "digits.test.npz" in capsys.readouterr().err
    assert len(np.load(tmp_path / "digits.test.npz")["y"]) == 360
    assert main(run) == 0
    assert "wrote" not in capsys.readouterr().err


def test_items_are_scaled_and_held_out_as_the_spec_says_now(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = spec(tmp_path)
    imported(path)
    held_out = (tmp_path / "digits.test.npz").read_bytes()
    path.write_text(changed(read(path), {("data", "scale"): "unit", ("network", "seed"): 5}).text)
    assert main(["run", str(path), "--on", "emulator", "--items", "20"]) == 0
    assert (tmp_path / "digits.test.npz").read_bytes() != held_out
    params = dict(np.load(tmp_path / "digits.params.npz"))
    assert (params["input.shift"], params["input.scale"]) == (0, 16)
    assert {"imported", "start.imported", "start.pixels.1"} <= params.keys()


def test_without_data_a_scale_that_is_fitted_is_refused(tmp_path: Path) -> None:
    from snnc.diagnostics.errors import Refusal

    path = spec(tmp_path, {("data", "scale"): "unit"})
    with pytest.raises(Refusal, match="nobody knows how to scale"):
        imported(path, with_data=False)


def test_another_network_is_imported_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = spec(tmp_path)
    imported(path)
    path.write_text(changed(read(path), {("layers", 0, "units"): 100}).text)
    assert main(["run", str(path)]) == 1
    said = capsys.readouterr().err
    assert "is for another network; run snnc import model.keras again" in said


def test_nothing_of_a_training_before_is_left(tmp_path: Path) -> None:
    path = spec(tmp_path)
    for name in ("digits.history.csv", "digits.test.npz"):
        (tmp_path / name).write_text("of another")
    imported(path, with_data=False)
    assert sorted(p.name for p in tmp_path.glob("digits.*")) == ["digits.params.npz", "digits.toml"]


def test_it_says_where_it_comes_from(tmp_path: Path) -> None:
    import snnc

    path = spec(tmp_path)
    imported(path)
    assert "imported from model.keras (SHA-256 abababab)" in repr(snnc.restore(path))
    assert check_document(read(path)).program.name == "digits"


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
def test_report_and_ladder_take_it_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = spec(tmp_path)
    imported(path)
    assert main(["report", str(path), "--items", "20", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["about"]["digests"]["imported from model.keras"] == "ab" * 32
    assert "model.keras" in (tmp_path / "digits.report.html").read_text()
    assert main(["ladder", str(path), "--items", "60", "--seconds", "1"]) == 0
    assert "streamed" in capsys.readouterr().out


def fine_tuned(folder: Path, changes: Changes | None = None) -> tuple[Path, Any]:
    """Write a spec whose training starts from an import that stands beside it; return the weights there."""
    from tests.imports import leave_import

    path = folder / "fine_tuned.toml"
    path.write_text(changed(read(TUNED), changes or {}).text)
    return path, leave_import(checked(path).program, folder)


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
def test_training_starts_from_the_imported_weights_and_hands_them_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from snnc.data import prepare
    from snnc.networks.build import training_network
    from snnc.training.baseline import train_baseline
    from snnc.training.train import train

    # A step is too small to be seen.
    still: Changes = {("train", "optimizer"): {"kind": "sgd", "learning_rate": 1e-12}}
    path, start = fine_tuned(tmp_path, still)
    program = checked(path).program
    items = prepare.load(program)
    given = (program, items.x_train, items.y_train)
    weights = train(training_network(program.network), *given, initial=start)
    twin = {
        layer.name: layer.get_weights() for layer in train_baseline(*given, initial=start).layers
    }
    for name, layer in start.items():
        # What batch normalisation measures goes on being measured.
        for index, array in enumerate(layer[:2]):
            assert np.array_equal(weights[name][index], array), name
            assert np.array_equal(twin[name][index], array), name

    before = dict(np.load(tmp_path / "fine_tuned.params.npz"))
    for _ in range(2):  # training again begins at the same place
        assert main(["train", str(path), "--baseline"]) == 0
        after = dict(np.load(tmp_path / "fine_tuned.params.npz"))
        assert "imported" in before
        assert "imported" not in after
        handed = {key: array for key, array in before.items() if key.startswith("start.")}
        assert "start.imported" in handed
        for key, array in handed.items():
            assert np.array_equal(after[key], array)
        said = json.loads(str(after["training"]))
        assert said["start"] == "imported"
        assert len(said["start_digest"]) == 8
    assert main(["run", str(path), "--on", "nengo_dl", "--items", "20"]) == 0
    assert "trained otherwise" not in capsys.readouterr().err
    assert main(["train", "--resume", str(path)]) == 0
    assert "there is nothing to resume" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
def test_a_killed_training_from_an_import_goes_on(tmp_path: Path) -> None:
    """With the script after memory, and not once another model was imported."""
    from snnc.data import prepare
    from snnc.diagnostics.errors import Refusal
    from snnc.networks.build import training_network
    from snnc.networks.deploy import deploy
    from snnc.training import checkpoint
    from snnc.training.beginning import beginning
    from snnc.training.params_file import parameters
    from snnc.training.train import train
    from tests.test_parity import run_script

    path, start = fine_tuned(tmp_path)
    program = checked(path).program
    items, arrays = prepare.load(program), beginning(program, None)
    states: list[Any] = []
    given = (program, items.x_train, items.y_train)
    whole = train(training_network(program.network), *given, states.append, initial=start)
    depends = checkpoint.depends_on(program, items, arrays)
    at = tmp_path / "fine_tuned.checkpoint.npz"
    checkpoint.save(at, states[0], depends, path.name)
    other = checkpoint.depends_on(program, items, {**arrays, "start.output.1": np.ones(10)})
    with pytest.raises(Refusal, match="start_digest"):
        checkpoint.load(at, other)
    assert main(["compile", str(path)]) == 0
    script = run_script(tmp_path / "fine_tuned_train.py", "--resume")
    for name, array in parameters(deploy(program.network, whole)).items():
        assert np.array_equal(script["params"][name], array), name


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
def test_what_starts_from_an_import_wants_one_that_fits(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, _ = fine_tuned(tmp_path)
    wider = changed(read(path), {("layers", 3, "units"): 25}).text
    path.write_text(wider)
    assert main(["train", str(path)]) == 1
    said = capsys.readouterr().err
    assert "imported weights are for another network" in said
    assert "strokes: [54, 24], [24] there, [54, 25], [25] in the spec" in said
    (tmp_path / "fine_tuned.params.npz").unlink()
    assert main(["train", str(path)]) == 1
    said = capsys.readouterr().err
    assert 'run snnc import on the model first, or write start = "random"' in said

    path, _ = fine_tuned(tmp_path, {("train", "start"): "random"})
    assert main(["train", str(path)]) == 0
    said = capsys.readouterr().out
    assert "was imported from model.keras" in said
    assert 'start = "imported" in [train] would start from it' in said


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
def test_one_sigmoid_is_two_classes(tmp_path: Path) -> None:
    """The weights of the first class are 0: the second one's logit is what goes into the sigmoid, as Keras has it."""
    import tensorflow as tf

    from snnc.data import prepare
    from snnc.networks.deploy import deploy
    from snnc.running.rates import rate_answers
    from snnc.training import params_file
    from snnc.training.paths import Paths

    model = tf.keras.Sequential(
        [
            tf.keras.layers.Dense(8, activation="relu", input_shape=(30,)),
            tf.keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    changes: Changes = {
        ("data",): {"kind": "sklearn", "name": "breast_cancer"},
        ("input", "shape"): [30],
        ("layers",): [{"kind": "dense", "name": "hidden", "units": 8, "neurons": "relu"}],
        ("output",): {"classes": 2},
        ("targets",): ["nengo_dl"],
    }
    path = spec(tmp_path, changes)
    program = checked(path).program
    data = prepare.load(program)
    hidden, (kernel, bias) = (layer.get_weights() for layer in model.layers)
    output = [np.hstack([0 * kernel, kernel]), np.append(0, bias)]
    start = {"hidden": hidden, "output": output}
    deployed = deploy(program.network, start)
    paths = Paths.of(program, tmp_path)
    params_file.save_imported(paths, program, deployed, data, ORIGIN, start)
    trained = params_file.load(program, tmp_path)
    logits = rate_answers(trained.program, trained.x_test).logits
    theirs = model.predict(trained.x_test, verbose=0)[:, 0]
    ours = np.exp(logits[:, 1]) / np.exp(logits).sum(axis=1)
    assert np.allclose(ours, theirs, atol=1e-6)
    assert np.array_equal(logits.argmax(axis=1), theirs > 0.5)
    assert not logits[:, 0].any()
