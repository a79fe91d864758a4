"""What rules say is so: each is shown on the libraries themselves.

A rule that forbids or warns of something is right if that really goes wrong, and what it asks for instead goes well.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from snnc.checks.chip import ROUNDED, chip_input, chip_output
from snnc.checks.cores import blocks_fit, cores_suffice
from snnc.checks.limits import channels_on_chip
from snnc.checks.settling import Path as Way
from snnc.checks.settling import _presentations
from snnc.diagnostics.diagnostic import Diagnostic
from snnc.diagnostics.document import Document
from snnc.diagnostics.errors import CompileError
from snnc.pipeline import check_document
from snnc.program.latency import latency
from snnc.program.program import Program

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("libraries")]

Array = NDArray[np.float64]


def spec(*layers: dict[str, Any], **tables: Any) -> dict[str, Any]:
    """Return a spec of dense layers of ten neurons, with the tables that differ from their defaults."""
    return {
        "network": {"name": "small"},
        "data": {"kind": "sklearn", "name": "digits"},
        "input": {"shape": [64]},
        "layers": [{"kind": "dense", "units": 10, **layer} for layer in layers],
        "output": {"classes": 10},
        **tables,
    }


def found(data: dict[str, Any]) -> set[str]:
    """Return the codes that a spec raises."""
    return {d.code for d in diagnostics(data)}


def diagnostics(data: dict[str, Any]) -> Sequence[Diagnostic]:
    try:
        return check_document(Document(Path("small.toml"), "", data)).warnings
    except CompileError as error:
        return error.diagnostics


def program(data: dict[str, Any]) -> Program:
    """Return the program of a spec that may have errors of the last stage."""
    from snnc.program.lower import lower
    from snnc.spec.validate import validate

    document = Document(Path("small.toml"), "", data)
    return lower(validate(document), document)


def network(data: dict[str, Any], shown: Any, factor: float = 1.0, bias: Any = 0.0) -> Any:
    """Return the deployed network of a spec: each neuron reads its namesake in the layer before, or in the input.

    `bias` goes to the last layer of neurons.
    """
    from snnc.networks.build import deployed_network
    from snnc.networks.deploy import deploy
    from snnc.operators.linear import size

    built = program(data)
    weights = {}
    for connection in built.network.connections:
        (operator,) = connection.at_run_time
        size_in = size(built.network.source_shape(connection))
        (size_out,) = operator.shape((size_in,))
        own = bias if connection.target == built.network.populations[-1].name else 0.0
        weights[operator.name] = [np.eye(size_in, size_out) * factor, np.full(size_out, own)]
    return deployed_network(deploy(built.network, weights), shown, loihi=built.on_loihi)


def run(net: Any, steps: int, loihi: bool = True) -> Any:
    """Return what the probes of a network recorded, on the emulator or in plain Nengo."""
    import nengo
    import nengo_loihi

    with (nengo_loihi if loihi else nengo).Simulator(net, progress_bar=False) as sim:
        sim.run_steps(steps)
        return {probe: np.array(sim.data[probe]) for probe in net.probes}


def spikes(net: Any, steps: int, layer: int = -1, loihi: bool = True) -> Array:
    """Return how often each neuron of a layer fired."""
    return np.asarray((run(net, steps, loihi)[net.spikes[layer]] > 0).sum(axis=0), float)


def driven(data: dict[str, Any], inputs: Any, steps: int = 1000) -> Array:
    """Return the rates of the last layer, in hertz, driven by constant inputs alone."""
    return spikes(network(data, np.zeros(64), factor=0, bias=inputs), steps) / (steps / 1000)


# Settling


@pytest.mark.parametrize(
    "taus",
    [(0.005,), (0.01, 0.01), (0.005, 0.005, 0.01, 0.01), (0.005,) * 6, (0.02, 0.005, 0.001)],
    ids=str,
)
def test_settling_is_that_of_nengos_filters(taus: tuple[float, ...]) -> None:
    import nengo

    response, way = np.ones((300, 1)), Way()
    for tau in taus:
        response = nengo.Lowpass(tau).filt(response, dt=0.001, y0=0)
        way = way.then((tau,), delay=0)
    predicted = np.array([way.settled(step * 0.001) for step in range(1, 301)])
    wrong = np.abs(response[:, 0] - predicted)
    assert wrong.max() < 0.1
    assert wrong[response[:, 0] > 0.9].max() < 0.03  # where the rule decides


@pytest.mark.parametrize("layers", [2, 3])
def test_settling_is_that_of_the_emulator(layers: int) -> None:
    """Shown a constant, the recorded output of spikes is as far on as the rule says."""
    data = spec(*[{}] * layers)
    net = network(data, np.linspace(0.5, 1.5, 64))
    outputs = run(net, 600)[net.logits]
    final = outputs[300:].mean(axis=0)
    share = (outputs @ final) / (final @ final)
    (stream,) = _presentations(program(data))
    for steps in (30, 40, 60, 100):
        assert abs(share[steps - 6 : steps + 5].mean() - stream.settled(steps)) < 0.12, steps


@pytest.mark.parametrize("probe", ["none", "alpha"])
@pytest.mark.parametrize("synapse", ["none", "lowpass"])
@pytest.mark.parametrize("targets", [["nengo_dl"], ["nengo_dl", "loihi"]], ids=str)
def test_nothing_arrives_before_the_first_sign(
    targets: list[str], synapse: str, probe: str
) -> None:
    """Outputs for two items are the same until the step that the rule names; without filters they differ right then."""
    data = spec(
        {}, {}, {},
        targets=targets,
        neurons={"kind": "spiking_relu", "max_rate": 900},
        synapses={"layer": synapse, "output": synapse, "probe": probe},
    )  # fmt: skip
    outputs = []
    for value in (0.0, 40.0):
        net = network(data, np.full(64, value), factor=5)
        outputs.append(run(net, 40, loihi="loihi" in targets)[net.logits])
    first = int(np.flatnonzero(np.abs(outputs[1] - outputs[0]).max(axis=1))[0])
    (shown,) = _presentations(program(data))
    late = latency(program(data).network, shown.on_chip)
    assert shown.latency == late
    assert first >= late
    if synapse == "none":
        assert first <= late + 1


# Firing rates


@pytest.mark.parametrize(
    ("max_rate", "code", "told_apart"),
    [(5, "no-spikes", 1), (30, "few-spikes", 3), (200, None, 10)],
)
def test_few_spikes_tell_little(max_rate: float, code: str | None, told_apart: int) -> None:
    """In 0.1 s, ten inputs between 0.5 and 1 give that many numbers of spikes, or fewer."""
    data = spec({}, targets=["nengo_dl"], neurons={"max_rate": max_rate})
    assert found(data) == ({code} if code else set())
    net = network(data, np.pad(np.linspace(0.5, 1, 10), (0, 54)))
    counts = spikes(net, 100, loihi=False)
    assert told_apart / 2 <= len(set(counts)) <= told_apart


@pytest.mark.parametrize("kind", ["lif", "spiking_relu"])
@pytest.mark.parametrize("max_rate", [100, 200, 400])
def test_the_chip_rounds_rates(kind: str, max_rate: float) -> None:
    """Over all inputs up to 1, the chip loses about half a step a spike, as the rule says."""
    data = spec({}, {"units": 90}, neurons={"kind": kind, "max_rate": max_rate})
    assert ("chip-rounding" in found(data)) == (max_rate / 1000 > ROUNDED)
    inputs = np.linspace(0.11, 1, 90)
    ensemble = network(data, np.zeros(64)).ensembles[-1]
    rates = ensemble.neuron_type.rates(inputs[None], ensemble.gain, ensemble.bias)
    asked = rates / ensemble.neuron_type.amplitude
    lost = 1 - driven(data, inputs).sum() / asked.sum()
    assert lost == pytest.approx((asked**2).sum() / asked.sum() * 0.001 / 2, rel=0.4)


def test_training_with_the_chips_rates_knows_them() -> None:
    """The rates that `gradient = "loihi"` trains with are those of the emulator."""
    import nengo_loihi

    data = spec({}, {"units": 90}, neurons={"kind": "loihi_lif", "max_rate": 400})
    assert "chip-rounding" not in found(data)
    inputs = np.linspace(0.11, 1, 90)
    ensemble = network(data, np.zeros(64)).ensembles[-1]
    neurons = nengo_loihi.LoihiLIF(tau_ref=0.001)
    trained = neurons.rates(inputs[None], ensemble.gain, ensemble.bias, dt=0.001)
    assert np.abs(driven(data, inputs) - trained).mean() < 0.02 * trained.mean()


@pytest.mark.parametrize("tau_ref", [0, 0.001, 0.002, 0.003])
def test_the_chip_has_a_fastest_rate(tau_ref: float) -> None:
    largest = 1000 / (1 + round(tau_ref * 1000))
    neurons = {"kind": "lif", "tau_ref": tau_ref}
    assert "chip-max-rate" not in found(spec({}, {}, neurons={**neurons, "max_rate": largest}))
    data = spec({}, {}, neurons={**neurons, "max_rate": largest * 1.02})
    assert ("chip-max-rate" in found(data)) or tau_ref == 0
    assert driven(data, 50.0) == pytest.approx(largest, rel=0.01)


def test_max_rate_stays_below_what_the_refractory_period_lets_through() -> None:
    import nengo
    from nengo.exceptions import ValidationError

    data = spec({}, targets=["nengo_dl"], neurons={"tau_ref": 0.005, "max_rate": 200})
    assert found(data) == {"max-rate"}
    with pytest.raises(ValidationError, match="Max rates must be below the inverse refractory"):
        nengo.LIF(tau_ref=0.005).gain_bias(np.array([200.0]), np.array([0.0]))


@pytest.mark.parametrize(("tau_ref", "steps"), [(0.0015, 2), (0.0025, 2), (0.0031, 3)])
def test_the_chip_rounds_the_refractory_period(tau_ref: float, steps: int) -> None:
    """Half a step is rounded to the even side; what comes out is what the hint says."""
    neurons = {"kind": "lif", "max_rate": 100}
    rounded = spec({}, {}, neurons={**neurons, "tau_ref": steps / 1000})
    data = spec({}, {}, neurons={**neurons, "tau_ref": tau_ref})
    (diagnostic,) = diagnostics(data)
    assert (diagnostic.code, diagnostic.hint) == (
        "chip-tau-ref",
        f"write tau_ref = {steps / 1000:g}",
    )
    assert not found(rounded)
    fast = np.full(10, 50.0)
    assert np.array_equal(driven(data, fast), driven(rounded, fast))


def test_the_host_sends_one_spike_a_step() -> None:
    """Twice the rate from the host means nothing more to the chip."""
    counts = {}
    for max_rate in (500, 1000, 2000):
        layers = (
            {"neurons": {"kind": "spiking_relu", "max_rate": max_rate, "amplitude": 0.002}},
            {},
        )
        data = spec(*layers, neurons={"kind": "lif", "max_rate": 100})
        assert ("host-max-rate" in found(data)) == (max_rate > 500)
        counts[max_rate] = spikes(network(data, np.ones(64)), 500).mean()
    assert counts[1000] > 1.2 * counts[500]
    assert counts[2000] == counts[1000]


@pytest.mark.parametrize(
    ("amplitude", "code"), [(1, "amplitude"), (None, None), (5e-6, "amplitude")]
)
def test_amplitude_decides_how_training_starts(amplitude: float | None, code: str | None) -> None:
    """With outputs of about 1 training starts near guessing, and moves; with others it starts far off, or stands still."""
    from snnc.data import prepare as source
    from snnc.networks.build import training_network
    from snnc.training.train import State, train

    written = {} if amplitude is None else {"amplitude": amplitude}
    data = spec(
        {"units": 64}, {"units": 32},
        neurons={"kind": "lif", **written},
        data={"kind": "sklearn", "name": "digits", "scale": "unit"},
        train={"epochs": 4, "batch_size": 50},
    )  # fmt: skip
    assert found(data) == ({code} if code else set())
    built = program(data)
    items = source.load(built)
    states: list[State] = []
    train(training_network(built.network), built, items.x_train, items.y_train, states.append)
    losses = [epoch.loss for epoch in states[-1].epochs]
    if amplitude is None:
        assert losses[0] < 2.5
        assert losses[-1] < 1.5
    else:
        assert losses[0] > 3 or losses[-1] > 2.2


def test_high_intercepts_silence() -> None:
    """Trained with an intercept of 0.9, most neurons never fire."""
    assert "high-intercept" in found(spec({}, {}, neurons={"intercept": 0.9}))
    assert "high-intercept" not in found(spec({}, {}, neurons={"intercept": 0.5}))
    assert silent(0.9) > 0.5 > 0.1 > silent(0.0)


def silent(intercept: float) -> float:
    """Return the share of neurons in the second layer that never fire for handwritten digits, after some training.

    The first layer is small: of many inputs that are alike for all items, a few neurons are silent whatever the intercept is.
    """
    from snnc.data import prepare as source
    from snnc.networks.build import training_network
    from snnc.networks.deploy import deploy
    from snnc.running.rates import rate_answers
    from snnc.training.train import train

    data = spec(
        {"units": 8}, {"units": 32},
        neurons={"kind": "lif", "intercept": intercept},
        data={"kind": "sklearn", "name": "digits", "scale": "unit"},
        train={"epochs": 5, "batch_size": 50, "gradient": "rate"},
    )  # fmt: skip
    built = program(data)
    items = source.load(built)
    weights = train(training_network(built.network), built, items.x_train, items.y_train)
    rates = rate_answers(
        replace(built, network=deploy(built.network, weights)), items.x_test
    ).rates["dense2"]
    return float(np.mean(rates == 0))


# The chip


@pytest.mark.parametrize("kind", ["relu", "lif_rate", "soft_lif"])
def test_the_chip_takes_every_value_for_a_spike(kind: str) -> None:
    """Rate neurons on the host drive the chip at 1000 Hz, whatever their rate."""
    data = spec({"neurons": {"kind": kind, "max_rate": 200}}, {}, neurons={"max_rate": 100})
    assert found(data) == {"chip-neurons"}
    low, high = (spikes(network(data, np.full(64, v), factor=0.05), 300).mean() for v in (0.3, 0.9))
    assert low == high > 0


@pytest.mark.parametrize("kind", ["relu", "lif_rate", "soft_lif"])
def test_the_chip_has_no_rates(kind: str) -> None:
    from nengo.exceptions import BuildError

    data = spec({}, {"neurons": kind})
    assert found(data) == {"chip-neurons"}
    with pytest.raises(BuildError, match="cannot be simulated on Loihi"):
        run(network(data, np.zeros(64)), 1)


def test_the_chip_needs_a_neuron() -> None:
    from nengo.exceptions import BuildError

    data = spec({})
    assert found(data) == {"chip-empty"}
    with pytest.raises(BuildError, match="No neurons marked for execution on-chip"):
        run(network(data, np.zeros(64)), 1)


def test_the_chip_has_no_alpha_synapse() -> None:
    data = spec({}, {}, synapses={"layer": {"kind": "alpha", "tau": 0.005}, "output": "alpha"})
    assert found(data) == {"chip-synapse"}
    with pytest.raises(NotImplementedError, match="non-Lowpass"):
        run(network(data, np.zeros(64)), 1)


def test_a_synapse_of_the_output_may_be_alpha() -> None:
    data = spec({}, {}, synapses={"output": {"kind": "alpha", "tau": 0.005}})
    assert not found(data)
    run(network(data, np.ones(64)), 5)


@pytest.mark.parametrize("what", ["membrane", "synapse"])
@pytest.mark.parametrize(("tau", "holds"), [(8.1, True), (8.3, False)])
def test_the_chip_holds_no_long_time_constants(what: str, tau: float, holds: bool) -> None:
    from nengo.exceptions import BuildError

    changes: dict[str, Any] = (
        {"neurons": {"kind": "lif", "tau_rc": tau}}
        if what == "membrane"
        else {"synapses": {"layer": {"tau": tau}, "output": "lowpass"}}
    )
    data = spec({}, {}, **changes, presentation={"time": 100.0})
    assert ("chip-tau" in found(data)) == (not holds)
    net = network(data, np.zeros(64))
    if holds:
        run(net, 1)
    else:
        with pytest.raises(BuildError, match="scaling is required"):
            run(net, 1)


def test_without_a_synapse_the_chip_loses_spikes() -> None:
    """A layer of ReLUs passes on 50 Hz with a synapse, and loses about half of that without."""
    passed = {}
    for synapse in ("none", "lowpass"):
        data = spec(
            {}, {},
            neurons={"kind": "spiking_relu", "max_rate": 100},
            synapses={"layer": synapse, "output": "lowpass"},
        )  # fmt: skip
        assert found(data) == ({"chip-no-synapse"} if synapse == "none" else set())
        passed[synapse] = spikes(network(data, np.full(64, 0.5)), 1000).mean()
    assert passed["lowpass"] > 42
    assert passed["none"] < 30


def test_the_chip_clips_the_input() -> None:
    data = spec({}, {"from": ["dense1", "input"], "on_chip": True})
    assert "chip-input" in found(data)
    layers = ({"units": 10, "on_chip": True},)
    data = spec(*layers, neurons={"max_rate": 200}, data={"kind": "sklearn", "name": "digits"})
    assert "chip-input" in found(data)
    one, three = (spikes(network(data, np.full(64, v)), 500).mean() for v in (1.0, 3.0))
    assert one == three


def test_the_chip_gets_spikes_of_nengo_loihis_own() -> None:
    """NengoLoihi codes each value of the input as two neurons, and filters their spikes by 5 ms, whatever the spec says."""
    import nengo_loihi

    data = spec({"on_chip": True}, data={"kind": "sklearn", "name": "digits", "scale": "unit"})
    assert found(data) == {"chip-input-coding"}
    net = network(data, np.zeros(64))
    with nengo_loihi.Simulator(net, progress_bar=False) as sim:
        sim.run_steps(200)
        (block,) = sim.model.blocks
    assert block.compartment.tau_s == 0.005
    assert [synapse.n_axons for synapse in block.synapses] == [2 * 64]


def test_spikes_that_come_back_to_the_chip_stop_precomputing() -> None:
    import nengo_loihi

    straight = spec({}, {}, {}, {})
    around = spec({}, {}, {"on_chip": False}, {})
    assert not found(straight)
    assert found(around) == {"chip-host-chip"}
    precomputed = []
    for data in (straight, around):
        with nengo_loihi.Simulator(network(data, np.zeros(64)), progress_bar=False) as sim:
            precomputed.append(sim.precompute)
    assert precomputed == [True, False]


def test_settings_of_the_chip_mean_nothing_without_it() -> None:
    from snnc.pipeline import scripts

    plain = spec({}, {}, targets=["nengo_dl"])
    written = spec({}, {"on_chip": True}, targets=["nengo_dl"], loihi={"target": "loihi"})
    assert found(written) == {"unused-chip-setting"}
    assert scripts(program(plain), Path()) == scripts(program(written), Path())


# Training


def test_dropout_doesnt_go_with_unsoftened_rates() -> None:
    """The jets, trained on LIF's own rates, end lower than with a softened threshold."""
    import tomli

    from snnc.data import prepare as source
    from snnc.networks.build import training_network
    from snnc.training.train import State, train
    from tests.conftest import ROOT

    accuracy = {}
    for gradient in ("rate", "smooth"):
        document = tomli.loads((ROOT / "specs/jets.toml").read_text(encoding="utf-8"))
        document["train"] |= {"gradient": gradient, "epochs": 12}
        path = ROOT / "specs/jets.toml"
        checked = check_document(Document(path, "", document))
        assert {d.code for d in checked.warnings} == (
            {"steep-gradient"} if gradient == "rate" else set()
        )
        built = checked.program
        items = source.load(built)
        states: list[State] = []
        train(training_network(built.network), built, items.x_train, items.y_train, states.append)
        accuracy[gradient] = states[-1].epochs[-1].accuracy
    assert accuracy["smooth"] - accuracy["rate"] > 0.02


