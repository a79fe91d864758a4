"""Train the images network (64-128-256-72-32-24-10) with NengoDL.

    python images_train.py  # train, test, write images.params.npz
    python images_train.py --resume  # go on after a kill
    python images_loihi.py  # then run it on Loihi or its emulator

On Python 3.12 and later, `python -m snnc.compat` runs it instead of `python`.

Written by snnc from images.toml [76202008].
"""

import argparse
import hashlib
import io
import json
import math
import os
import warnings
from collections import defaultdict
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import nengo
import nengo_dl
import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits
from tensorflow.keras.layers import (
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
)

HERE = Path(__file__).resolve().parent
TEST = HERE / "images.test.npz"
PARAMS = HERE / "images.params.npz"
FIGURE = HERE / "images.nengo_dl.png"
CHECKPOINT = HERE / "images.checkpoint.npz"

SEED = 3
DT = 0.001  # s
EPOCHS = 3
BATCH_SIZE = 50
OPTIMIZER = partial(tf.optimizers.Adam, learning_rate=0.001)
PRESENTATION_STEPS = 100

MAX_RATE = 200  # Hz, for an input of 1
TUNING = {
    "max_rates": nengo.dists.Choice([MAX_RATE]),
    "intercepts": nengo.dists.Choice([0]),
}
# Trained on firing rates.
TRAINING_NEURONS = nengo.RectifiedLinear(amplitude=1 / MAX_RATE)
# Voltages start at zero, as on the chip; by itself Nengo draws them at random.
RUNNING_NEURONS = nengo.SpikingRectifiedLinear(
    amplitude=1 / MAX_RATE, initial_state={"voltage": nengo.dists.Choice([0])}
)

SYNAPSE = nengo.Lowpass(0.005)
PROBE_SYNAPSE = nengo.Alpha(0.01)

# What the parameters are trained for; for another network they mean something else.
SPEC = {
    "input": {"shape": [8, 8, 1]},
    "neurons": {
        "kind": "spiking_relu",
        "max_rate": 200,
        "intercept": 0,
        "amplitude": 0.005,
    },
    "layers": {
        "on_and_off": {
            "from": ["input"],
            "units": 128,
            "through": {"on_and_off": {"kind": "on_off"}},
        },
        "edges": {
            "from": ["on_and_off"],
            "units": 256,
            "through": {
                "edges": {"kind": "conv2d", "kernel_size": [3, 3], "padding": "same"}
            },
        },
        "shapes": {
            "from": ["edges"],
            "units": 72,
            "through": {
                "avg_pool2d1": {
                    "kind": "avg_pool2d",
                    "pool_size": [2, 2],
                    "strides": [2, 2],
                },
                "shapes": {"kind": "conv2d", "kernel_size": [2, 2]},
            },
        },
        "patches": {
            "from": ["edges"],
            "units": 32,
            "through": {
                "avg_pool2d2": {
                    "kind": "avg_pool2d",
                    "pool_size": [3, 2],
                    "strides": [2, 2],
                    "padding": "same",
                },
                "patches": {
                    "kind": "conv2d",
                    "kernel_size": [2, 1],
                    "strides": [1, 2],
                    "padding": "same",
                },
            },
        },
        "hidden": {
            "from": ["shapes"],
            "units": 24,
            "through": {
                "avg_pool2d3": {
                    "kind": "avg_pool2d",
                    "pool_size": [2, 2],
                    "strides": [2, 2],
                },
            },
        },
    },
    "output": {"from": ["hidden", "patches"], "classes": 10},
}
# What else a checkpoint belongs to.
TRAINING = {
    "seed": SEED,
    "dt": DT,
    "scale": "signed",
    "batch_size": BATCH_SIZE,
    "optimizer": {"kind": OPTIMIZER.func.__name__.lower(), **OPTIMIZER.keywords},
    "gradient": {"kind": "rate"},
    "operators": {
        "edges_norm": {"kind": "batch_norm", "momentum": 0.99, "epsilon": 0.001},
        "batch_norm1": {"kind": "batch_norm", "momentum": 0.99, "epsilon": 0.001},
        "dropout1": {"kind": "dropout", "rate": 0.1},
        "patches": {
            "kind": "conv2d",
            "window": [2, 1],
            "strides": [1, 2],
            "padding": "same",
            "filters": 4,
            "use_bias": False,
        },
        "hidden_norm": {"kind": "batch_norm", "momentum": 0.99, "epsilon": 0.001},
        "output_2": {"kind": "dense", "units": 10, "use_bias": False},
    },
}

