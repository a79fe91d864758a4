"""Synapses of the chip that learn by PES, for many items at once: each item has weights of its own.

NengoLoihi draws as many random numbers in each step, whatever the network does. So items side by side see the same ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from nengo_loihi.builder.discretize import LEARN_FRAC, learn_overflow_bits
from numpy.typing import NDArray

from snnc.emulator.machine import compiled, inner

Array = NDArray[Any]
Bytes = NDArray[np.uint8]
Int32 = NDArray[np.int32]
Float = NDArray[np.float64]

#: The largest trace, and the largest error.
LARGEST = 127
#: NengoLoihi's warnings, in the order of `Learning.lost`. Where it is strict, the first is an error.
LOST_SPIKES = "Synaptic trace spikes lost"
LOST = (LOST_SPIKES, "Clipping synapse trace", "Clipping learning weights")


class Rule(NamedTuple):
    """How much a synapse learns; shifts are to the left, or to the right if they are negative."""

    #: The part of a trace that is left after an epoch, and what a spike adds.
    decay: float
    magnitude: float
    rate: int
    product_shift: int
    weight_shift: int
    #: The bits that are rounded away at random, the largest weight then, and the shift back.
    fraction_bits: int
    largest: int
    shift_back: int


@dataclass(frozen=True, eq=False)
class Learned:
    """A synapse that learns, as NengoLoihi built it."""

    #: The places of the compartments that it leads to, and its weights at first, (axons, compartments).
    places: Int32
    weights: Int32
    #: The sources of spikes on the chip, among compartments, and the axon that each arrives at; those of the host, among its spikes.
    chip_sources: Int32
    chip_axons: Int32
    host_sources: Int32
    host_axons: Int32
    rule: Rule
    #: Traces change, and weights, after so many steps each.
    trace_epoch: int
    learn_epoch: int

    @property
    def n_errors(self) -> int:
        return int(self.weights.shape[1]) // 2

    @property
    def bytes_of_item(self) -> int:
        """The memory that an item takes."""
        return int(self.weights.nbytes) + 5 * len(self.weights) + 4 * self.n_errors


def rule_of(synapse: Any) -> Rule:
    """Return the rule that NengoLoihi's emulator learns by."""
    config = synapse.synapse_cfg
    exponent, shift = config.real_weight_exp, config.shift_bits
    return Rule(
        decay=float(np.exp(-synapse.train_epoch / synapse.tracing_tau)),
        magnitude=float(synapse.tracing_mag),
        rate=int(synapse._lr_int),
        product_shift=int(LEARN_FRAC + synapse._lr_exp - learn_overflow_bits(n_factors=2)),
        weight_shift=int(LEARN_FRAC - exponent),
        fraction_bits=int(LEARN_FRAC + shift),
        largest=int(2 ** (8 - shift) - 1),
        shift_back=int(exponent + shift),
    )


class Learning:
    """What a synapse has learned for some items."""

    def __init__(self, learned: Learned, n_items: int) -> None:
        n_axons = len(learned.weights)
        self.learned = learned
        self.weights = np.empty((n_items, *learned.weights.shape), np.int32)
        self.traces = np.zeros((n_items, n_axons), np.int32)
        #: The axons that had a spike since traces were changed.
        self.spiked = np.zeros((n_items, n_axons), np.uint8)
        self.errors = np.zeros((n_items, learned.n_errors), np.int32)
        self.clear()

    def clear(self) -> None:
        self.weights[...] = self.learned.weights
        for values in (self.traces, self.spiked, self.errors):
            values[...] = 0

    def deliver(
        self, n_items: int, fired: Bytes, host_spikes: Bytes, inputs: Int32, lost: Int32
    ) -> None:
        """Add the weights of the spikes of some items to the inputs of compartments, (items, n)."""
        learned = self.learned
        for spikes, sources, axons in (
            (host_spikes, learned.host_sources, learned.host_axons),
            (fired, learned.chip_sources, learned.chip_axons),
        ):
            _deliver(
                n_items,
                spikes,
                sources,
                axons,
                learned.places,
                self.weights,
                self.spiked,
                inputs,
                lost,
            )

    def update_traces(
        self, n_items: int, step: int, draw: Callable[[int], Float], lost: Int32
    ) -> None:
        """Let traces decay and add spikes, at the end of an epoch."""
        is_due = step % self.learned.trace_epoch == 0
        chance = draw(self.traces.shape[1] if is_due else 0)
        _update_traces(n_items, self.learned.rule, chance, self.spiked, self.traces, lost)

    def update_weights(
        self, n_items: int, step: int, draw: Callable[[int], Float], lost: Int32
    ) -> None:
        """Change weights by traces and errors, at the end of an epoch."""
        is_due = step % self.learned.learn_epoch == 0
        chance = draw(self.learned.weights.size if is_due else 0)
        _update_weights(
            n_items, self.learned.rule, chance, self.traces, self.errors, self.weights, lost
        )


@compiled
def _deliver(
    n_items: int,
    fired: Bytes,
    sources: Int32,
    axons: Int32,
    places: Int32,
    weights: Int32,
    spiked: Bytes,
    inputs: Int32,
    lost: Int32,
) -> None:
    for item in range(n_items):
        for k in range(len(sources)):
            if fired[item, sources[k]]:
                axon = axons[k]
                lost[0] |= np.int32(spiked[item, axon])
                spiked[item, axon] = 1
                for i in range(len(places)):
                    inputs[item, places[i]] += weights[item, axon, i]


@compiled
def _update_traces(
    n_items: int, rule: Rule, chance: Float, spiked: Bytes, traces: Int32, lost: Int32
) -> None:
    for item in range(n_items):
        for axon in range(len(chance)):
            trace = rule.decay * np.float64(traces[item, axon])
            if spiked[item, axon]:
                trace += rule.magnitude
            whole = np.floor(trace)
            rounded = np.int64(whole) + np.int64(trace - whole > chance[axon])
            if rounded > LARGEST:
                rounded = np.int64(LARGEST)
                lost[1] = 1
            traces[item, axon] = rounded
            spiked[item, axon] = 0


@inner
def _shifted(x: Any, shift: Any) -> Any:
    """Return an integer shifted to the left, or to the right if the shift is negative, in 32 bits."""
    return np.int32(x << shift if shift >= 0 else x >> -shift)


@compiled
def _update_weights(
    n_items: int,
    rule: Rule,
    chance: Float,
    traces: Int32,
    errors: Int32,
    weights: Int32,
    lost: Int32,
) -> None:
    if not len(chance):
        return
    n_errors = errors.shape[1]
    n = weights.shape[2]
    fraction = np.int64((1 << rule.fraction_bits) - 1)
    unit = 1.0 / (1 << rule.fraction_bits)
    for item in range(n_items):
        for axon in range(weights.shape[1]):
            trace = np.int64(traces[item, axon])
            for i in range(n):
                error = -errors[item, i] if i < n_errors else errors[item, i - n_errors]
                product = _shifted(
                    np.int64(np.int32(trace * error * rule.rate)), rule.product_shift
                )
                weight = _shifted(np.int64(weights[item, axon, i]), rule.weight_shift)
                learned = np.int64(np.int32(weight + product))
                size = abs(learned)
                # Rounded up as often as its fraction is large.
                rounded = size >> rule.fraction_bits
                if (size & fraction) * unit > chance[axon * n + i]:
                    rounded += 1
                if rounded > rule.largest:
                    rounded = np.int64(rule.largest)
                    lost[2] = 1
                signed = -rounded if learned < 0 else rounded
                weights[item, axon, i] = _shifted(signed, rule.shift_back)
