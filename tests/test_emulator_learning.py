"""What learns or draws random numbers is emulated as NengoLoihi runs it, bit for bit: on the chip and on the host, each item by itself."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from tests.test_emulator import assert_same, program_of_the_page, quiet, rows

if find_spec("numba") is None or find_spec("nengo_loihi") is None:
    pytest.skip(
        "numba or nengo_loihi is not installed: pip install 'snnc[run]'", allow_module_level=True
    )

pytestmark = pytest.mark.usefixtures("nengo_loihi")

STEPS = 30


def simulated(
    net: Any,
    chains: list[list[dict[Any, Any]]],
    steps: int = STEPS,
    model: Callable[[], Any] = lambda: None,
    seed: int | None = None,
) -> dict[Any, Any]:
    """Return what NengoLoihi's probes see of items, (items, steps, ...), in chains with a simulator each."""
    import nengo_loihi

    now: dict[Any, Any] = {}
    nodes = list(chains[0][0])
    before = [node.output for node in nodes]
    for node in nodes:
        node.output = lambda t, node=node: now[node]
    seen: dict[Any, list[Any]] = {probe: [] for probe in net.all_probes}
    for chain in chains:
        with nengo_loihi.Simulator(
            net, progress_bar=False, target="sim", model=model(), seed=seed
        ) as sim:
            for item in chain:
                now.update(item)
                sim.run_steps(steps)
            for probe, values in seen.items():
                whole = np.array(sim.data[probe])
                values.append(whole.reshape(len(chain), -1, *whole.shape[1:]))
    for node, output in zip(nodes, before, strict=True):
        node.output = output
    return {probe: np.concatenate(values) for probe, values in seen.items()}


