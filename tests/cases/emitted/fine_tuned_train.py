"""Train the fine_tuned network (64-256-54-24-10) with NengoDL.

    python fine_tuned_train.py --resume  # go on after a kill

Written by snnc from fine_tuned.toml [beeca386].
"""

import argparse
import hashlib
import io
import json
import os
import warnings
from collections import defaultdict
from functools import partial
from pathlib import Path

import nengo
import numpy as np
import tensorflow as tf
from nengo.dists import Choice
from nengo.ensemble import Neurons
from scipy.stats import binomtest
from sklearn.datasets import load_digits
from tensorflow.keras.layers import BatchNormalization, Conv2D, Dense, Dropout

try:
    import nengo_dl
except ImportError as error:
    raise SystemExit(f"{error}: write compat = true in [scripts], or take Python 3.11")

HERE = Path(__file__).resolve().parent
CHECKPOINT = HERE / "fine_tuned.checkpoint.npz"

SEED = 4
DT = 0.001  # s
EPOCHS = 2
BATCH_SIZE = 100
OPTIMIZER = partial(tf.optimizers.Adam, learning_rate=0.001)
PRESENTATION_STEPS = 100 + 3  # the last ones for the way to the output
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
    "scale": "unit",
    "batch_size": BATCH_SIZE,
    "optimizer": {"kind": OPTIMIZER.func.__name__.lower(), **OPTIMIZER.keywords},
    "gradient": {"kind": "rate"},
    "start": "imported",
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
    tf.keras.backend.experimental.enable_tf_random_generator()  # for dropout
    with nengo.Network(label="fine_tuned", seed=SEED) as net:
        # The Keras layers learn; the neurons' own biases, added after the gain, don't.
        nengo_dl.configure_settings(trainable=False, stateful=False, use_loop=False)
        # Signals that NengoDL merges by itself are copied as a whole in every step.
        nengo_dl.configure_settings(planner=nengo_dl.graph_optimizer.noop_planner)
        inp = nengo.Node(np.zeros(64))  # replaced by the items

        x = nengo_dl.Layer(Conv2D(4, 1, name="encoder"))(inp, shape_in=(8, 8, 1))
        encoder = nengo_dl.Layer(TRAINING_NEURONS)(x, label="encoder", **TUNING)

        x = nengo_dl.Layer(Conv2D(6, 3, strides=2, name="edges"))(
            encoder, shape_in=(8, 8, 4)
        )
        x = nengo_dl.Layer(BatchNormalization(name="edges_norm"))(x, shape_in=(3, 3, 6))
        edges = nengo_dl.Layer(TRAINING_NEURONS)(x, label="edges", **TUNING)

        x = nengo_dl.Layer(Dropout(0.1, name="dropout1"))(edges)
        x = nengo_dl.Layer(Dense(24, name="strokes"))(x)
        strokes = nengo_dl.Layer(TRAINING_NEURONS)(x, label="strokes", **TUNING)

        # No softmax: the loss applies it, and Loihi has none.
        output = nengo_dl.Layer(Dense(10, name="output"))(strokes)
        net.logits = nengo.Probe(output, label="logits")
    return net


def train(net, x, y, epochs, start, resume=False):
    """Train on single time steps; return the parameters of the network that runs."""
    training = describe_training(net, x, y, start)
    x, y = x[:, None], y[:, None, None]
    tf.keras.utils.set_random_seed(SEED)  # for the initial weights and dropout
    with nengo_dl.Simulator(net, **SIM) as sim:
        begin(net, start)
        optimizer = OPTIMIZER()
        sim.compile(
            optimizer=optimizer,
            loss=tf.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
            steps_per_execution=100,  # in one call of TensorFlow
        )
        optimizer.build(sim.keras_model.trainable_variables)
        variables = [*sim.keras_model.weights, *optimizer.variables]
        variables += dropout_states(net)
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


def load_start(path=HERE / "fine_tuned.params.npz"):
    """Return the imported weights that training starts from."""
    arrays = dict(np.load(path)) if path.exists() else {}
    start = {key: arrays[key] for key in sorted(arrays) if key.startswith("start.")}
    if not start:
        raise SystemExit(f"{path.name} has no imported weights: run snnc import")
    return start


def begin(net, start):
    """Give the Keras layers the weights that training starts from."""
    for node in net.nodes:
        if isinstance(node, nengo_dl.TensorNode):
            layer = node.tensor_func
            keys = [f"start.{layer.name}.{i}" for i in range(len(layer.weights))]
            layer.set_weights([start[key] for key in keys])


def describe_training(net, x, y, start):
    """Return what decides how a training goes, but for the number of epochs."""
    names = [
        "epsilon",
        "filters",
        "kernel_size",
        "momentum",
        "padding",
        "rate",
        "strides",
        "units",
        "use_bias",
    ]
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
        "start_digest": digest(*start.values()),
        "tensorflow": tf.__version__,
    }


