"""A training on disk, so that a killed one goes on. The emitted script reads and writes the same file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from snnc.data.arrays import Array, arrays_of, save_arrays
from snnc.data.prepare import Data
from snnc.diagnostics.errors import Refusal
from snnc.environment.versions import installed
from snnc.networks.describe import layers_in_words
from snnc.program.fingerprint import as_json, differences, training
from snnc.program.program import Program
from snnc.training.epochs import Epoch, State, Validation
from snnc.training.imported import start_digest


def depends_on(
    program: Program, data: Data, start: Mapping[str, Array] | None = None
) -> dict[str, Any]:
    """Return all that decides what a training becomes, but for the number of epochs; `start` are the arrays that it starts from, if any."""
    return {
        **training(program),
        "layers": layers_in_words(program.network),
        "data": data.train_digest,
        **({"start_digest": start_digest(start)} if start else {}),
        "tensorflow": installed("tensorflow"),
    }


def described(
    program: Program, data: Data, start: Mapping[str, Array] | None = None
) -> dict[str, Any]:
    """Return what a training depends on, with its number of epochs."""
    return {**depends_on(program, data, start), "epochs": program.train.epochs}


def save(path: Path, state: State, depends: dict[str, Any], spec_file: str) -> None:
    save_arrays(
        path,
        *state.variables,
        history=[_numbers(epoch) for epoch in state.epochs],
        seconds=[e.seconds for e in state.epochs],
        training=as_json(depends),
        spec_file=spec_file,
    )


def load(path: Path, depends: dict[str, Any]) -> State:
    """Return the state in a file; a Refusal if it belongs to another training.

    Raises FileNotFoundError if there is none.
    """
    afresh = "train without --resume to start afresh"
    arrays = arrays_of(path, afresh)
    try:
        changed = differences(json.loads(str(arrays["training"])), depends, "now")
        history = arrays["history"]
        # A script doesn't measure them.
        seconds = arrays.get("seconds", np.full(len(history), np.nan))
        pairs = zip(seconds.tolist(), history.tolist(), strict=True)
        epochs = [_epoch(number, *pair) for number, pair in enumerate(pairs, 1)]
        variables = tuple(
            arrays[f"arr_{i}"] for i in range(sum(n.startswith("arr_") for n in arrays))
        )
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise Refusal(f"{path.as_posix()} is no checkpoint: {afresh}") from error
    if changed:
        raise Refusal(
            "\n  ".join([f"{path.as_posix()} belongs to another training; {afresh}", *changed])
        )
    return State(tuple(epochs), variables)


def _numbers(epoch: Epoch) -> list[float]:
    """Return what a script keeps of an epoch: loss and accuracy, those of the items that validate, and the loss of rates."""
    validated = epoch.validation
    return [
        epoch.loss,
        epoch.accuracy,
        *([validated.loss, validated.accuracy] if validated else []),
        *([] if epoch.rate_loss is None else [epoch.rate_loss]),
    ]


def _epoch(number: int, seconds: float, numbers: list[float]) -> Epoch:
    loss, accuracy, *more = numbers
    validated = Validation(more[0], more[1]) if len(more) > 1 else None
    return Epoch(number, loss, accuracy, seconds, validated, more[-1] if len(more) % 2 else None)