@pytest.mark.parametrize("share", [None, 0.3])
def test_a_single_step_of_spikes_is_noise(share: float | None) -> None:
    """Unfiltered, the last step says something else from step to step; filtered or averaged, it hardly changes."""
    read = {"mean_of_last": share} if share else "last"
    data = spec({}, {}, presentation={"time": 0.2, "read": read})
    assert found(data) == (set() if share else {"unfiltered-output"})
    net = network(data, np.linspace(0.5, 1, 64))
    logits = run(net, 400)[net.logits][200:]
    averaged = np.array([logits[start : start + 60].mean(axis=0) for start in range(140)])
    answers = averaged if share else logits
    noise = answers.std(axis=0).mean() / answers.mean()
    assert (noise > 0.2) == (share is None)


def imaged(layers: list[dict[str, Any]], scale: str = "unit") -> Program:
    """Return the program of layers that look at digits."""
    return program(
        {
            "network": {"name": "digits"},
            "data": {"kind": "sklearn", "name": "digits", "scale": scale},
            "input": {"shape": [8, 8, 1]},
            "presentation": {"time": 0.1},
            "layers": layers,
            "output": {"classes": 10},
        }
    )


def built(program: Program) -> Any:
    """Return what NengoLoihi makes of a program with random weights."""
    import nengo_loihi

    from snnc.networks.build import deployed_network
    from tests.test_faults import deployed

    net = deployed_network(deployed(program, 0).network, np.zeros(64), loihi=True)
    with nengo_loihi.Simulator(net, progress_bar=False) as sim:
        return sim.model


