"""Settings that are tried, and which of them is chosen, on items that aren't test items."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from snnc.calibrate.likeness import Likeness
from snnc.calibrate.prepared import Prepared
from snnc.trials.items import TrialItems
from snnc.trials.point import Point, cheapest
from snnc.trials.runner import Runner
from snnc.trials.search import Search
from snnc.trials.setting import Setting, seconds

#: The time constants of layers that are tried, in steps, and the rates, as multiples of usual ones.
TAUS = (2, 3, 5, 7, 10, 14, 20)
SCALES = (0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 5.6, 8.0)
#: Where searches start: the multiples of rates on the host and on the chip, and the time constant in steps.
STARTS = ((2.8, 2.0, 5), (2.8, 2.8, 5), (2.8, 2.0, 10))
#: What twice the spikes have to gain at least, and what the choice may be worse than the best: shares of probability.
WORTH, TOLERANCE = 0.0003, 0.0005
#: Settings are tried on so many items at first, or on as many as their neurons are in all in this many, which takes a moment.
FEW, MOMENT = 400, 1_000_000
#: So many of the best ones are tried on all.
FINALISTS = 4


@dataclass(frozen=True, eq=False)
class Candidates:
    """The settings that were compared on all items, the best first, the chosen one, and how many were tried at all."""

    points: tuple[Point, ...]
    chosen: Point
    tried: int

    @property
    def runs(self) -> int:
        """How many runs that took."""
        return self.tried + len(self.points)


def compared(
    prepared: Prepared,
    items: TrialItems,
    likeness: Likeness,
    steps: int,
    also: Point | None,
    progress: Callable[[], None],
) -> Candidates | None:
    """Return the settings that are best where items are shown for some steps; None if the chip runs none of them.

    `also` is a point that is chosen if no setting is better.
    """
    neurons = sum(population.size for population in prepared.program.network.populations)
    n = min(len(items), max(FEW, MOMENT // neurons))
    few = Runner(prepared.document, prepared.program, items.first(n), likeness.first(n), progress)
    search = Search(few, WORTH, TAUS, SCALES)
    starts = [point for s in _starts(prepared, steps) if (point := few.best(s))]
    if not starts:
        return None
    search.at(_setting(max(starts, key=lambda point: point.share)))
    found = sorted(filter(None, few.points.values()), key=lambda point: -point.share)[:FINALISTS]
    if len(items) > n:
        whole = Runner(prepared.document, prepared.program, items, likeness, progress)
        again = (whole.best(_setting(point)) for point in found)
        found = sorted(filter(None, again), key=lambda point: -point.share)
    chosen = cheapest([*([also] if also else []), *found], TOLERANCE)
    return Candidates(tuple(found), chosen, len(few.points))


def _setting(point: Point) -> Setting:
    return replace(point.setting, readout=None)


def _starts(prepared: Prepared, steps: int) -> Iterator[Setting]:
    populations = prepared.program.network.populations
    for host, chip, tau in STARTS:
        scales = tuple(
            (chip if p.on_chip else host) if p.name in prepared.scales else p.rate_scale
            for p in populations
        )
        yield Setting(steps, seconds(tau, prepared.program), scales)


def rates_of(prepared: Prepared, setting: Setting) -> dict[str, float]:
    """Return the rates of lines, in hertz, that a setting stands for."""
    populations = zip(prepared.program.network.populations, setting.scales, strict=True)
    return {
        p.name: float(f"{scale * p.neurons.max_rate:.6g}")
        for p, scale in populations
        if p.name in prepared.scales
    }


def of_others(prepared: Prepared, setting: Setting) -> Setting:
    """Return a setting without the scales of lines, once they are in their rates."""
    populations = prepared.program.network.populations
    scales = tuple(
        1.0 if p.name in prepared.scales else scale
        for p, scale in zip(populations, setting.scales, strict=True)
    )
    return replace(setting, scales=scales)
