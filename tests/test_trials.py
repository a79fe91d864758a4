"""Changes of a trained spec are tried on items that aren't test items, with the same weights."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest

import snnc
from snnc.data import prepare
from snnc.trials.items import training_items, trial_items


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
    seen = training_items(program, data)
    assert sorted(map(bytes, seen.x)) == sorted(map(bytes, data.x_train[trained_on]))
    # The same first ones are drawn, whatever the test items and their labels are.
    other = replace(data, x_test=data.x_test * 0, y_test=data.y_test[::-1])
    some = trial_items(program, other, 100)
    np.testing.assert_array_equal(some.x, items.x[:100])
    np.testing.assert_array_equal(some.y, items.y[:100])


class Told(Exception):
    """Items that are left out were told of."""


@pytest.mark.parametrize(
    ("module", "call", "n_arguments"),
    [
        ("snnc.trials.tune", "tune", 7),
        ("snnc.ladder.ladder", "climb", 6),
        ("snnc.calibrate.calibrate", "calibrate", 7),
    ],
)
def test_left_out_items_are_told_of(
    module: str, call: str, n_arguments: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is computed with the others."""
    room = import_module(module)
    loaded = (Mock(), Mock(left_out="1 of 9 items are left out"))
    monkeypatch.setattr(room, "load_without_baseline", lambda program, folder: loaded)
    monkeypatch.setattr(room, "_ensure_own", lambda path, program: None, raising=False)
    watcher = Mock()
    watcher.tell.side_effect = Told
    program = digits()
    arguments = [Mock(), program, program.spec_path.parent, *[Mock()] * (n_arguments - 4), watcher]
    with pytest.raises(Told):
        getattr(room, call)(*arguments)
    watcher.tell.assert_called_once_with("1 of 9 items are left out")
