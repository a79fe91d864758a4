"""Random networks, drawn by a number, with all features of the chip: for comparisons with NengoLoihi's own emulator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import nengo
import nengo_loihi
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Case:
    """A network, and the values that its input nodes show, (items, size)."""

    net: nengo.Network
    items: dict[nengo.Node, Array]

    @property
    def on_chip(self) -> list[nengo.Ensemble]:
        config = self.net.config
        return [ens for ens in self.net.all_ensembles if config[ens].on_chip is not False]


def drawn(number: int, n_items: int = 3) -> Case:
    """Return a dense or a convolutional network."""
    chance = np.random.RandomState(number)
    return (_convolutional if number % 2 else _dense)(chance, n_items)


def overflowing(number: int) -> Case:
    """Return a network whose sums leave the chip's bits: strong weights, many spikes, long synapses."""
    chance = np.random.RandomState(number)
    net, shown = _started(chance, 20)
    with net:
        encoder = _encoder(net, chance, 700, shown, rate=500)
        layer = _layer(net, chance, 40)
        # All weights are as large as the largest.
        weights = chance.choice([-1.0, 1.0], (40, 700)) * (1 if number % 2 else chance.rand())
        signs = np.sign(chance.rand(40, 1) - 0.3)
        synapse = float(chance.choice([0.005, 0.05, 0.5]))
        nengo.Connection(
            encoder.neurons, layer.neurons, transform=np.abs(weights) * signs, synapse=synapse
        )
        following = _layer(net, chance, 12)
        nengo.Connection(
            layer.neurons, following.neurons, transform=chance.randn(12, 40) * 5, synapse=synapse
        )
        _read(chance, [following])
        _probe(net)
    return Case(net, {shown: np.ones((3, 20)) + chance.rand(3, 20)})


def _dense(chance: Any, n_items: int) -> Case:
    net, shown = _started(chance, 12)
    items = {shown: chance.uniform(-1, 1, (n_items, 12))}
    with net:
        sources = [_encoder(net, chance, int(chance.randint(10, 60)), shown)]
        if chance.rand() < 0.4:
            other = nengo.Node(np.zeros(5))
            items[other] = chance.uniform(-1, 1, (n_items, 5))
            sources.append(_encoder(net, chance, 20, other))
        layers = []
        for depth in range(chance.randint(1, 4)):
            layer = _layer(net, chance, int(chance.randint(5, 70)))
            if chance.rand() < 0.6:
                block = int(chance.randint(1, layer.n_neurons + 1))
                net.config[layer].block_shape = nengo_loihi.BlockShape((block,), (layer.n_neurons,))
            synapse = _synapse(chance)
            for source in sources:
                _connect(chance, source, layer, synapse)
            # A real number straight to the chip, through a filter on the host or without.
            if depth == 0 and chance.rand() < 0.4:
                real = nengo.Node(np.zeros(3))
                items[real] = chance.uniform(-1.2, 1.2, (n_items, 3))
                nengo.Connection(
                    real,
                    layer.neurons,
                    transform=chance.randn(layer.n_neurons, 3),
                    synapse=chance.choice([None, 0.005]),
                )
            if layers and chance.rand() < 0.3:
                _connect(chance, layer, layer, synapse)
            layers.append(layer)
            sources = layers[-1:] if chance.rand() < 0.6 else layers[-2:]
        _read(chance, layers)
        _probe(net)
    return Case(net, items)


def _convolutional(chance: Any, n_items: int) -> Case:
    side = int(chance.randint(5, 9))
    channels = int(chance.randint(1, 4))
    first_last = bool(chance.rand() < 0.7)
    shape = nengo.transforms.ChannelShape(
        (side, side, channels) if first_last else (channels, side, side), channels_last=first_last
    )
    net, shown = _started(chance, shape.size)
    with net:
        before: Any = nengo.Ensemble(
            shape.size,
            1,
            neuron_type=_host_neurons(chance),
            gain=np.full(shape.size, float(chance.uniform(50, 300))),
            bias=np.full(shape.size, float(chance.uniform(0, 20))),
        )
        net.config[before].on_chip = False
        nengo.Connection(shown, before.neurons, synapse=None)
        layers = []
        for _ in range(chance.randint(1, 3)):
            convolution = nengo.Convolution(
                n_filters=int(4 * chance.randint(1, 4)),
                input_shape=shape,
                kernel_size=(3, 3),
                strides=(int(chance.randint(1, 3)),) * 2,
                padding=str(chance.choice(["same", "valid"])),
                channels_last=first_last,
                init=nengo.dists.Gaussian(
                    0, float(chance.uniform(0.01, 0.05)) / _amplitude(before)
                ),
            )
            shape = convolution.output_shape
            layer = _layer(net, chance, shape.size, same_gain=True)
            if chance.rand() < 0.7:
                whole = shape.shape
                block = tuple(max(1, int(np.ceil(n * chance.uniform(0.3, 1)))) for n in whole)
                if first_last:  # NengoLoihi's population axons want channels in fours
                    block = (*block[:2], int(chance.choice([4, whole[2]])))
                net.config[layer].block_shape = nengo_loihi.BlockShape(block, whole)
            connection = nengo.Connection(
                before.neurons, layer.neurons, transform=convolution, synapse=_synapse(chance)
            )
            net.config[connection].pop_type = 16 if first_last and chance.rand() < 0.5 else 32
            layers.append(layer)
            before = layer
            if min(shape.spatial_shape) < 3:
                break
        if chance.rand() < 0.6:
            layer = _layer(net, chance, 20)
            _connect(chance, before, layer, _synapse(chance))
            layers.append(layer)
        _read(chance, layers)
        _probe(net)
    return Case(net, {shown: chance.uniform(0, 1, (n_items, shown.size_out))})


