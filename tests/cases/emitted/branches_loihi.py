"""Run the trained branches network as spikes on Loihi or its emulator.

Written by snnc from branches.toml [257837c3].
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
PARAMS = HERE / "branches.params.npz"

SEED = 3
DT = 0.001  # s
PRESENTATION_STEPS = 50
GAP_STEPS = 10  # of zeros between items
READ_STEPS = 25  # the answer is the mean of a presentation's last ones

# dense1
DENSE1_MAX_RATE = 150  # Hz, for an input of 1
DENSE1_TUNING = {"max_rates": Choice([DENSE1_MAX_RATE]), "intercepts": Choice([0])}
# Voltages start at zero, as on the chip; by itself Nengo draws them at random.
DENSE1_NEURONS = nengo.SpikingRectifiedLinear(
    amplitude=1 / DENSE1_MAX_RATE, initial_state={"voltage": Choice([0])}
)

# hidden
HIDDEN_MAX_RATE = 150  # Hz, for an input of 1
HIDDEN_TUNING = {"max_rates": Choice([HIDDEN_MAX_RATE]), "intercepts": Choice([0])}
HIDDEN_LIF = {"tau_rc": 0.02, "tau_ref": 0.001, "amplitude": 1 / HIDDEN_MAX_RATE}
# Voltages start at zero, as on the chip; by itself Nengo draws them at random.
HIDDEN_NEURONS = nengo_loihi.LoihiLIF(
    **HIDDEN_LIF, initial_state={"voltage": Choice([0])}
)

# joint
JOINT_MAX_RATE = 100  # Hz, for an input of 1
JOINT_TUNING = {"max_rates": Choice([JOINT_MAX_RATE]), "intercepts": Choice([0])}
JOINT_LIF = {"tau_rc": 0.02, "tau_ref": 0.001, "amplitude": 1 / JOINT_MAX_RATE}
# Voltages start at zero, as on the chip; by itself Nengo draws them at random.
JOINT_NEURONS = nengo_loihi.LoihiLIF(
    **JOINT_LIF, initial_state={"voltage": Choice([0])}
)

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


def show(items):
    """Return a function of time that shows each item, then zeros."""
    zeros = np.zeros(items.shape[1])

    def shown(t):
        item, step = divmod(round(t / DT) - 1, PRESENTATION_STEPS + GAP_STEPS)
        return items[item % len(items)] if step < PRESENTATION_STEPS else zeros

    return shown


def softmax(t, logits):
    """Return probabilities; a node on the host computes them in every step."""
    e = np.exp(logits - logits.max())
    return e / e.sum()


def build_network(params, items):
    def ensemble(name, n_neurons, neurons, tuning):
        ens = nengo.Ensemble(n_neurons, 1, neuron_type=neurons, label=name, **tuning)
        there, here = params.get(f"{name}.neurons"), describe(ens)
        if there != here:
            raise SystemExit(f"train anew: {name} was {there},\n and is {here}")
        ens.gain, ens.bias = params[f"{name}.gain"], params[f"{name}.bias"]
        return ens

    def connect(source, target, name, synapse):
        nengo.Connection(source, target, synapse, transform=params[f"{name}.weights"])

    with nengo.Network(label="branches", seed=SEED) as net:
        nengo_loihi.add_params(net)
        inp = nengo.Node(show(items))

        # On the host: it turns the input into spikes.
        dense1 = ensemble("dense1", 30, DENSE1_NEURONS, DENSE1_TUNING)
        net.config[dense1].on_chip = False
        connect(inp, dense1.neurons, "dense1", synapse=None)

        hidden = ensemble("hidden", 20, HIDDEN_NEURONS, HIDDEN_TUNING)
        connect(dense1.neurons, hidden.neurons, "hidden", synapse=nengo.Lowpass(0.01))

        joint = ensemble("joint", 20, JOINT_NEURONS, JOINT_TUNING)
        connect(dense1.neurons, joint.neurons, "joint", synapse=nengo.Lowpass(0.002))
        connect(hidden.neurons, joint.neurons, "joint.2", synapse=nengo.Lowpass(0.002))

        # Back on the host, where a softmax makes probabilities of the filtered output.
        output = nengo.Node(size_in=10, label="output")
        connect(joint.neurons, output, "output", synapse=nengo.Lowpass(0.002))
        connect(dense1.neurons, output, "output.2", synapse=nengo.Lowpass(0.002))
        net.logits = nengo.Probe(output, label="logits")
        probabilities = nengo.Node(softmax, size_in=10)
        nengo.Connection(output, probabilities, synapse=None)
        net.probabilities = nengo.Probe(probabilities, label="probabilities")
        net.spikes = [nengo.Probe(e.neurons, label=e.label) for e in net.ensembles]
    return net


def run(net, n_items, target):
    """Show one item after the other, as on the chip: nothing is reset in between."""
    logits = np.empty((n_items, 10))
    probabilities = np.empty_like(logits)
    rates = {probe.label: np.zeros(probe.size_in) for probe in net.spikes}
    with nengo_loihi.Simulator(net, dt=DT, seed=SEED, target=target) as sim:
        sim.run_steps(1)  # so late the first item has an effect on the output
        for item in range(n_items):
            sim.clear_probes()  # so that memory doesn't grow
            sim.run_steps(PRESENTATION_STEPS)
            print(f"\r{item + 1} of {n_items} items", end="", flush=True)
            logits[item] = sim.data[net.logits][-READ_STEPS:].mean(axis=0)
            outputs = sim.data[net.probabilities][-READ_STEPS:]
            probabilities[item] = outputs.mean(axis=0)
            for probe in net.spikes:  # a spike counts amplitude / dt
                amplitude = probe.target.ensemble.neuron_type.amplitude
                burst = sim.data[probe].max() * DT > 1.5 * amplitude
                if burst and probe.label in ["dense1"]:
                    # The chip takes one spike a step from the host.
                    raise SystemExit(f"{probe.label} fires too fast: lower max_rate")
                rates[probe.label] += sim.data[probe].mean(axis=0) / amplitude / n_items
            sim.run_steps(GAP_STEPS)
    return logits, probabilities, rates


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, help="how many (default: all)")
    parser.add_argument("--target", choices=["sim", "loihi"], default="sim")
    args = parser.parse_args()
    if not PARAMS.exists():
        raise SystemExit(f"there is no {PARAMS.name} yet: train first")
    trained = dict(np.load(PARAMS))
    test = np.load(HERE / "branches.test.npz")
    x, y = test["x"][: args.items].astype(float), test["y"][: args.items]
    x = (x - trained["input.shift"]) / trained["input.scale"]
    network = build_network(trained, x)
    spikes = [c for c in network.connections if isinstance(c.pre_obj, Neurons)]
    read = str([(c.pre_obj.ensemble.label, c.synapse) for c in spikes])
    if trained["spikes"] != read:
        print(f"note: trained to read {trained['spikes']},\n  and reads {read}")
    logits, probabilities, rates = run(network, len(x), args.target)
    n, correct = len(y), np.count_nonzero(logits.argmax(axis=1) == y)
    low, high = binomtest(correct, n).proportion_ci(method="wilson")
    print(f"\r{args.target}: {correct / n:.1%} ({low:.1%} to {high:.1%}, n = {n})")
    likelihood = np.maximum(probabilities[np.arange(n), y], 1e-12)
    print(f"  log loss: {-np.log(likelihood).mean():.3f}")
    for name, hertz in rates.items():
        print(f"  {name}: {hertz.mean():.0f} Hz, {np.mean(hertz == 0):.0%} silent")
        if not hertz.any():
            raise SystemExit(f"{name} never fires: nothing gets through it")
