"""Run the trained branches network as spikes on Loihi or its emulator.

    python branches_loihi.py --items 200
    python branches_loihi.py --target loihi

Needs branches.params.npz and branches.test.npz, which branches_train.py writes.
On Python 3.12 and later, `python -m snnc.compat` runs it instead of `python`.

Written by snnc from branches.toml [236248da].
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
TEST = HERE / "branches.test.npz"
PARAMS = HERE / "branches.params.npz"
FIGURE = HERE / "branches.nengo_loihi.png"

SEED = 3
DT = 0.001  # s
PRESENTATION_STEPS = 50  # 0.05 s an item
GAP_STEPS = 10  # of zeros between items
PLOTTED = 5  # items, over time


# dense1
# Voltages start at zero, as on the chip; by itself Nengo draws them at random.
DENSE1_NEURONS = nengo.SpikingRectifiedLinear(
    amplitude=1 / 150, initial_state={"voltage": nengo.dists.Choice([0])}
)

# hidden
# Voltages start at zero, as on the chip; by itself Nengo draws them at random.
HIDDEN_NEURONS = nengo_loihi.LoihiLIF(
    tau_rc=0.02,
    tau_ref=0.001,
    amplitude=1 / 150,
    initial_state={"voltage": nengo.dists.Choice([0])},
)

# joint
# Voltages start at zero, as on the chip; by itself Nengo draws them at random.
JOINT_NEURONS = nengo_loihi.LoihiLIF(
    tau_rc=0.02,
    tau_ref=0.001,
    amplitude=1 / 100,
    initial_state={"voltage": nengo.dists.Choice([0])},
)

PROBE_SYNAPSE = nengo.Alpha(0.01)

# What the parameters are trained for; for another network they mean something else.
SPEC = {
    "input": {"shape": [8, 8]},
    "neurons": {"intercept": 0},
    "layers": {
        "dense1": {
            "from": ["input"],
            "units": 30,
            "neurons": {
                "kind": "spiking_relu",
                "max_rate": 150,
                "amplitude": 0.006666666666666667,
            },
        },
        "hidden": {
            "from": ["dense1"],
            "units": 20,
            "neurons": {
                "kind": "loihi_lif",
                "max_rate": 150,
                "amplitude": 0.006666666666666667,
                "tau_rc": 0.02,
                "tau_ref": 0.001,
            },
        },
        "joint": {
            "from": ["dense1", "hidden"],
            "units": 20,
            "neurons": {
                "kind": "loihi_lif",
                "max_rate": 100,
                "amplitude": 0.01,
                "tau_rc": 0.02,
                "tau_ref": 0.001,
            },
        },
    },
    "output": {"from": ["joint", "dense1"], "classes": 10},
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


def show(items):
    """Return a function of time that shows each item, then zeros."""
    zeros = np.zeros(items.shape[1])

    def shown(t):
        item, step = divmod(round(t / DT) - 1, PRESENTATION_STEPS + GAP_STEPS)
        return items[item] if step < PRESENTATION_STEPS else zeros

    return shown


def softmax(t, logits):
    """Return probabilities; a node on the host computes them in every step."""
    e = np.exp(logits - logits.max())
    return e / e.sum()


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
    with nengo.Network(label="branches", seed=SEED) as net:
        nengo_loihi.add_params(net)

        inp = nengo.Node(show(items))

        # On the host: it turns the input into spikes.
        dense1 = ensemble("dense1", 30, DENSE1_NEURONS, params)
        net.config[dense1].on_chip = False
        nengo.Connection(
            inp, dense1.neurons, transform=params["dense1.weights"], synapse=None
        )

        hidden = ensemble("hidden", 20, HIDDEN_NEURONS, params)
        nengo.Connection(
            dense1.neurons,
            hidden.neurons,
            transform=params["hidden.weights"],
            synapse=nengo.Lowpass(0.01),
        )

        joint = ensemble("joint", 20, JOINT_NEURONS, params)
        nengo.Connection(
            dense1.neurons,
            joint.neurons,
            transform=params["joint.weights.dense1"],
            synapse=nengo.Lowpass(0.005),
        )
        nengo.Connection(
            hidden.neurons,
            joint.neurons,
            transform=params["joint.weights.hidden"],
            synapse=nengo.Lowpass(0.005),
        )

        # Back on the host, where a softmax makes probabilities of the filtered output.
        output = nengo.Node(size_in=10, label="output")
        nengo.Connection(
            joint.neurons,
            output,
            transform=params["output.weights.joint"],
            synapse=nengo.Lowpass(0.005),
        )
        nengo.Connection(
            dense1.neurons,
            output,
            transform=params["output.weights.dense1"],
            synapse=nengo.Lowpass(0.005),
        )
        net.logits = nengo.Probe(output, synapse=PROBE_SYNAPSE, label="logits")
        probabilities = nengo.Node(softmax, size_in=10)
        nengo.Connection(output, probabilities, synapse=PROBE_SYNAPSE)
        net.probabilities = nengo.Probe(probabilities, label="probabilities")
        net.spikes = [
            nengo.Probe(ens.neurons, label=ens.label) for ens in net.ensembles
        ]

    return net


def run(net, n_items, target, recorded=None):
    """Show one item after the other, as on the chip: nothing is reset in between.

    Returns the logits, the probabilities and each layer's firing rates, in hertz.
    """
    logits = np.empty((n_items, 10))
    probabilities = np.empty_like(logits)
    rates = {probe.label: np.zeros(probe.size_in) for probe in net.spikes}
    with nengo_loihi.Simulator(net, dt=DT, seed=SEED, target=target) as sim:
        for item in range(n_items):
            sim.run_steps(PRESENTATION_STEPS)
            logits[item] = sim.data[net.logits][-1]
            probabilities[item] = sim.data[net.probabilities][-1]
            for probe in net.spikes:
                # A spike counts amplitude / dt.
                amplitude = probe.target.ensemble.neuron_type.amplitude
                burst = sim.data[probe].max() * DT > 1.5 * amplitude
                if burst and probe.label in ["dense1"]:
                    # The chip takes one spike a step from the host.
                    raise SystemExit(f"{probe.label} fires too fast: lower max_rate")
                rates[probe.label] += sim.data[probe].mean(axis=0) / amplitude / n_items
            sim.run_steps(GAP_STEPS)
            if recorded and item < PLOTTED:
                for probe, outputs in recorded.items():
                    n = probe.size_in
                    most = 100 if probe in net.spikes else n
                    # By chance: every n-th may be of the same channel.
                    some = np.sort(np.random.RandomState(0).permutation(n)[:most])
                    outputs.append(sim.data[probe][:, some])
            sim.clear_probes()  # so that memory doesn't grow
    return logits, probabilities, rates


def report(name, logits, labels, probabilities=None):
    """Print the accuracy with its 95 % confidence interval (Wilson)."""
    correct = logits.argmax(axis=1) == labels
    n, p, z2 = len(labels), correct.mean(), 1.96**2
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = np.sqrt(p * (1 - p) * z2 / n + (z2 / (2 * n)) ** 2) / (1 + z2 / n)
    print(f"{name}: {p:.1%} ({centre - half:.1%} to {centre + half:.1%}, n = {n})")
    if probabilities is not None:
        likelihood = np.maximum(probabilities[np.arange(n), labels], 1e-12)
        print(f"  log loss: {-np.log(likelihood).mean():.3f}")


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
        end = DT * (item * (PRESENTATION_STEPS + GAP_STEPS) + PRESENTATION_STEPS)
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
    logits, probabilities, rates = run(net, len(items), args.target, recorded)
    report(f"nengo_loihi, {args.target} (stream)", logits, labels, probabilities)
    report_rates(rates)
    if args.plot:
        plot(net, recorded, items, labels, logits, rates, args.target)


if __name__ == "__main__":
    main()
