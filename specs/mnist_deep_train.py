"""Train the mnist_deep network (784-4608-6400-1024-128-10) with NengoDL.

Written by snnc from mnist_deep.toml [61164103].
"""

import argparse
import warnings
from collections import defaultdict
from pathlib import Path

import nengo
import nengo_loihi
import numpy as np
import tensorflow as tf
from nengo.dists import Choice
from nengo.ensemble import Neurons
from scipy.stats import binomtest
from tensorflow.keras.layers import BatchNormalization, Conv2D, Dense, Dropout

try:
    import nengo_dl
except ImportError as error:
    raise SystemExit(f"{error}: write compat = true in [scripts], or take Python 3.11")

HERE = Path(__file__).resolve().parent

SEED = 0
DT = 0.001  # s
EPOCHS = 8
BATCH_SIZE = 200
ITEMS_AT_ONCE = 137  # evaluated; the spikes of more take much memory
LEARNING_RATE = tf.optimizers.schedules.CosineDecay(0.002, decay_steps=2400)
PRESENTATION_STEPS = 30 + 4  # the last ones for the way to the output
READ_STEPS = 15  # the answer is the mean of the last ones

MAX_RATE = 400  # Hz, for an input of 1
TUNING = {"max_rates": Choice([MAX_RATE]), "intercepts": Choice([0])}
# Trained on rates rounded as on the chip, with a smooth slope.
TRAINING_NEURONS = nengo_loihi.LoihiSpikingRectifiedLinear(amplitude=1 / MAX_RATE)
RUNNING_NEURONS = nengo_loihi.LoihiSpikingRectifiedLinear(amplitude=1 / MAX_RATE)

SYNAPSE = nengo.Lowpass(0.002)
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
    tf.keras.backend.experimental.enable_tf_random_generator()  # for dropout
    with nengo.Network(label="mnist_deep", seed=SEED) as net:
        # The Keras layers learn; the neurons' own biases, added after the gain, don't.
        nengo_dl.configure_settings(trainable=False, stateful=False, use_loop=False)
        # Signals that NengoDL merges by itself are copied as a whole in every step.
        nengo_dl.configure_settings(planner=nengo_dl.graph_optimizer.noop_planner)
        inp = nengo.Node(np.zeros(784))  # replaced by the items

        x = nengo_dl.Layer(Conv2D(32, 5, strides=2, name="conv1"))(
            inp, shape_in=(28, 28, 1)
        )
        x = nengo_dl.Layer(BatchNormalization(name="conv1_norm"))(
            x, shape_in=(12, 12, 32)
        )
        conv1 = nengo_dl.Layer(TRAINING_NEURONS)(x, label="conv1", **TUNING)

        x = nengo_dl.Layer(Conv2D(64, 3, name="conv2"))(conv1, shape_in=(12, 12, 32))
        x = nengo_dl.Layer(BatchNormalization(name="conv2_norm"))(
            x, shape_in=(10, 10, 64)
        )
        conv2 = nengo_dl.Layer(TRAINING_NEURONS)(x, label="conv2", **TUNING)

        x = nengo_dl.Layer(Dropout(0.25, name="dropout1"))(conv2)
        x = nengo_dl.Layer(Conv2D(64, 3, strides=2, name="conv3"))(
            x, shape_in=(10, 10, 64)
        )
        x = nengo_dl.Layer(BatchNormalization(name="conv3_norm"))(
            x, shape_in=(4, 4, 64)
        )
        conv3 = nengo_dl.Layer(TRAINING_NEURONS)(x, label="conv3", **TUNING)

        x = nengo_dl.Layer(Dropout(0.4, name="dropout2"))(conv3)
        x = nengo_dl.Layer(Dense(128, name="dense"))(x)
        x = nengo_dl.Layer(BatchNormalization(name="dense_norm"))(x)
        dense = nengo_dl.Layer(TRAINING_NEURONS)(x, label="dense", **TUNING)

        # No softmax: the loss applies it, and Loihi has none.
        x = nengo_dl.Layer(Dropout(0.5, name="dropout3"))(dense)
        output = nengo_dl.Layer(Dense(10, name="output"))(x)
        net.logits = nengo.Probe(output, label="logits")
    return net


def train(net, x, y, epochs):
    """Train on single time steps; return the parameters of the network that runs."""
    x, y = x[:, None], y[:, None, None]
    tf.keras.utils.set_random_seed(SEED)  # for the initial weights and dropout
    with nengo_dl.Simulator(net, **SIM) as sim:
        sim.compile(
            optimizer=tf.optimizers.Adam(learning_rate=LEARNING_RATE),
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


def put_out_rates(net):
    """Let Loihi's neurons put out rates in single steps, as in training."""
    with net:
        nengo_dl.configure_settings(learning_phase=True)
    # In the learning phase dropout is on as well.
    for node in net.nodes:
        if isinstance(getattr(node, "tensor_func", None), Dropout):
            node.tensor_func.rate = 0
    # In the learning phase a batch is normalised by its own mean and variance.
    for node in net.nodes:
        if isinstance(getattr(node, "tensor_func", None), BatchNormalization):
            node.tensor_func.trainable = False


def prepare_to_run(net):
    """Replace the neurons trained with by those that run, and filter their spikes."""
    for ens in net.ensembles:
        ens.neuron_type = RUNNING_NEURONS
    for conn in net.connections:
        if isinstance(conn.pre_obj, Neurons):
            conn.synapse = SYNAPSE
    with net:
        nengo_dl.configure_settings(use_loop=True, learning_phase=None)


def collect_params(net):
    """Return each layer's weights, and its gain and bias as nengo.Ensemble has them."""
    into, params, biases = defaultdict(list), {}, {}
    for conn in net.connections:
        into[conn.post_obj].append(conn.pre_obj)
    ends = {ens.label: into[ens.neurons] for ens in net.ensembles}
    ends["output"] = [net.logits.target]
    # One kernel for several Keras layers: where a window starts, its height and width,
    # and the place of the output that looks through it.
    kernels = {
        "conv1": ((0, 0), (5, 5), (0, 0)),
        "conv2": ((0, 0), (3, 3), (0, 0)),
        "conv3": ((0, 0), (3, 3), (0, 0)),
    }
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
    with nengo_dl.Simulator(net, **(SIM | {"minibatch_size": ITEMS_AT_ONCE})) as sim:
        for start in range(0, len(x), ITEMS_AT_ONCE):
            batch = slice(start, start + ITEMS_AT_ONCE)
            items = np.resize(x[batch], (ITEMS_AT_ONCE, 784))  # the last: some twice
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
    put_out_rates(network)
    evaluate("rate neurons", network, x_test, y_test, steps=1)
    prepare_to_run(network)
    words = {f"{ens.label}.neurons": describe(ens) for ens in network.ensembles}
    spikes = [c for c in network.connections if isinstance(c.pre_obj, Neurons)]
    words["spikes"] = str([(c.pre_obj.ensemble.label, c.synapse) for c in spikes])
    words |= {
        "input.shift": shift,
        "input.scale": scale,
        "spec_file": "mnist_deep.toml",
    }
    np.savez_compressed(HERE / "mnist_deep.test.npz", x=x_held_out, y=y_test)
    np.savez(HERE / "mnist_deep.params.npz", **params, **words)
    evaluate("spikes (fresh)", network, x_test, y_test, PRESENTATION_STEPS)
