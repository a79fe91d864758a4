"""Training and running from the command line: files, tables and refusals."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import snnc
from snnc.cli import main
from tests.conftest import ROOT
from tests.test_data_errors import NPZ, write_spec

pytestmark = [pytest.mark.usefixtures("libraries"), pytest.mark.slow]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The digits, trained for three epochs with their float twin."""
    folder = tmp_path_factory.mktemp("trained")
    shutil.copy(ROOT / "specs/digits.toml", folder)
    assert main(["train", "--baseline", "--epochs", "3", str(folder / "digits.toml")]) == 0
    return folder


@pytest.fixture
def spec(trained: Path, tmp_path: Path) -> Path:
    """The trained digits, to do anything with."""
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    return tmp_path / "digits.toml"


def test_what_training_leaves(trained: Path) -> None:
    names = {p.name for p in trained.iterdir()}
    suffixes = ["params.npz", "test.npz", "baseline.npz", "history.csv"]
    assert names == {"digits.toml", *(f"digits.{suffix}" for suffix in suffixes)}
    history = (trained / "digits.history.csv").read_text().splitlines()
    assert history[0] == "epoch,loss,accuracy,seconds"
    assert [line.split(",")[0] for line in history[1:]] == ["1", "2", "3"]
    with np.load(trained / "digits.params.npz") as params:
        assert params["pixels.weights"].shape == (128, 64)
        assert params["strokes.gain"].shape == params["strokes.bias"].shape == (64,)
        assert params["output.weights"].shape == (10, 64)
        said = str(params["pixels.neurons"])
        assert said.startswith(
            "128 LIF(amplitude=0.00333333333, min_voltage=0, tau_rc=0.02, tau_ref="
        )
        assert said.endswith("max_rate [300.], intercept [0.]")
        assert str(params["spikes"]).startswith("[('pixels', Lowpass(tau=0.002)), ('strokes',")
        assert "tensorflow" in json.loads(str(params["versions"]))


