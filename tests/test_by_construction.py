"""Pitfalls that no spec can lead to, because of how snnc builds networks: for every spec, in memory and as scripts.

docs/pitfalls.md says which is which. Script and network in memory are the same (tests/test_parity.py), so most of this
looks at the latter.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnc.pipeline import scripts
from snnc.program.program import Program
from snnc.spec.base import INPUT
from snnc.spec.gradients import Loihi
from tests.conftest import CASES, LIGHT_SPECS, ROOT, SPECS, program_of, stand_in
from tests.test_faults import deployed

pytestmark = [pytest.mark.usefixtures("libraries"), pytest.mark.slow]

every_spec = pytest.mark.parametrize("path", [*LIGHT_SPECS, *CASES], ids=lambda p: p.stem)


def training_network(program: Program) -> Any:
    from snnc.networks.build import (
        training_network,
    )

    return training_network(program.network)


def deployed_network(program: Program) -> Any:
    from snnc.networks.build import (
        deployed_network,
    )

    shown = np.zeros(program.network.input_size)
    return deployed_network(deployed(program, 0).network, shown, loihi=program.on_loihi)


def texts(program: Program, kind: str = "*") -> str:
    return "\n".join(t for p, t in scripts(program, Path()).items() if p.match(f"*_{kind}.py"))


@every_spec
def test_training_has_no_synapse(path: Path) -> None:
    net = training_network(program_of(path))
    assert all(connection.synapse is None for connection in net.all_connections)
    assert all(probe.synapse is None for probe in net.all_probes)


@every_spec
def test_training_reaches_every_weight(path: Path, tmp_path: Path) -> None:
    """One epoch moves all weights, and most of each: a gradient comes through to them."""
    from snnc.data import prepare
    from snnc.training.train import train

    program = program_of(path, stand_in(path, tmp_path))
    items = prepare.load(program)
    before, after = (
        train(
            training_network(program),
            replace(program, train=program.train.model_copy(update={"epochs": epochs})),
            items.x_train,
            items.y_train,
        )
        for epochs in (0, 1)
    )
    for name, arrays in before.items():
        for start, end in zip(arrays, after[name], strict=True):
            assert np.mean(start != end) > 0.5, name


@every_spec
def test_keras_layers_learn_and_neurons_biases_dont(path: Path) -> None:
    """What training adjusts is what the float twin adjusts: as many weights and biases, of the same shapes."""
    from snnc.networks.nengo_dl import simulator
    from snnc.training.baseline import baseline_network

    program = program_of(path)
    with simulator(training_network(program), program) as sim:
        ours = sorted(tuple(w.shape) for w in sim.keras_model.trainable_weights)
    theirs = sorted(tuple(w.shape) for w in baseline_network(program).trainable_weights)
    assert ours == theirs


@every_spec
def test_neurons_have_gradients(path: Path) -> None:
    """NengoDL has TensorFlow code for every neuron type that is trained; others run without a gradient."""
    from nengo_dl.neuron_builders import SimNeuronsBuilder

    net = training_network(program_of(path))
    trained = {type(ensemble.neuron_type) for ensemble in net.all_ensembles}
    assert trained <= set(SimNeuronsBuilder.TF_NEURON_IMPL)


@every_spec
def test_the_loss_has_the_softmax_and_the_network_has_not(path: Path) -> None:
    from snnc.training.train import compile_arguments

    program = program_of(path)
    loss = compile_arguments(program)["loss"]
    assert float(loss([0], [[5.0, 0.0]])) == pytest.approx(np.log1p(np.exp(-5.0)))
    assert "SparseCategoricalCrossentropy(from_logits=True)" in texts(program, "train")
    functions = [n.tensor_func for n in training_network(program).all_nodes if callable(n.output)]
    operators = {op.keras().name for c in program.network.connections for op in c.operators}
    assert {type(function).__name__ for function in functions} == operators


@every_spec
def test_nothing_is_validated_in_fit(path: Path) -> None:
    """There it would be single steps of spikes, or with dropout."""
    given = r"validation_(data|split)"
    assert not re.search(given, texts(program_of(path)))
    engine = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "snnc/engine").glob("*.py"))
    assert not re.search(given, engine)


@every_spec
def test_single_steps_answer_as_rates_without_dropout(path: Path, tmp_path: Path) -> None:
    """Asked twice, a network that was told to put out rates says the same: no spikes, and nothing is dropped."""
    import tensorflow as tf

    from snnc.data import prepare
    from snnc.networks.build import (
        put_out_rates,
        training_network,
    )
    from snnc.running.fresh import evaluate

    program = program_of(path, stand_in(path, tmp_path))
    x = prepare.load(program).x_test[:30]
    net = training_network(program.network)
    put_out_rates(net, program.network)
    tf.keras.utils.set_random_seed(program.network.seed)
    once, again = (evaluate(net, program, x, steps=1).logits for _ in range(2))
    assert np.array_equal(once, again)
    # Spikes would be 0 or amplitude / dt; rates take many values.
    if any(isinstance(p.gradient, Loihi) for p in program.network.populations):
        assert len(np.unique(once.round(6))) > len(once)


@every_spec
def test_the_deployed_network_is_plain_nengo(path: Path) -> None:
    """No operator of Keras, no node between populations, no slices: just populations and one matrix a connection."""
    import nengo

    program = program_of(path)
    net = deployed_network(program)
    assert {type(node) for node in net.all_nodes} == {nengo.Node}
    fed_by_host_and_chip = [
        node
        for node in net.all_nodes
        if node.output is None and any(c.pre_obj is node for c in net.all_connections)
    ]
    # The output may feed the softmax, on the host.
    assert all(node.label == "output" for node in fed_by_host_and_chip)
    for connection in net.all_connections:
        assert not isinstance(connection.pre, nengo.base.ObjView)
        assert not isinstance(connection.post, nengo.base.ObjView)
        if isinstance(connection.post_obj, nengo.ensemble.Neurons):
            if isinstance(connection.transform, nengo.transforms.NoTransform):
                continue  # an encoder of values as they are
            assert isinstance(connection.transform, nengo.Dense | nengo.Convolution | nengo.Sparse)
            given = np.ndarray | nengo.transforms.SparseMatrix
            assert isinstance(connection.transform.init, given), "no random weights"
    assert all(probe.sample_every is None for probe in net.all_probes)
    assert not net.networks


@every_spec
def test_populations_are_tuned_alike_and_start_at_rest(path: Path) -> None:
    import nengo

    program = program_of(path)
    for ensemble in deployed_network(program).all_ensembles:
        assert ensemble.noise is None
        assert len(set(ensemble.gain)) == 1
        assert ensemble.bias is not None
        initial = ensemble.neuron_type.initial_state or {}
        for distribution in initial.values():
            assert isinstance(distribution, nengo.dists.Choice)
            assert not np.any(distribution.options)


@every_spec
def test_a_layer_on_the_chip_has_one_synapse(path: Path) -> None:
    program = program_of(path)
    for population in program.network.populations:
        synapses = {c.synapse for c in program.network.into(population.name) if c.source != INPUT}
        assert len(synapses) <= 1


@every_spec
def test_the_chip_is_configured_on_the_whole_network(path: Path) -> None:
    program = program_of(path)
    if not program.on_loihi:
        pytest.skip("Loihi is no target")
    net = deployed_network(program)
    assert [net.config[e].on_chip for e in net.ensembles] == [
        None if p.on_chip else False for p in program.network.populations
    ]
    script = texts(program, "loihi")
    assert script.count("nengo_loihi.add_params(net)") == 1
    assert script.index("add_params(net)") < min(
        (m.start() for m in re.finditer(r"net\.config\[", script)), default=len(script)
    )


def test_nengo_loihis_defaults_stay_as_they_are() -> None:
    package = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "snnc").rglob("*.py"))
    emitted = "".join(texts(program_of(path)) for path in (*SPECS, *CASES))
    assert "nengo_loihi.set_defaults" not in package + emitted


@every_spec
def test_every_item_is_shown_once(path: Path) -> None:
    """The stream holds as many items as are run, each for a whole number of steps."""
    from snnc.networks.build import stream_of

    program = program_of(path)
    items = np.arange(3.0)[:, None] * np.ones((1, program.network.input_size)) + 1
    shown = stream_of(program, items)
    steps = 3 * (program.stream_steps + program.gap_steps)
    if not callable(shown):
        rng = np.random.RandomState(0)
        step = shown.make_step(
            (0,),
            (program.network.input_size,),
            program.network.dt,
            rng,
            shown.make_state((0,), (program.network.input_size,), program.network.dt),
        )
        shown = step
    seen = [int(shown(n * program.network.dt)[0]) for n in range(1, steps + 1)]
    for item in (1, 2, 3):
        assert seen.count(item) == program.stream_steps
    assert seen.count(0) == 3 * program.gap_steps


@pytest.mark.parametrize("n_items", [1, 7, 20, 33])
def test_no_item_is_left_out(n_items: int) -> None:
    """Batches of ten: the last one is filled up, and each item gets its own answer."""
    from snnc.data import prepare
    from snnc.networks.build import (
        put_out_rates,
        training_network,
    )
    from snnc.running.fresh import evaluate

    program = program_of(ROOT / "tests/cases/relu.toml")
    assert program.train.batch_size == 10
    x = np.resize(prepare.load(program).x_test, (33, 4))
    net = training_network(program.network)
    put_out_rates(net, program.network)
    every = evaluate(net, program, x, steps=1).logits
    some = evaluate(net, program, x[:n_items], steps=1).logits
    assert np.array_equal(some, every[:n_items])


def test_each_epoch_leaves_out_other_items() -> None:
    import tensorflow as tf

    from snnc.training.train import BEGINNING, Fitted, Learner, run_epochs

    program = program_of(ROOT / "tests/cases/relu.toml")
    program = replace(program, train=program.train.model_copy(update={"epochs": 5}))
    left_out = []

    def fit(items: Any, labels: Any) -> Fitted:
        assert len(items) == len(labels) == 110
        left_out.append(frozenset(range(117)) - set(items))
        return Fitted(1.0, 0.5)

    model = tf.keras.Sequential([tf.keras.layers.Dense(1, input_shape=(1,))])
    model.compile(optimizer="sgd")
    learner = Learner(model, (), fit, None)
    run_epochs(program, learner, np.arange(117), np.arange(117), lambda state: None, BEGINNING)
    assert [len(items) for items in left_out] == [7] * 5
    assert len(set(left_out)) == 5


@every_spec
def test_spikes_are_run_in_the_loop_over_time(path: Path) -> None:
    """Shown for ten steps, a network that is prepared to run gives ten."""
    from snnc.networks.build import (
        prepare_to_run,
        training_network,
    )
    from snnc.networks.nengo_dl import simulator

    program = program_of(path)
    net = training_network(program.network)
    prepare_to_run(net, program.network)
    with simulator(net, program) as sim:
        shown = np.zeros((program.train.batch_size, 10, program.network.input_size))
        assert sim.predict(shown, verbose=0)[net.logits].shape[1] == 10
