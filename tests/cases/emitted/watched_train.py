"""Train the watched network (13-24-12-3) with NengoDL.

    python watched_train.py  # train, test, write watched.params.npz
    python watched_train.py --resume  # go on after a kill

On Python 3.12 and later, `python -m snnc.compat` runs it instead of `python`.

Written by snnc from watched.toml [c79a5cda].
"""

import argparse
import hashlib
import io
import json
import math
import os
import warnings
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import nengo
import nengo_dl
import numpy as np
import tensorflow as tf
from sklearn.datasets import load_wine
from tensorflow.keras.layers import Dense, Dropout

HERE = Path(__file__).resolve().parent
PARAMS = HERE / "watched.params.npz"
FIGURE = HERE / "watched.nengo_dl.png"
CHECKPOINT = HERE / "watched.checkpoint.npz"

SEED = 5
DT = 0.001  # s
EPOCHS = 6  # at most
BATCH_SIZE = 10
SCHEDULE = partial(
    tf.optimizers.schedules.PiecewiseConstantDecay,
    boundaries=[20, 40],
    values=[1.0, 0.1, 0.01],
)
OPTIMIZER = partial(tf.optimizers.SGD, learning_rate=SCHEDULE(), momentum=0.9)
VALIDATION_FRACTION = 0.25  # of the training items
PATIENCE = 1  # epochs
PRESENTATION_STEPS = 100

MAX_RATE = 200  # Hz, for an input of 1
TUNING = {
    "max_rates": nengo.dists.Choice([MAX_RATE]),
    "intercepts": nengo.dists.Choice([0]),
}
# Trained on rates with a softened threshold: LIF's own have no finite slope there.
TRAINING_NEURONS = nengo_dl.SoftLIFRate(
    sigma=0.02, tau_rc=0.02, tau_ref=0.001, amplitude=1 / MAX_RATE
)
# Voltages start at zero, as on the chip; by itself Nengo draws them at random.
RUNNING_NEURONS = nengo.LIF(
    tau_rc=0.02,
    tau_ref=0.001,
    amplitude=1 / MAX_RATE,
    initial_state={"voltage": nengo.dists.Choice([0])},
)

SYNAPSE = nengo.Lowpass(0.005)
PROBE_SYNAPSE = nengo.Alpha(0.01)

# What the parameters are trained for; for another network they mean something else.
SPEC = {
    "input": {"shape": [13]},
    "neurons": {
        "kind": "lif",
        "max_rate": 200,
        "intercept": 0,
        "amplitude": 0.005,
        "tau_rc": 0.02,
        "tau_ref": 0.001,
    },
    "layers": {
        "dense1": {"from": ["input"], "units": 24},
        "dense2": {"from": ["dense1"], "units": 12},
    },
    "output": {"from": ["dense2"], "classes": 3},
}
# What else a checkpoint belongs to.
TRAINING = {
    "seed": SEED,
    "dt": DT,
    "scale": "unit",
    "batch_size": BATCH_SIZE,
    "optimizer": {
        "kind": OPTIMIZER.func.__name__.lower(),
        **OPTIMIZER.keywords,
        "learning_rate": {"kind": SCHEDULE.func.__name__, **SCHEDULE.keywords},
    },
    "gradient": {"kind": "smooth", "sigma": TRAINING_NEURONS.sigma},
    "operators": {"dropout1": {"kind": "dropout", "rate": 0.2}},
    "validation_fraction": VALIDATION_FRACTION,
    "early_stopping": {
        "monitor": "val_accuracy",
        "patience": PATIENCE,
        "min_delta": 0,
        "restore_best_weights": False,
    },
}

# NengoDL builds the Keras layers anew for every simulator, then restores their weights.
warnings.filterwarnings("ignore", message="The initializer .* is unseeded")
warnings.filterwarnings("ignore", message="No GPU support detected")


def load_data(path=None):
    """Return items and labels to train and to test on, and which items are held out."""
    x, y = load_wine(return_X_y=True)
    data = np.load(path) if path else {"x": x, "y": y}
    if "x" not in data:  # a file that comes split
        train = numbers(data, "x_train", "y_train")
        test = numbers(data, "x_test", "y_test")
        return *train, *test, np.arange(len(test[0]))
    x, y = numbers(data, "x", "y")
    order = np.random.RandomState(SEED).permutation(len(x))
    n_test = math.ceil(0.3 * len(x))
    test, train = order[:n_test], order[n_test:]
    return x[train], y[train], x[test], y[test], test


def numbers(data, x_name, y_name):
    """Return items as flat floats and labels as integers, if they can be used."""
    x, y = data[x_name], data[y_name].ravel()
    if x.size != 13 * len(x):
        raise ValueError(f"'{x_name}' has shape {x.shape}, not 13 values an item")
    if len(x) != len(y):
        raise ValueError(f"'{x_name}' has {len(x)} items, '{y_name}' {len(y)} labels")
    x = x.reshape(-1, 13).astype(float)
    finite, fits = np.isfinite(x).all(axis=1), np.isin(y, np.arange(3))
    if not finite.all():
        raise ValueError(f"item {finite.argmin()} of '{x_name}' is not finite")
    if not fits.all():
        at = f"label {fits.argmin()} of '{y_name}'"
        raise ValueError(f"{at} is not a whole number from 0 to 2")
    return x, y.astype(np.int64)


def fit_scaling(x):
    """Return shift and scale of the training items: (x - shift) / scale is shown."""
    x = x[divide(len(x))[0]]
    return x.min(), x.max() - x.min()


