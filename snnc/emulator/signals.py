"""How the host holds signals: once for all items, for each item, for each step of each item, or one step longer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from nengo.builder.neurons import SimNeurons

from snnc.emulator.neurons import COMPILED
from snnc.emulator.operators import Reads, bases, is_sender, states
from snnc.emulator.stand_ins import Keep


@dataclass(frozen=True, eq=False)
class Signals:
    """The signals that operators write or that come from outside, by their bases; any other has one value, which stays."""

    #: A value for each item.
    per_item: set[Any]
    #: Of these: a value for each step, too.
    per_step: set[Any]
    #: Of these: updated at the end of a step, for the next one to read. They are held one step longer.
    updated: set[Any]
    #: Of these: begun with the value that the step before left. They too are held one step longer.
    kept: set[Any]
    #: Outputs of neurons that are held as bytes: whether there is a spike.
    spikes_only: set[Any]
    #: States that only the operator they belong to reads. It holds them itself.
    internal: set[Any]
    #: Outputs of neurons whose spikes are counted.
    counted: set[Any]
    #: The words of 64 bits that hold the spikes of all layers in a step.
    n_words: int

    @property
    def bytes_of_item(self) -> int:
        """The memory that an item takes, of one step."""
        return sum(base.nbytes for base in self.per_item)

    @property
    def bytes_of_step(self) -> int:
        """The memory that an item takes for each further step."""
        held = sum(base.size if base in self.spikes_only else base.nbytes for base in self.per_step)
        return int(held) + 9 * self.n_words


def internal(reads: Reads, probed: set[Any]) -> set[Any]:
    """Return the states that neither another operator nor a probe reads."""
    return bases(signal for op in reads for signal in states(op)) - probed.union(*reads.values())


def updated(operators: Iterable[Any]) -> set[Any]:
    return bases(signal for operator in operators for signal in operator.updates)


def kept(operators: Iterable[Any]) -> set[Any]:
    return {operator.signal for operator in operators if isinstance(operator, Keep)}


def spikes_only(reads: Reads, probed: set[Any], per_item: set[Any], internal: set[Any]) -> set[Any]:
    """Return the outputs of compiled neurons that are only sent to the chip, where the height of a spike doesn't count."""
    read_by_others = probed.union(*(read for op, read in reads.items() if not is_sender(op)))
    return {
        op.output.base
        for op in reads
        if can_be_compiled(op, per_item, internal)
        and op.neurons.amplitude != 0
        and op.output.base not in read_by_others
    }


def countable(reads: Reads, per_item: set[Any], internal: set[Any]) -> set[Any]:
    """Return the outputs of neurons whose spikes compiled code can count."""
    return {
        op.output.base
        for op in reads
        if can_be_compiled(op, per_item, internal) and op.neurons.amplitude != 0
    }


def can_be_compiled(operator: Any, per_item: set[Any], internal: set[Any]) -> bool:
    """Whether compiled code may run an operator: neurons that it has, whose states nothing else reads."""
    return (
        isinstance(operator, SimNeurons)
        and type(operator.neurons) in COMPILED
        and operator.J.base in per_item
        and bases(states(operator)) <= internal
        and all(is_whole(signal) for signal in (operator.J, operator.output))
    )


def is_whole(signal: Any) -> bool:
    """Whether a signal is all of its base, in double precision."""
    return bool(signal.shape == signal.base.shape and signal.dtype == np.float64)
