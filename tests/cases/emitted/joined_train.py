"""Train the joined network (64-192-128-256-216-12-216-20-10) with NengoDL.

Written by snnc from joined.toml [790bf8d1].
"""

import argparse
import warnings
from collections import defaultdict
from pathlib import Path

import nengo
import numpy as np
import tensorflow as tf
from nengo.dists import Choice
from nengo.ensemble import Neurons
from scipy.stats import binomtest
from sklearn.datasets import load_digits
from tensorflow.keras.layers import (
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
)

try:
    import nengo_dl
except ImportError as error:
    raise SystemExit(f"{error}: write compat = true in [scripts], or take Python 3.11")

HERE = Path(__file__).resolve().parent

SEED = 6
DT = 0.001  # s
EPOCHS = 3
BATCH_SIZE = 50
PRESENTATION_STEPS = 50 + 3  # the last ones for the way to the output
READ_STEPS = 25  # the answer is the mean of the last ones

MAX_RATE = 300  # Hz, for an input of 1
TUNING = {"max_rates": Choice([MAX_RATE]), "intercepts": Choice([0])}
# Trained on firing rates.
TRAINING_NEURONS = nengo.RectifiedLinear(amplitude=1 / MAX_RATE)
# Voltages start at zero, as on the chip; by itself Nengo draws them at random.
RUNNING_NEURONS = nengo.SpikingRectifiedLinear(
    amplitude=1 / MAX_RATE, initial_state={"voltage": Choice([0])}
)

SYNAPSE = nengo.Lowpass(0.002)
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


class Place(tf.keras.layers.Layer):
    """Values with channels of zeros around theirs: a sum of such is a concatenation."""

    def __init__(self, before, behind, **settings):
        super().__init__(**settings)
        self.channels = [before, behind]

    def call(self, x):
        return tf.pad(x, [[0, 0]] * (len(x.shape) - 1) + [self.channels])

    def get_config(self):
        before, behind = self.channels
        return {**super().get_config(), "before": before, "behind": behind}


