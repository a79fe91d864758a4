"""Optuna's own figures of a study, in files."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import optuna
from optuna.importance import FanovaImportanceEvaluator
from optuna.trial import FrozenTrial

from snnc.environment.files import replacing
from snnc.spec.study import Objective

#: Optuna draws fronts of so many objectives.
OF_A_FRONT = (2, 3)


def files(folder: Path, name: str, objectives: Sequence[Objective]) -> list[Path]:
    """Return the files of the figures of a study."""
    kinds = [
        f"{kind}.{objective}" for objective in objectives for kind in ("history", "importances")
    ]
    kinds += ["front"] if len(objectives) in OF_A_FRONT else []
    return [folder / f"{name}.study.{kind}.png" for kind in kinds]


def draw(
    study: optuna.Study, folder: Path, name: str, objectives: Sequence[Objective]
) -> list[Path]:
    """Draw how objectives went and what they depend on, and the front of several; return the files.

    What an objective depends on isn't drawn if it is the same in all trials.
    """
    import matplotlib.pyplot as plt

    plt.switch_backend("Agg")
    written = []
    # Optuna's figures set a style for all that are drawn after them.
    with plt.rc_context(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        drawn = zip(files(folder, name, objectives), _figures(study, objectives), strict=True)
        for path, axes in drawn:
            if axes is not None:
                with replacing(path) as unfinished:
                    axes.figure.savefig(unfinished, dpi=150, bbox_inches="tight")
                written.append(path)
            plt.close("all")
    return written


def _figures(study: optuna.Study, objectives: Sequence[Objective]) -> Iterator[Any]:
    """Yield the axes of each figure; None where there is nothing to draw."""
    from optuna.visualization import matplotlib as figures

    for index, name in enumerate(objectives):
        target = _target(index)
        yield figures.plot_optimization_history(study, target=target, target_name=name)
        yield _importances(study, target, name)
    if len(objectives) in OF_A_FRONT:
        yield figures.plot_pareto_front(study, target_names=list(objectives))


def _importances(
    study: optuna.Study, target: Callable[[FrozenTrial], float], name: Objective
) -> Any:
    from optuna.visualization import matplotlib as figures

    evaluator = FanovaImportanceEvaluator(seed=0)
    try:
        return figures.plot_param_importances(study, evaluator, target=target, target_name=name)
    except (RuntimeError, ValueError):  # of a single trial, or of trials that don't differ
        return None


def _target(index: int) -> Callable[[FrozenTrial], float]:
    return lambda trial: float(trial.values[index])
