"""Run the trained mnist_parallel network as spikes on Loihi or its emulator.

Written by snnc from mnist_parallel.toml [d9a70f74].
"""

import argparse
import warnings
from pathlib import Path

import nengo
import nengo_loihi
import numpy as np
from nengo.dists import Choice
from nengo.ensemble import Neurons
from scipy.stats import binomtest

HERE = Path(__file__).resolve().parent
PARAMS = HERE / "mnist_parallel.params.npz"

SEED = 2
DT = 0.001  # s
PRESENTATION_STEPS = 100

MAX_RATE = 100  # Hz, for an input of 1
TUNING = {"max_rates": Choice([MAX_RATE]), "intercepts": Choice([0])}
# Voltages start at zero, as on the chip; by itself Nengo draws them at random.
NEURONS = nengo.SpikingRectifiedLinear(
    amplitude=0.01, initial_state={"voltage": Choice([0])}
)

SYNAPSE = nengo.Lowpass(0.005)
PROBE_SYNAPSE = nengo.Alpha(0.01)
# Gain and bias are given: what Nengo derives from them is unused, and may not exist.
warnings.filterwarnings("ignore", "Non-finite|invalid value|Specifying the gains")
# Wrong results: a sum on the chip that overflows, weights that lose many bits.
warnings.filterwarnings("error", "Overflow in|Lost ([3-9]|[1-9][0-9]+) extra bits")
if np.__version__ >= "2" and "SourceFile" in str(nengo_loihi.block.__loader__):
    raise SystemExit("NumPy 2: write compat = true in [scripts], or take Python 3.11")


def describe(ens):
    """Return a layer in words: the parameters of another one mean something else."""
    neurons = ens.neuron_type
    names = sorted({*nengo.params.iter_params(neurons)} - {"initial_state"})
    settings = ", ".join(f"{name}={getattr(neurons, name):.9g}" for name in names)
    tuning = f"max_rate {ens.max_rates.options}, intercept {ens.intercepts.options}"
    return f"{ens.n_neurons} {type(neurons).__name__}({settings}), {tuning}"


def build_network(params, items):
    def ensemble(name, n_neurons):
        ens = nengo.Ensemble(n_neurons, 1, neuron_type=NEURONS, label=name, **TUNING)
        there, here = params.get(f"{name}.neurons"), describe(ens)
        if there != here:
            raise SystemExit(f"train anew: {name} was {there},\n and is {here}")
        ens.gain, ens.bias = params[f"{name}.gain"], params[f"{name}.bias"]
        return ens

    def connect(source, target, name, synapse=SYNAPSE):
        nengo.Connection(source, target, synapse, transform=params[f"{name}.weights"])

    def convolve(source, target, name, *shape, synapse=SYNAPSE, **settings):
        kernel = nengo.Convolution(*shape, init=params[f"{name}.weights"], **settings)
        nengo.Connection(source, target, transform=kernel, synapse=synapse)

    with nengo.Network(label="mnist_parallel", seed=SEED) as net:
        nengo_loihi.add_params(net)
        inp = nengo.Node(nengo.processes.PresentInput(items, PRESENTATION_STEPS * DT))

        # On the host: it turns the input into spikes.
        encoder1 = ensemble("encoder1", 784)
        net.config[encoder1].on_chip = False
        convolve(
            inp,
            encoder1.neurons,
            "encoder1",
            1,
            (28, 28, 1),
            kernel_size=(1, 1),
            synapse=None,
        )

        branch1_conv1 = ensemble("branch1_conv1", 1014)
        convolve(
            encoder1.neurons,
            branch1_conv1.neurons,
            "branch1_conv1",
            6,
            (28, 28, 1),
            strides=(2, 2),
        )

        branch1_conv2 = ensemble("branch1_conv2", 864)
        convolve(
            branch1_conv1.neurons,
            branch1_conv2.neurons,
            "branch1_conv2",
            24,
            (13, 13, 6),
            strides=(2, 2),
        )

        # On the host: it turns the input into spikes.
        encoder2 = ensemble("encoder2", 784)
        net.config[encoder2].on_chip = False
        convolve(
            inp,
            encoder2.neurons,
            "encoder2",
            1,
            (28, 28, 1),
            kernel_size=(1, 1),
            synapse=None,
        )

        branch2_conv1 = ensemble("branch2_conv1", 1014)
        convolve(
            encoder2.neurons,
            branch2_conv1.neurons,
            "branch2_conv1",
            6,
            (28, 28, 1),
            strides=(2, 2),
        )

        branch2_conv2 = ensemble("branch2_conv2", 864)
        convolve(
            branch2_conv1.neurons,
            branch2_conv2.neurons,
            "branch2_conv2",
            24,
            (13, 13, 6),
            strides=(2, 2),
        )

        # Back on the host. Loihi has no softmax: the largest value is the answer.
        output = nengo.Node(size_in=10, label="output")
        connect(branch1_conv2.neurons, output, "output")
        connect(branch2_conv2.neurons, output, "output.2")
        nengo.Connection(nengo.Node(params["output.bias"]), output, synapse=None)
        net.logits = nengo.Probe(output, synapse=PROBE_SYNAPSE, label="logits")
        net.spikes = [nengo.Probe(e.neurons, label=e.label) for e in net.ensembles]
    return net


