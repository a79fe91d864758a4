"""`snnc tune` finds how a trained spec runs best, by training items alone, and what it says is what the emulator does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnc.cli import main
from snnc.data import prepare
from snnc.pipeline import check_document, checked
from snnc.trials.setting import Setting

pytestmark = pytest.mark.usefixtures("nengo_loihi")

SPEC = """
[network]
name = "tuned"

[data]
kind = "npz"
path = "data.npz"
x_train = "x_train"
y_train = "y_train"
x_test = "x_test"
y_test = "y_test"
scale = "unit"

[input]
shape = [64]

[presentation]
time = 0.02
read = "last"

[synapses]
probe = { kind = "alpha", tau = 0.01 }   # remembers the item before

[[layers]]
kind = "dense"
name = "first"
units = 60

[[layers]]
kind = "dense"
name = "second"                          # on the chip
units = 40

[output]
classes = 10

[train]
batch_size = 50
"""


def folder_of(folder: Path, text: str = SPEC, permuted: bool = False) -> Path:
    """Write a spec, its data and its parameters; permuted, with other test items and labels."""
    from tests.fitted import of_digits

    return of_digits(folder / "tuned.toml", text, permuted)


def tuned(path: Path, *arguments: str, capsys: pytest.CaptureFixture[str]) -> Any:
    assert main(["tune", str(path), "--items", "400", "--json", *arguments]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.slow
def test_no_choice_sees_test_items(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--time", "0.02", "--items", "150")
    one = tuned(folder_of(tmp_path / "one"), *options, capsys=capsys)
    other = tuned(folder_of(tmp_path / "other", permuted=True), *options, capsys=capsys)
    assert one | {"spec": ""} == other | {"spec": ""}
    assert one["tried"] > 5


@pytest.mark.slow
def test_what_is_applied_runs_as_it_was_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The written spec, run by `emulate` and read from its file, answers as the chosen point did, and better than before."""
    from snnc.running.emulated import emulate
    from snnc.training import params_file
    from snnc.trials.telling import telling_items

    path = folder_of(tmp_path)
    found = tuned(path, "--time", "0.02", "--apply", capsys=capsys)
    assert found["as_it_is"]["accuracy"]["value"] < 0.6
    assert found["chosen"]["minus_spec"]["value"] > 0.25
    text = path.read_text()
    assert "# on the chip" in text
    assert "# tuned: +" in text
    program = checked(path).program
    trained = params_file.load(program, tmp_path)
    items = telling_items(trained.program, prepare.load(program), 400)
    answers = emulate(trained.program, items.x)
    assert np.mean(answers.classes == items.y) == found["chosen"]["accuracy"]["value"]
    spikes = sum(rates.sum() for rates in answers.rates.values()) * program.presentation.time
    assert found["chosen"]["spikes"] == pytest.approx(spikes, rel=0.1)
    # Nothing is written that holds anyway.
    assert "rate_scale = 1.0" not in text


