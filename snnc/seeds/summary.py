"""The results of several seeds in one table: each row's mean, deviation and range, and its difference from the float twin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.diagnostics.diagnostic import Diagnostic
from snnc.diagnostics.screen import PAPER, Screen
from snnc.environment.libraries import own_versions
from snnc.program.program import Program
from snnc.running.results import NO_BASELINE, NOT_TESTED, Results, Row, in_percent
from snnc.running.statistics import Interval, paired_over_seeds
from snnc.show.table import aligned


@dataclass(frozen=True)
class Spread:
    """How a number varies over seeds: its mean, the deviation of the sample (None for a single seed), and its range."""

    mean: float
    deviation: float | None
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        deviation = float(np.std(values, ddof=1)) if len(values) > 1 else None
        return cls(float(np.mean(values)), deviation, min(values), max(values))


@dataclass(frozen=True, eq=False)
class SeedsRow:
    """One way to run the network, over all seeds; the seeds' own rows are in their order."""

    name: str
    on: str
    n: int
    accuracy: Spread
    #: The differences over seeds and items, with the interval for both; None as in the rows of one seed.
    minus_float: Interval | None
    minus_rates: Interval | None
    #: In hertz, the mean over a layer's neurons.
    layers: dict[str, Spread]
    of_seeds: tuple[Row, ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "on": self.on,
            "n": self.n,
            "accuracy": asdict(self.accuracy),
            "minus_float": asdict(self.minus_float) if self.minus_float else None,
            "minus_rates": asdict(self.minus_rates) if self.minus_rates else None,
            "layers": {name: asdict(spread) for name, spread in self.layers.items()},
        }


@dataclass(frozen=True, eq=False)
class Summary:
    """The results of several seeds of a program on the same test items, in the order of the seeds."""

    program: Program
    results: tuple[Results, ...]
    #: What is left as it nearly never should be, with the seeds of which that is said.
    warnings: tuple[Diagnostic, ...] = ()

    @property
    def seeds(self) -> tuple[int, ...]:
        return tuple(results.program.network.seed for results in self.results)

    def rows(self) -> list[SeedsRow]:
        """Return the rows that all seeds have."""
        by_place = [{row.on: row for row in results.rows} for results in self.results]
        shared = [row.on for row in self.results[0].rows if all(row.on in of for of in by_place)]
        return [self._row([of[on] for of in by_place], by_place) for on in shared]

    def _row(self, rows: list[Row], by_place: Sequence[dict[Any, Row]]) -> SeedsRow:
        def minus(on: str, applies: bool) -> Interval | None:
            if not (applies and all(on in of for of in by_place)):
                return None
            return paired_over_seeds(self._right(rows), self._right([of[on] for of in by_place]))

        first = rows[0]
        rates = {
            layer.name: Spread.of([row.layers[index].rate for row in rows])
            for index, layer in enumerate(first.layers)
        }
        return SeedsRow(
            first.name,
            first.on,
            first.accuracy.n,
            Spread.of([row.accuracy.value for row in rows]),
            minus("keras", first.on != "keras"),
            minus("rates", first.on not in ("keras", "rates")),
            rates,
            tuple(rows),
        )

    def _right(self, rows: Sequence[Row]) -> NDArray[np.bool_]:
        """Return which items were answered right, (seeds, items)."""
        pairs = zip(rows, self.results, strict=True)
        return np.array([row.predicted == results.labels for row, results in pairs])

    def to_dict(self) -> dict[str, Any]:
        """Return all numbers, unrounded, as plain data, ready for JSON: over seeds, and of each seed as `snnc run --json` has them."""
        return {
            "spec": self.program.spec_path.as_posix(),
            "network": self.program.name,
            "seeds": list(self.seeds),
            "versions": own_versions(),
            "rows": [row.to_dict() for row in self.rows()],
            "runs": [results.to_dict() for results in self.results],
            "warnings": [{"code": w.code, "message": w.message} for w in self.warnings],
        }

    def metrics(self) -> dict[str, float]:
        """Return means, deviations and differences by the place that each row ran on."""
        metrics: dict[str, float | None] = {}
        for row in self.rows():
            spread = asdict(row.accuracy)
            metrics |= {f"{row.on}/accuracy.{name}": value for name, value in spread.items()}
            if row.minus_float:
                metrics[f"{row.on}/minus_float"] = row.minus_float.value
        return {name: value for name, value in metrics.items() if value is not None}

    def text(self, screen: Screen = PAPER) -> str:
        """Return the tables, and what explains them, as they fit a screen."""
        rows = self.rows()
        if not rows:
            return NOT_TESTED
        has_baseline = any(row.on == "keras" for row in rows)
        columns: dict[str, Callable[[SeedsRow], str]] = {
            "": lambda row: row.name,
            "accuracy, %": lambda row: f"{100 * row.accuracy.mean:.1f}",
            "deviation": lambda row: _deviation(row.accuracy, 100),
            "from": lambda row: f"{100 * row.accuracy.least:.1f}",
            "to": lambda row: f"{100 * row.accuracy.most:.1f}",
            "n": lambda row: str(row.n),
            **({"minus float (95 %)": _minus_float} if has_baseline else {}),
            "minus rates (95 %)": lambda row: in_percent(row.minus_rates, "+"),
            **{p.name: _rate(p.name) for p in self.program.network.populations},
        }
        table = [list(columns), *([cell(row) for cell in columns.values()] for row in rows)]
        each = [["of each seed, %", *map(str, self.seeds)]]
        each += [[r.name, *(f"{100 * one.accuracy.value:.1f}" for one in r.of_seeds)] for r in rows]
        notes = [*self._notes(), *([] if has_baseline else [NO_BASELINE])]
        tables = (aligned(cells, True, screen.width) for cells in (table, each))
        return "\n".join([*tables, *map(screen.wrapped, notes)])

    def _notes(self) -> list[str]:
        n = len(self.seeds)
        if n == 1:
            return ["One seed says nothing of others: it has no deviation."]
        return [
            f"Means over {n} seeds, each tested on the same items; beside them the deviation of a seed (of the sample, n - 1), "
            "and the least and the most. Under each layer: its mean firing rate in Hz ± deviation.",
            "Differences: in pairs, of the same seed and item; intervals for other seeds and other items, both random "
            "(Dorfman, Berbaum and Metz 1992; degrees of freedom of Hillis 2007).",
        ]


def _minus_float(row: SeedsRow) -> str:
    return in_percent(row.minus_float, "+")


def _deviation(spread: Spread, scale: float = 1, digits: int = 1) -> str:
    return "" if spread.deviation is None else f"{scale * spread.deviation:.{digits}f}"


def _rate(layer: str) -> Callable[[SeedsRow], str]:
    def cell(row: SeedsRow) -> str:
        spread = row.layers.get(layer)
        if spread is None:
            return ""
        deviation = _deviation(spread, digits=0)
        return f"{spread.mean:.0f} ± {deviation}" if deviation else f"{spread.mean:.0f}"

    return cell
