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

#: Nengo's processes and neuron types, and NengoLoihi's: the classes themselves, not others that are derived from them.
LIBRARIES = frozenset(
    kind
    for module in (nengo.processes, nengo.synapses, nengo.neurons, of_nengo_loihi)
    for kind in vars(module).values()
    if isinstance(kind, type) and kind.__module__ == module.__name__
) | {LoihiLIF, LoihiSpikingRectifiedLinear}


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
    """Whether a process may use the random numbers that are handed to it."""
    make_step = type(process).make_step
    if make_step.__module__ in ("nengo.synapses", of_nengo_loihi.__name__):
        return False
    if make_step in (nengo.processes.PresentInput.make_step, nengo.processes.Piecewise.make_step):
        return False
    code = getattr(make_step, "__code__", None)
    if not isinstance(code, CodeType) or code.co_argcount < 6:
        return True
    # self, shape_in, shape_out, dt, rng, state
    return uses_variable(code, code.co_varnames[4])


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
