"""The emitted scripts and the networks in memory are the same: objects, weights, training, spikes."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from snnc.compile import scripts
from snnc.ir import Program
from tests.conftest import CASES, SPECS, program_of

pytestmark = [pytest.mark.usefixtures("libraries"), pytest.mark.slow]

#: As many items as the stream is compared over.
STREAMED = 6


def load_script(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def described(net: Any) -> list[Any]:
    """Return all that matters about the objects of a network, in the order of their making."""
    import nengo
    import nengo_dl

    found: list[Any] = []
    for node in net.all_nodes:
        layer = (
            getattr(node, "tensor_func", None) if isinstance(node, nengo_dl.TensorNode) else None
        )
        config = layer.get_config() if layer is not None else None
        found.append(("node", node.size_in, node.size_out, config))
    for ens in net.all_ensembles:
        tuning = [_plain(ens.gain), _plain(ens.bias), repr(ens.max_rates), repr(ens.intercepts)]
        on_chip = getattr(net.config[ens], "on_chip", None)
        found.append(("ensemble", ens.label, ens.n_neurons, _neurons(ens), tuning, on_chip))
    objects = [*net.all_nodes, *net.all_ensembles]
    places = {id(o): i for i, o in enumerate(objects)}
    for conn in net.all_connections:
        ends = tuple(
            (places[id(getattr(end, "ensemble", end))], isinstance(end, nengo.ensemble.Neurons))
            for end in (conn.pre_obj, conn.post_obj)
        )
        weights = getattr(conn.transform, "init", None)
        found.append(("connection", ends, repr(conn.synapse), _plain(weights)))
    for probe in net.all_probes:
        target = places[id(getattr(probe.target, "ensemble", probe.target))]
        found.append(("probe", probe.label, target, repr(probe.synapse)))
    found.append(net.seed)
    return found


def _neurons(ens: Any) -> list[Any]:
    # Not by repr: that of SoftLIFRate grows with every call.
    keys = ("tau_rc", "tau_ref", "amplitude", "sigma")
    settings = [getattr(ens.neuron_type, key, None) for key in keys]
    return [type(ens.neuron_type), *settings, repr(ens.neuron_type.initial_state)]


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray) else value


@pytest.mark.parametrize("path", [*SPECS, *CASES], ids=lambda p: p.stem)
def test_script_and_memory_agree(path: Path, tmp_path: Path) -> None:
    from snnc.backends import network
    from snnc.deploy import deploy
    from snnc.engine import checkpoint, data, storage
    from snnc.engine.fresh import evaluate
    from snnc.engine.train import train

    program = program_of(path)
    for name, text in scripts(program, tmp_path).items():
        name.write_text(text)
    script = load_script(tmp_path / f"{program.name}_train.py")

    items = data.load(program)
    x_train, y_train, x_test, y_test, test = script.load_data()
    shift, scale = script.fit_scaling(x_train) if hasattr(script, "fit_scaling") else (0.0, 1.0)
    held_out = {
        "input.shift": shift,
        "input.scale": scale,
        "test.index": test,
        "test.digest": script.digest(x_test, y_test),
    }
    assert held_out["test.digest"] == items.test_digest
    x_train, x_test = (x_train - shift) / scale, (x_test - shift) / scale
    assert np.array_equal(x_train, items.x_train)
    assert np.array_equal(y_train, items.y_train)
    assert np.array_equal(x_test, items.x_test)
    assert np.array_equal(y_test, items.y_test)
    assert np.array_equal(test, items.test_index)
    training = script.describe_training(x_train, y_train)
    assert training == checkpoint.depends_on(program, items)
    held_out["training"] = json.dumps({**training, "epochs": 2})

    theirs, ours = script.build_network(), network.training_network(program)
    assert described(theirs) == described(ours)

    # Once without an epoch, for the initial weights, and once with two.
    for epochs in (0, 2):
        theirs, ours = script.build_network(), network.training_network(program)
        params = script.train(theirs, x_train, y_train, epochs)
        weights = train(ours, _epochs(program, epochs), items.x_train, items.y_train)
        deployed = deploy(program, weights)
        storage.save_params(tmp_path / "ours.npz", program, deployed, items)
        with np.load(tmp_path / "ours.npz") as file:
            _same_arrays(params, dict(file))

    x = x_test[:40]
    if hasattr(script, "put_out_rates"):
        script.put_out_rates(theirs)
    network.put_out_rates(ours, program)
    logits, *_ = script.evaluate(theirs, x, steps=1)
    assert np.array_equal(logits, evaluate(ours, program, x, steps=1).logits)

    script.prepare_to_run(theirs)
    network.prepare_to_run(ours, program)
    assert described(theirs) == described(ours)
    logits, *probabilities, rates = script.evaluate(theirs, x, script.PRESENTATION_STEPS)
    answers = evaluate(ours, program, x, program.fresh_steps)
    assert np.array_equal(logits, answers.logits)
    _same_arrays(rates, answers.rates)
    if probabilities:
        assert answers.probabilities is not None
        assert np.array_equal(probabilities[0], answers.probabilities)

    if program.on_loihi:
        _streams_agree(program, script, params, held_out, tmp_path)


def _streams_agree(
    program: Program, train_script: ModuleType, params: Any, held_out: Any, folder: Path
) -> None:
    """Save as the training script does, then run the Loihi script and the network in memory."""
    from snnc.backends import network
    from snnc.engine import data, storage
    from snnc.engine.stream import stream

    spec = json.dumps(train_script.SPEC, sort_keys=True)
    train_script.save(train_script.PARAMS, **params, **held_out, spec=spec, versions="{}")
    script = load_script(folder / f"{program.name}_loihi.py")
    with np.load(script.PARAMS) as file:
        params = dict(file)

    if hasattr(train_script, "TEST"):
        raw = data.load(program)
        train_script.save(train_script.TEST, x=raw.raw_test, y=raw.y_test)
    trained = storage.load_params(script.PARAMS, program, data.load(program))
    deployed = trained.program
    items, labels = script.load_items(params)
    assert np.array_equal(items, trained.x_test)
    assert np.array_equal(labels, trained.y_test)

    items = items[:STREAMED]
    theirs = script.build_network(items, params)
    ours = network.deployed_network(deployed, network.stream_of(program, items), loihi=True)
    assert described(theirs) == described(ours)
    logits, *probabilities, rates = script.run(theirs, STREAMED, "sim")
    answers = stream(deployed, items, "nengo_loihi")
    assert np.array_equal(logits, answers.logits)
    _same_arrays(rates, answers.rates)
    if probabilities:
        assert answers.probabilities is not None
        assert np.array_equal(probabilities[0], answers.probabilities)


def _same_arrays(theirs: dict[str, Any], ours: dict[str, Any]) -> None:
    missing = {"spec", "versions", "training"}
    missing |= {"input.shift", "input.scale", "test.index", "test.digest"}
    assert set(theirs) == set(ours) - missing
    for name, array in theirs.items():
        assert np.array_equal(array, ours[name]), name


def _epochs(program: Program, epochs: int) -> Program:
    from dataclasses import replace

    return replace(program, train=program.train.model_copy(update={"epochs": epochs}))
