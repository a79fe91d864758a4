"""What a run of a network gave: its logits and firing rates."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from snnc.running.recording import Recording

if TYPE_CHECKING:
    from snnc.emulator import Size

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Simulated:
    """What was simulated on the emulated chip: items of so many steps in chains.

    To build it takes some seconds more the first time on a machine, when the emulator is compiled.
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
    """What a network said of each item, (n, classes), and the firing rate of every neuron of a layer, in hertz."""

    logits: Array
    rates: dict[str, Array] = field(default_factory=dict)
    #: From a softmax on the host or after the run, if the spec has one.
    probabilities: Array | None = None
    #: Of a stream's first items, where it was asked for.
    recording: Recording | None = None
    #: On the emulator.
    simulated: Simulated | None = None

    @property
    def classes(self) -> NDArray[np.int64]:
        """The answer for each item."""
        return np.asarray(self.logits.argmax(axis=1))


def softmax(logits: Array) -> Array:
    """Return probabilities, (n, classes)."""
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True))


def log_loss(probabilities: Array, labels: NDArray[np.int64]) -> float:
    """Return the mean negative logarithm of the right class' probability."""
    right = np.maximum(probabilities[np.arange(len(labels)), labels], 1e-12)
    return float(-np.log(right).mean())
