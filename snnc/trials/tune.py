"""Search how a trained spec runs best as a stream on the emulated chip. Nothing is trained."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from math import log2
from pathlib import Path

from snnc.data.prepare import load as load_data
from snnc.diagnostics.document import Document
from snnc.diagnostics.errors import CompileError, Refusal
from snnc.program.program import Program
from snnc.spec.base import INPUT, OUTPUT
from snnc.training.params_file import load_params
from snnc.training.paths import Paths
from snnc.training.progress import Watcher
from snnc.trials.currents import Currents, currents, period_of
from snnc.trials.items import TrialItems, trial_items
from snnc.trials.point import Point, Yardstick, cheapest, front, margins
from snnc.trials.setting import OUTPUT_SYNAPSE, OUTPUTS, Setting, readouts, seconds
from snnc.trials.tuned import Tuned
from snnc.trials.twin import trained_twin, twin_classes
from snnc.trials.variant import variant

#: Presentations are tried that last such shares of the spec's.
SHARES_OF_TIME = (1.0, 0.7, 0.5, 0.4, 0.3, 0.25, 0.2, 0.15, 0.1, 0.07, 0.05)
#: The time constants of layers that are tried, in steps, and the rates, as multiples of those of training.
TAUS = (1, 2, 3, 5, 8)
SCALES = (0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0)
#: Where so many right answers are missing, a share, still shorter presentations aren't tried.
HOPELESS = 0.1
#: What twice the spikes have to gain at least, a share.
LEAST_WORTH = 0.001
#: About so many runs are needed for each key.
RUNS = 4


@dataclass(eq=False)
class Runner:
    """Runs settings of a trained spec on items, each once; `program` is the spec's, deployed."""

    document: Document
    program: Program
    items: TrialItems
    yardstick: Yardstick = field(default_factory=Yardstick)
    #: Is called after each run.
    progress: Callable[[], None] = lambda: None
    points: dict[Setting, Point | None] = field(default_factory=dict)

    def at_first(self) -> tuple[Runner, Point]:
        """Return the same with the yardstick that the spec's own answers suggest, and the point of the spec as it is.

        Raises a Refusal if the chip can't run it.
        """
        setting, recorded = Setting(self.program.stream_steps), self._run(self.program)
        own = margins(recorded.logits(self.program), self.items.y)
        runner = replace(self, yardstick=Yardstick.of(own))
        return runner, runner._point(setting, self.program, recorded)

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
            setting,
            correct=logits.argmax(axis=1) == labels,
            share=self.yardstick.share(margins(logits, labels)),
            seconds=period_of(program) * program.network.dt,
            spikes=recorded.spikes,
        )


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
    tried = [steps] if steps else lengths(program)
    start = beginning(program)
    expected = len(tried) * RUNS * (len(start.scales) + 1)
    with watcher.items("tuning", expected) as count:
        runner, as_it_is = Runner(
            document, trained.program, items, progress=lambda: count(1)
        ).at_first()
        Search(runner, max(tolerance, LEAST_WORTH)).over(tried, start)
        count(expected - len(runner.points))
    found = [point for point in runner.points.values() if point]
    if not found:
        raise Refusal("the chip runs none of what was tried: show items for longer")
    if steps in (None, program.stream_steps):
        found.append(as_it_is)
    points = tuple(front(found))
    chosen = cheapest(points, tolerance)
    return Tuned(
        program=trained.program,
        items=items,
        as_it_is=as_it_is,
        twin=answered,
        front=points,
        chosen=chosen,
        tolerance=tolerance,
        margin=runner.yardstick.margin,
        tried=len(runner.points),
    )


@dataclass(eq=False)
class Search:
    """Climbs from setting to setting, one key at a time, as long as that is worth it.

    A step that doubles the spikes has to gain at least `worth`, a share of right answers; one that halves them may lose as much.
    """

    runner: Runner
    worth: float

    def over(self, lengths: Iterable[int], start: Setting) -> None:
        """Search at presentations of some steps, from the longest on: each begins where the one before has ended."""
        best_share = 0.0
        for steps in lengths:
            shown = replace(start, steps=steps)
            # Layers that were slowed down may have no spike in a shorter time.
            fast = replace(shown, scales=tuple(max(scale, 1.0) for scale in start.scales))
            point = self.at(shown) or self.at(fast)
            if point is None or point.share < best_share - HOPELESS:
                return
            best_share, start = max(best_share, point.share), replace(point.setting, readout=None)

    def at(self, start: Setting) -> Point | None:
        """Return the point at which no key is worth a change any more."""
        point, before = self.runner.best(start), None
        while point is not before:
            before = point
            for key in range(len(start.scales) + 1):
                point = self._along(key, point)
        return point

    def _along(self, key: int, point: Point | None) -> Point | None:
        """Go up or down along one key as long as that is worth it."""
        for up in (True, False):
            began = point
            while point and (setting := self._next(point.setting, key, up)):
                other = self.runner.best(setting)
                if other is None or self._score(other) <= self._score(point):
                    break
                point = other
            if point is not began:
                break
        return point

    def _next(self, setting: Setting, key: int, up: bool) -> Setting | None:
        """Return a setting with the next value of a key: the synapse's, or the rates of one layer."""
        setting = replace(setting, readout=None)
        if key == 0:
            taus = [seconds(n, self.runner.program) for n in TAUS]
            tau = neighbour(taus, setting.tau or 0.0, up)
            return None if tau is None else replace(setting, tau=tau)
        scales = list(setting.scales)
        scale = neighbour(SCALES, scales[key - 1], up)
        if scale is None:
            return None
        scales[key - 1] = scale
        return replace(setting, scales=tuple(scales))

    def _score(self, point: Point) -> float:
        return point.share - self.worth * log2(max(point.spikes, 1.0))


def neighbour(values: Sequence[float], value: float, up: bool) -> float | None:
    """Return the next larger one of some values, or the next smaller one; None if there is none."""
    if up:
        return min((v for v in values if v > value), default=None)
    return max((v for v in values if v < value), default=None)


def beginning(program: Program) -> Setting:
    """Return the setting that a search starts from: what a spec says, as far as that is among what is tried."""
    between = (c for c in program.network.connections if c.source != INPUT and c.target != OUTPUT)
    filters = {c.taus for c in between}
    taus = filters.pop() if len(filters) == 1 else ()
    scales = tuple(population.rate_scale for population in program.network.populations)
    return Setting(program.stream_steps, taus[0] if len(taus) == 1 else None, scales)


def lengths(program: Program) -> list[int]:
    """Return how many steps items are shown for: the spec's, and fewer."""
    found = {round(share * program.stream_steps) for share in SHARES_OF_TIME}
    return sorted((steps for steps in found if steps), reverse=True)
