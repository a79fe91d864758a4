"""Random networks, drawn by a number, of chip and host together: what remembers and what doesn't, in all directions, and all probes.

`tests.chip_networks` has those that are all about the chip.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Any

import nengo
import nengo_loihi
import numpy as np
from numpy.typing import NDArray

from tests import chip_networks
from tests.chip_networks import _filter, _layer, _synapse

Array = NDArray[Any]
#: How many items are shown.
N_ITEMS = 3


class Delay:
    """As in Nengo's documentation: a line that a bound method remembers."""

    def __init__(self, steps: int, size: int) -> None:
        self.history = np.zeros((steps, size))

    def step(self, t: float, x: Array) -> Array:
        self.history = np.roll(self.history, -1, axis=0)
        self.history[-1] = x
        return self.history[0]


class Toggle:
    """An object that is called, and writes to its own arrays."""

    def __init__(self, size: int) -> None:
        self.state, self.calls = np.zeros(size), 0

    def __call__(self, t: float, x: Array) -> Array:
        self.calls += 1
        self.state[self.calls % len(self.state)] += x.sum()
        return np.tanh(self.state)


class Ramp(nengo.Process):
    """A process of a person's own, without random numbers."""

    def make_step(self, shape_in: Any, shape_out: Any, dt: Any, rng: Any, state: Any) -> Any:
        value = np.zeros(shape_out)

        def step(t: float, x: Any = None) -> Array:
            value[...] += 0.01 if x is None else 0.1 * np.sum(x)
            return np.sin(value)

        return step


class Drawing(Ramp):
    """A process that draws random numbers: refused, unless it has a seed."""

    def make_step(self, shape_in: Any, shape_out: Any, dt: Any, rng: Any, state: Any) -> Any:
        return lambda t, x=None: rng.uniform(-1, 1, shape_out)


class LIF(nengo.LIF):
    """A neuron type of a person's own with the name of another one."""

    def step(self, dt: float, J: Array, output: Array, **state: Array) -> None:  # noqa: N803
        super().step(dt, J + 0.1 * np.mean(J), output, **state)


@dataclass(frozen=True, eq=False)
class Drawn:
    """A network, and the outputs of nodes that are shown: (items, size) or (items, steps, size)."""

    net: nengo.Network
    items: dict[nengo.Node, Array]
    steps: int


