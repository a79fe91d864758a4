"""A learning rate that falls when epochs get no better, by Keras' ReduceLROnPlateau.

It depends on the history alone, so that a resumed training goes on with the learning rate that it had.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import tensorflow as tf

from snnc.networks.build import build
from snnc.program.program import Program
from snnc.training.epochs import Epoch


def lowering(
    program: Program, model: tf.keras.Model, past: Iterable[Epoch]
) -> Callable[[Epoch], None]:
    """Return what lowers a model's learning rate after an epoch, once it has done so for past ones."""
    if program.plateau is None:
        return lambda epoch: None
    callback = build(program.plateau)
    callback.set_model(model)
    callback.on_train_begin()

    def after(epoch: Epoch) -> None:
        callback.on_epoch_end(epoch.number - 1, _logs(epoch))

    for epoch in past:
        after(epoch)
    return after


def _logs(epoch: Epoch) -> dict[str, float]:
    """Return the results of an epoch by Keras' names."""
    logs = {"loss": epoch.loss, "accuracy": epoch.accuracy}
    if epoch.validation:
        logs |= {"val_loss": epoch.validation.loss, "val_accuracy": epoch.validation.accuracy}
    return logs