# Which Keras layers, in order, lead to which weights.
CHAINS = {
    "hidden.weights": ["avg_pool2d3", "hidden", "hidden_norm"],
    "output.weights.hidden": ["output"],
    "output.weights.patches": ["output_2"],
}
# Those that become one kernel, and where it is read: where a window starts, its height
# and width, and the place of the output that looks through it.
KERNELS = {
    "on_and_off.weights": (["on_and_off"], (0, 0), (1, 1), (0, 0)),
    "edges.weights": (["edges", "edges_norm"], (0, 0), (3, 3), (1, 1)),
    "shapes.weights": (
        ["avg_pool2d1", "batch_norm1", "shapes"],
        (0, 0),
        (4, 4),
        (0, 0),
    ),
}
# Those that become weights here and there.
SCATTERED = {"patches.weights": ["avg_pool2d2", "patches"]}

# NengoDL builds the Keras layers anew for every simulator, then restores their weights.
warnings.filterwarnings("ignore", message="The initializer .* is unseeded")
warnings.filterwarnings("ignore", message="No GPU support detected")


def load_data(path=None):
    """Return items and labels to train and to test on, and which items are held out."""
    x, y = load_digits(return_X_y=True)
    data = np.load(path) if path else {"x": x, "y": y}
    if "x" not in data:  # a file that comes split
        train = numbers(data, "x_train", "y_train")
        test = numbers(data, "x_test", "y_test")
        return *train, *test, np.arange(len(test[0]))
    x, y = numbers(data, "x", "y")
    order = np.random.RandomState(SEED).permutation(len(x))
    n_test = math.ceil(0.2 * len(x))
    test, train = order[:n_test], order[n_test:]
    return x[train], y[train], x[test], y[test], test


def numbers(data, x_name, y_name):
    """Return items as flat floats and labels as integers, if they can be used."""
    x, y = data[x_name], data[y_name].ravel()
    if x.size != 64 * len(x):
        raise ValueError(f"'{x_name}' has shape {x.shape}, not 64 values an item")
    if len(x) != len(y):
        raise ValueError(f"'{x_name}' has {len(x)} items, '{y_name}' {len(y)} labels")
    x = x.reshape(-1, 64).astype(float)
    finite, fits = np.isfinite(x).all(axis=1), np.isin(y, np.arange(10))
    if not finite.all():
        raise ValueError(f"item {finite.argmin()} of '{x_name}' is not finite")
    if not fits.all():
        at = f"label {fits.argmin()} of '{y_name}'"
        raise ValueError(f"{at} is not a whole number from 0 to 9")
    return x, y.astype(np.int64)


def fit_scaling(x):
    """Return shift and scale of the training items: (x - shift) / scale is shown."""
    return (x.max() + x.min()) / 2, (x.max() - x.min()) / 2


def digest(x, y):
    """Return what tells held-out items and labels from others."""
    return hashlib.sha256(x.tobytes() + y.tobytes()).hexdigest()[:8]


class OnOff(tf.keras.layers.Layer):
    """Every value, then the negative of every value, channel by channel."""

    def call(self, x):
        return tf.concat([x, -x], axis=-1)


