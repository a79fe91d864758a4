"""How many steps a training takes, as far as that is known before the data are loaded."""

from __future__ import annotations

from snnc.checks.files import items_in
from snnc.checks.items import without
from snnc.program.program import Program
from snnc.spec.sources.base import KnownKind


def steps_an_epoch(program: Program) -> int | None:
    """Return how many whole batches an epoch has; None where it isn't known how many items there are."""
    items = _items_to_train(program)
    if items is None:
        return None
    return without(program.train.validation_fraction, items) // program.train.batch_size


def _items_to_train(program: Program) -> int | None:
    """Return how many items aren't held out for testing."""
    if program.data_path is not None:
        return items_in(program, program.data_path)
    if isinstance(program.data, KnownKind):
        return without(program.data.split_fraction, program.data.items)
    return None
