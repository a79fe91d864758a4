"""Changes of a trained spec are tried on items that aren't test items, with the same weights."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import snnc
from snnc.data import prepare
from snnc.trials.items import trial_items


def digits(**train: Any) -> Any:
    return snnc.load(
        {
            "network": {"name": "tried", "seed": 3},
            "data": {"kind": "sklearn", "name": "digits", "test_fraction": 0.2, "scale": "unit"},
            "input": {"shape": [64]},
            "layers": [{"kind": "dense", "units": 8}, {"kind": "dense", "units": 8}],
            "output": {"classes": 10},
            "train": {"batch_size": 32, **train},
        }
    ).program


@pytest.mark.parametrize("held_back", [None, 0.25])
def test_trial_items_are_training_or_validation_items(held_back: float | None) -> None:
    program = digits(**({"validation_fraction": held_back} if held_back else {}))
    data = prepare.load(program)
    trained_on, validating = prepare.division(program, len(data.x_train))
    items = trial_items(program, data)
    own = data.x_train[validating if held_back else trained_on]
    assert items.which == ("validation" if held_back else "training")
    assert sorted(map(bytes, items.x)) == sorted(map(bytes, own))
    # The same first ones are drawn, whatever the test items and their labels are.
    other = replace(data, x_test=data.x_test * 0, y_test=data.y_test[::-1])
    some = trial_items(program, other, 100)
    np.testing.assert_array_equal(some.x, items.x[:100])
    np.testing.assert_array_equal(some.y, items.y[:100])
