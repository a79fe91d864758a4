"""When training has ended early, told from its history alone, so that a resumed one knows as well. As Keras' EarlyStopping."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from snnc.spec.settings import EarlyStopping

if TYPE_CHECKING:
    from snnc.training.epochs import Epoch


def best_epoch(epochs: Sequence[Epoch], rule: EarlyStopping) -> int:
    """Return the index of the best epoch: one that is better by no more than min_delta isn't."""
    found = 0
    for index, epoch in enumerate(epochs):
        now, then = epoch.validation, epochs[found].validation
        assert now is not None
        assert then is not None
        if rule.monitor == "val_loss":
            better = now.loss + rule.min_delta < then.loss
        else:
            better = now.accuracy - rule.min_delta > then.accuracy
        found = index if better else found
    return found


def is_over(epochs: Sequence[Epoch], rule: EarlyStopping | None) -> bool:
    """Whether the last epochs, as many as the rule's patience, were no better than the one before them."""
    return rule is not None and len(epochs) - best_epoch(epochs, rule) > rule.patience


def about_best(epochs: Sequence[Epoch], rule: EarlyStopping) -> str:
    """Return which epoch was the best, and whether its weights are those that are left."""
    kept = ", whose weights are kept" if rule.restore_best_weights else ""
    return f"{rule.monitor} was best in epoch {best_epoch(epochs, rule) + 1}{kept}"
