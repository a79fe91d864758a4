"""Run the trained cifar10 network as spikes on Loihi or its emulator.

Written by snnc from cifar10.toml [7c31eb79].
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
PARAMS = HERE / "cifar10.params.npz"

SEED = 0
DT = 0.001  # s
PRESENTATION_STEPS = 200
READ_STEPS = 60  # the answer is the mean of a presentation's last ones

# encoder
ENCODER_MAX_RATE = 150  # Hz, for an input of 1
ENCODER_TUNING = {"max_rates": Choice([ENCODER_MAX_RATE]), "intercepts": Choice([0])}
# Voltages start at zero, as on the chip; by itself Nengo draws them at random.
ENCODER_NEURONS = nengo.SpikingRectifiedLinear(
    amplitude=1 / ENCODER_MAX_RATE, initial_state={"voltage": Choice([0])}
)

# conv1 and 5 more
CONV1_MAX_RATE = 150  # Hz, for an input of 1
CONV1_TUNING = {"max_rates": Choice([CONV1_MAX_RATE]), "intercepts": Choice([0])}
CONV1_LIF = {"tau_rc": 0.02, "tau_ref": 0.002, "amplitude": 1 / CONV1_MAX_RATE}
# Voltages start at zero, as on the chip; by itself Nengo draws them at random.
CONV1_NEURONS = nengo_loihi.LoihiLIF(
    **CONV1_LIF, initial_state={"voltage": Choice([0])}
)

SYNAPSE = nengo.Lowpass(0.01)
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
    def ensemble(name, n_neurons, neurons, tuning):
        ens = nengo.Ensemble(n_neurons, 1, neuron_type=neurons, label=name, **tuning)
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

    with nengo.Network(label="cifar10", seed=SEED) as net:
        nengo_loihi.add_params(net)
        inp = nengo.Node(nengo.processes.PresentInput(items, PRESENTATION_STEPS * DT))

        # On the host: it turns the input into spikes.
        encoder = ensemble("encoder", 4096, ENCODER_NEURONS, ENCODER_TUNING)
        net.config[encoder].on_chip = False
        convolve(
            inp,
            encoder.neurons,
            "encoder",
            4,
            (32, 32, 3),
            kernel_size=(1, 1),
            synapse=None,
        )

        conv1 = ensemble("conv1", 14400, CONV1_NEURONS, CONV1_TUNING)
        net.config[conv1].block_shape = nengo_loihi.BlockShape((8, 8, 16), (15, 15, 64))
        convolve(
            encoder.neurons, conv1.neurons, "conv1", 64, (32, 32, 4), strides=(2, 2)
        )

        conv2 = ensemble("conv2", 12168, CONV1_NEURONS, CONV1_TUNING)
        net.config[conv2].block_shape = nengo_loihi.BlockShape((7, 7, 8), (13, 13, 72))
        convolve(conv1.neurons, conv2.neurons, "conv2", 72, (15, 15, 64))

        conv3 = ensemble("conv3", 9216, CONV1_NEURONS, CONV1_TUNING)
        net.config[conv3].block_shape = nengo_loihi.BlockShape((6, 6, 12), (6, 6, 256))
        convolve(
            conv2.neurons, conv3.neurons, "conv3", 256, (13, 13, 72), strides=(2, 2)
        )

        conv4 = ensemble("conv4", 9216, CONV1_NEURONS, CONV1_TUNING)
        net.config[conv4].block_shape = nengo_loihi.BlockShape((6, 6, 24), (6, 6, 256))
        convolve(
            conv3.neurons, conv4.neurons, "conv4", 256, (6, 6, 256), kernel_size=(1, 1)
        )

        conv5 = ensemble("conv5", 2304, CONV1_NEURONS, CONV1_TUNING)
        net.config[conv5].block_shape = nengo_loihi.BlockShape((6, 6, 24), (6, 6, 64))
        convolve(
            conv4.neurons, conv5.neurons, "conv5", 64, (6, 6, 256), kernel_size=(1, 1)
        )

        dense1 = ensemble("dense1", 100, CONV1_NEURONS, CONV1_TUNING)
        net.config[dense1].block_shape = nengo_loihi.BlockShape((50,), (100,))
        connect(conv5.neurons, dense1.neurons, "dense1")

        # Back on the host. Loihi has no softmax: the largest value is the answer.
        output = nengo.Node(size_in=10, label="output")
        connect(dense1.neurons, output, "output")
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
            logits[item] = sim.data[net.logits][-READ_STEPS:].mean(axis=0)
            for probe in net.spikes:  # a spike counts amplitude / dt
                amplitude = probe.target.ensemble.neuron_type.amplitude
                burst = sim.data[probe].max() * DT > 1.5 * amplitude
                if burst and probe.label in ["encoder"]:
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
    test = np.load(HERE / "cifar10.test.npz")
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
