"""Write and read the history of a training: a csv file with a line for each epoch."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from snnc.environment.files import write_text
from snnc.training.epochs import Epoch, Validation


def save_history(path: Path, epochs: Sequence[Epoch]) -> None:
    """Write a line for each epoch, below a header."""
    rows = [_row(epoch) for epoch in epochs]
    lines = [list(rows[0]), *(list(row.values()) for row in rows)]
    write_text(path, "".join(f"{','.join(line)}\n" for line in lines))


def _row(epoch: Epoch) -> dict[str, str]:
    """Return the cells of an epoch, by column."""
    row = {"epoch": str(epoch.number)}
    numbers = {"loss": epoch.loss, "accuracy": epoch.accuracy}
    if epoch.validation:
        numbers["val_loss"] = epoch.validation.loss
        numbers["val_accuracy"] = epoch.validation.accuracy
    if epoch.rate_loss is not None:
        numbers["rate_loss"] = epoch.rate_loss
    row |= {column: f"{number:.6f}" for column, number in numbers.items()}
    return {**row, "seconds": f"{epoch.seconds:.3f}"}


def load_history(path: Path) -> tuple[Epoch, ...]:
    """Return the epochs of a training; none if the file is missing or damaged."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return tuple(map(_epoch, csv.DictReader(file)))
    except (OSError, ValueError, KeyError, TypeError):
        return ()


def _epoch(row: dict[str, str]) -> Epoch:
    numbers = {column: float(text) for column, text in row.items()}
    validated = None
    if "val_loss" in numbers:
        validated = Validation(numbers["val_loss"], numbers["val_accuracy"])
    return Epoch(
        int(row["epoch"]),
        numbers["loss"],
        numbers["accuracy"],
        numbers["seconds"],
        validated,
        numbers.get("rate_loss"),
    )
