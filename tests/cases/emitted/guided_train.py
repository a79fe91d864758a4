"""Train the guided network (64-40-30-20-10) with NengoDL.

Written by snnc from guided.toml [597ccafb].
"""

import argparse
import math
import warnings
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

SEED = 2
DT = 0.001  # s
EPOCHS = 8  # at most
BATCH_SIZE = 32
LEARNING_RATE = tf.optimizers.schedules.ExponentialDecay(
    0.002, decay_steps=200, decay_rate=1e-06, staircase=True
)
LIF_SMOOTHING = 0.02  # of the slope where a neuron starts to fire
VALIDATION_FRACTION = 0.1  # of the training items
PATIENCE = 2  # epochs
MIN_DELTA = 0.01
PRESENTATION_STEPS = 50 + 3  # the last ones for the way to the output
READ_STEPS = 25  # the answer is the mean of the last ones

MAX_RATE = 150  # Hz, for an input of 1
TUNING = {"max_rates": Choice([MAX_RATE]), "intercepts": Choice([0])}
LIF = {"tau_rc": 0.02, "tau_ref": 0.001, "amplitude": 1 / MAX_RATE}
# Trained on rates rounded as on the chip, with a smooth slope.
TRAINING_NEURONS = nengo_loihi.LoihiLIF(**LIF)
# Voltages start at zero, as on the chip; by itself Nengo draws them at random.
RUNNING_NEURONS = nengo_loihi.LoihiLIF(**LIF, initial_state={"voltage": Choice([0])})

SYNAPSE = nengo.Lowpass(0.002)

