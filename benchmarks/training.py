"""How long an epoch of training takes, against NengoDL's own operations and plain tf.keras with the same formula and with ReLU.

    python benchmarks/training.py [specs/jets.toml] [--data FILE]

All call `fit` once an epoch on the same items, in turn, several rounds; what builds the graph is left out. On a machine that others
use too, the processor's time tells more than the clock's. With `--seeds 3` it compares the accuracy of rates on validation items,
split off the training items, instead: as snnc trains, and by NengoDL's own operations, from the same weights on.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any
from unittest.mock import patch

from snnc.environment import libraries
from snnc.pipeline import checked
from snnc.program.network import Population
from snnc.program.program import STEPS_AT_ONCE, Program

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("spec", nargs="?", type=Path, default=ROOT / "specs/jets.toml")
    parser.add_argument("--data", type=Path, help="what the spec's data are read from")
    parser.add_argument("--items", type=int, help="how many items an epoch has (default: all)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=0, help="compare accuracies, over so many")
    parser.add_argument("--epochs", type=int, help="of these trainings (default: the spec's)")
    arguments = parser.parse_args()

    program = checked(arguments.spec, arguments.data).program
    libraries.load()
    if arguments.seeds:
        compare_accuracy(program, arguments)
    else:
        compare_time(program, arguments)


def compare_time(program: Program, arguments: argparse.Namespace) -> None:
    from snnc.data import prepare

    items = prepare.load(program)
    batch = program.train.batch_size
    n = len(items.y_train[: arguments.items]) // batch * batch
    x, y = items.x_train[:n].astype("float32"), items.y_train[:n]
    found = epochs(program, x, y, arguments.rounds)
    for name in ("NengoDL", "same formula", "ReLU"):
        by_the_clock, of_the_processor = (median(ratios(found, name, k)) for k in (0, 1))
        print(
            f"{program.name}: {by_the_clock:.2f} times {name} ({arguments.rounds} rounds); "
            f"{of_the_processor:.2f} in the processor's time"
        )


#: Seconds of each epoch by the clock and of the processor, round by round.
Epochs = dict[str, list[tuple[float, float]]]


def ratios(found: Epochs, name: str, k: int) -> list[float]:
    """Return snnc's times in another's, round by round: by the clock, 0, or of the processor, 1."""
    return [ours[k] / other[k] for ours, other in zip(found["snnc"], found[name], strict=True)]


def epochs(program: Program, x: Any, y: Any, rounds: int) -> Epochs:
    """Train on whole batches of items, an epoch after the other, in turns."""
    from snnc.networks.build import training_network
    from snnc.networks.nengo_dl import simulator
    from snnc.training import baseline
    from snnc.training.train import compile_arguments

    batch = program.train.batch_size
    fits: dict[str, Callable[[], Any]] = {}
    with ExitStack() as stack:
        for name, ours in (("snnc", True), ("NengoDL", False)):
            with nullcontext() if ours else nengo_dls_own():
                net = training_network(program.network)
                sim = stack.enter_context(simulator(net, program))
            sim.compile(
                **compile_arguments(program), steps_per_execution=STEPS_AT_ONCE if ours else 1
            )
            fits[name] = lambda sim=sim: sim.fit(
                x[:, None], y[:, None, None], shuffle=False, verbose=0
            )
        for name, activation in (("same formula", formula(program)), ("ReLU", baseline.relu)):
            model = baseline.baseline_network(program, activation)
            model.compile(**compile_arguments(program))
            fits[name] = lambda model=model: model.fit(
                x, y, batch_size=batch, shuffle=False, verbose=0
            )
        for fit in fits.values():
            fit()
        found: Epochs = {name: [] for name in fits}
        for _ in range(rounds):
            for name, fit in fits.items():
                started = perf_counter(), process_time()
                fit()
                found[name].append((perf_counter() - started[0], process_time() - started[1]))
            print(", ".join(f"{name} {times[-1][0]:.3f} s" for name, times in found.items()))
    return found


def compare_accuracy(program: Program, arguments: argparse.Namespace) -> None:
    import numpy as np

    from snnc.data import prepare
    from snnc.networks.build import training_network
    from snnc.training.train import train

    settings = {"epochs": arguments.epochs or program.train.epochs, "validation_fraction": 0.2}
    differences = []
    for seed in range(arguments.seeds):
        seeded = replace(
            program,
            network=replace(program.network, seed=seed),
            train=program.train.model_copy(update=settings),
        )
        items = prepare.load(seeded)
        x, y = items.x_train[: arguments.items], items.y_train[: arguments.items]
        reached = []
        for ours in (True, False):
            states: list[Any] = []
            with nullcontext() if ours else nengo_dls_own():
                train(training_network(seeded.network), seeded, x, y, states.append)
            reached.append(states[-1].epochs[-1].validation.accuracy)
        differences.append(100 * (reached[0] - reached[1]))
        print(
            f"seed {seed}: {reached[0]:.2%}, by NengoDL's operations {reached[1]:.2%}", flush=True
        )
    print(f"{program.name}: {np.mean(differences):+.2f} points (mean of {arguments.seeds} seeds)")


@contextmanager
def nengo_dls_own() -> Iterator[None]:
    """Let simulators that are made meanwhile train by NengoDL's own operations."""
    with patch("snnc.networks.nengo_dl.fused", nullcontext):
        yield


def formula(program: Program) -> Callable[[Population], Any]:
    """Return what makes a Keras layer with the rates, and their slopes, that a population is trained with.

    The formulas are those of nengo_dl.neuron_builders and nengo_extras.loihi_training.
    """
    import numpy as np
    import tensorflow as tf

    from snnc.networks.build import build

    dt = program.network.dt

    def activation(population: Population) -> Any:
        neurons, gradient = population.neurons, population.gradient
        gain, bias = build(neurons.trained(gradient)).gain_bias(
            np.array([neurons.max_rate]), np.array([neurons.intercept])
        )
        gain, bias = float(gain[0]), float(bias[0])
        amplitude, tau_ref = neurons.output_value, neurons.refractory

        def soft_lif(current: Any) -> Any:
            sigma = gradient.sigma
            js = (gain * current + bias - 1) / sigma
            valid = js > -20
            z = tf.nn.softplus(tf.where(valid, js, 0.0)) * sigma
            q = tf.where(valid, tf.math.log1p(1 / z), -js - tf.math.log(sigma))
            return amplitude / (tau_ref + neurons.tau_rc * q)

        def loihi_relu(current: Any) -> Any:
            j = gain * current + bias
            period = tf.math.reciprocal(tf.maximum(j, 1e-15))
            rounded = tf.where(j > 0, amplitude / dt / tf.math.ceil(period / dt), 0.0)
            smooth = tf.where(j > 0, amplitude / (0.5 * dt + period), 0.0)
            return smooth + tf.stop_gradient(rounded - smooth)

        def rate_relu(current: Any) -> Any:
            return amplitude * tf.nn.relu(gain * current + bias)

        formulas = {
            ("smooth", True): soft_lif,
            ("loihi", False): loihi_relu,
            ("rate", False): rate_relu,
        }
        found = formulas.get((gradient.kind, neurons.leaky))
        if found is None:
            raise SystemExit(f"no formula here for {neurons.kind} trained with {gradient.kind}")
        return tf.keras.layers.Activation(found, name=f"Rates_{population.name}")

    return activation


if __name__ == "__main__":
    main()