@pytest.mark.slow
def test_a_spec_stays_as_it_is_without_apply(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder_of(tmp_path)
    before = path.read_text()
    assert main(["tune", str(path), "--items", "200", "--time", "0.01"]) == 0
    out = capsys.readouterr().out
    assert path.read_text() == before
    assert "+time = 0.01" in out
    assert "no test item was looked at" in out


READOUTS: list[dict[tuple[str, ...], Any]] = [
    {},
    {("synapses", "probe"): "none"},
    {("synapses", "probe"): "none", ("synapses", "output"): "none"},
    {("synapses", "output"): {"kind": "alpha", "tau": 0.003}},
    {("presentation", "read"): {"mean_of_last": 0.7}},
    {("presentation", "read"): {"mean_of_last": 0.7}, ("presentation", "gap"): 0.004},
    {("presentation", "latency"): 0},
    {("presentation", "latency"): 9},
    {("output", "use_bias"): False},
    {("output", "from"): ["input", "second"]},
    {("output", "from"): ["first", "second", "input"], ("presentation", "gap"): 0.004},
]


@pytest.mark.slow
@pytest.mark.parametrize("changes", READOUTS, ids=range(len(READOUTS)))
def test_one_run_serves_all_readouts(tmp_path: Path, changes: Any) -> None:
    """The answers computed from unfiltered currents are those of a run with these filters."""
    from snnc.running.emulated import emulate
    from snnc.spec.changes import changed
    from snnc.trials.currents import currents
    from tests.fitted import fitted

    path = folder_of(tmp_path)
    document = changed(checked(path).document, {("presentation", "time"): 0.02, **changes})
    program = check_document(document).program
    data = prepare.load(program)
    program = fitted(program, data)
    x = data.x_train[:150]  # more than one chain, of unequal lengths
    logits = currents(program, x).logits(program)
    answers = emulate(program, x)
    np.testing.assert_allclose(logits, answers.logits, atol=1e-9)
    np.testing.assert_array_equal(logits.argmax(axis=1), answers.classes)


@pytest.mark.parametrize("kind", ["lif", "spiking_relu", "loihi_lif", "loihi_spiking_relu"])
@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_scaled_neurons_are_nengos_of_another_max_rate(kind: str, scale: float) -> None:
    """Nengo itself tunes an ensemble for `max_rate` times the scale; so are neurons, with the same output for an input of 1."""
    import nengo

    from snnc.networks.build import build
    from snnc.networks.rate_scale import faster
    from snnc.program.network import GainBias
    from snnc.spec.neurons import shared

    neurons = shared({"kind": kind, "intercept": 0.1})
    with nengo.Network(seed=0) as net:
        plain, own = (
            nengo.Ensemble(
                1,
                1,
                neuron_type=build(neurons.running()),
                max_rates=nengo.dists.Choice([s * neurons.max_rate]),
                intercepts=nengo.dists.Choice([neurons.intercept]),
                encoders=[[1]],
            )
            for s in (1.0, scale)
        )
    with nengo.Simulator(net, progress_bar=False) as sim:
        at_first, expected = sim.data[plain], sim.data[own]
    population = _Population(neurons, scale)
    neuron_type, tuning = faster(
        plain.neuron_type,
        population,
        GainBias(at_first.gain, at_first.bias),  # type: ignore[arg-type]
    )
    np.testing.assert_allclose(tuning.gain, expected.gain)
    np.testing.assert_allclose(tuning.bias, expected.bias)
    assert neuron_type.amplitude * scale == pytest.approx(plain.neuron_type.amplitude)


class _Population:
    def __init__(self, neurons: Any, rate_scale: float) -> None:
        self.neurons, self.rate_scale = neurons, rate_scale


def test_scaled_layers_are_what_nengo_loihi_runs(tmp_path: Path) -> None:
    """More spikes, of which each counts less: the same logits in the mean, and bit for bit those of NengoLoihi."""
    from snnc.running.emulated import emulate, verify
    from snnc.trials.variant import variant
    from tests.fitted import fitted

    path = folder_of(tmp_path)
    spec = checked(path)
    data = prepare.load(spec.program)
    program = fitted(spec.program, data)
    at_rest = {("presentation", "time"): 0.2, ("presentation", "read"): {"mean_of_last": 0.8}}
    scales = {("layers", 0, "rate_scale"): 2.0, ("layers", 1, "rate_scale"): 1.5}
    plain, faster = (
        variant(spec.document, program, {**at_rest, **more}).program for more in ({}, scales)
    )
    x = data.x_train[:40]
    verify(faster, x[:2])
    one, other = emulate(plain, x), emulate(faster, x)
    for name, scale in (("first", 2.0), ("second", 1.5)):
        ratio = other.rates[name].sum() / one.rates[name].sum()
        assert ratio == pytest.approx(scale, rel=0.2), name
    assert np.corrcoef(one.logits.ravel(), other.logits.ravel())[0, 1] > 0.9


def test_the_front_and_the_choice() -> None:
    """Against a comparison of all pairs, on random points."""
    from snnc.trials.point import Point, cheapest, front

    chance = np.random.RandomState(0)
    for _ in range(50):
        points = [
            Point(np.arange(10) < share, seconds, spikes, Setting(1), share / 10)
            for share, seconds, spikes in chance.randint(1, 6, (12, 3))
        ]
        kept = front(points)
        for p in points:
            better = [
                q
                for q in points
                if (q.seconds, q.spikes, -q.share) != (p.seconds, p.spikes, -p.share)
                and q.seconds <= p.seconds
                and q.spikes <= p.spikes
                and q.share >= p.share
            ]
            values = [(q.seconds, q.spikes, q.share) for q in kept]
            assert ((p.seconds, p.spikes, p.share) in values) == (not better)
        chosen = cheapest(kept, 0.1)
        close = [p for p in points if p.share > max(q.share for q in points) - 0.15]
        assert chosen.cost == min(p.cost for p in close)


def test_what_can_not_be_tuned(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder_of(tmp_path)
    assert main(["tune", str(path), "--time", "0.0123"]) == 2
    assert "--time is a multiple of dt" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["tune", str(path), "--tolerance", "-1"])
    assert "no number from 0" in capsys.readouterr().err
    (tmp_path / "tuned.params.npz").unlink()
    assert main(["tune", str(path)]) == 1
    assert "snnc train" in capsys.readouterr().err
    path.write_text('targets = ["nengo_dl"]\n' + SPEC)
    assert main(["tune", str(path)]) == 2
    assert "loihi" in capsys.readouterr().err


def test_a_spec_that_was_edited_meanwhile_stays(tmp_path: Path) -> None:
    from snnc.diagnostics.errors import Refusal
    from snnc.spec.changes import changed
    from snnc.trials.writing import write

    path = folder_of(tmp_path)
    before = checked(path).document
    after = changed(before, {("presentation", "time"): 0.02})
    path.write_text(SPEC + "# mine\n")
    with pytest.raises(Refusal, match="edited"):
        write(before, after, "tune")
    assert path.read_text().endswith("# mine\n")


OTHERS = {
    "no filter": {("synapses", "layer"): "none", ("synapses", "probe"): "none"},
    "layers of their own": {("layers", 1, "synapse"): {"kind": "lowpass", "tau": 0.008}},
    "a written output": {("synapses", "output"): "none", ("presentation", "gap"): 0.002},
    "slowed down": {("layers", 0, "rate_scale"): 0.5, ("presentation", "latency"): 3},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", OTHERS)
def test_other_specs_are_tuned_too(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever a spec says at first, what is chosen isn't worse, and is what its changes say."""
    from snnc.spec.changes import changed

    path = folder_of(tmp_path)
    path.write_text(changed(checked(path).document, OTHERS[name]).text)
    found = tuned(path, "--items", "150", "--apply", capsys=capsys)
    assert found["chosen"]["minus_spec"]["value"] >= -0.003
    assert found["chosen"]["seconds"] <= found["as_it_is"]["seconds"]
    again = tuned(path, "--items", "150", "--time", "0.02", capsys=capsys)
    assert again["as_it_is"]["accuracy"] == found["chosen"]["accuracy"]
    assert again["as_it_is"]["spikes"] == found["chosen"]["spikes"]
