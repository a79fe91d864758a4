"""Train the mnist_parallel network (784-784-1014-864-784-1014-864-10) with NengoDL.

Written by snnc from mnist_parallel.toml [d5f658a5].
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
from tensorflow.keras.layers import Conv2D, Dense

try:
    import nengo_dl
except ImportError as error:
    raise SystemExit(f"{error}: write compat = true in [scripts], or take Python 3.11")

HERE = Path(__file__).resolve().parent

SEED = 2
DT = 0.001  # s
EPOCHS = 5
BATCH_SIZE = 200
ITEMS_AT_ONCE = 93  # evaluated; the spikes of more take much memory
PRESENTATION_STEPS = 100

MAX_RATE = 100  # Hz, for an input of 1
TUNING = {"max_rates": Choice([MAX_RATE]), "intercepts": Choice([0])}
# Trained on firing rates.
TRAINING_NEURONS = nengo.RectifiedLinear(amplitude=0.01)
# Voltages start at zero, as on the chip; by itself Nengo draws them at random.
RUNNING_NEURONS = nengo.SpikingRectifiedLinear(
    amplitude=0.01, initial_state={"voltage": Choice([0])}
)

SYNAPSE = nengo.Lowpass(0.005)
PROBE_SYNAPSE = nengo.Alpha(0.01)
SIM = {"dt": DT, "seed": SEED, "minibatch_size": BATCH_SIZE, "progress_bar": False}
# NengoDL builds the Keras layers anew for every simulator, then restores their weights.
warnings.filterwarnings("ignore", "The initializer .* is unseeded|No GPU support")


def load_data(path=None):
    """Return items and labels to train on, and to test on."""
    if path:
        data = np.load(path)
        arrays = [data[name] for name in ("x_train", "y_train", "x_test", "y_test")]
    else:
        train, test = tf.keras.datasets.mnist.load_data()
        arrays = [*train, *test]
    x_train, y_train, x_test, y_test = (a.reshape(len(a), -1) for a in arrays)
    return x_train, y_train.ravel(), x_test, y_test.ravel()


def build_network():
    """Return the network that is trained: rates, single time steps, no synapses."""
    with nengo.Network(label="mnist_parallel", seed=SEED) as net:
        # The Keras layers learn; the neurons' own biases, added after the gain, don't.
        nengo_dl.configure_settings(trainable=False, stateful=False, use_loop=False)
        # Signals that NengoDL merges by itself are copied as a whole in every step.
        nengo_dl.configure_settings(planner=nengo_dl.graph_optimizer.noop_planner)
        inp = nengo.Node(np.zeros(784))  # replaced by the items

        x = nengo_dl.Layer(Conv2D(1, 1, name="encoder1"))(inp, shape_in=(28, 28, 1))
        encoder1 = nengo_dl.Layer(TRAINING_NEURONS)(x, label="encoder1", **TUNING)

        x = nengo_dl.Layer(Conv2D(6, 3, strides=2, name="branch1_conv1"))(
            encoder1, shape_in=(28, 28, 1)
        )
        branch1_conv1 = nengo_dl.Layer(TRAINING_NEURONS)(
            x, label="branch1_conv1", **TUNING
        )

        x = nengo_dl.Layer(Conv2D(24, 3, strides=2, name="branch1_conv2"))(
            branch1_conv1, shape_in=(13, 13, 6)
        )
        branch1_conv2 = nengo_dl.Layer(TRAINING_NEURONS)(
            x, label="branch1_conv2", **TUNING
        )

        x = nengo_dl.Layer(Conv2D(1, 1, name="encoder2"))(inp, shape_in=(28, 28, 1))
        encoder2 = nengo_dl.Layer(TRAINING_NEURONS)(x, label="encoder2", **TUNING)

        x = nengo_dl.Layer(Conv2D(6, 3, strides=2, name="branch2_conv1"))(
            encoder2, shape_in=(28, 28, 1)
        )
        branch2_conv1 = nengo_dl.Layer(TRAINING_NEURONS)(
            x, label="branch2_conv1", **TUNING
        )

        x = nengo_dl.Layer(Conv2D(24, 3, strides=2, name="branch2_conv2"))(
            branch2_conv1, shape_in=(13, 13, 6)
        )
        branch2_conv2 = nengo_dl.Layer(TRAINING_NEURONS)(
            x, label="branch2_conv2", **TUNING
        )

        # No softmax: the loss applies it, and Loihi has none.
        output = nengo.Node(size_in=10, label="output")
        x = nengo_dl.Layer(Dense(10, name="output"))(branch1_conv2)
        nengo.Connection(x, output, synapse=None)
        x = nengo_dl.Layer(Dense(10, use_bias=False, name="output_2"))(branch2_conv2)
        nengo.Connection(x, output, synapse=None)
        net.logits = nengo.Probe(output, label="logits")
    return net


def train(net, x, y, epochs):
    """Train on single time steps; return the parameters of the network that runs."""
    x, y = x[:, None], y[:, None, None]
    tf.keras.utils.set_random_seed(SEED)  # for the initial weights
    with nengo_dl.Simulator(net, **SIM) as sim:
        wake(net)
        sim.compile(
            optimizer=tf.optimizers.RMSprop(learning_rate=0.001),
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
    names = ["encoder1", "encoder2"]
    for node in net.nodes:
        layer = getattr(node, "tensor_func", None)
        if getattr(layer, "name", None) in names:
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
    net.logits.synapse = PROBE_SYNAPSE
    with net:
        nengo_dl.configure_settings(use_loop=True)


def collect_params(net):
    """Return each layer's weights, and its gain and bias as nengo.Ensemble has them."""
    into, params, biases = defaultdict(list), {}, {}
    for conn in net.connections:
        into[conn.post_obj].append(conn.pre_obj)
    ends = {ens.label: into[ens.neurons] for ens in net.ensembles}
    ends["output"] = into[net.logits.target]
    for name, nodes in ends.items():
        biases[name] = 0
        for number, node in enumerate(nodes, 1):
            chain = []  # the Keras layers from the layer before to this one
            while isinstance(node, nengo_dl.TensorNode):
                chain.insert(0, node)
                (node,) = into[node]
            key = name if number == 1 else f"{name}.{number}"
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
    with nengo_dl.Simulator(net, **(SIM | {"minibatch_size": ITEMS_AT_ONCE})) as sim:
        for start in range(0, len(x), ITEMS_AT_ONCE):
            batch = slice(start, start + ITEMS_AT_ONCE)
            items = np.resize(x[batch], (ITEMS_AT_ONCE, 784))  # the last: some twice
            data = sim.predict(np.repeat(items[:, None], steps, axis=1), verbose=0)
            logits[batch] = data[net.logits][: len(x[batch]), -1]
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
    words |= {
        "input.shift": shift,
        "input.scale": scale,
        "spec_file": "mnist_parallel.toml",
    }
    np.savez_compressed(HERE / "mnist_parallel.test.npz", x=x_held_out, y=y_test)
    np.savez(HERE / "mnist_parallel.params.npz", **params, **words)
    evaluate("spikes (fresh)", network, x_test, y_test, PRESENTATION_STEPS)
