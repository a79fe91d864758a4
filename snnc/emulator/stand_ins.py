"""Operators of our own, which run among Nengo's."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from nengo.builder.processes import SimProcess


@dataclass(frozen=True, eq=False)
class Keep:
    """A step begins with the value that the one before left: for weights that learn, which operators only add to."""

    signal: Any

    @property
    def sets(self) -> list[Any]:
        return [self.signal]

    #: It waits for the step before.
    reads = sets
    incs = updates = ()


@dataclass(frozen=True, eq=False)
class SendErrors:
    """The sending process of an error that the chip learns from: it sends values, not spikes."""

    process: Any
    signal: Any
    sets = incs = updates = ()

    @property
    def reads(self) -> list[Any]:
        return [self.signal]


def keeping(operators: Sequence[Any]) -> list[Any]:
    """Return operators with one before them for each signal that only grows: that nothing sets, and nothing updates."""
    grown = dict.fromkeys(signal.base for op in operators for signal in op.incs)
    begun = {signal.base for op in operators for signal in (*op.sets, *op.updates)}
    return [*(Keep(base) for base in grown if base not in begun), *operators]


def sending_errors(operators: Iterable[Any], errors: Collection[int]) -> list[Any]:
    """Return operators with others for the sending processes, by their ids, whose values are errors."""
    return [
        SendErrors(op.process, op.input)
        if isinstance(op, SimProcess) and id(op.process) in errors
        else op
        for op in operators
    ]
