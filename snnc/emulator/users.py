"""What a person may have written for a network, and the host's operators call: functions, processes, neuron types."""

from __future__ import annotations

from copy import copy
from types import CodeType
from typing import Any

import nengo
from nengo.builder.neurons import SimNeurons
from nengo.builder.operator import SimPyFunc
from nengo.builder.processes import SimProcess
from nengo_loihi.builder import inputs as of_nengo_loihi
from nengo_loihi.neurons import LoihiLIF, LoihiSpikingRectifiedLinear

from snnc.emulator.code import uses_variable
from snnc.emulator.errors import NotEmulatedError

#: Nengo's processes and neuron types, and NengoLoihi's: the classes themselves, not others that are derived from them.
LIBRARIES = frozenset(
    kind
    for module in (nengo.processes, nengo.synapses, nengo.neurons, of_nengo_loihi)
    for kind in vars(module).values()
    if isinstance(kind, type) and kind.__module__ == module.__name__
) | {LoihiLIF, LoihiSpikingRectifiedLinear}

#: Steps of processes that draw no random numbers.
DETERMINISTIC = (
    nengo.processes.PresentInput.make_step,
    nengo.processes.Piecewise.make_step,
    of_nengo_loihi.HostSendProcess.make_step,
    of_nengo_loihi.HostReceiveProcess.make_step,
)


def called_by(operator: Any) -> Any | None:
    """Return what a person wrote and an operator calls; None if it calls the libraries' own alone."""
    if isinstance(operator, SimPyFunc):
        return operator.fn
    if isinstance(operator, SimProcess):
        is_known = type(operator.process) in LIBRARIES and not _has_functions(operator.process)
        return None if is_known else operator.process
    if isinstance(operator, SimNeurons) and type(operator.neurons) not in LIBRARIES:
        return operator.neurons
    return None


def draws_random_numbers(process: Any) -> bool:
    """Whether a process reads the random numbers that are handed to its `make_step`. A synapse may only hand them on."""
    make_step = type(process).make_step
    if isinstance(process, nengo.synapses.Synapse) or make_step in DETERMINISTIC:
        return False
    code = getattr(make_step, "__code__", None)
    # self, shape_in, shape_out, dt, rng, state
    return (
        isinstance(code, CodeType)
        and code.co_argcount == 6
        and uses_variable(code, code.co_varnames[4])
    )


class WithoutChance:
    """A process without a seed: whatever random numbers it asks for are refused."""

    def __init__(self, process: Any) -> None:
        self.make_step = process.make_step
        self._chance = NoChance(f"{process}, which draws random numbers and has no seed")

    def get_rng(self, rng: Any) -> NoChance:
        return self._chance


class NoChance:
    """Random numbers that nobody can draw, since they would be others each time."""

    def __init__(self, what: str) -> None:
        self._what = what

    def __getattr__(self, name: str) -> Any:
        raise NotEmulatedError(self._what)


def _has_functions(process: Any) -> bool:
    """Whether a process of Nengo's calls functions: a Piecewise may."""
    return isinstance(process, nengo.processes.Piecewise) and any(
        map(callable, process.data.values())
    )


def calling(operator: Any, replacement: Any) -> Any:
    """Return an operator that does the same, but calls something else."""
    for kind, name in ((SimPyFunc, "fn"), (SimProcess, "process"), (SimNeurons, "neurons")):
        if isinstance(operator, kind):
            other = copy(operator)
            setattr(other, name, replacement)
            return other
    raise AssertionError(f"{operator} calls nothing")


def owner_of(operator: Any, model: Any) -> Any:
    """Return the node, connection or ensemble that an operator computes; the operator itself if no such object is known."""
    written = (*operator.sets, *operator.incs, *operator.updates)
    for obj, signals in model.sig.items():
        if any(signals.get(key) in written for key in ("out", "weighted", "in")):
            return obj
    called = called_by(operator)
    for obj in model.sig:  # a node without output
        if isinstance(obj, nengo.Node) and called is not None and obj.output is called:
            return obj
    return operator
