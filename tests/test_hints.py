"""Hints are followed to the letter: what they were about is gone then. Other people's sound specs raise nothing."""

from __future__ import annotations

import os
from typing import Any

import pytest

import snnc
from snnc.diagnostics.diagnostic import Diagnostic
from tests import following
from tests.follow_hints import train, walk
from tests.following import Case, Tables
from tests.mistakes import case


def spec(**tables: Any) -> Tables:
    """Return a spec of three layers, with the tables that differ from their defaults."""
    return {
        "network": {"name": "other"},
        "data": {"kind": "sklearn", "name": "digits", "scale": "unit"},
        "input": {"shape": [64]},
        "layers": chain({}, {}, {}),
        "output": {"classes": 10},
        **tables,
    }


def chain(*layers: Tables) -> list[Tables]:
    return [{"kind": "dense", "units": 32, **layer} for layer in layers]


def stepping(dt: float) -> Tables:
    return {"name": "other", "dt": dt}


def falling(**settings: Any) -> Tables:
    """Return the table of a training whose learning rate falls when nothing gets better."""
    rate = {"kind": "reduce_on_plateau", "initial_learning_rate": 0.01, **settings}
    return {"optimizer": {"kind": "adam", "learning_rate": rate}}


DL = ["nengo_dl"]

SOUND = {
    "short steps": spec(network=stepping(0.0005)),
    "very short steps": spec(network=stepping(0.0001)),
    "long steps, slow neurons": spec(
        network=stepping(0.002), neurons={"max_rate": 100, "tau_ref": 0.002}
    ),
    "Nengo's own refractory period": spec(neurons={"tau_ref": 0.002}),
    "no refractory period": spec(neurons={"tau_ref": 0.0}),
    "too wide for NengoLoihi's own cut": spec(layers=chain({"units": 1500}, {"units": 1100})),
    "crowded by a fine cut": spec(layers=chain({}, {"units": 64}, {"units": 200, "block_shape": [1]})),
    "slow membrane": spec(neurons={"tau_rc": 0.05}),
    "slow": spec(neurons={"max_rate": 100}),
    "fast": spec(neurons={"max_rate": 250}),
    "very slow, shown for long": spec(neurons={"max_rate": 30}, presentation={"time": 1.0}),
    "very fast, trained for it": spec(neurons={"max_rate": 400}, train={"gradient": "loihi"}),
    "mean of the end": spec(presentation={"read": {"mean_of_last": 0.3}}),
    "mean of the end, unfiltered": spec(
        presentation={"read": {"mean_of_last": 0.3}}, synapses={"probe": "none"}
    ),
    "filtered in front of the output": spec(
        presentation={"time": 0.5}, synapses={"output": {"tau": 0.1}, "probe": "none"}
    ),
    "filtered in front of the output, shortly": spec(synapses={"output": {"tau": 0.01}, "probe": "none"}),
    "gap": spec(presentation={"gap": 0.05}),
    "many steps": spec(presentation={"steps": 300}),
    "NengoLoihi's kinds": spec(neurons={"kind": "loihi_spiking_relu", "max_rate": 400}),
    "two kinds": spec(layers=chain({"neurons": "spiking_relu"}, {}, {})),
    "branches": spec(layers=chain({"name": "a"}, {}, {"from": ["a"]}, {"from": ["dense1", "dense2"]}))
    | {"layers": chain({"name": "a"}, {"name": "b"}, {"name": "c", "from": ["a"]}, {"from": ["b", "c"]})},
    "input twice": spec(layers=chain({"name": "a"}, {"from": ["a", "input"]}, {})),
    "output of the input": spec(output={"classes": 10, "from": ["input", "dense3"]}),
    "last layer on the host": spec(layers=chain({}, {}, {"on_chip": False})),
    "filter of the output": spec(synapses={"output": {"kind": "alpha"}}),
    "one layer": spec(targets=DL, layers=chain({})),
    "no filters": spec(targets=DL, synapses={"layer": "none"}),
    "rates alone": spec(targets=DL, neurons="relu"),
    "soft rates": spec(targets=DL, neurons={"kind": "soft_lif", "sigma": 0.01}),
    "all that training may have": spec(
        train={
            "validation_fraction": 0.1,
            "early_stopping": {"patience": 9, "restore_best_weights": True},
            "firing_rates": {"min": 10, "max": 100},
        }
    ),
    "weights that cost something": spec(
        layers=chain({"l1": 0.001}, {"l2": 0.01}, {}), output={"classes": 10, "l1": 0.001, "l2": 0.01}
    ),
    "normalised by quick means": spec(
        layers=chain({"batch_norm": {"momentum": 0.9}}, {"batch_norm": {"momentum": 0.9, "epsilon": 0.01}}, {})
    ),
    "normalised for long": spec(layers=chain({"batch_norm": True}, {}, {}), train={"epochs": 80}),
    "classes that count the same": spec(train={"class_weight": "balanced"}),
    "a learning rate that falls": spec(train=falling(patience=3)),
    "a learning rate that falls by validation": spec(
        train={"validation_fraction": 0.1, **falling(patience=8, monitor="val_accuracy")}
    ),
    "a spike a step": spec(targets=DL, neurons={"kind": "spiking_relu", "max_rate": 1000}),
}  # fmt: skip

