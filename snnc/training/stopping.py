"""Early stopping by the rules of Keras' EarlyStopping. It depends on the history alone, so that a resumed training stops at the same epoch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from snnc.spec.settings import EarlyStopping

if TYPE_CHECKING:
    from snnc.training.epochs import Epoch


def best_epoch(epochs: Sequence[Epoch], rule: EarlyStopping) -> int:
    """Return the index of the best epoch. An epoch replaces the best one if it is better by more than min_delta."""
    best = 0
    for index, epoch in enumerate(epochs):
        now, then = epoch.validation, epochs[best].validation
        assert now is not None
        assert then is not None
        if rule.monitor == "val_loss":
            better = now.loss + rule.min_delta < then.loss
        else:
            better = now.accuracy - rule.min_delta > then.accuracy
        best = index if better else best
    return best


def is_over(epochs: Sequence[Epoch], rule: EarlyStopping | None) -> bool:
    """Whether at least as many epochs as the rule's patience have passed since the best one."""
    return rule is not None and len(epochs) - best_epoch(epochs, rule) > rule.patience


def about_best(epochs: Sequence[Epoch], rule: EarlyStopping) -> str:
    """Return a sentence on the best epoch, and on whether its weights are kept."""
    kept = ", whose weights are kept" if rule.restore_best_weights else ""
    return f"{rule.monitor} was best in epoch {best_epoch(epochs, rule) + 1}{kept}"
