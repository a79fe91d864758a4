"""Climb the ladder of a trained spec: its rungs on test items, and on others what loses accuracy and what brings it back."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from snnc.diagnostics.document import Document
from snnc.diagnostics.screen import PAPER, Screen
from snnc.ladder.finding import (
    Finding,
    fast_share,
    headline,
    of_spikes,
    of_trained,
)
from snnc.ladder.retrain import dead_share
from snnc.ladder.rung import Rung, at_time, likeness, on_chip, rungs, without_time
from snnc.networks.folding import Weights
from snnc.program.program import Program
from snnc.running.results import NO_BASELINE, in_percent
from snnc.show.table import aligned
from snnc.training.epochs import Epoch
from snnc.training.history import load_history
from snnc.training.imported import start_weights
from snnc.training.improving import gain_of_more
from snnc.training.params_file import load_without_baseline
from snnc.training.paths import Paths
from snnc.training.progress import Watcher
from snnc.trials.items import TrialItems, training_items
from snnc.trials.telling import telling_items
from snnc.trials.twin import trained_twin, twin_classes

#: Other times at which the last rung is shown, as multiples of the spec's.
OTHER_TIMES = (2.0, 0.5, 0.3, 0.2)


@dataclass(frozen=True, eq=False, repr=False)
class Ladder:
    """The rungs on test items and on trial items, the first of them on training items, streams of other times on test items, and what was found on trial items."""

    program: Program
    items: TrialItems
    test: tuple[Rung, ...]
    trial: tuple[Rung, ...]
    training: tuple[Rung, ...]
    times: tuple[Rung, ...]
    findings: tuple[Finding, ...]
    measured: dict[str, float]

    @property
    def headline(self) -> Finding | None:
        return headline(self.findings)

    def to_dict(self) -> dict[str, Any]:
        """Return all numbers, unrounded, as plain data, ready for JSON."""
        found = self.headline
        return {
            "spec": self.program.spec_path.as_posix(),
            "network": self.program.name,
            "rungs": _described(self.test),
            "trial_items": self.items.which,
            "trial_rungs": _described(self.trial),
            "training_rungs": _described(self.training),
            "times": [_row(rung, None) for rung in self.times],
            "measured": self.measured,
            "findings": [_found(finding) for finding in self.findings],
            "cause": found.cause if found else None,
            "rung": found.rung if found else None,
            "change": _changes(found) if found else None,
        }

    def __repr__(self) -> str:
        return self.text()

    def text(self, screen: Screen = PAPER) -> str:
        """Return the table, and what was found, as they fit a screen."""
        twin = [] if self.training[0].place == "float" else [NO_BASELINE]
        lines = [*twin, self._trained_on(), *self._layers(), "", *self._measured(), ""]
        below = [screen.wrapped(line, "  ") for line in (*lines, *self._found())]
        return "\n".join([aligned(self._cells(), True, screen.width), *below])

    def _cells(self) -> list[list[str]]:
        which = f"{self.items.which} items"
        rows = [
            ["", "ms", "test items, % (95 %)", "n", "minus the rung above", which, "n", "minus"]
        ]
        for index, (test, trial) in enumerate(zip(self.test, self.trial, strict=True)):
            rows.append(
                [
                    *(test.name, _ms(test), in_percent(test.accuracy), str(len(test.correct))),
                    in_percent(test.minus(self.test[index - 1]), "+") if index else "",
                    *(in_percent(trial.accuracy), str(len(trial.correct))),
                    in_percent(trial.minus(self.trial[index - 1]), "+") if index else "",
                ]
            )
        for rung in self.times:
            minus = in_percent(rung.minus(self.test[-1]), "+")
            rows.append(
                [rung.name, _ms(rung), in_percent(rung.accuracy), str(len(rung.correct)), minus]
                + [""] * 3
            )
        return rows

    def _trained_on(self) -> str:
        shares = (f"{rung.name} {in_percent(rung.accuracy)}" for rung in self.training)
        n = len(self.training[0].correct)
        return f"On {n} training items, %: {', '.join(shares)}"

    def _layers(self) -> list[str]:
        lines = [
            "Each layer's activity against the rung above, correlation and error as a share of its spread:"
        ]
        for above, rung in pairwise(self.test):
            if alike := likeness(rung, above):
                layers = ", ".join(f"{a.layer} {a.correlation:.3f} ({a.error:.2f})" for a in alike)
                lines.append(f"  {rung.name}: {layers}")
        return lines

    def _measured(self) -> list[str]:
        words = {
            "spikes": "{:.2f} spikes an item and neuron that fires",
            "dead": "{:.0%} of the neurons of the most silent layer never fire",
            "fast": "{:.0%} of the rates of neurons that fire are above 250 Hz",
            "more_epochs": "by the slope of the loss twice as many epochs are worth {:.1%} more right answers",
        }
        return [f"Measured on {self.items.which} items:"] + [
            f"  {words[key].format(value)}" for key, value in self.measured.items()
        ]

    def _found(self) -> list[str]:
        return [*self._why(), *self._untried()]

    def _untried(self) -> list[str]:
        """Say which trainings there was no time for, and how they are had."""
        spec = self.program.spec_path.as_posix()
        return [
            f"Not tried, as a training takes about {f.too_long[0].seconds:.0f} s: {'; '.join(str(each.change) for each in f.too_long)}. "
            f"snnc ladder {spec} --seconds {f.seconds:.0f} tries all; or write one and run snnc train {spec}."
            for f in self.findings
            if f.too_long
        ]

    def _why(self) -> list[str]:
        found = self.headline
        if found is None:
            return ["No rung loses more than chance."]
        lines = [
            f"'{found.rung}' is the first to lose; {100 * found.lost:.1f} points are lost in all, on items that aren't test items."
        ]
        if found.cause is None:
            return [*lines, "No change that was tried gains more than chance."]
        lines.append(f"Cause: {found.cause}.")
        lines.append(f"What was tried on {self.items.which} items, the chosen change first:")
        for tried in found.tried:
            trains = " (trained again)" if tried.change.trains else ""
            lines.append(
                f"  {tried.change}{trains}: {in_percent(tried.after)}, {in_percent(tried.gain, '+')} points, n = {tried.gain.n}"
            )
        others = [f for f in self.findings if f is not found and f.cause]
        lines += [f"Also: {f.cause}, {100 * f.lost:.1f} points at '{f.rung}'." for f in others]
        return lines


def climb(
    document: Document,
    program: Program,
    folder: Path,
    most: int,
    seconds: float,
    watcher: Watcher,
) -> Ladder:
    """Return the ladder of a spec whose parameters are in a folder.

    Changes are tried on at most `most` items that aren't test items, and trainings take at most some seconds.
    """
    paths = Paths.of(program, folder)
    trained, data = load_without_baseline(program, folder)
    if data.left_out:
        watcher.tell(data.left_out)
    deployed = trained.program
    items = telling_items(deployed, data, most)
    twin = trained_twin(program, folder, data, trained.training)
    seen = training_items(program, data, most)
    of_twin, of_seen = (
        None if twin is None else twin_classes(program, twin, x) for x in (items.x, seen.x)
    )
    predicted = None if twin is None else twin.predicted
    epochs = load_history(paths.history)
    test = tuple(rungs(deployed, data.x_test, data.y_test, predicted))
    trial = tuple(rungs(deployed, items.x, items.y, of_twin))
    shown = program.presentation.time
    times = (at_time(deployed, _whole(shown * share, program)) for share in OTHER_TIMES)
    streams = [
        on_chip(p, data.x_test, data.y_test, "stream")
        for p in times
        if p.stream_steps > p.stream_latency + 1
    ]
    initial = start_weights(trained.start) if program.starts_imported else {}
    watcher.tell("rungs are done; looking for causes")
    findings = causes(document, deployed, items, trial, epochs, seconds, initial)
    rates = next(rung for rung in trial if rung.place == "rates")
    return Ladder(
        program,
        items,
        test,
        trial,
        tuple(without_time(deployed, seen.x, seen.y, of_seen)),
        tuple(replace(rung, name="streamed for another time") for rung in streams),
        findings,
        {
            "spikes": _spikes(rates, shown),
            "dead": dead_share(rates.rates),
            "fast": fast_share(rates),
            "more_epochs": gain_of_more(epochs),
        },
    )


def causes(
    document: Document,
    deployed: Program,
    items: TrialItems,
    trial: tuple[Rung, ...],
    epochs: tuple[Epoch, ...],
    seconds: float,
    initial: Weights | None = None,
) -> tuple[Finding, ...]:
    """Return where accuracy is lost, from the top down, by the rungs of trial items: no test item is among them.

    Trainings begin with the `initial` weights, or at random.
    """
    findings = (
        of_trained(document, deployed, trial, epochs, seconds, initial or {}),
        of_spikes(document, deployed, items, trial),
    )
    return tuple(finding for finding in findings if finding)


def _spikes(rates: Rung, seconds: float) -> float:
    """Return how often a neuron fires for an item in which it does, from rates."""
    firing = [hertz[hertz > 1] for hertz in rates.rates.values()]
    n = sum(map(len, firing))
    return float(sum(hertz.sum() for hertz in firing)) * seconds / n if n else 0.0


def _whole(seconds: float, program: Program) -> float:
    return max(1, round(seconds / program.network.dt)) * program.network.dt


def _ms(rung: Rung) -> str:
    return "" if rung.seconds is None else f"{1000 * rung.seconds:g}"


def _described(ladder: tuple[Rung, ...]) -> list[dict[str, Any]]:
    above = (None, *ladder)
    return [_row(rung, over) for rung, over in zip(ladder, above, strict=False)]


def _row(rung: Rung, above: Rung | None) -> dict[str, Any]:
    return {
        "name": rung.name,
        "place": rung.place,
        "seconds": rung.seconds,
        "accuracy": asdict(rung.accuracy),
        "minus_above": asdict(rung.minus(above)) if above else None,
        "layers": [asdict(each) for each in likeness(rung, above)] if above else [],
        "refusal": rung.refusal or None,
    }


def _found(finding: Finding) -> dict[str, Any]:
    return {
        "rung": finding.rung,
        "lost": finding.lost,
        "cause": finding.cause,
        "change": _changes(finding),
        "not_tried": [
            {"changes": _written(each.change.changes), "seconds": each.seconds}
            for each in finding.too_long
        ],
        "tried": [
            {
                "changes": _written(tried.change.changes),
                "cause": tried.change.cause,
                "trains": tried.change.trains,
                "gain": asdict(tried.gain),
                "before": asdict(tried.before),
                "after": asdict(tried.after),
            }
            for tried in finding.tried
        ],
    }


def _changes(finding: Finding) -> dict[str, Any] | None:
    return _written(finding.change.changes) if finding.change else None


def _written(changes: Any) -> dict[str, Any]:
    return {".".join(map(str, path)): value for path, value in changes.items()}
