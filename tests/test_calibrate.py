"""`snnc calibrate` brings networks to the chip that were trained without a thought of it: logits stay, and no choice sees test items."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnc.cli import main
from snnc.data import prepare
from snnc.pipeline import check_document, checked
from snnc.spec.read import parse

pytestmark = pytest.mark.usefixtures("nengo_loihi")

SPEC = """
targets = ["nengo_dl"]

[network]
name = "brought"

[data]
kind = "npz"
path = "data.npz"
x_train = "x_train"
y_train = "y_train"
x_test = "x_test"
y_test = "y_test"
scale = "unit"

[input]
shape = [64]

[neurons]
kind = "relu"                            # as in Keras

[[layers]]
kind = "dense"
name = "first"
units = 60

[[layers]]
kind = "dense"
name = "second"
units = 40

[output]
classes = 10
"""
NEURONS = """[neurons]
kind = "relu"                            # as in Keras
"""
#: Other neurons whose output is a rectified line.
LINES = {
    "relu": '"relu"',
    "spiking_relu": '{ kind = "spiking_relu", max_rate = 50 }',
    "an amplitude": '{ kind = "spiking_relu", max_rate = 250, amplitude = 0.01 }',
    "an intercept": '{ kind = "relu", intercept = 0.3, amplitude = 0.002 }',
}


def folder_of(folder: Path, text: str = SPEC, permuted: bool = False) -> Path:
    """Write a spec, its data and its parameters; permuted, with other test items and labels."""
    from tests.fitted import of_digits

    return of_digits(folder / "brought.toml", text, permuted)


def calibrated(path: Path, *arguments: str, capsys: pytest.CaptureFixture[str]) -> Any:
    assert main(["calibrate", str(path), "--items", "200", "--json", *arguments]) == 0
    return json.loads(capsys.readouterr().out)


def loaded(path: Path) -> Any:
    from snnc.training import params_file

    return params_file.load(checked(path).program, path.parent)


def by_hand(path: Path, x: Any) -> Any:
    """Return the logits of a file's weights as NumPy computes them, with each neuron's own line from its gain and bias."""
    spec = checked(path).program.network
    with np.load(path.with_name("brought.params.npz")) as arrays:
        for population in spec.populations:
            kind, name = population.neurons, population.name
            current = arrays[f"{name}.gain"] * (x @ arrays[f"{name}.weights"].T)
            current = current + arrays[f"{name}.bias"]
            if (
                kind.kind == "lif"
            ):  # as far as it leaks it is no line: from the threshold, at 1, to max_rate
                current = (current - 1) / arrays[f"{name}.gain"] * kind.max_rate
            x = np.maximum(current, 0) * kind.output_value
        return x @ arrays["output.weights"].T + arrays["output.bias"]


@pytest.mark.parametrize("name", LINES)
def test_scaled_layers_have_the_logits_they_had(name: str, tmp_path: Path) -> None:
    """In float64, whatever line the neurons were; and activations are scaled to about 1."""
    from snnc.calibrate.plain import plain_activity
    from snnc.calibrate.prepared import Prepared
    from snnc.trials.items import training_items

    text = SPEC.replace(NEURONS, "").replace("[network]", f"neurons = {LINES[name]}\n[network]")
    path = folder_of(tmp_path, text)
    spec, trained = checked(path), loaded(path)
    x = training_items(spec.program, prepare.load(spec.program)).x
    prepared = Prepared.of(spec.document, trained.program, x)
    assert prepared.scales.keys() == {"first", "second"}
    expected = by_hand(path, x)
    np.testing.assert_allclose(prepared.logits(x), expected, atol=1e-13 * np.abs(expected).max())
    _, active = plain_activity(prepared.plain, x)
    for values in active.values():
        assert 2**-0.5 <= np.quantile(values, 0.999, method="lower") <= 2**0.5


@pytest.mark.slow
def test_once_is_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is calibrated is calibrated again to the same spec and the same parameters, and what else those hold stays."""
    path = folder_of(tmp_path)
    params = tmp_path / "brought.params.npz"
    with np.load(params) as file:
        more = {"start.first.0": np.arange(3.0), "imported": '{"file": "m.h5", "sha256": "0"}'}
        np.savez(params, **{**file, **more})
    x = prepare.load(checked(path).program).x_train
    before = by_hand(path, x)
    first = calibrated(path, capsys=capsys)
    text, arrays = path.read_text(), dict(np.load(params))
    assert "# as in Keras" in text
    assert first["scales"].keys() == {"first", "second"}
    np.testing.assert_array_equal(arrays["start.first.0"], np.arange(3.0))
    assert str(arrays["imported"]) == more["imported"]
    np.testing.assert_allclose(by_hand(path, x), before, atol=1e-12)
    assert checked(path).warnings == ()

    calibrated(path, capsys=capsys)
    assert path.read_text() == text
    again = dict(np.load(params))
    assert again.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(again[name], array, name)


