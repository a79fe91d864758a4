"""What a study has found, as a table and as numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from snnc.diagnostics.errors import UsageError
from snnc.diagnostics.screen import PAPER, Screen
from snnc.program.program import Program
from snnc.running.results import in_percent
from snnc.show.table import Cells, aligned
from snnc.spec.study import Objective
from snnc.study.record import Done
from snnc.study.wording import short, word

#: What the rows of the table are called that have a name.
AS_IT_IS, CHOSEN = "the spec as it is", "chosen"
#: The heads of columns beside accuracy.
HEADS: Mapping[Objective, str] = {
    "spikes": "spikes",
    "time": "time",
    "cores": "cores",
    "energy": "energy",
}


@dataclass(frozen=True, eq=False, repr=False)
class Found:
    """The front of a study, the trial of it that is chosen, and the spec as it is, if a trial had its values."""

    program: Program
    objectives: tuple[Objective, ...]
    front: tuple[Done, ...]
    chosen: Done | None
    as_it_is: Done | None
    #: Why each pruned trial was pruned, by its number.
    pruned: Mapping[int, str]
    #: All trials that were measured.
    trials: tuple[Done, ...]
    tolerance: float
    storage: str

    def named(self, number: int | None) -> Done:
        """Return a trial by its number, or the one that is chosen. Raises a UsageError if it wasn't measured."""
        if number is None:
            wanted = self.chosen
        else:
            wanted = next((trial for trial in self.trials if trial.number == number), None)
        if wanted is None:
            what = "no trial was measured" if number is None else f"trial {number} wasn't measured"
            raise UsageError(f"{what}: there is nothing to apply")
        return wanted

    @property
    def measured(self) -> int:
        """How many trials were measured."""
        return len(self.trials)

    def __str__(self) -> str:
        return self.text()

    def text(self, screen: Screen = PAPER) -> str:
        """Return the table, and what explains it, as they fit a screen."""
        lines = [aligned(self.cells(), width=screen.width)] if self.front else []
        return "\n".join([*lines, *map(screen.wrapped, self.notes)])

    @property
    def notes(self) -> Iterator[str]:
        """Sentences that explain the table."""
        pruned = f"; {len(self.pruned)} were pruned" if self.pruned else ""
        yield f"{self.measured} trials were measured{pruned}. Stored in {self.storage}."
        if self.pruned:
            number, why = next(iter(self.pruned.items()))
            yield f"Pruned first: trial {number}, {' '.join(why.split())}"
        if self.front:
            n = len(self.front[0].measured.correct)
            yield (
                f"On {n:,} training items that trials weren't trained on, the same for all, as a stream; no test item was looked at. "
                "The best of many trials is a little luckier than it is good."
            )
        if len(self.objectives) > 1 and "accuracy" in self.objectives:
            first = next(objective for objective in self.objectives if objective != "accuracy")
            points = f"{100 * self.tolerance:g}"
            yield f"Chosen is the least {first} at most {points} points below the best accuracy."

    def cells(self) -> Cells:
        addresses = list(self.front[0].values)
        shown = [o for o in HEADS if o in self.objectives or o in ("spikes", "time")]
        heads = [HEADS[objective] for objective in shown]
        difference = ["minus the spec (95 %)"] if self.as_it_is else []
        rows = [["", "trial", "accuracy, % (95 %)", *heads, *difference, *addresses]]
        every = list(self.front)
        if self.as_it_is and self.as_it_is not in every:
            every.append(self.as_it_is)
        for trial in every:
            accuracy = in_percent(trial.measured.accuracy)
            numbers = [
                word(trial.measured, objective).removesuffix(" " + objective) for objective in shown
            ]
            values = [short(trial.values[address]) for address in addresses]
            rows.append(
                [
                    self._name(trial),
                    str(trial.number),
                    accuracy,
                    *numbers,
                    *self._difference(trial),
                    *values,
                ]
            )
        return rows

    def _name(self, trial: Done) -> str:
        names = [AS_IT_IS] if trial is self.as_it_is else []
        names += [CHOSEN] if trial is self.chosen else []
        return ", ".join(names)

    def _difference(self, trial: Done) -> list[str]:
        if self.as_it_is is None:
            return []
        if trial is self.as_it_is:
            return [""]
        return [in_percent(trial.measured.minus(self.as_it_is.measured.correct), "+")]

    def to_dict(self) -> dict[str, Any]:
        """Return all numbers, unrounded, as plain data, ready for JSON."""
        return {
            "spec": self.program.spec_path.as_posix(),
            "network": self.program.name,
            "storage": self.storage,
            "objectives": list(self.objectives),
            "tolerance": self.tolerance,
            "measured": self.measured,
            "pruned": {str(number): why for number, why in self.pruned.items()},
            "front": [self._described(trial) for trial in self.front],
            "chosen": self._described(self.chosen) if self.chosen else None,
            "as_it_is": self._described(self.as_it_is) if self.as_it_is else None,
        }

    def _described(self, trial: Done) -> dict[str, Any]:
        measured, spec = trial.measured, self.as_it_is
        return {
            "trial": trial.number,
            "values": trial.values,
            "accuracy": asdict(measured.accuracy),
            "seconds": measured.seconds,
            "spikes": measured.spikes,
            "cores": measured.cores,
            "joules": measured.joules,
            "minus_spec": asdict(measured.minus(spec.measured.correct)) if spec else None,
        }
