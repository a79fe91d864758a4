"""The rates of large layers, which one operation computes, are those of NengoDL and nengo_extras, and so are their slopes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

pytestmark = [pytest.mark.usefixtures("libraries"), pytest.mark.slow]

#: So many that a layer is worth compiling.
ITEMS, NEURONS = 200, 500


def soft_lif() -> Any:
    import nengo_dl

    return nengo_dl.SoftLIFRate(tau_rc=0.03, tau_ref=0.002, amplitude=0.01, sigma=0.02)


def sharp_lif() -> Any:
    import nengo_dl

    return nengo_dl.SoftLIFRate(sigma=0.0005)


def loihi_lif() -> Any:
    import nengo_loihi

    return nengo_loihi.LoihiLIF(tau_rc=0.02, tau_ref=0.001, amplitude=1 / 300)


def loihi_relu() -> Any:
    import nengo_loihi

    return nengo_loihi.LoihiSpikingRectifiedLinear(amplitude=1 / 200)


NEURON_TYPES = (soft_lif, sharp_lif, loihi_lif, loihi_relu)
NAMES = {make: make.__name__ for make in NEURON_TYPES}


def currents(neurons: Any) -> NDArray[np.float32]:
    """Return currents, (items, neurons): far below the threshold, around it, and up to rates near the fastest."""
    leaky = hasattr(neurons, "tau_rc")
    wide = np.linspace(-3, 30 if leaky else 900, ITEMS * NEURONS // 2)
    narrow = np.linspace(0.9, 1.1, ITEMS * NEURONS // 2)
    found = np.concatenate([wide, narrow]).reshape(ITEMS, NEURONS)
    return found.astype(np.float32)


def in_training(neurons: Any, fuses: bool) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return what neurons put out in training, and its slope, in a simulator with fused formulas or with NengoDL's own."""
    import nengo
    import nengo_dl
    import tensorflow as tf

    from snnc.networks.fused import fused

    with nengo.Network() as net:
        nengo_dl.configure_settings(
            trainable=False, stateful=False, use_loop=False, lif_smoothing=0.02
        )
        shown = nengo.Node(np.zeros(NEURONS))
        one, none = nengo.dists.Choice([1]), nengo.dists.Choice([0])
        ensemble = nengo.Ensemble(NEURONS, 1, neuron_type=neurons, gain=one, bias=none)
        nengo.Connection(shown, ensemble.neurons, synapse=None)
        probe = nengo.Probe(ensemble.neurons)
    with fused() if fuses else nullcontext():
        simulator = nengo_dl.Simulator(net, minibatch_size=ITEMS, progress_bar=False)
    with simulator as sim, tf.GradientTape() as tape:
        x = tf.constant(currents(neurons)[:, None])
        tape.watch(x)
        steps = tf.ones((ITEMS, 1), tf.int32)
        rates = sim.keras_model([x, steps], training=True)[sim.model.probes.index(probe)]
    return rates.numpy()[:, 0], tape.gradient(rates, x).numpy()[:, 0]


@pytest.mark.parametrize("make", NEURON_TYPES, ids=NAMES.get)
@pytest.mark.parametrize("xla", [True, False], ids=["XLA", "without"])
def test_same_rates_and_slopes(
    make: Callable[[], Any], xla: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tensorflow as tf

    theirs, their_slopes = in_training(make(), fuses=False)
    if not xla:
        monkeypatch.setattr(tf.test, "is_built_with_xla", lambda: False)
    rates, slopes = in_training(make(), fuses=True)

    assert rates.max() > 0.5 * make().amplitude / 0.002
    # Where a rounded period is about to be a step longer, another rounding may make it so.
    same = np.isclose(rates, theirs, rtol=2e-6, atol=0)
    assert np.mean(same) > 0.9995
    assert np.allclose(slopes, their_slopes, rtol=1e-5, atol=1e-6 * their_slopes.max())


def test_nengo_dl_is_left_as_it_was() -> None:
    from nengo_dl.neuron_builders import SimNeuronsBuilder

    from snnc.networks.fused import fused

    builders = SimNeuronsBuilder.TF_NEURON_IMPL
    with fused():
        own = {kind for kind, builder in builders.items() if builder.__module__ == fused.__module__}
        before = {kind: builder for kind, builder in builders.items() if kind not in own}
        assert own == {type(make()) for make in NEURON_TYPES}
    assert {builders[kind].__module__ for kind in own} == {
        "nengo_dl.neuron_builders",
        "nengo_extras.loihi_training",
    }
    assert before.items() <= builders.items()