class Draw:
    """A network under construction. The same number always draws the same, with functions that remember nothing yet."""

    def __init__(self, number: int) -> None:
        self.chance = np.random.RandomState(number)
        self.steps = int(self.chance.choice([1, 7, 25, 40]))
        self.net = nengo.Network(seed=int(self.chance.randint(1000)))
        nengo_loihi.add_params(self.net)
        self.items: dict[nengo.Node, Array] = {}
        self.sources: list[Any] = []
        self.readers: list[nengo.Node] = []
        self.host: list[nengo.Ensemble] = []
        self.chip: list[nengo.Ensemble] = []
        self.history: list[float] = []

    def drawn(self) -> Drawn:
        chance = self.chance
        with self.net:
            for _ in range(chance.randint(0, 3)):
                self._shown()
            for _ in range(chance.randint(0, 4)):
                self._source()
            for _ in range(chance.randint(0, 3)):
                self._on_host()
            for _ in range(chance.randint(1, 4)):
                self._on_chip()
            for _ in range(chance.randint(0, 4)):
                self._reader()
            for _ in range(chance.randint(1, 6)):
                self._connection()
            if chance.rand() < 0.25:
                self._learning_on_chip()
            if chance.rand() < 0.15:
                self._learning_on_host()
            for _ in range(chance.randint(0, 8)):
                self._probe()
        return Drawn(self.net, self.items, self.steps)

    def _one(self, *choices: Any) -> Any:
        return choices[self.chance.randint(len(choices))]

    def _shown(self) -> None:
        size = int(self.chance.randint(1, 4))
        node = nengo.Node(np.zeros(size))
        shape = (N_ITEMS, size) if self.chance.rand() < 0.5 else (N_ITEMS, self.steps, size)
        self.items[node] = self.chance.uniform(-1, 1, shape)
        self.sources.append(node)

    def _source(self) -> None:
        size, seed = int(self.chance.randint(1, 4)), int(self.chance.randint(100))
        numbers, rng, values = count(), np.random.RandomState(seed), iter(np.linspace(-1, 1, 1000))
        history = self.history

        def remembering(t: float) -> float:
            history.append(t)
            return float(np.sin(len(history)))

        node = self._one(
            lambda: nengo.Node(lambda t: np.sin(20 * t + np.arange(size))),
            lambda: nengo.Node(lambda t: np.sin(next(numbers))),
            lambda: nengo.Node(lambda t: rng.uniform(-1, 1, size)),
            lambda: nengo.Node(lambda t: next(values)),
            lambda: nengo.Node(remembering),
            lambda: nengo.Node(self.chance.uniform(-1, 1, size)),
            lambda: nengo.Node(nengo.processes.WhiteSignal(0.1, high=50, seed=seed)),
            lambda: nengo.Node(nengo.processes.WhiteNoise(seed=self._one(seed, seed, seed, None))),
            lambda: nengo.Node(nengo.processes.PresentInput([[0.3], [-0.4]], 0.01)),
            lambda: nengo.Node(nengo.processes.Piecewise({0: 0.3, 0.01: -0.5})),
            lambda: nengo.Node(Ramp(default_size_out=size), size_out=size),
            lambda: nengo.Node(
                Drawing(default_size_out=size, seed=self._one(seed, seed, seed, None)),
                size_out=size,
            ),
        )()
        self.sources.append(node)

    def _on_host(self) -> None:
        n, size = int(self.chance.randint(5, 30)), int(self.chance.randint(1, 3))
        neurons = self._one(
            lambda: chip_networks._host_neurons(self.chance),
            lambda: chip_networks._host_neurons(self.chance),
            nengo.LIFRate,
            nengo.Tanh,
            nengo.Izhikevich,
            lambda: nengo.PoissonSpiking(nengo.LIFRate()),
            lambda: nengo.StochasticSpiking(nengo.RectifiedLinear()),
            LIF,
        )()
        noise = nengo.processes.WhiteNoise(seed=int(self.chance.randint(100)))
        noise = noise if self.chance.rand() < 0.15 else None
        ensemble = nengo.Ensemble(n, size, neuron_type=neurons, noise=noise)
        self.net.config[ensemble].on_chip = False
        self.host.append(ensemble)

    def _on_chip(self) -> None:
        if self.chance.rand() < 0.5:
            ensemble = _layer(self.net, self.chance, int(self.chance.randint(4, 40)))
        else:
            n, size = int(self.chance.randint(10, 40)), int(self.chance.randint(1, 3))
            ensemble = nengo.Ensemble(n, size, max_rates=nengo.dists.Uniform(100, 120))
        if self.chance.rand() < 0.4:
            block = int(self.chance.randint(1, ensemble.n_neurons + 1))
            self.net.config[ensemble].block_shape = nengo_loihi.BlockShape(
                (block,), (ensemble.n_neurons,)
            )
        self.chip.append(ensemble)

    def _reader(self) -> None:
        size, history = int(self.chance.randint(1, 4)), self.history

        def looking(t: float, x: Array) -> Array:
            return np.tanh(x) * np.cos(len(history))

        def writing(t: float, x: Array) -> None:
            history.append(float(x[0]))

        node = self._one(
            lambda: nengo.Node(size_in=size),
            lambda: nengo.Node(lambda t, x: np.tanh(x) + t, size_in=size),
            lambda: nengo.Node(Delay(int(self.chance.randint(1, 6)), size).step, size_in=size),
            lambda: nengo.Node(Toggle(size), size_in=size, size_out=size),
            lambda: nengo.Node(looking, size_in=size),
            lambda: nengo.Node(Ramp(), size_in=size, size_out=size),
            lambda: nengo.Node(writing, size_in=size),
        )()
        self.readers.append(node)

    def _connection(self) -> None:
        """Connect anything with anything: forwards, backwards, and with itself."""
        sources = [*self.sources, *self.readers, *self.host, *self.chip]
        sources = [source for source in sources if source.size_out]
        targets = [*self.host, *self.chip, *self.chip, *self.readers]
        source, target = self._one(*sources), self._one(*targets)
        on_host = source not in self.chip and target not in self.chip
        options: dict[str, Any] = {"synapse": _filter(self.chance)}
        if source not in self.sources:
            # NengoLoihi has no way through a circle without a synapse.
            options["synapse"] = (
                0.005 if on_host or target in self.readers else _synapse(self.chance)
            )
        if isinstance(source, nengo.Ensemble) and self.chance.rand() < 0.5:
            source = source.neurons
        if isinstance(target, nengo.Ensemble) and self.chance.rand() < 0.4:
            target = target.neurons
        size = source.size_out
        is_passthrough = isinstance(source, nengo.Node) and source.output is None
        has_values = not isinstance(source, nengo.ensemble.Neurons) and not is_passthrough
        if has_values and self.chance.rand() < 0.2:
            scale = float(self.chance.uniform(0.5, 2))
            options["function"] = lambda x: np.sin(scale * np.asarray(x))
        if size > 1 and self.chance.rand() < 0.2 and "function" not in options:
            source = source[:: int(self.chance.randint(1, 3))]
            size = source.size_out
        of_neurons = all(isinstance(obj, nengo.ensemble.Neurons) for obj in (source, target))
        options["transform"] = self._transform(target.size_in, size, on_host or of_neurons)
        nengo.Connection(source, target, **options)

    def _learning_on_chip(self) -> None:
        """Learn what a node shows, or nothing but zeros: in an output or in neurons of the host."""
        source = self._one(*self.chip)
        size = int(self.chance.randint(1, 3))
        target = self._one(
            lambda: nengo.Node(size_in=size),
            lambda: nengo.Ensemble(int(self.chance.randint(8, 20)), size),
        )()
        if isinstance(target, nengo.Ensemble):
            self.net.config[target].on_chip = False
            self.host.append(target)
        else:
            self.readers.append(target)
        rule = nengo.PES(
            float(10 ** self.chance.uniform(-3, 0)),
            pre_synapse=nengo.Lowpass(self._one(0.002, 0.005, 0.02)),
        )
        learned = nengo.Connection(
            source,
            target,
            function=lambda x: np.zeros(size),
            synapse=self._one(0.005, 0.02),
            learning_rule_type=rule,
        )
        for _ in range(self.chance.randint(0, 3)):
            error = nengo.Node(size_in=size)
            nengo.Connection(target, error, synapse=self._one(None, 0.01))
            for wanted in self.sources[: self.chance.randint(0, 3)]:
                weights = self.chance.uniform(-1, 1, (size, wanted.size_out))
                nengo.Connection(wanted, error, transform=weights, synapse=None)
            nengo.Connection(error, learned.learning_rule, synapse=self._one(None, 0.005))
        self.readers.append(nengo.Node(lambda t, x: np.tanh(x), size_in=size))
        nengo.Connection(target, self.readers[-1])

    def _learning_on_host(self) -> None:
        """Learn without errors: NengoLoihi takes none for a connection of the host."""
        if not self.host:
            return
        source, target = self._one(*self.host), self._one(*self.host)
        rule = self._one(
            nengo.BCM(1e-8), nengo.Oja(1e-7), nengo.Voja(learning_rate=1e-3), nengo.PES()
        )
        weights = isinstance(rule, nengo.BCM | nengo.Oja)
        nengo.Connection(
            source,
            target,
            transform=self.chance.uniform(-1, 1, (target.dimensions, source.dimensions)),
            solver=nengo.solvers.LstsqL2(weights=weights),
            synapse=0.005,
            learning_rule_type=rule,
        )

    def _transform(self, size_out: int, size_in: int, may_be_sparse: bool) -> Any:
        weights = self.chance.uniform(-1, 1, (size_out, size_in)) / size_in
        if may_be_sparse and self.chance.rand() < 0.3:
            rows, columns = np.nonzero(self.chance.rand(size_out, size_in) < 0.5)
            if len(rows):
                return nengo.Sparse(
                    (size_out, size_in),
                    indices=np.column_stack([rows, columns]),
                    init=weights[rows, columns],
                )
        return weights

    def _probe(self) -> None:
        nodes = [node for node in (*self.sources, *self.readers) if node.size_out]
        target = self._one(*nodes, *self.host, *self.chip)
        if self.chance.rand() < 0.03:
            target = self._one(*self.net.all_connections)
        synapse = self._one(None, None, 0.01, nengo.Alpha(0.005))
        attribute = None
        if isinstance(target, nengo.Connection):
            attribute = self._one("weights", "output", "input")
        elif isinstance(target, nengo.Ensemble) and self.chance.rand() < 0.7:
            neurons, n = target.neurons, target.n_neurons
            mask = self.chance.rand(n) < 0.5
            mask[0] = True
            seen = ["voltage", "input"] if target in self.chip else neurons.probeable
            attribute = self._one(None, None, *seen)
            target = self._one(
                neurons, neurons[1::2], neurons[: n // 2], neurons[[0, n - 1]], neurons[mask]
            )
        every = 0.002 if self.chance.rand() < 0.05 else None
        nengo.Probe(target, attribute, synapse=synapse, sample_every=every)