@pytest.mark.slow
def test_no_choice_sees_test_items(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = folder_of(tmp_path / "one")
    other = folder_of(tmp_path / "other", permuted=True)
    first, second = (calibrated(path, capsys=capsys) for path in (one, other))
    assert first | {"spec": ""} == second | {"spec": ""}
    assert one.read_text() == other.read_text()
    assert first["tried"] > 5


@pytest.mark.slow
def test_what_is_written_runs_as_it_was_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Read from its files, on the emulator, and bit for bit on NengoLoihi; its loss stands in the spec."""
    from snnc.running.emulated import emulate, verify
    from snnc.trials.items import trial_items

    path = folder_of(tmp_path)
    found = calibrated(path, capsys=capsys)
    program, trained = checked(path).program, loaded(path).program
    items = trial_items(program, prepare.load(program), 200)
    answers = emulate(trained, items.x)
    assert np.mean(answers.classes == items.y) == found["chosen"]["accuracy"]["value"]
    assert found["chosen"]["minus_rates"]["value"] > -0.03
    assert program.presentation.time == found["chosen"]["seconds"]
    assert "# calibrated: " in path.read_text()
    verify(trained, items.x[:2])
    assert program.on_loihi
    assert [p.neurons.kind for p in program.network.populations] == ["lif", "spiking_relu"]


@pytest.mark.slow
def test_a_time_that_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder_of(tmp_path)
    before = path.read_bytes(), (tmp_path / "brought.params.npz").read_bytes()
    assert main(["calibrate", str(path), "--items", "100", "--time", "0.03", "--dry-run"]) == 0
    out = capsys.readouterr().out
    assert "+time = 0.03" in out
    assert "no test item was looked at" in out
    assert (path.read_bytes(), (tmp_path / "brought.params.npz").read_bytes()) == before


LIF = SPEC.replace(NEURONS, "").replace('targets = ["nengo_dl"]\n', "")


@pytest.mark.slow
def test_what_was_trained_for_spikes_keeps_its_parameters(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """LIF neurons are no lines: they may run faster, and nothing is worse than before."""
    path = folder_of(tmp_path, LIF)
    before = loaded(path).params
    found = calibrated(path, "--time", "0.1", capsys=capsys)
    assert found["scales"] == {}
    assert found["chosen"]["alike"] >= found["as_it_is"]["alike"] - 0.001
    after = loaded(path).params
    for name, array in before.items():
        np.testing.assert_array_equal(after[name], array, name)


@pytest.mark.slow
def test_a_training_is_still_the_one_that_the_spec_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Other neurons have another gradient by default: the one that was trained with is written then."""
    from snnc.training.params_file import trained_otherwise

    path = folder_of(tmp_path, SPEC.replace('kind = "relu" ', 'kind = "spiking_relu" '))
    assert trained_otherwise(loaded(path), checked(path).program) == []
    calibrated(path, "--time", "0.1", capsys=capsys)
    assert checked(path).program.on_loihi
    assert trained_otherwise(loaded(path), checked(path).program) == []


def test_which_neurons_are_lines() -> None:
    from snnc.calibrate.plain import is_line

    base = parse(SPEC.encode(), Path("brought.toml"))
    wanted = {
        '{ kind = "relu" }': True,
        '{ kind = "spiking_relu", intercept = 0.2 }': True,
        '{ kind = "lif", tau_rc = 0.5, tau_ref = 0.0, max_rate = 800 }': True,
        '{ kind = "lif" }': False,
        '{ kind = "lif", tau_rc = 0.5, tau_ref = 0.002 }': False,
        '{ kind = "soft_lif" }': False,
        '{ kind = "loihi_spiking_relu" }': False,
    }
    for neurons, line in wanted.items():
        text = base.text.replace(NEURONS, "")
        text = text.replace("[network]", f"neurons = {neurons}\n[network]")
        network = check_document(parse(text.encode(), base.path)).program.network
        assert is_line(network.populations[0], network.dt) == line, neurons


def test_layers_that_are_joined_without_weights_share_a_scale() -> None:
    from snnc.calibrate.scales import groups
    from snnc.operators.transforms import NoTransform, Transform

    network = check_document(parse(SPEC.encode(), Path("brought.toml"))).program.network

    def joined(target: str) -> list[set[str]]:
        none, some = Transform(NoTransform()), Transform(NoTransform(), {"weights": np.ones(1)})
        connections = (
            replace(c, transform=none if c.target == target else some) for c in network.connections
        )
        return list(groups(replace(network, connections=tuple(connections)), ["first", "second"]))

    assert joined("") == [{"first"}, {"second"}]
    assert joined("second") == [{"first", "second"}]
    assert joined("first") == [{"second"}]  # the input has no scale
    assert joined("output") == [{"first"}]


def test_likeness_is_what_scipy_says() -> None:
    """One minus the total variation distance of two softmaxes, whatever their scale."""
    from scipy.special import softmax

    from snnc.calibrate.likeness import Likeness, _centred

    chance = np.random.RandomState(0)
    rates = chance.normal(0, 2, (50, 4))
    other = rates + chance.normal(0, 0.5, rates.shape)
    centred = [x - x.mean(axis=1, keepdims=True) for x in (rates, other)]
    factor = np.linalg.lstsq(centred[1].reshape(-1, 1), centred[0].ravel(), rcond=None)[0][0]
    distance = np.abs(softmax(rates, axis=1) - softmax(factor * centred[1], axis=1)).sum(axis=1)
    likeness, labels = Likeness(rates), np.zeros(50, int)
    assert likeness.share_of(other, labels) == pytest.approx(1 - distance.mean() / 2)
    assert likeness.share_of(3 * other + 1, labels) == pytest.approx(1 - distance.mean() / 2)
    assert likeness.share_of(rates, labels) == pytest.approx(1.0)
    assert likeness.share_of(-rates, labels) == 0
    # Of a network that is sure of all items, the same as of one that isn't.
    sure, other = Likeness.of(100 * rates), other + chance.normal(0, 0.5, rates.shape)
    assert 0.8 < softmax(sure.rates, axis=1).max(axis=1).mean() <= 0.9
    assert sure.share_of(other, labels) < 0.97
    np.testing.assert_array_equal(Likeness.of(0.1 * rates).rates, _centred(0.1 * rates))


def test_what_can_not_be_calibrated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder_of(tmp_path)
    assert main(["calibrate", str(path), "--time", "0.0123"]) == 2
    assert "--time is a multiple of dt" in capsys.readouterr().err
    other = tmp_path / "other.toml"
    other.write_text(SPEC)
    assert main(["calibrate", str(other)]) == 1
    assert "is of" in capsys.readouterr().err
    assert main(["calibrate", str(path), "--time", "0.001"]) == 1
    assert "--time" in capsys.readouterr().err
    (tmp_path / "brought.params.npz").unlink()
    assert main(["calibrate", str(path)]) == 1
    assert "snnc train" in capsys.readouterr().err


def test_a_spec_that_was_edited_meanwhile_stays(tmp_path: Path) -> None:
    from snnc.calibrate.writing import save
    from snnc.diagnostics.errors import Refusal

    path = folder_of(tmp_path)
    before, deployed = checked(path).document, loaded(path).program.network
    path.write_text(SPEC + "# mine\n")
    params = tmp_path / "brought.params.npz"
    content = params.read_bytes()
    with pytest.raises(Refusal, match="edited"):
        save(before, before, params, deployed)
    assert path.read_text().endswith("# mine\n")
    assert params.read_bytes() == content


def test_killed_between_both_files_it_leaves_no_pair_that_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from snnc.calibrate.writing import save
    from snnc.spec.changes import changed

    path = folder_of(tmp_path)
    before, deployed = checked(path).document, loaded(path).program.network
    after = changed(before, {("neurons",): {"kind": "spiking_relu", "max_rate": 400}})
    params = tmp_path / "brought.params.npz"
    rename = Path.replace

    def killed(self: Path, target: Path) -> Path:
        if target == params:
            raise KeyboardInterrupt
        return rename(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            save(before, after, params, deployed)
    assert path.read_text() == after.text
    assert main(["run", str(path)]) == 1
    assert "is for another network" in capsys.readouterr().err
