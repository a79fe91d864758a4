"""Models that Keras saved are imported, and the rate network, spikes and scripts answer as Keras does."""

from __future__ import annotations

import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnc.cli import main
from snnc.pipeline import checked
from snnc.training.params_file import load
from tests.conftest import ROOT

pytestmark = [pytest.mark.usefixtures("libraries"), pytest.mark.slow]

Making = Callable[[Any], Any]


def jets(layers: Any) -> Any:
    """The network of the thread that started the project."""
    import tensorflow as tf

    return tf.keras.Sequential(
        [
            layers.Dense(64, activation="relu", input_shape=(16,)),
            layers.Dropout(0.25),
            layers.Dense(32, activation="relu"),
            layers.Dropout(0.25),
            layers.Dense(32, activation="relu"),
            layers.Dropout(0.25),
            layers.Dense(5, activation="softmax"),
        ]
    )


def normalised(layers: Any) -> Any:
    import tensorflow as tf

    return tf.keras.Sequential(
        [
            layers.Input((12, 12, 1)),
            layers.Conv2D(4, 3, name="Conv_1"),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.AveragePooling2D(),
            layers.BatchNormalization(),
            layers.Conv2D(6, 3, padding="same"),
            layers.ReLU(6.0),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )


def residual(layers: Any) -> Any:
    import tensorflow as tf

    items = layers.Input((12, 12, 2))
    x = layers.Conv2D(4, 3, padding="same", activation="relu")(items)
    y = layers.DepthwiseConv2D(3, strides=2, padding="same", activation="relu")(x)
    y = layers.BatchNormalization()(layers.Conv2D(6, 1)(y))
    y = layers.ReLU()(layers.add([y, layers.Conv2D(6, 1, strides=2)(x)]))
    y = layers.concatenate([y, layers.SeparableConv2D(4, 3, padding="same", activation="relu")(y)])
    y = layers.GlobalAveragePooling2D()(y)
    return tf.keras.Model(items, layers.Dense(5, activation="softmax")(y))


def saved(make: Making, path: Path) -> Any:
    """Save a model with moving statistics and biases that aren't those at the start, and return it."""
    import tensorflow as tf

    tf.keras.utils.set_random_seed(0)
    model = make(tf.keras.layers)
    rng = np.random.default_rng(0)
    for layer in model.layers:
        values = layer.get_weights()
        is_norm = isinstance(layer, tf.keras.layers.BatchNormalization)
        for index, array in enumerate(values):
            if array.ndim == 1:
                values[index] = (
                    rng.uniform(0.5, 1.5, array.shape)
                    if is_norm
                    else rng.normal(0, 0.2, array.shape)
                )
        layer.set_weights(values)
    model.save(path)
    return model


@pytest.mark.parametrize("make", [jets, normalised, residual])
def test_the_rate_network_answers_as_keras(
    make: Making, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from snnc.running.rates import rate_answers

    monkeypatch.chdir(tmp_path)
    model = saved(make, Path("model.h5"))
    rng = np.random.default_rng(1)
    x = rng.normal(size=(300, *model.input_shape[1:])).astype(np.float32)
    probabilities = model.predict(x, verbose=0)
    np.savez("data.npz", x=x, y=probabilities.argmax(axis=1))
    assert main(["import", "model.h5", "--data", "data.npz"]) == 0
    assert 'scale = "none"' in Path("model.toml").read_text()
    trained = load(checked(Path("model.toml")).program, Path())
    logits = rate_answers(trained.program, x.reshape(len(x), -1)).logits
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    ours = raised / raised.sum(axis=1, keepdims=True)
    assert np.abs(ours - probabilities).max() < 1e-5
    assert main(["check", "model.toml"]) == 0


def test_from_a_file_to_a_script_and_on_to_a_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    model = saved(jets, Path("jets.h5"))
    x = np.random.default_rng(1).uniform(-1, 1, (1200, 16)).astype(np.float32)
    np.savez("data.npz", x=x, y=model.predict(x, verbose=0).argmax(axis=1))
    assert main(["import", "jets.h5", "--data", "data.npz"]) == 0
    assert main(["run", "jets.toml", "--on", "emulator", "--items", "9", "--verify", "1"]) == 0
    assert main(["compile", "jets.toml"]) == 0
    run = [sys.executable, "jets_loihi.py", "--items", "5"]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    Path("jets.test.npz").unlink()  # as without --data
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.endswith("there is no jets.test.npz: snnc run writes it\n")
    assert "Traceback" not in done.stderr
    # Keras counts the layers of a process.
    (first, *_) = (key for key in np.load("jets.params.npz").files if key.endswith(".weights"))
    before = np.load("jets.params.npz")[first]
    assert main(["train", "jets.toml", "--epochs", "1"]) == 0
    after = np.load("jets.params.npz")[first]
    assert 0 < np.abs(after - before).max() < 0.1


def test_the_guide_from_keras_to_loihi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands on the page, with one epoch, and fewer items where many are shown."""
    page = (ROOT / "docs/import.md").read_text("utf-8")
    guide = page.partition("## From Keras to Loihi in four commands")[2].partition("## ")[0]
    program = guide.partition("```python\n")[2].partition("```")[0]
    console = guide.partition("```console\n")[2].partition("```")[0]
    commands = re.findall(r"^\$ snnc (.+)$", console, re.MULTILINE)
    assert [command.split()[0] for command in commands] == ["import", "calibrate", "run", "compile"]
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "specs/data/jets_sim.npz", tmp_path)
    Path("jets.py").write_text(program.replace("epochs=30", "epochs=1"))
    runpy.run_path("jets.py")
    fewer = {"calibrate": ["--time", "0.05", "--items", "100"], "run": ["--items", "20"]}
    for command in commands:
        assert main([*command.split(), *fewer.get(command.split()[0], [])]) == 0, command
    assert Path("jets_loihi.py").exists()
