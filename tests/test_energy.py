"""Energy is what the constants on its page make of the counts, and the float network's operations are those that TensorFlow counts."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from snnc.running import published
from snnc.running.energy import energy, in_words, macs
from snnc.running.work import Work
from tests.conftest import CASES, LIGHT_SPECS, ROOT, program_of

PAGE = (ROOT / "docs/energy.md").read_text(encoding="utf-8")

WORK = Work(
    spikes={"hidden1": 50.0, "hidden2": 30.0, "hidden3": 10.0},
    sent=50.0,
    fired=40.0,
    messages=80.0,
    operations=2000.0,
    updates=6400,
    cores=2,
    seconds=0.1,
)


def test_an_item_by_hand() -> None:
    """Picojoules, with the table of Davies et al. at the least, and 35.5 and 76.8 of SANA-FE at the most."""
    found = energy(program_of(ROOT / "specs/jets.toml").network, WORK)
    least = 2000 * 23.6 + 6400 * 52 + 80 * 1.7
    most = 2000 * 35.5 + 6400 * 81 + 40 * 69.3 + 80 * (76.8 + 7 * 3 + 3 * 4)
    assert found.chip.low == pytest.approx(least * 1e-12)
    assert found.chip.high == pytest.approx(most * 1e-12)
    assert found.leakage == pytest.approx(0.1 * 3.34 / 32)
    assert found.macs == 16 * 64 + 64 * 32 + 32 * 32 + 32 * 5
    assert found.macs_on_host == 16 * 64 + 32 * 5
    assert found.of_float_network.low == pytest.approx(4256 * (3.7 + 0.9) * 1e-12)
    assert found.of_float_network.high == pytest.approx(4256 * 8.6e-9)
    assert sum(part.high for part in found.parts.values()) == pytest.approx(found.chip.high)
    assert json.loads(json.dumps(found.to_dict()))["work"]["spikes"]["hidden1"] == 50


def test_more_than_128_cores_leak_as_two_chips() -> None:
    network = program_of(ROOT / "specs/jets.toml").network
    one, two = (energy(network, Work({}, 0, 0, 0, 0, 0, cores, 1.0)) for cores in (128, 129))
    assert two.leakage == 2 * one.leakage


@pytest.mark.parametrize(
    ("joules", "words"),
    [(0, "0 pJ"), (2.5, "2.5 J"), (1.234e-3, "1.23 mJ"), (9.999e-5, "100 µJ"), (999.9e-6, "1 mJ"), (20e-9, "20 nJ"), (3e-13, "0.3 pJ")],
)  # fmt: skip
def test_units(joules: float, words: str) -> None:
    assert in_words(joules) == words


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
@pytest.mark.parametrize("path", [*LIGHT_SPECS, *CASES], ids=lambda path: path.stem)
def test_the_float_network_multiplies_as_tensorflow_counts(path: Path) -> None:
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    from snnc.training.baseline import baseline_network

    program = program_of(path)
    model = baseline_network(program)
    spec = tf.TensorSpec([1, program.network.input_size], tf.float32)
    function = tf.function(lambda x: model(x, training=False)).get_concrete_function(spec)
    graph = convert_variables_to_constants_v2(function).graph
    profiler = tf.compat.v1.profiler
    options = profiler.ProfileOptionBuilder.float_operation() | {"output": "none"}
    counted = profiler.profile(graph, cmd="op", options=options)
    operations = {}
    while counted.children:
        (counted,) = counted.children
        operations[counted.name] = counted.float_ops
    # A multiplication and an addition.
    expected = (
        sum(operations.get(name, 0) for name in ("MatMul", "Conv2D", "DepthwiseConv2dNative")) // 2
    )
    assert sum(macs(program.network).values()) == expected > 0


# The page


def test_the_page_has_the_constants() -> None:
    rows = re.findall(r"^\| ([a-z ]+) \| ([\d.]+) \| ([\d.]+) \|", PAGE, re.MULTILINE)
    assert [(name, float(low), float(high)) for name, low, high in rows] == [
        (constant.what, round(constant.low * 1e12, 1), round(constant.high * 1e12, 1))
        for constant in published.CHIP
    ]
    devices = re.findall(r"^\| (.+?) \| ([\d.]+) nJ \|", PAGE, re.MULTILINE)
    assert [(name, float(energy)) for name, energy in devices] == [
        (device.name, round(device.mac * 1e9, 5)) for device in published.DEVICES
    ]


def test_every_constant_says_where_it_is_from_and_what_it_leaves_out() -> None:
    sources = {s for c in published.CHIP for s in (c.low_from, c.high_from)}
    sources |= {device.source for device in published.DEVICES} | {published.LEAKAGE_FROM}
    for source in sources:
        assert source.where
        assert source.leaves_out
        first_author = source.where.split()[0].rstrip(",")
        assert first_author in PAGE
    for constant in published.CHIP:
        assert constant.low <= constant.high