def build_network():
    """Return the network that is trained: rates, single time steps, no synapses."""
    with nengo.Network(label="images", seed=SEED) as net:
        # The Keras layers learn, the neurons' own biases don't: those are added after
        # the gain, where an optimiser's steps are too small to matter.
        nengo_dl.configure_settings(trainable=False, stateful=False)
        # No loop over time for single time steps: that halves the run time.
        nengo_dl.configure_settings(use_loop=False)
        # Signals that NengoDL merges by itself are copied as a whole in every step.
        nengo_dl.configure_settings(planner=nengo_dl.graph_optimizer.noop_planner)

        inp = nengo.Node(np.zeros(64))  # replaced by the items

        x = nengo_dl.Layer(OnOff(name="on_and_off"))(inp, shape_in=(8, 8, 1))
        on_and_off = nengo_dl.Layer(TRAINING_NEURONS)(x, label="on_and_off", **TUNING)

        x = nengo_dl.Layer(Conv2D(4, 3, padding="same", name="edges"))(
            on_and_off, shape_in=(8, 8, 2)
        )
        x = nengo_dl.Layer(BatchNormalization(name="edges_norm"))(x, shape_in=(8, 8, 4))
        edges = nengo_dl.Layer(TRAINING_NEURONS)(x, label="edges", **TUNING)

        x = nengo_dl.Layer(AveragePooling2D(2, name="avg_pool2d1"))(
            edges, shape_in=(8, 8, 4)
        )
        x = nengo_dl.Layer(BatchNormalization(name="batch_norm1"))(
            x, shape_in=(4, 4, 4)
        )
        x = nengo_dl.Layer(Conv2D(8, 2, name="shapes"))(x, shape_in=(4, 4, 4))
        shapes = nengo_dl.Layer(TRAINING_NEURONS)(x, label="shapes", **TUNING)

        x = nengo_dl.Layer(
            AveragePooling2D((3, 2), strides=2, padding="same", name="avg_pool2d2")
        )(edges, shape_in=(8, 8, 4))
        x = nengo_dl.Layer(Dropout(0.1, name="dropout1"))(x)
        x = nengo_dl.Layer(
            Conv2D(
                4,
                (2, 1),
                strides=(1, 2),
                padding="same",
                use_bias=False,
                name="patches",
            ),
        )(x, shape_in=(4, 4, 4))
        patches = nengo_dl.Layer(TRAINING_NEURONS)(x, label="patches", **TUNING)

        x = nengo_dl.Layer(AveragePooling2D(2, name="avg_pool2d3"))(
            shapes, shape_in=(3, 3, 8)
        )
        x = nengo_dl.Layer(Dense(24, name="hidden"))(x)
        x = nengo_dl.Layer(BatchNormalization(name="hidden_norm"))(x)
        hidden = nengo_dl.Layer(TRAINING_NEURONS)(x, label="hidden", **TUNING)

        # No softmax: the loss applies it, and Loihi has none.
        output = nengo.Node(size_in=10, label="output")
        x = nengo_dl.Layer(Dense(10, name="output"))(hidden)
        nengo.Connection(x, output, synapse=None)
        x = nengo_dl.Layer(Dense(10, use_bias=False, name="output_2"))(patches)
        nengo.Connection(x, output, synapse=None)
        net.logits = nengo.Probe(output, label="logits")
        net.spikes = []

    return net


def train(net, x, y, epochs, resume=False):
    """Train on single time steps; return the parameters of the network that runs."""
    training = describe_training(x, y)
    x, y = x[:, None], y[:, None, None]
    whole_batches = len(x) // BATCH_SIZE * BATCH_SIZE

    tf.keras.utils.set_random_seed(SEED)  # for the initial weights
    with simulator(net) as sim:
        optimizer = OPTIMIZER()
        sim.compile(
            optimizer=optimizer,
            loss=tf.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
        )
        optimizer.build(sim.keras_model.trainable_variables)
        variables = [*sim.keras_model.weights, *optimizer.variables]
        history = load_checkpoint(variables, training) if resume else []
        if len(history) > epochs:
            raise SystemExit(f"{CHECKPOINT.name} is at epoch {len(history)} already")
        for epoch in range(len(history), epochs):
            # Seeded epoch by epoch, and shuffled anew before whole batches are cut.
            seed = 1000 * SEED + epoch + 1
            tf.keras.utils.set_random_seed(seed)
            order = np.random.RandomState(seed).permutation(len(x))[:whole_batches]
            fitted = sim.fit(x[order], y[order], shuffle=False, verbose=0).history
            loss, accuracy = fitted["loss"][0], fitted["logits_accuracy"][0]
            if not np.isfinite(loss):
                raise SystemExit(f"the loss is {loss}: lower the learning rate")
            print(f"epoch {epoch + 1:3}: loss {loss:.4f}, accuracy {accuracy:.1%}")
            history.append((loss, accuracy))
            values = [variable.numpy() for variable in variables]
            save(CHECKPOINT, *values, history=history, training=json.dumps(training))
        return collect_params(net)


def describe_training(x, y):
    """Return what decides how a training goes, but for the number of epochs."""
    return {**SPEC, **TRAINING, "data": digest(x, y), "tensorflow": tf.__version__}