UNSOUND = {
    "long steps": spec(network=stepping(0.002)),
    "longer steps": spec(network=stepping(0.005)),
    "steps of 10 ms": spec(network=stepping(0.01)),
    "steps that don't fit": spec(network=stepping(0.003)),
    "steps of 10 us": spec(network=stepping(0.00001)),
    "steps of 0.1 us": spec(network=stepping(1e-7)),
    "long steps and rest": spec(network=stepping(0.002), neurons={"tau_ref": 0.003}),
    "one and a half steps of rest": spec(neurons={"tau_ref": 0.0015}),
    "long rest": spec(neurons={"tau_ref": 0.1, "max_rate": 8}),
    "long rest of one layer": spec(layers=chain({}, {"neurons": {"tau_ref": 0.006}}, {})),
    "slow": spec(neurons={"max_rate": 30}),
    "silent": spec(neurons={"max_rate": 2}),
    "fast": spec(neurons={"max_rate": 333}),
    "fast for the chip": spec(neurons={"max_rate": 600}),
    "too fast for the chip": spec(neurons={"max_rate": 999}),
    "fast on the host": spec(layers=chain({"neurons": {"kind": "spiking_relu", "max_rate": 700}}, {})),
    "fast on the host, long steps": spec(
        network=stepping(0.003), presentation={"time": 0.3}, neurons="spiking_relu"
    ),
    "short items": spec(presentation={"time": 0.03}, synapses={"probe": "alpha"}),
    "short items, alpha before": spec(
        presentation={"time": 0.03, "latency": 0},
        synapses={"layer": {"tau": 0.005}, "probe": "alpha"},
    ),
    "read at once": spec(presentation={"time": 0.01, "latency": 0}),
    "read late": spec(presentation={"time": 0.02, "latency": 30}),
    "very short items": spec(presentation={"time": 0.003}),
    "short items, gap": spec(
        presentation={"time": 0.05, "gap": 0.05}, synapses={"probe": "alpha"}
    ),
    "short items, fresh": spec(presentation={"steps": 10}),
    "two steps, fresh": spec(presentation={"steps": 2}),
    "two steps of 2 ms, fresh": spec(network=stepping(0.002), presentation={"steps": 2}, targets=DL),
    "items between steps": spec(presentation={"time": 0.1004, "gap": 0.0004}),
    "mean of all": spec(presentation={"time": 0.05, "read": {"mean_of_last": 1.0}}),
    "slow filters": spec(synapses={"layer": {"tau": 0.05}}),
    "slow filter of the output": spec(synapses={"probe": {"kind": "lowpass", "tau": 0.1}}),
    "no filter of the output": spec(presentation={"read": "last"}),
    "a short filter in front of the output": spec(
        presentation={"read": "last"}, synapses={"output": {"tau": 0.003}}
    ),
    "no filter of the output, nor in front": spec(
        targets=DL, presentation={"read": "last"}, synapses={"output": "none"}
    ),
    "no filters": spec(synapses={"layer": "none"}),
    "alpha": spec(synapses={"layer": "alpha"}),
    "no filter into one layer": spec(layers=chain({}, {"synapse": "none"}, {})),
    "deep": spec(layers=chain(*[{}] * 20), presentation={"time": 0.05}),
    "very deep": spec(layers=chain(*[{}] * 40), presentation={"time": 0.02}),
    "large outputs": spec(neurons={"amplitude": 1.0}),
    "late": spec(neurons={"intercept": 0.6}),
    "an item, in milliseconds": spec(presentation={"time": 20}),
    "a gap, in milliseconds": spec(presentation={"gap": 20}),
    "a filter, in milliseconds": spec(synapses={"layer": {"tau": 5}}),
    "a filter of the output, in milliseconds": spec(synapses={"probe": {"tau": 10}}),
    "slow alpha filters": spec(synapses={"layer": {"kind": "alpha", "tau": 2}}),
    "a membrane, in milliseconds": spec(neurons={"tau_rc": 20}),
    "a membrane of one layer, in milliseconds": spec(layers=chain({}, {"neurons": {"tau_rc": 5}}, {})),
    "a rest, in milliseconds": spec(neurons={"tau_ref": 2}),
    "a rest of one layer, in milliseconds": spec(layers=chain({}, {"neurons": {"tau_ref": 1}}, {})),
    "steps, in milliseconds": spec(network=stepping(1)),
    "a share, in seconds": spec(presentation={"read": {"mean_of_last": 0.001}}),
    "a share, in milliseconds": spec(presentation={"read": {"mean_of_last": 30}}),
    "slow membrane": spec(neurons={"tau_rc": 10.0}),
    "very slow filter": spec(synapses={"layer": {"tau": 10.0}}),
    "host amid the chip": spec(layers=chain({}, {}, {"on_chip": False}, {})),
    "input into the chip": spec(layers=chain({"on_chip": True}, {})),
    "standard input into the chip": spec(
        data={"kind": "sklearn", "name": "digits"}, layers=chain({"on_chip": True}, {})
    ),
    "steep": spec(
        layers=[*chain({}), {"kind": "dropout", "rate": 0.2}, *chain({})], train={"gradient": "rate"}
    ),
    "rates into the chip": spec(layers=chain({"neurons": "relu"}, {})),
    "rates on the chip": spec(neurons="lif_rate"),
    "one layer": spec(layers=chain({})),
    "a gradient for nobody": spec(neurons="spiking_relu", train={"gradient": "smooth"}),
    "a filter of the input": spec(layers=chain({"synapse": {"tau": 0.01}}, {})),
    "an early end, before anything is learnt": spec(
        train={"epochs": 60, "batch_size": 500, "validation_fraction": 0.1, "early_stopping": {"patience": 3}}
    ),
    "an early end, before anything is learnt, in few epochs": spec(
        train={"epochs": 8, "batch_size": 500, "validation_fraction": 0.1, "early_stopping": {"patience": 3}}
    ),
    "an early end that keeps the best, before anything is learnt": spec(
        train={
            "epochs": 8,
            "batch_size": 500,
            "validation_fraction": 0.1,
            "early_stopping": {"patience": 3, "restore_best_weights": True},
        }
    ),
    "an early end, judged by nothing": spec(train={"early_stopping": {"patience": 3}}),
    "an early end that comes too late": spec(
        train={"validation_fraction": 0.1, "early_stopping": {"patience": 9}}
    ),
    "an early end of two epochs": spec(
        train={"epochs": 2, "validation_fraction": 0.1, "early_stopping": {"patience": 1}}
    ),
    "normalised for a few steps": spec(layers=chain({"batch_norm": True}, {}, {})),
    "normalised by a slow mean": spec(
        layers=chain({}, {"batch_norm": {"momentum": 0.9999, "epsilon": 0.01}}, {}), train={"epochs": 40}
    ),
    "normalised for an epoch": spec(layers=chain({"batch_norm": {}}, {}, {}), train={"epochs": 1}),
    "normalised for a step": spec(
        layers=chain({"batch_norm": {"momentum": 0.9999}}, {}, {}), train={"epochs": 1, "batch_size": 1400}
    ),
    "normalised for a few steps, and an early end": spec(
        layers=chain({"batch_norm": True}, {}, {}),
        train={"epochs": 20, "validation_fraction": 0.1, "early_stopping": {"patience": 3}},
    ),
    "a normalisation of its own for a few steps": spec(
        layers=[*chain({}), {"kind": "batch_norm"}, *chain({}, {})]
    ),
    "a learning rate judged by nothing": spec(train=falling(patience=3, monitor="val_loss")),
    "a learning rate that falls too late": spec(train=falling()),
    "a learning rate that falls too late, as written": spec(train=falling(patience=9)),
    "a learning rate of two epochs that falls": spec(train={**falling(patience=1), "epochs": 2}),
    "a band without width": spec(train={"firing_rates": {"min": 50, "max": 50}}),
    "a band beyond max_rate": spec(
        train={"firing_rates": {"max": 450}}, layers=chain({}, {"firing_rates": {"min": 400}}, {})
    ),
    "a band around all rates": spec(train={"firing_rates": {"max": 1000}}),
    "a band for nobody": spec(train={"firing_rates": {"weight": 0}}),
    "allowed without need": spec(allow={"unsettled": "it is not"}),
    "too wide however it is cut": spec(layers=chain({"units": 5000}, {"units": 1100})),
    "cut too coarsely": spec(layers=chain({"units": 1024}, {"units": 480, "block_shape": [120]})),
    "cut too finely": spec(
        layers=chain({}, {"units": 1000, "block_shape": [1000]}, {"units": 25, "block_shape": [5]})
    ),
    "cut into single neurons": spec(layers=chain({}, {}, {"units": 300, "block_shape": [1]})),
    "cut into too many blocks": spec(layers=chain({}, {"units": 13}, {"units": 300, "block_shape": [1]})),
    "two that are cut too finely": spec(
        layers=chain({}, {"units": 300, "block_shape": [300]}, {"units": 30, "block_shape": [1]}, {"units": 30, "block_shape": [3], "from": ["dense2", "dense3"]})
    ),
    "classes": spec(output={"classes": 9}),
    "shape": spec(input={"shape": [63]}),
}  # fmt: skip

