"""The emitted scripts and the networks in memory are the same: objects, weights, training, spikes."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from snnc.cli import main
from snnc.pipeline import scripts
from snnc.program.program import Program
from tests.conftest import CASES, DOWNLOADED, LIGHT_SPECS, ROOT, program_of, stand_in

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


@pytest.mark.parametrize("path", [*LIGHT_SPECS, *CASES, *DOWNLOADED], ids=lambda p: p.stem)
def test_script_and_memory_agree(path: Path, tmp_path: Path) -> None:
    from snnc.data import prepare
    from snnc.networks.build import (
        prepare_to_run,
        put_out_rates,
        training_network,
    )
    from snnc.networks.deploy import deploy
    from snnc.running.fresh import evaluate
    from snnc.training import checkpoint, params_file
    from snnc.training.train import train

    data_file = stand_in(path, tmp_path)
    program = program_of(path, data_file)
    for name, text in scripts(program, tmp_path).items():
        name.write_text(text)
    script = load_script(tmp_path / f"{program.name}_train.py")

    items = prepare.load(program)
    loaded = script.load_data(data_file) if data_file else script.load_data()
    x_train, y_train, x_test, y_test, test = loaded
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

    theirs, ours = script.build_network(), training_network(program.network)
    assert described(theirs) == described(ours)

    # Once without an epoch, for the initial weights, and once with two.
    for epochs in (0, 2):
        theirs, ours = script.build_network(), training_network(program.network)
        params = script.train(theirs, x_train, y_train, epochs)
        weights = train(ours, _epochs(program, epochs), items.x_train, items.y_train)
        deployed = deploy(program.network, weights)
        params_file.save_params(tmp_path / "ours.npz", program, deployed, items)
        with np.load(tmp_path / "ours.npz") as file:
            _same_arrays(params, dict(file))

    x = x_test[:40]
    if hasattr(script, "put_out_rates"):
        script.put_out_rates(theirs)
    put_out_rates(ours, program.network)
    logits, *_ = script.evaluate(theirs, x, steps=1)
    assert np.array_equal(logits, evaluate(ours, program, x, steps=1).logits)

    script.prepare_to_run(theirs)
    prepare_to_run(ours, program.network)
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
    from snnc.data import prepare
    from snnc.networks.build import (
        deployed_network,
        stream_of,
    )
    from snnc.running.stream import stream
    from snnc.training import params_file

    spec = json.dumps(train_script.SPEC, sort_keys=True)
    train_script.save(train_script.PARAMS, **params, **held_out, spec=spec, versions="{}")
    script = load_script(folder / f"{program.name}_loihi.py")
    with np.load(script.PARAMS) as file:
        params = dict(file)

    if hasattr(train_script, "TEST"):
        raw = prepare.load(program)
        train_script.save(train_script.TEST, x=raw.raw_test, y=raw.y_test)
    trained = params_file.load_params(script.PARAMS, program, prepare.load(program))
    deployed = trained.program
    own_file = (program.data_file,) if program.data_file and program.data.is_file else ()
    items, labels = script.load_items(params, *own_file)
    assert np.array_equal(items, trained.x_test)
    assert np.array_equal(labels, trained.y_test)

    items = items[:STREAMED]
    theirs = script.build_network(items, params)
    ours = deployed_network(deployed.network, stream_of(program, items), loihi=True)
    assert described(theirs) == described(ours)
    logits, *probabilities, rates = script.run(theirs, STREAMED, "sim")
    answers = stream(deployed, items, "nengo_loihi")
    assert np.array_equal(logits, answers.logits)
    _same_arrays(rates, answers.rates)
    if probabilities:
        assert answers.probabilities is not None
        assert np.array_equal(probabilities[0], answers.probabilities)


def _own_files(folder: Path) -> dict[str, Path]:
    """Write files that may stand in for data of some specs: other items, and some that come split."""
    chance = np.random.RandomState(1)

    def items(n: int, shape: tuple[int, ...], classes: int, dtype: str) -> Any:
        x = (chance.uniform(-3, 30, (n, *shape))).astype(dtype)
        # Whole numbers in any type are labels.
        return x, (np.arange(n) % classes).astype(dtype)

    files = {}
    for name, names, shape, classes in [
        ("digits", "x y", (8, 8), 10),
        ("digits", "x_train y_train x_test y_test", (64,), 10),
        ("jets", "X y", (16,), 5),
        ("jets", "x_train y_train x_test y_test", (16, 1), 5),
        ("split", "train_images train_labels test_images test_labels", (16,), 4),
    ]:
        arrays: list[Any] = []
        for n, dtype in zip((300, 90)[: len(names.split()) // 2], (">f4", "int16"), strict=False):
            arrays += items(n, shape, classes, dtype)
        files[f"{name}_{len(arrays)}"] = folder / f"{name}_{len(arrays)}.npz"
        keys = [key.replace("_", " ") if name == "split" else key for key in names.split()]
        np.savez(files[f"{name}_{len(arrays)}"], **dict(zip(keys, arrays, strict=True)))
    table = (ROOT / "tests/cases/data/table.csv").read_text("utf-8-sig").splitlines()
    files["table_csv"] = folder / "other.csv"
    files["table_csv"].write_text("\n".join([table[0], *reversed(table[20:])]))
    return files


@pytest.mark.parametrize(
    "name", ["digits_2", "digits_4", "jets_2", "jets_4", "split_4", "table_csv"]
)
def test_both_take_the_same_file(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`snnc train --data FILE` and the script's own `--data FILE` leave the same parameters, and run on FILE alone."""
    file = _own_files(tmp_path)[name]
    (spec,) = (p for p in (*LIGHT_SPECS, *CASES) if p.stem == name.partition("_")[0])
    program = program_of(spec)
    for path, text in scripts(program, tmp_path).items():
        path.write_text(text)
    arguments = ["--data", str(file), "--epochs", "1"]
    monkeypatch.setattr("sys.argv", ["train", *arguments])
    load_script(tmp_path / f"{program.name}_train.py").main()
    ours = tmp_path / "ours"
    ours.mkdir()
    assert main(["train", str(spec), "-o", str(ours), *arguments]) == 0

    with np.load(tmp_path / f"{program.name}.params.npz") as file_1:
        theirs = dict(file_1)
    with np.load(ours / f"{program.name}.params.npz") as file_2:
        found = dict(file_2)
    assert set(theirs) == set(found)
    for key, array in theirs.items():
        if key not in ("spec", "versions"):
            assert np.array_equal(array, found[key]), key

    # Both refuse to be tested on the spec's own items, and agree on those of the file.
    items = data_of(program_of(spec, file))
    run = ["run", str(spec), "-o", str(tmp_path), "--on", "nengo", "--items", "2"]
    capsys.readouterr()
    assert main(run) == 1
    assert "was trained on" in capsys.readouterr().err
    assert main([*run, "--data", str(file)]) == 0
    loihi = load_script(tmp_path / f"{program.name}_loihi.py")
    if program.data.is_file:
        with pytest.raises(SystemExit, match="the data have changed"):
            loihi.load_items(theirs)
        x, y = loihi.load_items(theirs, file)
    else:
        x, y = loihi.load_items(theirs)
    assert np.array_equal(x, items.x_test)
    assert np.array_equal(y, items.y_test)


def data_of(program: Program) -> Any:
    from snnc.data import prepare

    return prepare.load(program)


def _same_arrays(theirs: dict[str, Any], ours: dict[str, Any]) -> None:
    missing = {"spec_file", "spec", "versions", "training"}
    missing |= {"input.shift", "input.scale", "test.index", "test.digest"}
    assert set(theirs) == set(ours) - missing
    for name, array in theirs.items():
        assert np.array_equal(array, ours[name]), name


def _epochs(program: Program, epochs: int) -> Program:
    from dataclasses import replace

    return replace(program, train=program.train.model_copy(update={"epochs": epochs}))