def load_checkpoint(variables, training):
    """Set a network and its optimiser to where a training was; return its history."""
    if not CHECKPOINT.exists():
        print(f"there is no {CHECKPOINT.name}: training starts from the beginning")
        return []
    checkpoint = load(CHECKPOINT, "training", training)
    for index, variable in enumerate(variables):
        variable.assign(checkpoint[f"arr_{index}"])
    return checkpoint["history"].tolist()


def load(path, key, wanted):
    """Return the arrays of a .npz file, if it was written for what is wanted."""
    try:
        with np.load(path) as file:
            arrays = dict(file)
        theirs = json.loads(str(arrays[key]))
        changed = list(differences(theirs, wanted))
    except Exception as error:
        raise SystemExit(f"{path.name} is damaged: train anew") from error
    if changed:
        why = f"{path.name} is for another {key}: train anew"
        raise SystemExit("\n  ".join([why, *changed]))
    return arrays


def differences(theirs, ours, path=""):
    """Yield what differs between nested dicts, by name."""
    for key in sorted(theirs.keys() | ours.keys()):
        there, here = theirs.get(key), ours.get(key)
        if isinstance(there, dict) and isinstance(here, dict):
            yield from differences(there, here, f"{path}{key}.")
        elif there != here:
            yield f"{path}{key}: {there} there, {here} here"


def simulator(net):
    return nengo_dl.Simulator(
        net, dt=DT, minibatch_size=BATCH_SIZE, seed=SEED, progress_bar=False
    )


def prepare_to_run(net):
    """Replace the neurons trained with by those that run, and filter their spikes."""
    for ens in net.ensembles:
        ens.neuron_type = RUNNING_NEURONS
    for conn in net.connections:
        if isinstance(conn.pre_obj, nengo.ensemble.Neurons):
            conn.synapse = SYNAPSE
    net.logits.synapse = PROBE_SYNAPSE
    with net:
        nengo_dl.configure_settings(use_loop=True)
        net.spikes = [
            nengo.Probe(ens.neurons, label=ens.label) for ens in net.ensembles
        ]


def evaluate(net, x, steps):
    """Show each item for some steps, from a cleared state.

    Returns the logits and each layer's firing rates, in hertz.
    """
    logits = np.empty((len(x), 10))
    rates = {probe.label: np.zeros(probe.size_in) for probe in net.spikes}
    with simulator(net) as sim:
        for start in range(0, len(x), BATCH_SIZE):
            batch = slice(start, start + BATCH_SIZE)
            # The last batch is filled up with items that are shown twice.
            items = np.resize(x[batch], (BATCH_SIZE, x.shape[1]))
            data = sim.predict(np.repeat(items[:, None], steps, axis=1), verbose=0)
            n_items = len(x[batch])
            logits[batch] = data[net.logits][:n_items, -1]
            for probe in net.spikes:
                # A spike counts amplitude / dt.
                amplitude = probe.target.ensemble.neuron_type.amplitude
                outputs = data[probe][:n_items].mean(axis=1, dtype=float)
                rates[probe.label] += outputs.sum(axis=0) / amplitude / len(x)
    return logits, rates


def collect_params(net):
    """Return each layer's weights, and its gain and bias as nengo.Ensemble has them."""
    nodes = {
        node.tensor_func.name: node
        for node in net.nodes
        if isinstance(node, nengo_dl.TensorNode)
    }
    folded = {}
    for key, names in CHAINS.items():
        folded[key] = fold([nodes[name] for name in names])
    for key, (names, *window) in KERNELS.items():
        folded[key] = fold_kernel([nodes[name] for name in names], *window)
    params, biases = {}, defaultdict(float)
    for key, (weights, bias) in folded.items():
        target = key.split(".")[0]
        params[key], biases[target] = weights, biases[target] + bias
    for key, names in SCATTERED.items():
        arrays, bias = fold_scattered([nodes[name] for name in names])
        target = key.split(".")[0]
        params |= {key.replace("weights", name): arrays[name] for name in arrays}
        biases[target] = biases[target] + bias
    for ens in net.ensembles:
        gain, bias = ens.neuron_type.gain_bias(
            ens.max_rates.options, ens.intercepts.options
        )
        params[f"{ens.label}.gain"] = np.full(ens.n_neurons, gain)
        # The bias of a channel is that of all its neurons.
        params[f"{ens.label}.bias"] = np.resize(
            bias + gain * biases[ens.label], ens.n_neurons
        )
    params["output.bias"] = np.zeros(10) + biases["output"]
    return params


