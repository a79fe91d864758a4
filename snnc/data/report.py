"""Summarise the values of the data and warn of unusual ones, for `snnc check --data` and before training. Needs only NumPy."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass, replace

import numpy as np

from snnc.data.prepare import Array, Data, Labels, Split, scaled, split
from snnc.data.sources.base import source_name
from snnc.diagnostics.allowed import without_allowed
from snnc.diagnostics.codes import DATA_BALANCE, DATA_CLASSES, DATA_LEAK, DATA_ORDER, DATA_SCALE
from snnc.diagnostics.diagnostic import Diagnostic
from snnc.program.network import Network
from snnc.program.program import Program

#: Where the spec names the source of the items.
AT = ("data", "kind")
#: With this share of the items in one class, accuracy tells little.
LARGEST_SHARE = 0.9
#: Unscaled values beyond this are far from 1, the input at which a neuron fires at max_rate.
LARGEST_UNSCALED = 10
#: A value that varies over this share of the common range changes the rate of a neuron of 200 Hz by 2 Hz: no spike in 0.1 s.
NARROW = 0.01
#: Images may have this share of narrow values: the dark corners of a round one are 0.21 of it.
MOST_NARROW = 0.25


@dataclass(frozen=True)
class DataReport:
    """A summary of the data in a few lines, and warnings of values that may not be meant."""

    lines: tuple[str, ...]
    warnings: tuple[Diagnostic, ...]

    def without(self, allowed: Container[str]) -> DataReport:
        """Return the report without the allowed warnings."""
        return replace(self, warnings=without_allowed(self.warnings, allowed))


def data_report(program: Program) -> DataReport:
    """Read a program's items and labels, and report on them. Raises a Refusal if they can't be used."""
    items = split(program)
    data = scaled(program, items)
    constant = int(np.count_nonzero(np.ptp(data.x_train, axis=0) == 0))
    return DataReport(tuple(_lines(program, items, data, constant)), data_warnings(program, data))


def data_warnings(program: Program, data: Data) -> tuple[Diagnostic, ...]:
    """Return warnings of data that training would accept without a word."""
    return (
        *_class_warnings(program.network, data),
        *_order(program, data.y_test),
        *_value_warnings(program, data),
        *_leaks(data),
    )


def _lines(program: Program, items: Split, data: Data, constant: int) -> Iterator[str]:
    n = len(data.y_train) + len(data.y_test)
    never = f", {constant} of which never vary in training" if constant else ""
    yield f"{source_name(program)}: {n} items of {program.network.input_size} values{never}"
    for name, x, raw, y in (
        ("to train on", data.x_train, items.x_train, data.y_train),
        ("to test on", data.x_test, items.x_test, data.y_test),
    ):
        shown = "" if program.data.scale == "none" else f", {_range(x)} once scaled"
        yield f"  {len(y)} {name}: values {_range(raw)}{shown}"
        yield f"    of each class: {_counts(program.network, y)}"


def _range(x: Array) -> str:
    return f"{x.min():.6g} to {x.max():.6g}"


def _counts(network: Network, y: Labels) -> str:
    counts = np.bincount(y, minlength=network.output.classes)
    names = network.output.labels or range(len(counts))
    if len(counts) > 20:
        return f"{counts.min()} to {counts.max()}"
    return ", ".join(f"{name} {count}" for name, count in zip(names, counts, strict=True))


def _class_warnings(network: Network, data: Data) -> Iterator[Diagnostic]:
    train = np.bincount(data.y_train, minlength=network.output.classes)
    test = np.bincount(data.y_test, minlength=network.output.classes)
    for counts, missing in (
        (train, "no item to train on is of {}: it can't be learnt"),
        (test, "no item to test on is of {}: the accuracy doesn't tell of it"),
    ):
        if not counts.all():
            message = missing.format(_classes(network, np.flatnonzero(counts == 0)))
            yield Diagnostic(DATA_CLASSES, message, AT)
    share = test.max() / test.sum()
    if share >= LARGEST_SHARE:
        one = _classes(network, np.flatnonzero(test == test.max())[:1])
        message = (
            f"{share:.0%} of the items to test on are of {one}: always to say so is as often right"
        )
        yield Diagnostic(DATA_BALANCE, message, AT)


def _order(program: Program, y: Labels) -> Iterator[Diagnostic]:
    """Warn of sorted test items: in a stream, the traces of an item help the next one of its class."""
    if not program.on_loihi:
        return
    same = np.mean(y[1:] == y[:-1]) if len(y) > 1 else 0.0
    by_chance = np.sum(np.square(np.bincount(y) / len(y)))
    if same > (1 + by_chance) / 2:
        message = (
            f"{same:.0%} of the items to test on come after one of their own class, by chance {by_chance:.0%} would: "
            "in a stream, what is left of an item helps the next"
        )
        yield Diagnostic(DATA_ORDER, message, AT, hint="shuffle them, with their labels")


def _leaks(data: Data) -> Iterator[Diagnostic]:
    shared = _shared(data)
    if shared:
        message = (
            f"{shared} of {len(data.x_test)} items to test on are also among those to train on"
        )
        hint = "accuracy on them says nothing: leave them out"
        yield Diagnostic(DATA_LEAK, message, AT, hint=hint)


def _value_warnings(program: Program, data: Data) -> Iterator[Diagnostic]:
    scale, at = program.data.scale, ("data", "scale")
    low, high = data.x_train.min(axis=0), data.x_train.max(axis=0)
    largest = max(-low.min(), high.max(), np.abs(data.x_test).max())
    if scale == "none" and largest > LARGEST_UNSCALED:
        message = f"values up to {largest:g} reach neurons whose max_rate is for an input of 1"
        yield Diagnostic(DATA_SCALE, message, at, hint='write scale = "standard"')
    varying = high > low
    narrow = varying & (high - low < NARROW * (high.max() - low.min()))
    if scale in ("unit", "signed") and narrow.sum() > MOST_NARROW * varying.sum():
        message = (
            f"{narrow.sum()} of {varying.sum()} values that vary keep to less than {NARROW:.0%} of the range "
            "that all are scaled by: hardly a neuron can tell"
        )
        yield Diagnostic(DATA_SCALE, message, at, hint='write scale = "standard"')
    surprising = ~varying & (data.x_test != data.x_train[0]).any(axis=0)
    if scale == "standard" and surprising.any():
        message = (
            f"{surprising.sum()} of {len(varying)} values never vary in training but do in testing, "
            f"where they reach {np.abs(data.x_test[:, surprising]).max():g}, unscaled"
        )
        hint = 'write scale = "unit" or "signed"'
        yield Diagnostic(DATA_SCALE, message, at, hint=hint)


def _classes(network: Network, numbers: Labels) -> str:
    """Return some classes in words, by their labels or numbers."""
    labels = network.output.labels
    names = [repr(labels[n]) if labels else str(n) for n in numbers[:8]]
    more = f" and {len(numbers) - 8} more" if len(numbers) > 8 else ""
    return f"class{'es' if len(numbers) > 1 else ''} {', '.join(names)}{more}"


def _shared(data: Data) -> int:
    """Return the number of test items that are among the training items too, whatever their labels."""
    known = {hash(item.tobytes()) for item in data.x_train}
    return sum(hash(item.tobytes()) in known for item in data.x_test)