# Where training keeps firing rates, in Hz, and the weight of that in the loss.
FIRING_RATES = {
    "wide": {"min": 0, "max": 60, "weight": 2},
    "narrow": {"min": 10, "max": 60, "weight": 0.5},
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
    with nengo.Network(label="guided", seed=SEED) as net:
        # The Keras layers learn; the neurons' own biases, added after the gain, don't.
        nengo_dl.configure_settings(trainable=False, stateful=False, use_loop=False)
        # Signals that NengoDL merges by itself are copied as a whole in every step.
        nengo_dl.configure_settings(planner=nengo_dl.graph_optimizer.noop_planner)
        nengo_dl.configure_settings(lif_smoothing=LIF_SMOOTHING)
        inp = nengo.Node(np.zeros(64))  # replaced by the items

        x = nengo_dl.Layer(Dense(40, name="wide"))(inp)
        wide = nengo_dl.Layer(TRAINING_NEURONS)(x, label="wide", **TUNING)

        x = nengo_dl.Layer(Dropout(0.1, name="dropout1"))(wide)
        x = nengo_dl.Layer(Dense(30, name="free"))(x)
        free = nengo_dl.Layer(TRAINING_NEURONS)(x, label="free", **TUNING)

        x = nengo_dl.Layer(Dense(20, name="narrow"))(free)
        narrow = nengo_dl.Layer(TRAINING_NEURONS)(x, label="narrow", **TUNING)

        # No softmax: the loss applies it, and Loihi has none.
        output = nengo_dl.Layer(Dense(10, name="output"))(narrow)
        net.logits = nengo.Probe(output, label="logits")
        # Training looks at rates.
        net.spikes = [nengo.Probe(e.neurons, label=e.label) for e in net.ensembles]
    return net


def train(net, x, y, epochs):
    """Train on single time steps; return the parameters of the network that runs."""
    seen, held_out = divide(len(x))
    x_val, y_val = x[held_out, None], y[held_out]
    x, y = x[seen, None], y[seen, None, None]

    # In single steps `net` puts out rates only while it is trained: others validate.
    rates_net = build_network()
    put_out_rates(rates_net)
    tf.keras.utils.set_random_seed(SEED)  # for the initial weights and dropout
    with nengo_dl.Simulator(net, **SIM) as sim:
        rates_sim = nengo_dl.Simulator(rates_net, **SIM)
        # NengoDL wants labels for every loss; those of rates don't look at them.
        losses = {net.logits: tf.losses.SparseCategoricalCrossentropy(from_logits=True)}
        for probe in net.spikes:
            if probe.label in FIRING_RATES:
                losses[probe] = band_loss(probe.target.ensemble)
        sim.compile(
            optimizer=tf.optimizers.AdamW(learning_rate=LEARNING_RATE),
            loss=losses,
            metrics={net.logits: "accuracy"},
            steps_per_execution=100,  # in one call of TensorFlow
        )
        best = [tf.Variable(weight) for weight in sim.keras_model.weights]
        history = []
        for epoch in range(epochs):
            if len(history) - best_epoch(history) > PATIENCE:
                print(f"no better for {PATIENCE} epochs: training ends")
                break
            rng = np.random.RandomState(1000 * SEED + epoch + 1)
            order = rng.permutation(len(x))[: len(x) // BATCH_SIZE * BATCH_SIZE]
            labels = dict.fromkeys(losses, y[order])
            fitted = sim.fit(x[order], labels, shuffle=False, verbose=0).history
            loss, accuracy = fitted["logits_loss"][0], fitted["logits_accuracy"][0]
            rate_loss = fitted["loss"][0] - loss
            if not np.isfinite(loss + rate_loss):
                raise SystemExit(f"the loss is {loss}: lower the learning rate")
            print(f"epoch {epoch + 1:3}: loss {loss:.4f}, accuracy {accuracy:.1%}")
            print(f"  rates outside of their bands: loss {rate_loss:.4f}")
            rates_sim.keras_model.set_weights(sim.keras_model.get_weights())
            val_loss, val_accuracy = validate(rates_sim, rates_net.logits, x_val, y_val)
            print(f"  validation: loss {val_loss:.4f}, accuracy {val_accuracy:.1%}")
            history.append((loss, accuracy, val_loss, val_accuracy, rate_loss))
            if best_epoch(history) == epoch:
                for index, weight in enumerate(sim.keras_model.weights):
                    best[index].assign(weight)
        rates_sim.close()
        sim.keras_model.set_weights([weight.numpy() for weight in best])
        return collect_params(net)


def band_loss(ens):
    """Return a loss: how far rates are outside of their band over max_rate, squared."""
    band = FIRING_RATES[ens.label]
    amplitude, max_rate = ens.neuron_type.amplitude, ens.max_rates.options[0]

    def loss(_, outputs):
        rates = outputs / amplitude
        outside = tf.nn.relu(band["min"] - rates) + tf.nn.relu(rates - band["max"])
        return band["weight"] * tf.reduce_mean(tf.square(outside / max_rate), axis=-1)

    return loss


def divide(n):
    """Return which of n training items are trained on, and which validate."""
    order = np.random.RandomState(SEED).permutation(n)
    n_validation = math.ceil(VALIDATION_FRACTION * n)
    return order[n_validation:], order[:n_validation]


def validate(sim, probe, x, y):
    """Return loss and accuracy for items that aren't trained on."""
    # Whole batches: the last is filled up with items that are shown twice.
    whole = math.ceil(len(x) / BATCH_SIZE) * BATCH_SIZE
    items = np.resize(x, (whole, *x.shape[1:]))
    logits = sim.predict(items, verbose=0)[probe][: len(x), 0]
    losses = tf.losses.sparse_categorical_crossentropy(y, logits, from_logits=True)
    return losses.numpy().mean(dtype=float), np.mean(logits.argmax(axis=1) == y)


def best_epoch(history):
    """Return which epoch did best on the items that validate."""
    values = [val_loss for _, _, val_loss, *_ in history]
    best = 0
    for epoch, value in enumerate(values):
        if value + MIN_DELTA < values[best]:
            best = epoch
    return best


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
        ens.neuron_type = RUNNING_NEURONS
    for conn in net.connections:
        if isinstance(conn.pre_obj, Neurons):
            conn.synapse = SYNAPSE
    with net:
        nengo_dl.configure_settings(use_loop=True, learning_phase=None)


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
    x = x_train[divide(len(x_train))[0]]
    shift, scale = x.mean(axis=0), x.std(axis=0)
    scale[scale == 0] = 1  # a feature that never varies
    x_train, x_test = (x_train - shift) / scale, (x_test - shift) / scale
    network = build_network()
    params = train(network, x_train, y_train, args.epochs)
    put_out_rates(network)
    evaluate("rate neurons", network, x_test, y_test, steps=1)
    prepare_to_run(network)
    words = {f"{ens.label}.neurons": describe(ens) for ens in network.ensembles}
    spikes = [c for c in network.connections if isinstance(c.pre_obj, Neurons)]
    words["spikes"] = str([(c.pre_obj.ensemble.label, c.synapse) for c in spikes])
    words |= {"input.shift": shift, "input.scale": scale, "spec_file": "guided.toml"}
    np.savez_compressed(HERE / "guided.test.npz", x=x_held_out, y=y_test)
    np.savez(HERE / "guided.params.npz", **params, **words)
    evaluate("spikes (fresh)", network, x_test, y_test, PRESENTATION_STEPS)
