"""No false alarms and no misses: what builds and runs raises no error, and whatever fault is put into it is found.

`SNNC_SOUND=500 pytest tests/test_faults.py` is the long run.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snnc.diagnostics.document import Document
from snnc.diagnostics.errors import CompileError
from snnc.operators.kernel import Kernel
from snnc.operators.linear import size
from snnc.pipeline import check_document
from snnc.program.program import Program
from snnc.spec.base import INPUT
from tests.test_properties import sound_specs

SOUND = int(os.environ.get("SNNC_SOUND", "40"))

Spec = dict[str, Any]


@pytest.mark.slow
@pytest.mark.usefixtures("libraries")
@settings(
    max_examples=SOUND, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(spec=sound_specs(), seed=st.integers(0, 1000))
def test_what_raises_no_error_builds_and_runs(spec: Spec, seed: int) -> None:
    """With random weights, in plain Nengo, and on the emulator if it is a target."""
    import nengo
    import nengo_loihi

    from snnc.networks.build import deployed_network

    program = check_document(Document(Path("spec.toml"), "", spec)).program
    net = deployed_network(
        deployed(program, seed).network,
        np.linspace(-1, 1, program.network.input_size),
        loihi=program.on_loihi,
    )
    simulator = nengo_loihi.Simulator if program.on_loihi else nengo.Simulator
    with simulator(net, dt=program.network.dt, progress_bar=False) as sim:
        sim.run_steps(3)
        assert np.isfinite(sim.data[net.logits]).all()


def deployed(program: Program, seed: int) -> Program:
    """Return a program with random weights that suit what they multiply, as trained ones do, and no biases."""
    from snnc.networks.build import keras_layer
    from snnc.networks.deploy import deploy

    rng = np.random.RandomState(seed)
    weights = {}
    for connection in program.network.connections:
        shape = program.network.source_shape(connection)
        for operator in connection.at_run_time:
            layer = keras_layer(operator.keras())
            layer.build((None, *(shape if operator.on_images else (size(shape),))))
            largest = largest_output(program, connection.source)
            weights[operator.name] = [
                rng.normal(size=array.shape) / np.sqrt(operator.fan_in(shape)) / largest
                if isinstance(operator, Kernel) and array.ndim > 1
                else array
                for array in layer.get_weights()
            ]
            shape = operator.shape(shape)
    return replace(program, network=deploy(program.network, weights))


def largest_output(program: Program, source: str) -> float:
    """Return what neurons put out for an input of 1."""
    if source == INPUT:
        return 1.0
    neurons = program.network.population(source).neurons
    return neurons.max_rate * (neurons.amplitude or 1 / neurons.max_rate)


def dense(spec: Spec, index: int = -1) -> Spec:
    """Return one of the dense layers."""
    layers: list[Spec] = [layer for layer in spec["layers"] if layer["kind"] == "dense"]
    return layers[index]


def neurons(spec: Spec, **values: Any) -> None:
    """Give all layers the same neurons."""
    for layer in spec["layers"]:
        layer.pop("neurons", None)
    spec["neurons"] = values


def on_loihi(spec: Spec) -> None:
    """Make the chip a target; what can't run there is replaced."""
    spec["targets"] = ["nengo_dl", "loihi"]
    neurons(spec, kind="lif")


def no_branches(spec: Spec) -> None:
    for layer in spec["layers"]:
        layer.pop("from", None)
        layer.pop("synapse", None)


def alpha(spec: Spec) -> None:
    on_loihi(spec)
    dense(spec)["synapse"] = "alpha"


def no_filter(spec: Spec) -> None:
    on_loihi(spec)
    dense(spec)["synapse"] = "none"


def rates_on_chip(spec: Spec) -> None:
    on_loihi(spec)
    dense(spec)["neurons"] = "relu"


def rates_to_chip(spec: Spec) -> None:
    on_loihi(spec)
    no_branches(spec)
    dense(spec, 0)["neurons"] = "lif_rate"


def round_trip(spec: Spec) -> None:
    on_loihi(spec)
    no_branches(spec)
    spec["layers"] += [{"kind": "dense", "units": 5, "on_chip": c} for c in (True, False, True)]


