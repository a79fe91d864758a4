"""What a trained network answers to items, one line an item."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.data.prepare import Labels
from snnc.program.program import Program
from snnc.running.answers import Answers

#: So many lines are written at a time.
LINES = 10_000


@dataclass(frozen=True, eq=False, repr=False)
class Predictions:
    """The answers to items, and their labels, (n,), if they are known. `str()` is a table of comma-separated values.

    Its columns: the item's number from 0, the answer, the label if there is one, the probability of the answer where the spec asks for
    a softmax, and with `logits` the logit of each class.
    """

    program: Program
    answers: Answers
    #: The numbers of the items in their file, (n,).
    numbers: NDArray[np.int64]
    labels: Labels | None
    logits: bool

    def __str__(self) -> str:
        return "".join(self.pieces())

    def pieces(self) -> Iterator[str]:
        """Yield the table some lines at a time, so that the text of a million items is never there as a whole."""
        rows = map(self._row, range(len(self.numbers)))
        yield _csv([self.header])
        while some := list(islice(rows, LINES)):
            yield _csv(some)

    def to_dicts(self) -> Iterator[dict[str, Any]]:
        """Yield each item's answer as plain data: what the columns say, with numbers unrounded, and logits by class."""
        for item, answer in enumerate(map(int, self._answered)):
            said: dict[str, Any] = {
                "item": int(self.numbers[item]),
                "answer": self._classes[answer],
            }
            if self.labels is not None:
                said["label"] = self._classes[int(self.labels[item])]
            if self.answers.probabilities is not None:
                said["probability"] = float(self.answers.probabilities[item, answer])
            if self.logits:
                logits = map(float, self.answers.logits[item])
                said["logits"] = dict(zip(self._classes, logits, strict=True))
            yield said

    def json_pieces(self) -> Iterator[str]:
        """Yield the list of all items' answers as JSON, one at a time."""
        yield "["
        for number, told in enumerate(self.to_dicts()):
            yield f"{', ' if number else ''}{json.dumps(told)}"
        yield "]"

    @property
    def header(self) -> list[str]:
        """Return the names of the columns."""
        columns = ["item", "answer"]
        columns += [] if self.labels is None else ["label"]
        columns += [] if self.answers.probabilities is None else ["probability"]
        return [*columns, *(f"logit {name}" for name in self._classes if self.logits)]

    def _row(self, item: int) -> list[str]:
        answer = int(self._answered[item])
        row = [str(self.numbers[item]), self._classes[answer]]
        row += [] if self.labels is None else [self._classes[int(self.labels[item])]]
        if self.answers.probabilities is not None:
            row.append(f"{self.answers.probabilities[item, answer]:.4f}")
        return [*row, *(f"{logit:.6g}" for logit in self.answers.logits[item] if self.logits)]

    @cached_property
    def _answered(self) -> NDArray[np.int64]:
        """The class that is answered for each item."""
        return self.answers.classes

    @cached_property
    def _classes(self) -> list[str]:
        output = self.program.network.output
        return list(output.labels or map(str, range(output.classes)))


def _csv(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
