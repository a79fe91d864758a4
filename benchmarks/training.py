"""How long an epoch of training takes in NengoDL, against plain tf.keras with the same activation formula, and with ReLU.

    python benchmarks/training.py [specs/jets.toml] [--data FILE]

All call `fit` once an epoch on the same items, in turn, several rounds; what builds the graph is left out.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from snnc.environment import libraries
from snnc.pipeline import checked
from snnc.program.network import Population
from snnc.program.program import Program

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("spec", nargs="?", type=Path, default=ROOT / "specs/jets.toml")
    parser.add_argument("--data", type=Path, help="what the spec's data are read from")
    parser.add_argument("--items", type=int, help="how many items an epoch has (default: all)")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()

    program = checked(arguments.spec, arguments.data).program
    libraries.load()
    from snnc.data import prepare
    from snnc.networks.build import training_network
    from snnc.networks.nengo_dl import simulator
    from snnc.training import baseline
    from snnc.training.train import compile_arguments

    items = prepare.load(program)
    batch = program.train.batch_size
    n = len(items.y_train[: arguments.items]) // batch * batch
    x, y = items.x_train[:n].astype("float32"), items.y_train[:n]

    net = training_network(program.network)
    with simulator(net, program) as sim:
        sim.compile(**compile_arguments(program))
        fits: dict[str, Callable[[], Any]] = {
            "nengo_dl": lambda: sim.fit(x[:, None], y[:, None, None], shuffle=False, verbose=0)
        }
        for name, activation in (("same formula", formula(program)), ("ReLU", baseline.relu)):
            model = baseline.baseline_network(program, activation)
            model.compile(**compile_arguments(program))
            fits[name] = lambda model=model: model.fit(
                x, y, batch_size=batch, shuffle=False, verbose=0
            )
        for fit in fits.values():
            fit()
        times: dict[str, list[float]] = {name: [] for name in fits}
        for _ in range(arguments.rounds):
            for name, fit in fits.items():
                started = perf_counter()
                fit()
                times[name].append(perf_counter() - started)
            print(", ".join(f"{name} {found[-1]:.3f} s" for name, found in times.items()))
    for name in ("same formula", "ReLU"):
        ratio = median(a / b for a, b in zip(times["nengo_dl"], times[name], strict=True))
        print(f"{program.name}: {ratio:.2f} times tf.keras with {name} ({arguments.rounds} rounds)")


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
