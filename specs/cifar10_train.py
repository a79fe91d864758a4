"""Train the cifar10 network (7 layers of neurons) with NengoDL.

Written by snnc from cifar10.toml [50e63422].
"""

import argparse
import warnings
from pathlib import Path

import nengo
import nengo_loihi
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

SEED = 0
DT = 0.001  # s
EPOCHS = 100
BATCH_SIZE = 256
ITEMS_AT_ONCE = 4  # evaluated; the spikes of more take much memory
LIF_SMOOTHING = 0.02  # of the slope where a neuron starts to fire
PRESENTATION_STEPS = 200
READ_STEPS = 60  # the answer is the mean of the last ones

# encoder
ENCODER_MAX_RATE = 150  # Hz, for an input of 1
ENCODER_TUNING = {"max_rates": Choice([ENCODER_MAX_RATE]), "intercepts": Choice([0])}
# Trained on firing rates.
ENCODER_TRAINING_NEURONS = nengo.RectifiedLinear(amplitude=1 / ENCODER_MAX_RATE)
# Voltages start at zero, as on the chip; by itself Nengo draws them at random.
ENCODER_RUNNING_NEURONS = nengo.SpikingRectifiedLinear(
    amplitude=1 / ENCODER_MAX_RATE, initial_state={"voltage": Choice([0])}
)

# conv1 and 5 more
CONV1_MAX_RATE = 150  # Hz, for an input of 1
CONV1_TUNING = {"max_rates": Choice([CONV1_MAX_RATE]), "intercepts": Choice([0])}
CONV1_LIF = {"tau_rc": 0.02, "tau_ref": 0.002, "amplitude": 1 / CONV1_MAX_RATE}
# Trained on rates rounded as on the chip, with a smooth slope.
CONV1_TRAINING_NEURONS = nengo_loihi.LoihiLIF(**CONV1_LIF)
# Voltages start at zero, as on the chip; by itself Nengo draws them at random.
CONV1_RUNNING_NEURONS = nengo_loihi.LoihiLIF(
    **CONV1_LIF, initial_state={"voltage": Choice([0])}
)

RUNNING_NEURONS = {
    "encoder": ENCODER_RUNNING_NEURONS,
    "conv1": CONV1_RUNNING_NEURONS,
    "conv2": CONV1_RUNNING_NEURONS,
    "conv3": CONV1_RUNNING_NEURONS,
    "conv4": CONV1_RUNNING_NEURONS,
    "conv5": CONV1_RUNNING_NEURONS,
    "dense1": CONV1_RUNNING_NEURONS,
}

SYNAPSE = nengo.Lowpass(0.01)
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
        train, test = tf.keras.datasets.cifar10.load_data()
        arrays = [*train, *test]
    x_train, y_train, x_test, y_test = (a.reshape(len(a), -1) for a in arrays)
    return x_train, y_train.ravel(), x_test, y_test.ravel()


def build_network():
    """Return the network that is trained: rates, single time steps, no synapses."""
    with nengo.Network(label="cifar10", seed=SEED) as net:
        # The Keras layers learn; the neurons' own biases, added after the gain, don't.
        nengo_dl.configure_settings(trainable=False, stateful=False, use_loop=False)
        # Signals that NengoDL merges by itself are copied as a whole in every step.
        nengo_dl.configure_settings(planner=nengo_dl.graph_optimizer.noop_planner)
        nengo_dl.configure_settings(lif_smoothing=LIF_SMOOTHING)
        inp = nengo.Node(np.zeros(3072))  # replaced by the items

        x = nengo_dl.Layer(Conv2D(4, 1, name="encoder"))(inp, shape_in=(32, 32, 3))
        encoder = nengo_dl.Layer(ENCODER_TRAINING_NEURONS)(
            x, label="encoder", **ENCODER_TUNING
        )

        x = nengo_dl.Layer(Conv2D(64, 3, strides=2, name="conv1"))(
            encoder, shape_in=(32, 32, 4)
        )
        conv1 = nengo_dl.Layer(CONV1_TRAINING_NEURONS)(x, label="conv1", **CONV1_TUNING)

        x = nengo_dl.Layer(Conv2D(72, 3, name="conv2"))(conv1, shape_in=(15, 15, 64))
        conv2 = nengo_dl.Layer(CONV1_TRAINING_NEURONS)(x, label="conv2", **CONV1_TUNING)

        x = nengo_dl.Layer(Conv2D(256, 3, strides=2, name="conv3"))(
            conv2, shape_in=(13, 13, 72)
        )
        conv3 = nengo_dl.Layer(CONV1_TRAINING_NEURONS)(x, label="conv3", **CONV1_TUNING)

        x = nengo_dl.Layer(Conv2D(256, 1, name="conv4"))(conv3, shape_in=(6, 6, 256))
        conv4 = nengo_dl.Layer(CONV1_TRAINING_NEURONS)(x, label="conv4", **CONV1_TUNING)

        x = nengo_dl.Layer(Conv2D(64, 1, name="conv5"))(conv4, shape_in=(6, 6, 256))
        conv5 = nengo_dl.Layer(CONV1_TRAINING_NEURONS)(x, label="conv5", **CONV1_TUNING)

        x = nengo_dl.Layer(Dense(100, name="dense1"))(conv5)
        dense1 = nengo_dl.Layer(CONV1_TRAINING_NEURONS)(
            x, label="dense1", **CONV1_TUNING
        )

        # No softmax: the loss applies it, and Loihi has none.
        output = nengo_dl.Layer(Dense(10, name="output"))(dense1)
        net.logits = nengo.Probe(output, label="logits")
    return net


