"""What training is told to do: it validates as rates, ends as Keras would end it, and keeps firing rates in their bands."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli
from numpy.typing import NDArray

import snnc
from snnc.cli import main
from snnc.program.program import Program
from snnc.spec.settings import EarlyStopping
from tests.conftest import ROOT, program_of
from tests.test_language import program

pytestmark = [pytest.mark.usefixtures("libraries"), pytest.mark.slow]

Array = NDArray[np.float64]


def trained(program: Program) -> tuple[Any, Any, Any]:
    """Train a network; return its data, its epochs and the program that it is deployed to."""
    from snnc.data import prepare
    from snnc.networks.build import training_network
    from snnc.networks.deploy import deploy
    from snnc.training.train import train

    items = prepare.load(program)
    states: list[Any] = []
    net = training_network(program.network)
    weights = train(net, program, items.x_train, items.y_train, states.append)
    return items, states[-1].epochs, replace(program, network=deploy(program.network, weights))


@pytest.mark.parametrize("monitor", ["val_loss", "val_accuracy"])
@pytest.mark.parametrize("min_delta", [0.0, 0.05])
@pytest.mark.parametrize("patience", [1, 2, 4])
def test_training_ends_where_keras_ends_it(monitor: Any, min_delta: float, patience: int) -> None:
    import tensorflow as tf

    from snnc.training.epochs import Epoch, Validation
    from snnc.training.stopping import best_epoch, is_over

    rule = EarlyStopping(
        monitor=monitor, patience=patience, min_delta=min_delta, restore_best_weights=True
    )
    chance = np.random.RandomState(0)
    ended = set()
    for _ in range(20):
        # Ties, and steps of just about min_delta.
        values = np.cumsum(chance.choice([-0.1, -0.06, -0.05, 0, 0.05, 0.06, 0.1], 12)) + 0.5
        keras = tf.keras.callbacks.EarlyStopping(**rule.model_dump())
        model = tf.keras.Sequential([tf.keras.layers.Dense(1, use_bias=False)])
        model.build((1, 1))
        keras.set_model(model)
        keras.on_train_begin()
        epochs: tuple[Epoch, ...] = ()
        for index, value in enumerate(values.tolist()):
            model.set_weights([np.full((1, 1), index)])
            keras.on_epoch_end(index, {monitor: value})
            epochs += (Epoch(index + 1, 1.0, 0.0, 0.0, Validation(value, value)),)
            assert is_over(epochs, rule) == model.stop_training
            if model.stop_training:
                keras.on_train_end()  # where newer ones put the best weights back
                assert best_epoch(epochs, rule) == model.get_weights()[0].item()
                break
        ended.add(len(epochs))
    assert len(ended) > 1


@pytest.mark.parametrize("case", ["guided", "watched"])
def test_validation_is_that_of_rates(case: str) -> None:
    """Nengo's own rates, of the network that is deployed, say the same of the items that validate."""
    from snnc.data.prepare import division
    from snnc.running.rates import rate_answers
    from snnc.training.stopping import best_epoch

    case_program = program_of(ROOT / f"tests/cases/{case}.toml")
    items, epochs, deployed = trained(case_program)
    seen, held_out = division(case_program, len(items.x_train))
    fraction = case_program.train.validation_fraction
    assert fraction is not None
    assert len(held_out) == np.ceil(fraction * len(items.x_train))
    assert sorted([*seen, *held_out]) == list(range(len(items.x_train)))

    stopping = case_program.train.early_stopping
    assert stopping is not None
    assert len(epochs) < case_program.train.epochs
    best = best_epoch(epochs, stopping)
    assert best < len(epochs) - 1
    said = epochs[best if stopping.restore_best_weights else -1].validation
    answers, y = rate_answers(deployed, items.x_train[held_out]), items.y_train[held_out]
    assert said.accuracy == pytest.approx(np.mean(answers.classes == y), abs=0.5 / len(y))
    logits = answers.logits - answers.logits.max(axis=1, keepdims=True)
    losses = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(y)), y]
    assert said.loss == pytest.approx(losses.mean(), rel=1e-3)


