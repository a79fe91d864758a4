"""Train changes of a spec on a part of its training items, and compare them on the others. Nothing is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from snnc.data.prepare import division, scaled
from snnc.data.prepare import split as split_data
from snnc.diagnostics.document import Document
from snnc.diagnostics.errors import CompileError, Refusal
from snnc.ladder.change import Cause, Change
from snnc.ladder.rung import Rung, on_chip
from snnc.networks.build import training_network
from snnc.networks.folding import Weights
from snnc.pipeline import check_document
from snnc.program.program import Program
from snnc.spec.changes import changed
from snnc.training.epochs import Epoch, State

#: Where the spec holds no items back, this share of its training items is for comparing.
HELD_BACK = 0.2
HOLD_BACK = ("train", "validation_fraction")
EPOCHS = ("train", "epochs")
#: A layer in which more neurons than this share never fire has dead ones.
DEAD = 0.3
#: So many spikes an item say little.
FEW = 5


class OutOfTimeError(Exception):
    """A training takes longer than there is time for: about so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


@dataclass(frozen=True)
class TooLong:
    """A change of the training that wasn't tried, as that takes about so many seconds."""

    change: Change
    seconds: float


@dataclass(frozen=True, eq=False)
class Retrained:
    """A spec trained on a part of its training items: how others do as a stream, and how training went."""

    streamed: Rung
    epochs: tuple[Epoch, ...]


def of_training(program: Program, rates: dict[str, NDArray[np.float64]]) -> Iterator[Change]:
    """Yield changes of training, the most specific cause first. `rates` are those of each layer's neurons, (items, neurons)."""
    network, train_ = program.network, program.train
    populations = network.populations
    if any(p.neurons.intercept > 0 for p in populations) and dead_share(rates) > DEAD:
        yield _neurons("dead neurons", program, "intercept", 0)
    if any(not 0.3 <= p.neurons.output_value * p.neurons.max_rate <= 3 for p in populations):
        yield _neurons("training unfinished", program, "amplitude", None)
    if program.data.scale == "none":
        yield Change("rates above what the chip can do", {("data", "scale"): "standard"}, True)
    if has_few_spikes(program) and any(p.neurons.max_rate < 100 for p in populations):
        yield _usual_rate("too few spikes an item", program)
    if any(p.neurons.max_rate > 250 for p in populations):
        yield _usual_rate("rates above what the chip can do", program)
    yield Change("training unfinished", {EPOCHS: min(4 * train_.epochs, 999)}, True)
    if train_.epochs < 10:
        more = min(40, 20 * train_.epochs)
        yield Change("training unfinished", {EPOCHS: more}, True)
    rate = train_.optimizer.learning_rate
    if rate != 0.001 and train_.optimizer.kind in ("adam", "rmsprop", "adamax", "adamw"):
        at = ("train", "optimizer", "learning_rate")
        yield Change("training unfinished", {at: 0.001}, True)


def has_few_spikes(program: Program) -> bool:
    """Whether neurons of some layer fire hardly more than a few times for an item, even for an input of 1."""
    shown = program.presentation.time
    return any(p.neurons.max_rate * p.rate_scale * shown < FEW for p in program.network.populations)


def dead_share(rates: dict[str, NDArray[np.float64]]) -> float:
    """Return the share of neurons that never fire, in the layer where it is largest."""
    return max((float(np.mean(~(hz > 0.5).any(axis=0))) for hz in rates.values()), default=0.0)


def retrained(
    document: Document, program: Program, change: Change | None, until: float, initial: Weights
) -> Retrained:
    """Train a spec with a change, on the same items as without it. Raises an OutOfTimeError after the time `until`.

    The items for comparing are training items, and the same for every change: scaling and split depend on the seed other.
    """
    from snnc.networks.deploy import deploy  # takes TensorFlow
    from snnc.training.train import train

    changes = {} if change is None else dict(change.changes)
    if not program.validates:
        changes[HOLD_BACK] = HELD_BACK
    other = check_document(changed(document, changes), program.data_file).program
    data = scaled(other, split_data(other))
    seen, held = division(other, len(data.x_train))
    x, y = data.x_train, data.y_train
    if not program.validates:
        # No epoch is validated, which would take time, and early stopping there is none.
        x, y = x[seen], y[seen]
        without = other.train.model_copy(update={"validation_fraction": None})
        other = replace(other, train=without)
    epochs: tuple[Epoch, ...] = ()

    def advance(state: State) -> None:
        nonlocal epochs
        epochs = state.epochs
        left = (other.train.epochs - len(epochs)) * seconds_of(epochs)
        # The first epoch also compiles: how long others take isn't known after it.
        if perf_counter() + (left if len(epochs) > 1 else 0.0) > until:
            raise OutOfTimeError(sum(epoch.seconds for epoch in epochs) + left)

    net = training_network(other.network)
    weights = train(net, other, x, y, advance, initial=initial)
    deployed = replace(other, network=deploy(other.network, weights))
    x_held, y_held = data.x_train[held], data.y_train[held]
    return Retrained(on_chip(deployed, x_held, y_held, "stream"), epochs)


def seconds_of(epochs: Sequence[Epoch]) -> float:
    """Return how long an epoch takes: the first one, which also compiles, is left out where there are others."""
    return float(np.mean([epoch.seconds for epoch in epochs[1:] or epochs]))


def tries(
    document: Document,
    program: Program,
    changes: Sequence[Change],
    until: float,
    initial: Weights,
) -> Iterator[tuple[Change, Retrained | TooLong | None]]:
    """Yield what trainings come to; None for one that can't be."""
    an_epoch = 0.0
    for change in changes:
        epochs = change.changes.get(EPOCHS, program.train.epochs)
        result = _tried(document, program, change, until, an_epoch * epochs, initial)
        if isinstance(result, Retrained):
            an_epoch = seconds_of(result.epochs)
        elif isinstance(result, TooLong):
            an_epoch = result.seconds / epochs
        yield change, result


def _tried(
    document: Document,
    program: Program,
    change: Change,
    until: float,
    expected: float,
    initial: Weights,
) -> Retrained | TooLong | None:
    if perf_counter() + expected > until:
        return TooLong(change, expected)
    try:
        return retrained(document, program, change, until, initial)
    except OutOfTimeError as error:
        return TooLong(change, error.seconds)
    except (CompileError, Refusal):
        return None


def _usual_rate(cause: Cause, program: Program) -> Change:
    """Return the change to a max_rate of 200, and to the amplitude that goes with it where another one is written."""
    rate = _neurons(cause, program, "max_rate", 200)
    if any("amplitude" in p.neurons_at for p in program.network.populations):
        return rate.and_then(_neurons(cause, program, "amplitude", None))
    return rate


def _neurons(cause: Cause, program: Program, key: str, value: object) -> Change:
    """Return the change of a setting of all neurons, wherever it is written."""
    written = {p.neurons_at[key] for p in program.network.populations if key in p.neurons_at}
    return Change(cause, dict.fromkeys(written or {("neurons", key)}, value), True)