def train(net, x, y, epochs):
    """Train on single time steps; return the parameters of the network that runs."""
    x, y = x[:, None], y[:, None, None]
    tf.keras.utils.set_random_seed(SEED)  # for the initial weights
    with nengo_dl.Simulator(net, **SIM) as sim:
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


def put_out_rates(net):
    """Let Loihi's neurons put out rates in single steps, as in training."""
    with net:
        nengo_dl.configure_settings(learning_phase=True)


def prepare_to_run(net):
    """Replace the neurons trained with by those that run, and filter their spikes."""
    for ens in net.ensembles:
        ens.neuron_type = RUNNING_NEURONS[ens.label]
    for conn in net.connections:
        if isinstance(conn.pre_obj, Neurons):
            conn.synapse = SYNAPSE
    net.logits.synapse = PROBE_SYNAPSE
    with net:
        nengo_dl.configure_settings(use_loop=True, learning_phase=None)


def collect_params(net):
    """Return each layer's weights, and its gain and bias as nengo.Ensemble has them."""
    params, biases = {}, {}
    for node in net.nodes:
        if isinstance(node, nengo_dl.TensorNode) and node.tensor_func.weights:
            name = node.tensor_func.name
            weights, *bias = node.tensor_func.get_weights()
            # Nengo has matrices the other way round, and kernels as Keras has them.
            params[f"{name}.weights"] = weights.T if weights.ndim == 2 else weights
            biases[name] = bias[0] if bias else 0
    params["output.bias"] = np.zeros(10) + biases["output"]
    for ens in net.ensembles:
        tuning = ens.max_rates.options, ens.intercepts.options
        gain, bias = ens.neuron_type.gain_bias(*tuning)
        params[f"{ens.label}.gain"] = np.full(ens.n_neurons, gain)
        # The bias of a channel is that of all its neurons.
        bias = bias + gain * biases[ens.label]
        params[f"{ens.label}.bias"] = np.resize(bias, ens.n_neurons)
    return params


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
            items = np.resize(x[batch], (ITEMS_AT_ONCE, 3072))  # the last: some twice
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
    low, high = x_train.min(), x_train.max()
    shift, scale = (high + low) / 2, (high - low) / 2
    x_train, x_test = (x_train - shift) / scale, (x_test - shift) / scale
    network = build_network()
    params = train(network, x_train, y_train, args.epochs)
    put_out_rates(network)
    evaluate("rate neurons", network, x_test, y_test, steps=1)
    prepare_to_run(network)
    words = {f"{ens.label}.neurons": describe(ens) for ens in network.ensembles}
    spikes = [c for c in network.connections if isinstance(c.pre_obj, Neurons)]
    words["spikes"] = str([(c.pre_obj.ensemble.label, c.synapse) for c in spikes])
    words |= {"input.shift": shift, "input.scale": scale, "spec_file": "cifar10.toml"}
    np.savez_compressed(HERE / "cifar10.test.npz", x=x_held_out, y=y_test)
    np.savez(HERE / "cifar10.params.npz", **params, **words)
    evaluate("spikes (fresh)", network, x_test, y_test, PRESENTATION_STEPS)
