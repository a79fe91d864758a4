"""A file that can't be imported is refused with one text that says what it is and what to do: no traceback, nothing read outside, nothing written."""

from __future__ import annotations

import copy
import io
import json
import random
import zipfile
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("h5py")

from snnc.diagnostics.errors import Refusal
from snnc.importing.formats import read
from tests.foreign_models import kept
from tests.golden import REFUSED, compare
from tests.refused_models import (
    MADE,
    SMALL,
    functional,
    message,
    sequential,
    small_weights,
    write_keras,
)


@pytest.mark.parametrize("name", MADE)
def test_message(name: str, tmp_path: Path) -> None:
    compare(REFUSED / f"{name}.txt", message(name, tmp_path))


def test_all_have_a_message() -> None:
    assert {path.stem for path in REFUSED.glob("*.txt")} == set(MADE)
    assert len(MADE) >= 25


def test_what_they_are_made_of_would_be_read(tmp_path: Path) -> None:
    """Otherwise all of them might be refused for a reason of their own."""
    graph = read(write_keras(tmp_path / "model.keras", sequential(SMALL), small_weights()))
    assert [node.name for node in graph.nodes] == [
        "items",
        "hidden",
        "hidden/activation",
        "classes",
    ]


@pytest.mark.parametrize("form", ["whole.h5", "whole.keras"])
def test_a_part_of_a_file(form: str, tmp_path: Path) -> None:
    whole = next(iter(kept(f"keras-3.15.1/table_normalised.{form}").values()))
    path = tmp_path / "model"
    for length in range(0, len(whole), len(whole) // 50 + 1):
        path.write_bytes(whole[:length])
        with pytest.raises(Refusal):
            read(path)


ODD = [
    None,
    -1,
    0,
    1,
    7,
    2**40,
    1.5,
    float("nan"),
    "",
    "x",
    "same",
    [],
    [1],
    [None, 2],
    {},
    {"class_name": "Dense"},
    True,
]


@pytest.mark.slow
def test_settings_changed_at_random(tmp_path: Path) -> None:
    """Whatever stands in an architecture, it is read or refused."""
    chance = random.Random(4)
    models = [one for one in kept(".whole.keras").values() if one.startswith(b"PK")]
    refused = 0
    for _ in range(400):
        with zipfile.ZipFile(io.BytesIO(chance.choice(models))) as one:
            model, weights = json.loads(one.read("config.json")), one.read("model.weights.h5")
        for _ in range(chance.choice((1, 1, 3))):
            _change(model, chance)
        path = write_keras(tmp_path / "model.keras", model, weights)
        try:
            read(path)
        except Refusal:
            refused += 1
    assert 100 < refused < 400


def _change(model: Any, chance: random.Random) -> None:
    """Put something odd in the place of a value, or take it away."""
    at = model
    while True:
        keys = list(at) if isinstance(at, dict) else list(range(len(at)))
        key = chance.choice(keys)
        below = at[key]
        if not isinstance(below, dict | list) or not below or chance.random() < 0.15:
            break
        at = below
    if chance.random() < 0.2:
        del at[key]
    else:
        at[key] = copy.deepcopy(chance.choice(ODD))


def test_inputs_that_a_functional_model_names(tmp_path: Path) -> None:
    model = functional(
        [(SMALL[0], []), (SMALL[1], [["items"]]), (SMALL[2], [["hidden"]])], ["classes"]
    )
    graph = read(write_keras(tmp_path / "model.keras", model, small_weights()))
    assert graph.output.name == "classes"
