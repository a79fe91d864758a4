"""The results of one run of a network: logits and firing rates."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from snnc.running.recording import Recording

if TYPE_CHECKING:
    from snnc.emulator import Size
    from snnc.running.work import Work

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Simulated:
    """The size and duration of a run on the emulated chip: `items` of `steps` steps each, in `chains` chains.

    `build_seconds` include compiling the emulator, some seconds, the first time on a machine.
    """

    size: Size
    items: int
    steps: int
    chains: int
    spikes: int
    seconds: float
    build_seconds: float

    @property
    def as_json(self) -> dict[str, float]:
        record = asdict(self)
        return {**record.pop("size"), **record}

    def __str__(self) -> str:
        chains = "one chain" if self.chains == 1 else f"{self.chains} chains"
        return (
            f"{self.size}; {self.items:,} items of {self.steps} steps in {chains}; "
            f"{self.spikes:,} spikes in {self.seconds:.2f} s, built in {self.build_seconds:.2f} s"
        )


@dataclass(frozen=True)
class Answers:
    """The logits of each item, (n, classes), and the mean firing rate of every neuron of each layer, in hertz."""

    logits: Array
    rates: dict[str, Array] = field(default_factory=dict)
    #: How often every neuron fired in all items, where spikes were counted, and for how long an item's were.
    counts: dict[str, NDArray[np.int64]] = field(default_factory=dict)
    seconds: float = 0.0
    #: The rates of the first items by themselves, (items, neurons), if they were asked for.
    each: dict[str, Array] = field(default_factory=dict)
    #: The result of a softmax on the host or after the run, if the spec has one.
    probabilities: Array | None = None
    #: The recording of a stream's first items, if one was asked for.
    recording: Recording | None = None
    #: For runs on the emulator.
    simulated: Simulated | None = None
    work: Work | None = None

    @property
    def classes(self) -> NDArray[np.int64]:
        """The class that the network answers for each item."""
        return np.asarray(self.logits.argmax(axis=1))


def mean_rates(counts: NDArray[np.int64], n_items: int, seconds: float) -> Array:
    """Return mean firing rates, in hertz: whole numbers, divided once, so that no order of items or parts changes a digit."""
    return np.asarray(counts / (n_items * seconds))


def softmax(logits: Array) -> Array:
    """Return probabilities, (n, classes)."""
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True))


def log_loss(probabilities: Array, labels: NDArray[np.int64]) -> float:
    """Return the mean negative logarithm of the right class' probability."""
    right = np.maximum(probabilities[np.arange(len(labels)), labels], 1e-12)
    return float(-np.log(right).mean())
