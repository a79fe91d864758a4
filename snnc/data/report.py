"""Summarise the values of the data and warn of unusual ones, for `snnc check --data` and before training. Needs only NumPy."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass, replace

import numpy as np

from snnc.data.arrays import shared
from snnc.data.missing import missing_hint
from snnc.data.odd_columns import column_warnings
from snnc.data.prepare import Array, Data, Labels, Split, scaled, split
from snnc.data.sources.base import source_name
from snnc.data.values import value_warnings
from snnc.diagnostics.allowed import without_allowed
from snnc.diagnostics.codes import DATA_BALANCE, DATA_CLASSES, DATA_LEAK, DATA_ORDER
from snnc.diagnostics.diagnostic import Diagnostic
from snnc.program.network import Network
from snnc.program.program import Program

#: Where the spec names the source of the items.
AT = ("data", "kind")
#: Of how many deviations it can be told that items are sorted: few of them may be by chance.
SURE = 3.5
#: With this share of the items in one class, accuracy tells little.
LARGEST_SHARE = 0.9


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
        *_class_warnings(program, data),
        *_order(program, data.y_test),
        *value_warnings(program, data),
        *column_warnings(program, data),
        *_leaks(data),
    )


def _lines(program: Program, items: Split, data: Data, constant: int) -> Iterator[str]:
    n = len(data.y_train) + len(data.y_test)
    never = f", {constant} of which never vary in training" if constant else ""
    yield f"{source_name(program)}: {n} items of {program.network.input_size} values{never}"
    if data.left_out:
        yield f"  {data.left_out}"
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


def _class_warnings(program: Program, data: Data) -> Iterator[Diagnostic]:
    network = program.network
    train = np.bincount(data.y_train, minlength=network.output.classes)
    test = np.bincount(data.y_test, minlength=network.output.classes)
    for counts, missing in (
        (train, "no item to train on is of {}: it can't be learnt"),
        (test, "no item to test on is of {}: the accuracy doesn't tell of it"),
    ):
        if not counts.all():
            message = missing.format(_classes(network, np.flatnonzero(counts == 0)))
            hint = missing_hint(program, data)
            yield Diagnostic(DATA_CLASSES, message, AT, hint=hint)
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
    deviation = np.sqrt(by_chance * (1 - by_chance) / max(len(y) - 1, 1))
    if same > max((1 + by_chance) / 2, by_chance + SURE * deviation):
        message = (
            f"{same:.0%} of the items to test on come after one of their own class, by chance {by_chance:.0%} would: "
            "in a stream, what is left of an item helps the next"
        )
        yield Diagnostic(DATA_ORDER, message, AT, hint="shuffle them, with their labels")


def _leaks(data: Data) -> Iterator[Diagnostic]:
    known = shared(data.x_test, [data.x_train])
    if known:
        message = f"{known} of {len(data.x_test)} items to test on are also among those to train on"
        hint = "accuracy on them says nothing: leave them out"
        yield Diagnostic(DATA_LEAK, message, AT, hint=hint)


def _classes(network: Network, numbers: Labels) -> str:
    """Return some classes in words, by their labels or numbers."""
    labels = network.output.labels
    names = [repr(labels[n]) if labels else str(n) for n in numbers[:8]]
    more = f" and {len(numbers) - 8} more" if len(numbers) > 8 else ""
    return f"class{'es' if len(numbers) > 1 else ''} {', '.join(names)}{more}"
