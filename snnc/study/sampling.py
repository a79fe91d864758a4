"""Optuna's samplers and pruners, by the names that a spec has for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.pruners import BasePruner, MedianPruner, NopPruner, SuccessiveHalvingPruner
from optuna.samplers import (
    BaseSampler,
    GridSampler,
    NSGAIISampler,
    RandomSampler,
    TPESampler,
)
from optuna.trial import FrozenTrial, TrialState

from snnc.spec.study import Study
from snnc.study.space import Space

#: The least number of epochs, and of trainings before, without which none is ended early.
EPOCHS, TRAININGS = 3, 5


class ByNumber(BaseSampler):  # type: ignore[misc]
    """Draws from a sampler that is seeded anew for each trial, by its number.

    So what a trial draws depends on its number and on the trials before alone: a study that goes on draws what it would have drawn, and
    processes that share a study don't draw the same.
    """

    def __init__(self, seeded: Callable[[int], BaseSampler], seed: int) -> None:
        self._seeded, self._seed = seeded, seed
        self._sampler = seeded(seed)

    def before_trial(self, study: optuna.Study, trial: FrozenTrial) -> None:
        self._sampler = self._seeded((self._seed * 1_000_003 + trial.number) % 2**32)
        self._sampler.before_trial(study, trial)

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        space: dict[str, BaseDistribution] = self._sampler.infer_relative_search_space(study, trial)
        return space

    def sample_relative(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        search_space: dict[str, BaseDistribution],
    ) -> dict[str, Any]:
        drawn: dict[str, Any] = self._sampler.sample_relative(study, trial, search_space)
        return drawn

    def sample_independent(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        return self._sampler.sample_independent(study, trial, param_name, param_distribution)

    def after_trial(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        state: TrialState,
        values: Sequence[float] | None,
    ) -> None:
        self._sampler.after_trial(study, trial, state, values)


class Grid(GridSampler):  # type: ignore[misc]
    """Doesn't stop the study behind its last point: there are no more trials than points, and only Optuna's own loop can be stopped."""

    def after_trial(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        state: TrialState,
        values: Sequence[float] | None,
    ) -> None:
        pass


def sampler_of(settings: Study, space: Space, seed: int) -> BaseSampler:
    """Return the sampler that a spec names, seeded."""
    if settings.sampler == "grid":
        # Seeded alike in all processes: it tells by their numbers in the grid which points are left.
        return Grid(space.grid(), seed=seed)
    kinds: Mapping[str, Callable[[int], BaseSampler]] = {
        "tpe": lambda seed: TPESampler(seed=seed, multivariate=True, constant_liar=True),
        "nsga2": lambda seed: NSGAIISampler(seed=seed),
        "random": lambda seed: RandomSampler(seed=seed),
    }
    return ByNumber(kinds[settings.sampler], seed)


def pruner_of(settings: Study) -> BasePruner:
    """Return the pruner that a spec names."""
    kinds: Mapping[str, Callable[[], BasePruner]] = {
        "none": NopPruner,
        "median": lambda: MedianPruner(n_startup_trials=TRAININGS, n_warmup_steps=EPOCHS),
        "successive_halving": lambda: SuccessiveHalvingPruner(min_resource=EPOCHS),
    }
    return kinds[settings.pruner]()