def fold(nodes):
    """Return weights and bias that do at once what Keras layers do in turn."""
    layer = nodes[0].tensor_func
    if len(nodes) == 1:
        weights, *bias = layer.get_weights()
        weights = weights if isinstance(layer, Conv2D) else weights.T
        return weights, bias[0] if bias else 0
    bias = apply(nodes, np.zeros((1, nodes[0].size_in), np.float32))[0]
    return (responses(nodes, range(nodes[0].size_in)) - bias).T, bias


def fold_kernel(nodes, start, size, place):
    """Return the kernel that does at once what Keras layers do, and the bias."""
    (top, left), (height, width) = start, size
    inputs = np.arange(nodes[0].size_in).reshape(nodes[0].shape_in)
    inputs = inputs[top : top + height, left : left + width].ravel()
    bias = apply(nodes, np.zeros((1, nodes[0].size_in), np.float32))[0]
    found = (responses(nodes, inputs) - bias).reshape(-1, *nodes[-1].shape_out)
    return found[:, place[0], place[1]].reshape(*size, nodes[0].shape_in[-1], -1), bias


def fold_scattered(nodes):
    """Return the weights that aren't zero with where they stand, and the bias."""
    bias = apply(nodes, np.zeros((1, nodes[0].size_in), np.float32))[0]
    found = responses(nodes, range(nodes[0].size_in)) - bias
    column, row = found.nonzero()
    return {"weights": found[column, row], "row": row, "column": column}, bias


def responses(nodes, inputs):
    """Return what Keras layers make of single inputs that are 1, some at a time."""
    found = []
    for start in range(0, len(inputs), 256):
        some = inputs[start : start + 256]
        x = np.zeros((len(some), nodes[0].size_in), np.float32)
        x[np.arange(len(some)), some] = 1
        found.append(apply(nodes, x))
    return np.concatenate(found)


def apply(nodes, x):
    for node in nodes:
        x = node.tensor_func(tf.reshape(x, (-1, *node.shape_in)))
    return x.numpy().reshape(len(x), -1)


def report(name, logits, labels):
    """Print the accuracy with its 95 % confidence interval (Wilson)."""
    correct = logits.argmax(axis=1) == labels
    n, p, z2 = len(labels), correct.mean(), 1.96**2
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = np.sqrt(p * (1 - p) * z2 / n + (z2 / (2 * n)) ** 2) / (1 + z2 / n)
    print(f"{name}: {p:.1%} ({centre - half:.1%} to {centre + half:.1%}, n = {n})")


def report_rates(rates):
    """Print how often each layer fires; one that never does is an error."""
    for name, hertz in rates.items():
        silent = np.mean(hertz == 0)
        print(f"  {name}: {hertz.mean():.0f} Hz, {silent:.0%} of the neurons silent")
        if silent == 1:
            raise SystemExit(f"{name} never fires: nothing gets through it")


def plot(net, labels, logits, rates):
    """Draw tuning curves, firing rates and answers."""
    from matplotlib.figure import Figure  # only who plots needs it

    fig = Figure((15, 5), layout="constrained")
    fig.suptitle(f"{net.label}, nengo_dl (fresh): {len(labels)} items")
    axes = fig.subplots(1, 3)
    plot_tuning(
        axes[0], "all layers", "#0072B2", TUNING, TRAINING_NEURONS, RUNNING_NEURONS
    )
    plot_rates(axes[1], rates)
    plot_answers(axes[2], labels, logits.argmax(axis=1))
    unfinished = FIGURE.with_name(f".{FIGURE.stem}.{os.getpid()}.part.png")
    fig.savefig(unfinished, dpi=100)
    unfinished.replace(FIGURE)  # its name never holds half of it
    print(f"wrote {FIGURE.name}")


