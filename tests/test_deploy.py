"""The deployed network is the trained one: every input current and the logits agree to 1e-5 of the largest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from snnc.diagnostics.errors import Refusal
from snnc.operators import transforms
from snnc.operators.linear import Operator, Shape, size, walk
from snnc.program.network import Network
from snnc.program.program import Program
from snnc.spec.base import OUTPUT
from tests.conftest import CASES, LIGHT_SPECS, program_of, stand_in
from tests.test_transforms import (
    CHAINS,
    DENSE,
    NORM,
    Depthwise,
    Keras,
    OnImages,
    Pointwise,
    conv,
    each_chain,
    network_of,
)

pytestmark = [pytest.mark.usefixtures("libraries"), pytest.mark.slow]

TOLERANCE = 1e-5


@dataclass(frozen=True)
class Trained:
    """A network as it was trained, with its program, its items and weights."""

    program: Program
    net: Any
    items: Any
    weights: Any


@pytest.fixture(
    scope="module", params=[*LIGHT_SPECS, *CASES], ids=[p.stem for p in (*LIGHT_SPECS, *CASES)]
)
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    from snnc.data import prepare
    from snnc.networks.build import training_network
    from snnc.training.train import train

    path: Path = request.param
    program = _briefly(program_of(path, stand_in(path, tmp_path_factory.mktemp(path.stem))))
    items = prepare.load(program)
    net = training_network(program.network)
    return Trained(program, net, items, train(net, program, items.x_train, items.y_train))


def test_currents_and_logits_agree(trained: Trained) -> None:
    import nengo

    from snnc.networks.build import put_out_rates
    from snnc.networks.deploy import deploy
    from snnc.networks.nengo_dl import simulator
    from snnc.running.rates import currents, rate_answers

    program, net = trained.program, trained.net
    put_out_rates(net, program.network)
    x = trained.items.x_test[: program.train.batch_size]
    with net:
        probes = {
            ens.label: (nengo.Probe(ens.neurons, "input"), nengo.Probe(ens.neurons))
            for ens in net.ensembles
        }
    with simulator(net, program) as sim:
        shown = np.resize(x, (program.train.batch_size, x.shape[1]))
        seen = sim.predict(shown[:, None], verbose=0)
    for pair in probes.values():
        net.probes[:] = [probe for probe in net.probes if probe not in pair]

    deployed = replace(program, network=deploy(program.network, trained.weights))
    outputs: dict[str, Any] = {"input": shown}
    for population in deployed.network.populations:
        current_probe, output_probe = probes[population.name]
        assert population.tuning is not None
        reaching = currents(deployed.network, population.name, outputs)
        current = population.tuning.gain * reaching + population.tuning.bias
        assert _error(current, seen[current_probe][:, 0]) < TOLERANCE
        # Go on from what the trained neurons put out: LIF's slope at threshold has no bound.
        outputs[population.name] = seen[output_probe][:, 0]
    logits = currents(deployed.network, OUTPUT, outputs)
    if deployed.network.output.bias is not None:
        logits = logits + deployed.network.output.bias
    assert _error(logits, seen[net.logits][:, 0]) < TOLERANCE

    # The chip's rates jump between whole steps, so that rounding may move a neuron by one; others are smooth, but for
    # LIF's threshold.
    ours = rate_answers(deployed, shown).logits
    kinds = {p.gradient.kind for p in program.network.populations}
    if "loihi" not in kinds and (
        kinds == {"smooth"} or not any(p.neurons.leaky for p in program.network.populations)
    ):
        assert _error(ours, seen[net.logits][:, 0]) < TOLERANCE
    assert np.mean(ours.argmax(axis=1) == seen[net.logits][:, 0].argmax(axis=1)) >= 0.99


def test_both_networks_answer_alike(trained: Trained) -> None:
    """Shown fresh, the training network with running neurons and the deployed one agree on 99 % of the items.

    Of noise that stands in for data, one item more may differ: its answers are near each other.
    """
    from snnc.networks.build import deployed_network, prepare_to_run
    from snnc.networks.deploy import deploy
    from snnc.running.fresh import evaluate

    program, net = trained.program, trained.net
    x = trained.items.x_test[:1000]
    deployed = replace(program, network=deploy(program.network, trained.weights))
    prepare_to_run(net, program.network)
    steps, latency = program.fresh_steps, program.fresh_latency
    as_trained = evaluate(net, program, x, steps, latency=latency)
    running = deployed_network(deployed.network, np.zeros(program.network.input_size))
    answers = evaluate(running, deployed, x, steps, latency=latency)
    differ = np.count_nonzero(as_trained.classes != answers.classes)
    assert differ <= max(0.01 * len(x), program.data_file is not None)


@each_chain
def test_a_chain_is_folded_into_what_keras_makes_of_it(chain: str) -> None:
    """Whatever its operators say of themselves, and if they say nothing."""
    from snnc.networks.build import build
    from snnc.networks.deploy import deploy
    from snnc.running.rates import currents

    operators, before, kind = CHAINS[chain]
    network = network_of(operators, before)
    weights = _random_weights(network)
    deployed = deploy(network, weights)
    (population,) = deployed.populations
    assert deployed.connections[0].folded.form.kind == kind
    assert population.tuning is not None
    x = np.random.RandomState(1).normal(size=(5, size(before))).astype(np.float32)
    current = population.tuning.bias + population.tuning.gain * currents(
        deployed, population.name, {"input": x}
    )
    neurons = build(population.neurons.trained(population.gradient))
    gain, base = neurons.gain_bias(
        np.array([population.neurons.max_rate]), np.array([population.neurons.intercept])
    )
    trained = base + gain * _through_keras(operators, before, weights, x)
    assert _error(current, trained) < TOLERANCE


def _keras_layers(operators: Sequence[Operator], before: Shape) -> Iterator[tuple[Any, Shape]]:
    """Yield the Keras layers of a chain, each with the shape of what it takes."""
    from snnc.networks.build import keras_layer

    for operator, shape in walk(operators, before):
        layer, taken = keras_layer(operator.keras()), operator.takes(shape)
        layer.build((None, *taken))
        yield layer, taken


def _random_weights(network: Network) -> dict[str, list[Any]]:
    """Return weights that are all different, for all operators of a network."""
    chance = np.random.RandomState(0)
    return {
        layer.name: [chance.uniform(0.5, 1.5, array.shape) for array in layer.get_weights()]
        for connection in network.connections
        for layer, _ in _keras_layers(connection.operators, network.source_shape(connection))
    }


def _through_keras(
    operators: Sequence[Operator], before: Shape, weights: dict[str, list[Any]], x: Any
) -> Any:
    for layer, shape in _keras_layers(operators, before):
        layer.set_weights(weights[layer.name])
        x = np.asarray(layer(x.reshape(-1, *shape)))
    return x.reshape(len(x), -1)


@dataclass(frozen=True)
class DepthwiseAsKernel(Depthwise):
    has_kernel: ClassVar[bool] = True


@dataclass(frozen=True)
class Unbiased(Keras):
    @property
    def adds_bias(self) -> bool:
        return False


@dataclass(frozen=True)
class TrainingOnly(Keras):
    training_only: ClassVar[bool] = True


LIES = {
    "no bias": Unbiased("swapped", "Rescaling", (2.0, -1.0)),
    "a linear map": Keras("swapped", "ReLU"),
    "nothing at run time": TrainingOnly("swapped", "Rescaling", (2.0, -1.0)),
    "pointwise": Pointwise("swapped", "Permute", ((2, 1, 3),)),
    "a kernel": DepthwiseAsKernel("swapped", (2, 2), (1, 1), "valid"),
    "its shape": OnImages("swapped", "Cropping2D", (1,)),
}


@pytest.mark.parametrize("lie", LIES)
def test_what_an_operator_says_of_itself_is_tried(lie: str) -> None:
    from snnc.networks.deploy import deploy

    network = network_of([LIES[lie]], (4, 4, 2))
    with pytest.raises(Refusal) as refused:
        deploy(network, _random_weights(network))
    message = str(refused.value)
    assert message.startswith("'encoder1' would not run as it was trained")
    assert f"'swapped' ({LIES[lie].kind})" in message
    assert "leave out" in message
    assert "report it" in message
    why = {
        "no bias": "values differ by up to 1,",
        "a linear map": "values differ by up to",
        "nothing at run time": "values differ by up to",
        "pointwise": "values differ by up to",
        "a kernel": "its weights have another shape",
        "its shape": "32 values come out, not 8",
    }
    assert why[lie] in message


@pytest.mark.parametrize(
    ("form", "method", "operators", "before"),
    [
        (transforms.Dense, "from_kernel", [DENSE], (5,)),
        (transforms.Dense, "read", [NORM, DENSE], (5,)),
        (transforms.Convolution, "from_kernel", [conv("kernel", (2, 2))], (4, 4, 2)),
        (transforms.Convolution, "read", [NORM, conv("kernel", (2, 2))], (4, 4, 2)),
        (transforms.Sparse, "read", [NORM], (5,)),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_wrong_fold_is_refused(
    form: type[transforms.Form],
    method: str,
    operators: Sequence[Operator],
    before: Shape,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A single weight that is off by a thousandth is enough."""
    from snnc.networks.deploy import deploy

    network = network_of(operators, before)
    weights = _random_weights(network)
    deploy(network, weights)
    right = getattr(form, method)

    def wrong(self: transforms.Form, given: Any) -> dict[str, Any]:
        arrays = right(self, given)
        corrupted = arrays["weights"].copy()
        corrupted.flat[-1] += 1e-3
        return {**arrays, "weights": corrupted}

    monkeypatch.setattr(form, method, wrong)
    with pytest.raises(Refusal, match="values differ by up to"):
        deploy(network, weights)


def _briefly(program: Program) -> Program:
    epochs = min(program.train.epochs, 5)
    return replace(program, train=program.train.model_copy(update={"epochs": epochs}))


def _error(ours: Any, theirs: Any) -> float:
    """Return the largest difference, as a share of the largest value."""
    return float(np.abs(ours - theirs).max() / np.abs(theirs).max())
