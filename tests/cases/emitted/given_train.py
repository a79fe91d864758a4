"""Train the given network (64-32-24-10) with NengoDL.

    python given_train.py --resume  # go on after a kill

Written by snnc from given.toml [90b16847].
"""

import argparse
import hashlib
import io
import json
import os
import warnings
from functools import partial
from pathlib import Path

import nengo
import numpy as np
import tensorflow as tf
from nengo.dists import Choice
from nengo.ensemble import Neurons
from scipy.stats import binomtest
from sklearn.datasets import load_digits
from tensorflow.keras.layers import Dense

try:
    import nengo_dl
except ImportError as error:
    raise SystemExit(f"{error}: write compat = true in [scripts], or take Python 3.11")

HERE = Path(__file__).resolve().parent
SUBTRACT = """
2.855576 6.530751 4.439462 7.24704 7.508644 0.786346 0.158016 10.049629 3.112248
2.811972 11.947738 5.643162 10.037537 5.716239 7.668818 1.807397 7.618328 10.416544
6.278175 8.895022 8.056938 0.768377 9.098763 7.093195 3.615212 0.372141 10.386327
5.672989 8.625887 10.545754 8.569554 11.053184 4.739561 9.610905 5.335453 11.227041
10.5464 1.169452 1.631626 2.603843 11.585762 5.233942 7.519779 3.612314 6.086916
4.630395 4.210926 7.020889 7.011022 10.850421 8.183786 11.147347 10.276807 11.891876
8.055283 1.957195 10.32765 11.575595 10.856352 6.82929 8.565804 2.5335 9.979295 6.882388
"""
CHECKPOINT = HERE / "given.checkpoint.npz"

SEED = 3
DT = 0.001  # s
EPOCHS = 2
BATCH_SIZE = 100
OPTIMIZER = partial(tf.optimizers.Adam, learning_rate=0.001)
PRESENTATION_STEPS = 100 + 2  # the last ones for the way to the output
READ_STEPS = 50  # the answer is the mean of the last ones

MAX_RATE = 200  # Hz, for an input of 1
TUNING = {"max_rates": Choice([MAX_RATE]), "intercepts": Choice([0])}
# Trained on firing rates.
TRAINING_NEURONS = nengo.RectifiedLinear(amplitude=1 / MAX_RATE)
# Voltages start at zero, as on the chip; by itself Nengo draws them at random.
RUNNING_NEURONS = nengo.SpikingRectifiedLinear(
    amplitude=1 / MAX_RATE, initial_state={"voltage": Choice([0])}
)

SYNAPSE = nengo.Lowpass(0.002)

# What a checkpoint belongs to, besides the network.
TRAINING = {
    "seed": SEED,
    "dt": DT,
    "scale": "given ccfdd48f",
    "batch_size": BATCH_SIZE,
    "optimizer": {"kind": OPTIMIZER.func.__name__.lower(), **OPTIMIZER.keywords},
    "gradient": {"kind": "rate"},
}

SIM = {"dt": DT, "seed": SEED, "minibatch_size": BATCH_SIZE, "progress_bar": False}
# NengoDL builds the Keras layers anew for every simulator, then restores their weights.
warnings.filterwarnings("ignore", "The initializer .* is unseeded|No GPU support")


def load_data(path=None):
    """Return items and labels to train on, and to test on."""
    x, y = load_digits(return_X_y=True)
    if path:
        x, y = (np.load(path)[name] for name in "xy")
    x, y = x.reshape(len(x), 64), y.ravel()
    order = np.random.RandomState(SEED).permutation(len(x))
    test, train = np.split(order, [int(np.ceil(0.2 * len(x)))])
    return x[train], y[train], x[test], y[test]


def build_network():
    """Return the network that is trained: rates, single time steps, no synapses."""
    with nengo.Network(label="given", seed=SEED) as net:
        # The Keras layers learn; the neurons' own biases, added after the gain, don't.
        nengo_dl.configure_settings(trainable=False, stateful=False, use_loop=False)
        # Signals that NengoDL merges by itself are copied as a whole in every step.
        nengo_dl.configure_settings(planner=nengo_dl.graph_optimizer.noop_planner)
        inp = nengo.Node(np.zeros(64))  # replaced by the items

        x = nengo_dl.Layer(Dense(32, name="wide"))(inp)
        wide = nengo_dl.Layer(TRAINING_NEURONS)(x, label="wide", **TUNING)

        x = nengo_dl.Layer(Dense(24, name="narrow"))(wide)
        narrow = nengo_dl.Layer(TRAINING_NEURONS)(x, label="narrow", **TUNING)

        # No softmax: the loss applies it, and Loihi has none.
        output = nengo_dl.Layer(Dense(10, name="output"))(narrow)
        net.logits = nengo.Probe(output, label="logits")
    return net