#: What no hint can say to the letter: what a person wants instead is open.
OPEN = {
    "add a layer",
    "a shorter tau_ref",
    "shorten the synapses: those on the way add up to",
}


@pytest.mark.parametrize("name", SOUND)
def test_sound_specs_raise_nothing(name: str) -> None:
    assert snnc.check(SOUND[name]) == ()


@pytest.mark.parametrize("name", UNSOUND)
def test_hints_help(name: str) -> None:
    found = snnc.check(UNSOUND[name])
    assert found
    for diagnostic in found:
        for option in following.options(diagnostic.hint):
            followed = follow(UNSOUND[name], diagnostic, option)
            if followed is None:
                assert any(option.startswith(words) for words in OPEN), option
                continue
            left = [(d.code, d.at) for d in snnc.check(followed)]
            assert (diagnostic.code, diagnostic.at) not in left, f"{option}: {diagnostic.message}"


@pytest.mark.parametrize("name", UNSOUND)
def test_hints_lead_to_a_sound_spec(name: str) -> None:
    """Following the first hint of what is left, again and again, ends."""
    tables, steps = UNSOUND[name], []
    while found := snnc.check(tables):
        options = ((d, option) for d in found for option in following.options(d.hint))
        followed = ((d, option, follow(tables, d, option)) for d, option in options)
        diagnostic, option, better = next(step for step in followed if step[2] is not None)
        steps.append((diagnostic.code, option))
        assert len(steps) < 10, steps
        assert better is not None
        tables = better


