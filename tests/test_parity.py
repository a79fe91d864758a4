"""The emitted scripts and the networks in memory are the same: objects, weights, training, spikes."""

from __future__ import annotations

import importlib.util
import runpy
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
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


@pytest.fixture(autouse=True)
def fused_in_scripts_too() -> Iterator[None]:
    """Compute large layers' rates in scripts as in memory: NengoDL's own operations round otherwise (`test_fused`)."""
    from snnc.networks.fused import fused

    with fused():
        yield


def load_script(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def described(net: Any, probes: bool = True) -> list[Any]:
    """Return all that matters about the objects of a network, in the order of their making.

    A script that draws nothing has no probes of spikes where memory counts them: those can be left out.
    """
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
        tuning = [_plain(ens.gain), _plain(ens.bias)]
        if ens.gain is None:  # otherwise they mean nothing
            tuning += [repr(ens.max_rates), repr(ens.intercepts)]
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
    for probe in net.all_probes if probes else ():
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


def run_script(path: Path, *arguments: str) -> dict[str, Any]:
    """Run a script as from the command line; return its names."""
    before = sys.argv
    sys.argv = [path.name, *arguments]
    try:
        return runpy.run_path(str(path), run_name="__main__")
    finally:
        sys.argv = before


@pytest.mark.parametrize("path", [*LIGHT_SPECS, *CASES, *DOWNLOADED], ids=lambda p: p.stem)
def test_script_and_memory_agree(path: Path, tmp_path: Path) -> None:
    from snnc.data import prepare
    from snnc.networks.build import prepare_to_run, put_out_rates, training_network
    from snnc.networks.deploy import deploy
    from snnc.running.fresh import evaluate
    from snnc.training import params_file
    from snnc.training.beginning import beginning
    from snnc.training.paths import Paths
    from snnc.training.train import train
    from tests.imports import leave_import

    data_file = stand_in(path, tmp_path)
    program = program_of(path, data_file)
    for name, text in scripts(program, tmp_path).items():
        name.write_text(text)
    start = leave_import(program, tmp_path) if program.starts_imported else {}
    own_data = ("--data", str(data_file)) if data_file else ()
    script = SimpleNamespace(
        **run_script(tmp_path / f"{program.name}_train.py", "--epochs", "2", *own_data)
    )

    items = prepare.load(program)
    for theirs, ours in (
        (script.x_train, items.x_train),
        (script.y_train, items.y_train),
        (script.x_test, items.x_test),
        (script.y_test, items.y_test),
    ):
        assert np.array_equal(theirs, ours)

    x, y = items.x_test[:40], items.y_test[:40]
    # Without an epoch: the initial weights, and rates.
    theirs, ours = script.build_network(), training_network(program.network)
    assert described(theirs) == described(ours)
    begins = (script.start,) if start else ()
    params = script.train(theirs, script.x_train, script.y_train, 0, *begins)
    weights = train(ours, _epochs(program, 0), items.x_train, items.y_train, initial=start)
    same_arrays(params, params_file.parameters(deploy(program.network, weights)))
    if hasattr(script, "put_out_rates"):
        script.put_out_rates(theirs)
    put_out_rates(ours, program.network)
    logits = _logits(script.evaluate("rates", theirs, x, y, 1))
    assert np.array_equal(logits, evaluate(ours, program, x, steps=1).logits)

    # Two epochs, as the script has just trained: weights, what is written, and spikes.
    ours = training_network(program.network)
    weights = train(ours, _epochs(program, 2), items.x_train, items.y_train, initial=start)
    deployed = deploy(program.network, weights)
    same_arrays(script.params, params_file.parameters(deployed))
    (tmp_path / "ours").mkdir()
    params_file.save_training(
        Paths.of(program, tmp_path / "ours"),
        _epochs(program, 2),
        deployed,
        items,
        epochs=(),
        start=beginning(program, tmp_path),
    )
    for kind in ("params", "test"):
        written = arrays_in(tmp_path / f"{program.name}.{kind}.npz")
        in_memory = arrays_in(tmp_path / f"ours/{program.name}.{kind}.npz")
        assert set(in_memory) - set(written) <= {"training", "versions"}
        for name, array in written.items():
            assert kind == "params" or array.dtype == in_memory[name].dtype, name
            assert np.array_equal(array, in_memory[name]), name

    theirs = script.network
    put_out_rates(ours, program.network)
    prepare_to_run(ours, program.network)
    assert described(theirs, probes=False) == described(ours, probes=False)
    with _graphs_as_they_are():
        results = script.evaluate("spikes", theirs, x, y, script.PRESENTATION_STEPS)
        answers = evaluate(ours, program, x, program.fresh_steps, latency=program.fresh_latency)
    assert np.array_equal(_logits(results), answers.logits)
    if program.scripts.plots:
        same_arrays(results[1], answers.rates)

    if program.on_loihi:
        _streams_agree(program, tmp_path)


@contextmanager
def _graphs_as_they_are() -> Iterator[None]:
    """Keep TensorFlow from rewriting graphs: of one with more probes, as memory has, it adds up convolutions with ReLU in another order."""
    import tensorflow as tf

    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
    try:
        yield
    finally:
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": False})


def _logits(results: Any) -> Any:
    return results[0] if isinstance(results, tuple) else results


def _streams_agree(program: Program, folder: Path) -> None:
    """Run the Loihi script, and the network in memory, from what the training script left."""
    from snnc.data import prepare
    from snnc.networks.build import deployed_network, stream_of
    from snnc.running.stream import stream
    from snnc.training import params_file
    from snnc.training.paths import Paths

    paths = Paths.of(program, folder)
    trained = params_file.load_params(paths, program, prepare.load(program))
    script = SimpleNamespace(
        **run_script(folder / f"{program.name}_loihi.py", "--items", str(STREAMED))
    )
    items = trained.x_test[:STREAMED]
    assert np.array_equal(script.x, items)
    assert np.array_equal(script.y, trained.y_test[:STREAMED])
    ours = deployed_network(trained.program.network, stream_of(program, items), loihi=True)
    assert described(script.network) == described(ours)
    answers = stream(trained.program, items, "nengo_loihi")
    assert np.array_equal(script.logits, answers.logits)
    same_arrays(script.rates, answers.rates)
    if answers.probabilities is not None:
        assert np.array_equal(script.probabilities, answers.probabilities)


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
        ("jets", "X y", (16,), 5),
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


@pytest.mark.parametrize("name", ["digits_2", "jets_2", "split_4", "table_csv"])
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
    run_script(tmp_path / f"{program.name}_train.py", *arguments)
    ours = tmp_path / "ours"
    ours.mkdir()
    assert main(["train", str(spec), "-o", str(ours), *arguments]) == 0
    for kind in ("params", "test"):
        theirs = arrays_in(tmp_path / f"{program.name}.{kind}.npz")
        in_memory = arrays_in(ours / f"{program.name}.{kind}.npz")
        assert set(in_memory) - set(theirs) <= {"training", "versions"}
        for key, array in theirs.items():
            assert kind == "params" or array.dtype == in_memory[key].dtype, key
            assert np.array_equal(array, in_memory[key]), key

    # Memory refuses to test on the spec's own items; the script has those of the file.
    items = data_of(program_of(spec, file))
    run = ["run", str(spec), "-o", str(tmp_path), "--on", "nengo", "--items", "2"]
    capsys.readouterr()
    assert main(run) == 1
    assert "was trained with other items held out" in capsys.readouterr().err
    assert main([*run, "--data", str(file)]) == 0
    loihi = run_script(tmp_path / f"{program.name}_loihi.py", "--items", "2")
    assert np.array_equal(loihi["x"], items.x_test[:2])
    assert np.array_equal(loihi["y"], items.y_test[:2])


def data_of(program: Program) -> Any:
    from snnc.data import prepare

    return prepare.load(program)


def same_arrays(theirs: dict[str, Any], ours: dict[str, Any]) -> None:
    assert set(theirs) == set(ours)
    for name, array in theirs.items():
        assert np.array_equal(array, ours[name]), name


def arrays_in(path: Path) -> dict[str, Any]:
    with np.load(path) as file:
        return dict(file)


def _epochs(program: Program, epochs: int) -> Program:
    from dataclasses import replace

    return replace(program, train=program.train.model_copy(update={"epochs": epochs}))
