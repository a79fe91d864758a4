"""Climb from setting to setting."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import log2

from snnc.trials.point import Point
from snnc.trials.runner import Runner
from snnc.trials.setting import Setting, seconds

#: The time constants of layers that are tried, in steps, and the rates, as multiples of those of training.
TAUS = (1, 2, 3, 5, 8)
SCALES = (0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0)
#: Where so many right answers are missing, a share, still shorter presentations aren't tried.
HOPELESS = 0.1


@dataclass(eq=False)
class Search:
    """Climbs from setting to setting, one key at a time, as long as that is worth it.

    A step that doubles the spikes has to gain at least `worth`, a share of right answers; one that halves them may lose as much.
    """

    runner: Runner
    worth: float
    taus: Sequence[int] = TAUS
    scales: Sequence[float] = SCALES

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
            taus = [seconds(n, self.runner.program) for n in self.taus]
            tau = neighbour(taus, setting.tau or 0.0, up)
            return None if tau is None else replace(setting, tau=tau)
        scales = list(setting.scales)
        scale = neighbour(self.scales, scales[key - 1], up)
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