STEPS = (1e-9, 1e-6, 1e-4, 0.001, 0.003, 0.01, 0.05, 1)
RATES = (1e-9, 0.5, 5, 200, 1000, 1e12)
EXTREMES = (
    [
        spec(network=stepping(dt), neurons={"tau_ref": rest, "max_rate": rate})
        for dt in STEPS[2:-2] for rest in (0, 1e-9, 0.001, 0.005, 0.05, 0.99) for rate in RATES
    ]
    + [
        spec(presentation={"time": time}, neurons={"max_rate": rate})
        for time in (1e-9, 1e-4, 0.01, 9, 20, 1e5) for rate in RATES
    ]
    + [spec(network=stepping(dt), neurons={"kind": "spiking_relu", "max_rate": rate}) for dt in STEPS for rate in RATES]
    + [spec(network=stepping(dt), neurons={"tau_rc": tau}) for dt in STEPS for tau in (1e-9, 0.9, 5, 900, 1e6)]
    + [spec(synapses={"layer": {"tau": tau}}) for tau in (1e-9, 0.9, 1, 5, 900, 1e6)]
)  # fmt: skip


def test_hints_lead_to_a_spec_without_errors_in_three_rounds() -> None:
    """In each round all hints are followed at once: one at each place, the first that can be."""
    for tables in EXTREMES:
        left = tables
        for _ in range(3):
            places = set()
            for diagnostic in snnc.check(left):
                options = (follow(left, diagnostic, o) for o in following.options(diagnostic.hint))
                better = next((option for option in options if option), None)
                if better and diagnostic.at not in places:
                    places.add(diagnostic.at)
                    left = better
        errors = [(d.code, d.hint) for d in snnc.check(left) if d.severity == "error"]
        assert errors == [], tables


def follow(tables: Tables, diagnostic: Diagnostic, option: str) -> Tables | None:
    """Return a spec in which someone did as they were told, or None if that can't be done to the letter."""
    followed = following.follow(Case(tables), diagnostic, option)
    return followed.tables if followed else None


COUNT = int(os.environ.get("SNNC_HINTS", "60"))


@pytest.mark.parametrize("seed", range(COUNT))
def test_hints_end(seed: int) -> None:
    """From specs and data with mistakes, hints lead to what nothing is reported of, and never around in a circle."""
    way = walk(case(seed), seed)
    assert way.end == "nothing reported", (way.steps, way.left)


@pytest.mark.slow
def test_a_circle_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    from snnc.data import values

    monkeypatch.setattr(values, "_better_scale", lambda *_: 'write scale = "none"')
    ends = [walk(case(seed), seed).end for seed in range(COUNT)]
    assert "circle" in ends


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
@pytest.mark.parametrize("seed", range(8))
def test_what_hints_end_with_learns(seed: int) -> None:
    result = train(walk(case(seed), seed).case, seed)
    assert result.spikes > result.chance
    assert result.rates > result.chance
