"""Run the trained mnist_loihi network as spikes on Loihi, or on NengoLoihi's emulator.

    python mnist_loihi_loihi.py --items 200
    python mnist_loihi_loihi.py --target loihi

Needs mnist_loihi.params.npz and mnist_loihi.test.npz, which mnist_loihi_train.py
writes.
On Python 3.12 and later, `python -m snnc.compat` runs it instead of `python`.

Written by snnc from mnist_loihi.toml [21cc6093].
"""

import argparse
import hashlib
import json
import os
import warnings
from pathlib import Path

# NengoLoihi imports TensorFlow where that is installed; it would talk a lot.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import nengo
import nengo_loihi
import numpy as np

HERE = Path(__file__).resolve().parent
TEST = HERE / "mnist_loihi.test.npz"
PARAMS = HERE / "mnist_loihi.params.npz"

SEED = 0
DT = 0.001  # s
PRESENTATION_STEPS = 100  # 0.1 s an item
READ_STEPS = 50  # the answer is the mean of a presentation's last ones


# encoder
# Voltages start at zero, as on the chip; by itself Nengo draws them at random.
ENCODER_NEURONS = nengo.SpikingRectifiedLinear(
    amplitude=1 / 200, initial_state={"voltage": nengo.dists.Choice([0])}
)

# conv2d2, conv2d3 and dense1
CONV2D2_NEURONS = nengo_loihi.LoihiSpikingRectifiedLinear(amplitude=1 / 200)

SYNAPSE = nengo.Lowpass(0.005)
PROBE_SYNAPSE = nengo.Alpha(0.01)

# What the parameters are trained for; for another network they mean something else.
SPEC = {
    "input": {"shape": [28, 28, 1]},
    "neurons": {"max_rate": 200, "intercept": 0, "amplitude": 0.005},
    "layers": {
        "encoder": {
            "from": ["input"],
            "units": 2352,
            "through": {"encoder": {"kind": "conv2d", "kernel_size": [1, 1]}},
            "neurons": {"kind": "spiking_relu"},
        },
        "conv2d2": {
            "from": ["encoder"],
            "units": 5408,
            "through": {
                "conv2d2": {"kind": "conv2d", "kernel_size": [3, 3], "strides": [2, 2]}
            },
            "neurons": {"kind": "loihi_spiking_relu"},
        },
        "conv2d3": {
            "from": ["conv2d2"],
            "units": 2304,
            "through": {
                "conv2d3": {"kind": "conv2d", "kernel_size": [3, 3], "strides": [2, 2]}
            },
            "neurons": {"kind": "loihi_spiking_relu"},
        },
        "dense1": {
            "from": ["conv2d3"],
            "units": 100,
            "neurons": {"kind": "loihi_spiking_relu"},
        },
    },
    "output": {"from": ["dense1"], "classes": 10},
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
    with nengo.Network(label="mnist_loihi", seed=SEED) as net:
        nengo_loihi.add_params(net)

        inp = nengo.Node(nengo.processes.PresentInput(items, PRESENTATION_STEPS * DT))

        # On the host: it turns the input into spikes.
        encoder = ensemble("encoder", 2352, ENCODER_NEURONS, params)
        net.config[encoder].on_chip = False
        nengo.Connection(
            inp,
            encoder.neurons,
            transform=nengo.Convolution(
                3, (28, 28, 1), kernel_size=(1, 1), init=params["encoder.weights"]
            ),
            synapse=None,
        )

        conv2d2 = ensemble("conv2d2", 5408, CONV2D2_NEURONS, params)
        net.config[conv2d2].block_shape = nengo_loihi.BlockShape(
            (16, 16, 4), (13, 13, 32)
        )
        nengo.Connection(
            encoder.neurons,
            conv2d2.neurons,
            transform=nengo.Convolution(
                32, (28, 28, 3), strides=(2, 2), init=params["conv2d2.weights"]
            ),
            synapse=SYNAPSE,
        )

        conv2d3 = ensemble("conv2d3", 2304, CONV2D2_NEURONS, params)
        net.config[conv2d3].block_shape = nengo_loihi.BlockShape((8, 8, 16), (6, 6, 64))
        nengo.Connection(
            conv2d2.neurons,
            conv2d3.neurons,
            transform=nengo.Convolution(
                64, (13, 13, 32), strides=(2, 2), init=params["conv2d3.weights"]
            ),
            synapse=SYNAPSE,
        )

        dense1 = ensemble("dense1", 100, CONV2D2_NEURONS, params)
        net.config[dense1].block_shape = nengo_loihi.BlockShape((50,), (100,))
        nengo.Connection(
            conv2d3.neurons,
            dense1.neurons,
            transform=params["dense1.weights"],
            synapse=SYNAPSE,
        )

        # Back on the host. Loihi has no softmax: the largest value is the answer.
        output = nengo.Node(size_in=10, label="output")
        nengo.Connection(
            dense1.neurons, output, transform=params["output.weights"], synapse=SYNAPSE
        )
        nengo.Connection(nengo.Node(params["output.bias"]), output, synapse=None)
        net.logits = nengo.Probe(output, synapse=PROBE_SYNAPSE, label="logits")
        net.spikes = [
            nengo.Probe(ens.neurons, label=ens.label) for ens in net.ensembles
        ]

    return net


def run(net, n_items, target):
    """Show one item after the other, as on the chip: nothing is reset in between.

    Returns the logits and each layer's firing rates, in hertz.
    """
    logits = np.empty((n_items, 10))
    rates = {probe.label: np.zeros(probe.size_in) for probe in net.spikes}
    with nengo_loihi.Simulator(net, dt=DT, seed=SEED, target=target) as sim:
        for item in range(n_items):
            sim.run_steps(PRESENTATION_STEPS)
            logits[item] = sim.data[net.logits][-READ_STEPS:].mean(axis=0)
            for probe in net.spikes:
                # A spike counts amplitude / dt.
                amplitude = probe.target.ensemble.neuron_type.amplitude
                burst = sim.data[probe].max() * DT > 1.5 * amplitude
                if burst and probe.label in ["encoder"]:
                    # The chip takes one spike a step from the host.
                    raise SystemExit(f"{probe.label} fires too fast: lower max_rate")
                rates[probe.label] += sim.data[probe].mean(axis=0) / amplitude / n_items
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


def positive(text):
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=positive, default=200, help="default: 200")
    parser.add_argument("--target", choices=["sim", "loihi"], default="sim")
    args = parser.parse_args()

    if args.target == "loihi" and not nengo_loihi.hardware.HAS_NXSDK:
        raise SystemExit("the chip needs Intel's NxSDK, which is not installed")
    for path in (PARAMS, TEST):
        if not path.exists():
            raise SystemExit(f"there is no {path.name} yet: train first")
    params = load(PARAMS, "spec", SPEC)
    items, labels = load_items(params)
    items, labels = items[: args.items], labels[: args.items]

    net = build_network(items, params)
    logits, rates = run(net, len(items), args.target)
    report(f"nengo_loihi, {args.target} (stream)", logits, labels)
    report_rates(rates)


if __name__ == "__main__":
    main()