def test_what_validates_is_not_trained_on() -> None:
    """Neither the weights nor the scaling depend on it, nor on whether it is looked at."""
    from snnc.data import prepare
    from snnc.networks.build import training_network
    from snnc.training.train import train

    watched = program(
        data={"kind": "sklearn", "name": "iris"},
        input={"shape": [4]},
        output={"classes": 3},
        train={"epochs": 2, "batch_size": 10, "validation_fraction": 0.3},
    )
    items = prepare.split(watched)
    seen, held_out = prepare.division(watched, len(items.x_train))
    x, y = items.x_train.copy(), items.y_train.copy()
    x[held_out], y[held_out] = 9 * x[held_out], 0
    ours, theirs = (
        prepare.scaled(watched, split) for split in (items, replace(items, x_train=x, y_train=y))
    )
    assert np.array_equal(ours.shift, theirs.shift)
    assert np.array_equal(ours.shift, items.x_train[seen].mean(axis=0))
    assert np.array_equal(ours.scale, theirs.scale)

    without = replace(watched, train=watched.train.model_copy(update={"validation_fraction": None}))
    weights = [
        train(training_network(p.network), p, x, y)
        for p, x, y in (
            (watched, ours.x_train, ours.y_train),
            (watched, theirs.x_train, theirs.y_train),
            (without, ours.x_train[seen], ours.y_train[seen]),
        )
    ]
    for name, arrays in weights[0].items():
        for other in weights[1:]:
            assert all(map(np.array_equal, arrays, other[name]))


def test_the_loss_of_rates_is_what_its_formula_says() -> None:
    """Of a network that learns next to nothing, with Nengo's rates."""
    from snnc.running.rates import rate_answers

    banded = program(
        neurons={"kind": "lif", "max_rate": 150, "amplitude": 0.01},
        layers=[
            {"kind": "dense", "name": "first", "units": 8},
            {"kind": "dense", "name": "free", "units": 7, "firing_rates": {"weight": 0}},
            {"kind": "dense", "name": "last", "units": 6, "firing_rates": {"max": 60}},
        ],
        train={
            "gradient": "rate",
            "optimizer": {"kind": "sgd", "learning_rate": 1e-12},
            "epochs": 1,
            "batch_size": 1437,
            "firing_rates": {"min": 20, "weight": 0.5},
        },
    )
    items, (epoch,), deployed = trained(banded)
    expected = 0.0
    shown = items.x_train[:1437]
    rates: list[dict[str, Array]] = [rate_answers(deployed, item[None]).rates for item in shown]
    for name, low, high in (("first", 20, 150), ("last", 20, 60)):
        found = np.array([of_item[name] for of_item in rates])
        outside = np.maximum(low - found, 0) + np.maximum(found - high, 0)
        assert (found < low).any()
        assert (found > high).any()
        expected += 0.5 * np.mean((outside / 150) ** 2)
    assert epoch.rate_loss == pytest.approx(expected, rel=1e-3)
    assert epoch.rate_loss > 0.001


def test_bands_move_firing_rates(tmp_path: Path) -> None:
    """As spikes, a network fires less if it was told to in training, in the layer that was told so; and is as good."""
    spec = tomli.loads((ROOT / "specs/digits.toml").read_text())
    spec["layers"] = [layer for layer in spec["layers"] if layer["kind"] == "dense"]
    spec["train"]["epochs"] = 6
    spec["neurons"]["max_rate"] = 200
    first, second = spec["layers"][0]["name"], spec["layers"][1]["name"]

    def run(*bands: dict[str, float]) -> tuple[dict[str, float], float]:
        told = copy.deepcopy(spec)
        for layer, band in zip(told["layers"], bands, strict=False):
            layer["firing_rates"] = band
        results = snnc.run(snnc.train(told), on="nengo_dl", items=200)
        row = results.rows[-1]
        return {layer.name: layer.rate for layer in row.layers}, row.accuracy.value

    free, accuracy = run()
    low, low_accuracy = run({"max": 30}, {"max": 30})
    assert low[first] < 0.6 * free[first]
    assert low[second] < 0.6 * free[second]
    assert low_accuracy > accuracy - 0.04
    one, _ = run({"max": 30})
    assert one[first] < 0.6 * free[first]
    assert one[second] > 1.5 * low[second]
    high, _ = run({}, {"min": 150, "max": 190, "weight": 10})
    assert high[second] > 1.1 * free[second]


