"""The deployed network is the trained one: every input current and the logits agree to 1e-5 of the largest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from snnc.program.program import Program
from snnc.spec.base import OUTPUT
from tests.conftest import CASES, LIGHT_SPECS, program_of, stand_in

pytestmark = [pytest.mark.usefixtures("libraries"), pytest.mark.slow]

TOLERANCE = 1e-5


@pytest.mark.parametrize("path", [*LIGHT_SPECS, *CASES], ids=lambda p: p.stem)
def test_currents_and_logits_agree(path: Path, tmp_path: Path) -> None:
    import nengo

    from snnc.data import prepare
    from snnc.networks.build import (
        put_out_rates,
        training_network,
    )
    from snnc.networks.deploy import deploy
    from snnc.networks.nengo_dl import simulator
    from snnc.running.rates import currents, rate_answers
    from snnc.training.train import train

    program = _briefly(program_of(path, stand_in(path, tmp_path)))
    items = prepare.load(program)
    net = training_network(program.network)
    weights = train(net, program, items.x_train, items.y_train)
    put_out_rates(net, program.network)
    x = items.x_test[: program.train.batch_size]
    with net:
        probes = {
            ens.label: (nengo.Probe(ens.neurons, "input"), nengo.Probe(ens.neurons))
            for ens in net.ensembles
        }
    with simulator(net, program) as sim:
        shown = np.resize(x, (program.train.batch_size, x.shape[1]))
        trained = sim.predict(shown[:, None], verbose=0)

    deployed = replace(program, network=deploy(program.network, weights))
    outputs: dict[str, Any] = {"input": shown}
    for population in deployed.network.populations:
        current_probe, output_probe = probes[population.name]
        assert population.tuning is not None
        reaching = currents(deployed.network, population.name, outputs)
        current = population.tuning.gain * reaching + population.tuning.bias
        assert _error(current, trained[current_probe][:, 0]) < TOLERANCE
        # Go on from what the trained neurons put out: LIF's slope at threshold has no bound.
        outputs[population.name] = trained[output_probe][:, 0]
    logits = currents(deployed.network, OUTPUT, outputs)
    if deployed.network.output.bias is not None:
        logits = logits + deployed.network.output.bias
    assert _error(logits, trained[net.logits][:, 0]) < TOLERANCE

    # The chip's rates jump between whole steps, so that rounding may move a neuron by one; others are smooth, but for
    # LIF's threshold.
    ours = rate_answers(deployed, shown).logits
    kinds = {p.gradient.kind for p in program.network.populations}
    if "loihi" not in kinds and (
        kinds == {"smooth"} or not any(p.neurons.leaky for p in program.network.populations)
    ):
        assert _error(ours, trained[net.logits][:, 0]) < TOLERANCE
    assert np.mean(ours.argmax(axis=1) == trained[net.logits][:, 0].argmax(axis=1)) >= 0.99


@pytest.mark.parametrize("path", [*LIGHT_SPECS, *CASES], ids=lambda p: p.stem)
def test_both_networks_answer_alike(path: Path, tmp_path: Path) -> None:
    """Shown fresh, the training network with running neurons and the deployed one agree on 99 % of the items.

    Of noise that stands in for data, one item more may differ: its answers are near each other.
    """
    from snnc.data import prepare
    from snnc.networks.build import (
        deployed_network,
        prepare_to_run,
        training_network,
    )
    from snnc.networks.deploy import deploy
    from snnc.running.fresh import evaluate
    from snnc.training.train import train

    program = _briefly(program_of(path, stand_in(path, tmp_path)))
    items = prepare.load(program)
    x = items.x_test[:1000]
    net = training_network(program.network)
    deployed = replace(
        program, network=deploy(program.network, train(net, program, items.x_train, items.y_train))
    )
    prepare_to_run(net, program.network)
    trained = evaluate(net, program, x, program.fresh_steps)
    running = deployed_network(deployed.network, np.zeros(program.network.input_size))
    answers = evaluate(running, deployed, x, program.fresh_steps)
    differ = np.count_nonzero(trained.classes != answers.classes)
    assert differ <= max(0.01 * len(x), program.data_file is not None)


def _briefly(program: Program) -> Program:
    epochs = min(program.train.epochs, 5)
    return replace(program, train=program.train.model_copy(update={"epochs": epochs}))


def _error(ours: Any, theirs: Any) -> float:
    """Return the largest difference, as a share of the largest value."""
    return float(np.abs(ours - theirs).max() / np.abs(theirs).max())
