"""Run the trained images network as spikes on Loihi or its emulator.

    python images_loihi.py --items 200
    python images_loihi.py --target loihi

Needs images.params.npz and images.test.npz, which images_train.py writes.
On Python 3.12 and later, `python -m snnc.compat` runs it instead of `python`.

Written by snnc from images.toml [514932fe].
"""

import argparse
import hashlib
import json
import os
import warnings
from importlib.util import find_spec
from pathlib import Path

# NengoLoihi imports TensorFlow where that is installed; it would talk a lot.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import nengo
import nengo_loihi
import numpy as np

HERE = Path(__file__).resolve().parent
TEST = HERE / "images.test.npz"
PARAMS = HERE / "images.params.npz"
FIGURE = HERE / "images.nengo_loihi.png"

SEED = 3
DT = 0.001  # s
PRESENTATION_STEPS = 100  # 0.1 s an item
PLOTTED = 5  # items, over time

# Voltages start at zero, as on the chip; by itself Nengo draws them at random.
NEURONS = nengo.SpikingRectifiedLinear(
    amplitude=1 / 200, initial_state={"voltage": nengo.dists.Choice([0])}
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

# Gain and bias are given: what Nengo derives from them is unused, and may not exist.
warnings.filterwarnings("ignore", message="Non-finite values detected")
warnings.filterwarnings("ignore", message="invalid value encountered in log1p")
# Wrong results: a sum on the chip that overflows, weights that lose many bits.
warnings.filterwarnings("error", message="Overflow in")
warnings.filterwarnings("error", message="Lost ([3-9]|[1-9][0-9]+) extra bits")


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


def load_items(params):
    """Return the test items, scaled as they were for training, and their labels."""
    with np.load(TEST) as data:
        x, y = data["x"], data["y"]
    if digest(x, y) != params["test.digest"]:
        raise SystemExit(f"the data have changed since {PARAMS.name} was trained")
    return (x - params["input.shift"]) / params["input.scale"], y


def digest(x, y):
    """Return what tells held-out items and labels from others."""
    return hashlib.sha256(x.tobytes() + y.tobytes()).hexdigest()[:8]


def ensemble(name, n_neurons, neuron_type, params):
    return nengo.Ensemble(
        n_neurons,
        dimensions=1,
        neuron_type=neuron_type,
        gain=params[f"{name}.gain"],
        bias=params[f"{name}.bias"],
        label=name,
    )


def build_network(items, params):
    with nengo.Network(label="images", seed=SEED) as net:
        nengo_loihi.add_params(net)

        inp = nengo.Node(nengo.processes.PresentInput(items, PRESENTATION_STEPS * DT))

        # On the host: it turns the input into spikes.
        on_and_off = ensemble("on_and_off", 128, NEURONS, params)
        net.config[on_and_off].on_chip = False
        nengo.Connection(
            inp,
            on_and_off.neurons,
            transform=nengo.Convolution(
                2, (8, 8, 1), kernel_size=(1, 1), init=params["on_and_off.weights"]
            ),
            synapse=None,
        )

        edges = ensemble("edges", 256, NEURONS, params)
        nengo.Connection(
            on_and_off.neurons,
            edges.neurons,
            transform=nengo.Convolution(
                4, (8, 8, 2), padding="same", init=params["edges.weights"]
            ),
            synapse=SYNAPSE,
        )

        shapes = ensemble("shapes", 72, NEURONS, params)
        net.config[shapes].block_shape = nengo_loihi.BlockShape((3, 3, 4), (3, 3, 8))
        conn = nengo.Connection(
            edges.neurons,
            shapes.neurons,
            transform=nengo.Convolution(
                8,
                (8, 8, 4),
                kernel_size=(4, 4),
                strides=(2, 2),
                init=params["shapes.weights"],
            ),
            synapse=SYNAPSE,
        )
        net.config[conn].pop_type = 16

        patches = ensemble("patches", 32, NEURONS, params)
        nengo.Connection(
            edges.neurons,
            patches.neurons,
            transform=nengo.Sparse(
                (32, 256),
                indices=np.column_stack(
                    [params["patches.row"], params["patches.column"]]
                ),
                init=params["patches.weights"],
            ),
            synapse=SYNAPSE,
        )

        hidden = ensemble("hidden", 24, NEURONS, params)
        nengo.Connection(
            shapes.neurons,
            hidden.neurons,
            transform=params["hidden.weights"],
            synapse=SYNAPSE,
        )

        # Back on the host. Loihi has no softmax: the largest value is the answer.
        output = nengo.Node(size_in=10, label="output")
        nengo.Connection(
            hidden.neurons,
            output,
            transform=params["output.weights.hidden"],
            synapse=SYNAPSE,
        )
        nengo.Connection(
            patches.neurons,
            output,
            transform=params["output.weights.patches"],
            synapse=SYNAPSE,
        )
        nengo.Connection(nengo.Node(params["output.bias"]), output, synapse=None)
        net.logits = nengo.Probe(output, synapse=PROBE_SYNAPSE, label="logits")
        net.spikes = [
            nengo.Probe(ens.neurons, label=ens.label) for ens in net.ensembles
        ]

    return net


def run(net, n_items, target, recorded=None):
    """Show one item after the other, as on the chip: nothing is reset in between.

    Returns the logits and each layer's firing rates, in hertz.
    """
    logits = np.empty((n_items, 10))
    rates = {probe.label: np.zeros(probe.size_in) for probe in net.spikes}
    with nengo_loihi.Simulator(net, dt=DT, seed=SEED, target=target) as sim:
        for item in range(n_items):
            sim.run_steps(PRESENTATION_STEPS)
            logits[item] = sim.data[net.logits][-1]
            for probe in net.spikes:
                # A spike counts amplitude / dt.
                amplitude = probe.target.ensemble.neuron_type.amplitude
                burst = sim.data[probe].max() * DT > 1.5 * amplitude
                if burst and probe.label in ["on_and_off"]:
                    # The chip takes one spike a step from the host.
                    raise SystemExit(f"{probe.label} fires too fast: lower max_rate")
                rates[probe.label] += sim.data[probe].mean(axis=0) / amplitude / n_items
            if recorded and item < PLOTTED:
                for probe, outputs in recorded.items():
                    n = probe.size_in
                    most = 100 if probe in net.spikes else n
                    # By chance: every n-th may be of the same channel.
                    some = np.sort(np.random.RandomState(0).permutation(n)[:most])
                    outputs.append(sim.data[probe][:, some])
            sim.clear_probes()  # so that memory doesn't grow
    return logits, rates


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


def prepare_to_plot(net):
    """Return room for what probes record, one without the probe's synapse first."""
    with net:
        unfiltered = nengo.Probe(net.logits.target, label="unfiltered")
    return {probe: [] for probe in (unfiltered, net.logits, *net.spikes)}


def plot(net, recorded, items, labels, logits, rates, target):
    """Draw the first items beside output and spikes over time, rates and answers."""
    from matplotlib.figure import Figure  # only who plots needs it

    unfiltered, filtered, *layers = recorded
    first, answers = items[:PLOTTED], logits.argmax(axis=1)
    fig = Figure((15, 6 + 1.2 * len(layers)), layout="constrained")
    shown = f"the first {len(first)} of {len(items)} items"
    fig.suptitle(f"{net.label}, nengo_loihi {target} (stream): {shown}")
    rows = [["items", "rates"], ["unfiltered", "rates"]]
    rows += [["filtered", "answers"], ["spikes", "answers"]]
    heights = (1, 1, 1, len(layers) / 2)
    axes = fig.subplot_mosaic(rows, width_ratios=(2, 1), height_ratios=heights)
    plot_items(axes["items"], first, labels, answers)
    plot_output(axes["unfiltered"], recorded[unfiltered], labels, answers)
    plot_output(axes["filtered"], recorded[filtered], labels, answers)
    axes["unfiltered"].set_title("without the probe's synapse", loc="left")
    axes["filtered"].set_title("with it, read where it is grey", loc="left")
    for item in range(len(first)):
        end = DT * (item + 1) * PRESENTATION_STEPS
        start = end - DT
        axes["filtered"].axvspan(start, end, color="0.9")
    plot_spikes(axes["spikes"], {probe: recorded[probe] for probe in layers})
    plot_rates(axes["rates"], rates)
    plot_answers(axes["answers"], labels, answers)
    unfinished = FIGURE.with_name(f".{FIGURE.stem}.{os.getpid()}.part.png")
    fig.savefig(unfinished, dpi=100)
    unfinished.replace(FIGURE)  # its name never holds half of it
    print(f"wrote {FIGURE.name}")


def plot_items(ax, items, labels, answers):
    """Draw items above the time when they are shown."""
    ax.set_axis_off()
    for item, values in enumerate(items):
        inset = ax.inset_axes(((item + 0.2) / len(items), 0, 0.7 / len(items), 1))
        inset.set_title(f"class {labels[item]}\nanswer {answers[item]}")
        shares = (values - items.min()) / max(np.ptp(items), 1e-9)
        image = shares.reshape(8, 8)
        inset.imshow(image, cmap="gray", vmin=0, vmax=1)
        inset.set_axis_off()


def plot_output(ax, outputs, labels, answers):
    """Draw each item's output over time, right and wrong class above the others."""
    for item, output in enumerate(outputs):
        time = DT * (item * len(output) + np.arange(1, len(output) + 1))
        others = ax.plot(time, output, color="0.75", linewidth=0.8)
        wrong = ax.plot(time, output[:, answers[item]], color="#D55E00")
        right = ax.plot(time, output[:, labels[item]], color="#0072B2")
    lines, names = (right[0], wrong[0], others[0]), ("class", "wrong answer", "others")
    place = {"loc": "lower right", "bbox_to_anchor": (1, 1), "frameon": False}
    ax.legend(lines, names, ncols=3, **place)
    ax.set_xlim(0, time[-1])
    ax.set_ylabel("output")


def plot_spikes(ax, recorded):
    """Draw a dot for each spike of each layer, the first layer on top."""
    names = []
    for row, (probe, outputs) in enumerate(recorded.items()):
        fired = np.concatenate(outputs)
        step, neuron = np.nonzero(fired)
        heights = row - 0.45 + 0.9 * (neuron + 0.5) / fired.shape[1]
        ax.plot(DT * (step + 1), heights, ".", markersize=1.5, color="black")
        names.append(f"{probe.label}\n{fired.shape[1]} of {probe.size_in}")
    ax.set_title("spikes: a row a neuron, 100 of a large layer", loc="left")
    ax.set_xlim(0, DT * len(fired))
    ax.set_xlabel("time, s")
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.5, -0.5)


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


