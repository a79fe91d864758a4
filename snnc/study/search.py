"""A study of a spec, and its trials in this process, one after the other. Several processes may be at it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import TrialState

from snnc.data.prepare import Data, load
from snnc.diagnostics.errors import CompileError, Error, Refusal
from snnc.pipeline import Checked, check_document
from snnc.program.fingerprint import differences
from snnc.program.program import Program
from snnc.spec.study import Place, Study
from snnc.study.found import Found
from snnc.study.journal import taken_again
from snnc.study.measured import Measured
from snnc.study.record import MEASURED, OF, REPORT, VALUES, Done, chosen, done, front
from snnc.study.sampling import pruner_of, sampler_of
from snnc.study.space import Space
from snnc.study.trial import Trial, Unmeasured
from snnc.study.weights import Weights
from snnc.study.wording import in_words, word
from snnc.training.epochs import Epoch
from snnc.training.progress import Watcher

#: How often it is asked how trials of other processes go on, in seconds.
PAUSE = 1.0
#: Keys of a study that change no trial.
OF_SEARCH = ("trials", "sampler", "pruner")


class SurplusError(Exception):
    """Another process has begun the last trial at the same moment."""


@dataclass(frozen=True, eq=False)
class Search:
    """A study of a spec that has been checked, and its weights in a folder."""

    spec: Checked
    settings: Study
    space: Space
    weights: Weights
    watcher: Watcher
    _data: dict[str, Data] = field(default_factory=dict)

    @classmethod
    def of(cls, spec: Checked, settings: Study, folder: Path, watcher: Watcher) -> Search:
        weights = Weights(folder / f"{spec.program.name}.study", folder)
        return cls(spec, settings, Space.of(spec.document), weights, watcher)

    @property
    def set_aside(self) -> float | None:
        """Which share of the training items the study sets aside; None if the spec does so itself."""
        return None if self.spec.program.validates else self.settings.set_aside

    @property
    def on(self) -> Place:
        return self.settings.on or ("emulator" if self.spec.program.on_loihi else "nengo")

    def most(self, asked: int | None) -> int:
        """Return how many trials there are to be in all: so many as are asked for, or as the spec says, and no more than a grid has."""
        most = self.settings.trials if asked is None else asked
        if self.settings.sampler != "grid":
            return most
        return min(most, prod(len(values) for values in self.space.grid().values()))

    def study(self, storage: optuna.storages.BaseStorage) -> optuna.Study:
        """Return the study in a storage, or a new one. Raises a Refusal if that is of another spec, or of other data."""
        name = self.spec.program.name
        ways = ["maximize" if o == "accuracy" else "minimize" for o in self.settings.objectives]
        sampler, pruner = (
            sampler_of(self.settings, self.space, self.spec.program.network.seed),
            pruner_of(self.settings),
        )
        try:
            study = optuna.create_study(
                storage=storage, study_name=name, directions=ways, sampler=sampler, pruner=pruner
            )
        except optuna.exceptions.DuplicatedStudyError:
            study = optuna.load_study(
                study_name=name, storage=storage, sampler=sampler, pruner=pruner
            )
            self._ensure_same(study)
            return study
        study.set_user_attr(OF, self.described())
        if self.space.own and self.settings.sampler != "grid":
            study.enqueue_trial(dict(self.space.own))
        return study

    def described(self) -> dict[str, Any]:
        """Return all that the trials of the study depend on."""
        table = self.spec.document.data["study"]
        study = {key: value for key, value in table.items() if key not in OF_SEARCH}
        data = self.data_of(self._checked({}).program)
        return {**self.spec.document.data, "study": study, "items": data.train_digest}

    def _ensure_same(self, study: optuna.Study) -> None:
        theirs, ours = study.user_attrs.get(OF), self.described()
        if theirs is None and study.get_trials(deepcopy=False):
            raise Refusal(f"there is a study '{study.study_name}' that snnc hasn't made")
        if theirs is None:  # whoever made it was killed, or is about to say the same
            study.set_user_attr(OF, ours)
        elif changed := differences(theirs, ours):
            why = (
                "the study was begun of another spec, or of other data: give the network another name, or store the study elsewhere, with -o "
                "or --storage"
            )
            raise Refusal("\n  ".join([why, *changed]))

    def run(self, study: optuna.Study, most: int, until: float | None) -> None:
        """Run trials until there are `most` of them, or it is `until`; trials of killed processes again."""
        waited = False
        while until is None or time.monotonic() < until:
            optuna.storages.fail_stale_trials(study)
            if is_wanted(study, most):
                self._next(study, most)
            elif running := study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
                if not waited:
                    numbers = ", ".join(str(trial.number) for trial in running)
                    self.watcher.tell(f"other processes are at trial {numbers}: waiting for them")
                waited = True
                time.sleep(PAUSE)
            else:
                return

    def _next(self, study: optuna.Study, most: int) -> None:
        begun: list[int] = []

        def trial(new: optuna.Trial) -> tuple[float, ...]:
            begun.append(new.number)
            return self._trial(study, new, most)

        try:
            study.optimize(trial, n_trials=1)
        except SurplusError:
            pass
        except KeyboardInterrupt:
            queue(study, begun)
            raise KeyboardInterrupt("interrupted; the same command goes on") from None
        except Error:
            queue(study, begun)
            raise
        except AssertionError as error:
            # Optuna asserts that a trial has ended, and hides why that couldn't be stored.
            raise error.__context__ or error from None

    def _trial(self, study: optuna.Study, trial: optuna.Trial, most: int) -> tuple[float, ...]:
        """Return the numbers that a trial is compared by; they and what else it came to are kept."""
        if is_surplus(study, trial.number, most):
            raise SurplusError
        values = self.space.drawn(trial)
        trial.set_user_attr(VALUES, values)
        outcome = self.known(study, values) or self.task(trial.number, values)
        if isinstance(outcome, Trial):
            watcher = _Pruning(self.watcher, trial, self.settings)
            outcome = outcome.measured(self.data_of(outcome.program), watcher)
        found = self.recorded(study, trial, outcome, most)
        if found is None:
            raise optuna.TrialPruned
        return found

    def known(self, study: optuna.Study, values: Mapping[str, Any]) -> Measured | None:
        """Return what a trial before with the same values came to, if there was one."""
        return next((one.measured for one in done(study) if one.values == values), None)

    def task(self, number: int, values: Mapping[str, Any]) -> Trial | Unmeasured:
        """Return what a trial does; why it can't be measured where its values can't be together."""
        try:
            program = self._checked(values).program
            kept = self.weights.kept(program, self.data_of(program))
        except (CompileError, Refusal) as error:
            return Unmeasured(str(error))
        return Trial(number, program, self.weights, kept, self.on, self.settings.items)

    def recorded(
        self, study: optuna.Study, trial: optuna.Trial, outcome: Measured | Unmeasured, most: int
    ) -> tuple[float, ...] | None:
        """Keep what a trial came to, and return the numbers that it is compared by; None where it is pruned, with the report."""
        values = dict(trial.user_attrs[VALUES])
        if isinstance(outcome, Measured):
            try:
                found = tuple(outcome.value(each) for each in self.settings.objectives)
            except Refusal as error:
                outcome = Unmeasured(str(error))
        if isinstance(outcome, Unmeasured):
            trial.set_user_attr(REPORT, outcome.report)
            first = outcome.report.splitlines()[0]
            self.watcher.tell(f"trial {trial.number} is pruned, {in_words(values)}: {first}")
            return None
        trial.set_user_attr(MEASURED, outcome.to_dict())
        self._say(study, Done(trial.number, values, outcome), most)
        return found

    def _say(self, study: optuna.Study, new: Done, most: int) -> None:
        """Tell what a trial came to, and which one is the best so far."""
        measured = [*done(study), new]
        best = chosen(front(measured, self.settings.objectives), self.settings.objectives, 0.0)
        assert best is not None
        so_far = "the best so far"
        if best is not new:
            so_far = f"best so far: trial {best.number}, {self._numbers(best)}"
        self.watcher.tell(
            f"trial {new.number}, {len(measured)} of {most}: {self._numbers(new)}; {in_words(new.values)}; {so_far}"
        )

    def _numbers(self, trial: Done) -> str:
        return ", ".join(word(trial.measured, each) for each in self.settings.objectives)

    def found(self, study: optuna.Study, tolerance: float, storage: str) -> Found:
        """Return what a study has found by now."""
        measured, objectives = done(study), self.settings.objectives
        best = front(measured, objectives)
        pruned = study.get_trials(deepcopy=False, states=(TrialState.PRUNED,))
        own = self.space.own
        return Found(
            program=self.spec.program,
            objectives=objectives,
            front=tuple(best),
            chosen=chosen(best, objectives, tolerance),
            as_it_is=next((t for t in measured if self.space.parameters(t.values) == own), None),
            pruned={trial.number: trial.user_attrs.get(REPORT, "") for trial in pruned},
            trials=tuple(measured),
            tolerance=tolerance,
            storage=storage,
        )

    def _checked(self, values: Mapping[str, Any]) -> Checked:
        document = self.space.variant(values, self.set_aside)
        return check_document(document, self.spec.program.data_file)

    def data_of(self, program: Program) -> Data:
        """Return the data of a trial, which differ in how they are scaled alone."""
        key = str(program.data.scale)
        if key not in self._data:
            self._data[key] = load(program)
        return self._data[key]


def is_wanted(study: optuna.Study, most: int) -> bool:
    """Whether one more trial is to begin, of so many in all: those of killed processes count once they are run again."""
    trials = study.get_trials(deepcopy=False)
    waiting = any(trial.state == TrialState.WAITING for trial in trials)
    counted = len([trial for trial in trials if trial.state != TrialState.FAIL])
    return counted < most or (waiting and counted <= most)


def is_surplus(study: optuna.Study, number: int, most: int) -> bool:
    """Whether another process has begun the last trial at the same moment as this one."""
    before = study.get_trials(deepcopy=False)[: number + 1]
    return len([other for other in before if other.state != TrialState.FAIL]) > most


def queue(study: optuna.Study, begun: list[int]) -> None:
    """Queue the trials that were begun, if they failed, with the values that they had."""
    for trial in study.get_trials(states=(TrialState.FAIL,)):
        if trial.number in begun:
            taken_again()(study, trial)


@dataclass(frozen=True, eq=False)
class _Pruning:
    """Watches the training of a trial, and ends it where Optuna's pruner says that it is behind others."""

    watcher: Watcher
    trial: optuna.Trial
    settings: Study

    @contextmanager
    def epochs(self, title: str, total: int, done: int) -> Iterator[Callable[[Epoch], None]]:
        with self.watcher.epochs(f"trial {self.trial.number}", total, done) as show:

            def judge(epoch: Epoch) -> None:
                show(epoch)
                if self.settings.pruner != "none" and epoch.validation:
                    self._judge(epoch.number, epoch.validation.accuracy)

            yield judge

    def _judge(self, number: int, accuracy: float) -> None:
        self.trial.report(accuracy, number)
        if self.trial.should_prune():
            reason = f"behind other trainings after epoch {number}"
            self.trial.set_user_attr(REPORT, reason)
            self.watcher.tell(f"trial {self.trial.number} is pruned: {reason}")
            raise optuna.TrialPruned

    def items(self, title: str, total: int) -> AbstractContextManager[Callable[[int], None]]:
        return self.watcher.items(title, total)

    def tell(self, line: str) -> None:
        """Keep to what trials come to."""
