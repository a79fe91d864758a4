"""Train the costs network (30-24-12-2) with NengoDL.

    python costs_train.py --resume  # go on after a kill

Written by snnc from costs.toml [87e7a6ac].
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
from pathlib import Path

import nengo
import nengo_loihi
import numpy as np
import tensorflow as tf
from nengo.dists import Choice
from nengo.ensemble import Neurons
from scipy.stats import binomtest
from sklearn.datasets import load_breast_cancer
from tensorflow.keras.layers import BatchNormalization, Dense

try:
    import nengo_dl
except ImportError as error:
    raise SystemExit(f"{error}: write compat = true in [scripts], or take Python 3.11")

HERE = Path(__file__).resolve().parent
CHECKPOINT = HERE / "costs.checkpoint.npz"

SEED = 7
DT = 0.001  # s
EPOCHS = 6
BATCH_SIZE = 20
OPTIMIZER = partial(tf.optimizers.SGD, learning_rate=0.1, momentum=0.5)
PLATEAU = partial(
    tf.keras.callbacks.ReduceLROnPlateau,
    monitor="val_loss",
    factor=0.5,
    patience=2,
    min_delta=0.05,
    cooldown=1,
    min_lr=0.001,
)
VALIDATION_FRACTION = 0.2  # of the training items
PRESENTATION_STEPS = 100 + 2  # the last ones for the way to the output
READ_STEPS = 50  # the answer is the mean of the last ones

MAX_RATE = 200  # Hz, for an input of 1
TUNING = {"max_rates": Choice([MAX_RATE]), "intercepts": Choice([0])}
# Trained on rates rounded as on the chip, with a smooth slope.
TRAINING_NEURONS = nengo_loihi.LoihiSpikingRectifiedLinear(amplitude=1 / MAX_RATE)
RUNNING_NEURONS = nengo_loihi.LoihiSpikingRectifiedLinear(amplitude=1 / MAX_RATE)

SYNAPSE = nengo.Lowpass(0.002)

# Where training keeps firing rates, in Hz, and the weight of that in the loss.
FIRING_RATES = {
    "wide": {"min": 0, "max": 150, "weight": 1},
    "narrow": {"min": 0, "max": 150, "weight": 1},
}

# What a checkpoint belongs to, besides the network.
TRAINING = {
    "seed": SEED,
    "dt": DT,
    "scale": "standard",
    "batch_size": BATCH_SIZE,
    "optimizer": {
        "kind": OPTIMIZER.func.__name__.lower(),
        **OPTIMIZER.keywords,
        "learning_rate": {
            "kind": PLATEAU.func.__name__,
            "initial_learning_rate": OPTIMIZER.keywords["learning_rate"],
            **PLATEAU.keywords,
        },
    },
    "gradient": {"kind": "loihi", "sigma": 0.02},
    "validation_fraction": VALIDATION_FRACTION,
    "firing_rates": FIRING_RATES,
    "class_weight": "balanced",
}

SIM = {"dt": DT, "seed": SEED, "minibatch_size": BATCH_SIZE, "progress_bar": False}
# NengoDL builds the Keras layers anew for every simulator, then restores their weights.
warnings.filterwarnings("ignore", "The initializer .* is unseeded|No GPU support")


def load_data(path=None):
    """Return items and labels to train on, and to test on."""
    x, y = load_breast_cancer(return_X_y=True)
    if path:
        x, y = (np.load(path)[name] for name in "xy")
    x, y = x.reshape(len(x), 30), y.ravel()
    order = np.random.RandomState(SEED).permutation(len(x))
    test, train = np.split(order, [int(np.ceil(0.2 * len(x)))])
    return x[train], y[train], x[test], y[test]


def build_network():
    """Return the network that is trained: rates, single time steps, no synapses."""
    with nengo.Network(label="costs", seed=SEED) as net:
        # The Keras layers learn; the neurons' own biases, added after the gain, don't.
        nengo_dl.configure_settings(trainable=False, stateful=False, use_loop=False)
        # Signals that NengoDL merges by itself are copied as a whole in every step.
        nengo_dl.configure_settings(planner=nengo_dl.graph_optimizer.noop_planner)
        inp = nengo.Node(np.zeros(30))  # replaced by the items

        x = nengo_dl.Layer(
            Dense(
                24,
                kernel_regularizer=tf.keras.regularizers.L1L2(l1=0.0003, l2=0.01),
                name="wide",
            ),
        )(inp)
        wide = nengo_dl.Layer(TRAINING_NEURONS)(x, label="wide", **TUNING)

        x = nengo_dl.Layer(
            Dense(
                12,
                kernel_regularizer=tf.keras.regularizers.L1L2(l2=0.002),
                name="narrow",
            ),
        )(wide)
        x = nengo_dl.Layer(
            BatchNormalization(momentum=0.8, epsilon=0.01, name="narrow_norm")
        )(x)
        narrow = nengo_dl.Layer(TRAINING_NEURONS)(x, label="narrow", **TUNING)

        # No softmax: the loss applies it, and Loihi has none.
        output = nengo_dl.Layer(
            Dense(
                2,
                kernel_regularizer=tf.keras.regularizers.L1L2(l1=0.001),
                name="output",
            ),
        )(narrow)
        net.logits = nengo.Probe(output, label="logits")
        # Training looks at rates.
        net.spikes = [nengo.Probe(e.neurons, label=e.label) for e in net.ensembles]
    return net


def train(net, x, y, epochs, resume=False):
    """Train on single time steps; return the parameters of the network that runs."""
    training = describe_training(net, x, y)
    seen, held_out = divide(len(x))
    x_val, y_val = x[held_out, None], y[held_out]
    x, y = x[seen, None], y[seen, None, None]
    weights = weigh(y)

    # In single steps `net` puts out rates only while it is trained: others validate.
    rates_net = build_network()
    put_out_rates(rates_net)
    tf.keras.utils.set_random_seed(SEED)  # for the initial weights
    with nengo_dl.Simulator(net, **SIM) as sim:
        rates_sim = nengo_dl.Simulator(rates_net, **SIM)
        optimizer = OPTIMIZER()
        # NengoDL wants labels for every loss; those of rates don't look at them.
        losses = {net.logits: tf.losses.SparseCategoricalCrossentropy(from_logits=True)}
        for probe in net.spikes:
            if probe.label in FIRING_RATES:
                losses[probe] = band_loss(probe.target.ensemble)
        sim.compile(
            optimizer=optimizer,
            loss=losses,
            metrics={net.logits: "accuracy"},
            steps_per_execution=100,  # in one call of TensorFlow
        )
        optimizer.build(sim.keras_model.trainable_variables)
        variables = [*sim.keras_model.weights, *optimizer.variables]
        plateau = PLATEAU(verbose=1)
        plateau.set_model(sim.keras_model)
        plateau.on_train_begin()
        history = load_checkpoint(variables, training) if resume else []
        if len(history) > epochs:
            raise SystemExit(f"{CHECKPOINT.name} is at epoch {len(history)} already")
        for epoch, past in enumerate(history):
            plateau.on_epoch_end(epoch, {"val_loss": past[2]})
        for epoch in range(len(history), epochs):
            rng = np.random.RandomState(1000 * SEED + epoch + 1)
            order = rng.permutation(len(x))[: len(x) // BATCH_SIZE * BATCH_SIZE]
            labels = dict.fromkeys(losses, y[order])
            fitted = sim.fit(
                x[order],
                labels,
                sample_weight={"logits": weights[order]},
                shuffle=False,
                verbose=0,
            ).history
            others = [k for k in fitted if k.endswith("_loss") and k != "logits_loss"]
            rate_loss = sum(fitted[k][0] for k in others)
            loss, accuracy = fitted["loss"][0] - rate_loss, fitted["logits_accuracy"][0]
            if not np.isfinite(loss + rate_loss):
                raise SystemExit(f"the loss is {loss}: lower the learning rate")
            print(f"epoch {epoch + 1:3}: loss {loss:.4f}, accuracy {accuracy:.1%}")
            print(f"  rates outside of their bands: loss {rate_loss:.4f}")
            # Layer by layer: what isn't trained there stands in another order.
            for node, trained in zip(rates_net.nodes, net.nodes):
                if isinstance(node, nengo_dl.TensorNode):
                    node.tensor_func.set_weights(trained.tensor_func.get_weights())
            val_loss, val_accuracy = validate(rates_sim, rates_net.logits, x_val, y_val)
            val_loss += float(sum(sim.keras_model.losses))  # of weights
            print(f"  validation: loss {val_loss:.4f}, accuracy {val_accuracy:.1%}")
            history.append((loss, accuracy, val_loss, val_accuracy, rate_loss))
            plateau.on_epoch_end(epoch, {"val_loss": val_loss})
            values = [variable.numpy() for variable in variables]
            save(CHECKPOINT, *values, history=history, training=json.dumps(training))
        rates_sim.close()
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


def weigh(y):
    """Return how much each item counts, (n, 1): for all classes together as much."""
    counts = np.bincount(y.ravel())
    return len(y) / (np.count_nonzero(counts) * counts[y[:, 0]])


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


def describe_training(net, x, y):
    """Return what decides how a training goes, but for the number of epochs."""
    names = ["epsilon", "momentum", "units", "use_bias"]
    layers, operators = {}, {}
    for ens in net.ensembles:
        layers[ens.label] = describe(ens, RUNNING_NEURONS)
    for node in net.nodes:
        if isinstance(node, nengo_dl.TensorNode):
            config = node.tensor_func.get_config()
            used = {key: config[key] for key in names if key in config}
            if regularizer := config.get("kernel_regularizer"):  # in 32 bits
                costs = regularizer["config"].items()
                used |= {key: json.loads(f"{cost:.7g}") for key, cost in costs}
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


def put_out_rates(net):
    """Let Loihi's neurons put out rates in single steps, as in training."""
    with net:
        nengo_dl.configure_settings(learning_phase=True)
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
        params[f"{ens.label}.bias"] = np.full(ens.n_neurons, bias)
    params["output.bias"] = np.zeros(2) + biases["output"]
    return params