def build_network():
    """Return the network that is trained: rates, single time steps, no synapses."""
    tf.keras.backend.experimental.enable_tf_random_generator()  # for dropout
    with nengo.Network(label="joined", seed=SEED) as net:
        # The Keras layers learn; the neurons' own biases, added after the gain, don't.
        nengo_dl.configure_settings(trainable=False, stateful=False, use_loop=False)
        # Signals that NengoDL merges by itself are copied as a whole in every step.
        nengo_dl.configure_settings(planner=nengo_dl.graph_optimizer.noop_planner)
        inp = nengo.Node(np.zeros(64))  # replaced by the items

        x = nengo_dl.Layer(Conv2D(3, 3, padding="same", name="encoder"))(
            inp, shape_in=(8, 8, 1)
        )
        encoder = nengo_dl.Layer(TRAINING_NEURONS)(x, label="encoder", **TUNING)

        x = nengo_dl.Layer(Conv2D(2, 1, name="small"))(encoder, shape_in=(8, 8, 3))
        small = nengo_dl.Layer(TRAINING_NEURONS)(x, label="small", **TUNING)

        x = nengo_dl.Layer(Conv2D(4, 3, padding="same", name="large"))(
            encoder, shape_in=(8, 8, 3)
        )
        large = nengo_dl.Layer(TRAINING_NEURONS)(x, label="large", **TUNING)

        joined = nengo.Node(size_in=384)
        x = nengo_dl.Layer(Place(0, 4, name="concatenate1"))(small, shape_in=(8, 8, 2))
        nengo.Connection(x, joined, synapse=None)
        x = nengo_dl.Layer(Place(2, 0, name="concatenate1_2"))(
            large, shape_in=(8, 8, 4)
        )
        nengo.Connection(x, joined, synapse=None)
        x = nengo_dl.Layer(Conv2D(6, 3, name="both"))(joined, shape_in=(8, 8, 6))
        x = nengo_dl.Layer(BatchNormalization(name="both_norm"))(x, shape_in=(6, 6, 6))
        both = nengo_dl.Layer(TRAINING_NEURONS)(x, label="both", **TUNING)

        joined = nengo.Node(size_in=640)
        x = nengo_dl.Layer(Place(0, 6, name="again"))(large, shape_in=(8, 8, 4))
        nengo.Connection(x, joined, synapse=None)
        x = nengo_dl.Layer(Place(0, 4, name="concatenate1_3"))(
            small, shape_in=(8, 8, 2)
        )
        x = nengo_dl.Layer(Place(4, 0, name="again_2"))(x, shape_in=(8, 8, 6))
        nengo.Connection(x, joined, synapse=None)
        x = nengo_dl.Layer(Place(2, 0, name="concatenate1_4"))(
            large, shape_in=(8, 8, 4)
        )
        x = nengo_dl.Layer(Place(4, 0, name="again_3"))(x, shape_in=(8, 8, 6))
        nengo.Connection(x, joined, synapse=None)
        x = nengo_dl.Layer(AveragePooling2D(2, name="avg_pool2d1"))(
            joined, shape_in=(8, 8, 10)
        )
        x = nengo_dl.Layer(Dropout(0.1, name="dropout1"))(x)
        x = nengo_dl.Layer(Dense(12, name="left"))(x)
        left = nengo_dl.Layer(TRAINING_NEURONS)(x, label="left", **TUNING)

        joined = nengo.Node(size_in=384)
        x = nengo_dl.Layer(Place(0, 4, name="concatenate1_5"))(
            small, shape_in=(8, 8, 2)
        )
        nengo.Connection(x, joined, synapse=None)
        x = nengo_dl.Layer(Place(2, 0, name="concatenate1_6"))(
            large, shape_in=(8, 8, 4)
        )
        nengo.Connection(x, joined, synapse=None)
        x = nengo_dl.Layer(Conv2D(6, 3, name="sum"))(joined, shape_in=(8, 8, 6))
        sum = nengo_dl.Layer(TRAINING_NEURONS)(x, label="sum", **TUNING)
        x = nengo_dl.Layer(Conv2D(6, 3, use_bias=False, name="sum_2"))(
            small, shape_in=(8, 8, 2)
        )
        nengo.Connection(x, sum, synapse=None)

        x = nengo_dl.Layer(Place(0, 8, name="halves"))(left)
        rows = nengo_dl.Layer(TRAINING_NEURONS)(x, label="rows", **TUNING)
        x = nengo_dl.Layer(Dense(8, name="right"))(both)
        x = nengo_dl.Layer(Place(12, 0, name="halves_2"))(x)
        nengo.Connection(x, rows, synapse=None)

        # No softmax: the loss applies it, and Loihi has none.
        output = nengo.Node(size_in=10, label="output")
        x = nengo_dl.Layer(Dense(10, name="output"))(rows)
        nengo.Connection(x, output, synapse=None)
        x = nengo_dl.Layer(Dense(10, use_bias=False, name="output_2"))(sum)
        nengo.Connection(x, output, synapse=None)
        net.logits = nengo.Probe(output, label="logits")
    return net


