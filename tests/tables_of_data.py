"""Small data of all forms: arrays in a .npz file or a table of text, and what people do to mend them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Table:
    """Items and labels, those to train on before `held_out` ones if they come split, and how they are written.

    Labels of a csv file are text; `before` is what stands in front of each cell of it.
    """

    x: Array
    y: Array
    kind: str = "npz"
    #: How many of the items are held out, if they come split.
    held_out: int = 0
    delimiter: str = ","
    header: bool = True
    before: str = ""
    has_index: bool = False

    @property
    def state(self) -> int:
        """What tells two forms of the data apart."""
        return hash((self.x.tobytes(), self.x.shape, str(self.y.tolist()), self.has_index))

    def write(self, folder: Path) -> None:
        if self.kind == "csv":
            (folder / "data.csv").write_text(self._text(), encoding="utf-8")
        elif self.held_out:
            n = len(self.x) - self.held_out
            x, y = self.x, self.y
            np.savez(folder / "data.npz", x_train=x[:n], y_train=y[:n], x_test=x[n:], y_test=y[n:])
        else:
            np.savez(folder / "data.npz", x=self.x, y=self.y)

    def _text(self) -> str:
        between = self.delimiter + self.before
        lines = [
            between.join([*(f"{v:.6g}" for v in item), str(label)])
            for item, label in zip(self.x, self.y.tolist(), strict=True)
        ]
        names = [*(f"c{i}" for i in range(self.x.shape[1])), "kind"]
        if self.has_index:
            lines = [f"{i}{between}{line}" for i, line in enumerate(lines)]
            names = ["", *names]
        return "\n".join([*([between.join(names)] if self.header else []), *lines]) + "\n"

    def with_labels(self, change: Callable[[Array], Array]) -> Table:
        return replace(self, y=change(self.y))

    def numbered(self) -> Table:
        return self.with_labels(lambda y: np.unique(y, return_inverse=True)[1].reshape(y.shape))

    def without_surprises(self) -> Table:
        n = len(self.x) - self.held_out
        varies = np.ptp(self.x[:n], axis=0) > 0
        return replace(self, x=np.where(varies, self.x, 0))

    def without_leaks(self) -> Table:
        n = len(self.x) - self.held_out
        flat = self.x.reshape(len(self.x), -1).tolist()
        seen = {tuple(item) for item in flat[:n]} if self.held_out else set()
        kept = list(range(n)) if self.held_out else []
        for item in range(n if self.held_out else 0, len(flat)):
            if tuple(flat[item]) not in seen:
                kept.append(item)
                seen.add(tuple(flat[item]))
        held_out = sum(item >= n for item in kept) if self.held_out else 0
        return replace(self, x=self.x[kept], y=self.y[kept], held_out=held_out)

    def shuffled(self) -> Table:
        n = len(self.x) - self.held_out
        order = np.random.RandomState(1).permutation(self.held_out) + n
        order = np.concatenate([np.arange(n), order])
        return replace(self, x=self.x[order], y=self.y[order])

    def without_gaps(self) -> Table:
        sound = np.isfinite(self.x.reshape(len(self.x), -1)).all(axis=1)
        held_out = int(sound[len(sound) - self.held_out :].sum()) if self.held_out else 0
        return replace(self, x=self.x[sound], y=self.y[sound], held_out=held_out)

    def without_index(self) -> Table:
        return replace(self, has_index=False)