def test_what_is_said_of_a_training(tmp_path: Path) -> None:
    spec = tmp_path / "guided.toml"
    spec.write_text((ROOT / "tests/cases/guided.toml").read_text())
    training = snnc.train(spec, folder=tmp_path)
    n = len(training.epochs)
    last = training.epochs[-1]
    assert 2 < n < 8
    assert last.validation is not None
    said = repr(training).splitlines()[0]
    assert said.startswith(f"guided, trained for {n} epochs: loss {last.loss:.4f}, accuracy ")
    assert f"; validation loss {last.validation.loss:.4f}, accuracy " in said
    assert said.endswith(f"val_loss was best in epoch {n - 2}, whose weights are kept")
    header, *rows = (tmp_path / "guided.history.csv").read_text().splitlines()
    assert header == "epoch,loss,accuracy,val_loss,val_accuracy,rate_loss,seconds"
    assert len(rows) == n
    # Read again, nothing is lost but digits.
    again = snnc.train(spec, folder=tmp_path, resume=True)
    assert [e.number for e in again.epochs] == [e.number for e in training.epochs]
    for ours, theirs in zip(again.epochs, training.epochs, strict=True):
        assert str(ours) == str(theirs)


def test_filters_that_start_silent_never_learn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A rectifier has no slope below zero, so their weights stay what Keras drew; `train` says before how many there are.

    All channels before them say the same, so that the sum of a filter's weights decides.
    """
    text = (ROOT / "specs/digits.toml").read_text().replace("[64]", "[8, 8, 1]")
    first = """kind = "conv2d"
name = "pixels"
filters = 8
kernel_size = 1
use_bias = false
neurons = "spiking_relu"

[[layers]]
kind = "conv2d"
name = "mixed"
filters = 16
kernel_size = 1
strides = 2
use_bias = false
neurons = "spiking_relu\""""
    text = text.replace('kind = "dense"\nname = "pixels"\nunits = 128', first)
    spec = tmp_path / "digits.toml"
    spec.write_text(text)
    weights, seen = {}, {}
    for epochs in (1, 2):
        assert main(["train", "--epochs", str(epochs), str(spec)]) == 0
        seen[epochs] = capsys.readouterr().err
        with np.load(tmp_path / "digits.params.npz") as params:
            weights[epochs] = params["mixed.weights"].reshape(-1, 16)
    stuck = (weights[1] == weights[2]).all(axis=0)
    assert 2 <= stuck.sum() < 16
    said = f"{stuck.sum()} of 16 filters of 'mixed' are silent before training for all of 500 items"
    assert said in seen[2]
    # Once: what was said before isn't said again.
    assert seen[2].count("digits.toml:32:3: warning[silent-filters]") == 1

    reasons = 'silent-filters = "to see what happens"\nlinear-ahead = "after one epoch"'
    spec.write_text(f"{text}\n[allow]\n{reasons}\n")
    assert main(["train", "--epochs", "1", str(spec)]) == 0
    assert "warning" not in capsys.readouterr().err
    with pytest.warns(snnc.SpecWarning, match="of 16 filters of 'mixed'") as caught:
        training = snnc.train(text, epochs=1)
    assert [w.filename for w in caught if w.category is snnc.SpecWarning] == [__file__]
    rates = {row.on: row.layers[1] for row in training.results.rows if row.layers}["rates"]
    assert rates.silent_channels == stuck.sum()


@pytest.mark.parametrize("network", ["spiking", "twin"])
def test_dropout_drops_others_in_every_epoch(network: str, tmp_path: Path) -> None:
    """Of weights that never move, one item many times has the loss of what is dropped."""
    from snnc.data import prepare
    from snnc.networks.build import training_network
    from snnc.training.baseline import train_baseline
    from snnc.training.train import train

    text = (ROOT / "specs/digits.toml").read_text()
    text = text.replace("learning_rate = 0.001", "learning_rate = 1e-30")
    text = text.replace("epochs = 60", "epochs = 3").replace("batch_size = 32", "batch_size = 256")
    (tmp_path / "digits.toml").write_text(text)
    still = program_of(tmp_path / "digits.toml")
    items = prepare.load(still)
    states: list[Any] = []
    one = np.zeros(256, int)
    given = (still, items.x_train[one], items.y_train[one], states.append)
    if network == "twin":
        train_baseline(*given)
    else:
        train(training_network(still.network), *given)
    losses = [epoch.loss for epoch in states[-1].epochs]
    assert min(abs(a - b) for a, b in zip(losses, [*losses[1:], losses[0]], strict=True)) > 1e-5
