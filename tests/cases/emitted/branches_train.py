"""Train the branches network (64-30-20-20-10) with NengoDL.

Written by snnc from branches.toml [352fd50f].
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
from sklearn.datasets import load_digits
from tensorflow.keras.layers import Dense, Dropout

try:
    import nengo_dl
except ImportError as error:
    raise SystemExit(f"{error}: write compat = true in [scripts], or take Python 3.11")

HERE = Path(__file__).resolve().parent

SEED = 3
DT = 0.001  # s
EPOCHS = 2
BATCH_SIZE = 100
LIF_SMOOTHING = 0.02  # of the slope where a neuron starts to fire
PRESENTATION_STEPS = 50 + 1  # the last ones for the way to the output
READ_STEPS = 25  # the answer is the mean of the last ones

# dense1
DENSE1_MAX_RATE = 150  # Hz, for an input of 1
DENSE1_TUNING = {"max_rates": Choice([DENSE1_MAX_RATE]), "intercepts": Choice([0])}
# Trained on firing rates.
DENSE1_TRAINING_NEURONS = nengo.RectifiedLinear(amplitude=1 / DENSE1_MAX_RATE)
# Voltages start at zero, as on the chip; by itself Nengo draws them at random.
DENSE1_RUNNING_NEURONS = nengo.SpikingRectifiedLinear(
    amplitude=1 / DENSE1_MAX_RATE, initial_state={"voltage": Choice([0])}
)

# hidden
HIDDEN_MAX_RATE = 150  # Hz, for an input of 1
HIDDEN_TUNING = {"max_rates": Choice([HIDDEN_MAX_RATE]), "intercepts": Choice([0])}
HIDDEN_LIF = {"tau_rc": 0.02, "tau_ref": 0.001, "amplitude": 1 / HIDDEN_MAX_RATE}
# Trained on rates rounded as on the chip, with a smooth slope.
HIDDEN_TRAINING_NEURONS = nengo_loihi.LoihiLIF(**HIDDEN_LIF)
# Voltages start at zero, as on the chip; by itself Nengo draws them at random.
HIDDEN_RUNNING_NEURONS = nengo_loihi.LoihiLIF(
    **HIDDEN_LIF, initial_state={"voltage": Choice([0])}
)

# joint
JOINT_MAX_RATE = 100  # Hz, for an input of 1
JOINT_TUNING = {"max_rates": Choice([JOINT_MAX_RATE]), "intercepts": Choice([0])}
JOINT_LIF = {"tau_rc": 0.02, "tau_ref": 0.001, "amplitude": 1 / JOINT_MAX_RATE}
# Trained on rates rounded as on the chip, with a smooth slope.
JOINT_TRAINING_NEURONS = nengo_loihi.LoihiLIF(**JOINT_LIF)
# Voltages start at zero, as on the chip; by itself Nengo draws them at random.
JOINT_RUNNING_NEURONS = nengo_loihi.LoihiLIF(
    **JOINT_LIF, initial_state={"voltage": Choice([0])}
)

RUNNING_NEURONS = {
    "dense1": DENSE1_RUNNING_NEURONS,
    "hidden": HIDDEN_RUNNING_NEURONS,
    "joint": JOINT_RUNNING_NEURONS,
}

# By the Keras layer that receives the spikes.
SYNAPSES = {
    "dropout1": nengo.Lowpass(0.01),
    "joint": nengo.Lowpass(0.002),
    "joint_2": nengo.Lowpass(0.002),
    "output": nengo.Lowpass(0.002),
    "output_2": nengo.Lowpass(0.002),
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
    with nengo.Network(label="branches", seed=SEED) as net:
        # The Keras layers learn; the neurons' own biases, added after the gain, don't.
        nengo_dl.configure_settings(trainable=False, stateful=False, use_loop=False)
        # Signals that NengoDL merges by itself are copied as a whole in every step.
        nengo_dl.configure_settings(planner=nengo_dl.graph_optimizer.noop_planner)
        nengo_dl.configure_settings(lif_smoothing=LIF_SMOOTHING)
        inp = nengo.Node(np.zeros(64))  # replaced by the items

        x = nengo_dl.Layer(Dense(30, name="dense1"))(inp)
        dense1 = nengo_dl.Layer(DENSE1_TRAINING_NEURONS)(
            x, label="dense1", **DENSE1_TUNING
        )

        x = nengo_dl.Layer(Dropout(0.2, name="dropout1"))(dense1)
        x = nengo_dl.Layer(Dense(20, name="hidden"))(x)
        hidden = nengo_dl.Layer(HIDDEN_TRAINING_NEURONS)(
            x, label="hidden", **HIDDEN_TUNING
        )

        x = nengo_dl.Layer(Dense(20, name="joint"))(dense1)
        joint = nengo_dl.Layer(JOINT_TRAINING_NEURONS)(x, label="joint", **JOINT_TUNING)
        x = nengo_dl.Layer(Dense(20, use_bias=False, name="joint_2"))(hidden)
        nengo.Connection(x, joint, synapse=None)

        # No softmax: the loss applies it, and Loihi has none.
        output = nengo.Node(size_in=10, label="output")
        x = nengo_dl.Layer(Dense(10, use_bias=False, name="output"))(joint)
        nengo.Connection(x, output, synapse=None)
        x = nengo_dl.Layer(Dense(10, use_bias=False, name="output_2"))(dense1)
        nengo.Connection(x, output, synapse=None)
        net.logits = nengo.Probe(output, label="logits")
    return net


def train(net, x, y, epochs):
    """Train on single time steps; return the parameters of the network that runs."""
    x, y = x[:, None], y[:, None, None]
    tf.keras.utils.set_random_seed(SEED)  # for the initial weights and dropout
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


def softmax(t, logits):
    """Return probabilities; a node on the host computes them in every step."""
    e = np.exp(logits - logits.max())
    return e / e.sum()


def put_out_rates(net):
    """Let Loihi's neurons put out rates in single steps, as in training."""
    with net:
        nengo_dl.configure_settings(learning_phase=True)
    # In the learning phase dropout is on as well.
    for node in net.nodes:
        if isinstance(getattr(node, "tensor_func", None), Dropout):
            node.tensor_func.rate = 0


