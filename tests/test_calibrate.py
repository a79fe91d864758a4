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
#: Other neurons whose output is a rectified line.
LINES = {
    "relu": '"relu"',
    "spiking_relu": '{ kind = "spiking_relu", max_rate = 50 }',
    "an amplitude": '{ kind = "spiking_relu", max_rate = 250, amplitude = 0.01 }',
    "an intercept": '{ kind = "relu", intercept = 0.3, amplitude = 0.002 }',
}


def folder_of(folder: Path, text: str = SPEC, permuted: bool = False) -> Path:
    """Write a spec, its data and its parameters; permuted, with other test items and labels."""
    from sklearn.datasets import load_digits

    from tests.fitted import fitted, save

    x, y = load_digits(return_X_y=True)
    chance = np.random.RandomState(0)
    x_test, y_test = x[1200:], y[1200:]
    if permuted:
        x_test = chance.randint(0, 17, x_test.shape).astype(float)
        y_test = chance.permutation(y_test)
    folder.mkdir(exist_ok=True)
    arrays = {"x_train": x[:1200], "y_train": y[:1200], "x_test": x_test, "y_test": y_test}
    np.savez(folder / "data.npz", **arrays)
    (folder / "brought.toml").write_text(text)
    program = checked(folder / "brought.toml").program
    data = prepare.load(program)
    save(fitted(program, data), data, folder)
    return folder / "brought.toml"


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
            if kind.kind == "lif":  # from the threshold on, which is at 1
                current = (current - 1) / kind.tau_rc  # type: ignore[attr-defined]
            x = np.maximum(current, 0) * kind.output_value
        return x @ arrays["output.weights"].T + arrays["output.bias"]


@pytest.mark.parametrize("name", LINES)
def test_scaled_layers_have_the_logits_they_had(name: str, tmp_path: Path) -> None:
    """In float64, whatever line the neurons were; and activations are scaled to about 1."""
    from snnc.calibrate.plain import plain_activity
    from snnc.calibrate.prepared import Prepared
    from snnc.trials.items import training_items

    text = SPEC.replace('[neurons]\nkind = "relu" ', f"[neurons]\n#").replace(
        "[[layers]]", "", 0
    )
    text = f"neurons = {LINES[name]}\n" + SPEC.replace('[neurons]\nkind = "relu"', "[synapses]")
    path = folder_of(tmp_path, text)
    spec, trained = checked(path), loaded(path)
    x = training_items(spec.program, prepare.load(spec.program)).x
    prepared = Prepared.of(spec.document, trained.program, x)
    assert prepared.scales.keys() == {"first", "second"}
    expected = by_hand(path, x)
    np.testing.assert_allclose(prepared.logits(x), expected, atol=1e-11 * np.abs(expected).max())
    _, active = plain_activity(prepared.plain, x)
    for values in active.values():
        assert values.max() > 1
        assert np.mean(values > 1) == pytest.approx(0.001, abs=0.0002)
