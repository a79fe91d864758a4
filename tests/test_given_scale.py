"""Items scaled by numbers from elsewhere are what Keras' own layers make of them, whatever the data are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from snnc.pipeline import check_document, scripts
from snnc.program.fingerprint import training
from snnc.program.program import Program
from snnc.spec.changes import Changes, changed
from snnc.spec.read import read
from tests.conftest import ROOT

np = pytest.importorskip("numpy")

DIGITS = ROOT / "specs/digits.toml"


def program(scale: Any, changes: Changes | None = None) -> Program:
    everything = {("data", "scale"): scale, **(changes or {})}
    return check_document(changed(read(DIGITS), everything)).program


def raw() -> Any:
    from sklearn.datasets import load_digits

    return load_digits(return_X_y=True)[0]


def scaled(found: Program) -> tuple[Any, Any]:
    """Return the items to train on, as the network gets them, and as they were."""
    from snnc.data import prepare

    data, items = prepare.load(found), prepare.split(found)
    assert np.array_equal(data.x_test, (data.held_out.x - data.shift) / data.scale)
    return data.x_train, items.x_train


def test_one_number_for_all() -> None:
    x, before = scaled(program({"subtract": 8, "divide": 4}))
    assert np.array_equal(x, (before - 8) / 4)


def test_one_a_value_and_one_a_channel() -> None:
    numbers = np.linspace(-1, 2, 64)
    x, before = scaled(program({"subtract": numbers.tolist(), "divide": 3}))
    assert np.array_equal(x, (before - numbers) / 3)
    eight = np.arange(1.0, 9.0)
    by_channel = program({"divide": eight.tolist()}, {("input", "shape"): [8, 8]})
    x, before = scaled(by_channel)
    assert np.array_equal(x.reshape(-1, 8, 8), before.reshape(-1, 8, 8) / eight)


def test_nothing_given_is_nothing_done() -> None:
    x, before = scaled(program({}))
    assert np.array_equal(x, before)


def test_other_numbers_are_another_training_and_named() -> None:
    first, same, other = (training(program({"divide": n})) for n in (16, 16.0, 15))
    assert first == same
    assert first["scale"].startswith("given ")
    assert first["scale"] != other["scale"]


def test_no_rule_takes_them_for_a_word(tmp_path: Path) -> None:
    """Wherever a word decides, numbers do what no word does: nothing is known of signs."""
    from snnc.data.report import data_report

    assert data_report(program({"divide": 16})).lines
    unscaled = data_report(program({"divide": 0.1})).warnings
    assert "data-scale" in {warning.code for warning in unscaled}
    for text in scripts(program({"subtract": 8, "divide": 4}), tmp_path).values():
        assert "shift, scale = 8, 4" in text or "PARAMS" in text


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
@pytest.mark.parametrize("axis", [-1, None])
def test_as_keras_rescales_and_normalises(axis: int | None) -> None:
    import tensorflow as tf

    layer = tf.keras.layers.Normalization(axis=axis)
    layer.adapt(raw())
    mean, deviation = np.ravel(layer.mean), np.ravel(np.sqrt(layer.variance))
    # Keras divides by at least this.
    deviation = np.maximum(deviation, tf.keras.backend.epsilon())
    numbers = {"subtract": mean.tolist(), "divide": deviation.tolist()}
    x, before = scaled(program(numbers))
    assert np.allclose(x, layer(before), rtol=1e-5, atol=1e-5)

    rescaling = tf.keras.layers.Rescaling(1 / 16, offset=-0.5)
    x, before = scaled(program({"subtract": 0.5 * 16, "divide": 16}))
    assert np.allclose(x, rescaling(before), atol=1e-6)