def assert_emulated(
    net: Any,
    items: dict[Any, Any],
    model: Callable[[], Any] = lambda: None,
    seed: int | None = None,
    steps: int = STEPS,
) -> Any:
    """Compare items that are fresh, in one chain and in two, with NengoLoihi's; return the emulator and the results of the chain."""
    from snnc.emulator import Emulator

    its = rows(items)
    with quiet():
        emulator = Emulator(net, model=model(), seed=seed)
        fresh = simulated(net, [[item] for item in its], steps, model, seed)
        assert_same(emulator.run(items, steps), fresh)
        one = simulated(net, [its], steps, model, seed)
        result = emulator.run(items, steps, present="stream")
        assert_same(result, one)
        half = -(-len(its) // 2)
        two = simulated(net, [its[:half], its[half:]], steps, model, seed)
        assert_same(emulator.run(items, steps, present="stream", chains=2), two)
        assert_same(emulator.run(items, steps), fresh)
    return emulator, result


def learning(
    size: int = 1,
    n: int = 40,
    rate: float = 0.1,
    errors: int = 1,
    outputs: int = 1,
    block: int | None = None,
    into_ensemble: bool = False,
    **options: Any,
) -> tuple[Any, dict[Any, Any]]:
    """Return a network whose chip learns, and three items."""
    import nengo
    import nengo_loihi

    options.setdefault("function", lambda x: np.zeros(size))
    tau = options.pop("tau", 0.005)
    with nengo.Network(seed=size) as net:
        nengo_loihi.add_params(net)
        shown = nengo.Node(np.zeros(size))
        layer = nengo.Ensemble(n, size)
        if block is not None:
            net.config[layer].block_shape = nengo_loihi.BlockShape((block,), (n,))
        nengo.Connection(shown, layer)
        for number in range(outputs):
            output = nengo.Ensemble(20, size) if into_ensemble else nengo.Node(size_in=size)
            if into_ensemble:
                net.config[output].on_chip = False
            rule = nengo.PES(rate, pre_synapse=nengo.Lowpass(tau))
            connection = nengo.Connection(layer, output, learning_rule_type=rule, **options)
            for factor in range(errors):
                error = nengo.Node(size_in=size)
                nengo.Connection(output, error, synapse=0.01)
                nengo.Connection(shown, error, transform=0.5 * number - factor - 1)
                nengo.Connection(error, connection.learning_rule)
            nengo.Probe(output)
        other = nengo.Ensemble(15, size)
        nengo.Connection(layer, other)
        nengo.Probe(layer.neurons)
        nengo.Probe(other, synapse=0.02)
    return net, {shown: np.random.RandomState(size).uniform(-1, 1, (3, size))}


CHIPS: dict[str, dict[str, Any]] = {
    "one": {},
    "two errors": {"size": 2, "errors": 2},
    "two synapses, tiles": {"size": 3, "outputs": 2, "block": 13},
    "into neurons of the host": {"size": 2, "into_ensemble": True},
    "clipped": {"rate": 3.0, "tau": 0.02},
    "a function, a part": {"size": 2, "function": np.square},
    "without errors": {"errors": 0},
}


@pytest.mark.slow
@pytest.mark.parametrize("options", CHIPS.values(), ids=CHIPS)
def test_the_chip_learns_the_same(options: dict[str, Any]) -> None:
    net, items = learning(**options)
    _, result = assert_emulated(net, items)
    # What isn't decoded at first is, once it is learned.
    assert result[net.all_probes[0]].any() == (options.get("errors") != 0)


def test_weights_and_traces_are_the_same_in_every_step() -> None:
    """For three different items at once. The weights do change, and differ between items."""
    import nengo_loihi

    from snnc.emulator import Emulator
    from snnc.emulator.asked import Asked
    from snnc.emulator.side_by_side import SideBySide
    from snnc.emulator.slots import Piece, Slot

    net, items = learning(size=2, outputs=2, rate=0.5)
    with quiet():
        emulator = Emulator(net)
        asked = Asked.of(emulator.network, items, 1, 0, 0, "fresh", 1, [], ())
        networks = SideBySide(emulator._plans(asked, {}), 3)
        networks.clear([{}] * 3)
        assert networks._restless is not None
        ours = list(networks._restless._learning.values())
        simulators = []
        for item in rows(items):
            for node, values in item.items():
                node.output = values
            simulators.append(nengo_loihi.Simulator(net, progress_bar=False, target="sim"))
        for _ in range(60):
            networks.show(Slot([Piece(items, 1)]))
            for number, sim in enumerate(simulators):
                sim.run_steps(1)
                synapses = sim.sims["emulator"].synapses
                for learned, (synapse, trace) in zip(ours, synapses.traces.items(), strict=True):
                    assert np.array_equal(learned.traces[number], trace)
                    assert np.array_equal(learned.weights[number], np.concatenate(synapse.weights))
                    errors = synapses.pes_errors[synapse]
                    assert np.array_equal(learned.errors[number], errors)
        for sim in simulators:
            sim.close()
    for learned in ours:
        assert np.ptp(learned.weights, axis=0).any()
        assert np.any(learned.weights != learned.learned.weights)


def _model(**attributes: Any) -> Callable[[], Any]:
    from nengo_loihi.builder import Model

    def model() -> Any:
        made = Model(dt=0.001)
        for name, value in attributes.items():
            setattr(made, name, value)
        return made

    return model


@pytest.mark.slow
@pytest.mark.parametrize(
    "attributes",
    [
        {"pes_wgt_exp": -4},
        {"pes_wgt_exp": 0},
        {"pes_wgt_exp": 7},
        {"pes_error_scale": 1000.0},
        {"pes_error_scale": 0.5},
    ],
    ids=str,
)
def test_models_say_how_the_chip_learns(attributes: dict[str, Any]) -> None:
    """Weights of other exponents, and errors of other scales: also what is clipped, and that it is said."""
    from snnc.emulator import Emulator

    net, items = learning(size=2, rate=0.5)
    model = _model(**attributes)
    assert_emulated(net, items, model)
    said = []
    for run in (
        lambda: simulated(net, [rows(items)], model=model),
        lambda: Emulator(net, model=model()).run(items, STEPS, present="stream"),
    ):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            run()
        texts = (str(warning.message) for warning in caught)
        starts = ("Overflow", "Synaptic trace", "Clipping", "Received PES")
        said.append({text for text in texts if text.startswith(starts)})
    assert said[0] == said[1]
    assert said[0]


@pytest.mark.slow
def test_seeds_are_nengo_loihis() -> None:
    """The network's and 1, or another one that is given; another one draws other numbers."""
    net, items = learning(size=2, rate=0.5)
    _, own = assert_emulated(net, items)
    _, same = assert_emulated(net, items, seed=net.seed + 1)
    _, other = assert_emulated(net, items, seed=99)
    (probe, *_) = net.all_probes
    assert np.array_equal(own[probe], same[probe])
    assert not np.array_equal(own[probe], other[probe])


def _noisy(everywhere: bool) -> Callable[[], Any]:
    """Return what makes a model with noisy neurons: those that decode, or all, some in their currents and some in their voltages."""
    from nengo_loihi.builder import Model
    from nengo_loihi.decode_neurons import NoisyDecodeNeurons

    class Noisy(Model):  # type: ignore[misc]
        def add_block(self, block: Any) -> None:
            super().add_block(block)
            compartment = block.compartment
            compartment.enable_noise[::2] = True
            compartment.noise_exp, compartment.noise_offset = -1.0, 3
            compartment.noise_at_membrane = len(self.blocks) % 2

    if everywhere:
        return lambda: Noisy(dt=0.001)
    return _model(decode_neurons=NoisyDecodeNeurons(5, noise_exp=-1.0))


@pytest.mark.slow
@pytest.mark.parametrize("learns", [False, True], ids=["precomputed", "learning"])
def test_noise_of_the_chip_is_the_same(learns: bool) -> None:
    import nengo
    import nengo_loihi

    if learns:
        net, items = learning(size=2, block=13)
    else:
        with nengo.Network(seed=4) as net:
            nengo_loihi.add_params(net)
            shown = nengo.Node(np.zeros(2))
            first, second = (nengo.Ensemble(40, 2) for _ in range(2))
            net.config[first].block_shape = nengo_loihi.BlockShape((15,), (40,))
            output = nengo.Node(size_in=2)
            for pre, post in ((shown, first), (first, second), (second, output)):
                nengo.Connection(pre, post)
            for target in (first.neurons, second.neurons, second, output):
                nengo.Probe(target)
        items = {shown: np.random.RandomState(0).uniform(-1, 1, (3, 2))}
    emulator, without = assert_emulated(net, items)
    assert emulator._built.precomputed is not learns
    for everywhere in (False, True):
        _, noisy = assert_emulated(net, items, _noisy(everywhere))
        assert any(not np.array_equal(noisy[p], without[p]) for p in net.all_probes)


def on_host(rule: Any = None, weights: bool = False, **options: Any) -> tuple[Any, dict[Any, Any]]:
    """Return a network with two ensembles on the host before one on the chip, and three items."""
    import nengo
    import nengo_loihi

    with nengo.Network(seed=1) as net:
        nengo_loihi.add_params(net)
        shown = nengo.Node(np.zeros(2))
        first = nengo.Ensemble(20, 2, **options)
        second = nengo.Ensemble(15, 2)
        layer = nengo.Ensemble(10, 2)
        for ensemble in (first, second):
            net.config[ensemble].on_chip = False
        nengo.Connection(shown, first)
        solver = nengo.solvers.LstsqL2(weights=weights)
        nengo.Connection(first, second, learning_rule_type=rule, solver=solver)
        nengo.Connection(second, layer)
        for target in (second, second.neurons, layer.neurons):
            nengo.Probe(target)
    return net, {shown: np.random.RandomState(0).uniform(-1, 1, (3, 2))}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["BCM", "Oja", "Voja", "PES", "RLS", "several"])