CONVOLUTION = {"kind": "conv2d", "filters": 8, "kernel_size": 3}


def test_the_chip_takes_no_convolution_of_the_input() -> None:
    """`chip-input`: NengoLoihi builds only dense connections from a node to the chip."""
    from nengo.exceptions import BuildError

    sound = imaged([{**CONVOLUTION, "name": "first"}, CONVOLUTION])
    built(sound)
    first, *others = sound.network.populations
    moved = replace(
        sound, network=replace(sound.network, populations=(replace(first, on_chip=True), *others))
    )
    with pytest.raises(BuildError, match="Conv2D transforms not supported for off-chip to on-chip"):
        built(moved)
    assert "chip-input" in {d.code for d in chip_input(moved)}


def test_only_dense_layers_of_the_host_read_the_chip() -> None:
    """`chip-output`: NengoLoihi builds no convolution from the chip to the host."""
    from nengo.exceptions import BuildError

    sound = imaged([{"kind": "encoder"}, CONVOLUTION, CONVOLUTION])
    built(sound)
    *others, last = sound.network.populations
    moved = replace(
        sound, network=replace(sound.network, populations=(*others, replace(last, on_chip=False)))
    )
    with pytest.raises(BuildError, match="'Convolution' transforms on chip to host"):
        built(moved)
    assert [d.code for d in chip_output(moved)] == ["chip-output"]
    dense = imaged([{"kind": "encoder"}, CONVOLUTION, {"kind": "dense", "units": 6}])
    *others, last = dense.network.populations
    read = replace(
        dense, network=replace(dense.network, populations=(*others, replace(last, on_chip=False)))
    )
    built(read)
    assert list(chip_output(read)) == []


