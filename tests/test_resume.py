"""A training that was stopped goes on, and ends where it would have ended: bit for bit."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnc.cli import main
from snnc.compile import scripts
from snnc.ir import Program
from tests.conftest import ROOT, program_of
from tests.test_parity import load_script

pytestmark = [pytest.mark.usefixtures("libraries"), pytest.mark.slow]

OPTIMIZERS = [
    '{ kind = "adam", amsgrad = true }',
    '{ kind = "rmsprop", momentum = 0.5, centered = true }',
    '{ kind = "sgd", momentum = 0.9, nesterov = true, weight_decay = 0.001 }',
    '{ kind = "adadelta", learning_rate = 1 }',
]


def digits(folder: Path, epochs: int, optimizer: str = '{ kind = "adam" }') -> Program:
    """A small network with dropout, on the digits."""
    text = (ROOT / "specs/digits.toml").read_text()
    text = text.replace('{ kind = "adam", learning_rate = 0.001 }', optimizer)
    text = text.replace("epochs = 60", f"epochs = {epochs}").replace("= 128", "= 24")
    (folder / "digits.toml").write_text(text)
    return program_of(folder / "digits.toml")


def run(program: Program, network: str, start: Any = None) -> list[Any]:
    """Train a network, or its float twin, from a state on; return the state after each epoch."""
    from snnc.backends.network import training_network
    from snnc.engine import baseline, data
    from snnc.engine.train import BEGINNING, train

    items = data.load(program)
    states: list[Any] = []
    given = (program, items.x_train, items.y_train, states.append, start or BEGINNING)
    if network == "twin":
        baseline.train_twin(*given)
    else:
        train(training_network(program), *given)
    return states


def same(state: Any, other: Any) -> None:
    assert len(state.variables) > 6
    assert len(state.variables) == len(other.variables)
    for ours, theirs in zip(state.variables, other.variables, strict=True):
        assert ours.dtype == theirs.dtype
        assert np.array_equal(ours, theirs)
    for epoch, again in zip(state.epochs, other.epochs, strict=True):
        assert dataclasses.replace(epoch, seconds=0) == dataclasses.replace(again, seconds=0)


@pytest.mark.parametrize("network", ["network", "twin"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda text: text.split('"')[1])
def test_from_a_checkpoint_on(optimizer: str, network: str, tmp_path: Path) -> None:
    from snnc.engine import checkpoint, data

    program = digits(tmp_path, 4, optimizer)
    whole = run(program, network)
    assert not np.array_equal(whole[1].variables[0], whole[3].variables[0])
    depends = checkpoint.depends_on(program, data.load(program))
    checkpoint.save(tmp_path / "half.npz", whole[1], depends)
    half = checkpoint.load(tmp_path / "half.npz", depends)
    rest = run(program, network, half)
    assert len(rest) == 2
    same(rest[0], whole[2])
    same(rest[1], whole[3])