def plot_tuning(ax, name, colour, tuning, trained, running):
    """Draw how fast neurons fire for an input: those trained, and those that run."""
    gain, bias = trained.gain_bias(
        tuning["max_rates"].options, tuning["intercepts"].options
    )
    x = np.linspace(-1, 1, 201)
    for neurons, use, line in ((trained, "trained", "-"), (running, "running", "--")):
        hertz = neurons.rates(x, gain, bias) / neurons.amplitude
        label = f"{name}: {type(neurons).__name__}, {use}"
        ax.plot(x, hertz.ravel(), line, color=colour, label=label)
    ax.set(title="tuning curves", xlabel="input of a neuron, without its bias")
    ax.set_ylabel("firing rate, Hz")
    ax.legend(fontsize="small")


def plot_rates(ax, rates):
    """Draw a dot for each neuron and a bar for the mean of each layer."""
    for row, hertz in enumerate(rates.values()):
        heights = row + np.linspace(-0.3, 0.3, len(hertz))
        ax.plot(hertz, heights, ".", markersize=3, color="#0072B2")
        ax.plot([hertz.mean()] * 2, [row - 0.4, row + 0.4], color="black")
    names = [f"{name}\n{hertz.mean():.0f} Hz" for name, hertz in rates.items()]
    ax.set(title="firing rates of neurons, and their mean", xlabel="firing rate, Hz")
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.5, -0.5)


def plot_answers(ax, labels, answers):
    """Draw how many items of each class got which answer."""
    counts = np.zeros((10, 10), dtype=int)
    np.add.at(counts, (labels, answers), 1)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    right = np.mean(labels == answers)
    ax.set_title(f"answers to {len(labels)} items, {right:.1%} right")
    ax.set(xlabel="answer", ylabel="class")
    ax.set_xticks(range(10))
    ax.set_yticks(range(10))
    for (row, column), count in np.ndenumerate(counts):
        colour = "white" if shares[row, column] > 0.5 else "black"
        ax.text(column, row, count or "", ha="center", va="center", color=colour)


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


def positive(text):
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=positive, default=EPOCHS)
    parser.add_argument("--items", type=positive, help="test items (default: all)")
    parser.add_argument("--data", type=Path, help="a .npz file of your own")
    parser.add_argument("--resume", action="store_true", help="after it was killed")
    parser.add_argument("--plot", action="store_true", help=f"draw {FIGURE.name}")
    args = parser.parse_args()
    if args.plot and find_spec("matplotlib") is None:
        parser.error("--plot needs Matplotlib: pip install 'matplotlib>=3.8'")
    if args.data and not args.data.exists():
        raise SystemExit(f"there is no {args.data}")
    if not os.access(HERE, os.W_OK):
        raise SystemExit(f"can't write to {HERE}")
    if CHECKPOINT.exists() and not args.resume:
        print(f"from the beginning; --resume would go on from {CHECKPOINT.name}")

    try:
        x_train, y_train, x_test, y_test, test = load_data(args.data)
    except Exception as error:
        raise SystemExit(f"can't use {args.data or 'the data'}: {error}") from error
    if len(x_train) < BATCH_SIZE:
        raise SystemExit(f"{len(x_train)} items to train on are fewer than a batch")
    shift, scale = fit_scaling(x_train)
    x_train = (x_train - shift) / scale
    net = build_network()
    params = train(net, x_train, y_train, args.epochs, args.resume)
    training = {**describe_training(x_train, y_train), "epochs": args.epochs}
    params["input.shift"], params["input.scale"] = shift, scale
    params["test.index"], params["test.digest"] = test, digest(x_test, y_test)
    params["spec_file"] = "images.toml"
    versions = {m.__name__: m.__version__ for m in (nengo, nengo_dl, np, tf)}
    params["spec"] = json.dumps(SPEC, sort_keys=True)
    params["training"] = json.dumps(training, sort_keys=True)
    params["versions"] = json.dumps(versions)
    save(TEST, x=x_test, y=y_test)  # for the Loihi script, which reads files alone
    save(PARAMS, **params)
    CHECKPOINT.unlink(missing_ok=True)

    x_test, y_test = (x_test[: args.items] - shift) / scale, y_test[: args.items]
    logits, _ = evaluate(net, x_test, steps=1)
    report("rate neurons", logits, y_test)
    prepare_to_run(net)
    logits, rates = evaluate(net, x_test, PRESENTATION_STEPS)
    report("spikes (fresh)", logits, y_test)
    report_rates(rates)
    if args.plot:
        plot(net, y_test, logits, rates)


if __name__ == "__main__":
    main()