def test_populations_of_sixteen_bits_come_in_fours() -> None:
    """`pop-type`: with six channels NengoLoihi stops with an AttributeError, with eight it builds."""
    encoder = {"kind": "encoder"}
    built(imaged([encoder, {**CONVOLUTION, "pop_type": 16}]))
    sound = imaged([encoder, {**CONVOLUTION, "filters": 6}])
    eye, layer = sound.network.populations
    wrong = replace(
        sound, network=replace(sound.network, populations=(eye, replace(layer, pop_type=16)))
    )
    with pytest.raises(AttributeError):
        built(wrong)
    assert [d.code for d in cores_suffice(wrong)] == ["pop-type"]


@pytest.mark.parametrize("channels", [32, 33])
def test_on_the_chip_axons_of_sixteen_bits_tell_32_channels_apart(channels: int) -> None:
    """`many-channels`: NengoLoihi builds more for its emulator, says so, and refuses them where it builds for the chip."""
    from unittest.mock import MagicMock

    from nengo_loihi.hardware.builder import build_synapse

    first = {"kind": "conv2d", "filters": channels, "kernel_size": 1}
    found = imaged([first, {**CONVOLUTION, "pop_type": 16}])
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        model = built(found)
    wide = channels > 32
    assert any("This feature is therefore emulator-only" in str(w.message) for w in said) == wide
    assert [d.code for d in channels_on_chip(found.network)] == ["many-channels"] * wide
    (block,) = model.blocks
    (synapse,) = block.synapses
    # There is only a stand-in for the chip: 32 are built up to the last question, how much of its memory they have taken.
    refusals = {
        32: (AssertionError, "precomputed synapse length"),
        33: (NotImplementedError, "has not yet been implemented in NxSDK"),
    }
    refusal, words = refusals[channels]
    with pytest.raises(refusal, match=words):
        build_synapse(MagicMock(), MagicMock(), block, synapse, [])