def chip_neurons(**values: Any) -> Callable[[Spec], None]:
    def put(spec: Spec) -> None:
        on_loihi(spec)
        neurons(spec, kind="lif", **values)

    return put


def everywhere(**values: Any) -> Callable[[Spec], None]:
    return lambda spec: neurons(spec, **values)


def table(name: str, **values: Any) -> Callable[[Spec], None]:
    return lambda spec: spec.setdefault(name, {}).update(values)


def of_digits(**tables: Any) -> Callable[[Spec], None]:
    """Put in scikit-learn's digits, of which shape, classes and number are known, and change some tables."""

    def put(spec: Spec) -> None:
        spec["data"] = {"kind": "sklearn", "name": "digits", "scale": spec["data"]["scale"]}
        spec["input"] = {"shape": [64]}
        spec["output"].pop("labels", None)
        for name, values in tables.items():
            spec[name] |= values

    return put


def wide(*units: int) -> Callable[[Spec], None]:
    """Put in layers that are too wide for the chip."""

    def put(spec: Spec) -> None:
        on_loihi(spec)
        no_branches(spec)
        spec["layers"] += [{"kind": "dense", "units": number} for number in units]

    return put


def early(spec: Spec) -> None:
    spec["presentation"] = {"time": 0.03}
    spec["synapses"] = {"layer": {"tau": 0.01}}
    no_branches(spec)


def unfiltered(spec: Spec) -> None:
    neurons(spec, kind="lif")
    spec["presentation"]["read"] = "last"
    spec["synapses"] |= {"output": {"tau": 0.005}, "probe": "none"}


def unsoftened(spec: Spec) -> None:
    neurons(spec, kind="lif")
    no_branches(spec)
    spec["layers"].insert(1, {"kind": "dropout", "rate": 0.2})
    spec["train"]["gradient"] = "rate"


def for_nengo_dl(spec: Spec) -> None:
    spec["targets"] = ["nengo_dl"]
    dense(spec)["on_chip"] = True


def last(spec: Spec, **values: Any) -> None:
    no_branches(spec)
    spec["layers"].append({"kind": "dense", "units": 5, **values})


