"""Results as a person reads them, and can paste them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from snnc.engine.answers import Answers, log_loss
from snnc.engine.statistics import Interval, accuracy, paired_difference

Correct = NDArray[np.bool_]


@dataclass(frozen=True)
class Row:
    """A way to run the network: which items it got right, and what else it said."""

    name: str
    correct: Correct
    answers: Answers | None = None


def percent(interval: Interval) -> str:
    """Return "97.2 % (95.0 to 98.5, n = 360)"."""
    low, high = 100 * interval.low, 100 * interval.high
    return f"{interval.value:.1%} ({low:.1f} to {high:.1f}, n = {interval.n})".replace("%", " %", 1)


def table(rows: Sequence[Row], labels: NDArray[np.int64], reference: Correct | None) -> str:
    """Return accuracies with intervals, differences from the float network, and firing rates with the share of silent neurons."""
    header = ["", "accuracy, %", "95 %", "n"]
    if reference is not None:
        header += ["minus float", "95 %, paired"]
    has_loss = any(row.answers and row.answers.probabilities is not None for row in rows)
    if has_loss:
        header.append("log loss")
    layers = list(dict.fromkeys(name for row in rows if row.answers for name in row.answers.rates))
    header += layers
    lines = [header]
    for row in rows:
        cells = [row.name, *_accuracy(row.correct)]
        if reference is not None:
            cells += _difference(row.correct, reference)
        if has_loss:
            cells.append(_log_loss(row.answers, labels))
        rates = row.answers.rates if row.answers else {}
        cells += [_rate(rates[name]) if name in rates else "" for name in layers]
        lines.append(cells)
    note = (
        "Under each layer: its mean firing rate in Hz (the share of its neurons that never fired)."
    )
    return f"{aligned(lines)}\n{note}"


def _rate(hertz: NDArray[np.float64]) -> str:
    """Return a layer's mean firing rate, and the share of its neurons that never fired."""
    return f"{hertz.mean():.0f} ({np.mean(hertz == 0):.0%})"


def by_class(rows: Sequence[Row], labels: NDArray[np.int64], names: Sequence[str]) -> str:
    """Return how much of each class every row got right, in percent."""
    present = [index for index in range(len(names)) if np.any(labels == index)]
    lines = [["of each class, %", *(names[index] for index in present)]]
    for row in rows:
        shares = (row.correct[labels == index].mean() for index in present)
        lines.append([row.name, *(f"{100 * share:.1f}" for share in shares)])
    return aligned(lines)


def aligned(lines: Sequence[Sequence[str]]) -> str:
    """Return cells in columns: the first to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if index else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def _accuracy(correct: Correct) -> list[str]:
    found = accuracy(correct)
    return [
        f"{100 * found.value:.1f}",
        f"{100 * found.low:.1f} to {100 * found.high:.1f}",
        str(found.n),
    ]


def _difference(correct: Correct, reference: Correct) -> list[str]:
    if correct is reference:
        return ["", ""]
    found = paired_difference(correct, reference)
    return [f"{100 * found.value:+.1f}", f"{100 * found.low:+.1f} to {100 * found.high:+.1f}"]


def _log_loss(answers: Answers | None, labels: NDArray[np.int64]) -> str:
    if answers is None or answers.probabilities is None:
        return ""
    return f"{log_loss(answers.probabilities, labels):.3f}"