def digest(*arrays):
    """Return what tells arrays from others."""
    content = b"".join(array.tobytes() for array in arrays)
    return hashlib.sha256(content).hexdigest()[:8]


def dropout_states(net):
    """Return the variables that decide what dropout draws next. Keras hides them."""
    layers = (getattr(node, "tensor_func", None) for node in net.nodes)
    layers = [layer for layer in layers if isinstance(layer, Dropout)]
    return [layer._random_generator._generator.state for layer in layers]


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
    into, params, biases = defaultdict(list), {}, {}
    for conn in net.connections:
        into[conn.post_obj].append(conn.pre_obj)
    ends = {ens.label: into[ens.neurons] for ens in net.ensembles}
    ends["output"] = [net.logits.target]
    # One kernel for several Keras layers: where a window starts, its height and width,
    # and the place of the output that looks through it.
    kernels = {"edges": ((0, 0), (3, 3), (0, 0))}
    for name, nodes in ends.items():
        biases[name] = 0
        for number, node in enumerate(nodes, 1):
            chain = []  # the Keras layers from the layer before to this one
            while isinstance(node, nengo_dl.TensorNode):
                chain.insert(0, node)
                (node,) = into[node]
            chain = [n for n in chain if not isinstance(n.tensor_func, Dropout)]
            key = name if number == 1 else f"{name}.{number}"
            if key in kernels:
                arrays, bias = fold_kernel(chain, *kernels[key])
            else:
                arrays, bias = fold(chain)
            params |= {f"{key}.{array}": value for array, value in arrays.items()}
            biases[name] = biases[name] + bias
    for ens in net.ensembles:
        tuning = ens.max_rates.options, ens.intercepts.options
        gain, bias = ens.neuron_type.gain_bias(*tuning)
        params[f"{ens.label}.gain"] = np.full(ens.n_neurons, gain)
        bias = bias + gain * biases[ens.label]
        # The bias of a channel is that of all its neurons.
        params[f"{ens.label}.bias"] = np.resize(bias, ens.n_neurons)
    params["output.bias"] = np.zeros(10) + biases["output"]
    return params


def fold(chain):
    """Return weights as Nengo has them, and the bias, of a Keras layer."""
    weights, *bias = chain[0].tensor_func.get_weights()
    if weights.ndim == 2:
        weights = weights.T
    return {"weights": weights}, bias[0] if bias else 0


def fold_kernel(chain, start, size, place):
    """Return the kernel that does at once what Keras layers do, and the bias."""
    (top, left), (height, width) = start, size
    before, after = chain[0].shape_in, chain[-1].shape_out
    inputs = np.arange(chain[0].size_in).reshape(before[0], -1, before[-1])
    inputs = inputs[top : top + height, left : left + width].ravel()
    bias = apply(chain, np.zeros((1, chain[0].size_in), np.float32))[0]
    responses = respond(chain, inputs) - bias
    responses = responses.reshape(len(inputs), after[0], -1, after[-1])
    kernel = responses[:, place[0], place[1]]
    return {"weights": kernel.reshape(*size, before[-1], -1)}, bias


def respond(chain, inputs):
    """Return what Keras layers make of single inputs that are 1, some at a time."""
    responses = []
    for start in range(0, len(inputs), 256):
        some = inputs[start : start + 256]
        x = np.zeros((len(some), chain[0].size_in), np.float32)
        x[np.arange(len(some)), some] = 1
        responses.append(apply(chain, x))
    return np.concatenate(responses)


def apply(chain, x):
    for node in chain:
        x = node.tensor_func(tf.reshape(x, (-1, *node.shape_in)))
    return x.numpy().reshape(len(x), -1)


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
    shift, scale = x_train.min(), x_train.max() - x_train.min()
    x_train, x_test = (x_train - shift) / scale, (x_test - shift) / scale
    network = build_network()
    start = load_start()
    params = train(network, x_train, y_train, args.epochs, start, args.resume)
    evaluate("rate neurons", network, x_test, y_test, steps=1)
    prepare_to_run(network)
    words = {f"{ens.label}.neurons": describe(ens) for ens in network.ensembles}
    spikes = [c for c in network.connections if isinstance(c.pre_obj, Neurons)]
    words["spikes"] = str([(c.pre_obj.ensemble.label, c.synapse) for c in spikes])
    words |= {
        "input.shift": shift,
        "input.scale": scale,
        "spec_file": "fine_tuned.toml",
    }
    np.savez_compressed(HERE / "fine_tuned.test.npz", x=x_held_out, y=y_test)
    training = describe_training(network, x_train, y_train, start)
    words["training"] = json.dumps({**training, "epochs": args.epochs}, sort_keys=True)
    save(HERE / "fine_tuned.params.npz", **params, **words, **start)
    CHECKPOINT.unlink(missing_ok=True)
    evaluate("spikes (fresh)", network, x_test, y_test, PRESENTATION_STEPS)
