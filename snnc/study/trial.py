"""A trial of a study as a task: what it needs in, what it comes to out, in whichever process or on whichever machine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from snnc.diagnostics.errors import CompileError, Refusal
from snnc.environment.libraries import WITHOUT_TENSORFLOW
from snnc.program.program import Program
from snnc.spec.study import Place
from snnc.study.weights import Kept, Weights

if TYPE_CHECKING:
    from snnc.data.prepare import Data
    from snnc.study.measured import Measured
    from snnc.training.progress import Watcher


@dataclass(frozen=True)
class Unmeasured:
    """Why a trial can't be measured."""

    report: str


@dataclass(frozen=True, eq=False)
class Trial:
    """A program that is run over items that were set aside, at most `items` of them, once its weights are trained.

    `kept` says where these are, for who sends them elsewhere.
    """

    number: int
    program: Program
    weights: Weights
    kept: Kept
    on: Place
    items: int | None

    @property
    def title(self) -> str:
        return f"trial {self.number}"

    @property
    def packages(self) -> tuple[str, ...]:
        return WITHOUT_TENSORFLOW  # a training imports it

    def outcome(self, watcher: Watcher) -> Measured | Unmeasured:
        from snnc.data.prepare import load

        return self.measured(load(self.program), watcher)

    def measured(self, data: Data, watcher: Watcher) -> Measured | Unmeasured:
        """Do it with the data of the program."""
        from snnc.study.measured import measure
        from snnc.training.progress import Nobody
        from snnc.trials.items import trial_items

        try:
            trained, _ = self.weights.of(self.program, data, watcher)
            items = trial_items(self.program, data, self.items)
            with Nobody().items("", 0) as count:
                return measure(trained.program, items, self.on, count)
        except (CompileError, Refusal) as error:
            return Unmeasured(str(error))

    def moved(self, program: Program, folder: Path) -> Trial:
        """Return the trial with its program and its weights in another folder."""
        weights = Weights(folder / self.weights.folder.name, folder)
        return replace(self, program=program, weights=weights)


@dataclass(frozen=True, eq=False)
class Training:
    """The training of a trial alone, for all trials that share its weights."""

    trial: Trial

    @property
    def program(self) -> Program:
        return self.trial.program

    @property
    def title(self) -> str:
        return self.trial.title

    @property
    def packages(self) -> tuple[str, ...]:
        return self.trial.packages

    def outcome(self, watcher: Watcher) -> Unmeasured | None:
        from snnc.data.prepare import load

        try:
            self.trial.weights.of(self.program, load(self.program), watcher)
        except (CompileError, Refusal) as error:
            return Unmeasured(str(error))
        return None
