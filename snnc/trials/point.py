"""What a setting came to, which points are worth a choice, and which is chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from snnc.running.results import in_percent
from snnc.trials.outcome import Outcome
from snnc.trials.setting import Setting

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Point(Outcome):
    """What a setting came to. Points are compared by `share`: of right answers, or by what else a runner judges."""

    setting: Setting
    share: float

    @property
    def cells(self) -> list[str]:
        """What every table of points says of one: milliseconds, spikes, accuracy and the number of items."""
        return [
            f"{1000 * self.seconds:g}",
            f"{self.spikes:.0f}",
            in_percent(self.accuracy),
            str(self.accuracy.n),
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return the same as plain data, unrounded."""
        return {
            "seconds": self.seconds,
            "spikes": self.spikes,
            "accuracy": asdict(self.accuracy),
        }

    @property
    def cost(self) -> tuple[float, float]:
        """What makes one point cheaper than another: time, and spikes where that is the same."""
        return (self.seconds, self.spikes)


def front(points: Iterable[Point]) -> list[Point]:
    """Return the points to which no other is at least equal in accuracy, time and spikes, the cheapest first."""
    return undominated(points, lambda point: (*point.cost, -point.share))


def undominated(items: Iterable[T], cost: Callable[[T], tuple[float, ...]]) -> list[T]:
    """Return the items to which no other is at least equal in all costs, by their costs; of equal ones the first."""
    kept: list[tuple[T, tuple[float, ...]]] = []
    # No later item is better than an earlier one in all of them, so that only earlier ones can leave it without a use.
    for item in sorted(items, key=cost):
        own = cost(item)
        if not any(all(a <= b for a, b in zip(other, own, strict=True)) for _, other in kept):
            kept.append((item, own))
    return [item for item, _ in kept]


def cheapest(points: Sequence[Point], tolerance: float) -> Point:
    """Return the cheapest point that is at most a tolerance, a share, less accurate than the most accurate one."""
    best = max(point.share for point in points)
    # A tolerance of 0.3 % of 1000 items allows three of them.
    close = (p for p in points if p.share >= best - tolerance - 1e-9)
    return min(close, key=lambda p: p.cost)
