"""Run settings of a trained spec, each once and read in all ways."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from snnc.data.prepare import Labels
from snnc.diagnostics.document import Document
from snnc.diagnostics.errors import CompileError, Refusal
from snnc.program.program import Program
from snnc.trials.currents import Currents, currents, period_of
from snnc.trials.items import TrialItems
from snnc.trials.point import Point
from snnc.trials.setting import OUTPUT_SYNAPSE, OUTPUTS, Setting, readouts
from snnc.trials.variant import variant


class Judge(Protocol):
    """What settings are compared by."""

    def share_of(self, logits: NDArray[np.float64], labels: Labels) -> float:
        """Return how good logits, (n, classes), of items with labels, (n,), are: 1 is as good as any."""


class RightAnswers:
    """Compares settings by how many answers are right."""

    def share_of(self, logits: NDArray[np.float64], labels: Labels) -> float:
        """Return the share of right answers."""
        return float(np.mean(logits.argmax(axis=1) == labels))


@dataclass(eq=False)
class Runner:
    """Runs settings of a trained spec on items, each once; `program` is the spec's, deployed."""

    document: Document
    program: Program
    items: TrialItems
    judge: Judge
    #: Is called after each run.
    progress: Callable[[], None] = lambda: None
    points: dict[Setting, Point | None] = field(default_factory=dict)

    def as_it_is(self, recorded: Currents) -> Point:
        """Return the point of the spec as it is, given what it was recorded to do."""
        return self._point(Setting(self.program.stream_steps), self.program, recorded)

    def best(self, setting: Setting) -> Point | None:
        """Return the point of a setting, read in the best of all ways; None if the chip can't run it."""
        if setting not in self.points:
            try:
                points = list(self._read(setting))
                self.points[setting] = max(points, key=lambda point: point.share)
            except (CompileError, Refusal, KeyError):
                # The chip refuses it, or it can't be written: rates of layers in an array on one line.
                self.points[setting] = None
            self.progress()
        return self.points[setting]

    def _read(self, setting: Setting) -> Iterator[Point]:
        """Run a setting once, and yield its point by each readout."""
        recorded = self._run(self._variant(setting, None))
        for output in OUTPUTS:
            program = self._variant(setting, output)
            for readout in readouts(output, program.network.dt):
                read = replace(setting, readout=readout)
                yield self._point(read, readout.applied(program), recorded)

    def _variant(self, setting: Setting, output: str | None) -> Program:
        changes = {**setting.changes(self.program), OUTPUT_SYNAPSE: output}
        return variant(self.document, self.program, changes).program

    def _run(self, program: Program) -> Currents:
        return currents(program, self.items.x)

    def _point(self, setting: Setting, program: Program, recorded: Currents) -> Point:
        logits, labels = recorded.logits(program), self.items.y
        return Point(
            setting=setting,
            correct=logits.argmax(axis=1) == labels,
            share=self.judge.share_of(logits, labels),
            seconds=period_of(program) * program.network.dt,
            spikes=recorded.spikes,
        )
