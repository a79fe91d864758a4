"""Search how a trained spec runs best as a stream on the emulated chip. Nothing is trained."""

from __future__ import annotations

from pathlib import Path

from snnc.diagnostics.document import Document
from snnc.diagnostics.errors import Refusal
from snnc.program.program import Program
from snnc.spec.base import INPUT, OUTPUT
from snnc.training.params_file import load_without_baseline
from snnc.training.progress import Watcher
from snnc.trials.currents import currents
from snnc.trials.point import cheapest, front
from snnc.trials.runner import RightAnswers, Runner
from snnc.trials.search import Search
from snnc.trials.setting import Setting
from snnc.trials.telling import telling_items
from snnc.trials.tuned import Tuned
from snnc.trials.twin import trained_twin, twin_classes

#: Presentations are tried that last such shares of the spec's.
SHARES_OF_TIME = (1.0, 0.7, 0.5, 0.4, 0.3, 0.25, 0.2, 0.15, 0.1, 0.07, 0.05)
#: What twice the spikes have to gain at least, a share.
LEAST_WORTH = 0.001
#: About so many runs are needed for each key.
RUNS = 4


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
    trained, data = load_without_baseline(program, folder)
    if data.left_out:
        watcher.tell(data.left_out)
    items = telling_items(trained.program, data, most)
    twin = trained_twin(program, folder, data, trained.training)
    answered = None if twin is None else twin_classes(program, twin, items.x) == items.y
    tried = [steps] if steps else lengths(program)
    start = beginning(program)
    expected = len(tried) * RUNS * (len(start.scales) + 1)
    with watcher.items("tuning", expected) as count:
        runner = Runner(document, trained.program, items, RightAnswers(), lambda: count(1))
        as_it_is = runner.as_it_is(currents(trained.program, items.x))
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
        tried=len(runner.points),
    )


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
