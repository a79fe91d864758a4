"""The energy of an item on the chip, and of the float network beside it: ranges, from counted operations and published constants."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from snnc.operators.kernel import Kernel
from snnc.operators.linear import Operator, Shape, size
from snnc.program.network import Network
from snnc.running import published
from snnc.running.work import Work


@dataclass(frozen=True)
class Range:
    """From the least to the most energy that published constants give, in joules."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"{in_words(self.low)} to {in_words(self.high)}"


@dataclass(frozen=True)
class Energy:
    """What an item takes, in joules: on the chip, and in the float network on usual devices.

    `chip` is what the chip's work takes, and `parts` the same by kind of operation. `leakage` is what the chips take while an item is shown,
    whatever they do. The host is left out: it turns items into spikes, and reads the answer.
    """

    work: Work
    chip: Range
    parts: dict[str, Range]
    leakage: float
    #: How many multiplications with an addition the float network has, and how many of these the host has to do beside the chip.
    macs: int
    macs_on_host: int
    #: By device.
    float_network: dict[str, float]

    @property
    def of_float_network(self) -> Range:
        return Range(min(self.float_network.values()), max(self.float_network.values()))

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as plain data, in joules."""
        return asdict(self)

    def __str__(self) -> str:
        work = self.work
        counted = (
            f"{work.sent:,.0f} spikes from the host, {work.fired:,.0f} of its own, {work.operations:,.0f} synaptic operations "
            f"and {work.updates:,} neuron updates"
        )
        leakage = f"{in_words(self.leakage)} of leakage in {1000 * work.seconds:g} ms"
        float_network = (
            f"the float network {self.of_float_network} for {self.macs:,} multiplications"
        )
        return f"on the chip {self.chip} for {counted}, and {leakage}; {float_network}"


def energy(network: Network, work: Work) -> Energy:
    """Return the energy of an item that gives the chip some work."""
    numbers = {
        published.OPERATION: work.operations,
        published.UPDATE: work.updates,
        published.SPIKE: work.fired,
        published.MESSAGE: work.messages,
    }
    parts = {
        constant.what: Range(number * constant.low, number * constant.high)
        for constant, number in numbers.items()
    }
    chips = -(-work.cores // published.CORES_OF_A_CHIP)
    by_target = macs(network)
    multiplied = sum(by_target.values())
    on_chip = {population.name for population in network.populations_on_chip}
    return Energy(
        work=work,
        chip=Range(
            sum(part.low for part in parts.values()), sum(part.high for part in parts.values())
        ),
        parts=parts,
        leakage=chips * published.LEAKAGE * work.seconds,
        macs=multiplied,
        macs_on_host=sum(number for name, number in by_target.items() if name not in on_chip),
        float_network={device.name: multiplied * device.mac for device in published.DEVICES},
    )


def macs(network: Network) -> dict[str, int]:
    """Return how many multiplications with an addition the float network has for an item: those of the kernels into each layer.

    Beyond the edges of an image zeros are multiplied, too, as TensorFlow counts them. Pooling, biases and ReLUs are left out.
    """
    return {
        target: sum(_macs(operator, before) for operator, before in network.steps(target))
        for target in network.receivers
    }


def _macs(operator: Operator, before: Shape) -> int:
    if not isinstance(operator, Kernel):
        return 0
    return operator.fan_in(before) * size(operator.shape(before))


def in_words(joules: float) -> str:
    """Return "12.3 µJ": three digits with a unit."""
    rounded = float(f"{joules:.3g}")
    for unit, scale in (("J", 1.0), ("mJ", 1e-3), ("µJ", 1e-6), ("nJ", 1e-9), ("pJ", 1e-12)):
        if rounded >= scale:
            return f"{rounded / scale:.3g} {unit}"
    return f"{rounded / 1e-12:.3g} pJ"
