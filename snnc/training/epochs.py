"""Epochs of a training, and its state after some of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray


@dataclass(frozen=True)
class Validation:
    """The loss and the accuracy on items that aren't trained on: the mean cross-entropy, and what weights add to it."""

    loss: float
    accuracy: float


@dataclass(frozen=True)
class Epoch:
    """The results of an epoch. `number` counts from 1.

    `loss`, the mean cross-entropy and what weights add to it, and `accuracy` are of the training items, computed while the
    weights change; with class weights each item counts by its class. `validation` is None unless some items validate.
    `rate_loss` is the part of the loss from firing rates outside of their bands; None without bands.
    """

    number: int
    loss: float
    accuracy: float
    seconds: float
    validation: Validation | None = None
    rate_loss: float | None = None

    def __str__(self) -> str:
        text = f"loss {self.loss:.4f}, accuracy {self.accuracy:.1%}"
        if self.rate_loss is not None:
            text += f", loss of rates {self.rate_loss:.4f}"
        if self.validation:
            text += f"; validation loss {self.validation.loss:.4f}, accuracy {self.validation.accuracy:.1%}"
        return text


@dataclass(frozen=True, eq=False)
class State:
    """A training after some epochs.

    `variables` are those of the model and of its optimiser, in Keras' order; then, if the best weights are to be restored,
    the model's best so far; then what each dropout layer draws next, as the state of its generator.
    """

    epochs: tuple[Epoch, ...] = ()
    variables: tuple[NDArray[Any], ...] = ()


#: The state before the first epoch.
BEGINNING = State()