def train(net, x, y, epochs, resume=False):
    """Train on single time steps; return the parameters of the network that runs."""
    training = describe_training(net, x, y)
    x, y = x[:, None], y[:, None, None]
    tf.keras.utils.set_random_seed(SEED)  # for the initial weights
    with nengo_dl.Simulator(net, **SIM) as sim:
        optimizer = OPTIMIZER()
        sim.compile(
            optimizer=optimizer,
            loss=tf.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
            steps_per_execution=100,  # in one call of TensorFlow
        )
        optimizer.build(sim.keras_model.trainable_variables)
        variables = [*sim.keras_model.weights, *optimizer.variables]
        history = load_checkpoint(variables, training) if resume else []
        if len(history) > epochs:
            raise SystemExit(f"{CHECKPOINT.name} is at epoch {len(history)} already")
        for epoch in range(len(history), epochs):
            rng = np.random.RandomState(1000 * SEED + epoch + 1)
            order = rng.permutation(len(x))[: len(x) // BATCH_SIZE * BATCH_SIZE]
            fitted = sim.fit(x[order], y[order], shuffle=False, verbose=0).history
            loss, accuracy = fitted["loss"][0], fitted["logits_accuracy"][0]
            if not np.isfinite(loss):
                raise SystemExit(f"the loss is {loss}: lower the learning rate")
            print(f"epoch {epoch + 1:3}: loss {loss:.4f}, accuracy {accuracy:.1%}")
            history.append((loss, accuracy))
            values = [variable.numpy() for variable in variables]
            save(CHECKPOINT, *values, history=history, training=json.dumps(training))
        return collect_params(net)


def describe_training(net, x, y):
    """Return what decides how a training goes, but for the number of epochs."""
    names = ["units", "use_bias"]
    layers, operators = {}, {}
    for ens in net.ensembles:
        layers[ens.label] = describe(ens, RUNNING_NEURONS)
    for node in net.nodes:
        if isinstance(node, nengo_dl.TensorNode):
            config = node.tensor_func.get_config()
            used = {key: config[key] for key in names if key in config}
            operators[config["name"]] = used
    return {
        **TRAINING,
        "layers": layers,
        "operators": json.loads(json.dumps(operators)),  # as it is read again
        "data": digest(x, y),
        "tensorflow": tf.__version__,
    }


def digest(x, y):
    """Return what tells items and labels from others."""
    return hashlib.sha256(x.tobytes() + y.tobytes()).hexdigest()[:8]


def load_checkpoint(variables, training):
    """Set a network and its optimiser to where a training was; return its history."""
    if not CHECKPOINT.exists():
        print(f"there is no {CHECKPOINT.name}: training starts from the beginning")
        return []
    try:
        with np.load(CHECKPOINT) as file:
            checkpoint = dict(file)
        changed = list(differences(json.loads(str(checkpoint["training"])), training))
        values = [checkpoint[f"arr_{index}"] for index in range(len(variables))]
    except Exception as error:
        raise SystemExit(f"{CHECKPOINT.name} is damaged: train anew") from error
    if changed:
        why = f"{CHECKPOINT.name} is for another training: train anew"
        raise SystemExit("\n  ".join([why, *changed]))
    for variable, value in zip(variables, values):
        variable.assign(value)
    return checkpoint["history"].tolist()


def differences(theirs, ours, path=""):
    """Yield what differs between nested dicts, by name."""
    for key in sorted(theirs.keys() | ours.keys()):
        there, here = theirs.get(key), ours.get(key)
        if isinstance(there, dict) and isinstance(here, dict):
            yield from differences(there, here, f"{path}{key}.")
        elif there != here:
            yield f"{path}{key}: {there} there, {here} here"


def save(path, *arrays, **named):
    """Write a .npz file; whatever interrupts that, its name never holds half of it."""
    content = io.BytesIO()
    np.savez(content, *arrays, **named)
    unfinished = path.with_name(f".{path.stem}.{os.getpid()}.part.npz")
    try:
        with unfinished.open("wb") as file:
            file.write(content.getvalue())
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        raise SystemExit(f"can't write {path}: {error.strerror}") from error
    finally:
        unfinished.unlink(missing_ok=True)


def prepare_to_run(net):
    """Replace the neurons trained with by those that run, and filter their spikes."""
    for ens in net.ensembles:
        ens.neuron_type = RUNNING_NEURONS
    for conn in net.connections:
        if isinstance(conn.pre_obj, Neurons):
            conn.synapse = SYNAPSE
    with net:
        nengo_dl.configure_settings(use_loop=True)


def collect_params(net):
    """Return each layer's weights, and its gain and bias as nengo.Ensemble has them."""
    nodes = [node for node in net.nodes if isinstance(node, nengo_dl.TensorNode)]
    layers = {node.tensor_func.name: node.tensor_func.get_weights() for node in nodes}
    params = {f"{name}.weights": w[0].T for name, w in layers.items() if w}
    params["output.bias"] = layers["output"][1]
    for ens in net.ensembles:
        tuning = ens.max_rates.options, ens.intercepts.options
        gain, bias = ens.neuron_type.gain_bias(*tuning)
        params[f"{ens.label}.gain"] = np.full(ens.n_neurons, gain)
        params[f"{ens.label}.bias"] = bias + gain * layers[ens.label][1]
    return params


def describe(ens, neurons=None):
    """Return a layer in words: the parameters of another one mean something else."""
    neurons = neurons or ens.neuron_type
    names = sorted({*nengo.params.iter_params(neurons)} - {"initial_state"})
    settings = ", ".join(f"{name}={getattr(neurons, name):.9g}" for name in names)
    tuning = f"max_rate {ens.max_rates.options}, intercept {ens.intercepts.options}"
    return f"{ens.n_neurons} {type(neurons).__name__}({settings}), {tuning}"


def evaluate(name, net, x, y, steps):
    """Show each item for some steps, from a cleared state; print the accuracy."""
    logits = np.empty((len(x), 10))
    with nengo_dl.Simulator(net, **SIM) as sim:
        for start in range(0, len(x), BATCH_SIZE):
            batch = slice(start, start + BATCH_SIZE)
            items = np.resize(x[batch], (BATCH_SIZE, 64))  # the last: some twice
            data = sim.predict(np.repeat(items[:, None], steps, axis=1), verbose=0)
            logits[batch] = data[net.logits][: len(x[batch]), -READ_STEPS:].mean(axis=1)
    n, correct = len(y), np.count_nonzero(logits.argmax(axis=1) == y)
    low, high = binomtest(correct, n).proportion_ci(method="wilson")
    print(f"{name}: {correct / n:.1%} ({low:.1%} to {high:.1%}, n = {n})")
    return logits


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="a .npz file of your own")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--resume", action="store_true", help="after it was killed")
    args = parser.parse_args()
    if args.data and not args.data.exists():
        parser.error(f"there is no {args.data}")
    if CHECKPOINT.exists() and not args.resume:
        print(f"from the beginning; --resume would go on from {CHECKPOINT.name}")

    x_train, y_train, x_held_out, y_test = load_data(args.data)
    x_train, x_test = x_train.astype(float), x_held_out.astype(float)
    shift = np.array(SUBTRACT.split(), float)
    scale = -6.25
    x_train, x_test = (x_train - shift) / scale, (x_test - shift) / scale
    network = build_network()
    params = train(network, x_train, y_train, args.epochs, args.resume)
    evaluate("rate neurons", network, x_test, y_test, steps=1)
    prepare_to_run(network)
    words = {f"{ens.label}.neurons": describe(ens) for ens in network.ensembles}
    spikes = [c for c in network.connections if isinstance(c.pre_obj, Neurons)]
    words["spikes"] = str([(c.pre_obj.ensemble.label, c.synapse) for c in spikes])
    words |= {"input.shift": shift, "input.scale": scale, "spec_file": "given.toml"}
    np.savez_compressed(HERE / "given.test.npz", x=x_held_out, y=y_test)
    training = describe_training(network, x_train, y_train)
    words["training"] = json.dumps({**training, "epochs": args.epochs}, sort_keys=True)
    save(HERE / "given.params.npz", **params, **words)
    CHECKPOINT.unlink(missing_ok=True)
    evaluate("spikes (fresh)", network, x_test, y_test, PRESENTATION_STEPS)
