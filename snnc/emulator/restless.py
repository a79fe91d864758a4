"""Chips that draw random numbers in every step: they learn, or are noisy.

Their steps run one by one. What is random, or learned, is added to the inputs and biases of a step, which `kernels.py` then
runs as any other. Numbers are drawn from NengoLoihi's generator in its order: for traces, for weights, and then for the noise
of all compartments, noisy or not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from nengo_loihi.emulator.interface import BlockInfo, NoiseState
from numpy.typing import NDArray

from snnc.emulator.kernels import Compartments, Record, State, Synapses, run
from snnc.emulator.learning import LARGEST, LOST, Learned, Learning

Array = NDArray[Any]
Int32 = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Chance:
    """What is random on a chip: the synapses that learn, and NengoLoihi's own noise of all compartments, in its order."""

    learned: Mapping[Any, Learned]
    noise: NoiseState
    #: The place of each compartment in NengoLoihi's order.
    order: NDArray[np.int64]
    error_scale: float

    @classmethod
    def of(
        cls, model: Any, places: Mapping[Any, Any], learned: Mapping[Any, Learned]
    ) -> Chance | None:
        """Return what is random on the chip of a model that NengoLoihi has built, or None if nothing is."""
        noise = NoiseState(BlockInfo(model.blocks))
        if not learned and not np.any(noise.enabled):
            return None
        order = np.concatenate([places[block] for block in model.blocks])
        return cls(learned, noise, order, float(model.pes_error_scale))

    @property
    def bytes_of_item(self) -> int:
        """The memory that an item takes."""
        return 4 * len(self.order) + sum(of.bytes_of_item for of in self.learned.values())


class Restless:
    """The learned weights of some items, and the random numbers that they share."""

    def __init__(self, chance: Chance, n_items: int, seed: int) -> None:
        self._chance, self._seed = chance, seed
        self._learning = {
            synapse: Learning(learned, n_items) for synapse, learned in chance.learned.items()
        }
        self._inputs = np.zeros((1, n_items, len(chance.order)), np.int32)
        self._lost = np.zeros(len(LOST), np.int32)
        self._clipped: set[str] = set()
        self.clear()

    def clear(self) -> None:
        """Forget all that was learned, and draw the same numbers again."""
        self._random = np.random.RandomState(self._seed)
        self._step = 0
        for learning in self._learning.values():
            learning.clear()
        self.said()

    def said(self) -> set[str]:
        """Return NengoLoihi's warnings since this was last asked."""
        said = {text for text, lost in zip(LOST, self._lost, strict=True) if lost} | self._clipped
        self._lost[...] = 0
        self._clipped = set()
        return said

    def receive(self, n_items: int, errors: Mapping[Any, Array]) -> None:
        """Take the errors of this step from the host, (items, size), by the synapse that learns from them."""
        for learning in self._learning.values():
            learning.errors[...] = 0
        for synapse, values in errors.items():
            self._learning[synapse].errors[:n_items] += self._scaled(values[:n_items])

    def _scaled(self, errors: Array) -> Int32:
        """Return errors as the chip takes them."""
        scale = self._chance.error_scale
        scaled: Int32 = np.round(scale * errors).astype(np.int32)
        for is_out, than, limit in (
            (scaled > LARGEST, "greater than chip max", LARGEST),
            (scaled < -LARGEST, "less than chip min", -LARGEST),
        ):
            if np.any(is_out):
                self._clipped.add(
                    f"Received PES error {than} ({limit / scale:0.2e}). "
                    "Consider changing `Model.pes_error_scale`."
                )
                scaled[is_out] = limit
        return scaled

    def run(
        self,
        n_items: int,
        spikes: NDArray[np.uint8],
        compartments: Compartments,
        synapses: Synapses,
        state: State,
        record: Record,
        overflows: Int32,
    ) -> None:
        """Run some steps, as `kernels.run` does."""
        for step in range(len(spikes) - 1):
            bias = self._before_step(n_items, state.fired, spikes[step], compartments.bias)
            run(
                n_items,
                spikes[step : step + 2],
                compartments._replace(bias=bias),
                synapses,
                state,
                record.part(step, step + 1),
                overflows,
                self._inputs,
            )

    def _before_step(self, n_items: int, fired: Array, host_spikes: Array, bias: Int32) -> Int32:
        """Set the inputs of a step that synapses don't deliver which stay as they are, and return its biases."""
        self._step += 1
        inputs, synapses = self._inputs[0], list(self._learning.values())
        inputs[...] = 0
        for learning in synapses:
            learning.deliver(n_items, fired, host_spikes, inputs, self._lost)
        # Traces of all, then weights of all: in this order numbers are drawn.
        for learning in synapses:
            learning.update_traces(n_items, self._step, self._random.rand, self._lost)
        for learning in synapses:
            learning.update_weights(n_items, self._step, self._random.rand, self._lost)
        return self._add_noise(inputs, bias)

    def _add_noise(self, inputs: Int32, bias: Int32) -> Int32:
        """Add the noise of currents to inputs, and return biases with that of voltages."""
        noise, order = self._chance.noise, self._chance.order
        values = noise.sample(self._random)
        at_membrane = noise.target_u
        inputs[:, order[~at_membrane]] += values[~at_membrane]
        noisy = bias.copy()
        noisy[order[at_membrane]] += values[at_membrane]
        return noisy