def _started(chance: Any, size: int) -> tuple[nengo.Network, nengo.Node]:
    net = nengo.Network(seed=int(chance.randint(1000)))
    nengo_loihi.add_params(net)
    with net:
        return net, nengo.Node(np.zeros(size))


def _encoder(
    net: nengo.Network, chance: Any, n: int, shown: nengo.Node, rate: float = 200
) -> nengo.Ensemble:
    """Add neurons on the host that turn numbers into spikes."""
    encoder = nengo.Ensemble(
        n,
        1,
        neuron_type=_host_neurons(chance) if rate < 300 else nengo.SpikingRectifiedLinear(),
        gain=np.full(n, float(rate)),
        bias=chance.uniform(0, 50, n),
    )
    net.config[encoder].on_chip = False
    weights = (
        np.abs(chance.randn(n, shown.size_out)) if rate >= 300 else chance.randn(n, shown.size_out)
    )
    nengo.Connection(
        shown, encoder.neurons, transform=weights / shown.size_out**0.5, synapse=_filter(chance)
    )
    return encoder


def _host_neurons(chance: Any) -> Any:
    kinds: list[Callable[[], Any]] = [
        nengo.SpikingRectifiedLinear,
        nengo.LIF,
        lambda: nengo.LIF(tau_ref=0.001, amplitude=0.01),
        nengo.AdaptiveLIF,
        lambda: nengo.RegularSpiking(nengo.LIFRate()),
        nengo_loihi.LoihiLIF,
        nengo_loihi.LoihiSpikingRectifiedLinear,
    ]
    return kinds[chance.randint(len(kinds))]()


def _layer(net: nengo.Network, chance: Any, n: int, same_gain: bool = False) -> nengo.Ensemble:
    """Add neurons on the chip."""
    leaky = chance.rand() < 0.5
    neurons = (
        nengo.LIF(
            tau_rc=float(chance.choice([0.005, 0.02, 0.1])),
            tau_ref=float(chance.choice([0, 0.001, 0.003])),
            amplitude=float(chance.choice([1, 0.005])),
        )
        if leaky
        else nengo.SpikingRectifiedLinear(amplitude=float(chance.choice([1, 0.005])))
    )
    scale = 1.0 if leaky else 100.0
    gain = np.full(n, scale) if same_gain else scale * chance.uniform(0.5, 2, n)
    bias = scale * chance.uniform(-0.3, 1.5, n)
    return nengo.Ensemble(n, 1, neuron_type=neurons, gain=gain, bias=bias)


def _connect(chance: Any, source: nengo.Ensemble, target: nengo.Ensemble, synapse: Any) -> None:
    shape = (target.n_neurons, source.n_neurons)
    weights = chance.randn(*shape) * chance.uniform(0.002, 0.02) / _amplitude(source)
    transform: Any = weights
    if chance.rand() < 0.3:
        rows, columns = np.nonzero(chance.rand(*shape) < 0.2)
        if len(rows):
            places = np.column_stack([rows, columns])
            transform = nengo.Sparse(shape, indices=places, init=weights[rows, columns])
    nengo.Connection(source.neurons, target.neurons, transform=transform, synapse=synapse)


def _amplitude(ensemble: nengo.Ensemble) -> float:
    """Return the height of a spike."""
    return float(getattr(ensemble.neuron_type, "amplitude", 1))


def _synapse(chance: Any) -> float | None:
    return [None, 0.001, 0.005, 0.02, 0.1][chance.randint(5)]


def _filter(chance: Any) -> Any:
    """Return a synapse of the host."""
    return [None, None, 0.005, nengo.Alpha(0.005), nengo.synapses.Triangle(0.004)][
        chance.randint(5)
    ]


def _read(chance: Any, layers: list[nengo.Ensemble]) -> None:
    """Add an output on the host, and a node with a function of it."""
    output = nengo.Node(size_in=3, label="output")
    for layer in layers:
        weights = chance.randn(3, layer.n_neurons)
        nengo.Connection(layer.neurons, output, transform=weights, synapse=_filter(chance))
    squares = nengo.Node(lambda t, x: x**2 + t, size_in=3, label="squares")
    nengo.Connection(output, squares, synapse=0.01)
    nengo.Probe(output)
    nengo.Probe(output, synapse=nengo.Alpha(0.01))
    nengo.Probe(squares)


def _probe(net: nengo.Network) -> None:
    """Add probes of all states of neurons."""
    for ensemble in net.all_ensembles:
        nengo.Probe(ensemble.neurons)
        if net.config[ensemble].on_chip is not False:
            nengo.Probe(ensemble.neurons, "input")
            nengo.Probe(ensemble.neurons, "voltage")
            nengo.Probe(ensemble.neurons[1:], synapse=0.01)
            nengo.Probe(ensemble.neurons[:1], synapse=nengo.Alpha(0.003))
