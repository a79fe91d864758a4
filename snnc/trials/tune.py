"""Search how a trained spec runs best as a stream on the emulated chip. Nothing is trained."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from snnc.data.prepare import load as load_data
from snnc.diagnostics.document import Document
from snnc.diagnostics.errors import CompileError, Refusal
from snnc.program.program import Program
from snnc.training.params_file import load_params
from snnc.training.paths import Paths
from snnc.training.progress import Watcher
from snnc.trials.currents import Currents, currents, period_of
from snnc.trials.items import TrialItems, trial_items
from snnc.trials.point import Point, cheapest, front
from snnc.trials.setting import OUTPUT, OUTPUTS, Setting, readouts
from snnc.trials.tuned import Tuned
from snnc.trials.twin import trained_twin, twin_classes
from snnc.trials.variant import variant

#: Presentations are tried that last such shares of the spec's.
SHARES_OF_TIME = (1.0, 0.8, 0.6, 0.5, 0.4, 0.3, 0.25, 0.2, 0.15, 0.1)
#: The time constants of layers that are tried, in steps.
TAUS = (2, 1, 3, 5)


@dataclass(eq=False)
class Runner:
    """Runs settings of a trained spec on items, each once; `program` is the spec's, deployed."""

    document: Document
    program: Program
    items: TrialItems
    #: Is called after each run.
    progress: Callable[[], None] = lambda: None
    points: dict[Setting, Point | None] = field(default_factory=dict)

    def as_it_is(self) -> Point:
        """Return the point of the spec itself. Raises a Refusal if the chip can't run it."""
        return self._point(
            Setting(self.program.stream_steps), self.program, self._run(self.program)
        )

    def best(self, setting: Setting) -> Point | None:
        """Return the point of a setting, read in the best of all ways; None if the chip can't run it."""
        if setting not in self.points:
            try:
                points = list(self._read(setting))
                self.points[setting] = max(points, key=lambda point: point.share)
            except (CompileError, Refusal):
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
        changes = {**setting.changes(self.program), OUTPUT: output}
        return variant(self.document, self.program, changes).program

    def _run(self, program: Program) -> Currents:
        return currents(program, self.items.x)

    def _point(self, setting: Setting, program: Program, recorded: Currents) -> Point:
        correct = recorded.answers(program) == self.items.y
        return Point(setting, correct, period_of(program) * program.network.dt, recorded.spikes)


def tune(
    document: Document,
    program: Program,
    folder: Path,
    steps: int | None,
    most: int | None,
    tolerance: float,
    watcher: Watcher,
) -> Tuned:
    """Return how a spec runs best whose parameters are in a folder; it is the document's, `most` is the number of items.

    Items are shown for some steps, or for as many as turn out best. `tolerance` is the share of right answers that may be lost.
    """
    data = load_data(program)
    trained = load_params(Paths.of(program, folder), program, data)
    items = trial_items(program, data, most)
    twin = trained_twin(program, folder, data, trained.training)
    answered = None if twin is None else twin_classes(program, twin, items.x) == items.y
    tried = list(settings(program, steps))
    with watcher.items("tuning", len(tried)) as count:
        runner = Runner(document, trained.program, items, lambda: count(1))
        as_it_is = runner.as_it_is()
        found = [point for point in map(runner.best, tried) if point]
    if not found:
        raise Refusal("the chip runs none of what was tried: show items for longer")
    if steps in (None, program.stream_steps):
        found.append(as_it_is)
    points = tuple(front(found))
    chosen = cheapest(points, tolerance)
    return Tuned(trained.program, items, as_it_is, answered, points, chosen, tolerance, len(tried))


def settings(program: Program, steps: int | None) -> Iterator[Setting]:
    """Yield the settings that are tried: of presentations of some steps, or of the spec's and of shorter ones."""
    lengths = [round(share * program.stream_steps) for share in SHARES_OF_TIME]
    for length in [steps] if steps else sorted({n for n in lengths if n}, reverse=True):
        for tau in (None, *TAUS):
            yield Setting(length, tau and float(f"{tau * program.network.dt:.10g}"))