def train(net, x, y, epochs):
    """Train on single time steps; return the parameters of the network that runs."""
    x, y = x[:, None], y[:, None, None]
    tf.keras.utils.set_random_seed(SEED)  # for the initial weights and dropout
    with nengo_dl.Simulator(net, **SIM) as sim:
        wake(net)
        sim.compile(
            optimizer=tf.optimizers.Adam(learning_rate=0.001),
            loss=tf.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
            steps_per_execution=100,  # in one call of TensorFlow
        )
        for epoch in range(epochs):
            rng = np.random.RandomState(1000 * SEED + epoch + 1)
            order = rng.permutation(len(x))[: len(x) // BATCH_SIZE * BATCH_SIZE]
            fitted = sim.fit(x[order], y[order], shuffle=False, verbose=0).history
            loss, accuracy = fitted["loss"][0], fitted["logits_accuracy"][0]
            if not np.isfinite(loss):
                raise SystemExit(f"the loss is {loss}: lower the learning rate")
            print(f"epoch {epoch + 1:3}: loss {loss:.4f}, accuracy {accuracy:.1%}")
        return collect_params(net)


def wake(net):
    """Turn units around whose weights are all negative: on values that never are,
    they would start silent, and a silent neuron has no slope to learn by."""
    for node in net.nodes:
        layer = getattr(node, "tensor_func", None)
        if getattr(layer, "name", None) == "small":
            kernel, *bias = layer.get_weights()
            silent = (kernel <= 0).all(axis=tuple(range(kernel.ndim - 1)))
            layer.set_weights([np.where(silent, -kernel, kernel), *bias])


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
    ends["output"] = into[net.logits.target]
    # One kernel for several Keras layers: where a window starts, its height and width,
    # and the place of the output that looks through it.
    kernels = {
        "both": ((0, 0), (3, 3), (0, 0)),
        "both.2": ((0, 0), (3, 3), (0, 0)),
        "sum": ((0, 0), (3, 3), (0, 0)),
        "sum.2": ((0, 0), (3, 3), (0, 0)),
    }
    # Weights here and there for several Keras layers.
    sparse = ["rows"]
    # How many Keras layers read what is joined.
    shared = {"both.2": 2, "left.2": 2, "left.3": 2, "sum.2": 1}
    sizes = {"output": 10} | {ens.label: ens.n_neurons for ens in net.ensembles}
    for name, nodes in ends.items():
        biases[name] = 0
        chains = [chain for node in nodes for chain in chains_to(node, into)]
        for number, chain in enumerate(chains, 1):
            chain = [n for n in chain if not isinstance(n.tensor_func, Dropout)]
            key = name if number == 1 else f"{name}.{number}"
            if key in kernels:
                arrays, bias = fold_kernel(chain, *kernels[key])
            elif key in sparse:
                arrays, bias = fold_sparse(chain)
            else:
                arrays, bias = fold(chain)
            params |= {f"{key}.{array}": value for array, value in arrays.items()}
            if key in shared:
                # The first of those that are joined has brought this bias.
                behind = chain[-shared[key] :]
                zeros = np.zeros((1, behind[0].size_in), np.float32)
                bias = bias - apply(behind, zeros)[0]
            # The bias of a channel is that of all its neurons.
            biases[name] = biases[name] + np.resize(bias, sizes[name])
    for ens in net.ensembles:
        tuning = ens.max_rates.options, ens.intercepts.options
        gain, bias = ens.neuron_type.gain_bias(*tuning)
        params[f"{ens.label}.gain"] = np.full(ens.n_neurons, gain)
        bias = bias + gain * biases[ens.label]
        params[f"{ens.label}.bias"] = np.full(ens.n_neurons, bias)
    params["output.bias"] = np.zeros(10) + biases["output"]
    return params


def chains_to(node, into):
    """Return the Keras layers from each layer before to a node."""
    if isinstance(node, Neurons) or not into[node]:
        return [[]]
    own = [node] if isinstance(node, nengo_dl.TensorNode) else []
    chains = [chain for before in into[node] for chain in chains_to(before, into)]
    return [[*chain, *own] for chain in chains]


def fold(chain):
    """Return weights as Nengo has them, and the bias, of some Keras layers."""
    if len(chain) > 1:
        bias = apply(chain, np.zeros((1, chain[0].size_in), np.float32))[0]
        responses = respond(chain, range(chain[0].size_in))
        return {"weights": (responses - bias).T}, bias
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


def fold_sparse(chain):
    """Return the weights that aren't zero with where they stand, and the bias."""
    bias = apply(chain, np.zeros((1, chain[0].size_in), np.float32))[0]
    responses = respond(chain, range(chain[0].size_in)) - bias
    column, row = responses.nonzero()
    return {"weights": responses[column, row], "row": row, "column": column}, bias


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


def describe(ens):
    """Return a layer in words: the parameters of another one mean something else."""
    neurons = ens.neuron_type
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
    args = parser.parse_args()
    if args.data and not args.data.exists():
        parser.error(f"there is no {args.data}")

    x_train, y_train, x_held_out, y_test = load_data(args.data)
    x_train, x_test = x_train.astype(float), x_held_out.astype(float)
    shift, scale = x_train.min(), x_train.max() - x_train.min()
    x_train, x_test = (x_train - shift) / scale, (x_test - shift) / scale
    network = build_network()
    params = train(network, x_train, y_train, args.epochs)
    evaluate("rate neurons", network, x_test, y_test, steps=1)
    prepare_to_run(network)
    words = {f"{ens.label}.neurons": describe(ens) for ens in network.ensembles}
    spikes = [c for c in network.connections if isinstance(c.pre_obj, Neurons)]
    words["spikes"] = str([(c.pre_obj.ensemble.label, c.synapse) for c in spikes])
    words |= {"input.shift": shift, "input.scale": scale, "spec_file": "joined.toml"}
    np.savez_compressed(HERE / "joined.test.npz", x=x_held_out, y=y_test)
    np.savez(HERE / "joined.params.npz", **params, **words)
    evaluate("spikes (fresh)", network, x_test, y_test, PRESENTATION_STEPS)
