"""Layers whose neurons have small receptive fields, in floats: bit for bit Nengo's, whatever their windows are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

nengo = pytest.importorskip("nengo")
pytest.importorskip("nengo_loihi")

STEPS, DT = 90, 0.001


def transforms() -> Iterator[tuple[Any, bool]]:
    """Yield transforms, and whether each sum is over 64 inputs at most, of neurons that fill whole bytes."""
    plain = {"kernel_size": (3, 3), "strides": (1, 1)}
    for small, settings in [
        (True, {"n_filters": 32, "input_shape": (9, 9, 3), "strides": (2, 2)}),
        (True, {"n_filters": 16, "input_shape": (6, 5, 1), "padding": "same"}),
        (True, {"n_filters": 40, "input_shape": (7, 8, 2), "kernel_size": (5, 4)}),
        (True, {"n_filters": 8, "input_shape": (70, 4), "kernel_size": (3,), "strides": (3,)}),
        (True, {"n_filters": 64, "input_shape": (9, 9, 7)}),
        (False, {"n_filters": 32, "input_shape": (5, 5, 8)}),
        (False, {"n_filters": 12, "input_shape": (8, 8, 1)}),
        (False, {"n_filters": 8, "input_shape": (2, 6, 6), "channels_last": False}),
    ]:
        yield nengo.Convolution(**{**plain, **settings}), small
    chance = np.random.RandomState(2)
    for n_out, n_in in [(16, 24), (32, 64), (32, 65)]:
        yield chance.uniform(-0.3, 1, (n_out, n_in)), n_in <= 64


def network(shown: Any, current: float) -> Any:
    """Return encoders of one item, each with a layer of the chip behind it."""
    from nengo_loihi.neurons import LoihiSpikingRectifiedLinear

    with nengo.Network(seed=0) as net:
        net.shown = nengo.Node(shown)
        for transform, _ in transforms():
            n_in, n_out = sizes(transform)
            relu, chip = nengo.SpikingRectifiedLinear(), LoihiSpikingRectifiedLinear(amplitude=0.01)
            encoder, layer = (
                nengo.Ensemble(n, 1, neuron_type=kind, gain=np.ones(n), bias=np.full(n, 9.0))
                for n, kind in ((n_in, relu), (n_out, chip))
            )
            brightness = np.random.RandomState(n_in).uniform(-current / 2, current, (n_in, 1))
            nengo.Connection(net.shown, encoder.neurons, transform=brightness, synapse=None)
            nengo.Connection(encoder.neurons, layer.neurons, transform=transform, synapse=0.003)
            nengo.Probe(layer.neurons)
    return net


def sizes(transform: Any) -> tuple[int, int]:
    """Return how many inputs a transform has, and how many outputs."""
    if isinstance(transform, np.ndarray):
        return transform.shape[1], transform.shape[0]
    return transform.size_in, transform.size_out


@pytest.mark.parametrize("current", [300.0, 2500.0])
def test_small_fields_are_nengos(current: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where an input fires more than once in a step: such a layer adds up its sums as all others."""
    from snnc.emulator import Floats, layers

    by_fields = []

    def charge_fields(*arguments: Any) -> bool:
        by_fields.append(own(*arguments))
        return bool(by_fields[-1])

    own = layers.charge_fields
    monkeypatch.setattr(layers, "charge_fields", charge_fields)
    x = np.array([[1.0], [0.4], [-0.7]])
    net = network(np.zeros(1), current)
    counts = {probe: np.empty((len(x), probe.size_in)) for probe in net.all_probes}
    for numbers, data in Floats(net, DT).batches({net.shown: x}, STEPS, counted=net.all_probes):
        for probe, found in counts.items():
            found[numbers] = data[probe]
    for item, shown in enumerate(x):
        its = network(shown, current)
        with nengo.Simulator(its, dt=DT, progress_bar=False, optimize=False) as simulator:
            simulator.run_steps(STEPS)
        for (probe, found), theirs in zip(counts.items(), its.all_probes, strict=True):
            spikes = simulator.data[theirs] * DT / probe.target.ensemble.neuron_type.amplitude
            assert np.array_equal(found[item], np.rint(spikes.sum(axis=0)))
            assert item or found[item].any()
    # Bursts begin where a current is above one spike a step.
    assert any(by_fields)
    assert all(by_fields) == (current < 1 / DT)


def test_which_fields_are_small() -> None:
    """Where compiled code adds up what spikes send, in the order in which BLAS does."""
    from snnc.emulator import Floats

    net = network(np.zeros(1), 100.0)
    floats = Floats(net, DT)
    list(floats.batches({net.shown: np.ones((1, 1))}, 2, counted=net.all_probes))
    (planned,) = floats._planned.values()
    layers = {neurons.output: layer for neurons, layer in planned.plan.layers.of.items()}
    of_output = [layers[planned.plan.model.sig[probe.target]["out"]] for probe in net.all_probes]
    found = [(layer._fields is not None, bool(layer.terms)) for layer in of_output]
    expected = zip(transforms(), found, strict=True)
    assert found == [(small and adds, adds) for (_, small), (_, adds) in expected]
    assert sum(by_fields for by_fields, _ in found) >= 5