def prepare_to_run(net):
    """Replace the neurons trained with by those that run, and filter their spikes."""
    for ens in net.ensembles:
        ens.neuron_type = RUNNING_NEURONS[ens.label]
    for conn in net.connections:
        if isinstance(conn.pre_obj, Neurons):
            conn.synapse = SYNAPSES[conn.post_obj.tensor_func.name]
    with net:
        nengo_dl.configure_settings(use_loop=True, learning_phase=None)
        probabilities = nengo.Node(softmax, size_in=10)
        nengo.Connection(net.logits.target, probabilities, synapse=None)
        net.probabilities = nengo.Probe(probabilities, label="probabilities")


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
            chain = [n for n in chain if not isinstance(n.tensor_func, Dropout)]
            key = name if number == 1 else f"{name}.{number}"
            arrays, bias = fold(chain)
            params |= {f"{key}.{array}": value for array, value in arrays.items()}
            biases[name] = biases[name] + bias
    for ens in net.ensembles:
        tuning = ens.max_rates.options, ens.intercepts.options
        gain, bias = ens.neuron_type.gain_bias(*tuning)
        params[f"{ens.label}.gain"] = np.full(ens.n_neurons, gain)
        bias = bias + gain * biases[ens.label]
        params[f"{ens.label}.bias"] = np.full(ens.n_neurons, bias)
    params["output.bias"] = np.zeros(10) + biases["output"]
    return params


def fold(chain):
    """Return weights as Nengo has them, and the bias, of a Keras layer."""
    weights, *bias = chain[0].tensor_func.get_weights()
    return {"weights": weights.T}, bias[0] if bias else 0


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
    probabilities = np.empty_like(logits)
    with nengo_dl.Simulator(net, **SIM) as sim:
        for start in range(0, len(x), BATCH_SIZE):
            batch = slice(start, start + BATCH_SIZE)
            items = np.resize(x[batch], (BATCH_SIZE, 64))  # the last: some twice
            data = sim.predict(np.repeat(items[:, None], steps, axis=1), verbose=0)
            logits[batch] = data[net.logits][: len(x[batch]), -READ_STEPS:].mean(axis=1)
            if hasattr(net, "probabilities"):
                outputs = data[net.probabilities][: len(x[batch])]
                probabilities[batch] = outputs[:, -READ_STEPS:].mean(axis=1)
    n, correct = len(y), np.count_nonzero(logits.argmax(axis=1) == y)
    low, high = binomtest(correct, n).proportion_ci(method="wilson")
    print(f"{name}: {correct / n:.1%} ({low:.1%} to {high:.1%}, n = {n})")
    if hasattr(net, "probabilities"):
        likelihood = np.maximum(probabilities[np.arange(n), y], 1e-12)
        print(f"  log loss: {-np.log(likelihood).mean():.3f}")
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
    words |= {"input.shift": shift, "input.scale": scale, "spec_file": "branches.toml"}
    np.savez_compressed(HERE / "branches.test.npz", x=x_held_out, y=y_test)
    np.savez(HERE / "branches.params.npz", **params, **words)
    evaluate("spikes (fresh)", network, x_test, y_test, PRESENTATION_STEPS)
