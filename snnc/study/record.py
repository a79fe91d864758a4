"""What a study keeps of its trials, beside Optuna's parameters and values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from snnc.spec.study import Objective
from snnc.study.measured import Measured
from snnc.trials.point import undominated

#: The names of what is kept: values as a spec has them, what was measured, why a trial was pruned, and what the study is of.
VALUES, MEASURED, REPORT, OF = "written", "measured", "report", "of"


@dataclass(frozen=True, eq=False)
class Done:
    """A trial that was measured: its number, its values by address, and what it came to."""

    number: int
    values: dict[str, Any]
    measured: Measured

    def cost(self, objectives: Sequence[Objective]) -> tuple[float, ...]:
        """Return the numbers of some objectives, each to be small."""
        return tuple(loss(self.measured, objective) for objective in objectives)


def loss(measured: Measured, objective: Objective) -> float:
    """Return the number of an objective, to be small."""
    value = measured.value(objective)
    return -value if objective == "accuracy" else value


def done(study: optuna.Study) -> list[Done]:
    """Return the trials of a study that were measured, in their order."""
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    return [of_trial(trial) for trial in complete if MEASURED in trial.user_attrs]


def of_trial(trial: FrozenTrial) -> Done:
    kept = trial.user_attrs
    return Done(trial.number, dict(kept[VALUES]), Measured.from_dict(kept[MEASURED]))


def front(trials: Sequence[Done], objectives: Sequence[Objective]) -> list[Done]:
    """Return the trials to which no other is at least equal in all objectives and better in one; of equal ones the first."""
    in_order = sorted(trials, key=lambda trial: trial.number)
    return undominated(in_order, lambda trial: trial.cost([*objectives[1:], *objectives[:1]]))


def chosen(
    trials: Sequence[Done], objectives: Sequence[Objective], tolerance: float
) -> Done | None:
    """Return the trial of a front that is chosen, or None where there is none.

    Of those that are at most a tolerance, a share, less accurate than the best, it is the best in the first objective beside accuracy.
    """
    if not trials:
        return None
    others = [objective for objective in objectives if objective != "accuracy"]
    if "accuracy" not in objectives or not others:
        return min(trials, key=lambda trial: trial.cost(objectives))
    best = max(trial.measured.accuracy.value for trial in trials)
    close = [t for t in trials if t.measured.accuracy.value >= best - tolerance - 1e-9]
    return min(close, key=lambda trial: trial.cost([*others, "accuracy"]))
