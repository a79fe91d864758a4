"""Run the trained kept network as spikes on Loihi or its emulator.

Written by snnc from kept.toml [7cc06977].
"""

import argparse
import warnings
from importlib.util import find_spec
from pathlib import Path

import nengo
import nengo_loihi
import numpy as np
from nengo.dists import Choice
from nengo.ensemble import Neurons
from scipy.stats import binomtest

HERE = Path(__file__).resolve().parent
PARAMS = HERE / "kept.params.npz"
FIGURE = HERE / "kept.nengo_loihi.png"

SEED = 4
DT = 0.001  # s
PRESENTATION_STEPS = 100
READ_STEPS = 40  # the answer is the mean of a presentation's last ones

# first
FIRST_MAX_RATE = 300  # Hz, for an input of 1
FIRST_TUNING = {"max_rates": Choice([FIRST_MAX_RATE]), "intercepts": Choice([0])}
FIRST_LIF = {"tau_rc": 0.02, "tau_ref": 0.001, "amplitude": 1 / FIRST_MAX_RATE}
# Voltages start at zero, as on the chip; by itself Nengo draws them at random.
FIRST_NEURONS = nengo.LIF(**FIRST_LIF, initial_state={"voltage": Choice([0])})

# second
SECOND_MAX_RATE = 300  # Hz, for an input of 1
SECOND_TUNING = {"max_rates": Choice([SECOND_MAX_RATE]), "intercepts": Choice([0])}
# Voltages start at zero, as on the chip; by itself Nengo draws them at random.
SECOND_NEURONS = nengo.SpikingRectifiedLinear(
    amplitude=1 / SECOND_MAX_RATE, initial_state={"voltage": Choice([0])}
)

SYNAPSE = nengo.Lowpass(0.002)
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

    with nengo.Network(label="kept", seed=SEED) as net:
        nengo_loihi.add_params(net)
        inp = nengo.Node(nengo.processes.PresentInput(items, PRESENTATION_STEPS * DT))

        # On the host: it turns the input into spikes.
        first = ensemble("first", 24, FIRST_NEURONS, FIRST_TUNING)
        net.config[first].on_chip = False
        connect(inp, first.neurons, "first", synapse=None)

        second = ensemble("second", 16, SECOND_NEURONS, SECOND_TUNING)
        connect(first.neurons, second.neurons, "second")

        # Back on the host. Loihi has no softmax: the largest value is the answer.
        output = nengo.Node(size_in=3, label="output")
        connect(second.neurons, output, "output")
        nengo.Connection(nengo.Node(params["output.bias"]), output, synapse=None)
        net.logits = nengo.Probe(output, label="logits")
        net.spikes = [nengo.Probe(e.neurons, label=e.label) for e in net.ensembles]
    return net


def run(net, n_items, target, recorded=None):
    """Show one item after the other, as on the chip: nothing is reset in between."""
    logits = np.empty((n_items, 3))
    rates = {probe.label: np.zeros(probe.size_in) for probe in net.spikes}
    with nengo_loihi.Simulator(net, dt=DT, seed=SEED, target=target) as sim:
        sim.run_steps(3)  # so late the first item has an effect on the output
        for item in range(n_items):
            sim.clear_probes()  # so that memory doesn't grow
            sim.run_steps(PRESENTATION_STEPS)
            print(f"\r{item + 1} of {n_items} items", end="", flush=True)
            logits[item] = sim.data[net.logits][-READ_STEPS:].mean(axis=0)
            for probe in net.spikes:  # a spike counts amplitude / dt
                amplitude = probe.target.ensemble.neuron_type.amplitude
                rates[probe.label] += sim.data[probe].mean(axis=0) / amplitude / n_items
            if recorded and item < 5:
                for probe, outputs in recorded.items():
                    n = probe.size_in
                    most = 100 if probe in net.spikes else n
                    # By chance: every n-th may be of the same channel.
                    some = np.sort(np.random.RandomState(0).permutation(n)[:most])
                    outputs.append(sim.data[probe][:, some])
    return logits, rates


def prepare_to_plot(net):
    """Return room for what probes record, one without the probe's synapse first."""
    with net:
        unfiltered = nengo.Probe(net.logits.target, label="unfiltered")
    return {probe: [] for probe in (unfiltered, net.logits, *net.spikes)}


def plot(net, recorded, items, labels, logits, rates, target):
    """Draw the first items beside output and spikes over time, rates and answers."""
    from kept_plots import plot_stream  # needs Matplotlib

    time = {"dt": DT, "shown": PRESENTATION_STEPS, "gap": 0, "read": READ_STEPS}
    title = f"{net.label}, nengo_loihi {target} (stream)"
    plot_stream(FIGURE, title, recorded, items, labels, logits, rates, **time)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, help="how many (default: all)")
    parser.add_argument("--target", choices=["sim", "loihi"], default="sim")
    parser.add_argument("--plot", action="store_true", help=f"draw {FIGURE.name}")
    args = parser.parse_args()
    if args.plot and find_spec("matplotlib") is None:
        parser.error("--plot needs Matplotlib: pip install 'matplotlib>=3.8'")
    if not PARAMS.exists():
        raise SystemExit(f"there is no {PARAMS.name} yet: train first")
    trained = dict(np.load(PARAMS))
    test = np.load(HERE / "kept.test.npz")
    x, y = test["x"][: args.items].astype(float), test["y"][: args.items]
    x = (x - trained["input.shift"]) / trained["input.scale"]
    network = build_network(trained, x)
    spikes = [c for c in network.connections if isinstance(c.pre_obj, Neurons)]
    read = str([(c.pre_obj.ensemble.label, c.synapse) for c in spikes])
    if trained["spikes"] != read:
        print(f"note: trained to read {trained['spikes']},\n  and reads {read}")
    recorded = prepare_to_plot(network) if args.plot else None
    logits, rates = run(network, len(x), args.target, recorded)
    n, correct = len(y), np.count_nonzero(logits.argmax(axis=1) == y)
    low, high = binomtest(correct, n).proportion_ci(method="wilson")
    print(f"\r{args.target}: {correct / n:.1%} ({low:.1%} to {high:.1%}, n = {n})")
    for name, hertz in rates.items():
        print(f"  {name}: {hertz.mean():.0f} Hz, {np.mean(hertz == 0):.0%} silent")
        if not hertz.any():
            raise SystemExit(f"{name} never fires: nothing gets through it")
    if args.plot:
        plot(network, recorded, x, y, logits, rates, args.target)