def run(net, n_items, target):
    """Show one item after the other, as on the chip: nothing is reset in between."""
    logits = np.empty((n_items, 10))
    rates = {probe.label: np.zeros(probe.size_in) for probe in net.spikes}
    with nengo_loihi.Simulator(net, dt=DT, seed=SEED, target=target) as sim:
        for item in range(n_items):
            sim.clear_probes()  # so that memory doesn't grow
            sim.run_steps(PRESENTATION_STEPS)
            print(f"\r{item + 1} of {n_items} items", end="", flush=True)
            logits[item] = sim.data[net.logits][-1]
            for probe in net.spikes:  # a spike counts amplitude / dt
                amplitude = probe.target.ensemble.neuron_type.amplitude
                burst = sim.data[probe].max() * DT > 1.5 * amplitude
                if burst and probe.label in ["encoder1", "encoder2"]:
                    # The chip takes one spike a step from the host.
                    raise SystemExit(f"{probe.label} fires too fast: lower max_rate")
                rates[probe.label] += sim.data[probe].mean(axis=0) / amplitude / n_items
    return logits, rates


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, help="how many (default: all)")
    parser.add_argument("--target", choices=["sim", "loihi"], default="sim")
    args = parser.parse_args()
    if not PARAMS.exists():
        raise SystemExit(f"there is no {PARAMS.name} yet: train first")
    trained = dict(np.load(PARAMS))
    test = np.load(HERE / "mnist_parallel.test.npz")
    x, y = test["x"][: args.items].astype(float), test["y"][: args.items]
    x = (x - trained["input.shift"]) / trained["input.scale"]
    network = build_network(trained, x)
    spikes = [c for c in network.connections if isinstance(c.pre_obj, Neurons)]
    read = str([(c.pre_obj.ensemble.label, c.synapse) for c in spikes])
    if trained["spikes"] != read:
        print(f"note: trained to read {trained['spikes']},\n  and reads {read}")
    logits, rates = run(network, len(x), args.target)
    n, correct = len(y), np.count_nonzero(logits.argmax(axis=1) == y)
    low, high = binomtest(correct, n).proportion_ci(method="wilson")
    print(f"\r{args.target}: {correct / n:.1%} ({low:.1%} to {high:.1%}, n = {n})")
    for name, hertz in rates.items():
        print(f"  {name}: {hertz.mean():.0f} Hz, {np.mean(hertz == 0):.0%} silent")
        if not hertz.any():
            raise SystemExit(f"{name} never fires: nothing gets through it")