def test_the_host_learns_the_same(kind: str) -> None:
    """By every rule of Nengo's; NengoLoihi connects nothing to a rule of the host, so that there are no errors to learn from."""
    import nengo

    rules = {
        "BCM": nengo.BCM(1e-6),
        "Oja": nengo.Oja(1e-5),
        "Voja": nengo.Voja(learning_rate=1e-2),
        "PES": nengo.PES(),
        "RLS": nengo.RLS(),
        "several": [nengo.Oja(1e-5), nengo.BCM(1e-6)],
    }
    _, learned = assert_emulated(*on_host(rules[kind], kind in ("BCM", "Oja", "several")))
    net, items = on_host(None, kind in ("BCM", "Oja", "several"))
    _, fixed = assert_emulated(net, items)
    of_second = [next(iter(result.batch.data.values())) for result in (learned, fixed)]
    assert np.array_equal(*of_second) is (kind in ("PES", "RLS"))


@pytest.mark.slow
def test_random_numbers_of_the_host_are_the_same() -> None:
    """Noise of ensembles, and neurons that fire at random: each item sees those that it would see alone."""
    import nengo

    noise = nengo.processes.WhiteNoise(seed=3)
    rates = nengo.LIFRate()
    for options in (
        {"noise": noise},
        {"noise": nengo.processes.FilteredNoise(seed=5), "rule": nengo.Voja()},
        {"neuron_type": nengo.PoissonSpiking(rates)},
        {"neuron_type": nengo.StochasticSpiking(rates), "noise": noise},
    ):
        assert_emulated(*on_host(**options))