def positive(text):
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=positive, default=200, help="default: 200")
    parser.add_argument("--target", choices=["sim", "loihi"], default="sim")
    parser.add_argument("--plot", action="store_true", help=f"draw {FIGURE.name}")
    args = parser.parse_args()

    if args.plot and find_spec("matplotlib") is None:
        parser.error("--plot needs Matplotlib: pip install 'matplotlib>=3.8'")
    if args.plot and not os.access(HERE, os.W_OK):
        raise SystemExit(f"can't write to {HERE}")
    if args.target == "loihi" and not nengo_loihi.hardware.HAS_NXSDK:
        raise SystemExit("the chip needs Intel's NxSDK, which is not installed")
    for path in (PARAMS, TEST):
        if not path.exists():
            raise SystemExit(f"there is no {path.name} yet: train first")
    params = load(PARAMS, "spec", SPEC)
    items, labels = load_items(params)
    items, labels = items[: args.items], labels[: args.items]

    net = build_network(items, params)
    recorded = prepare_to_plot(net) if args.plot else None
    logits, rates = run(net, len(items), args.target, recorded)
    report(f"nengo_loihi, {args.target} (stream)", logits, labels)
    report_rates(rates)
    if args.plot:
        plot(net, recorded, items, labels, logits, rates, args.target)


if __name__ == "__main__":
    main()