def test_the_table(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    places = ["--on", "nengo_dl", "--on", "nengo", "--on", "nengo_loihi"]
    assert main(["run", str(trained / "digits.toml"), "--items", "20", *places]) == 0
    lines = capsys.readouterr().out.splitlines()
    header = ["", "accuracy, % (95 %)", "n", "minus float (95 %)", "minus rates (95 %)"]
    assert re.split("  +", lines[0]) == [*header, "pixels", "strokes"]
    rows = [
        "float network",
        "rate neurons",
        "spikes, nengo_dl (fresh)",
        "spikes, nengo (stream)",
        "spikes, nengo_loihi sim (stream)",
    ]
    for row, line in zip(rows, lines[1:6], strict=True):
        assert line.startswith(row)
        assert " 20" in line


def test_the_results_as_json(trained: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The same numbers as in the table, unrounded, and nothing else on stdout."""
    run = ["run", str(trained / "digits.toml"), "--items", "60", "--on", "nengo_dl"]
    assert main([*run, "--json"]) == 0
    found = json.loads(capfd.readouterr().out)
    assert main(run) == 0
    lines = capfd.readouterr().out.splitlines()
    assert (found["network"], found["seed"]) == ("digits", 0)
    assert found["spec"] == (trained / "digits.toml").as_posix()
    assert {"snnc", "nengo", "nengo-dl", "tensorflow", "numpy"} <= set(found["versions"])
    rows = found["rows"]
    assert [row["name"] for row in rows] == [
        "float network (Keras, ReLU)",
        "rate neurons",
        "spikes, nengo_dl (fresh)",
    ]
    for row, line in zip(rows, lines[1:4], strict=True):
        accuracy = row["accuracy"]
        value, low, high = (f"{100 * accuracy[key]:.1f}" for key in ("value", "low", "high"))
        cells = [f"{value} ({low} to {high})", str(accuracy["n"])]
        for minus in filter(None, (row["minus_float"], row["minus_rates"])):
            signed = (f"{100 * minus[key]:+.1f}" for key in ("value", "low", "high"))
            # What rounds to zero has no sign.
            value, low, high = (re.sub(r"^[+-](0\.0)$", r"\1", number) for number in signed)
            cells.append(f"{value} ({low} to {high})")
        cells += [f"{layer['rate']:.0f} ({layer['silent']:.0%})" for layer in row["layers"]]
        assert re.split("  +", line) == [row["name"], *cells]
        right = sum(c["n"] * c["accuracy"] for c in row["classes"] if c["n"])
        assert right / accuracy["n"] == pytest.approx(accuracy["value"])
        assert [c["label"] for c in row["classes"]] == list(range(10))
        assert sum(c["n"] for c in row["classes"]) == accuracy["n"] == 60
        assert row["log_loss"] is None, "the digits have no softmax when they run"
    assert rows[0]["layers"] == []
    assert rows[0]["minus_float"] is None
    assert [row["minus_rates"] is None for row in rows] == [True, True, False]
    assert rows[2]["minus_rates"]["value"] == pytest.approx(
        rows[2]["accuracy"]["value"] - rows[1]["accuracy"]["value"]
    )
    assert [layer["name"] for layer in rows[2]["layers"]] == ["pixels", "strokes"]


def test_the_log_loss_as_json(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "digits.toml"
    text = (ROOT / "specs/digits.toml").read_text()
    labels = [f"n{i}" for i in range(10)]
    spec.write_text(
        text.replace("classes = 10", f"classes = 10\nsoftmax = 'offline'\nlabels = {labels}")
    )
    assert main(["train", "--epochs", "1", str(spec)]) == 0
    capfd.readouterr()
    run = ["run", str(spec), "--items", "20", "--on", "nengo_dl"]
    assert main([*run, "--json"]) == 0
    found = json.loads(capfd.readouterr().out)
    assert main(run) == 0
    line = capfd.readouterr().out.splitlines()[2]
    rates, spikes = found["rows"]
    assert rates["minus_float"] is spikes["minus_float"] is None, "there is no float twin"
    assert spikes["minus_rates"]["n"] == 20, "but there are rates"
    assert f"  {spikes['log_loss']:.3f}  " in line
    assert [c["name"] for c in spikes["classes"]] == labels
    for c in spikes["classes"]:
        assert (c["accuracy"] is None) == (c["n"] == 0)


def test_the_rates_row_is_what_training_says(trained: Path) -> None:
    """The rates that `run` computes with Nengo are those of the training network."""
    from snnc.data import prepare
    from snnc.pipeline import checked
    from snnc.running.rates import rate_answers
    from snnc.training import params_file
    from snnc.training.paths import Paths

    program = checked(trained / "digits.toml").program
    items = prepare.load(program)
    found = params_file.load_params(Paths.of(program, trained), program, items)
    answers = rate_answers(found.program, found.x_test)
    assert set(answers.rates) == {"pixels", "strokes"}
    assert all(hertz.mean() > 5 for hertz in answers.rates.values())
    assert np.mean(answers.classes == items.y_test) > 0.5


def test_without_a_twin_the_table_says_so(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec.with_name("digits.baseline.npz").unlink()
    assert main(["run", str(spec), "--items", "5", "--on", "nengo"]) == 0
    assert (
        "No float twin to compare with: snnc train --baseline trains one."
        in capsys.readouterr().out
    )


def test_training_says_what_a_look_at_the_data_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Unless the spec allows it."""
    spec = tmp_path / "digits.toml"
    text = (ROOT / "specs/digits.toml").read_text().replace("epochs = 60", "epochs = 1")
    spec.write_text(text.replace('scale = "unit"', 'scale = "none"'))
    assert main(["check", "--data", str(spec)]) == 0
    said = capsys.readouterr().err
    assert said.startswith(f"{spec.as_posix()}:")
    assert "warning[data-scale]: values up to 16" in said
    assert main(["train", str(spec)]) == 0
    assert capsys.readouterr().err.startswith(said)
    spec.write_text(spec.read_text() + '\n[allow]\ndata-scale = "to see"\n')
    assert main(["train", str(spec)]) == 0
    assert "data-scale" not in capsys.readouterr().err


def test_parameters_of_another_spec_of_the_same_name_stay(
    spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One's own are replaced without a word, however the spec has changed, or what it is called."""
    from snnc.training import checkpoint
    from snnc.training.train import State

    other = spec.with_name("other.toml")
    other.write_text(spec.read_text().replace("units = 64", "units = 60"))
    params, train = spec.with_name("digits.params.npz"), ["train", "--epochs", "1"]
    before = params.read_bytes()
    said = f"is of {spec.as_posix()}, not of {other.as_posix()}: give one of the two networks"
    assert main([*train, str(other)]) == 1
    assert f"{params.as_posix()} {said}" in capsys.readouterr().err
    with pytest.raises(snnc.Refusal, match=r"is of .*another name"):
        snnc.train(other, epochs=1, folder=spec.parent)
    assert params.read_bytes() == before

    # The float twin's, and a checkpoint.
    params.unlink()
    assert main([*train, "--baseline", str(other)]) == 1
    assert f"digits.baseline.npz {said}" in capsys.readouterr().err
    checkpoint.save(spec.with_name("digits.checkpoint.npz"), State(), {}, spec.name)
    assert main([*train, str(other)]) == 1
    assert f"digits.checkpoint.npz {said}" in capsys.readouterr().err

    spec.rename(spec.with_name("old.toml.bak"))
    assert main([*train, "--baseline", str(other)]) == 0
    with np.load(params) as file:
        assert str(file["spec_file"]) == "other.toml"
    assert main([*train, str(other)]) == 0


def test_run_before_train(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(ROOT / "specs/digits.toml", tmp_path)
    assert main(["run", str(tmp_path / "digits.toml")]) == 1
    assert "run snnc train first" in capsys.readouterr().err
    # Before it looks at data, which may take long to load.
    spec = write_spec(tmp_path, NPZ)
    np.savez(tmp_path / "data.npz", x=np.full((40, 3), np.nan), y=np.arange(40) % 2)
    assert main(["train", str(spec)]) == 1
    assert "has the value nan" in capsys.readouterr().err
    assert main(["run", str(spec)]) == 1
    assert "small.params.npz yet: run snnc train first" in capsys.readouterr().err


def test_parameters_of_another_spec(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (
        spec.read_text()
        .replace("units = 64", "units = 65")
        .replace("max_rate = 300", "max_rate = 100")
    )
    spec.write_text(text)
    assert main(["run", str(spec)]) == 1
    seen = capsys.readouterr().err
    assert "digits.params.npz is for another network" in seen
    assert "\n  strokes.units: 64 there, 65 in the spec" in seen
    assert "\n  pixels.max_rate: 300 there, 100 in the spec" in seen


def test_another_split(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Items that the parameters were trained on must not be tested on."""
    spec.write_text(spec.read_text().replace('name = "digits"', 'name = "digits"\nseed = 7', 1))
    assert main(["run", str(spec)]) == 1
    assert "was trained with other items held out" in capsys.readouterr().err


def test_other_settings_than_trained_with_are_said(
    spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec.write_text(
        spec.read_text()
        .replace('scale = "unit"', 'scale = "signed"')
        .replace("rate = 0.2", "rate = 0.5")
    )
    spec.with_name("digits.baseline.npz").unlink()
    assert main(["run", str(spec), "--items", "2", "--on", "nengo"]) == 0
    said = capsys.readouterr().err
    assert "snnc: the parameters were trained otherwise than the spec says now\n" in said
    assert "  scale: unit there, signed in the spec\n" in said
    assert "  operators.dropout1.rate: 0.2 there, 0.5 in the spec\n" in said
    assert "  epochs: 3 there, 60 in the spec\n" in said
    assert "optimizer" not in said


def test_held_out_items_that_are_gone(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec.with_name("digits.test.npz").unlink()
    assert main(["run", str(spec)]) == 1
    seen = capsys.readouterr().err
    assert "digits.test.npz, the items that digits.params.npz wasn't trained on: run snnc" in seen


def test_data_that_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The parameters were trained on other items, perhaps on those that are now held out."""
    shutil.copytree(ROOT / "tests/cases", tmp_path, dirs_exist_ok=True)
    spec = tmp_path / "split.toml"
    assert main(["train", "--epochs", "1", str(spec)]) == 0
    with np.load(tmp_path / "data/split.npz") as file:
        arrays = dict(file)
    np.savez(tmp_path / "data/split.npz", **{**arrays, "test labels": arrays["test labels"][::-1]})
    capsys.readouterr()
    assert main(["run", str(spec)]) == 1
    assert "was trained with other items held out" in capsys.readouterr().err


def test_a_twin_that_was_trained_otherwise(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--epochs", "1", str(spec)]) == 0
    capsys.readouterr()
    assert main(["run", str(spec), "--items", "5", "--on", "nengo"]) == 1
    assert "was trained otherwise than the parameters" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("pixels.weights", np.zeros((3, 3)), "has shape \\(3, 3\\), not \\(128, 64\\)"),
        ("strokes.gain", np.full(64, np.nan), "holds no finite numbers"),
        ("output.bias", np.array(["text"] * 10), "holds no finite numbers"),
        ("pixels.neurons", np.array("[]"), "pixels.units: nothing there, 128 in the spec"),
        ("strokes.neurons", np.zeros(3), "strokes.neurons: nothing there, LIF in the spec"),
        ("spikes", np.array(3), "layers that are read, in order:  there, pixels, strokes in"),
    ],
)
def test_strange_parameters(
    name: str, array: np.ndarray, message: str, spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    params = spec.with_name("digits.params.npz")
    with np.load(params) as file:
        arrays = dict(file)
    np.savez(params, **{**arrays, name: array})
    assert main(["run", str(spec)]) == 1
    assert re.search(message, capsys.readouterr().err)


def test_a_folder_that_cannot_be_written_to_is_found_before_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(ROOT / "specs/digits.toml", tmp_path)
    folder = tmp_path / "digits.toml/nowhere"
    assert main(["train", str(tmp_path / "digits.toml"), "-o", str(folder)]) == 2
    assert "digits.params.npz: not a directory" in capsys.readouterr().err
    (tmp_path / "digits.params.npz").mkdir()
    assert main(["train", str(tmp_path / "digits.toml")]) == 2
    assert "it is a folder" in capsys.readouterr().err


def test_places_that_are_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (ROOT / "specs/digits.toml").read_text()
    (tmp_path / "dl.toml").write_text(text.replace(', "loihi"]', "]"))
    assert main(["run", str(tmp_path / "dl.toml"), "--on", "nengo_loihi"]) == 2
    assert "is for specs with" in capsys.readouterr().err
    (tmp_path / "chip.toml").write_text(text + '\n[loihi]\ntarget = "loihi"\n')
    assert main(["run", str(tmp_path / "chip.toml")]) == 2
    assert "needs Intel's NxSDK" in capsys.readouterr().err


@pytest.mark.parametrize("place", ["nengo_loihi", "emulator"])
def test_a_network_that_nengo_loihi_refuses(
    place: str, spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The chip has no exponent for weights that are so small beside their biases, which only training tells."""
    params = spec.with_name("digits.params.npz")
    with np.load(params) as file:
        arrays = dict(file)
    arrays["strokes.bias"] = arrays["strokes.bias"] + 1e5
    np.savez(params, **arrays)
    run = ["run", str(spec), "--items", "2"]
    assert main([*run, "--on", "nengo", "--on", place]) == 1
    seen = capsys.readouterr()
    assert "Nengo can't run the network: Compartment" in seen.err
    assert "weight exponent" in seen.err
    names = {line[:24].rstrip() for line in seen.out.splitlines()[1:]}
    assert {"rate neurons", "spikes, nengo (stream)"} <= names, "what was run is not lost"
    assert "not run after that" not in seen.err
    assert main([*run, "--on", place, "--on", "nengo"]) == 1
    assert capsys.readouterr().err.endswith("; not run after that: nengo\n")


def test_a_loss_that_is_no_number(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (ROOT / "specs/digits.toml").read_text()
    text = text.replace(
        'kind = "adam", learning_rate = 0.001', 'kind = "sgd", learning_rate = 1e38'
    )
    (tmp_path / "digits.toml").write_text(text)
    assert main(["train", str(tmp_path / "digits.toml")]) == 1
    assert "lower the learning rate" in capsys.readouterr().err
    assert not (tmp_path / "digits.params.npz").exists()


@pytest.mark.parametrize("place", ["nengo_loihi", "emulator"])
def test_spikes_that_the_chip_would_lose(
    place: str, spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """NengoLoihi sends the chip one spike a neuron and step, however many there are."""
    text = spec.read_text()
    text = text.replace('name = "pixels"', 'name = "pixels"\nneurons = "spiking_relu"')
    spec.write_text(text)
    assert main(["train", "--epochs", "1", str(spec)]) == 0
    params = spec.with_name("digits.params.npz")
    with np.load(params) as file:
        arrays = dict(file)
    arrays["pixels.bias"] = arrays["pixels.bias"] + 3000
    np.savez(params, **arrays)
    spec.with_name("digits.baseline.npz").unlink()
    capsys.readouterr()
    assert main(["run", str(spec), "--items", "2", "--on", place]) == 1
    assert "fire more than once in a step" in capsys.readouterr().err


def test_damaged_parameters(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    params = spec.with_name("digits.params.npz")
    params.write_bytes(params.read_bytes()[:1000])
    assert main(["run", str(spec)]) == 1
    assert "damaged" in capsys.readouterr().err


def test_a_silent_layer_is_an_error(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    params = spec.with_name("digits.params.npz")
    with np.load(params) as file:
        arrays = dict(file)
    arrays["strokes.bias"] = arrays["strokes.bias"] - 1000
    np.savez(params, **arrays)
    assert main(["run", str(spec), "--items", "5", "--on", "nengo"]) == 1
    assert "layer 'strokes' never fires" in capsys.readouterr().err


@pytest.mark.parametrize("place", ["nengo_loihi", "emulator"])
def test_a_warning_that_means_wrong_results_is_an_error(
    place: str, spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Beside biases this large, the chip has few bits left for the weights."""
    params = spec.with_name("digits.params.npz")
    with np.load(params) as file:
        arrays = dict(file)
    arrays["strokes.weights"] = arrays["strokes.weights"] / 1000
    np.savez(params, **arrays)
    assert main(["run", str(spec), "--items", "2", "--on", place]) == 1
    assert "weights on the chip lost precision" in capsys.readouterr().err


def test_the_emulator_answers_as_nengo_loihi(
    trained: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """In one chain: every answer, and every layer's rates. Which is used is said."""
    places = ["--on", "emulator", "--on", "nengo_loihi"]
    run = ["run", str(trained / "digits.toml"), "--items", "30"]
    assert main([*run, *places, "--json", "--verify", "3"]) == 0
    seen = capfd.readouterr()
    assert "the first 3 items on the emulator: as on nengo_loihi, bit for bit" in seen.err
    *_, ours, theirs = json.loads(seen.out)["rows"]
    simulated = ours.pop("simulated")
    assert theirs.pop("simulated") is None
    assert ours.pop("energy")["work"]["spikes"].keys() == {"pixels", "strokes"}
    assert theirs.pop("energy") is None
    assert (ours.pop("name"), ours.pop("on")) == ("spikes, emulator (stream)", "emulator")
    del theirs["name"], theirs["on"]
    rates = [[layer.pop("rate") for layer in row["layers"]] for row in (ours, theirs)]
    assert rates[0] == pytest.approx(rates[1])
    assert ours == theirs
    assert (simulated["items"], simulated["chains"], simulated["neurons"]) == (30, 1, 64)
    assert main(run) == 0
    lines = capfd.readouterr().out.splitlines()
    assert lines[4].startswith("spikes, emulator (stream)"), "by default"
    assert (
        f"30 items of {simulated['steps']} steps in one chain; {simulated['spikes']:,} spikes"
        in lines[-2]
    )
    assert lines[-1].startswith("Energy of an item")


def test_images_of_the_emulator(trained: Path) -> None:
    """They are those of nengo_loihi, but for the name."""
    from snnc.running.emulated import emulate
    from snnc.running.stream import stream
    from snnc.training import params_file
    from tests.conftest import program_of

    program = program_of(trained / "digits.toml")
    found = params_file.load(program, trained)
    ours = emulate(found.program, found.x_test[:8], recorded=5)
    theirs = stream(found.program, found.x_test[:8], "nengo_loihi", recorded=5)
    assert np.array_equal(ours.logits, theirs.logits)
    assert ours.recording is not None
    assert theirs.recording is not None
    assert np.array_equal(ours.recording.filtered, theirs.recording.filtered)
    assert np.array_equal(ours.recording.unfiltered, theirs.recording.unfiltered)
    assert ours.recording.spikes.keys() == theirs.recording.spikes.keys()
    for name, spikes in theirs.recording.spikes.items():
        assert np.array_equal(ours.recording.spikes[name], spikes)
        assert ours.rates[name] == pytest.approx(theirs.rates[name])


def test_an_emulator_that_goes_wrong_is_found(
    trained: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from snnc.emulator import chip

    made = chip._compartments

    def biased(places: dict[Any, Any]) -> Any:
        right = made(places)
        return right._replace(bias=right.bias + np.int32(64))

    monkeypatch.setattr(chip, "_compartments", biased)
    run = ["run", str(trained / "digits.toml"), "--items", "5", "--on", "emulator"]
    assert main([*run, "--verify", "2"]) == 1
    assert "isn't what nengo_loihi computes, from item 0 on" in capsys.readouterr().err


def test_verifying_is_about_the_emulator(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = ["run", str(trained / "digits.toml"), "--on", "nengo", "--verify", "2"]
    assert main(run) == 2
    assert "add --on emulator" in capsys.readouterr().err


def test_emulating_needs_no_tensorflow(trained: Path) -> None:
    """Nor do plain Nengo and NengoLoihi; trained with its neurons, NengoLoihi is told of TensorFlow later."""
    probe = """
import sys
from snnc.cli import main
run = ["run", sys.argv[1], "--items", "2"]
assert main([*run, "--on", "emulator", "--on", "nengo", "--on", "nengo_loihi"]) == 0
assert not {"tensorflow", "nengo_dl"} & set(sys.modules)
import nengo_loihi
assert not nengo_loihi.neurons.HAS_DL
from snnc.environment import libraries
libraries.load()
import nengo_dl
nengo_loihi.LoihiLIF()
known = nengo_dl.neuron_builders.SimNeuronsBuilder.TF_NEURON_IMPL
assert known[nengo_loihi.LoihiLIF].__module__ == "nengo_extras.loihi_training"
"""
    spec = str(trained / "digits.toml")
    done = subprocess.run(
        [sys.executable, "-c", probe, spec], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_from_python_too_the_emulator_runs_without_tensorflow(trained: Path) -> None:
    probe = """
import sys, snnc
assert len(snnc.run(sys.argv[1], on="emulator", items=20).rows) == 3
assert snnc.restore(sys.argv[1]).program.name == "digits"
assert "tensorflow" not in sys.modules
"""
    spec = str(trained / "digits.toml")
    run = [sys.executable, "-c", probe, spec]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_rates_without_tensorflow_are_those_of_nengo_dl_and_keras() -> None:
    import nengo_dl
    import tensorflow as tf

    from snnc.operators import transforms
    from snnc.operators.conv2d import Conv2D
    from snnc.running.soft_lif import SoftLif

    chance = np.random.RandomState(0)
    x = chance.randn(50, 7) * 3
    for sigma in (0.002, 0.02, 1.0):
        settings = {"tau_rc": 0.03, "tau_ref": 0.001, "amplitude": 0.01}
        with np.errstate(over="ignore", divide="ignore"):
            ours = SoftLif(sigma=sigma, **settings).rates(x, 2.0, 0.5)
            theirs = nengo_dl.SoftLIFRate(sigma=sigma, **settings).rates(x, 2.0, 0.5)
        assert np.array_equal(ours, theirs)
        assert ours.max() > 1
    for window, strides, padding in (
        ((3, 3), (1, 1), "same"),
        ((3, 2), (2, 3), "same"),
        ((4, 3), (2, 1), "valid"),
        ((1, 1), (1, 1), "valid"),
    ):
        images, kernel = chance.randn(4, 9, 8, 3), chance.randn(*window, 3, 5)
        convolution = transforms.form([Conv2D("c", window, strides, padding, 5, True)], (9, 8, 3))
        theirs = tf.nn.conv2d(images, kernel, strides, padding.upper()).numpy()
        ours = convolution.apply({"weights": kernel}, images.reshape(4, -1))
        assert ours.reshape(theirs.shape) == pytest.approx(theirs)
