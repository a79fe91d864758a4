"""Several trials of a study at a time: Optuna is asked and told here, a crew carries them out."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field

import optuna
from optuna.storages._heartbeat import is_heartbeat_enabled
from optuna.trial import TrialState

from snnc.study.crew import Crew
from snnc.study.measured import Measured
from snnc.study.record import VALUES
from snnc.study.search import PAUSE, Search, is_surplus, is_wanted, queue
from snnc.study.trial import Trial, Unmeasured

#: How often it is said that trials go on, in seconds.
HEARTBEAT = 5.0


@dataclass(eq=False)
class Several:
    """Trials that go on at a time, by their number, until there are `most` of them in all."""

    search: Search
    study: optuna.Study
    crew: Crew
    most: int
    _begun: dict[int, optuna.Trial] = field(default_factory=dict)
    _said: float = 0.0

    def run(self, until: float | None) -> None:
        """Run trials until there are `most` of them; begin none after `until`. Trials of killed processes are run again."""
        try:
            while self._begin_all(until) or self._is_waited_for(until):
                self._keep_alive()
                for number, outcome in self.crew.ended(PAUSE):
                    self._end(number, outcome)
        except BaseException as error:
            self._queue_all()
            if isinstance(error, KeyboardInterrupt):
                raise KeyboardInterrupt("interrupted; the same command goes on") from None
            raise

    def _begin_all(self, until: float | None) -> bool:
        """Begin as many trials as there is room for; return whether any goes on."""
        optuna.storages.fail_stale_trials(self.study)
        room = self.crew.room()
        while (
            len(self._begun) < room
            and (until is None or time.monotonic() < until)
            and is_wanted(self.study, self.most)
        ):
            self._begin()
        return bool(self._begun)

    def _begin(self) -> None:
        trial = self.study.ask()
        if is_surplus(self.study, trial.number, self.most):
            self.study.tell(trial, state=TrialState.FAIL)
            return
        self._begun[trial.number] = trial
        self._say_alive(trial)
        values = self.search.space.drawn(trial)
        trial.set_user_attr(VALUES, values)
        known = self.search.known(self.study, values)
        task = known or self.search.task(trial.number, values)
        if isinstance(task, Trial):
            self.crew.begin(task)
        else:
            self._end(trial.number, task)

    def _end(self, number: int, outcome: Measured | Unmeasured) -> None:
        trial = self._begun[number]
        found = self.search.recorded(self.study, trial, outcome, self.most)
        # None where it is pruned.
        state = TrialState.PRUNED if found is None else TrialState.COMPLETE
        self.study.tell(trial, found, state)
        del self._begun[number]

    def _is_waited_for(self, until: float | None) -> bool:
        """Wait a little for trials of other processes, if there are any: they may have to be run again."""
        if until is not None and time.monotonic() >= until:
            return False
        running = self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        if running:
            time.sleep(PAUSE)
        return bool(running)

    def _keep_alive(self) -> None:
        """Say that trials go on, so that no other process takes them for those of a killed one."""
        if time.monotonic() - self._said > HEARTBEAT:
            self._said = time.monotonic()
            for trial in self._begun.values():
                self._say_alive(trial)

    def _say_alive(self, trial: optuna.Trial) -> None:
        storage = self.study._storage
        if is_heartbeat_enabled(storage):
            storage.record_heartbeat(trial._trial_id)

    def _queue_all(self) -> None:
        """Leave the trials that go on to whoever goes on with the study."""
        # What can't be stored now is found by who does: this process' claims end with it.
        with suppress(Exception):
            for trial in self._begun.values():
                self.study.tell(trial, state=TrialState.FAIL)
            queue(self.study, list(self._begun))
