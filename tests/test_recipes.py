"""The field's published recipes raise no error, and no warning that isn't explained here."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from snnc.pipeline import checked
from tests.conftest import ROOT

RECIPES = sorted((ROOT / "tests/recipes").glob("*.toml"))

#: Why each warning is right about what was published.
WARNINGS = {
    "cifar10_convnet": {},
    "keras_to_loihi": {
        "unsettled": "items are shown for 30 ms; with these neurons it lost nine points on the emulator",
        "unfiltered-output": "the answer is the last step of unfiltered spikes",
    },
    "keras_to_snn": {
        "unfiltered-output": "the answer is the last step of unfiltered spikes; it takes rates scaled up to smooth them",
    },
    "keyword_spotting": {
        "few-spikes": "ten steps a frame: its answers are votes of many frames, not of one",
        "unsettled": "the same",
        "chip-no-synapse": "spikes aren't filtered, and counted over the frames",
    },
    "mnist_convnet": {},
    "mnist_softlif": {
        "few-spikes": "30 steps at 100 Hz: the probe's filter adds up what there is",
        "unsettled": "a quarter of each logit has come through, and the largest is the largest already",
    },
    "spiking_mnist": {
        "few-spikes": "30 steps at 100 Hz: the probe's filter makes up for it",
        "unsettled": "100 ms of filter in 30 ms: a quarter of each logit, which is as good for finding the largest from a cleared state",
    },
}


@pytest.mark.parametrize("path", RECIPES, ids=lambda p: p.stem)
def test_a_recipe_is_sound(path: Path, tmp_path: Path) -> None:
    shutil.copy(path, tmp_path)
    np.savez(tmp_path / "frames.npz", x=np.zeros((20, 390)), y=np.zeros(20, int))
    found = checked(tmp_path / path.name).warnings
    assert {d.code for d in found} == set(WARNINGS[path.stem])


def test_every_recipe_is_there() -> None:
    assert {path.stem for path in RECIPES} == set(WARNINGS)


#: Specs that are there to be run by tests, not to be followed.
CASES = {
    "branches": {"unsettled"},
    "eye": {"batch-norm-steps"},
    "faster": {"host-max-rate"},
    "fine_tuned": {"batch-norm-steps"},
    "images": {"batch-norm-steps"},
    "joined": {"batch-norm-steps"},
    "relu": {"unfiltered-output"},
    "residual": {"batch-norm-steps", "unsettled"},
    "series": {"batch-norm-steps"},
    "split": {"chip-input-coding", "chip-host-chip", "steep-gradient"},
    "watched": {"hasty-stopping"},
}


def test_warnings_of_the_projects_own_specs() -> None:
    """Those that users start from raise none; those of the tests are short on purpose, and try what isn't usual."""
    for path in sorted((ROOT / "specs").glob("*.toml")):
        assert not checked(path).warnings, path.name
    for path in sorted((ROOT / "tests/cases").glob("*.toml")):
        found = {d.code for d in checked(path).warnings}
        assert found == CASES.get(path.stem, set()), path.name