def test_a_core_has_1024_neurons() -> None:
    """`block-shape`: NengoLoihi refuses a larger block."""
    from nengo.exceptions import BuildError

    layers = [{"kind": "encoder"}, {**CONVOLUTION, "filters": 64, "padding": "same"}]
    sound = imaged(layers)
    assert len(built(sound).blocks) == 4
    eye, layer = sound.network.populations
    wrong = replace(
        sound,
        network=replace(sound.network, populations=(eye, replace(layer, block_shape=(8, 8, 17)))),
    )
    with pytest.raises(BuildError, match="Number of compartments"):
        built(wrong)
    assert [d.code for d in blocks_fit(wrong)] == ["block-shape"]


def test_an_encoder_of_one_side_is_silent_for_negative_values() -> None:
    """`one-sided-encoder`: half of what is shown makes no spike; with two neurons a value, all of it does."""
    from snnc.networks.build import deployed_network
    from tests.test_faults import deployed

    spikes = {}
    for mode in ("identity", "on_off"):
        layers = [{"kind": "encoder", "mode": mode}, {"kind": "dense", "units": 4}]
        shown = np.where(np.arange(64) % 2, 0.5, -0.5)
        net = deployed_network(deployed(imaged(layers), 0).network, shown)
        spikes[mode] = run(net, 50, loihi=False)[net.spikes[0]].sum(axis=0) > 0
    assert np.array_equal(spikes["identity"], np.arange(64) % 2 == 1)
    assert np.array_equal(spikes["on_off"].reshape(64, 2).any(axis=1), np.ones(64, bool))


def test_pooling_is_folded() -> None:
    """NengoLoihi has no average pooling between layers: what is deployed has one kernel, and builds."""
    found = imaged(
        [
            {"kind": "encoder"},
            CONVOLUTION,
            {"kind": "avg_pool2d"},
            {**CONVOLUTION, "kernel_size": 2},
        ]
    )
    model = built(found)
    assert [len(found.network.into(p.name)) for p in found.network.populations] == [1, 1, 1]
    assert {block.n_neurons for block in model.blocks} == {6 * 6 * 8, 2 * 2 * 8}
