"""Compare the shape of items with the input, and their number with a batch."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from snnc.diagnostics.codes import BATCH_SIZE, error
from snnc.diagnostics.diagnostic import Diagnostic
from snnc.operators.linear import Shape
from snnc.program.item_shapes import items_hint, same_items
from snnc.program.program import Program

DATA_FILE = error("data-file")
DATA_SHAPE = error("data-shape")
DATA_TYPE = error("data-type")
TEST_FRACTION = error("test-fraction")
VALIDATION_FRACTION = error("validation-fraction")


def items_fit(program: Program, shape: Shape, what: str, hint: str = "") -> Iterator[Diagnostic]:
    """Yield an error if the input has another shape than items have."""
    wanted = program.item_shape
    if not same_items(shape, wanted):
        message = f"{what} has shape {list(shape)}, not {list(wanted)}"
        images, first = program.network.sees_images, program.channels_first
        hint = hint or items_hint(shape, wanted, images, first)
        yield Diagnostic(DATA_SHAPE, message, ("input", "shape"), hint=hint)


def without(share: float | None, items: int) -> int:
    """Return how many items are left once a share of them, rounded up, is set aside."""
    return items - ceil((share or 0.0) * items)


def smaller_share(items: int) -> str:
    """Return the hint for a share of some items that is all of them."""
    return "write 0.2, say" if items > 4 else "add items, some of each class"


def a_batch_fits(program: Program, items: int, fraction: float) -> Iterator[Diagnostic]:
    """Training takes whole batches; with fewer items than one it would learn nothing."""
    to_train = without(fraction, items)
    batch_size, validating = program.train.batch_size, program.train.validation_fraction or 0.0
    seen = without(validating, to_train)
    if items and not to_train:
        message = f"no item is left to train on: of {items}, {fraction:g} are held out, rounded up"
        hint = smaller_share(items)
        yield Diagnostic(TEST_FRACTION, message, ("data", "test_fraction"), hint=hint)
    elif items and not seen:
        message = f"no item is left to train on: of {to_train}, {validating:g} validate, rounded up"
        hint = smaller_share(to_train)
        yield Diagnostic(VALIDATION_FRACTION, message, ("train", "validation_fraction"), hint=hint)
    elif items and seen < batch_size:
        message = f"there are {seen} items to train on, fewer than a batch of {batch_size}"
        hint = f"write batch_size = {max(seen // 4, 1)}, say"
        yield Diagnostic(BATCH_SIZE, message, ("train", "batch_size"), hint=hint)
