"""Units that would start silent by the signs of their weights don't: in memory, in the float twin and in the script."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from snnc.pipeline import check_document, scripts
from snnc.program.program import Program
from snnc.program.waking import may_start_silent
from snnc.spec.changes import Changes, changed
from snnc.spec.read import read
from tests.conftest import ROOT, program_of

SPEC = ROOT / "tests/cases/signs.toml"


def program(changes: Changes) -> Program:
    return check_document(changed(read(SPEC), changes)).program


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({}, ("encoder", "mixed")),
        # What is scaled to both signs has something to fire for, and of nine weights hardly ever all are negative.
        ({("data", "scale"): "signed"}, ("mixed",)),
        ({("layers", 0, "kernel_size"): 3}, ("mixed",)),
        ({("layers", 0, "filters"): 5}, ("encoder",)),
        ({("layers", 1, "batch_norm"): True}, ("encoder",)),
        ({("layers", 0, "neurons"): {"intercept": -0.5}}, ("mixed",)),
    ],
    ids=str,
)
def test_where_signs_decide(changes: Changes, names: tuple[str, ...]) -> None:
    assert may_start_silent(program(changes)) == names


@pytest.mark.parametrize("name", ["digits", "jets", "cifar10", "mnist_softlif", "spoken_digits"])
def test_specs_that_it_is_nothing_to_keep_their_scripts(name: str) -> None:
    found = program_of(ROOT / f"specs/{name}.toml")
    assert may_start_silent(found) == ()
    assert not any("wake" in text for text in scripts(found, Path()).values())


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
@pytest.mark.parametrize("seed", range(6))
def test_no_unit_starts_silent(seed: int) -> None:
    """Half of the filters would; weights that have a chance stay as Keras draws them."""
    import numpy as np
    import tensorflow as tf

    from snnc.training.baseline import baseline_network
    from snnc.training.train import initial_weights

    started = program({("network", "seed"): seed, ("layers", 3, "from"): ["dense"]})
    tf.keras.utils.set_random_seed(seed)
    drawn = {layer.name: layer.get_weights() for layer in baseline_network(started).layers}
    turned = 0
    for name, (kernel, *bias) in ((n, w) for n, w in initial_weights(started).items() if w):
        before = drawn[name][0]
        silent = (before <= 0).all(axis=tuple(range(before.ndim - 1)))
        turned += int(silent.sum())
        assert np.array_equal(kernel, np.where(silent, -before, before))
        assert (kernel > 0).any(axis=tuple(range(kernel.ndim - 1))).all()
        assert not np.any(bias)
    assert turned > 0


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
def test_whoever_starts_with_a_filter_of_one_pixel_arrives(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With any seed no filter is silent, and the float twin hears as much."""
    import snnc

    for seed in range(3):
        network: dict[Any, Any] = {("network", "seed"): seed, ("layers", 1, "kernel_size"): 3}
        spec = tmp_path / f"{seed}.toml"
        spec.write_text(changed(read(SPEC), network).text)
        rates = next(r for r in snnc.train(spec, baseline=True).results.rows if r.on == "rates")
        assert [layer.silent_channels for layer in rates.layers][:2] == [0, 0]
    assert not re.search(r"silent-filters", capsys.readouterr().err)