@pytest.mark.slow
def test_groups_learn_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    """More items than go side by side, so that what was learned is forgotten for the next ones; the weights bound how many do."""
    from snnc.emulator import Emulator, threads
    from snnc.emulator.asked import Asked
    from snnc.emulator.side_by_side import SideBySide

    net, items = learning(size=2, rate=0.5)
    (node,) = items
    many = {node: np.random.RandomState(3).uniform(-1, 1, (11, 2))}
    sizes = []
    made = SideBySide.__init__

    def counted(networks: Any, plans: Any, n_items: int, *rest: Any) -> None:
        sizes.append(n_items)
        made(networks, plans, n_items, *rest)

    with quiet():
        emulator = Emulator(net)
        asked = Asked.of(emulator.network, many, STEPS, 0, 0, "fresh", 1, None, ())
        of_item = emulator._plans(asked, {}).bytes_of_item
        monkeypatch.setattr(threads, "STATE", 2 * of_item)
        monkeypatch.setattr(SideBySide, "__init__", counted)
        result = emulator.run(many, STEPS)
        assert_same(result, simulated(net, [[item] for item in rows(many)]))
    assert max(sizes) <= 2
    chance = emulator._built.chip.chance
    assert chance is not None
    (learned,) = chance.learned.values()
    assert of_item > learned.weights.nbytes


def test_what_draws_without_a_seed_is_refused() -> None:
    import nengo

    from snnc.emulator import Emulator, NotEmulatedError

    net, _ = learning()
    net.seed = None
    with quiet(), pytest.raises(NotEmulatedError, match=r"<Network.*has no seed"):
        Emulator(net)
    with quiet():
        Emulator(net, seed=3)
    net, _ = on_host(noise=nengo.processes.WhiteNoise())
    with (
        quiet(),
        pytest.raises(NotEmulatedError, match=r"<Neurons of .*WhiteNoise\(\) has no seed"),
    ):
        Emulator(net)


@pytest.mark.slow
def test_what_learns_on_several_cores_nengo_loihi_does_not_run_either() -> None:
    import nengo_loihi

    from snnc.emulator import Emulator, NotEmulatedError

    net, items = learning(size=520, n=10, function=None, eval_points=np.zeros((5, 520)))
    with quiet():
        with pytest.raises(NotEmulatedError, match=r"takes several cores; nor does nengo_loihi's"):
            Emulator(net)
        with pytest.raises(KeyError), nengo_loihi.Simulator(net, target="sim") as sim:
            sim.run_steps(1)
    assert items


def test_operators_of_a_persons_own_run_unless_they_draw_random_numbers() -> None:
    """Each item has its own, which begins anew; without a seed, what is random is refused."""
    import nengo

    from snnc.emulator import Emulator, NotEmulatedError

    class Growing(nengo.builder.Operator):  # type: ignore[misc]
        """Adds what it reads to what it writes, more in each step; at random, or not."""

        def __init__(self, source: Any, target: Any, at_random: bool) -> None:
            super().__init__()
            self.reads, self.incs, self.sets, self.updates = [source], [target], [], []
            self._at_random = at_random

        def make_step(self, signals: Any, dt: float, rng: Any) -> Any:
            source, target, steps = signals[self.reads[0]], signals[self.incs[0]], [0]

            def step() -> None:
                steps[0] += 1
                target[...] += 1e-9 * steps[0] * source * (rng.rand() if self._at_random else 1.0)

            return step

    class Rule(nengo.BCM):  # type: ignore[misc]
        at_random = False

    def build(model: Any, kind: Any, rule: Any) -> None:
        pre = model.sig[rule.connection.pre_obj.neurons]["out"]
        model.add_op(Growing(pre, model.sig[rule]["delta"], kind.at_random))
        nengo.builder.learning_rules.build_bcm(model, kind, rule)

    nengo.builder.Builder.register(Rule)(build)
    try:
        assert_emulated(*on_host(Rule(1e-6), weights=True))
        Rule.at_random = True
        net, items = on_host(Rule(1e-6), weights=True)
        with quiet(), pytest.raises(NotEmulatedError, match="a Growing, which draws random"):
            Emulator(net).run(items, 5)
    finally:
        del nengo.builder.Builder.builders[Rule]


@pytest.mark.slow
def test_the_chip_of_the_page_learns_factors() -> None:
    """The second program in docs/emulator.md, and what NengoLoihi says of two of its twenty factors."""
    names: dict[str, Any] = {}
    with quiet():
        exec(program_of_the_page(1), names)
        shown, items, outputs = (names[name] for name in ("shown", "items", "outputs"))
        for number in (0, 13):
            shown.output = lambda t, item=items[number]: item[round(t / 0.001) - 1]
            expected = simulated(names["model"], [[{}]], 1000)[names["probe"]]
            assert np.array_equal(outputs[number], expected[0])
    ends = slice(-200, None)
    wrong = np.abs(outputs[:, ends, 0] - items[:, ends, 1]).mean()
    assert wrong < 0.6 * np.abs(items[:, ends, 1]).mean()
