"""How far a training is: what its epochs came to, and the state it is in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray


@dataclass(frozen=True)
class Validation:
    """The mean cross-entropy of items that aren't trained on, and the share of them that is right."""

    loss: float
    accuracy: float


@dataclass(frozen=True)
class Epoch:
    """How an epoch went. `number` counts from 1.

    Loss, the mean cross-entropy, and accuracy are those of the training items as they went by. `validation` is there if some
    items validate; `rate_loss`, what firing rates outside of their bands add to the loss, if there are bands.
    """

    number: int
    loss: float
    accuracy: float
    seconds: float
    validation: Validation | None = None
    rate_loss: float | None = None

    def __str__(self) -> str:
        said = f"loss {self.loss:.4f}, accuracy {self.accuracy:.1%}"
        if self.rate_loss is not None:
            said += f", loss of rates {self.rate_loss:.4f}"
        if self.validation:
            said += f"; validation loss {self.validation.loss:.4f}, accuracy {self.validation.accuracy:.1%}"
        return said


@dataclass(frozen=True, eq=False)
class State:
    """A training after some epochs.

    `variables` are those of the model, then those of its optimiser, as Keras orders them, then the best of the model so far
    if those are to be restored.
    """

    epochs: tuple[Epoch, ...] = ()
    variables: tuple[NDArray[Any], ...] = ()


#: Nothing is trained yet.
BEGINNING = State()
