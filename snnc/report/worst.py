"""The items that are most confidently wrong."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from snnc.data.column_names import column_names
from snnc.program.program import Program
from snnc.report.text import class_names, number
from snnc.running.answers import Answers, softmax
from snnc.scripts.figures import Figures

Array = NDArray[np.float64]

#: How many items are shown, and how many features of each.
ITEMS, FEATURES = 12, 5


@dataclass(frozen=True)
class Feature:
    """A value of an item, by its number from 0, as the source has it; `deviations` is how far from the mean of the test items it is.

    `name` is what a table's header calls it; "" where there is none.
    """

    index: int
    name: str
    value: float
    deviations: float

    @property
    def heading(self) -> str:
        return self.name or f"feature {self.index}"

    @property
    def in_words(self) -> str:
        return f"{number(self.value)} ({self.deviations:+.1f} sd)"


@dataclass(frozen=True)
class Item:
    """A test item, by its number from 0, with the probability of its answer and that of its class, by a softmax of the outputs.

    `picture` is a PNG file's data URL, or "" where an item is no image; then its `features` say what it is.
    """

    index: int
    label: str
    answer: str
    confidence: float
    of_class: float
    features: Sequence[Feature]
    picture: str


@dataclass(frozen=True)
class Worst:
    """The wrong answers of a run, of `wrong` in all, with the highest probability first."""

    where: str
    wrong: int
    items: Sequence[Item]

    def to_dict(self) -> dict[str, Any]:
        items = [{k: v for k, v in asdict(item).items() if k != "picture"} for item in self.items]
        return {"where": self.where, "wrong": self.wrong, "items": items}


def worst(
    where: str,
    program: Program,
    x: Array,
    unscaled: Array,
    labels: NDArray[np.int64],
    answers: Answers,
) -> Worst:
    """Return the worst of items x, (n, size), which are `unscaled` as the source has them."""
    said = answers.probabilities if answers.probabilities is not None else softmax(answers.logits)
    predicted = answers.classes
    confidence = said[np.arange(len(labels)), predicted]
    wrong = np.flatnonzero(predicted != labels)
    first = wrong[np.argsort(-confidence[wrong], kind="stable")][:ITEMS]
    names = class_names(program.network.output)
    shape = Figures(program).item_shape
    low, high = float(x.min()), float(x.max())
    columns = column_names(program) or ("",) * x.shape[1]
    spread = unscaled.std(axis=0)
    deviations = (unscaled - unscaled.mean(axis=0)) / np.where(spread > 0, spread, 1)
    items = [
        Item(
            index=int(k),
            label=names[labels[k]],
            answer=names[predicted[k]],
            confidence=float(confidence[k]),
            of_class=float(said[k, labels[k]]),
            features=() if shape else _features(columns, unscaled[k], deviations[k]),
            picture=_picture(x[k].reshape(shape), low, high) if shape else "",
        )
        for k in first
    ]
    return Worst(where, len(wrong), items)


def _features(columns: Sequence[str], values: Array, deviations: Array) -> list[Feature]:
    """Return the features that are farthest from what is usual, the farthest first."""
    first = np.argsort(-np.abs(deviations), kind="stable")[:FEATURES]
    return [Feature(int(k), columns[k], float(values[k]), float(deviations[k])) for k in first]


def _picture(pixels: Array, low: float, high: float) -> str:
    """Return an image, from black at the lowest of all items' values to white at the highest, as a data URL."""
    from matplotlib.image import imsave

    file = io.BytesIO()
    shares = (pixels - low) / max(high - low, 1e-9)
    # Matplotlib's version would stand there: the same network has the same page.
    metadata: dict[str, Any] = {"Software": None}
    imsave(file, shares, format="png", cmap="gray", vmin=0, vmax=1, metadata=metadata)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
