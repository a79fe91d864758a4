"""A part of the host for many items at once: the operators of its plan, run on buffers.

An operator runs many steps before the next one does. Those that wait for each other's last step take turns in every step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.emulator.buffers import Buffers, steps_of
from snnc.emulator.operators import PURE
from snnc.emulator.plan import Plan
from snnc.emulator.runs import Called, Check, Exchange, Run, Span, run_of
from snnc.emulator.users import called_by

Array = NDArray[Any]


class Host:
    """The state of some items on the host, and the steps that change it."""

    def __init__(self, plan: Plan, n_items: int, check: Check) -> None:
        self._plan, self._check = plan, check
        self._buffers = Buffers(plan.signals, n_items)
        self._nothing = Exchange(np.zeros((0, n_items, 0), np.uint8), {}, {}, {})
        self._inputs = {node: self._buffers.current(s) for node, s in plan.inputs.items()}
        self._probed = {p: self._buffers.at_end_of_step(s) for p, s in plan.probes.items()}
        self._counts = {p: self._buffers.counts(s) for p, s in plan.counted.items()}
        #: Before the first item, `clear` fills them.
        self._once: list[Run] = []
        self._parts: list[tuple[list[Run], bool]] = []
        self._layers = {
            operator: layer.on(plan.model.dt, self._buffers)
            for operator, layer in plan.layers.of.items()
        }
        #: Layers, and operators without a memory: to make them takes as long as many of their steps.
        self._lasting: dict[Any, Run] = dict(self._layers)
        self._n_steps = 0

    def clear(self, called: Sequence[Called] | None) -> None:
        """Begin again, and make the steps of operators that remember anew: any other state is theirs.

        For each item, `called` is what operators call instead of what a person wrote. With None, such operators don't run.
        """
        self._buffers.clear()
        for layer in self._layers.values():
            layer.begin()
        self._n_steps = 0
        self._once = self._runs(self._plan.once, called)
        self._parts = [
            (self._runs(part.operators, called), part.in_turns) for part in self._plan.parts
        ]

    def _runs(self, operators: Iterable[Any], called: Sequence[Called] | None) -> list[Run]:
        if called is None:
            operators = [op for op in operators if called_by(op) is None]
            called = [{}] * self._buffers.n_items
        return [self._run_of(operator, called) for operator in operators]

    def _run_of(self, operator: Any, called: Sequence[Called]) -> Run:
        if operator in self._lasting:
            return self._lasting[operator]
        run = run_of(operator, self._plan, self._buffers, called)
        if isinstance(operator, PURE):
            self._lasting[operator] = run
        return run

    @property
    def probed(self) -> dict[Any, tuple[int, ...]]:
        """The network's probes of this part of the host, and the shape of their values."""
        return {probe: values.shape[2:] for probe, values in self._probed.items()}

    @property
    def counts(self) -> dict[Any, Array]:
        """How often the neurons of probes have fired since `count_anew`, (items, neurons), for those whose spikes are counted."""
        return {probe: values.copy() for probe, values in self._counts.items()}

    def count_anew(self) -> None:
        for values in self._counts.values():
            values[...] = 0

    def start_item(self, inputs: Mapping[Any, Array]) -> None:
        """Set the nodes whose values are the same in every step, (items, size), and run the operators that depend on nothing else."""
        for node, values in inputs.items():
            if node in self._inputs and values.ndim == 2:
                self._inputs[node][...] = values
        span = Span(0, 1, self._nothing, 0, self._n_steps, self._check)
        for run in self._once:
            run(span)

    def run(
        self,
        inputs: Mapping[Any, Array],
        exchange: Exchange,
        data: Mapping[Any, Array],
        n_steps: int,
    ) -> None:
        """Run some steps, and write the values of probes to `data`, (steps, items, size).

        Nodes whose values differ from step to step get theirs from `inputs`, (items, steps, size).
        """
        for begin in range(0, n_steps, self._buffers.n_steps):
            self._check()
            length = min(self._buffers.n_steps, n_steps - begin)
            for node, values in inputs.items():
                if node in self._inputs and values.ndim == 3:
                    now = values[:, begin : begin + length]
                    self._inputs[node][:length] = now.swapaxes(0, 1)
            self._advance(exchange, begin, length)
            for probe, values in data.items():
                if probe in self._probed:
                    values[begin : begin + length] = steps_of(self._probed[probe], 0, length)

    def _advance(self, exchange: Exchange, in_exchange: int, n_steps: int) -> None:
        """Run as many steps as the buffers hold, or fewer."""
        for runs, in_turns in self._parts:
            length = 1 if in_turns else n_steps
            for begin in range(0, n_steps, length):
                span = Span(
                    begin, begin + length, exchange, in_exchange, self._n_steps, self._check
                )
                for run in runs:
                    run(span)
        self._buffers.carry_over(n_steps)
        self._n_steps += n_steps


def as_nengo_steps() -> Any:
    """Return a context in which NumPy raises what it raises in a step of nengo.Simulator. To enter it takes microseconds."""
    return np.errstate(invalid="raise", divide="ignore")