#: Which fault raises which code.
FAULTS: dict[str, tuple[str, Callable[[Spec], Any]]] = {
    "a key is misspelt": ("unknown-key", lambda s: dense(s).update(unit=3)),
    "a key is missing": ("missing-key", lambda s: dense(s).pop("units")),
    "a table is missing": ("missing-table", lambda s: s.pop("output")),
    "a table is misspelt": ("unknown-key", lambda s: s.update(ouput={})),
    "a type is wrong": ("wrong-type", lambda s: dense(s).update(units="many")),
    "a number is too small": ("out-of-range", lambda s: dense(s).update(units=0)),
    "a rate is no share": ("out-of-range", lambda s: s["layers"].append({"kind": "dropout", "rate": 1.5})),
    "a layer kind is unknown": ("unknown-kind", lambda s: dense(s).update(kind="danse")),
    "neurons adapt": ("unknown-kind", everywhere(kind="adaptive_lif")),
    "neurons leak where none do": ("unknown-kind", everywhere(kind="leaky_relu")),
    "neurons have no gradient": ("unknown-kind", everywhere(kind="izhikevich")),
    "a value is unknown": ("unknown-value", lambda s: s["output"].update(softmax="chip")),
    "a name is none": ("bad-name", lambda s: s["network"].update(name="My Net")),
    "a name is taken twice": ("duplicate-name", lambda s: s["layers"].extend([{"kind": "dense", "name": "twice", "units": 5}] * 2)),
    "a name is Python's": ("forbidden-name", lambda s: last(s, name="lambda")),
    "a source is unknown": ("unknown-layer", lambda s: last(s, **{"from": ["nowhere"]})),
    "no layer has neurons": ("no-neurons", lambda s: s.update(layers=[{"kind": "dropout", "rate": 0.1}])),
    "the input has another shape": ("data-shape", of_digits(input={"shape": [63]})),
    "there are other classes": ("data-shape", of_digits(output={"classes": 9})),
    "there are too few labels": ("labels", lambda s: s["output"].update(labels=["a"])),
    "a batch is larger than the data": ("batch-size", of_digits(train={"batch_size": 5000})),
    "a time is no multiple of dt": ("not-a-multiple", table("presentation", time=0.1005)),
    "an item is shown for one step": (
        "too-few-steps",
        lambda s: s.update(presentation={"time": 0.001, "latency": 0}, synapses={}),
    ),
    "an item is read too early": ("unsettled", early),
    "the probe filter is slow": ("unsettled", table("synapses", probe={"kind": "lowpass", "tau": 0.2})),
    "single steps are read": ("unfiltered-output", unfiltered),
    "rates are Keras' 1": ("no-spikes", everywhere(kind="lif", max_rate=1)),
    "rates are low": ("few-spikes", lambda s: (neurons(s, kind="lif", max_rate=21), s["presentation"].update(time=0.1))),
    "intercepts are high": ("high-intercept", everywhere(kind="lif", intercept=0.9)),
    "intercepts are beyond the limit": ("out-of-range", everywhere(kind="lif", intercept=0.97)),
    "an amplitude is 1": ("amplitude", everywhere(kind="lif", amplitude=1.0)),
    "a rate is beyond 1 / tau_ref": ("max-rate", everywhere(kind="lif", tau_ref=0.005, max_rate=200)),
    "LIF rates aren't softened": ("steep-gradient", unsoftened),
    "a gradient is for no layer": ("unused-gradient", lambda s: (neurons(s, kind="spiking_relu"), s["train"].update(gradient="smooth"))),
    "rates run on the chip": ("chip-neurons", rates_on_chip),
    "rates feed the chip": ("chip-neurons", rates_to_chip),
    "the chip would be too slow": ("chip-max-rate", chip_neurons(tau_ref=0.002, max_rate=400)),
    "the chip rounds rates": ("chip-rounding", chip_neurons(max_rate=400)),
    "the chip rounds tau_ref": ("chip-tau-ref", chip_neurons(tau_ref=0.0015)),
    "the chip holds no such tau_ref": ("chip-tau-ref", chip_neurons(tau_ref=0.08, max_rate=12)),
    "the chip holds no such tau_rc": ("chip-tau", chip_neurons(tau_rc=9.0)),
    "the host is too fast": ("host-max-rate", chip_neurons(tau_ref=0, max_rate=600)),
    "the chip has no alpha": ("chip-synapse", alpha),
    "the chip filters no spikes": ("chip-no-synapse", no_filter),
    "the chip reads what is clipped": ("chip-input", lambda s: (on_loihi(s), dense(s, 0).update(on_chip=True), s["data"].update(scale="standard"))),
    "the chip reads values": ("chip-input-coding", lambda s: (on_loihi(s), dense(s, 0).update(on_chip=True), s["data"].update(scale="signed"))),
    "nothing runs on the chip": ("chip-empty", lambda s: (on_loihi(s), s.update(layers=[{"kind": "dense", "units": 9}]))),
    "a layer doesn't fit a core": ("core-limits", wide(4200, 5)),
    "a network doesn't fit two chips": ("many-cores", wide(300_000)),
    "spikes come back to the chip": ("chip-host-chip", round_trip),
    "the chip is no target": ("unused-chip-setting", for_nengo_dl),
    "a synapse filters nothing": ("unused-synapse", lambda s: dense(s, 0).update(synapse="lowpass")),
    "an error is allowed": ("not-allowable", table("allow", **{"chip-neurons": "no"})),
    "what is allowed doesn't happen": ("unused-allow", table("allow", **{"chip-host-chip": "no"})),
    "what is allowed isn't there": ("unknown-code", table("allow", **{"chip-rates": "no"})),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
@settings(max_examples=6, deadline=None)
@given(spec=sound_specs(imaged=False))
def test_a_fault_is_found(fault: str, spec: Spec) -> None:
    code, put = FAULTS[fault]
    spec = json.loads(json.dumps(spec))
    put(spec)
    try:
        raised = {d.code for d in check_document(Document(Path("spec.toml"), "", spec)).warnings}
    except CompileError as error:
        raised = {d.code for d in error.diagnostics}
        assert any(d.severity == "error" for d in error.diagnostics)
    assert code in raised
