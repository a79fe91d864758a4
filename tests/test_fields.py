"""Layers whose neurons have small receptive fields, in floats: bit for bit Nengo's, whatever their windows are."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

if find_spec("numba") is None or find_spec("nengo_loihi") is None:
    pytest.skip(
        "numba or nengo_loihi is not installed: pip install 'snnc[run]'", allow_module_level=True
    )

pytestmark = pytest.mark.usefixtures("nengo_loihi")

STEPS, DT = 90, 0.001


def transforms() -> Iterator[tuple[Any, bool]]:
    """Yield transforms, and whether each sum is over 64 inputs at most, of neurons that fill whole bytes."""
    import nengo

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


def network(shown: Any, current: float, kind: str = "chip") -> Any:
    """Return encoders of one item, each with a layer behind it: neurons of the chip, or nengo.LIF."""
    import nengo
    from nengo_loihi.neurons import LoihiSpikingRectifiedLinear

    with nengo.Network(seed=0) as net:
        net.shown = nengo.Node(shown)
        for transform, _ in transforms():
            n_in, n_out = sizes(transform)
            relu, chip = nengo.SpikingRectifiedLinear(), LoihiSpikingRectifiedLinear(amplitude=0.01)
            behind, gain = (chip, 1.0) if kind == "chip" else (nengo.LIF(amplitude=0.01), 0.01)
            encoder, layer = (
                nengo.Ensemble(n, 1, neuron_type=its, gain=np.full(n, gain), bias=np.full(n, bias))
                for n, its, gain, bias in ((n_in, relu, 1.0, 9.0), (n_out, behind, gain, 9 * gain))
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


@pytest.mark.parametrize(("kind", "current"), [("chip", 300.0), ("chip", 2500.0), ("LIF", 990.0)])
def test_layers_are_nengos(kind: str, current: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where an input fires more than once in a step, and of neurons of another kind: such a layer adds up its sums as all others.

    At the edge of an image, some of the sums that BLAS adds to each other have no inputs.
    """
    import nengo

    from snnc.emulator import Floats, layers

    by_fields = []

    def charge_fields(*arguments: Any) -> bool:
        by_fields.append(own(*arguments))
        return bool(by_fields[-1])

    own = layers.charge_fields
    monkeypatch.setattr(layers, "charge_fields", charge_fields)
    x = np.array([[1.0], [0.4], [-0.7]])
    net = network(np.zeros(1), current, kind)
    counts = {probe: np.empty((len(x), probe.size_in)) for probe in net.all_probes}
    for numbers, data in Floats(net, DT).batches({net.shown: x}, STEPS, counted=net.all_probes):
        for probe, found in counts.items():
            found[numbers] = data[probe]
    for item, shown in enumerate(x):
        its = network(shown, current, kind)
        with nengo.Simulator(its, dt=DT, progress_bar=False, optimize=False) as simulator:
            simulator.run_steps(STEPS)
        for (probe, found), theirs in zip(counts.items(), its.all_probes, strict=True):
            spikes = simulator.data[theirs] * DT / probe.target.ensemble.neuron_type.amplitude
            assert np.array_equal(found[item], np.rint(spikes.sum(axis=0)))
            assert item or found[item].any()
    # Bursts begin where a current is above one spike a step.
    assert any(by_fields) == (kind == "chip")
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