def fold(chain):
    """Return weights as Nengo has them, and the bias, of some Keras layers."""
    if len(chain) > 1:
        bias = apply(chain, np.zeros((1, chain[0].size_in), np.float32))[0]
        responses = respond(chain, range(chain[0].size_in))
        return {"weights": (responses - bias).T}, bias
    weights, *bias = chain[0].tensor_func.get_weights()
    return {"weights": weights.T}, bias[0] if bias else 0


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
    logits = np.empty((len(x), 2))
    with nengo_dl.Simulator(net, **SIM) as sim:
        for start in range(0, len(x), BATCH_SIZE):
            batch = slice(start, start + BATCH_SIZE)
            items = np.resize(x[batch], (BATCH_SIZE, 30))  # the last: some twice
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
    x = x_train[divide(len(x_train))[0]]
    shift, scale = x.mean(axis=0), x.std(axis=0)
    scale[scale == 0] = 1  # a feature that never varies
    x_train, x_test = (x_train - shift) / scale, (x_test - shift) / scale
    network = build_network()
    params = train(network, x_train, y_train, args.epochs, args.resume)
    put_out_rates(network)
    evaluate("rate neurons", network, x_test, y_test, steps=1)
    prepare_to_run(network)
    words = {f"{ens.label}.neurons": describe(ens) for ens in network.ensembles}
    spikes = [c for c in network.connections if isinstance(c.pre_obj, Neurons)]
    words["spikes"] = str([(c.pre_obj.ensemble.label, c.synapse) for c in spikes])
    words |= {"input.shift": shift, "input.scale": scale, "spec_file": "costs.toml"}
    np.savez_compressed(HERE / "costs.test.npz", x=x_held_out, y=y_test)
    training = describe_training(network, x_train, y_train)
    words["training"] = json.dumps({**training, "epochs": args.epochs}, sort_keys=True)
    save(HERE / "costs.params.npz", **params, **words)
    CHECKPOINT.unlink(missing_ok=True)
    evaluate("spikes (fresh)", network, x_test, y_test, PRESENTATION_STEPS)