def divide(n):
    """Return which of n training items are trained on, and which validate."""
    order = np.random.RandomState(SEED).permutation(n)
    n_validation = math.ceil(VALIDATION_FRACTION * n)
    return order[n_validation:], order[:n_validation]


def digest(x, y):
    """Return what tells held-out items and labels from others."""
    return hashlib.sha256(x.tobytes() + y.tobytes()).hexdigest()[:8]


def build_network():
    """Return the network that is trained: rates, single time steps, no synapses."""
    with nengo.Network(label="watched", seed=SEED) as net:
        # The Keras layers learn, the neurons' own biases don't: those are added after
        # the gain, where an optimiser's steps are too small to matter.
        nengo_dl.configure_settings(trainable=False, stateful=False)
        # No loop over time for single time steps: that halves the run time.
        nengo_dl.configure_settings(use_loop=False)
        # Signals that NengoDL merges by itself are copied as a whole in every step.
        nengo_dl.configure_settings(planner=nengo_dl.graph_optimizer.noop_planner)

        inp = nengo.Node(np.zeros(13))  # replaced by the items

        x = nengo_dl.Layer(Dense(24, name="dense1"))(inp)
        dense1 = nengo_dl.Layer(TRAINING_NEURONS)(x, label="dense1", **TUNING)

        x = nengo_dl.Layer(Dropout(0.2, name="dropout1"))(dense1)
        x = nengo_dl.Layer(Dense(12, name="dense2"))(x)
        dense2 = nengo_dl.Layer(TRAINING_NEURONS)(x, label="dense2", **TUNING)

        # No softmax: the loss applies it.
        output = nengo_dl.Layer(Dense(3, name="output"))(dense2)
        net.logits = nengo.Probe(output, label="logits")
        net.spikes = []

    return net


def train(net, x, y, epochs, resume=False):
    """Train on single time steps; return the parameters of the network that runs."""
    training = describe_training(x, y)
    seen, held_out = divide(len(x))
    x_val, y_val = x[held_out, None], y[held_out]
    x, y = x[seen, None], y[seen, None, None]
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
            if len(history) - best_epoch(history) > PATIENCE:
                print(f"no better for {PATIENCE} epochs: training ends")
                break
            # Seeded epoch by epoch, and shuffled anew before whole batches are cut.
            seed = 1000 * SEED + epoch + 1
            tf.keras.utils.set_random_seed(seed)
            order = np.random.RandomState(seed).permutation(len(x))[:whole_batches]
            fitted = sim.fit(x[order], y[order], shuffle=False, verbose=0).history
            loss, accuracy = fitted["loss"][0], fitted["logits_accuracy"][0]
            if not np.isfinite(loss):
                raise SystemExit(f"the loss is {loss}: lower the learning rate")
            print(f"epoch {epoch + 1:3}: loss {loss:.4f}, accuracy {accuracy:.1%}")
            val_loss, val_accuracy = validate(sim, net.logits, x_val, y_val)
            print(f"  validation: loss {val_loss:.4f}, accuracy {val_accuracy:.1%}")
            history.append((loss, accuracy, val_loss, val_accuracy))
            values = [variable.numpy() for variable in variables]
            save(CHECKPOINT, *values, history=history, training=json.dumps(training))
        return collect_params(net)


def validate(sim, probe, x, y):
    """Return loss and accuracy for items that aren't trained on."""
    logits = []
    for start in range(0, len(x), BATCH_SIZE):
        batch = x[start : start + BATCH_SIZE]
        # The last batch is filled up with items that are shown twice.
        items = np.resize(batch, (BATCH_SIZE, *x.shape[1:]))
        logits.append(sim.predict_on_batch(items)[probe][: len(batch), 0])
    logits = np.concatenate(logits)
    losses = tf.losses.sparse_categorical_crossentropy(y, logits, from_logits=True)
    return losses.numpy().mean(dtype=float), np.mean(logits.argmax(axis=1) == y)


def best_epoch(history):
    """Return which epoch did best on the items that validate."""
    values = [val_accuracy for _, _, _, val_accuracy, *_ in history]
    best = 0
    for epoch, value in enumerate(values):
        if value > values[best]:
            best = epoch
    return best


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
    logits = np.empty((len(x), 3))
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
    nodes = [node for node in net.nodes if isinstance(node, nengo_dl.TensorNode)]
    layers = {node.tensor_func.name: node.tensor_func for node in nodes}
    params = {}
    for ens in net.ensembles:
        weights, bias = layers[ens.label].get_weights()
        gain, base_bias = ens.neuron_type.gain_bias(
            ens.max_rates.options, ens.intercepts.options
        )
        params[f"{ens.label}.weights"] = weights.T
        params[f"{ens.label}.gain"] = np.full(ens.n_neurons, gain)
        params[f"{ens.label}.bias"] = base_bias + gain * bias
    weights, bias = layers["output"].get_weights()
    params["output.weights"] = weights.T
    params["output.bias"] = bias
    return params


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
        # SoftLIF's rates pass through infinity on the way.
        with np.errstate(over="ignore", divide="ignore"):
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
    counts = np.zeros((3, 3), dtype=int)
    np.add.at(counts, (labels, answers), 1)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    right = np.mean(labels == answers)
    ax.set_title(f"answers to {len(labels)} items, {right:.1%} right")
    ax.set(xlabel="answer", ylabel="class")
    ax.set_xticks(range(3))
    ax.set_yticks(range(3))
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
    params["spec_file"] = "watched.toml"
    versions = {m.__name__: m.__version__ for m in (nengo, nengo_dl, np, tf)}
    params["spec"] = json.dumps(SPEC, sort_keys=True)
    params["training"] = json.dumps(training, sort_keys=True)
    params["versions"] = json.dumps(versions)
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
